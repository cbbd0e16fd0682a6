"""One deployment target: the oldest macOS or iOS that compilers are told is that of the tag."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .schema import CMakeConfig, SystemTables

_OPTION = "CMAKE_OSX_DEPLOYMENT_TARGET"
_VARIABLE = "MACOSX_DEPLOYMENT_TARGET"


def one_deployment_target(tables: SystemTables, target: str, warnings: list[str]) -> SystemTables:
    """Drop, with a warning, what would give the compiler another deployment target than the tag's.

    ``target`` is that of the tag, empty where the tag has none of its own.
    """
    if not target:
        return tables
    cmake = tuple((index, _checked(config, target, warnings)) for index, config in tables.cmake)
    return replace(tables, cmake=cmake)


def _checked(config: CMakeConfig, target: str, warnings: list[str]) -> CMakeConfig:
    options, env = dict(config.options), dict(config.env)
    for name, value in config.options.items():
        if name.partition(":")[0] == _OPTION and _numbers(value.text) != _numbers(target):
            warnings.append(_warning(f"`cmake.options` {name}", value.text, target))
            options[name] = replace(value, elements=(target,))
    for name, change in config.env.items():
        text = change.resolve(None, pathsep=os.pathsep) if name == _VARIABLE else None
        if text is not None and _numbers(text) != _numbers(target):
            warnings.append(_warning(f"`cmake.env` {name}", text, target))
            del env[name]
    return replace(config, options=options, env=env)


def _warning(what: str, value: str, target: str) -> str:
    return (
        f"{what} = {value} is ignored: the wheel's tag says {target}; set the environment variable"
        f" {_VARIABLE} in place of it, which the tag follows"
    )


def _numbers(version: str) -> list[int | str]:
    parts = [int(part) if part.isdecimal() else part for part in version.split(".")]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return parts
