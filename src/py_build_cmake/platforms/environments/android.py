"""Android: the environment of cibuildwheel, in which the interpreter reports the values of Android
(PEP 738). Its virtual environment has the host's ``_sysconfigdata``; ``sys``, ``os`` and
``sysconfig`` report its values while ``CIBW_HOST_TRIPLET`` is set. Compilers and flags are in the
environment.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...base.errors import ConfigError
from ..machines import MACHINES
from .detected import (
    Detected,
    as_tag,
    dotted_version,
    existing,
    native_environ,
    toolchain_key,
)

if TYPE_CHECKING:
    from ..build_machine import BuildMachine

# PEP 738: the triplets, and what platform tags call the ABI.
_ABIS = {
    f"{name}-linux-android{'eabi' * (name == 'arm')}": row.android
    for row in MACHINES.values()
    if row.android
    for name in row.gcc[:1]
}


def detect(machine: BuildMachine) -> Detected:
    """Return a cross configuration for Android.

    :raises ConfigError: the triplet is not one of Android, or there is no API level.
    """
    environ = machine.environ
    triplet = environ.get("CIBW_HOST_TRIPLET", "")
    is_simulated = machine.os == "android" and machine.actual is not None
    stated = as_tag(environ.get("_PYTHON_HOST_PLATFORM", ""))
    tag = next((t for t in (machine.platform_tag, stated) if t.startswith("android_")), "")
    because = f"the interpreter says {tag}"
    if triplet:
        because = f"CIBW_HOST_TRIPLET={triplet}"
        tag = tag or _tag(triplet, environ.get("ANDROID_API_LEVEL", ""))
    soabi = machine.soabi if "android" in machine.soabi else f"cpython-{machine.version}-{triplet}"
    python = f"python{dotted_version(machine.version)}"
    lib = environ.get("PYO3_CROSS_LIB_DIR", "")
    prefix = Path(machine.host_variables.get("installed_base", "")) if is_simulated else None
    if prefix is None and lib:
        prefix = Path(lib).parent
    paths, warnings = existing(
        {
            "prefix": prefix,
            "include_dir": prefix and prefix / "include" / python,
            "library": prefix and prefix / "lib" / f"lib{python}.so",
        },
        "the environment",
    )
    toolchain, wrong = toolchain_key(environ)
    processor = _processor(tag)
    options = {
        "CMAKE_SYSTEM_NAME:STRING": ["Android"],
        # The environment names the compilers, so CMake must not look for an NDK.
        "CMAKE_SYSTEM_VERSION:STRING": ["1"],
        "CMAKE_SYSTEM_PROCESSOR:STRING": [processor],
    }
    return Detected(
        tag,
        because,
        replace(machine.truth, environ=native_environ(environ, python_path=True)),
        keys={
            "os": "android",
            "implementation": machine.implementation,
            "version": machine.version,
            "abi": machine.abi_tag,
            "soabi": soabi,
            **paths,
            **toolchain,
        },
        options={} if environ.get("CMAKE_TOOLCHAIN_FILE") else options,
        warnings=(*warnings, *wrong),
    )


def _tag(triplet: str, api_level: str) -> str:
    if triplet not in _ABIS:
        raise ConfigError(
            f"{triplet!r} is not a triplet of Android",
            where="environment variable CIBW_HOST_TRIPLET",
            hint=f"it is one of {', '.join(_ABIS)}",
        )
    if not re.fullmatch(r"[1-9]\d*", api_level):
        raise ConfigError(
            f"the API level of Android is {api_level!r}" if api_level else "is not set",
            where="environment variable ANDROID_API_LEVEL",
            hint="set it to the lowest API level that the wheel is for, for example 24",
        )
    return f"android_{api_level}_{_ABIS[triplet]}"


def _processor(tag: str) -> str:
    abi = tag.split("_", 2)[-1]
    return next((t.partition("-")[0] for t, name in _ABIS.items() if name == abi), abi)
