"""Reading a layer: TOML tables and overrides become trees of edits, and mistakes are collected."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.errors import Problem
from ..base.records import dataclass
from .dictionaries import Dictionary
from .layers import (
    ABSENT,
    DEFAULT_ENTRY,
    Leaf,
    Mismatch,
    Op,
    Origin,
    Table,
    close_names,
    describe,
    merge,
)
from .overrides import quote
from .schema import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ..base.places import Place
    from .kinds import Kind
    from .schema import Section

# Other tables below ``tool.py-build-cmake``, which belong to companions or other backends.
TOLERATED = frozenset({"main_project", "component", "stubs"})
_ONLY_IN_PYPROJECT = frozenset({"when"})


@dataclass(frozen=True)
class Layer:
    """One source of configuration.

    ``place`` is the table that is its root; ``directory`` and ``started_in`` are what relative
    paths in it are relative to, as in :class:`.layers.Origin`.
    """

    place: Place
    directory: Path
    started_in: Path | None = None

    def origin(self, path: Sequence[str]) -> Origin:
        """Return the origin of a key."""
        key = dotted(path)
        place = self.place.at(key) if key else self.place
        return Origin(place, self.directory, self.started_in)


@dataclass(frozen=True)
class Reader:
    """Turns one layer into a tree. What is wrong is added to ``problems``.

    ``root`` is the section that the layer is about.
    """

    layer: Layer
    problems: list[Problem]
    root: Section = ROOT

    def read(self, path: Sequence[str], op: Op, value: object) -> Table:
        """Read one value at a path below the root."""
        return self._section(self.root, path, op, value, ())

    def _section(
        self, section: Section, path: Sequence[str], op: Op, value: object, above: tuple[str, ...]
    ) -> Table:
        """Read a value at ``path`` below a section, which itself stands at ``above``."""
        if not path:
            return self._whole(section, op, value, above)
        if section.is_indexed:
            return self._entry(section, path, op, value, above)
        name, rest = path[0], path[1:]
        here = (*above, name)
        if name in section.sections:
            node = self._section(section.sections[name], rest, op, value, here)
        elif name not in section.options:
            if not (section is ROOT and name in TOLERATED):
                self._unknown(section, here)
            return ABSENT
        elif isinstance(kind := section.options[name].kind, Dictionary):
            node = self._dictionary(kind, rest, op, value, here)
        elif rest:
            self._problem(here, f"is not a table, so it has no key {rest[0]!r}")
            return ABSENT
        else:
            return self._leaf(kind, name, op, value, here)
        return Table({name: node}, present=_brings_into_being(op))

    def _whole(self, section: Section, op: Op, value: object, here: tuple[str, ...]) -> Table:
        """Read a whole table."""
        if op is Op.CLEAR:
            return Table(cleared=True)
        if op not in (Op.DEFAULT, Op.ASSIGN):
            hint = "`=` with a table changes the keys in it, `=!` removes the table"
            self._problem(here, f"the operator {op.value} does not work on a table", hint)
            return ABSENT
        if section.is_array and isinstance(value, list):
            value = {str(number): element for number, element in enumerate(value)}
        if not isinstance(value, dict):
            self._problem(here, f"must be a table, not the {describe(value)}")
            return ABSENT
        table = Table(present=True)
        for key, element in value.items():
            table = merge(table, self._section(section, (key,), Op.DEFAULT, element, here))
        return table

    def _entry(
        self, section: Section, path: Sequence[str], op: Op, value: object, above: tuple[str, ...]
    ) -> Table:
        """Read what belongs to one entry of a table with indices."""
        if _is_index(path[0]):
            entry, here, rest = str(int(path[0])), (*above, path[0]), path[1:]
        else:
            entry, here, rest = DEFAULT_ENTRY, above, path
        node = self._section(section.entry, rest, op, value, here)
        return Table({entry: node}, present=_brings_into_being(op))

    def _dictionary(
        self, kind: Dictionary, path: Sequence[str], op: Op, value: object, here: tuple[str, ...]
    ) -> Table:
        """Read a table whose keys the user chooses, or one value of it."""
        if not path:
            return self._whole_dictionary(kind, op, value, here)
        name = path[0]
        below = (*here, name)
        if len(path) > 1:
            hint = f"quote a key that has dots in it: {quote('.'.join(path))}"
            self._problem(below, f"is not a table, so it has no key {path[1]!r}", hint)
        elif not name or re.search(r"[=\0\r\n]", name):
            self._problem(below, "is not a name that CMake or an environment can have")
        else:
            return self._leaf(kind.element(name), name, op, value, below)
        return ABSENT

    def _whole_dictionary(
        self, kind: Dictionary, op: Op, value: object, here: tuple[str, ...]
    ) -> Table:
        if op is Op.CLEAR:
            return Table(cleared=True)
        if op not in (Op.DEFAULT, Op.APPEND):
            hint = f"use `{dotted(here)}+={{…}}`, or one override for each key"
            self._problem(here, f"the operator {op.value} does not work on a {kind.noun}", hint)
        elif not isinstance(value, dict):
            self._problem(here, f"must be a table, not the {describe(value)}")
        else:
            table = Table(present=True)
            for key, element in value.items():
                table = merge(table, self._dictionary(kind, (key,), Op.DEFAULT, element, here))
            return table
        return ABSENT

    def _leaf(self, kind: Kind, name: str, op: Op, value: object, here: tuple[str, ...]) -> Table:
        try:
            edits = tuple(kind.edits(op, value, self.layer.origin(here)))
        except Mismatch as e:
            e = e.without_secret(name)
            self._problem(here, str(e), e.hint)
            edits = ()
        return Table({name: Leaf(edits)} if edits else {}, present=_brings_into_being(op))

    def _unknown(self, section: Section, here: tuple[str, ...]) -> None:
        from .habits import habit_hint

        name = here[-1]
        habit = habit_hint(dotted(here))
        close = close_names(name, (*section.options, *section.sections))
        elsewhere = _places_of(name)
        if name in _ONLY_IN_PYPROJECT and section in (ROOT, ROOT.sections["cross"]):
            hint = "conditions stand in pyproject.toml, as [[tool.py-build-cmake.when]]"
        elif "main_project" in self.root.options and name in ROOT.sections:
            hint = "it is for the pyproject.toml of the main project"
        elif name in ROOT.sections:
            hint = f"the table is `tool.py-build-cmake.{name}`"
        elif elsewhere:
            hint = f"it is an option of {' and of '.join(elsewhere)}"
        elif habit:
            hint = habit
        elif close:
            hint = f"did you mean {close}?"
        else:
            hint = f"the keys here are {', '.join(sorted((*section.options, *section.sections)))}"
        self._problem(here, "is not an option", hint)

    def _problem(self, path: Sequence[str], message: str, hint: str = "") -> None:
        self.problems.append(Problem(message, self.layer.origin(path).place, hint))


def _brings_into_being(op: Op) -> bool:
    """Whether an operator makes the table exist that it is applied in."""
    return op is not Op.CLEAR


def dotted(path: Iterable[str]) -> str:
    """Write a key path as TOML and overrides have it."""
    return ".".join(p if re.fullmatch(r"[\w-]*\w", p, re.ASCII) else quote(p) for p in path)


def _is_index(name: str) -> bool:
    return re.fullmatch(r"-?[0-9]{1,9}", name) is not None


def _places_of(name: str) -> list[str]:
    """Return the tables of which a name is an option."""
    return [f"`{table}`" for table, section in ROOT.sections.items() if name in section.options]
