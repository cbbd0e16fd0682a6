"""``py-build-cmake cross init`` and ``cross check`` with real compilers, and the build after."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.examples import MINIMAL, Builder, copy_example
from support.hosts import Host
from support.wheels import Wheel


def cross(project: Path, *arguments: object) -> tuple[int, str]:
    """Run the command in the project; return its status and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "py_build_cmake.cli", "cross", *map(str, arguments)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


@pytest.fixture
def project(aarch64: Host, tmp_path: Path) -> Path:
    """A project, without its cross files, beside the sysroot."""
    path = copy_example(MINIMAL, tmp_path, aarch64)
    for file in path.glob("*.cross.toml"):
        file.unlink()
    return path


def write_cross_file(project: Path, host: Host, *more: object) -> None:
    sysroot = Path("..", "sysroots", host.triplet)
    arguments = ("--python", sysroot, "--toolchain", "aarch64.toolchain.cmake", *more)
    assert cross(project, "init", *arguments)[0] == 0


def check(project: Path, *arguments: object) -> dict[str, Any]:
    before = sorted(project.rglob("*"))
    status, output = cross(project, "check", "--json", *arguments)
    found: dict[str, Any] = json.loads(output)
    assert status == (0 if found["is_right"] else 1)
    assert sorted(project.rglob("*")) == before
    return found


def test_init_check_build(
    project: Path, aarch64: Host, unisolated_builder: Builder, build_python: Path, tmp_path: Path
) -> None:
    write_cross_file(project, aarch64)
    text = (project / "py-build-cmake.cross.toml").read_text()
    assert f'python = "../sysroots/{aarch64.triplet}"\n' in text
    found = check(project)
    assert (found["problems"], found["warnings"]) == ([], [])
    assert (found["tag"], found["ext_suffix"]) == (aarch64.tag, aarch64.suffix)
    programs = {program["variable"]: program for program in found["programs"]}
    assert programs["CMAKE_C_COMPILER"]["target"] == "aarch64-linux-gnu"
    assert programs["CMAKE_STRIP"]["path"].endswith("/aarch64-linux-gnu-strip")
    assert found["toolchain"]["CMAKE_CROSSCOMPILING"] == "TRUE"
    build = unisolated_builder.build(MINIMAL, project)
    assert build.wheel.name == found["wheel"]
    assert set(Wheel.read(build.wheel).payload) == MINIMAL.payload(found["ext_suffix"])
    # CMake found the same programs, and took the hints.
    (cache,) = [c for c in project.rglob("CMakeCache.txt") if "CompilerId" not in str(c)]
    lines = cache.read_text().splitlines()
    assert f"CMAKE_STRIP:FILEPATH={programs['CMAKE_STRIP']['path']}" in lines
    for name, value in found["hints"][0].items():
        if name.endswith(("_INCLUDE_DIR", "_SOABI")):
            assert any(line.startswith(f"{name}:") and line.endswith(value) for line in lines)
    aarch64.make_venv(tmp_path / "venv", build.wheel, build_python)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("set(CMAKE_C_COMPILER gcc)", "compiles for x86_64-linux-gnu"),
        ("set(CMAKE_STRIP /usr/bin/strip)", "/usr/bin/strip, which the toolchain names, belongs"),
        ("set(CMAKE_C_COMPILER no-such-gcc)", "no-such-gcc was not found"),
        ('message(FATAL_ERROR "not today")', "not today"),
    ],
)
def test_what_is_wrong(project: Path, aarch64: Host, lines: str, said: str) -> None:
    if os.uname().machine != "x86_64":
        pytest.skip("the programs of this machine are for another one")
    toolchain = project / "aarch64.toolchain.cmake"
    toolchain.write_text(f"{toolchain.read_text()}\n{lines}\n")
    write_cross_file(project, aarch64)
    (problem,) = check(project)["problems"]
    assert said in problem["message"]
    assert "aarch64.toolchain.cmake" in problem["where"]


def test_a_preset_names_the_toolchain_file(project: Path, aarch64: Host) -> None:
    write_cross_file(project, aarch64)
    file = project / "py-build-cmake.cross.toml"
    lines = [line for line in file.read_text().splitlines() if "toolchain_file" not in line]
    file.write_text("\n".join(lines))
    preset = {"name": "cross", "hidden": True, "toolchainFile": "aarch64.toolchain.cmake"}
    board = {
        **{"name": "board", "inherits": "cross", "generator": "Ninja"},
        **{"binaryDir": "build", "environment": {"CXX": f"{aarch64.triplet}-g++"}},
    }
    presets = {"version": 3, "configurePresets": [preset, board]}
    (project / "CMakePresets.json").write_text(json.dumps(presets))
    found = check(project, "-C", "cmake.preset=board")
    assert (found["problems"], found["warnings"]) == ([], [])
    assert found["toolchain"]["CMAKE_SYSTEM_PROCESSOR"] == "aarch64"
    programs = {program["variable"]: program for program in found["programs"]}
    assert programs["CMAKE_C_COMPILER"]["target"] == "aarch64-linux-gnu"
    (problem,) = check(project, "-C", "cmake.preset=other")["problems"]
    assert (problem["where"], "other" in problem["message"]) == ("`cmake.preset`", True)
    # Without the preset, there is no toolchain file.
    assert check(project)["problems"]


def test_headers_of_the_build_python(project: Path, aarch64: Host) -> None:
    toolchain = project / "aarch64.toolchain.cmake"
    arguments = ("--python", "build", "--arch", "manylinux_2_34_aarch64", "--toolchain", toolchain)
    assert cross(project, "init", *arguments)[0] == 0
    found = check(project)
    assert (found["problems"], found["warnings"]) == ([], [])
    assert found["tag"].endswith("-manylinux_2_34_aarch64")
    assert found["ext_suffix"].endswith(f"-{aarch64.triplet}.so")
