"""Which programs there are, and which have to be requested.

The programs are scripts on a PATH of the test; nothing of this machine is looked at.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.configs import cmake_config
from support.machines import LINUX_CP311

from py_build_cmake.base.errors import Error
from py_build_cmake.cmake.programs import (
    cmake_program,
    default_generator,
    find_program,
    missing_programs,
    policy_version,
    uses_ninja,
)
from py_build_cmake.config.schema import CMakeConfig
from py_build_cmake.platforms.build_machine import BuildMachine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fake programs are scripts")

# What a program prints for --version, or how it fails.
Output = str


@pytest.fixture
def machine(tmp_path: Path) -> BuildMachine:
    """A build platform whose PATH and scripts directory are empty."""
    for folder in ("bin", "scripts"):
        (tmp_path / folder).mkdir()
    return replace(
        LINUX_CP311, environ={"PATH": str(tmp_path / "bin")}, scripts_dir=tmp_path / "scripts"
    )


def add_program(directory: Path | str, name: str, output: Output) -> Path:
    """Make a program that prints `output`; words in angle brackets are another behaviour."""
    program = Path(directory) / name
    shell = {
        "<fails>": "echo cmake version 9.9; exit 3",
        "<binary>": "printf '\\377\\n'",
    }.get(output, f"printf '%s\\n' '{output}'")
    program.write_text(f"#!/bin/sh\n{shell}\n")
    program.chmod(0o755)
    return program


def requirements(
    machine: BuildMachine, *configurations: CMakeConfig, stubs: bool = False, **programs: Output
) -> list[str]:
    for name, output in programs.items():
        add_program(machine.environ["PATH"], name, output)
    return missing_programs(configurations, machine, stubs=stubs)


MAKE = cmake_config(generator="Unix Makefiles")
NINJA = cmake_config(generator="Ninja Multi-Config")


def test_programs_are_on_the_path_or_beside_the_interpreter(machine: BuildMachine) -> None:
    assert find_program("cmake", machine) is None
    beside = add_program(machine.scripts_dir, "cmake", "3.20.1")
    assert find_program("cmake", machine) == beside
    on_path = add_program(machine.environ["PATH"], "cmake", "3.20.1")
    assert find_program("cmake", machine) == on_path
    assert find_program("cmake", replace(machine, environ={})) == beside
    assert cmake_program(machine) == on_path


def test_a_build_needs_cmake(machine: BuildMachine) -> None:
    with pytest.raises(Error, match="cmake was not found") as e:
        cmake_program(machine)
    assert e.value.problems[0].hint


@pytest.mark.parametrize(
    ("output", "minimum", "expected"),
    [
        ("cmake version 3.25.1", "3.15", []),
        ("cmake version 3.15.0", "3.15", []),
        ("cmake version 3.15", "3.15.0", []),
        ("cmake version 3.31.0-rc2", "3.31", []),
        ("cmake3 version 4.0.1 suite", "3.31", []),
        ("cmake version 3.9.6", "3.15", ["cmake>=3.15"]),
        ("cmake version 3.25.1", "3.26", ["cmake>=3.26"]),
        ("cmake version 3.25.1", "3.25.2", ["cmake>=3.25.2"]),
        # Nothing older than this can be driven, whatever the configuration says.
        ("cmake version 3.12.0", "3.1", ["cmake>=3.15"]),
        ("no version at all", "3.15", ["cmake>=3.15"]),
        ("version 4", "3.15", ["cmake>=3.15"]),
        ("", "3.15", ["cmake>=3.15"]),
        ("<fails>", "3.15", ["cmake>=3.15"]),
        ("<binary>", "3.15", ["cmake>=3.15"]),
    ],
)
def test_cmake_is_requested_if_it_is_too_old(
    machine: BuildMachine, output: Output, minimum: str, expected: list[str]
) -> None:
    assert requirements(machine, replace(MAKE, minimum_version=minimum), cmake=output) == expected


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ("cmake_minimum_required(VERSION 3.26)", "3.26"),
        (
            "# cmake_minimum_required(VERSION 4.0)\nCMAKE_MINIMUM_REQUIRED( VERSION 3.28.1...4.1 )",
            "3.28.1",
        ),
        ("cmake_minimum_required(\n  VERSION\n  3.27 FATAL_ERROR)", "3.27"),
        ('cmake_minimum_required(VERSION "3.27")', "3.27"),
        # CMake 4 takes no policies of so old a version, and nothing older than 3.15 is driven.
        ("cmake_minimum_required(VERSION 2.8.12)", "3.15"),
        ("cmake_minimum_required(VERSION ${oldest})", "3.15"),
        ("project(x)", "3.15"),
        (None, "3.15"),
    ],
)
def test_the_oldest_cmake_is_that_of_the_project(
    machine: BuildMachine, tmp_path: Path, lists: str | None, expected: str
) -> None:
    if lists is not None:
        (tmp_path / "CMakeLists.txt").write_text(lists)
    config = replace(MAKE, minimum_version="CMakeLists.txt", source_path=tmp_path)
    assert requirements(machine, config) == [f"cmake>={expected}"]
    assert policy_version(replace(config, maximum_policy="4.2")) == f"{expected}...4.2"
    own = replace(config, minimum_version="3.20")
    assert requirements(machine, own) == ["cmake>=3.20"]


def test_cmake_is_requested_if_it_is_missing(machine: BuildMachine) -> None:
    assert requirements(machine, MAKE) == ["cmake>=3.15"]


def test_a_program_that_cannot_be_run_is_missing(machine: BuildMachine) -> None:
    program = Path(machine.environ["PATH"], "cmake")
    program.write_text("#!/no/such/interpreter\n")
    program.chmod(0o755)
    assert requirements(machine, MAKE) == ["cmake>=3.15"]


def test_the_newest_minimum_of_all_configurations_counts(machine: BuildMachine) -> None:
    configurations = [replace(MAKE, minimum_version=v) for v in ("3.18", "3.20", "3.9")]
    assert requirements(machine, *configurations, cmake="cmake version 3.19.1") == ["cmake>=3.20"]


def test_presets_ask_for_cmake_and_ninja(machine: BuildMachine, tmp_path: Path) -> None:
    """By their format, by what they say, and by their generator, also in included files."""
    config = cmake_config(source_path=tmp_path, preset="p", minimum_version="3.15")
    (tmp_path / "CMakePresets.json").write_text(
        '{"version": 6, "include": ["more.json"],'
        ' "configurePresets": [{"name": "p", "inherits": "base"}]}'
    )
    more = tmp_path / "more.json"
    base = '"configurePresets": [{"name": "base", "generator": "Ninja"}]'
    more.write_text(f'{{"version": 4, {base}}}')
    old = "cmake version 3.20.1"
    assert requirements(machine, config, cmake=old) == ["cmake>=3.25", "ninja"]
    required = '"cmakeMinimumRequired": {"major": 3, "minor": 26}'
    more.write_text(f'{{"version": 4, {required}, {base}}}')
    assert requirements(machine, config, cmake=old) == ["cmake>=3.26.0", "ninja"]
    assert requirements(machine, config, cmake="cmake version 3.26.1", ninja="1.11") == []


def test_nothing_is_requested_without_cmake(machine: BuildMachine) -> None:
    assert requirements(machine) == []


@pytest.mark.parametrize(
    ("configurations", "programs", "expected"),
    [
        ([MAKE], {}, []),
        ([NINJA], {}, ["ninja"]),
        ([MAKE, NINJA], {}, ["ninja"]),
        ([NINJA], {"ninja": "1.11.1"}, []),
        ([NINJA], {"ninja": "1.11.1.git.kitware.jobserver-1"}, []),
        ([NINJA], {"ninja": "<fails>"}, ["ninja"]),
        # The names that it has on RHEL, and samurai.
        ([NINJA], {"ninja-build": "1.8.2"}, []),
        ([NINJA], {"samu": "1.9.0"}, []),
        # Without a generator it depends on whether there is a Make.
        ([cmake_config()], {}, ["ninja"]),
        ([cmake_config()], {"make": ""}, []),
        ([cmake_config()], {"gmake": ""}, []),
        # A preset says it itself, where this program does not look.
        ([cmake_config(preset="p")], {}, []),
        ([cmake_config(preset="p", generator="Ninja")], {}, ["ninja"]),
    ],
)
def test_ninja_is_requested_if_it_is_needed(
    machine: BuildMachine,
    configurations: list[CMakeConfig],
    programs: dict[str, Output],
    expected: list[str],
) -> None:
    found = requirements(machine, *configurations, cmake="cmake version 3.20.1", **programs)
    assert found == expected


@pytest.mark.parametrize(
    ("programs", "stubs", "expected"),
    [
        ({}, True, ["mypy>=1.4.0"]),
        ({}, False, []),
        ({"stubgen": "usage"}, True, []),
    ],
)
def test_stubs_need_mypy(
    machine: BuildMachine, programs: dict[str, Output], stubs: bool, expected: list[str]
) -> None:
    assert requirements(machine, stubs=stubs, **programs) == expected


def test_everything_can_be_missing(machine: BuildMachine) -> None:
    assert requirements(machine, NINJA, stubs=True) == ["cmake>=3.15", "ninja", "mypy>=1.4.0"]


def test_the_default_generator_is_ninja_where_there_is_no_make(machine: BuildMachine) -> None:
    assert default_generator(machine) == "Ninja"
    assert default_generator(replace(machine, os="windows")) is None
    add_program(machine.environ["PATH"], "gmake", "")
    assert default_generator(machine) is None


@pytest.mark.parametrize(
    ("generator", "expected"),
    [("Ninja", True), ("ninja multi-config", True), ("Unix Makefiles", False), (None, False)],
)
def test_which_generators_use_ninja(generator: str | None, expected: bool) -> None:
    assert uses_ninja(generator) is expected
