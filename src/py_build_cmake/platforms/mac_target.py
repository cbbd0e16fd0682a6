"""macOS: what a native build compiles for, from ``ARCHFLAGS`` and the deployment target."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.errors import ConfigError
from ..base.records import dataclass
from .machines import APPLE_GROUPS, FIRST_MACOS_ON_ARM64

if TYPE_CHECKING:
    from collections.abc import Mapping

_TAG_OF_ARCHITECTURES = {frozenset({name}): name for name in ("arm64", "x86_64")}
_TAG_OF_ARCHITECTURES[frozenset(APPLE_GROUPS["universal2"])] = "universal2"


@dataclass(frozen=True)
class MacTarget:
    """What a native build on macOS compiles for; the platform tag promises the same."""

    architectures: tuple[str, ...]
    deployment_target: str


def mac_target(
    environ: Mapping[str, str], *, configured: str, system_version: str, architecture: str
) -> MacTarget:
    """Decide the architectures and the deployment target of a native build.

    The architectures are those of ``ARCHFLAGS`` if it is set, else the machine's. The target is
    ``MACOSX_DEPLOYMENT_TARGET`` from the environment, else what Python was ``configured`` for,
    else the version of the system; arm64 exists from 11.0 on.
    """
    flags = environ.get("ARCHFLAGS", "")
    architectures = tuple(sorted(set(re.findall(r"-arch\s+(\S+)", flags)))) or (architecture,)
    if frozenset(architectures) not in _TAG_OF_ARCHITECTURES:
        raise ConfigError(
            f"no platform tag exists for the architectures {', '.join(architectures)}",
            where="environment variable ARCHFLAGS",
            hint="use '-arch arm64', '-arch x86_64', or both",
        )
    candidates = (environ.get("MACOSX_DEPLOYMENT_TARGET", ""), configured, system_version)
    version = next((v for v in candidates if re.fullmatch(r"\d+(\.\d+)*", v)), "11.0")
    major, minor = (int(part) for part in (version + ".0").split(".")[:2])
    if architectures == ("arm64",):
        major, minor = max((major, minor), FIRST_MACOS_ON_ARM64)
    return MacTarget(architectures, f"{major}.{minor}")


def mac_platform_tag(target: MacTarget) -> str:
    """Return the platform tag; from macOS 11 on, minor versions do not appear in tags."""
    major, minor = target.deployment_target.split(".")
    kind = _TAG_OF_ARCHITECTURES[frozenset(target.architectures)]
    return f"macosx_{major}_{minor if int(major) < 11 else 0}_{kind}"
