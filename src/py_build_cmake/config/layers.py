"""One layer of the configuration: edits of options, in a tree of tables.

The state of an option is the list of its edits, in the order of their layers. Merging layers is
joining these lists, so it is associative, and every value knows where it comes from and what it
replaced.
"""

from __future__ import annotations

import enum
from dataclasses import field
from typing import TYPE_CHECKING, Union

from ..base.errors import shown_value
from ..base.masking import looks_secret
from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ..base.places import Place


class Op(enum.Enum):
    """What an edit does. ``DEFAULT`` is a value in a TOML file; the others are operators."""

    DEFAULT = ""
    ASSIGN = "="
    APPEND = "+="
    APPEND_PATH = "+=(path)"
    PREPEND = "=+"
    PREPEND_PATH = "=+(path)"
    REMOVE = "-="
    CLEAR = "=!"


@dataclass(frozen=True)
class Origin:
    """Where an edit stands, and the directory that paths in it are relative to.

    Paths given to a front end may also be relative to the directory it was ``started_in``.
    """

    place: Place
    directory: Path
    started_in: Path | None = None

    def __str__(self) -> str:
        return str(self.place)


@dataclass(frozen=True)
class Edit:
    """One edit of one option. ``value`` has been checked by the option's kind."""

    op: Op
    value: object
    origin: Origin


def split_shadowed(edits: Sequence[Edit]) -> tuple[Sequence[Edit], Sequence[Edit]]:
    """Separate the edits that later ones undo from those that make the value."""
    start = 0
    for position, edit in enumerate(edits):
        if edit.op in (Op.DEFAULT, Op.ASSIGN, Op.CLEAR):
            start = position
    return edits[:start], edits[start:]


class Mismatch(Exception):  # noqa: N818 - becomes a problem with a place, or an error
    """A value that an option cannot have. ``hint`` says what to write instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def without_secret(self, name: str) -> Mismatch:
        """Return the same about the value of ``name``, which is not quoted if it may be secret."""
        if not looks_secret(name):
            return self
        return Mismatch(
            "has a value that is not allowed here",
            "it is not shown, because the name is like that of a secret; options and variables are"
            " strings",
        )


def describe(value: object) -> str:
    """Name a value and its TOML type for a message."""
    names = {bool: "boolean", int: "integer", float: "float", str: "string", list: "array"}
    name = "table" if isinstance(value, dict) else names.get(type(value), type(value).__name__)
    if isinstance(value, int) and not is_toml_integer(value):
        return f"{name} of {value.bit_length()} bits"
    return f"{name} {str(value).lower() if isinstance(value, bool) else shown_value(value)}"


def is_toml_integer(value: int) -> bool:
    """Whether an integer has at most 64 bits, as TOML has it."""
    return -(2**63) <= value < 2**63


def similar(name: str, candidates: Iterable[str]) -> list[str]:
    """Return up to three candidates that are like ``name``."""
    import difflib

    return difflib.get_close_matches(name, list(candidates), n=3)


def close_names(name: str, candidates: Iterable[str]) -> str:
    """Return up to three names that are like ``name``, for a hint."""
    return " or ".join(f"`{n}`" for n in similar(name, candidates))


DEFAULT_ENTRY = "*"


@dataclass(frozen=True)
class Leaf:
    """An option: its edits, the earliest layer's first."""

    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Table:
    """A table. A ``cleared`` one removes all earlier edits when it is merged; ``present`` is
    whether it exists.
    """

    children: Mapping[str, Node] = field(default_factory=dict)
    present: bool = False
    cleared: bool = False

    def table(self, *path: str) -> Table:
        """Return a table below this one, an absent one if there is none."""
        node: Node = self
        for name in path:
            node = node.children.get(name, ABSENT) if isinstance(node, Table) else ABSENT
        return node if isinstance(node, Table) else ABSENT

    def edits(self, name: str) -> tuple[Edit, ...]:
        """Return the edits of an option of this table."""
        node = self.children.get(name)
        return node.edits if isinstance(node, Leaf) else ()

    def all_edits(self) -> Iterator[Edit]:
        """Yield all edits in this table and in those below."""
        for node in self.children.values():
            yield from node.edits if isinstance(node, Leaf) else node.all_edits()

    def leaves(self) -> Iterator[tuple[str, tuple[Edit, ...]]]:
        """Yield the options of this table with their edits."""
        for name, node in self.children.items():
            if isinstance(node, Leaf):
                yield name, node.edits


Node = Union[Leaf, Table]
ABSENT = Table()


def merge(lower: Table, upper: Table) -> Table:
    """Merge a later layer into an earlier one. Associative; ``ABSENT`` changes nothing."""
    if upper.cleared:
        return upper
    children = dict(lower.children)
    for name, node in upper.children.items():
        below = children.get(name)
        if isinstance(below, Leaf) and isinstance(node, Leaf):
            children[name] = Leaf(below.edits + node.edits)
        elif isinstance(below, Table) and isinstance(node, Table):
            children[name] = merge(below, node)
        else:
            children[name] = node
    return Table(children, lower.present or upper.present, lower.cleared)


def indexed(table: Table) -> dict[int, Table]:
    """Collapse a table with indices: every index is the default entry, overridden by its own.

    Without indices, the default entry is index 0. A table that is absent has none at all.
    """
    if not table.present:
        return {}
    default = table.table(DEFAULT_ENTRY)
    indices = {
        int(name): node
        for name, node in table.children.items()
        if name != DEFAULT_ENTRY and isinstance(node, Table) and node.present
    }
    if not indices:
        return {0: default}
    return {
        # An index that is set again after it was cleared inherits from the default entry again.
        index: merge(default, Table(indices[index].children, present=True))
        for index in sorted(indices)
    }
