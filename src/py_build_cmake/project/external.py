"""``[external]`` in ``pyproject.toml``: what a project needs that no Python index has.

Source: PEP 725 (a draft), and its identifiers ``dep:type/namespace/name@version``. Nothing is
installed or refused by them: other tools map them to packages of systems.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.errors import ConfigError, Problem
from ..base.places import Place
from ..base.records import dataclass
from ..config.sources import PYPROJECT, parse_toml

if TYPE_CHECKING:
    from pathlib import Path

BUILD, HOST, RUN = "build-requires", "host-requires", "dependencies"
# Those of extras and groups are needed by nobody who has not asked for them.
_OPTIONAL = tuple(f"optional-{key}" for key in (BUILD, HOST, RUN))
_OTHERS = (*_OPTIONAL, "dependency-groups")
_IDENTIFIER = re.compile(
    r"dep:(?P<type>[a-z][a-z0-9.+-]*)/(?:(?P<namespace>[^@?#;\s]+)/)?(?P<name>[^/@?#;\s]+)"
    r"(?:@(?P<version>[^?#;\s]+))?(?:\?[^#;\s]*)?(?:#[^;\s]*)?\s*(?:;(?P<marker>.*))?"
)


@dataclass(frozen=True)
class ExternalNeed:
    """Something that is needed: under which key, as it is written, and its parts."""

    key: str
    text: str
    type: str
    namespace: str
    name: str

    @property
    def language(self) -> str:
        """The language, if it is a compiler: ``c``, ``cxx``, ``fortran``, ``rust``."""
        is_compiler = (self.type, self.namespace) == ("virtual", "compiler")
        return {"cpp": "cxx", "c++": "cxx"}.get(self.name, self.name) if is_compiler else ""


def read_external(project_dir: Path) -> tuple[ExternalNeed, ...]:
    """Return what the table lists for this machine, without what is optional.

    :raises ConfigError: the table is not as PEP 725 says.
    """
    problems: list[Problem] = []
    table = (parse_toml(project_dir / PYPROJECT, PYPROJECT, problems) or {}).get("external", {})
    where = Place(PYPROJECT, "external")
    if not isinstance(table, dict):
        raise ConfigError("must be a table", where=where)
    for key in table.keys() - {BUILD, HOST, RUN, *_OTHERS}:
        known = ", ".join((BUILD, HOST, RUN, *_OTHERS))
        problems.append(Problem(f"unknown key; PEP 725 has {known}", where.at(key)))
    found = []
    for key in (BUILD, HOST, RUN):
        texts = table.get(key, [])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            problems.append(Problem("must be a list of strings", where.at(key)))
            continue
        for text in texts:
            need = _read(key, text, where, problems)
            found += [need] if need else []
    if problems:
        raise ConfigError.from_problems(problems)
    return tuple(found)


def _read(key: str, text: str, where: Place, problems: list[Problem]) -> ExternalNeed | None:
    """Read one identifier; None if it is wrong, or for other machines than this one."""
    from packaging.markers import InvalidMarker, Marker

    match = _IDENTIFIER.fullmatch(text.strip())
    if match is None:
        problems.append(
            Problem(
                f"{text!r} is no identifier of PEP 725",
                where.at(key),
                'write "dep:generic/NAME", or "dep:virtual/compiler/c" for a compiler',
            )
        )
        return None
    try:
        if match["marker"] and not Marker(match["marker"]).evaluate():
            return None
    except InvalidMarker as e:
        problems.append(Problem(f"the marker of {text!r} is not valid: {e}", where.at(key)))
        return None
    return ExternalNeed(key, text, match["type"], match["namespace"] or "", match["name"])
