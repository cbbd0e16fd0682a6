"""``cross.python``: completing a cross configuration from a Python that the user points at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Problem
from ..platforms.build_headers import BUILD_PYTHON, describe_build_python
from ..platforms.facts import Fact, describe_python, note
from ..platforms.soabi import linux_soabi
from ..platforms.systems import kind_of_platform
from ..records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..platforms.build import BuildPlatform
    from ..platforms.facts import PythonFacts
    from .schema import CrossConfig


@dataclass(frozen=True)
class Completed:
    """A cross configuration, completed by what its ``python`` says.

    ``sources`` says where each key comes from that was filled in, ``problems`` which keys
    contradict the Python.
    """

    cross: CrossConfig
    sources: Mapping[str, str]
    problems: tuple[Problem, ...]

    def notes(self) -> tuple[str, ...]:
        """Return sentences that say what was filled in."""
        return tuple(
            note(key, Fact(str(getattr(self.cross, key)), source))
            for key, source in self.sources.items()
        )


def complete_cross(cross: CrossConfig, where: str, build: BuildPlatform) -> Completed:
    """Fill in what a cross configuration leaves out and its ``python`` says.

    Explicit keys win. With ``python = "build"``, ``build`` is described.

    :raises ConfigError: there is no Python at that path, or it contradicts itself.
    """
    if cross.python is None:
        return Completed(cross, {}, ())
    problems: list[Problem] = []
    if isinstance(cross.python, Path):
        version = cross.version.replace(".", "") if cross.version else None
        key = f"{where}: `python`"
        python = describe_python(cross.python, key, version, cross.implementation)
        problems += _contradictions_of_platform(cross, where, python)
        found = _values(python)
    else:
        tags = tuple(cross.arch.split(".")) if cross.arch else ()
        found = _values(describe_build_python(build, f"{where}: `python`", tags))
        problems += _contradictions_of_build_headers(cross, where, build, tags)
    filled: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for key, (value, fact) in found.items():
        given = getattr(cross, key)
        if key == "abiflags" and given is None:
            # They follow from `abi`.
            continue
        if given is None:
            filled[key] = value
            sources[key] = fact.source
        elif key in _IDENTITY and _normalised(key, given) != value:
            problems.append(
                Problem(
                    f"`{key}` {str(given)!r} contradicts {fact.source}, which says {str(value)!r}",
                    f"{where}: `{key}`",
                    "leave the key out, or point `python` at the Python that the wheel is for",
                )
            )
    return Completed(replace(cross, **filled), sources, tuple(problems))


def _contradictions_of_platform(
    cross: CrossConfig, where: str, python: PythonFacts
) -> Iterator[Problem]:
    """Compare `arch` with the platform of a Python whose SOABI does not tell it."""
    platform = python.facts.get("platform")
    if platform is None or "soabi" in python.facts or not cross.arch or cross.soabi:
        return
    if kind_of_platform(platform.value) not in map(kind_of_platform, cross.arch.split(".")):
        yield Problem(
            f"`arch` {cross.arch!r} contradicts {platform.source}, which says {platform.value!r}",
            f"{where}: `arch`",
            "leave the key out, or point `python` at the Python that the wheel is for",
        )


def _contradictions_of_build_headers(
    cross: CrossConfig, where: str, build: BuildPlatform, platform_tags: tuple[str, ...]
) -> Iterator[Problem]:
    for key in ("include_dir", "prefix", "force_native_python"):
        if getattr(cross, key):
            yield Problem(
                f'`{key}` and `python` = "{BUILD_PYTHON}" contradict each other',
                f"{where}: `{key}`",
                "with the headers of the build Python, leave the key out; with the host system's"
                f" Python, leave out `python`, or write `./{BUILD_PYTHON}` for a directory of that"
                " name",
            )
    if platform_tags and not cross.soabi and not linux_soabi(build.abi_tag, platform_tags):
        yield Problem(
            f"it is not known how a Python on {cross.arch!r} names extension modules",
            f"{where}: `arch`",
            "correct `arch`, or set `soabi` to the middle of their suffix",
        )


# The keys that say which Python it is. Paths may well be others than those that were found.
_IDENTITY = frozenset({"implementation", "version", "abi", "abiflags", "soabi"})


def _normalised(key: str, value: object) -> object:
    return value.replace(".", "") if key == "version" and isinstance(value, str) else value


def _values(python: PythonFacts) -> dict[str, tuple[object, Fact]]:
    """Return the keys of a cross configuration that facts have values for."""
    facts = python.facts
    values: dict[str, tuple[object, Fact]] = {
        key: (facts[key].value, facts[key])
        for key in ("implementation", "version", "abi", "soabi")
        if key in facts
    }
    if {"implementation", "version", "abi_flags"} <= facts.keys() and python.get(
        "implementation"
    ) == "cp":
        flags = facts["abi_flags"]
        values["abi"] = (f"cp{python.get('version')}{flags.value}", flags)
        values["abiflags"] = (flags.value, flags)
    if "platform" in facts:
        values["arch"] = (facts["platform"].value, facts["platform"])
    for key in ("include_dir", "library", "prefix"):
        if path := python.path(key):
            values[key] = (path, facts[key])
    return values
