"""Which environment this is, if it is one that starts cross builds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...base.records import dataclass
from . import android, conda, crossenv, ios, mac, pyodide, windows, yocto_buildroot_nix
from .detected import Detected

if TYPE_CHECKING:
    from ..build_machine import BuildMachine

# What says most precisely which environment it is comes first.
_MODULES = (conda, pyodide, android, ios, windows, mac, crossenv, yocto_buildroot_nix)


@dataclass(frozen=True)
class Detection:
    """What was found, if anything, and why each of the environments before it is not this one."""

    found: Detected | None
    reasons: tuple[tuple[str, str], ...]

    def lines(self) -> tuple[str, ...]:
        """Say in lines what was found and why the others were not."""
        others = tuple(f"not {name}: {reason}" for name, reason in self.reasons)
        if self.found is None:
            return ("the environment asks for no cross build", *others)
        return (f"{self.found.environment}: {self.found.why}", *others)


def detect_cross(machine: BuildMachine) -> Detection:
    """Recognise the environment of the build machine, and what it is building for.

    Nothing is executed. What conda says of a build, native or not, is final.

    :raises ConfigError: the environment is recognised, and wrong.
    """
    reasons: list[tuple[str, str]] = []
    for module in _MODULES:
        found = module.detect(machine)
        if isinstance(found, Detected):
            return Detection(found, tuple(reasons))
        reasons.append((module.NAME, found))
        if module is conda and found.endswith("a native build"):
            break
    return Detection(None, tuple(reasons))
