"""Configurations for unit tests: what the loader makes of an empty table, and changes to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

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
    options_of,
)
from py_build_cmake.platforms.build_machine import BuildMachine
from py_build_cmake.platforms.host import HostPlatform, native_host
from py_build_cmake.platforms.tags import WheelTag
from py_build_cmake.platforms.wheel_tags import TagOptions, wheel_tag
from py_build_cmake.project.metadata import CoreMetadata
from py_build_cmake.project.module import Module
from py_build_cmake.project.plan import BuildPlan, CMakePass, Configuration
from support.machines import LINUX_CP311

PROJECT = Path("/project")

Record = TypeVar("Record")


def _defaults(record: type[Record], **given: Any) -> Record:
    """Return a record in which options have their declared defaults, but those that are given."""
    options = {name: option.default for name, option in options_of(record).items()}
    return record(**{**options, **given})


_CMAKE = _defaults(
    CMakeConfig,
    source_path=PROJECT,
    build_path=PROJECT / ".py-build-cmake_cache" / "{build_config}",
    options={},
    env={},
)
_CROSS = _defaults(CrossConfig)
_MODULE = _defaults(ModuleConfig, name="m", directory=PROJECT)
_WHEEL = _defaults(WheelConfig, include={})


def cmake_config(**changes: Any) -> CMakeConfig:
    return replace(_CMAKE, **changes)


def cross_config(**changes: Any) -> CrossConfig:
    return replace(_CROSS, **changes)


def wheel_config(**changes: Any) -> WheelConfig:
    return replace(_WHEEL, **changes)


def dynamic_config(**changes: Any) -> DynamicConfig:
    return _defaults(DynamicConfig, **changes)


def module_config(**changes: Any) -> ModuleConfig:
    return replace(_MODULE, **changes)


def cmake_plan(
    config: CMakeConfig,
    machine: BuildMachine = LINUX_CP311,
    *,
    host: HostPlatform | None = None,
    cross: CrossConfig | None = None,
    tag: WheelTag | None = None,
) -> tuple[BuildPlan, CMakePass, Configuration]:
    """Return a plan with one CMake configuration, its pass, and its build."""
    tables = SystemTables(
        _defaults(EditableConfig),
        _defaults(SdistConfig),
        ((0, config),),
        _WHEEL,
    )
    host = host or native_host(machine)
    project = ProjectConfig(
        project_dir=PROJECT,
        project={},
        module=_MODULE,
        dynamic=_defaults(DynamicConfig),
        stubgen=None,
        native_tables=tables,
        host_tables=tables,
        cross=cross,
        host_platform=host,
    )
    tag = tag or wheel_tag(host, TagOptions())
    configuration = Configuration(0, config, PROJECT / "build")
    cmake_pass = CMakePass(host, tag, cross, (configuration,), PROJECT / "staging")
    plan = BuildPlan(
        config=project,
        machine=machine,
        module=Module("my_module", PROJECT / "my_module", PROJECT),
        metadata=CoreMetadata("my-project", "1.2.3", "", {}, {}, ()),
        tag=tag,
        main_pass=cmake_pass,
        native_pass=None,
        notes=(),
        warnings=(),
    )
    return plan, cmake_pass, configuration
