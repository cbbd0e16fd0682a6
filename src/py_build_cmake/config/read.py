"""Reading a layer: TOML tables and overrides become trees of edits, and mistakes are collected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import Problem
from .edits import Edit, Mismatch, Op, Origin, close_names, describe
from .kinds import CMakeValues, Environment
from .schema import ROOT
from .tree import ABSENT, DEFAULT_ENTRY, Leaf, Table, merge

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from .kinds import Kind
    from .schema import Section

# Tables that belong to other programs or backends, and stand beside ours.
TOLERATED = frozenset({"main_project", "component"})


@dataclass(frozen=True)
class Layer:
    """One source of configuration.

    ``source`` names it in messages, ``shown_path`` is put in front of its keys there;
    ``directory`` is what relative paths in it are relative to.
    """

    source: str
    directory: Path
    shown_path: tuple[str, ...] = ()

    def origin(self, path: Sequence[str]) -> Origin:
        """Return the origin of a key."""
        return Origin(self.source, dotted((*self.shown_path, *path)), self.directory)


@dataclass
class Reader:
    """Turns one layer into a tree. What is wrong is added to ``problems``."""

    layer: Layer
    problems: list[Problem]
    # The part of the path that the layer does not write, because it is about one table.
    target: tuple[str, ...] = field(default=())

    def read(self, path: Sequence[str], op: Op, value: object) -> Table:
        """Read one value at a path below the layer's target."""
        whole = (*self.target, *path)
        return self._section(ROOT, whole, op, value, ())

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
            return Table({name: node}, present=True)
        if name in section.options:
            return self._option(section.options[name].kind, path, op, value, above)
        if not (section is ROOT and name in TOLERATED):
            self._unknown(section, here)
        return ABSENT

    def _option(
        self, kind: Kind, path: Sequence[str], op: Op, value: object, above: tuple[str, ...]
    ) -> Table:
        name, rest = path[0], path[1:]
        here = (*above, name)
        if isinstance(kind, (CMakeValues, Environment)):
            return Table({name: self._dictionary(kind, rest, op, value, here)}, present=True)
        if rest:
            self._problem(here, f"is not a table, so it has no key {rest[0]!r}")
            return ABSENT
        return self._leaf(kind.edits, name, op, value, here)

    def _whole(self, section: Section, op: Op, value: object, here: tuple[str, ...]) -> Table:
        """Read a whole table."""
        if op is Op.CLEAR:
            return Table(cleared=True)
        if op not in (Op.DEFAULT, Op.ASSIGN):
            self._problem(here, f"is a table, on which the operator {op.value} does not work")
            return ABSENT
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
        return Table({entry: node}, present=not (rest == () and op is Op.CLEAR))

    def _dictionary(
        self,
        kind: CMakeValues | Environment,
        path: Sequence[str],
        op: Op,
        value: object,
        here: tuple[str, ...],
    ) -> Table:
        """Read a table whose keys the user chooses, or one value of it."""
        if not path:
            return self._whole_dictionary(kind, op, value, here)
        name = path[0]
        if len(path) > 1:
            hint = "quote a key that contains a dot"
            self._problem((*here, name), f"is not a table, so it has no key {path[1]!r}", hint)
            return ABSENT
        if "=" in name or "\0" in name or not name:
            self._problem((*here, name), "is not a name that CMake or an environment can have")
            return ABSENT
        return self._leaf(kind.element.edits, name, op, value, (*here, name))

    def _whole_dictionary(
        self, kind: CMakeValues | Environment, op: Op, value: object, here: tuple[str, ...]
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

    def _leaf(
        self, check: EditMaker, name: str, op: Op, value: object, here: tuple[str, ...]
    ) -> Table:
        try:
            edits = tuple(check(op, value, self._origin(here)))
        except Mismatch as e:
            self._problem(here, str(e), e.hint)
            edits = ()
        # Taking something away does not bring a table into being.
        return Table({name: Leaf(edits)} if edits else {}, present=op is not Op.CLEAR)

    def _unknown(self, section: Section, here: tuple[str, ...]) -> None:
        name = here[-1]
        close = close_names(name, (*section.options, *section.sections))
        elsewhere = _places_of(ROOT, name)
        if close:
            hint = f"did you mean {close}?"
        elif elsewhere:
            hint = f"it is an option of {' and of '.join(elsewhere[:3])}"
        else:
            hint = f"the keys here are {', '.join(sorted((*section.options, *section.sections)))}"
        self._problem(here, "is not an option", hint)

    def _problem(self, path: Sequence[str], message: str, hint: str = "") -> None:
        self.problems.append(Problem(message, str(self._origin(path)), hint))

    def _origin(self, path: Sequence[str]) -> Origin:
        own = path[len(self.target) :] if self.target else path
        return self.layer.origin(own)


if TYPE_CHECKING:
    from typing import Callable

    EditMaker = Callable[[Op, object, Origin], list[Edit]]


def dotted(path: Iterable[str]) -> str:
    """Write a key path as TOML has it."""
    import re

    return ".".join(p if re.fullmatch(r"[A-Za-z0-9_*-]+", p) else f'"{p}"' for p in path)


def _is_index(name: str) -> bool:
    import re

    return re.fullmatch(r"-?[0-9]+", name) is not None


def _places_of(section: Section, name: str, above: tuple[str, ...] = ()) -> list[str]:
    """Return the tables in which a name is an option."""
    places = []
    if name in section.options or name in section.sections:
        places.append(f"`{dotted(above)}`" if above else "the top level")
    for child_name, child in section.sections.items():
        if "." not in child_name and len(above) < 1:
            places += _places_of(child, name, (*above, child_name))
    return places
