"""Which configurations, components and presets are built and installed, and by which commands."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import Callable

import pytest
from support.backend import ERROR, Backend, Built
from support.builds import EXAMPLES, CommandFailed, install_and_run
from support.examples import build_directories, copy_directory
from support.projects import LOCAL, edit, write

Package = Callable[[str], Path]

EPOCH = 1_700_000_000


def _commands(built: Built) -> list[list[str]]:
    """Return the words of all commands that were shown, which a shell would take as they are."""
    lines = (line for line in built.log.splitlines() if line.startswith("+ "))
    return [shlex.split(line[2:]) for line in lines]


def _steps(built: Built) -> list[str]:
    """Return what each command does, with the arguments that say for what."""
    steps = []
    for command in _commands(built):
        words = iter(command[1:])
        step = next(word for word in command if word in ("-S", "--build", "--install"))
        told = [
            f"{word} {next(words)}" if word in ("--config", "--component", "--preset") else ""
            for word in words
        ]
        steps.append(" ".join([step.strip("-"), *filter(None, told)]))
    return steps


def _payload(built: Built) -> list[str]:
    return list(built.wheel.payload)


def test_build_type(backend: Backend, make: None, package: Package) -> None:
    project = package("configurations")
    write(project / LOCAL, "[cmake]\ngenerator = 'Unix Makefiles'\nbuild_type = 'RelWithDebInfo'\n")
    built = backend.build_wheel(project)
    assert _payload(built) == ["configurations/which-relwithdebinfo.so"]
    assert _steps(built) == [
        "S",
        "build --config RelWithDebInfo",
        "install --config RelWithDebInfo",
    ]
    ((_, entries),) = build_directories(project).items()
    assert entries["CMAKE_BUILD_TYPE"] == "RelWithDebInfo"
    assert entries["CMAKE_GENERATOR"] == "Unix Makefiles"


def test_without_a_build_type(backend: Backend, package: Package) -> None:
    project = package("configurations")
    built = backend.build_wheel(project)
    assert _payload(built) == ["configurations/which.so"]
    assert _steps(built) == ["S", "build", "install"]


def test_several_configurations(backend: Backend, package: Package) -> None:
    project = package("configurations")
    write(
        project / LOCAL,
        """
        [cmake]
        generator = "Ninja Multi-Config"
        config = ["Debug", "Release", "MinSizeRel"]
        install_config = ["Release", "Debug"]
        options.CMAKE_CONFIGURATION_TYPES = ["Debug", "Release", "MinSizeRel"]
        """,
    )
    built = backend.build_wheel(project)
    assert _payload(built) == [
        "configurations/which-debug.so",
        "configurations/which-release.so",
    ]
    assert _steps(built) == [
        "S",
        "build --config Debug",
        "build --config Release",
        "build --config MinSizeRel",
        "install --config Release",
        "install --config Debug",
    ]
    ((directory, _),) = build_directories(project).items()
    assert (directory / "MinSizeRel" / "which-minsizerel.so").is_file()


def test_last_of_several_configurations_wins(backend: Backend, package: Package) -> None:
    """Where they install the same file, even if it was written in the same second."""
    project = package("components")
    with (project / "CMakeLists.txt").open("a") as file:
        for name in ("Debug", "Release"):
            written = write(project / f"{name}.txt", f"{name}\n")
            os.utime(written, (EPOCH, EPOCH))
            file.write(
                f"install(FILES {name}.txt DESTINATION . RENAME same.txt CONFIGURATIONS {name})\n"
            )
    for order in (["Debug", "Release"], ["Release", "Debug"]):
        built = backend.build_wheel(project, {"cmake.install_config": str(order)})
        assert built.wheel.files["same.txt"].decode() == f"{order[-1]}\n"


def test_one_configuration_of_several(backend: Backend, package: Package) -> None:
    project = package("configurations")
    write(project / LOCAL, "[cmake]\ngenerator = 'Ninja Multi-Config'\nconfig = 'Release'\n")
    built = backend.build_wheel(project)
    assert _payload(built) == ["configurations/which-release.so"]


def test_arguments_of_the_steps(backend: Backend, make: None, package: Package) -> None:
    project = package("configurations")
    write(
        project / LOCAL,
        """
        [cmake]
        generator = "Unix Makefiles"
        build_args = ["-j", "2", "--target", "all", "extra"]
        build_tool_args = ["VERBOSE=1", "CC_OF_USER=two words"]
        install_args = ["--strip", "--verbose"]
        """,
    )
    built = backend.build_wheel(project)
    _, build, install = _commands(built)
    assert build[3:] == [
        *("-j", "2", "--target", "all", "extra"),
        *("--", "VERBOSE=1", "CC_OF_USER=two words"),
    ]
    assert install[5:] == ["--strip", "--verbose"]
    assert "the target extra was built" in built.log
    assert "-o CMakeFiles/which.dir/which.c.o" in built.log, "VERBOSE=1 did not arrive"


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        (None, ["development/none.txt", "runtime/none.txt"]),
        (["runtime"], ["runtime/none.txt"]),
        (["optional"], ["optional/none.txt"]),
        (["runtime", "optional"], ["optional/none.txt", "runtime/none.txt"]),
        (["", "optional"], ["development/none.txt", "optional/none.txt", "runtime/none.txt"]),
    ],
)
def test_components(
    backend: Backend, package: Package, components: list[str] | None, expected: list[str]
) -> None:
    project = package("components")
    if components is not None:
        write(project / LOCAL, f"[cmake]\ninstall_components = {components}\n")
    built = backend.build_wheel(project)
    assert _payload(built) == [f"components/{name}" for name in expected]


def test_components_of_every_configuration(backend: Backend, package: Package) -> None:
    project = package("components")
    write(
        project / LOCAL,
        """
        [cmake]
        install_config = ["Debug", "Release"]
        install_components = ["runtime", ""]
        """,
    )
    assert _steps(backend.build_wheel(project))[2:] == [
        "install --config Debug --component runtime",
        "install --config Debug",
        "install --config Release --component runtime",
        "install --config Release",
    ]


def test_indices(backend: Backend, package: Package) -> None:
    """Each has its own build directory; all install into one wheel, in numeric order."""
    project = package("components")
    write(
        project / LOCAL,
        """
        [cmake]
        generator = "Ninja"
        install_components = ["runtime"]
        [cmake.10]
        options.PART = "ten"
        [cmake.2]
        options.PART = "two"
        install_components = ["development"]
        [cmake.0]
        options.PART = "zero"
        """,
    )
    built = backend.build_wheel(project)
    assert _payload(built) == [
        "components/development/two.txt",
        "components/runtime/ten.txt",
        "components/runtime/zero.txt",
    ]
    steps = ("S", "build", "install --component {}")
    assert _steps(built) == [
        step.format(component)
        for component in ("runtime", "development", "runtime")
        for step in steps
    ]
    titles = re.findall(r"py-build-cmake: \[\d+/11\] .*, configuration (\d+)", built.log)
    assert titles == [*"000222", "10", "10", "10"]
    tag = built.path.stem[len("components-1.0-") :]
    cache = project / ".py-build-cmake_cache"
    assert list(build_directories(project)) == [cache / f"{tag}{i}" for i in ("", "-10", "-2")]


def test_only_other_indices_than_0(backend: Backend, package: Package) -> None:
    project = package("components")
    settings = {"cmake.1.options.PART": "one", "cmake.3.options.PART": "three"}
    built = backend.build_wheel(project, settings)
    assert "components/runtime/one.txt" in built.wheel.files
    assert "components/runtime/three.txt" in built.wheel.files
    assert [path.name[-2:] for path in build_directories(project)] == ["-1", "-3"]


def _needs_presets(backend: Backend, package: Package) -> Path:
    project = package("presets")
    if backend.hooks(project).get_requires_for_build_wheel():
        pytest.skip("no CMake with build presets (3.20) and Ninja on PATH")
    return project


def test_preset(backend: Backend, package: Package) -> None:
    """Its directory is not used, so that wheels of several tags do not share one."""
    project = _needs_presets(backend, package)
    built = backend.build_wheel(project)
    assert built.wheel.files["presets/option"] == b"yes"
    assert built.wheel.files["presets/generator"] == b"Ninja"
    (directory,) = build_directories(project)
    assert directory.parent == project / ".py-build-cmake_cache"
    assert _steps(built) == ["S --preset default", "build", "install"]


def test_option_overrides_the_preset(backend: Backend, package: Package) -> None:
    project = _needs_presets(backend, package)
    built = backend.build_wheel(project, {"cmake.options.FROM_PRESET": "overridden"})
    assert built.wheel.files["presets/option"] == b"overridden"


def test_build_presets(backend: Backend, package: Package) -> None:
    """Their settings are used in the directory of the wheel's tag, not in the preset's."""
    project = _needs_presets(backend, package)
    write(project / LOCAL, "[cmake]\nbuild_presets = ['second', 'first']\n")
    built = backend.build_wheel(project)
    assert _payload(built) == [
        f"presets/{name}" for name in ("directory", "generator", "one", "option", "two")
    ]
    (directory,) = build_directories(project)
    assert directory.parent == project / ".py-build-cmake_cache"
    assert built.wheel.files["presets/directory"].decode() == str(directory)
    assert _steps(built) == ["S --preset default", "build", "build", "install"]
    assert built.log.index("--target two") < built.log.index("--target one")
    again = backend.build_wheel(project)
    assert again.path.read_bytes() == built.path.read_bytes()


def test_a_preset_for_a_cross_build_and_its_native_pre_build(
    backend: Backend, package: Package
) -> None:
    """Each of them has a directory of its own, although the preset names one for both."""
    project = _needs_presets(backend, package)
    write(project / LOCAL, "[cmake]\nbuild_presets = ['second', 'first']\n")
    cross = "[cross]\nos = 'linux'\narch = 'linux_aarch64'\nnative_build = true\n"
    write(project / "host.toml", cross.replace("[cross]\n", ""))
    native = backend.build_wheel(project)
    for settings in ({"cross": "host.toml"}, {}):
        built = backend.build_wheel(project, settings)
        assert "configuring afresh" not in built.log
    assert built.path.read_bytes() == native.path.read_bytes()
    directories = [path.name for path in build_directories(project)]
    assert len(directories) == 3
    assert "native-build-0" in directories
    assert not (project / "of-the-preset").exists()


def test_unknown_preset(backend: Backend, package: Package) -> None:
    project = _needs_presets(backend, package)
    with pytest.raises(CommandFailed) as failure:
        backend.build_wheel(project, {"cmake.preset": "nonsense"})
    assert f"{ERROR}CMake configuration failed (exit status 1)" in failure.value.log
    assert "nonsense" in failure.value.log


def test_build_path(backend: Backend, package: Package) -> None:
    project = package("dump")
    write(project / LOCAL, "[cmake]\nbuild_path = 'of the user/{build_config}-x'\n")
    built = backend.build_wheel(project)
    tag = built.path.stem[len("dump_everything-1.2.3-") :]
    assert list(build_directories(project)) == [project / "of the user" / f"{tag}-x"]


@pytest.mark.parametrize("generator", ["Ninja", "Unix Makefiles", "Ninja Multi-Config"])
def test_generator(backend: Backend, make: None, package: Package, generator: str) -> None:
    project = package("dump")
    by_option = backend.build_wheel(project, {"cmake.generator": generator})
    assert by_option.wheel.files["dump/generator"].decode() == generator
    program = Path(by_option.wheel.files["dump/cache/CMAKE_MAKE_PROGRAM"].decode())
    assert program.name in (("ninja",) if "Ninja" in generator else ("make", "gmake"))


def test_several_configurations_without_a_choice(backend: Backend, package: Package) -> None:
    """CMake would build the first of them, which is for debugging."""
    built = backend.build_wheel(package("dump"), {"cmake.generator": "Ninja Multi-Config"})
    assert "building Release, because neither `cmake.build_type` nor" in built.log
    assert "--config Release" in built.log


def test_generator_of_the_environment(backend: Backend, package: Package) -> None:
    built = backend.with_env(CMAKE_GENERATOR="Ninja").build_wheel(package("dump"))
    assert built.wheel.files["dump/generator"] == b"Ninja"


def test_changing_the_generator(backend: Backend, make: None, package: Package) -> None:
    """CMake would refuse to use a build directory with two generators."""
    project = package("dump")
    backend.build_wheel(project, {"cmake.generator": "Ninja"})
    built = backend.build_wheel(project, {"cmake.generator": "Unix Makefiles"})
    assert built.wheel.files["dump/generator"] == b"Unix Makefiles"
    assert Path(built.wheel.files["dump/cache/CMAKE_MAKE_PROGRAM"].decode()).name != "ninja"


def test_installation_prefix_is_not_of_the_user(backend: Backend, package: Package) -> None:
    """DESTDIR, which package builds set, would put everything elsewhere."""
    project = package("components")
    built = backend.with_env(DESTDIR=str(project / "dest")).build_wheel(project)
    assert len(_payload(built)) == 2
    assert not (project / "dest").exists()


def test_os_tables(backend: Backend, package: Package) -> None:
    project = package("dump")
    write(
        project / LOCAL,
        """
        [cmake]
        args = ["-D", "FROM=base"]
        [linux.cmake]
        options.SYSTEM = "linux"
        [windows.cmake]
        options.SYSTEM = "windows"
        [mac.cmake]
        options.SYSTEM = "mac"
        """,
    )
    cache = backend.build_wheel(project).wheel.files
    assert cache["dump/cache/SYSTEM"] in (b"linux", b"windows", b"mac")
    assert cache["dump/cache/FROM"] == b"base"


def test_only_for_another_system(backend: Backend, package: Package) -> None:
    """A CMake table for Windows alone makes no CMake project elsewhere."""
    project = package("pure-package")
    write(project / LOCAL, "[windows.cmake]\nbuild_type = 'Release'\n")
    built = backend.build_wheel(project)
    assert built.path.name == "pure_package-1.0-py3-none-any.whl"
    assert _commands(built) == []


def test_log_has_all_output(backend: Backend, package: Package) -> None:
    project = package("components")
    built = backend.build_wheel(project)
    (log,) = project.rglob("py-build-cmake.log")
    logged = log.read_text(encoding="utf-8")
    printed = [line for line in built.log.splitlines() if not line.startswith("py-build-cmake:")]
    assert logged.splitlines() == printed
    edit(project / "CMakeLists.txt", "project(", "message(STATUS second)\nproject(")
    backend.build_wheel(project)
    assert log.read_text(encoding="utf-8").count("-S ") == 1, "one build only"


def test_verbose(backend: Backend, package: Package) -> None:
    """Shows the preload cache and what the backend adds to the environment, no secrets of it."""
    project = package("components")
    secret = backend.with_env(TOKEN="swordfish")
    quiet = secret.build_wheel(project).log
    verbose = secret.build_wheel(project, {"verbose": "", "cmake.env.ADDED": "shown"}).log
    assert "CMAKE_FIND_NO_INSTALL_PREFIX" not in quiet
    assert "set(CMAKE_FIND_NO_INSTALL_PREFIX" in verbose
    assert "ADDED=shown" in verbose
    assert "swordfish" not in quiet + verbose


def test_the_example_with_a_workflow_preset(backend: Backend, tmp_path: Path) -> None:
    """Variables and environment of an inherited preset, and a build type that nothing else says."""
    project = copy_directory(EXAMPLES / "presets", tmp_path / "presets")
    if backend.hooks(project).get_requires_for_build_wheel():
        pytest.skip("no CMake with workflow presets (3.25) and Ninja on PATH")
    built = backend.build_wheel(project)
    steps = ["S --preset release", "build", "install"]
    assert _steps(built) == steps
    assert "--parallel 2" in built.log
    assert "--strip" in built.log
    code = "import sums; print(sums.greeting())"
    assert install_and_run(built.path, code, tmp_path / "venv") == "sums of presets\n"
    assert not (project / "build").exists()
    changed = backend.build_wheel(project, {"cmake.options.SUMS_GREETING": "hello"})
    assert install_and_run(changed.path, code, tmp_path / "changed") == "hello\n"
