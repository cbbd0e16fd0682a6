"""`cross.detect`: what the environment asks for, in the configuration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.configuration import Sources, shown
from support.machines import LINUX_CP311, WINDOWS_CP311

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.config.load import load_config
from py_build_cmake.config.schema import ProjectConfig
from py_build_cmake.config.settings import ConfigSettings
from py_build_cmake.platforms.build_machine import BuildMachine
from py_build_cmake.platforms.mac_target import mac_platform_tag, mac_target

ARM = {"ARCHFLAGS": "-arch arm64", "MACOSX_DEPLOYMENT_TARGET": "11.0"}
NATIVE = {"MACOSX_DEPLOYMENT_TARGET": "12.0"}


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    sources = Sources(tmp_path)
    sources.write("CMakeLists.txt", "")
    sources.pyproject("[tool.py-build-cmake.cmake]\n")
    return sources


def mac(environ: dict[str, str]) -> BuildMachine:
    target = mac_target(environ, configured="10.13", system_version="14", architecture="x86_64")
    return replace(
        LINUX_CP311,
        os="mac",
        environ=environ,
        mac=target,
        platform_tag=mac_platform_tag(target),
        soabi="cpython-311-darwin",
        include_dir=None,
    )


def load(sources: Sources, machine: BuildMachine) -> ProjectConfig:
    return load_config(sources.directory, ConfigSettings(), machine)


def test_the_environment_asks_for_a_cross_build(sources: Sources) -> None:
    config = load(sources, mac(ARM))
    assert config.cross
    assert config.cross.os == "mac"
    assert config.host_platform.platform_tags == ("macosx_11_0_arm64",)
    assert config.host_platform.is_cross
    assert config.notes[0] == (
        "cross-compiling for macosx_11_0_arm64: ARCHFLAGS=-arch arm64 on x86_64"
    )
    assert str(config.cross_where) == "the environment (ARCHFLAGS=-arch arm64 on x86_64)"
    ((_, cmake),) = config.host_tables.cmake
    assert shown(cmake.options)["CMAKE_OSX_ARCHITECTURES:STRING"] == "arm64"
    assert cmake.env["MACOSX_DEPLOYMENT_TARGET"].value == "11.0"
    assert config.detection
    assert config.detection.found
    assert config.pre_build is config.detection.found.pre_build


def test_options_of_the_environment_reach_the_tables_of_conan(sources: Sources) -> None:
    sources.pyproject("[tool.py-build-cmake.conan]\n")
    config = load(sources, mac(ARM))
    ((_, cmake),) = config.host_tables.cmake
    assert cmake.conan
    assert "CMAKE_OSX_DEPLOYMENT_TARGET" in {name.partition(":")[0] for name in cmake.options}


def test_tables_of_the_system_are_inherited(sources: Sources) -> None:
    sources.pyproject(
        "[tool.py-build-cmake.cmake]\n"
        'build_type = "Release"\n'
        "[tool.py-build-cmake.mac.cmake]\n"
        'options.CMAKE_SYSTEM_PROCESSOR = "mine"\noptions.OTHER = "x"\n'
    )
    ((_, cmake),) = load(sources, mac(ARM)).host_tables.cmake
    assert cmake.build_type == "Release"
    assert shown(cmake.options)["OTHER"] == "x"


def test_detection_can_be_turned_off(sources: Sources) -> None:
    sources.pyproject("cross.detect = false\n[tool.py-build-cmake.cmake]\n")
    config = load(sources, mac(ARM))
    assert config.cross is None
    assert config.detection is None
    assert config.pre_build is None


@pytest.mark.parametrize("detect", ["", "detect = true\n", "detect = false\n"])
def test_an_explicit_configuration_wins(sources: Sources, detect: str) -> None:
    sources.write("py-build-cmake.cross.toml", f'{detect}arch = "linux_riscv64"\n')
    config = load(sources, mac(ARM))
    assert config.host_platform.platform_tags == ("linux_riscv64",)
    assert config.detection is None
    assert not config.notes[0].startswith("cross-compiling")


def test_an_explicit_configuration_has_the_true_build_system(sources: Sources) -> None:
    sources.write("py-build-cmake.cross.toml", 'arch = "linux_riscv64"\n')
    truth = replace(LINUX_CP311, environ={"PYODIDE": "1"})
    config = load(sources, replace(truth, os="pyodide", actual=truth))
    assert config.pre_build == truth
    assert load(sources, truth).pre_build is None


def test_a_table_without_detect_must_describe_the_host(sources: Sources) -> None:
    sources.pyproject("cross.native_build = true\n[tool.py-build-cmake.cmake]\n")
    with pytest.raises(ConfigError, match="`arch` is missing"):
        load(sources, mac(ARM))


def test_keys_beside_detect_are_for_what_is_detected(sources: Sources) -> None:
    sources.pyproject(
        "[tool.py-build-cmake.cmake]\n[tool.py-build-cmake.cross]\ndetect = true\n"
        'native_build = true\nsoabi = "cpython-311-darwin"\ncmake.options.EXTRA = "1"\n'
    )
    config = load(sources, mac(ARM))
    assert config.cross
    assert config.cross.wants_native_build
    assert config.host_platform.soabi == "cpython-311-darwin"
    ((_, cmake),) = config.host_tables.cmake
    assert shown(cmake.options)["EXTRA"] == "1"
    assert load(sources, mac(NATIVE)).cross is None


def test_the_native_pre_build_does_not_see_the_environment(sources: Sources) -> None:
    environ = {**ARM, "CMAKE_GENERATOR": "Xcode"}
    config = load(sources, mac(environ))
    ((_, host),) = config.host_tables.cmake
    ((_, native),) = config.native_tables.cmake
    assert host.generator == "Xcode"
    assert native.generator is None


def test_a_project_that_compiles_nothing_is_left_alone(sources: Sources) -> None:
    sources.pyproject("")
    machine = replace(LINUX_CP311, environ={"PYODIDE": "1"})
    assert load(sources, machine).cross is None
    # Nor is one that compiles for other systems only.
    sources.pyproject("[tool.py-build-cmake.windows.cmake]\n")
    config = load(sources, mac(ARM))
    assert config.host_platform.is_cross
    assert config.host_tables.cmake == ()


def test_mistakes_of_the_environment_are_among_the_others(sources: Sources) -> None:
    sources.pyproject("[tool.py-build-cmake.cmake]\njobs = true\n")
    machine = replace(LINUX_CP311, environ={"PYODIDE": "1"})
    with pytest.raises(ConfigError) as caught:
        load(sources, machine)
    assert {p.where.partition(" ")[0] for p in caught.value.problems} == {
        "environment",
        "pyproject.toml:",
    }


def test_warnings_are_those_of_the_environment(sources: Sources) -> None:
    machine = replace(WINDOWS_CP311, environ={"VSCMD_ARG_TGT_ARCH": "arm64"}, include_dir=None)
    config = load(sources, machine)
    assert config.host_platform.platform_tags == ("win_arm64",)
    assert any("python311.lib" in warning for warning in config.warnings)
    assert config.cross
    assert config.cross.generator_platform == "ARM64"
    assert config.cross.sosabi == ""


@pytest.mark.parametrize("environ", [ARM, NATIVE])
def test_one_deployment_target(sources: Sources, environ: dict[str, str]) -> None:
    sources.pyproject(
        "[tool.py-build-cmake.cmake]\n[tool.py-build-cmake.cmake.options]\n"
        'CMAKE_OSX_DEPLOYMENT_TARGET = "10.9"\n'
        '[tool.py-build-cmake.cmake.env]\nMACOSX_DEPLOYMENT_TARGET = "10.9"\n'
    )
    config = load(sources, mac(environ))
    target = environ["MACOSX_DEPLOYMENT_TARGET"]
    ((_, cmake),) = config.host_tables.cmake
    assert shown(cmake.options)["CMAKE_OSX_DEPLOYMENT_TARGET"] == target
    assert "10.9" not in {value.value for value in cmake.env.values()}
    assert any(
        f"CMAKE_OSX_DEPLOYMENT_TARGET = 10.9 is ignored: the wheel's tag says {target}" in warning
        for warning in config.warnings
    )


def test_the_same_deployment_target_twice_is_no_mistake(sources: Sources) -> None:
    sources.pyproject(
        '[tool.py-build-cmake.cmake]\noptions."CMAKE_OSX_DEPLOYMENT_TARGET:STRING" = "12"\n'
        'env.MACOSX_DEPLOYMENT_TARGET = "12.0.0"\n'
    )
    config = load(sources, mac(NATIVE))
    assert config.warnings == ()
    ((_, cmake),) = config.host_tables.cmake
    assert cmake.env["MACOSX_DEPLOYMENT_TARGET"].value == "12.0.0"
    sources.pyproject('[tool.py-build-cmake.cmake]\noptions.CMAKE_OSX_DEPLOYMENT_TARGET = "new"\n')
    assert "= new is ignored" in load(sources, mac(NATIVE)).warnings[0]
