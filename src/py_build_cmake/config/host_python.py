"""``cross.python``: completing a cross configuration from a Python that the user points at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import Problem
from ..platforms.facts import describe_python

if TYPE_CHECKING:
    from ..platforms.facts import Fact, PythonFacts
    from .schema import CrossConfig


def complete_cross(
    cross: CrossConfig, where: str
) -> tuple[CrossConfig, tuple[str, ...], tuple[Problem, ...]]:
    """Fill in what a cross configuration leaves out and its ``python`` says.

    Explicit keys win. Returns the configuration, sentences that say what was filled in, and the
    keys that contradict the Python.

    :raises ConfigError: there is no Python at that path, or it contradicts itself.
    """
    if cross.python is None:
        return cross, (), ()
    version = cross.version.replace(".", "") if cross.version else None
    found = _values(describe_python(cross.python, f"{where}: `python`", version))
    filled: dict[str, Any] = {}
    notes: list[str] = []
    problems: list[Problem] = []
    for key, (value, fact) in found.items():
        given = getattr(cross, key)
        if given is None:
            filled[key] = value
            notes.append(f"cross: {key} '{value}' (from {fact.source})")
        elif key in _IDENTITY and _normalised(key, given) != value:
            problems.append(
                Problem(
                    f"`{key}` {str(given)!r} contradicts {fact.source}, which says {str(value)!r}",
                    where,
                    "leave the key out, or point `python` at the Python that the wheel is for",
                )
            )
    return replace(cross, **filled), tuple(notes), tuple(problems)


# The keys that say which Python it is. Paths may well be others than those that were found.
_IDENTITY = frozenset({"implementation", "version", "abi", "soabi"})


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
    if "platform" in facts:
        values["arch"] = (facts["platform"].value, facts["platform"])
    for key in ("include_dir", "library", "prefix"):
        if path := python.path(key):
            values[key] = (path, facts[key])
    return values
