"""Configurations for unit tests: what the loader makes of an empty table, and changes to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from platforms_of_tests import LINUX_CP311

from py_build_cmake.config.schema import (
    CMakeConfig,
    CrossConfig,
    DynamicConfig,
    EditableConfig,
    ModuleConfig,
    ProjectConfig,
    SdistConfig,
    SystemTables,
    WheelConfig,
)
from py_build_cmake.plan import BuildPlan, CMakeBuild, CMakePass
from py_build_cmake.platforms.build import BuildPlatform
from py_build_cmake.platforms.host import HostPlatform, native_host
from py_build_cmake.project.metadata import CoreMetadata
from py_build_cmake.project.module import Module
from py_build_cmake.tags import TagOptions, WheelTag, wheel_tag

PROJECT = Path("/project")

_CMAKE = CMakeConfig(
    minimum_version="3.15",
    maximum_policy=None,
    build_type=None,
    config=(),
    preset=None,
    build_presets=(),
    generator=None,
    source_path=PROJECT,
    build_path=PROJECT / ".py-build-cmake_cache" / "{build_config}",
    options={},
    args=(),
    find_python=True,
    find_python3=True,
    find_python_build_artifacts_prefix=None,
    find_python3_build_artifacts_prefix=None,
    jobs=None,
    targets=(),
    build_args=(),
    build_tool_args=(),
    install_config=(),
    install_args=(),
    install_components=("",),
    env={},
)
_CROSS = CrossConfig(
    os=None,
    implementation=None,
    version=None,
    abi=None,
    arch=None,
    abiflags=None,
    python=None,
    toolchain_file=None,
    prefix=None,
    library=None,
    sabi_library=None,
    include_dir=None,
    soabi=None,
    sosabi=None,
    force_native_python=False,
    generator_platform=None,
    native_build=False,
    copy_from_native_build=None,
)
_MODULE = ModuleConfig(name="m", directory=PROJECT, namespace=False, generated=None)
_WHEEL = WheelConfig(
    pure_python=None,
    python_tag=("auto",),
    python_abi="auto",
    abi3_minimum_cpython_version=32,
    abi_tag=None,
    platform_tag=None,
    build_tag=None,
    verify="error",
    verify_ignore=(),
    expect=(),
    forbid=(),
)


def cmake_config(**changes: Any) -> CMakeConfig:
    return replace(_CMAKE, **changes)


def cross_config(**changes: Any) -> CrossConfig:
    return replace(_CROSS, **changes)


def module_config(**changes: Any) -> ModuleConfig:
    return replace(_MODULE, **changes)


def cmake_plan(
    config: CMakeConfig,
    build: BuildPlatform = LINUX_CP311,
    *,
    host: HostPlatform | None = None,
    cross: CrossConfig | None = None,
    tag: WheelTag | None = None,
) -> tuple[BuildPlan, CMakePass, CMakeBuild]:
    """Return a plan with one CMake configuration, its pass, and its build."""
    tables = SystemTables(
        EditableConfig(mode="symlink", build_hook=False),
        SdistConfig(include=(), exclude=()),
        ((0, config),),
        _WHEEL,
    )
    host = host or native_host(build)
    project = ProjectConfig(
        project_dir=PROJECT,
        project={},
        module=_MODULE,
        dynamic=DynamicConfig(version_file=None),
        stubgen=None,
        build=tables,
        host=tables,
        cross=cross,
        host_platform=host,
    )
    tag = tag or wheel_tag(host, TagOptions())
    cmake_build = CMakeBuild(0, config, PROJECT / "build")
    cmake_pass = CMakePass(host, tag, cross, (cmake_build,), PROJECT / "staging")
    plan = BuildPlan(
        config=project,
        build=build,
        module=Module("my_module", PROJECT / "my_module", PROJECT),
        metadata=CoreMetadata("my-project", "1.2.3", "", {}, {}, ()),
        tag=tag,
        main_pass=cmake_pass,
        native_pass=None,
        notes=(),
        warnings=(),
    )
    return plan, cmake_pass, cmake_build
