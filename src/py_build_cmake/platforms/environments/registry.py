"""Recognise the environment, if it is one that starts cross builds.

Each environment has a module with a function ``detect``, which returns a cross configuration, or
why there is none. One or two variables are checked here first, so that an ordinary build imports
none of these modules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from ...base.records import dataclass

if TYPE_CHECKING:
    from ..build_machine import BuildMachine
    from .detected import Detected, Reason


@dataclass(frozen=True)
class KnownEnvironment:
    """One kind of environment: its name, its module, and a first check. ``why_not`` returns why it
    is not this environment; the text is empty if only the module can decide.
    """

    name: str
    module: str
    why_not: Callable[[BuildMachine], str]


@dataclass(frozen=True)
class Detection:
    """What was found, if anything, and why each of the environments before it was not recognised.

    ``environment`` is the name of the one that was found.
    """

    found: Detected | None
    reasons: tuple[tuple[str, str], ...]
    environment: str = ""

    def lines(self) -> tuple[str, ...]:
        """Return lines that say what was found, and why the others were not recognised."""
        others = tuple(f"not {name}: {reason}" for name, reason in self.reasons)
        if self.found is None:
            return ("the environment asks for no cross build", *others)
        return (f"{self.environment}: {self.found.why}", *others)


def detect_cross(machine: BuildMachine) -> Detection:
    """Recognise the environment of the build machine, and what it is building for.

    Nothing is executed. The search ends at an environment that is recognised, also if it builds
    natively.

    :raises ConfigError: the environment is recognised, and wrong.
    """
    reasons: list[tuple[str, str]] = []
    for environment in ENVIRONMENTS:
        text = environment.why_not(machine)
        if not text:
            from .detected import Reason, ReasonKind

            found = _detect(environment, machine)
            if not isinstance(found, Reason):
                return Detection(found, tuple(reasons), environment.name)
            text = found.text
            if found.kind is ReasonKind.BUILDS_NATIVELY:
                reasons.append((environment.name, text))
                break
        reasons.append((environment.name, text))
    return Detection(None, tuple(reasons))


def _detect(environment: KnownEnvironment, machine: BuildMachine) -> Detected | Reason:
    from importlib import import_module

    found: Detected | Reason = import_module(f".{environment.module}", __package__).detect(machine)
    return found


def _not_conda(machine: BuildMachine) -> str:
    if machine.environ.get("CONDA_BUILD") == "1" or machine.environ.get("CONDA_BUILD_STATE"):
        return ""
    return "neither CONDA_BUILD is 1 nor is CONDA_BUILD_STATE set"


def _not_pyodide(machine: BuildMachine) -> str:
    return "" if machine.environ.get("PYODIDE") == "1" else "PYODIDE is not 1"


def _not_android(machine: BuildMachine) -> str:
    is_simulated = machine.os == "android" and machine.actual is not None
    if is_simulated or "android" in machine.environ.get("CIBW_HOST_TRIPLET", ""):
        return ""
    return "neither CIBW_HOST_TRIPLET nor the interpreter names Android"


def _not_ios(machine: BuildMachine) -> str:
    if machine.platform_tag.startswith("ios_") and machine.actual is not None:
        return ""
    return "the interpreter does not report iOS as its system"


def _not_windows(machine: BuildMachine) -> str:
    return "" if machine.os == "windows" else "the build machine is not Windows"


def _not_mac(machine: BuildMachine) -> str:
    return "" if machine.os == "mac" and machine.mac else "the build machine is not macOS"


def _not_crossenv(machine: BuildMachine) -> str:
    return "" if machine.actual else "the interpreter reports the machine that it runs on"


def _no_variables(machine: BuildMachine) -> str:
    names = ("_PYTHON_HOST_PLATFORM", "_PYTHON_SYSCONFIGDATA_NAME")
    if any(machine.environ.get(name) for name in names):
        return ""
    reason = f"neither {' nor '.join(names)} is set"
    if machine.environ.get("CMAKE_TOOLCHAIN_FILE"):
        # Package managers set it in native builds, too.
        reason += "; CMAKE_TOOLCHAIN_FILE alone does not say what Python to build for"
    return reason


# The most specific test comes first.
ENVIRONMENTS = (
    KnownEnvironment("conda-build, rattler-build, pixi", "conda", _not_conda),
    KnownEnvironment("Pyodide", "pyodide", _not_pyodide),
    KnownEnvironment("Android", "android", _not_android),
    KnownEnvironment("iOS", "ios", _not_ios),
    KnownEnvironment("Windows", "windows", _not_windows),
    KnownEnvironment("macOS", "mac", _not_mac),
    KnownEnvironment("crossenv", "crossenv", _not_crossenv),
    KnownEnvironment(
        "_PYTHON_HOST_PLATFORM and _PYTHON_SYSCONFIGDATA_NAME (Yocto, Buildroot, Nix)",
        "yocto_buildroot_nix",
        _no_variables,
    ),
)
