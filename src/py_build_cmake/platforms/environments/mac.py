"""macOS: the architectures of ``ARCHFLAGS``, as cibuildwheel and others set it.

Apple's compilers can compile for every architecture. A build is a cross build only if ``ARCHFLAGS``
lacks the machine's own architecture: the machine can run universal2 programs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..mac_target import MacTarget, mac_platform_tag
from ..pythons import ext_suffix, known_soabi
from .detected import Detected, Reason, ReasonKind, as_tag, native_environ

if TYPE_CHECKING:
    from ..build_machine import BuildMachine


def detect(machine: BuildMachine) -> Detected | Reason:
    """Return a cross configuration for another architecture, or why there is none."""
    assert machine.mac is not None  # The registry has checked it.
    flags, target = machine.environ.get("ARCHFLAGS", ""), machine.mac
    if machine.architecture in target.architectures:
        said = f"ARCHFLAGS={flags}" if flags else "ARCHFLAGS is not set"
        return Reason(
            ReasonKind.NOT_THIS,
            f"{said} on {machine.architecture}: a native build for {mac_platform_tag(target)}",
        )
    tag = mac_platform_tag(target)
    (architecture,) = target.architectures
    native = MacTarget((machine.architecture,), target.deployment_target)
    pre_build = replace(
        machine,
        mac=native,
        platform_tag=mac_platform_tag(native),
        environ=native_environ(machine.environ, python_path=True),
    )
    soabi = known_soabi(machine.abi_tag, [tag]) or machine.soabi
    stated = machine.environ.get("_PYTHON_HOST_PLATFORM", "")
    warnings: tuple[str, ...] = ()
    if stated and as_tag(stated).partition("_")[2].split("_", 2)[2:] != [architecture]:
        warnings = (
            f"_PYTHON_HOST_PLATFORM={stated} contradicts ARCHFLAGS={flags}; the compiler uses"
            " "
            "the latter",
        )
    return Detected(
        tag,
        f"ARCHFLAGS={flags} on {machine.architecture}",
        pre_build,
        keys={
            "os": "mac",
            "implementation": machine.implementation,
            "version": machine.version,
            "abi": machine.abi_tag,
            # The headers of a Python on macOS are those of all architectures.
            **({"soabi": soabi} if soabi else {}),
            **({"include_dir": machine.include_dir} if machine.include_dir else {}),
        },
        options={
            "CMAKE_SYSTEM_NAME:STRING": ["Darwin"],
            "CMAKE_SYSTEM_PROCESSOR:STRING": [architecture],
            "CMAKE_OSX_ARCHITECTURES:STRING": [architecture],
            "CMAKE_OSX_DEPLOYMENT_TARGET:STRING": [target.deployment_target],
        },
        env={
            "MACOSX_DEPLOYMENT_TARGET": target.deployment_target,
            **({"SETUPTOOLS_EXT_SUFFIX": ext_suffix(soabi, tag)} if soabi else {}),
        },
        remarks=("the Python that runs the build is also the host system's",),
        warnings=warnings,
    )
