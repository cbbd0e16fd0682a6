"""The parts of a build one by one, with a runner in the place of CMake."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.fake_cmake import FakeCMake
from support.machines import LINUX_CP311

from py_build_cmake.base.console import Console
from py_build_cmake.base.errors import CommandError, ProjectError
from py_build_cmake.building.by_hand import Changes, Selection, run_verb, write_user_presets
from py_build_cmake.building.session import Session
from py_build_cmake.building.wheel import build_wheel
from py_build_cmake.cmake.runner import DryRunner
from py_build_cmake.config.settings import parse_config_settings

PYPROJECT = """
[project]
name = "pkg"
version = "1.0"
"""
CMAKE = "[tool.py-build-cmake.cmake]\n"
TWO = "[tool.py-build-cmake.cmake.0]\n[tool.py-build-cmake.cmake.3]\n"
CROSS = '[tool.py-build-cmake.cross]\narch = "linux_aarch64"\n'
NATIVE = "native_build = true\n"
DEFAULT, NOTHING = Selection(), Changes()
PRIVATE = "cp311-cp311-linux_aarch64/py-build-cmake"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "__init__.py").write_text('"""A package."""\n')
    (root / "CMakeLists.txt").touch()
    (root / "pyproject.toml").write_text(PYPROJECT + CMAKE)
    return root


@pytest.fixture
def cmake() -> FakeCMake:
    return FakeCMake({"pkg/data": b""}, {"bin/tool": b""}, writes_cache=True)


@pytest.fixture
def session(project: Path, tmp_path: Path, cmake: FakeCMake) -> Session:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("cmake", "make"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    machine = replace(LINUX_CP311, environ={"PATH": str(programs)})
    return Session(project, parse_config_settings({}, {}), machine, Console(), cmake)


def write_presets(session: Session, *names: str) -> None:
    """Write a preset of the name ``p``, and build presets whose target has the name in it."""
    builds = [{"name": n, "configurePreset": "p", "targets": f"of-{n}"} for n in names]
    presets = {"version": 2, "configurePresets": [{"name": "p"}], "buildPresets": builds}
    (session.project_dir / "CMakePresets.json").write_text(json.dumps(presets))


def configure(session: Session, *tables: str) -> None:
    (session.project_dir / "pyproject.toml").write_text(PYPROJECT + "".join(tables))


def run(
    session: Session,
    verb: str,
    selection: Selection = DEFAULT,
    changes: Changes = NOTHING,
) -> None:
    run_verb(session, verb, selection, changes)


def cache(session: Session, place: str) -> str:
    return str(session.project_dir / ".py-build-cmake_cache" / place)


def test_the_parts_of_a_native_build(session: Session, cmake: FakeCMake) -> None:
    for verb in ("configure", "build", "install"):
        run(session, verb)
    assert cmake.steps() == ["configure", "build", "install"]
    directory = cache(session, "cp311-cp311-linux_x86_64")
    assert cmake.commands[0][cmake.commands[0].index("-B") + 1] == directory
    assert cmake.commands[1][1:3] == ["--build", directory]
    assert cmake.commands[2][1:3] == ["--install", directory]
    assert "--prefix" not in cmake.commands[2]
    # Only the build of a wheel knows where to install.
    preload = Path(directory, "py-build-cmake-preload.cmake").read_text()
    assert "CMAKE_INSTALL_PREFIX" not in preload
    assert "PY_BUILD_CMAKE_PROJECT_NAME" in preload
    assert not any("PY_BUILD_CMAKE_INSTALL_PREFIX" in e for e in cmake.environments)
    assert Path(cache(session, "CACHEDIR.TAG")).is_file()


def test_a_wheel_is_built_where_the_developer_built(
    session: Session, cmake: FakeCMake, tmp_path: Path
) -> None:
    run(session, "configure")
    build_wheel(session, tmp_path, None)
    assert cmake.commands[0] == cmake.commands[1]
    preload = Path(cache(session, "cp311-cp311-linux_x86_64"), "py-build-cmake-preload.cmake")
    assert "CMAKE_INSTALL_PREFIX" in preload.read_text()


def test_arguments_and_options_of_configure(session: Session, cmake: FakeCMake) -> None:
    configure(session, CMAKE, 'args = ["-Wdev"]\npreset = "q"\n')
    run(session, "configure", changes=Changes(preset="p", arguments=("-DA=1", "x")))
    command = cmake.commands[0]
    assert command[-3:] == ["-Wdev", "-DA=1", "x"]
    assert command[command.index("--preset") + 1] == "p"
    assert "q" not in command


def test_build_presets_are_used_in_the_same_directory(session: Session, cmake: FakeCMake) -> None:
    configure(session, CMAKE, 'preset = "p"\nbuild_presets = ["b"]\n')
    write_presets(session, "b")
    for verb in ("configure", "build", "install"):
        run(session, verb)
    directory = cache(session, "cp311-cp311-linux_x86_64")
    configured, built, installed = cmake.commands
    assert configured[configured.index("-B") + 1] == directory
    assert built[2] == installed[2] == directory


def test_what_is_built(session: Session, cmake: FakeCMake) -> None:
    tables = 'preset = "p"\nbuild_presets = ["b"]\nconfig = ["Debug"]\nbuild_args = ["-v"]\n'
    configure(session, CMAKE, tables)
    write_presets(session, "b", "x", "y")
    directory = Path(cache(session, "cp311-cp311-linux_x86_64"))
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "CMakeCache.txt").touch()
    run(session, "build")
    run(session, "build", changes=Changes(build_presets=("x", "y"), arguments=("--z",)))
    targets = [c[c.index("--target") + 1] for c in cmake.commands]
    assert targets == ["of-b", "of-x", "of-y"]
    assert "Debug" in cmake.commands[0]
    assert all("--config" not in c and c[-2:] == ["-v", "--z"] for c in cmake.commands[1:])
    cmake.commands.clear()
    run(session, "build", changes=Changes(configurations=("R", "S")))
    configurations = [c[c.index("--config") + 1] for c in cmake.commands if "--build" in c]
    assert configurations == ["R", "S"]
    assert all("--target" not in c for c in cmake.commands if "--build" in c)


def test_what_is_installed(session: Session, cmake: FakeCMake) -> None:
    configure(session, CMAKE, 'install_components = ["c"]\ninstall_config = ["Debug"]\n')
    run(session, "configure")
    run(session, "install", changes=Changes(arguments=("--strip",)))
    changes = Changes(configurations=("R", "S"), components=("d", "e"))
    run(session, "install", changes=changes)
    tails = [command[3:] for command in cmake.commands[1:]]
    assert tails == [
        ["--config", "Debug", "--component", "c", "--strip"],
        *(["--config", c, "--component", d] for c in "RS" for d in "de"),
    ]


def test_indices(session: Session, cmake: FakeCMake) -> None:
    configure(session, TWO)
    run(session, "configure", Selection(index=3))
    run(session, "build", Selection(index=3))
    run(session, "configure", Selection(is_whole=True))
    directories = [word for c in cmake.commands for word in c if word.endswith("x86_64-3")]
    assert len(directories) == 3
    assert cmake.steps() == ["configure", "build", "configure", "configure"]
    with pytest.raises(ProjectError) as caught:
        run(session, "build", Selection(index=1))
    assert str(caught.value) == (
        "option --index: there is no CMake configuration with the index 1\n"
        "    hint: the indices are 0, 3"
    )


def test_another_build_directory(session: Session, cmake: FakeCMake, tmp_path: Path) -> None:
    tables = '[tool.py-build-cmake.cmake.0]\nbuild_path = "x"\n[tool.py-build-cmake.cmake.3]\n'
    configure(session, tables)
    path = tmp_path / "a-{build_config}" / ".." / "b-{build_config}"
    run(session, "configure", Selection(is_whole=True, build_path=path))
    directories = [command[command.index("-B") + 1] for command in cmake.commands]
    first = str(tmp_path / "b-cp311-cp311-linux_x86_64")
    assert directories == [first, f"{first}-3"]
    cmake.commands.clear()
    run(session, "configure", Selection(3, build_path=tmp_path / "one"))
    assert cmake.commands[0][cmake.commands[0].index("-B") + 1] == str(tmp_path / "one")
    with pytest.raises(ProjectError, match="several CMake configurations"):
        run(session, "configure", Selection(is_whole=True, build_path=tmp_path / "one"))


def test_the_native_pre_build(session: Session, cmake: FakeCMake) -> None:
    configure(session, CMAKE, CROSS, NATIVE)
    native = Selection(is_native=True)
    for verb in ("configure", "build", "install"):
        run(session, verb, native, Changes(arguments=(f"--{verb}",)))
    assert all(cache(session, f"{PRIVATE}/native-build-0") in c for c in cmake.commands)
    assert [c[-1] for c in cmake.commands] == ["--configure", "--build", "--install"]
    # The cross build looks there, so this is not for the developer to choose.
    prefix = cmake.commands[2][cmake.commands[2].index("--prefix") + 1]
    assert prefix == cache(session, f"{PRIVATE}/native-install")
    assert Path(prefix, "bin", "tool").is_file()
    run(session, "configure")
    assert cache(session, "cp311-cp311-linux_aarch64") in cmake.commands[3]
    assert any(f"NATIVE_INSTALL_DIR:PATH={prefix}" in word for word in cmake.commands[3])
    assert "--configure" not in cmake.commands[3]


@pytest.mark.parametrize(
    ("verb", "native", "main"),
    [
        ("configure", ["configure", "build", "install"], ["configure"]),
        ("build", ["build", "install"], ["build"]),
        ("install", ["install"], ["install"]),
    ],
)
def test_all_of_a_cross_build(
    session: Session, cmake: FakeCMake, verb: str, native: list[str], main: list[str]
) -> None:
    configure(session, TWO, CROSS, NATIVE)
    run(session, "configure", Selection(is_whole=True))
    cmake.commands.clear()
    run(session, verb, Selection(is_whole=True), Changes(arguments=("--last",)))
    assert cmake.steps() == [*native, *native, *main, *main]
    # Arguments are for the build that was asked for.
    is_native = ["native-build" in " ".join(c[:6]) for c in cmake.commands]
    assert [c[-1] == "--last" for c in cmake.commands] == [not one for one in is_native]


def test_native_without_a_cross_build_is_the_build(session: Session, cmake: FakeCMake) -> None:
    run(session, "configure", Selection(is_native=True))
    assert cmake.steps() == ["configure"]
    configure(session, CMAKE, CROSS)
    with pytest.raises(ProjectError, match="the cross build has no native pre-build"):
        run(session, "configure", Selection(is_native=True))


def test_not_configured(session: Session) -> None:
    configure(session, TWO)
    with pytest.raises(ProjectError) as caught:
        run(session, "build", Selection(is_whole=True))
    assert [problem.hint for problem in caught.value.problems] == [
        "run py-build-cmake configure",
        "run py-build-cmake configure",
    ]
    configure(session)
    with pytest.raises(ProjectError, match="has no CMake"):
        run(session, "configure")


def test_a_dry_run_writes_nothing(
    session: Session, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(session, CMAKE, CROSS, NATIVE)
    session = replace(session, runner=DryRunner(session.console))
    before = sorted(project.rglob("*"))
    for verb in ("configure", "build", "install"):
        run(session, verb, Selection(is_whole=True))
    assert sorted(project.rglob("*")) == before
    commands = [line for line in capsys.readouterr().out.splitlines() if line.startswith("+ ")]
    assert len(commands) == 4 + 3 + 2


def test_warnings_and_failures(
    session: Session, cmake: FakeCMake, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(session, CMAKE, "options.B = true\n")
    override = "cmake.options.B={value=x, type=STRING, strict=false}"
    session = replace(session, settings=parse_config_settings({"override": override}, {}))
    cmake.fails_at = "-S"
    with pytest.raises(CommandError):
        run(session, "configure")
    assert "warning" in capsys.readouterr().err


def test_fresh_does_what_precedes_a_command(session: Session, cmake: FakeCMake) -> None:
    fresh = Selection(is_fresh=True)
    run(session, "build", fresh)
    assert cmake.steps() == ["configure", "build"]
    run(session, "install", fresh)
    assert cmake.steps()[2:] == ["configure", "build", "install"]
    run(session, "build")
    assert cmake.steps()[5:] == ["build"]
    configure(session, CMAKE, CROSS, NATIVE)
    run(session, "build", replace(fresh, is_whole=True))
    assert cmake.steps()[6:] == ["configure", "build", "install", "configure", "build"]


def test_presets_for_ides(
    session: Session, cmake: FakeCMake, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(session, TWO, "env.A = 'x'\n")
    (session.project_dir / "compile_commands.json").touch()
    write_user_presets(session, Selection(is_whole=True))
    assert cmake.steps() == ["configure", "configure"]
    # As for the wheel, which finds nothing changed.
    directory = session.project_dir / ".py-build-cmake_cache" / "cp311-cp311-linux_x86_64"
    preload = (directory / "py-build-cmake-preload.cmake").read_text()
    assert "set(CMAKE_INSTALL_PREFIX" in preload
    presets = json.loads((session.project_dir / "CMakeUserPresets.json").read_text())
    first, second = presets["configurePresets"]
    assert second["name"] == first["name"] + "-3"
    assert second["environment"]["A"] == "x"
    assert "A" not in first["environment"]
    assert "is not a link, and is kept" in capsys.readouterr().err
    with pytest.raises(ProjectError, match="no CMake configuration with the index 1"):
        write_user_presets(session, Selection(1))


def test_presets_are_not_written_in_a_dry_run(session: Session) -> None:
    dry = replace(session, runner=DryRunner(session.console))
    write_user_presets(dry, DEFAULT)
    assert not (session.project_dir / "CMakeUserPresets.json").exists()
