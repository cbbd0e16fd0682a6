"""iOS: the environment of cibuildwheel, in which the interpreter reports the values of iOS (PEP
730).
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...base.errors import ConfigError
from .detected import (
    Detected,
    Reason,
    ReasonKind,
    dotted_version,
    existing,
    native_environ,
    toolchain_key,
)

if TYPE_CHECKING:
    from ..build_machine import BuildMachine

_VARIABLE = "IPHONEOS_DEPLOYMENT_TARGET"
_SDKS = {"iphoneos", "iphonesimulator"}


def detect(machine: BuildMachine) -> Detected | Reason:
    """Return a cross configuration for iOS, or why there is none.

    The tag and CMake's deployment target have one version: that of the interpreter, or of
    ``IPHONEOS_DEPLOYMENT_TARGET`` if it is newer.

    :raises ConfigError: the deployment target is not a version.
    """
    match = re.fullmatch(r"ios_(\d+)_(\d+)_(\w+)_(iphone\w+)", machine.platform_tag)
    if not match or match[4] not in _SDKS or machine.actual is None:
        return Reason(ReasonKind.NOT_THIS, "the interpreter does not report iOS as its system")
    major, minor, architecture, sdk = match.groups()
    target = machine.environ.get(_VARIABLE, "") or f"{major}.{minor}"
    if not re.fullmatch(r"\d+(\.\d+){0,2}", target):
        raise ConfigError(
            f"{target!r} is not a version of iOS",
            where=f"environment variable {_VARIABLE}",
            hint=f"write for example {major}.{minor}",
        )
    numbers = [int(n) for n in f"{target}.0".split(".")[:2]]
    numbers = max(numbers, [int(major), int(minor)])
    version = "{}.{}".format(*numbers)
    tag = "ios_{}_{}_{}_{}".format(*numbers, architecture, sdk)
    root = (
        Path(machine.host_variables.get("installed_base", "")) if machine.host_variables else None
    )
    include = machine.include_dir
    if root and not (include and include.is_dir()):
        include = root / "include" / f"python{dotted_version(machine.version)}"
    paths, warnings = existing({"include_dir": include, "prefix": root}, "the interpreter")
    toolchain, wrong = toolchain_key(machine.environ)
    return Detected(
        tag,
        f"the interpreter says {machine.platform_tag}",
        replace(machine.truth, environ=native_environ(machine.environ, python_path=True)),
        keys={
            "os": "ios",
            "implementation": machine.implementation,
            "version": machine.version,
            "abi": machine.abi_tag,
            "soabi": machine.soabi,
            **paths,
            **toolchain,
        },
        options={
            "CMAKE_SYSTEM_NAME:STRING": ["iOS"],
            "CMAKE_SYSTEM_PROCESSOR:STRING": [architecture],
            "CMAKE_OSX_ARCHITECTURES:STRING": [architecture],
            "CMAKE_OSX_DEPLOYMENT_TARGET:STRING": [version],
            "CMAKE_OSX_SYSROOT:STRING": [sdk],
        },
        env={_VARIABLE: version},
        warnings=(*warnings, *wrong),
    )
