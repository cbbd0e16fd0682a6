"""The tree of tables and options that layers of the configuration merge into."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Union

from ..records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .edits import Edit

DEFAULT_ENTRY = "*"


@dataclass(frozen=True)
class Leaf:
    """An option: its edits, the earliest layer's first."""

    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Table:
    """A table. A ``cleared`` one wipes what it is merged over; ``present`` is whether it exists."""

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
    """Put one layer over another. This is associative, and ``ABSENT`` changes nothing."""
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
        # A cleared index that came back is the default entry's heir again.
        index: merge(default, Table(indices[index].children, present=True))
        for index in sorted(indices)
    }
