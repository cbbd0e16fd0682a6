"""crossenv: a virtual environment whose interpreter reports the values of the host system. It sets
``sys.cross_compiling`` and changes the values of ``sysconfig``, ``platform`` and ``os``. The
compilers are among the variables of the host's ``sysconfig``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..tags import PlatformTag
from .detected import Detected, Reason, ReasonKind, existing, native_environ, toolchain_key

if TYPE_CHECKING:
    from ..build_machine import BuildMachine


def detect(machine: BuildMachine) -> Detected | Reason:
    """Return a cross configuration for what the interpreter says, or why there is none."""
    assert machine.actual is not None  # The registry has checked it.
    actual = machine.actual
    if (machine.platform_tag, machine.soabi) == (actual.platform_tag, actual.soabi):
        return Reason(
            ReasonKind.NOT_THIS,
            f"the interpreter says {machine.platform_tag}, as the build machine is",
        )
    if machine.environ.get("_PYTHON_HOST_PLATFORM") or machine.environ.get(
        "_PYTHON_SYSCONFIGDATA_NAME"
    ):
        return Reason(
            ReasonKind.NOT_THIS,
            "_PYTHON_HOST_PLATFORM or _PYTHON_SYSCONFIGDATA_NAME choose the host",
        )
    prefix = machine.host_variables.get("installed_base")
    paths, warnings = existing(
        {"include_dir": machine.include_dir, "prefix": Path(prefix) if prefix else None},
        "the interpreter's sysconfig",
    )
    toolchain, wrong = toolchain_key(machine.environ)
    tools = {
        name: machine.host_variables[name]
        for name in ("CC", "CXX")
        if name in machine.host_variables and not machine.environ.get(name)
    }
    system, processor = PlatformTag.parse(machine.platform_tag).cmake_system
    return Detected(
        machine.platform_tag,
        f"the interpreter says {machine.platform_tag} on {actual.platform_tag}",
        replace(actual, environ=native_environ(machine.environ, python_path=True)),
        keys={
            "os": {"linux": "linux", "mac": "mac"}.get(machine.os),
            "implementation": machine.implementation,
            "version": machine.version,
            "abi": machine.abi_tag,
            "soabi": machine.soabi,
            **paths,
            **toolchain,
        },
        options={}
        if toolchain
        else {
            "CMAKE_SYSTEM_NAME:STRING": [system],
            "CMAKE_SYSTEM_PROCESSOR:STRING": [processor],
        },
        env={} if toolchain else tools,
        warnings=(*warnings, *wrong),
    )
