"""``cross.toolchain`` and the keys beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.configuration import Sources
from support.machines import LINUX_CP311

from py_build_cmake.base.errors import ConfigError, Problem, ProjectError
from py_build_cmake.building.universal import check_one_machine
from py_build_cmake.config.load import load_config
from py_build_cmake.config.schema import CrossConfig
from py_build_cmake.config.settings import parse_config_settings
from py_build_cmake.platforms.build_machine import BuildMachine
from py_build_cmake.project.plan import make_plan

TWO_LINES = "arch = 'manylinux_2_28_aarch64'\ntoolchain = 'zig'\n"


@pytest.fixture
def machine(sources: Sources) -> BuildMachine:
    sources.pyproject("[tool.py-build-cmake.cmake]\n")
    for name in ("before.cmake", "toolchain.cmake", "python/include/python3.11/patchlevel.h"):
        sources.write(name, "")
    sources.write("python/include/python3.11/pyconfig.h", "#define SIZEOF_VOID_P 8\n")
    include_dir = sources.directory / "python" / "include" / "python3.11"
    return replace(LINUX_CP311, environ={}, include_dir=include_dir)


def load(sources: Sources, machine: BuildMachine, text: str = "", **settings: str) -> CrossConfig:
    if text:
        settings["cross"] = str(sources.write("x.cross.toml", text))
    parsed = parse_config_settings(settings, {})
    cross = load_config(sources.directory, parsed, machine).cross
    assert cross
    return cross


def problems(sources: Sources, machine: BuildMachine, text: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as e:
        load(sources, machine, text)
    return e.value.problems


def test_two_lines_are_a_cross_configuration(sources: Sources, machine: BuildMachine) -> None:
    cross = load(sources, machine, TWO_LINES)
    assert (cross.python, cross.version, cross.abi) == ("build", "311", "cp311")


def test_config_settings_are_a_cross_configuration(sources: Sources, machine: BuildMachine) -> None:
    settings = {"cross.arch": "manylinux_2_28_aarch64", "cross.toolchain": "zig"}
    assert load(sources, machine, **settings) == load(sources, machine, TWO_LINES)


@pytest.mark.parametrize("line", ["prefix = 'python'", "include_dir = 'python'"])
def test_a_python_that_is_given_stays(sources: Sources, machine: BuildMachine, line: str) -> None:
    assert load(sources, machine, f"{TWO_LINES}{line}\n").python is None


def test_include(sources: Sources, machine: BuildMachine) -> None:
    cross = load(sources, machine, TWO_LINES + "toolchain_include = 'before.cmake'\n")
    assert cross.toolchain_include == sources.directory / "before.cmake"


def test_two_toolchains(sources: Sources, machine: BuildMachine) -> None:
    (problem,) = problems(sources, machine, TWO_LINES + "toolchain_file = 'toolchain.cmake'\n")
    assert "both choose a toolchain" in problem.message
    assert problem.where == "x.cross.toml: `toolchain_file`"
    assert "`toolchain_include`" in problem.hint


def test_include_without_toolchain(sources: Sources, machine: BuildMachine) -> None:
    text = "arch = 'linux_aarch64'\ntoolchain_include = 'before.cmake'\n"
    (problem,) = problems(sources, machine, text)
    assert "is for the toolchain file that `toolchain` makes" in problem.message
    assert problem.where == "x.cross.toml: `toolchain_include`"


def test_a_system_that_it_does_not_compile_for(sources: Sources, machine: BuildMachine) -> None:
    found = problems(sources, machine, "arch = 'macosx_11_0_arm64'\ntoolchain = 'gnu'\n")
    (problem,) = (each for each in found if "makes wheels for Linux" in each.message)
    assert problem.hint == "write `toolchain` = 'zig', which makes them"


def test_several_machines_of_macos(sources: Sources, machine: BuildMachine) -> None:
    """Each is compiled for by itself, in a build directory of its own."""
    settings = {"cross.arch": "macosx_10_13_universal2", "cross.toolchain": "zig"}
    sources.write("CMakeLists.txt", "")
    sources.write("a_b/__init__.py", '"""A package."""\n')
    config = load_config(sources.directory, parse_config_settings(settings, {}), machine)
    plan = make_plan(config, machine)
    assert plan.wheel_name.endswith("-macosx_10_13_universal2.whl")
    assert [one.host.platform_tags for one in plan.main_passes] == [
        ("macosx_11_0_arm64",),
        ("macosx_10_13_x86_64",),
    ]
    directories = [p.install_prefix for p in plan.main_passes]
    directories += [c.build_dir for p in plan.main_passes for c in p.configurations]
    assert len(set(directories)) == 4
    with pytest.raises(ProjectError, match="`build` is for one machine at a time") as e:
        check_one_machine(plan, "`build`")
    assert e.value.problems[0].hint == (
        "build for macosx_11_0_arm64 and macosx_10_13_x86_64 one by one"
    )


def test_an_unknown_toolchain(sources: Sources, machine: BuildMachine) -> None:
    (problem,) = problems(sources, machine, "arch = 'linux_aarch64'\ntoolchain = 'gcc'\n")
    assert "zig" in problem.hint or "zig" in problem.message


def test_native_toolchain(sources: Sources, machine: BuildMachine) -> None:
    sources.pyproject("[tool.py-build-cmake.cmake]\ntoolchain = 'zig'\n")
    config = load_config(sources.directory, parse_config_settings({}, {}), machine)
    assert [cmake.toolchain for _, cmake in config.host_tables.cmake] == ["zig"]
