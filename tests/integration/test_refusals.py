"""Builds that must fail, through real pip: what the user is told, and that nothing is left."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Callable

import pytest
from support.backend import ERROR, Backend
from support.builds import CommandFailed
from support.projects import CROSS, LOCAL, copy_package, edit, write

Package = Callable[[str], Path]

PYPROJECT = "pyproject.toml"
TOOL = "tool.py-build-cmake"
HINT = "hint: "
# pip takes a second for what the hooks themselves take a part of; these stand for all.
THROUGH_PIP = (
    *("unknown-key", "not-a-list", "invalid-toml", "undefined-variable"),
    *("bare-arch", "no-arch", "no-toolchain-file"),
)


@pytest.mark.parametrize(
    ("file", "text", "parts"),
    [
        pytest.param(LOCAL, "[cmake]\nbuild_typ = 'x'", ["`build_type`"], id="unknown-key"),
        pytest.param(LOCAL, "[cmak]\n", ["cmak", "did you mean `cmake`"], id="unknown-table"),
        pytest.param(LOCAL, "[cmake]\nargs = 'x'", ["`cmake.args`", '["x"]'], id="not-a-list"),
        pytest.param(
            LOCAL, "[cmake]\nbuild_type = 1", ["`cmake.build_type`", "string"], id="not-a-string"
        ),
        pytest.param(
            LOCAL, "[cmake]\nargs = [1]", ["`cmake.args`", "integer 1"], id="wrong-element"
        ),
        pytest.param(
            LOCAL,
            "[wheel]\nplatform_tag = 'linux-x86'",
            ["`wheel.platform_tag`", "linux-x86"],
            id="not-a-tag",
        ),
        pytest.param(LOCAL, "[cmake]\nx = = 1\n", ["valid TOML", "line 2"], id="invalid-toml"),
        pytest.param(
            LOCAL,
            "[cmake]\nsource_path = 'native'",
            ["`cmake.source_path`", "native"],
            id="no-source-directory",
        ),
        pytest.param(
            LOCAL,
            "[cmake]\nsource_path = 'src'",
            ["`cmake.source_path`", "src/CMakeLists.txt"],
            id="no-CMakeLists",
        ),
        pytest.param(
            LOCAL,
            "[cmake.env]\nA = '${NOT_DEFINED_ANYWHERE}'",
            ["`cmake.env.A`", "NOT_DEFINED_ANYWHERE", ":-"],
            id="undefined-variable",
        ),
        pytest.param(
            LOCAL,
            "[cmake.options]\nA = 1.5",
            ["`cmake.options.A`", "float", '"1.5"'],
            id="float-as-option",
        ),
        pytest.param(CROSS, "arch = 'aarch64'", ["`arch`", "'linux_aarch64'"], id="bare-arch"),
        pytest.param(CROSS, "version = '311'", ["`arch` is missing"], id="no-arch"),
        pytest.param(
            CROSS,
            "arch = 'linux_aarch64'\ntoolchain_file = 'absent.cmake'",
            ["`toolchain_file`", "absent.cmake"],
            id="no-toolchain-file",
        ),
        pytest.param(
            CROSS,
            "arch = 'linux_aarch64'\nversion = '312'\nabi = 'cp311'",
            ["'312'", "'cp311'", "contradict"],
            id="version-against-abi",
        ),
    ],
)
def test_configuration(
    backend: Backend,
    package: Package,
    request: pytest.FixtureRequest,
    *,
    file: str,
    text: str,
    parts: list[str],
) -> None:
    """The message names the file and what to write; nothing is configured, let alone built."""
    project = package("c-extension")
    write(project / file, text + "\n")
    message = backend.refusal(project, pip=request.node.callspec.id in THROUGH_PIP)
    for part in (file, *parts):
        assert part in message, message
    assert not list(project.rglob("CMakeCache.txt"))


def test_all_mistakes_at_once(backend: Backend, package: Package) -> None:
    project = package("c-extension")
    edit(project / PYPROJECT, 'build_type = "Release"', "build_type = 1\nbuild_tpye = 2")
    write(project / LOCAL, "[cmake]\nargs = ''\n")
    message = backend.refusal(project, {"cmake.nonsense": "x", "wheel.verify": "no"}, pip=True)
    for part in (f"`{TOOL}.cmake.build_type`", f"`{TOOL}.cmake.build_tpye`", "`cmake.args`"):
        assert part in message
    for part in ("-C cmake.nonsense: ", "-C wheel.verify: ", f"{PYPROJECT}: ", f"{LOCAL}: ", HINT):
        assert part in message


@pytest.mark.parametrize(
    ("setting", "parts"),
    [
        (("typo", "1"), ["config setting `typo`", "override"]),
        (("cmake", "x"), ["-C cmake: "]),
        (("override", "cmake.build_typo=x"), ["cmake.build_typo", "`build_type`"]),
        (("local", "absent.toml"), ["absent.toml", "not found"]),
        (("cross", "CMakeLists.txt"), [".toml or .pbc"]),
    ],
)
def test_config_settings(
    backend: Backend, package: Package, setting: tuple[str, str], parts: list[str]
) -> None:
    project = package("c-extension")
    message = backend.with_env(PWD=str(project)).refusal(project, dict([setting]))
    for part in parts:
        assert part in message, message


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        pytest.param('version = "1.2.3"', "", ["`version` is missing"], id="no-version"),
        pytest.param(
            'version = "1.2.3"', 'version = "one"', ["project.version", "one"], id="version"
        ),
        pytest.param(
            'version = "1.2.3"',
            'version = "1"\ndynamic = ["readme", "dependencies"]',
            ["project.dynamic", "readme", "dependencies", "description"],
            id="dynamic",
        ),
        pytest.param(
            'version = "1.2.3"',
            'version = "1.2.3"\nreadme = "ABSENT.md"',
            ["ABSENT.md", "readme"],
            id="no-readme",
        ),
        pytest.param(
            'version = "1.2.3"',
            'version = "1.2.3"\nlicense = "MIT-like"',
            ["project.license", "MIT-like"],
            id="licence-expression",
        ),
        pytest.param(
            'version = "1.2.3"',
            'version = "1.2.3"\ndependencies = ["not a ; requirement"]',
            ["project.dependencies"],
            id="dependency",
        ),
        pytest.param(
            'version = "1.2.3"',
            'version = "1.2.3"\nscripts.x = "no reference!"',
            ["project.scripts", "no reference!"],
            id="script",
        ),
    ],
)
def test_project_table(
    backend: Backend, package: Package, old: str, new: str, parts: list[str]
) -> None:
    project = package("c-extension")
    edit(project / PYPROJECT, old, new)
    message = backend.refusal(project)
    for part in (PYPROJECT, *parts):
        assert part in message, message


def test_module_is_missing(backend: Backend, package: Package) -> None:
    project = package("c-extension")
    (project / "src" / "c_extension").rename(project / "src" / "other")
    message = backend.refusal(project, pip=True)
    for part in (PYPROJECT, f"{TOOL}.module", "'c_extension'", str(project / "src"), HINT):
        assert part in message


def test_module_is_ambiguous(backend: Backend, package: Package) -> None:
    project = package("c-extension")
    write(project / "c_extension.py", "")
    message = backend.refusal(project, pip=True)
    paths = (str(project / "c_extension.py"), str(project / "src" / "c_extension"))
    for part in (PYPROJECT, f"{TOOL}.module", "ambiguous", *paths, HINT):
        assert part in message


@pytest.mark.parametrize("namespace", [True, False])
def test_namespace_or_not(backend: Backend, package: Package, namespace: bool) -> None:
    project = package("c-extension")
    if namespace:
        write(project / LOCAL, "[module]\nnamespace = true\n")
    else:
        (project / "src" / "c_extension" / "__init__.py").unlink()
    message = backend.refusal(project)
    for part in (f"{TOOL}.module", "__init__.py", HINT):
        assert part in message


def test_compile_error(backend: Backend, package: Package) -> None:
    message = backend.refusal(package("compile-error"), pip=True)
    assert re.match(r"CMake build failed \(exit status \d+\)", message)
    command = re.search("command: (.*)", message)
    assert command
    assert "--build" in command[1]
    log = re.search("log: (.*)", message)
    assert log
    assert "#error this does not compile" in Path(log[1]).read_text(encoding="utf-8")
    repeated = message[log.end() :]
    assert re.search(r"what it said:\n *\S*broken\.c.*\berror\b.*this does not compile", repeated)


@pytest.mark.parametrize("generator", ["Ninja", "Unix Makefiles"])
def test_compile_error_as_annotation(
    backend: Backend, package: Package, make: None, generator: str
) -> None:
    project = package("compile-error")
    backend = backend.with_env(
        CMAKE_GENERATOR=generator, GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(project.parent)
    )
    with pytest.raises(CommandFailed) as e:
        backend.build_wheel(project)
    place = "::error file=compile-error/broken.c,line=1::"
    (line,) = [line for line in e.value.log.splitlines() if line.startswith(place)]
    assert "this does not compile" in line


def test_secrets_are_not_shown(backend: Backend, package: Package) -> None:
    """Neither in what is printed, nor in the log that a CI service may keep."""
    project = package("components")
    edit(
        project / "CMakeLists.txt",
        "set(PART",
        'message(STATUS "is $ENV{MY_TOKEN} and ${UPLOAD_PASSWORD}")\n'
        'message(FATAL_ERROR "not ${UPLOAD_PASSWORD}")\nset(PART',
    )
    settings = {"cmake.options.UPLOAD_PASSWORD": "in-option", "verbose": ""}
    with pytest.raises(CommandFailed) as e:
        backend.with_env(MY_TOKEN="in-environment").build_wheel(project, settings)
    (log,) = (project / ".py-build-cmake_cache").glob("*/*.log")
    for text in (e.value.log, log.read_text("utf-8")):
        assert "-- is *** and ***\n" in text
        assert "UPLOAD_PASSWORD=***" in text
        assert "in-option" not in text
        assert "in-environment" not in text
    assert "environment: HOME=***\n" in e.value.log
    settings["verbose-env"] = "true"
    with pytest.raises(CommandFailed) as e:
        backend.with_env(MY_TOKEN="in-environment").build_wheel(project, settings)
    assert "environment: MY_TOKEN=in-environment\n" in e.value.log
    assert "in-option" not in e.value.log


def test_configuration_step_fails(backend: Backend, package: Package) -> None:
    project = package("components")
    edit(project / "CMakeLists.txt", "set(PART", 'message(FATAL_ERROR "not today")\nset(PART')
    message = backend.refusal(project)
    assert message.startswith("CMake configuration failed (exit status 1)")
    log = re.search("log: (.*)", message)
    assert log
    assert "not today" in Path(log[1]).read_text(encoding="utf-8")


def test_installation_step_fails(backend: Backend, package: Package) -> None:
    project = package("components")
    with (project / "CMakeLists.txt").open("a") as file:
        file.write('install(CODE "message(FATAL_ERROR [[not today]])")\n')
    assert backend.refusal(project).startswith("CMake installation failed (exit status 1)")


def test_command_that_a_signal_ends(backend: Backend, package: Package) -> None:
    """As the kernel does where memory runs out."""
    project = package("components")
    edit(project / "CMakeLists.txt", "set(PART", 'message(STATUS "killed")\nset(PART')
    kill = write(project / "bin" / "cmake", "#!/bin/sh\nkill -9 $$\n")
    kill.chmod(0o755)
    path = f"{kill.parent}{os.pathsep}{backend.env['PATH']}"
    message = backend.with_env(PATH=path).refusal(project)
    assert message.startswith("CMake configuration failed (killed by signal 9)")


@pytest.mark.parametrize("generator", ["Ninja", "Ninja Multi-Config"])
def test_absolute_destination(
    backend: Backend, package: Package, tmp_path: Path, generator: str
) -> None:
    """Refused before it is run: the rule's file is named, and nothing is written outside."""
    project = package("installs-outside")
    outside = tmp_path / "out side"
    write(
        project / LOCAL,
        f"[cmake]\ngenerator = '{generator}'\noptions.OUTSIDE = '{outside}'\n",
    )
    message = backend.refusal(project, pip=generator == "Ninja")
    for part in (str(project / "sub" / "CMakeLists.txt"), f"{outside}/CMakeLists.txt", HINT):
        assert part in message
    assert not outside.exists()


def test_absolute_destination_in_the_wheel(backend: Backend, package: Package) -> None:
    """Many projects write the prefix in front; that does no harm."""
    project = package("installs-outside")
    edit(
        project / "sub" / "CMakeLists.txt",
        "${OUTSIDE}",
        "${CMAKE_INSTALL_PREFIX}/${PY_BUILD_CMAKE_IMPORT_NAME}/sub",
    )
    built = backend.build_wheel(project)
    assert "installs_outside/sub/CMakeLists.txt" in built.wheel.files


def test_destination_with_dots(backend: Backend, package: Package) -> None:
    project = package("components")
    edit(project / "CMakeLists.txt", "DESTINATION components/optional", "DESTINATION ../outside")
    message = backend.refusal(project, {"cmake.install_components": '["optional"]'})
    assert "outside" in message
    assert HINT in message


def test_nothing_is_installed(backend: Backend, package: Package) -> None:
    message = backend.refusal(package("no-install"), pip=True)
    for part in ("installed nothing", PYPROJECT, f"{TOOL}.cmake", "install()", HINT):
        assert part in message


def test_component_that_does_not_exist(backend: Backend, package: Package) -> None:
    project = package("components")
    message = backend.refusal(project, {"cmake.install_components": '["nonsense"]'})
    assert "installed nothing" in message
    assert "install_components" in message


def test_cmake_is_missing(backend: Backend, package: Package, bare_path: Path) -> None:
    """Without isolation, nobody installs what the backend asks for."""
    message = backend.with_env(PATH=str(bare_path)).refusal(package("components"), pip=True)
    assert "cmake was not found" in message
    assert HINT in message


def test_compiler_is_missing(backend: Backend, package: Package, bare_path: Path) -> None:
    tools = bare_path.parent / "tools-without-compiler"
    tools.mkdir(exist_ok=True)
    for name in ("cmake", "ninja"):
        program = shutil.which(name, path=backend.env["PATH"])
        if program and not (tools / name).exists():
            (tools / name).symlink_to(program)
    path = os.pathsep.join(map(str, (tools, bare_path)))
    message = backend.with_env(PATH=path).refusal(package("c-extension"))
    assert message.startswith("CMake configuration failed")


def test_names_that_no_installer_takes(backend: Backend, package: Package) -> None:
    """What CMake's rules can install beside a wheel's own directories, all in one message."""
    project = package("components")
    rules = {
        "components-1.0.data/script": "unknown-scheme",
        "components-1.0.data": "file-in-data",
        "components-0.9.data/scripts": "wrong-data-directory",
        "other-1.0.dist-info": "several-dist-info",
    }
    with (project / "CMakeLists.txt").open("a") as file:
        for destination in (*rules, "d RENAME a.txt", "d RENAME A.txt"):
            file.write(
                f"install(FILES CMakeLists.txt COMPONENT runtime DESTINATION {destination})\n"
            )
    message = backend.refusal(project, {"cmake.install_components": '["runtime"]'})
    for destination, code in rules.items():
        assert destination in message
        assert f"[{code}]" in message
    if not (project / PYPROJECT.upper()).exists():  # else, the file system sees one name
        assert "[names-differ-in-case]" in message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_named_pipe(backend: Backend, package: Package) -> None:
    """Nothing waits for its other end."""
    project = package("pure-package")
    os.mkfifo(project / "pure_package" / "pipe")
    with pytest.raises(CommandFailed) as e:
        backend.build_sdist(project)
    for message in (backend.refusal(project), e.value.log):
        assert "pure_package/pipe: is not a file but a named pipe" in message
        assert HINT in message


def test_binary_of_another_machine(backend: Backend, package: Package) -> None:
    message = backend.refusal(package("wrong-machine"), pip=True)
    for part in ("wrong_machine/helper", "ELF for s390x", "verify_ignore", HINT):
        assert part in message


@pytest.mark.parametrize("option", ["wheel.verify=off", "wheel.verify=warn", "ignore"])
def test_binary_of_another_machine_on_purpose(
    backend: Backend, package: Package, option: str
) -> None:
    """Firmware, for example."""
    setting = 'wheel.verify_ignore=["*/helper"]' if option == "ignore" else option
    project = package("wrong-machine")
    done = backend.pip_wheel(project, "--verbose", "-C", setting)
    assert done.returncode == 0
    assert ("py-build-cmake: warning: " in done.stdout) == (option == "wheel.verify=warn")
    assert len(list((project / "dist").iterdir())) == 1


def test_extension_module_of_another_python(backend: Backend, package: Package) -> None:
    project = package("c-extension")
    edit(project / "CMakeLists.txt", "${Python3_SOABI}", "cpython-36m-x86_64-linux-gnu")
    message = backend.refusal(project)
    assert "c_extension/_native.cpython-36m-x86_64-linux-gnu.so" in message
    assert "cp36" in message


def test_cmake_overwrites_the_metadata(backend: Backend, package: Package) -> None:
    message = backend.refusal(package("overwrites-metadata"), pip=True)
    for part in ("overwrites_metadata-1.0.dist-info/METADATA", "somebody-else", HINT):
        assert part in message


@pytest.mark.parametrize("name", ["pure-package", "components"])
def test_invalid_time(backend: Backend, package: Package, name: str) -> None:
    project = package(name)
    message = backend.with_env(SOURCE_DATE_EPOCH="yesterday").refusal(
        project, pip=name == "components"
    )
    for part in ("SOURCE_DATE_EPOCH", "yesterday", HINT):
        assert part in message
    assert not list(project.rglob("CMakeCache.txt"))


@pytest.mark.parametrize(
    ("name", "place"), [("pure-package", "dist"), ("components", ".py-build-cmake_cache")]
)
def test_place_that_cannot_be_written(
    backend: Backend, package: Package, name: str, place: str
) -> None:
    """A read-only checkout, for example: what the system says, and no traceback."""
    project = package(name)
    (project / place).touch()
    with pytest.raises(CommandFailed) as failure:
        backend.hooks(project).build_wheel(str(project / "dist"))
    assert failure.value.status == 1
    message = failure.value.log.partition(ERROR)[2]
    assert str(project / place) in message
    assert HINT in message
    assert "Traceback" not in failure.value.log


def test_name_that_no_wheel_can_hold(backend: Backend, package: Package) -> None:
    project = package("pure-package")
    try:
        (project / "pure_package" / os.fsdecode(b"latin-\xfc.txt")).touch()
    except OSError:
        pytest.skip("the file system takes UTF-8 only")
    message = backend.refusal(project)
    assert "pure_package/latin-" in message
    assert "UTF-8" in message


def test_link_that_leads_nowhere(backend: Backend, package: Package) -> None:
    project = package("pure-package")
    (project / "pure_package" / "link.txt").symlink_to("absent.txt")
    message = backend.refusal(project)
    assert "pure_package/link.txt" in message


# The cross builds below need no cross compiler: the project has no languages.


def test_copies_of_the_native_build(backend: Backend, package: Package) -> None:
    built = backend.build_wheel(package("native-first"))
    assert built.path.name == "native_first-1.0-cp311-cp311-linux_aarch64.whl"
    assert list(built.wheel.payload) == [
        f"native_first/{name}"
        for name in (
            *("__init__.py", "conflict.txt", "cross.txt", "native.txt"),
            *("nested/stub.pyi", "same.txt"),
        )
    ]
    assert built.wheel.files["native_first/conflict.txt"] == b"of the cross build\n"


def _copying(backend: Backend, package: Package, patterns: str, arch: str = "") -> str:
    project = package("native-first")
    edit(project / CROSS, '["**/native.txt", "native_first/nested"]', patterns)
    return backend.refusal(project, {"cross.arch": arch} if arch else {}, pip=True)


def test_pattern_without_match(backend: Backend, package: Package) -> None:
    message = _copying(backend, package, '["**/native.txt", "**/*.so"]')
    for part in ("`cross.copy_from_native_build`", "'**/*.so'", "native_first/native.txt"):
        assert part in message
    assert "'**/native.txt'" not in message


def test_pattern_whose_place_is_taken(backend: Backend, package: Package) -> None:
    message = _copying(backend, package, '["native_first/*.txt"]')
    for part in ("`cross.copy_from_native_build`", "native-install", "staging", HINT):
        assert part in message
    assert message.count("native_first/conflict.txt is already in the wheel") == 1
    assert "same.txt" not in message, "equal contents are no conflict"


def test_pattern_that_matches_a_native_binary(backend: Backend, package: Package) -> None:
    # Of a machine that nobody runs the tests on.
    message = _copying(backend, package, '["bin"]', arch="linux_s390x")
    for part in ("`cross.copy_from_native_build`", "bin/cmake", "ELF for", HINT):
        assert part in message


def test_native_build_without_cmake_for_it(backend: Backend, package: Package) -> None:
    project = package("native-first")
    edit(project / PYPROJECT, "[tool.py-build-cmake.cmake]", "[tool.py-build-cmake.cross.cmake]")
    message = backend.refusal(project)
    assert "native pre-build" in message
    assert CROSS in message


def test_defect_of_the_backend_keeps_its_traceback(
    backend: Backend, package: Package, tmp_path: Path
) -> None:
    """A mistake of ours is told apart from one of the user."""
    # The module is shadowed by one that fails.
    write(tmp_path / "shadow" / "pyproject_metadata.py", "raise RuntimeError('a defect')\n")
    project = package("pure-package")
    done = backend.with_env(PYTHONPATH=str(tmp_path / "shadow")).pip_wheel(project)
    assert done.returncode != 0
    assert "RuntimeError: a defect" in done.stdout
    assert "Traceback" in done.stdout
    assert "this is a defect of py-build-cmake" in done.stdout


def test_annotations_of_github(backend: Backend, package: Package) -> None:
    project = package("no-install")
    done = backend.with_env(GITHUB_ACTIONS="true").pip_wheel(project)
    annotations = re.findall(r"::error::(.*)", done.stdout)
    assert len(annotations) == 1
    assert annotations[0].startswith("py-build-cmake: error: CMake installed nothing") or (
        "CMake installed nothing" in annotations[0]
    )
    assert "%0A    hint: " in annotations[0]


def test_project_copied_with_its_build_directory(backend: Backend, tmp_path: Path) -> None:
    """CMake would refuse the cache of another directory; the copy starts afresh instead."""
    project = copy_package("components", tmp_path / "one")
    backend.build_wheel(project)
    shutil.copytree(project, tmp_path / "two")
    built = backend.build_wheel(tmp_path / "two")
    assert "configuring afresh" in built.log
    assert len(built.wheel.payload) == 2
