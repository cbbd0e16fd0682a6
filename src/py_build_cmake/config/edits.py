"""Edits: what a layer of the configuration does to one option.

The state of an option is the list of its edits, in the order of their layers. Merging layers is
joining these lists, so it is associative, and every value knows where it comes from and what it
replaced.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from ..records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


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
    """Where an edit stands: the file or override, the key in it, and the directory of the file."""

    source: str
    key: str
    directory: Path

    def __str__(self) -> str:
        return f"{self.source}: `{self.key}`"


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


def describe(value: object) -> str:
    """Name a value and its TOML type for a message."""
    names = {bool: "boolean", int: "integer", float: "float", str: "string", list: "array"}
    name = "table" if isinstance(value, dict) else names.get(type(value), type(value).__name__)
    if isinstance(value, int) and not is_toml_integer(value):
        return f"{name} of {value.bit_length()} bits"
    text = repr(value) if not isinstance(value, bool) else str(value).lower()
    return f"{name} {text if len(text) <= 60 else text[:57] + '...'}"


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
