"""Directories of the build machine in the environment of a cross build."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.configs import cmake_config, cmake_plan, cross_config
from support.machines import LINUX_CP311

from py_build_cmake.cmake.cache import argument
from py_build_cmake.cmake.host_environment import (
    host_environment,
    leaked_directories,
    pkg_config_script,
    removed_directories,
)
from py_build_cmake.config.kinds import EnvironmentValue
from py_build_cmake.platforms.environments.detected import Detected
from py_build_cmake.platforms.environments.registry import Detection
from py_build_cmake.platforms.tags import PlatformTag
from py_build_cmake.project.plan import BuildPlan, CMakePass, Configuration

Planned = tuple[BuildPlan, CMakePass, Configuration]


def planned(environ: dict[str, str], env: Any = None, **cross: Any) -> Planned:
    machine = replace(LINUX_CP311, environ=environ)
    config = cross_config(**cross) if cross else None
    return cmake_plan(cmake_config(env=env or {}), machine, cross=config)


def test_a_named_toolchain_does_not_see_them(tmp_path: Path) -> None:
    sysroot = tmp_path / "sysroot"
    (sysroot / "usr" / "include").mkdir(parents=True)
    environ = {
        "PATH": "/bin",
        "CPATH": f"/opt/include:{sysroot}/opt/include:",
        "LIBRARY_PATH": "/opt/lib",
        "PKG_CONFIG_PATH": "/opt/lib/pkgconfig",
    }
    plan, cmake_pass, configuration = planned(environ, toolchain="gnu", python=sysroot)
    assert host_environment(plan, cmake_pass) == {
        "PATH": "/bin",
        "CPATH": f"{sysroot}/opt/include",
    }
    remark = removed_directories(plan, cmake_pass)
    assert "CPATH=/opt/include, LIBRARY_PATH=/opt/lib, PKG_CONFIG_PATH=/opt" in remark
    assert "`cmake.env`" in remark
    assert leaked_directories(plan, cmake_pass, configuration) == ""


def test_a_toolchain_file_may_be_meant_to_see_them() -> None:
    environ = {"CPATH": "/opt/include", "LIBRARY_PATH": "/opt/lib"}
    env = {"LIBRARY_PATH": EnvironmentValue(())}
    plan, cmake_pass, configuration = planned(environ, env, toolchain_file=Path("/t.cmake"))
    assert host_environment(plan, cmake_pass) == environ
    assert removed_directories(plan, cmake_pass) == ""
    warning = leaked_directories(plan, cmake_pass, configuration)
    assert "CPATH=/opt/include. If" in warning
    assert "LIBRARY_PATH" not in warning


@pytest.mark.parametrize("name", ["PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR"])
def test_pkg_config_that_was_prepared_for_the_host(name: str) -> None:
    environ = {"PKG_CONFIG_PATH": "/sdk/lib/pkgconfig", name: "/sdk"}
    plan, cmake_pass, configuration = planned(environ, toolchain="gnu")
    assert host_environment(plan, cmake_pass) == environ
    plan, cmake_pass, configuration = planned(environ, toolchain_file=Path("/t.cmake"))
    assert leaked_directories(plan, cmake_pass, configuration) == ""


def test_native_builds_and_environments_that_start_cross_builds_keep_them() -> None:
    environ = {"CPATH": "/opt/include"}
    plan, cmake_pass, configuration = planned(environ)
    assert host_environment(plan, cmake_pass) == environ
    assert removed_directories(plan, cmake_pass) == ""
    assert leaked_directories(plan, cmake_pass, configuration) == ""
    plan, cmake_pass, configuration = planned(environ, toolchain_file=Path("/t.cmake"))
    found = Detection(Detected("linux_aarch64", "host_platform=x", plan.machine), ())
    plan = replace(plan, config=replace(plan.config, detection=found))
    assert leaked_directories(plan, cmake_pass, configuration) == ""


def test_pkg_config_with_a_toolchain_file(tmp_path: Path) -> None:
    (tmp_path / "usr" / "lib").mkdir(parents=True)
    script = pkg_config_script(
        cross_config(python=tmp_path), PlatformTag.parse("manylinux_2_28_aarch64")
    )
    assert f"set(_pbc_sysroot {argument(str(tmp_path))})" in script
    assert "${_pbc_sysroot}/usr/lib/aarch64-linux-gnu/pkgconfig:" in script
    assert "NOT DEFINED ENV{PKG_CONFIG_LIBDIR}" in script
    other = pkg_config_script(cross_config(), PlatformTag.parse("android_21_arm64_v8a"))
    assert "${_pbc_sysroot}/usr/lib64/pkgconfig:" in other
