"""What the environment lacks for a build, where no front end installs it."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import TYPE_CHECKING

from ..errors import Error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_OURSELVES = "py-build-cmake"


def installed_versions() -> dict[str, str]:
    """Return the versions of what is installed, by normalised name."""
    from packaging.utils import canonicalize_name

    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(canonicalize_name(name), distribution.version)
    return found


def missing(requirements: Iterable[str], installed: Mapping[str, str]) -> list[str]:
    """Return the requirements that what is installed does not fulfil."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    lacking = []
    for text in dict.fromkeys(requirements):
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            lacking.append(text)
            continue
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(requirement.name)
        version = installed.get(name)
        if version is None and name == _OURSELVES:
            continue  # It runs, from wherever.
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            lacking.append(text)
    return lacking


def check_requirements(requirements: Iterable[str], installed: Mapping[str, str]) -> None:
    """Refuse to build where something is not installed.

    :raises Error: the message has the command that installs it.
    """
    from shlex import quote

    lacking = missing(requirements, installed)
    if lacking:
        raise Error(
            f"the environment lacks what the build requires: {', '.join(lacking)}",
            where="pyproject.toml: `build-system.requires`, and what the configuration needs",
            hint=f"{sys.executable} -m pip install {' '.join(map(quote, lacking))}"
            " (this command builds in the environment that it runs in)",
        )
