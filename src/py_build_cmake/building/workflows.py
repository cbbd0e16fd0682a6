"""The presets of workflow presets, which take the place of those that a configuration names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..cmake.presets import with_workflow

if TYPE_CHECKING:
    from ..config.schema import ProjectConfig, SystemTables
    from ..platforms.build_machine import BuildMachine


def with_workflows(config: ProjectConfig, machine: BuildMachine) -> ProjectConfig:
    """Return the configuration with the presets of its workflow presets.

    :raises Error: a preset does not exist, or a file cannot be read.
    """
    return replace(
        config,
        native_tables=_resolved(config.native_tables, machine),
        host_tables=_resolved(config.host_tables, machine),
    )


def _resolved(tables: SystemTables, machine: BuildMachine) -> SystemTables:
    environ, build_os = machine.environ, machine.os
    cmake = tuple((index, with_workflow(one, environ, build_os)) for index, one in tables.cmake)
    return replace(tables, cmake=cmake)
