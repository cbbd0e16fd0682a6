"""The backend from configuration to archives, with a runner in the place of CMake."""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.fake_cmake import AARCH64, CMAKE, CROSS, PYPROJECT, X86_64, FakeCMake
from support.machines import LINUX_CP311

from py_build_cmake.base.console import Console
from py_build_cmake.base.errors import CommandError, Error, WheelError
from py_build_cmake.building import wheel as backend
from py_build_cmake.building.session import Session
from py_build_cmake.config.settings import parse_config_settings

NATIVE_BUILD = 'copy_from_native_build = ["**/*.pyi"]\n'
STUB = {"pkg/_m.pyi": b"def f() -> int: ...\n"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "__init__.py").write_text('"""A package."""\n')
    (root / "CMakeLists.txt").touch()
    (root / "pyproject.toml").write_text(PYPROJECT + CMAKE)
    return root


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    directory = tmp_path / "bin"
    directory.mkdir()
    for name in ("cmake", "make"):
        (directory / name).write_text("#!/bin/sh\necho cmake version 3.25.1\n")
        (directory / name).chmod(0o755)
    return directory


@pytest.fixture
def cmake() -> FakeCMake:
    return FakeCMake({"pkg/_m.so": X86_64})


@pytest.fixture
def session(project: Path, programs: Path, cmake: FakeCMake) -> Session:
    machine = replace(LINUX_CP311, environ={"PATH": str(programs)})
    return Session(project, parse_config_settings({}, {}), machine, Console(), cmake)


def configure(session: Session, *tables: str) -> None:
    (session.project_dir / "pyproject.toml").write_text(PYPROJECT + "".join(tables))


def build(session: Session, announced: Path | None = None) -> zipfile.ZipFile:
    out = session.project_dir.parent / "out"
    return zipfile.ZipFile(out / backend.build_wheel(session, out, announced))


def test_native_wheel(session: Session, cmake: FakeCMake) -> None:
    with build(session) as wheel:
        assert Path(str(wheel.filename)).name == "pkg-1.0-cp311-cp311-linux_x86_64.whl"
        assert wheel.namelist() == [
            "pkg/__init__.py",
            "pkg/_m.so",
            "pkg-1.0.dist-info/METADATA",
            "pkg-1.0.dist-info/WHEEL",
            "pkg-1.0.dist-info/entry_points.txt",
            "pkg-1.0.dist-info/RECORD",
        ]
    assert cmake.steps() == ["configure", "build", "install"]


def test_steps_are_announced(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    configure(session, CMAKE, CROSS, NATIVE_BUILD)
    cmake = FakeCMake({"pkg/_m.so": AARCH64}, STUB)
    build(replace(session, runner=cmake)).close()
    announced = [line for line in capsys.readouterr().out.splitlines() if "/9]" in line]
    assert announced == [
        "py-build-cmake: [1/9] configure for the build machine (native pre-build)",
        "py-build-cmake: [2/9] build for the build machine (native pre-build)",
        "py-build-cmake: [3/9] install for the build machine (native pre-build)",
        "py-build-cmake: [4/9] configure for linux_aarch64",
        "py-build-cmake: [5/9] build for linux_aarch64",
        "py-build-cmake: [6/9] install for linux_aarch64",
        "py-build-cmake: [7/9] copy files of the native pre-build",
        "py-build-cmake: [8/9] verify that the files fit cp311-cp311-linux_aarch64",
        "py-build-cmake: [9/9] pack pkg-1.0-cp311-cp311-linux_aarch64.whl",
    ]


def test_stub_generators_that_fail_while_cross_installing(
    session: Session, cmake: FakeCMake, capsys: pytest.CaptureFixture[str]
) -> None:
    """CMake does not see it, and it would be a wheel without stubs."""
    frame = '  File "/lib/nanobind/stubgen.py", line 1, in <module>'
    error = "ModuleNotFoundError: No module named '_m'"
    cmake.said = f"Traceback (most recent call last):\n{frame}\n{error}\n"
    build(session).close()
    assert "warning" not in capsys.readouterr().err
    configure(session, CMAKE, CROSS)
    cmake.files = {"pkg/_m.so": AARCH64}
    build(session).close()
    warning = capsys.readouterr().err.partition("warning: ")[2]
    assert error in warning
    assert "went on installing" in warning
    assert "copy_from_native_build" in warning
    cmake.said = ""
    build(session).close()
    assert "went on installing" not in capsys.readouterr().err


def test_cross_wheel_has_the_files_of_the_native_build(session: Session) -> None:
    configure(session, CMAKE, CROSS, NATIVE_BUILD, 'toolchain_file = "tc.cmake"\n')
    (session.project_dir / "tc.cmake").touch()
    cmake = FakeCMake({"pkg/_m.so": AARCH64}, {**STUB, "bin/tool": X86_64})
    session = replace(
        session,
        runner=cmake,
        machine=replace(
            session.machine,
            environ={**session.machine.environ, "CMAKE_TOOLCHAIN_FILE": "/x", "DESTDIR": "/y"},
        ),
    )
    with build(session) as wheel:
        assert Path(str(wheel.filename)).name == "pkg-1.0-cp311-cp311-linux_aarch64.whl"
        assert {"pkg/_m.so", "pkg/_m.pyi"} <= set(wheel.namelist())
        assert "bin/tool" not in wheel.namelist()
    native, cross = cmake.commands[0], cmake.commands[3]
    (directory,) = {word for word in native if "NATIVE_INSTALL_DIR:PATH=" in word}
    assert directory in cross
    toolchain = f"CMAKE_TOOLCHAIN_FILE:FILEPATH={session.project_dir / 'tc.cmake'}"
    assert toolchain in cross
    assert toolchain not in native
    assert "CMAKE_TOOLCHAIN_FILE" not in cmake.environments[0]
    assert cmake.environments[3]["CMAKE_TOOLCHAIN_FILE"] == "/x"
    assert all("DESTDIR" not in environ for environ in cmake.environments)


def test_every_index_is_built_twice_with_a_native_build(session: Session) -> None:
    indices = "[tool.py-build-cmake.cmake.0]\n[tool.py-build-cmake.cmake.3]\nbuild_type='X'\n"
    configure(session, indices, CROSS, "native_build = true\n")
    cmake = FakeCMake({"pkg/_m.so": AARCH64}, {"bin/tool": X86_64})
    build(replace(session, runner=cmake)).close()
    assert cmake.steps() == ["configure", "build", "install"] * 4
    directories = [c[c.index("-B") + 1] for c in cmake.commands if "-B" in c]
    cache = session.project_dir / ".py-build-cmake_cache"
    first = cache / "cp311-cp311-linux_aarch64"
    assert directories == [
        str(first / "py-build-cmake" / "native-build-0"),
        str(first / "py-build-cmake" / "native-build-3"),
        str(first),
        str(cache / "cp311-cp311-linux_aarch64-3"),
    ]
    prefixes = [c[c.index("--prefix") + 1] for c in cmake.commands if "--prefix" in c]
    assert (
        prefixes
        == [str(first / "py-build-cmake" / "native-install")] * 2
        + [str(first / "py-build-cmake" / "staging")] * 2
    )


def test_what_an_earlier_native_build_installed_is_gone(session: Session) -> None:
    configure(session, CMAKE, CROSS, NATIVE_BUILD)
    for name in ("old", "new"):
        cmake = FakeCMake({"pkg/_m.so": AARCH64}, {f"pkg/{name}.pyi": b""})
        with build(replace(session, runner=cmake)) as wheel:
            names = wheel.namelist()
    assert "pkg/new.pyi" in names
    assert "pkg/old.pyi" not in names


@pytest.mark.parametrize(
    ("native", "patterns", "messages"),
    [
        (STUB, '["**/*.pyi", "*.typed", "none"]', ["'*.typed' matches nothing", "'none' matches"]),
        ({}, '["*"]', ["'*' matches nothing"]),
        (
            {"pkg/_m.so": b"different", **STUB},
            '["**"]',
            ["pkg/_m.so is already in the wheel, and differs"],
        ),
        ({"bin/tool": X86_64}, '["bin"]', ["bin/tool, which the patterns match, is ELF for x86"]),
    ],
)
def test_copy_from_native_build_refuses(
    session: Session, native: dict[str, bytes], patterns: str, messages: list[str]
) -> None:
    configure(session, CMAKE, CROSS, f"copy_from_native_build = {patterns}\n")
    cmake = FakeCMake({"pkg/_m.so": AARCH64}, native)
    with pytest.raises(WheelError) as e:
        build(replace(session, runner=cmake))
    assert len(e.value.problems) == len(messages)
    for problem, message in zip(e.value.problems, messages):
        assert message in problem.message
        assert problem.where == "`cross.copy_from_native_build`"


def test_equal_files_of_both_builds_do_not_conflict(session: Session) -> None:
    configure(session, CMAKE, CROSS, NATIVE_BUILD)
    cmake = FakeCMake({"pkg/_m.so": AARCH64, **STUB}, {**STUB, "bin/tool": X86_64})
    with build(replace(session, runner=cmake)) as wheel:
        assert "pkg/_m.pyi" in wheel.namelist()


def test_native_build_without_cmake_for_the_build_system(session: Session) -> None:
    configure(session, CROSS, NATIVE_BUILD, '[tool.py-build-cmake.cross.cmake]\nbuild_type="X"\n')
    with pytest.raises(Error, match=r"no CMake configuration for the system .*\(linux\)"):
        build(session)


@pytest.mark.parametrize("verify", ["error", "warn", "off"])
def test_a_binary_for_another_machine(
    session: Session, verify: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(session, CMAKE, f"[tool.py-build-cmake.wheel]\nverify = '{verify}'\n")
    session = replace(session, runner=FakeCMake({"pkg/_m.so": AARCH64}))
    if verify == "error":
        with pytest.raises(WheelError, match="aarch64"):
            build(session)
        assert not list((session.project_dir.parent / "out").glob("*"))
    else:
        build(session).close()
        assert ("aarch64" in capsys.readouterr().err) == (verify == "warn")


def test_verify_ignore(session: Session) -> None:
    configure(session, CMAKE, "[tool.py-build-cmake.wheel]\nverify_ignore = ['*.elf']\n")
    cmake = FakeCMake({"pkg/_m.so": X86_64, "pkg/firmware.elf": AARCH64})
    with build(replace(session, runner=cmake)) as wheel:
        assert "pkg/firmware.elf" in wheel.namelist()


def test_an_installation_that_adds_nothing(session: Session) -> None:
    with pytest.raises(WheelError, match="installed nothing"):
        build(replace(session, runner=FakeCMake()))


def test_a_file_outside_of_the_prefix(session: Session) -> None:
    cmake = FakeCMake({"pkg/_m.so": X86_64}, outside="/opt/elsewhere")
    with pytest.raises(WheelError, match="/opt/elsewhere outside of the wheel"):
        build(replace(session, runner=cmake))


def test_an_install_rule_that_leaves_the_prefix_does_not_run(
    session: Session, cmake: FakeCMake
) -> None:
    build_dir = session.project_dir / ".py-build-cmake_cache/cp311-cp311-linux_x86_64"
    build_dir.mkdir(parents=True)
    (build_dir / "cmake_install.cmake").write_text(
        "# Install script for directory: /src/lib\n"
        'if(CMAKE_INSTALL_COMPONENT STREQUAL "Unspecified" OR NOT CMAKE_INSTALL_COMPONENT)\n'
        "  list(APPEND CMAKE_ABSOLUTE_DESTINATION_FILES\n"
        '   "/opt/data.txt")\n'
    )
    with pytest.raises(WheelError) as e:
        build(session)
    (problem,) = e.value.problems
    assert "/opt/data.txt outside of the wheel" in problem.message
    assert problem.where == str(Path("/src/lib/CMakeLists.txt"))
    assert "install" not in cmake.steps()


def test_a_failed_command_names_the_log(session: Session) -> None:
    with pytest.raises(CommandError) as e:
        build(replace(session, runner=FakeCMake(fails_at="--build")))
    assert e.value.log is not None
    assert e.value.log.exists()


def test_cmake_must_not_install_over_the_metadata(session: Session) -> None:
    cmake = FakeCMake({"pkg-1.0.dist-info/METADATA": b"Name: other\n"})
    with pytest.raises(WheelError, match="METADATA is not what was announced"):
        build(replace(session, runner=cmake))


def test_more_files_in_dist_info_are_welcome(session: Session) -> None:
    cmake = FakeCMake({"pkg/_m.so": X86_64, "pkg-1.0.dist-info/sboms/x.json": b"{}"})
    with build(replace(session, runner=cmake)) as wheel:
        assert wheel.namelist()[-2:] == [
            "pkg-1.0.dist-info/sboms/x.json",
            "pkg-1.0.dist-info/RECORD",
        ]


def test_announced_metadata(session: Session, cmake: FakeCMake, tmp_path: Path) -> None:
    name = backend.announce_metadata(session, tmp_path)
    assert name == "pkg-1.0.dist-info"
    assert cmake.commands == []
    assert not (session.project_dir / ".py-build-cmake_cache").exists()
    with build(session, tmp_path / name) as wheel:
        for path in (tmp_path / name).iterdir():
            assert wheel.read(f"{name}/{path.name}") == path.read_bytes()
    (tmp_path / name / "METADATA").write_text("Name: other\n")
    with pytest.raises(WheelError, match="not what was announced"):
        build(session, tmp_path / name)


def test_a_pure_project_makes_no_cache(session: Session, cmake: FakeCMake) -> None:
    configure(session)
    with build(session) as wheel:
        assert Path(str(wheel.filename)).name == "pkg-1.0-py3-none-any.whl"
    assert cmake.commands == []
    assert not (session.project_dir / ".py-build-cmake_cache").exists()


def test_pure_wheel_with_data_made_by_cmake(session: Session) -> None:
    configure(session, CMAKE, "[tool.py-build-cmake.wheel]\npure_python = true\n")
    session = replace(session, runner=FakeCMake({"pkg/table.json": b"[]"}))
    with build(session) as wheel:
        assert Path(str(wheel.filename)).name == "pkg-1.0-py3-none-any.whl"
        assert "pkg/table.json" in wheel.namelist()


def test_the_cache_is_left_out_of_version_control(session: Session) -> None:
    build(session).close()
    cache = session.project_dir / ".py-build-cmake_cache"
    assert (cache / ".gitignore").read_text() == "*\n"
    assert (cache / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172")


def test_paths_are_the_same_in_every_build(session: Session, cmake: FakeCMake) -> None:
    build(session).close()
    build_dir = session.project_dir / ".py-build-cmake_cache/cp311-cp311-linux_x86_64"
    preload = build_dir / "py-build-cmake-preload.cmake"
    before = preload.stat().st_mtime_ns
    first = list(cmake.commands)
    cmake.commands.clear()
    build(session).close()
    assert cmake.commands == first
    assert preload.stat().st_mtime_ns == before


def test_paths_that_cmake_cannot_build_in(session: Session, cmake: FakeCMake) -> None:
    project_dir = session.project_dir.rename(session.project_dir.with_name("a;b"))
    with pytest.raises(Error) as e:
        build(replace(session, project_dir=project_dir))
    assert {p.message for p in e.value.problems} == {"CMake cannot build where the path has a `;`"}
    assert cmake.commands == []


def test_a_fresh_build(
    session: Session, cmake: FakeCMake, capsys: pytest.CaptureFixture[str]
) -> None:
    cmake.writes_cache = True
    build_dir = session.project_dir / ".py-build-cmake_cache/cp311-cp311-linux_x86_64"
    build(session).close()
    (build_dir / "left over").touch()
    build(session).close()
    assert (build_dir / "left over").exists()
    build(replace(session, settings=parse_config_settings({"fresh": ""}, {}))).close()
    assert not (build_dir / "left over").exists()
    assert capsys.readouterr().out.count("configuring afresh: `cmake.fresh` is set") == 1


@pytest.mark.parametrize(("status", "is_kept"), [(1, False), (-9, True)])
def test_a_build_that_failed_or_was_killed(session: Session, status: int, is_kept: bool) -> None:
    def fail(command: Sequence[str], **more: Any) -> None:
        if "--build" in command:
            raise CommandError("CMake build", command, status)
        FakeCMake()(command, **more)

    with pytest.raises(CommandError):
        build(replace(session, runner=fail))
    assert bool(list(session.project_dir.rglob("unfinished"))) is is_kept


def test_a_moved_build_directory_starts_afresh(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    build_dir = session.project_dir / ".py-build-cmake_cache/cp311-cp311-linux_x86_64"
    build_dir.mkdir(parents=True)
    cache = build_dir / "CMakeCache.txt"
    cache.write_text("CMAKE_HOME_DIRECTORY:INTERNAL=/elsewhere\n")
    build(session).close()
    assert not cache.exists()
    assert "configuring afresh: CMAKE_HOME_DIRECTORY was /elsewhere" in capsys.readouterr().out


PRESETS = {
    "version": 2,
    "configurePresets": [
        {"name": "p", "binaryDir": "${sourceDir}/shared", "environment": {"FROM_P": "yes"}}
    ],
    "buildPresets": [{"name": "b", "configurePreset": "p", "targets": ["one"], "jobs": 3}],
}


def test_presets_are_built_in_the_directory_of_the_wheel_tag(session: Session) -> None:
    configure(session, CMAKE, CROSS, NATIVE_BUILD)
    tables = session.project_dir / "pyproject.toml"
    presets = '[tool.py-build-cmake.cmake]\npreset = "p"\nbuild_presets = ["b"]\n'
    tables.write_text(tables.read_text().replace("[tool.py-build-cmake.cmake]\n", presets))
    (session.project_dir / "CMakePresets.json").write_text(json.dumps(PRESETS))
    cmake = FakeCMake({"pkg/_m.so": AARCH64}, STUB)
    build(replace(session, runner=cmake)).close()
    directories = [c[c.index("-B") + 1] for c in cmake.commands if "-B" in c]
    assert len(set(directories)) == 2
    builds = [c for c in cmake.commands if "--build" in c]
    assert [c[2] for c in builds] == directories
    for command in builds:
        assert command[3:] == ["--config", "Release", "--parallel", "3", "--target", "one"]
    environments = dict(zip(map(tuple, cmake.commands), cmake.environments))
    assert all(environments[tuple(c)]["FROM_P"] == "yes" for c in builds)
    assert [c[2] for c in cmake.commands if "--install" in c] == directories


def test_a_build_preset_that_does_not_exist(session: Session) -> None:
    configure(session, CMAKE, 'preset = "p"\nbuild_presets = ["x", "y"]\n')
    (session.project_dir / "CMakePresets.json").write_text(json.dumps(PRESETS))
    with pytest.raises(Error) as e:
        build(session)
    assert [problem.message for problem in e.value.problems] == [
        "the preset 'x' does not exist",
        "the preset 'y' does not exist",
    ]
    assert e.value.problems[0].hint == "there is: b"


def test_what_cmake_is_given_is_shown_when_verbose(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    build(replace(session, console=Console(verbose=True))).close()
    out = capsys.readouterr().out
    assert "set(PY_BUILD_CMAKE_IMPORT_NAME [=[pkg]=] CACHE" in out
    assert "environment of CMake: PY_BUILD_CMAKE_IMPORT_NAME=pkg" in out
    assert "environment of CMake: PATH=" not in out


def test_requirements(session: Session, programs: Path) -> None:
    assert backend.requirements_for_wheel(session) == []
    (programs / "cmake").unlink()
    (programs / "make").unlink()
    assert backend.requirements_for_wheel(session) == ["cmake>=3.15", "ninja"]
    configure(session, CMAKE, CROSS, NATIVE_BUILD, "[tool.py-build-cmake.cross.cmake]\n")
    assert backend.requirements_for_wheel(session) == ["cmake>=3.15", "ninja"]
    with pytest.raises(Error, match="cmake was not found"):
        build(session)


def test_sdist(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    out = session.project_dir.parent / "out"
    name = backend.build_sdist(session, out)
    assert name == "pkg-1.0.tar.gz"
    with tarfile.open(out / name) as archive:
        assert archive.getnames() == [
            "pkg-1.0/pkg/__init__.py",
            "pkg-1.0/pyproject.toml",
            "pkg-1.0/PKG-INFO",
        ]
    assert "lacks CMakeLists.txt" in capsys.readouterr().err
    configure(session, CMAKE, "[tool.py-build-cmake.sdist]\ninclude=['CMakeLists.txt']\n")
    backend.build_sdist(session, out)
    assert capsys.readouterr().err == ""


def test_an_sdist_needs_its_crucial_files(session: Session, tmp_path: Path) -> None:
    configure(session, "[tool.py-build-cmake.sdist]\nexclude=['pkg', 'pyproject.toml']\n")
    with pytest.raises(Error) as e:
        backend.build_sdist(session, tmp_path / "out")
    assert [problem.message for problem in e.value.problems] == [
        "a source distribution needs pyproject.toml, but it is excluded",
        "a source distribution needs pkg/__init__.py, but it is excluded",
    ]
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_mistakes_of_both_tables_are_reported_at_once(session: Session) -> None:
    path = session.project_dir / "pyproject.toml"
    path.write_text(PYPROJECT + "[tool.py-build-cmake.cmake]\njobs = 'x'\n")
    path.write_text(path.read_text().replace("[project]", "[project]\nlicence = 'MIT'"))
    with pytest.raises(Error) as e:
        backend.requirements_for_wheel(session)
    assert [p.where.rpartition(" ")[2] for p in e.value.problems] == [
        "`tool.py-build-cmake.cmake.jobs`",
        "`project.licence`",
    ]
    path.write_text(path.read_text().replace("jobs = 'x'", ""))
    (session.project_dir / "pkg" / "__init__.py").unlink()
    with pytest.raises(Error) as e:
        backend.plan_wheel(session)
    assert [p.where.rpartition(" ")[2] for p in e.value.problems] == [
        "`tool.py-build-cmake.module`",
        "`project.licence`",
    ]


def test_install_rules_that_nobody_runs(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = session.project_dir / "CMakeLists.txt"
    configure(session)
    assert backend.plan_wheel(session).warnings == ()
    lists.write_text("# install(x)\n")
    assert backend.plan_wheel(session).warnings == ()
    lists.write_text("project(x)\n  INSTALL (TARGETS x)\n")
    build(session)
    assert "warning: CMakeLists.txt has install rules" in capsys.readouterr().err
    configure(session, "[tool.py-build-cmake.wheel]\npure_python = true\n")
    assert backend.plan_wheel(session).warnings == ()
    lists.unlink()
    configure(session, "[tool.py-build-cmake.wheel]\npure_python = false\n")
    assert backend.plan_wheel(session).warnings == ()


def test_compiled_modules_among_the_sources(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    package = session.project_dir / "pkg"
    (package / "_gone.cpython-311-x86_64-linux-gnu.so").touch()
    with build(session) as wheel:
        assert not [name for name in wheel.namelist() if "_gone" in name]
    assert "warning: pkg/_gone.cpython-311-x86_64-linux-gnu.so is" in capsys.readouterr().err
    (package / "_m.cpython-38-x86_64-linux-gnu.so").touch()
    with pytest.raises(Error, match=r"pkg/_m\.cpython-38-.*\.so is a compiled module"):
        build(session)


def test_wheels_of_unpacked_sources_keep_the_settings_of_their_checkout(
    session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "pyproject.toml").write_text(PYPROJECT)
    (checkout / "py-build-cmake.local.toml").write_text("cmake.build_type = 'Debug'\n")
    (session.project_dir / "PKG-INFO").touch()
    machine = replace(session.machine, environ={**session.machine.environ, "PWD": str(checkout)})
    session = replace(session, machine=machine)
    build(session)
    assert "py-build-cmake.local.toml has no effect" in capsys.readouterr().err
    (checkout / "py-build-cmake.cross.toml").write_text("arch = 'linux_aarch64'\n")
    with pytest.raises(Error, match="turns on cross-compilation"):
        build(session)
    # The sources themselves can be packed again.
    backend.build_sdist(session, tmp_path / "out")


def test_the_last_wheel_is_kept_unless_the_build_is_fresh(
    session: Session, cmake: FakeCMake
) -> None:
    large = bytes(5 << 20)
    cmake.files = {"pkg/_m.so": X86_64, "pkg/large": large}
    with build(session) as wheel:
        first = Path(str(wheel.filename)).read_bytes()
    [kept] = session.project_dir.rglob("last.whl")
    assert kept.read_bytes() == first
    cmake.files = {**cmake.files, "pkg/text": b"new"}
    with build(session) as wheel:
        assert wheel.read("pkg/large") == large
        assert kept.read_bytes() == Path(str(wheel.filename)).read_bytes() != first
    inode = kept.stat().st_ino
    configure(session, CMAKE, "fresh = true\n")
    build(session).close()
    assert kept.stat().st_ino != inode
