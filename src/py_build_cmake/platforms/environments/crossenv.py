"""crossenv: a virtual environment whose interpreter speaks for the host system.

It sets ``sys.cross_compiling`` and changes what ``sysconfig``, ``platform`` and ``os`` say. The
compilers are among the variables of the host's ``sysconfig``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..machines import cmake_system
from .detected import Detected, existing, native_environ, toolchain_key

if TYPE_CHECKING:
    from ..build_machine import BuildPlatform

NAME = "crossenv"


def detect(build: BuildPlatform) -> Detected | str:
    """Return a cross configuration for what the interpreter says, or why there is none."""
    if build.actual is None:
        return "the interpreter speaks for the machine that it runs on"
    actual = build.actual
    if (build.platform_tag, build.soabi) == (actual.platform_tag, actual.soabi):
        return f"the interpreter says {build.platform_tag}, as the build system is"
    if build.environ.get("_PYTHON_HOST_PLATFORM") or build.environ.get(
        "_PYTHON_SYSCONFIGDATA_NAME"
    ):
        return "_PYTHON_HOST_PLATFORM or _PYTHON_SYSCONFIGDATA_NAME say what is meant"
    prefix = build.host_variables.get("installed_base")
    paths, warnings = existing(
        {"include_dir": build.include_dir, "prefix": Path(prefix) if prefix else None},
        "the interpreter's sysconfig",
    )
    toolchain, wrong = toolchain_key(build.environ)
    tools = {
        name: build.host_variables[name]
        for name in ("CC", "CXX")
        if name in build.host_variables and not build.environ.get(name)
    }
    system, processor = cmake_system(build.platform_tag)
    return Detected(
        NAME,
        build.platform_tag,
        f"the interpreter says {build.platform_tag} on {actual.platform_tag}",
        replace(actual, environ=native_environ(build.environ, python_path=True)),
        keys={
            "os": {"linux": "linux", "mac": "mac"}.get(build.os),
            "implementation": build.implementation,
            "version": build.version,
            "abi": build.abi_tag,
            "soabi": build.soabi,
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
