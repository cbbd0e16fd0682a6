"""The kinds of options: which values they take, and what a list of edits amounts to.

Every kind has two verbs. ``edits`` checks one value and turns it into edits; ``fold`` computes
the value of an option from all its edits, or ``UNSET``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from .edits import Edit, Mismatch, Op, Origin, describe
from .values import CMakeValue, EnvironmentValue

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "UNSET",
    "Boolean",
    "CMakeOption",
    "CMakeValue",
    "CMakeValues",
    "DirPath",
    "Enum",
    "Environment",
    "EnvironmentValue",
    "EnvironmentVariable",
    "FilePath",
    "Integer",
    "Kind",
    "PathKind",
    "String",
    "StringList",
]


class Unset:
    """The type of ``UNSET``."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()

_REPLACING = frozenset({Op.DEFAULT, Op.ASSIGN, Op.CLEAR})
_TEXT_OPS = frozenset(Op)
_LIST_OPS = frozenset(Op) - {Op.APPEND_PATH, Op.PREPEND_PATH}


@dataclass(frozen=True)
class Kind:
    """What is common to all kinds. As it is, the last value counts."""

    ops: ClassVar[frozenset[Op]] = _REPLACING
    noun: ClassVar[str] = "value"

    def edits(self, op: Op, value: object, origin: Origin) -> list[Edit]:
        """Check a value and turn it into edits.

        :raises Mismatch: the option cannot have this value, or does not know this operator.
        """
        if op not in self.ops:
            raise Mismatch(
                f"the operator {op.value} does not work on a {self.noun}",
                f"use {', '.join(o.value for o in Op if o in self.ops and o.value)}",
            )
        if op is Op.CLEAR:
            return [Edit(op, None, origin)]
        return [Edit(op, self.check(value), origin)]

    def check(self, value: object) -> object:
        """Return a value in its final form. Raises :class:`Mismatch`."""
        raise NotImplementedError

    def fold(self, edits: Sequence[Edit]) -> object:
        """Compute the value; raises :class:`Mismatch` if the edits do not fit each other."""
        value: object = UNSET
        for edit in edits:
            value = UNSET if edit.op is Op.CLEAR else edit.value
        return value

    def warnings(self, edits: Sequence[Edit]) -> list[str]:
        """Return what is doubtful about the edits, though they have a value."""
        return []

    @property
    def allowed(self) -> str:
        """What may be written, for messages and documentation."""
        return self.noun


@dataclass(frozen=True)
class String(Kind):
    """A text. ``pattern`` is what it must match entirely, and ``meaning`` says so in words."""

    ops: ClassVar[frozenset[Op]] = _TEXT_OPS
    noun: ClassVar[str] = "string"

    pattern: str = ""
    meaning: str = ""

    def check(self, value: object) -> object:
        """Return the string."""
        if not isinstance(value, str):
            hint = f'write "{value}" in quotes' if type(value) in (int, float) else ""
            raise Mismatch(f"must be a string, not the {describe(value)}", hint)
        return value

    def fold(self, edits: Sequence[Edit]) -> object:
        """Compute the text, and check the whole of it."""
        value = EnvironmentValue.of(edits)
        if value.is_unset:
            return UNSET
        text = value.resolve(None)
        if text is None:
            return UNSET
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise Mismatch(f"{text!r} is not {self.meaning}")
        return text


@dataclass(frozen=True, init=False)
class Enum(Kind):
    """One of a few strings."""

    noun: ClassVar[str] = "choice"
    choices: tuple[str, ...]

    def __init__(self, *choices: str) -> None:
        object.__setattr__(self, "choices", choices)

    def check(self, value: object) -> object:
        """Return the choice."""
        if value not in self.choices:
            found = repr(value) if isinstance(value, str) else f"the {describe(value)}"
            raise Mismatch(f"must be {self.allowed}, not {found}")
        return value

    @property
    def allowed(self) -> str:
        """The choices."""
        return " or ".join(repr(choice) for choice in self.choices)


@dataclass(frozen=True)
class Boolean(Kind):
    """True or false."""

    noun: ClassVar[str] = "boolean"

    def check(self, value: object) -> object:
        """Return the boolean."""
        if not isinstance(value, bool):
            raise Mismatch(f"must be true or false, not the {describe(value)}")
        return value


@dataclass(frozen=True)
class Integer(Kind):
    """A whole number, not below ``minimum``."""

    noun: ClassVar[str] = "integer"
    minimum: int = 0

    def check(self, value: object) -> object:
        """Return the integer."""
        if isinstance(value, bool) or not isinstance(value, int):
            hint = "write it without quotes" if isinstance(value, str) else ""
            raise Mismatch(f"must be an integer, not the {describe(value)}", hint)
        if value < self.minimum:
            raise Mismatch(f"must be at least {self.minimum}, not {value}")
        return value


@dataclass(frozen=True)
class PathKind(Kind):
    """A path, relative to the project directory or to the file it is written in (``base``).

    ``absolute`` allows absolute paths; ``contains`` names a file that a directory must have.
    """

    noun: ClassVar[str] = "path"
    is_directory: ClassVar[bool] = True

    base: str = "project"
    absolute: bool = False
    must_exist: bool = True
    contains: str = ""

    def check(self, value: object) -> object:
        """Return the path as written; whether it exists is asked when the option is in use."""
        if not isinstance(value, str):
            raise Mismatch(f"must be a path in a string, not the {describe(value)}")
        if "\0" in value:
            raise Mismatch("a path cannot contain a null character")
        return value

    def fold(self, edits: Sequence[Edit]) -> object:
        """Return the last path; an empty one means unset."""
        return super().fold(edits) or UNSET


@dataclass(frozen=True)
class DirPath(PathKind):
    """The path of a directory."""


@dataclass(frozen=True)
class FilePath(PathKind):
    """The path of a file, which may be absolute."""

    is_directory: ClassVar[bool] = False
    absolute: bool = True


# The dictionary form of a list, and the order in which its parts take effect.
_LIST_FORM = {
    "=": Op.ASSIGN,
    "value": Op.ASSIGN,
    "-": Op.REMOVE,
    "remove": Op.REMOVE,
    "+": Op.APPEND,
    "append": Op.APPEND,
    "prepend": Op.PREPEND,
}
_LIST_FORM_ORDER = (Op.ASSIGN, Op.REMOVE, Op.APPEND, Op.PREPEND)


def split_list_form(table: dict[str, object], extra: Sequence[str] = ()) -> dict[Op, object]:
    """Take the dictionary form of a list apart, in the order of effect.

    :raises Mismatch: unknown keys, two names of one part, or a value beside modifications.
    """
    unknown = [key for key in table if key not in _LIST_FORM and key not in extra]
    if unknown:
        keys = ", ".join(map(repr, unknown))
        raise Mismatch(
            f"{keys} is not a part of a list", f"the parts are {', '.join((*_LIST_FORM, *extra))}"
        )
    parts: dict[Op, object] = {}
    for key, value in table.items():
        if key in extra:
            continue
        if _LIST_FORM[key] in parts:
            raise Mismatch(f"{key!r} is given twice, under two names")
        parts[_LIST_FORM[key]] = value
    if Op.ASSIGN in parts and len(parts) > 1:
        raise Mismatch("'value' cannot be combined with 'append', 'prepend' or 'remove'")
    return {op: parts[op] for op in _LIST_FORM_ORDER if op in parts}


def fold_list(edits: Sequence[Edit]) -> tuple[object, ...] | Unset:
    """Compute a list from edits whose values are tuples."""
    result: tuple[object, ...] | Unset = UNSET
    for edit in edits:
        before = () if isinstance(result, Unset) else result
        value = edit.value
        if not isinstance(value, tuple):
            assert edit.op is Op.CLEAR  # the others were checked to have a list
            result = UNSET
        elif edit.op is Op.APPEND:
            result = (*before, *value)
        elif edit.op is Op.PREPEND:
            result = (*value, *before)
        elif edit.op is Op.REMOVE:
            result = tuple(element for element in before if element not in value)
        else:
            result = value
    return result


@dataclass(frozen=True)
class StringList(Kind):
    """A list of strings.

    With ``append``, lists of TOML files are added to those of earlier layers instead of
    replacing them. With ``accept_string``, a string is a list of one element. ``pattern`` and
    ``meaning`` are about the elements, as in :class:`String`.
    """

    ops: ClassVar[frozenset[Op]] = _LIST_OPS
    noun: ClassVar[str] = "list of strings"

    append: bool = False
    accept_string: bool = False

    def edits(self, op: Op, value: object, origin: Origin) -> list[Edit]:
        """Check a list, a string, or the dictionary form of a list."""
        if op in (Op.DEFAULT, Op.ASSIGN) and isinstance(value, dict):
            return [
                edit
                for part, elements in split_list_form(value).items()
                for edit in super(StringList, self).edits(part, elements, origin)
            ]
        if op is Op.DEFAULT and self.append:
            op = Op.APPEND
        return super().edits(op, value, origin)

    def check(self, value: object) -> object:
        """Return the list as a tuple."""
        if isinstance(value, str) and self.accept_string:
            return (value,)
        if not isinstance(value, list):
            hint = f'write ["{value}"]' if isinstance(value, str) else ""
            raise Mismatch(f"must be a list of strings, not the {describe(value)}", hint)
        wrong = [element for element in value if not isinstance(element, str)]
        if wrong:
            raise Mismatch(f"must be a list of strings, but has the {describe(wrong[0])}")
        return tuple(value)

    def fold(self, edits: Sequence[Edit]) -> object:
        """Compute the list."""
        return fold_list(edits)


@dataclass(frozen=True)
class CMakeOption(Kind):
    """One CMake cache entry: a value or list, with an optional type."""

    ops: ClassVar[frozenset[Op]] = _LIST_OPS
    noun: ClassVar[str] = "CMake option"
    types: ClassVar[tuple[str, ...]] = ("STRING", "BOOL", "PATH", "FILEPATH")

    def edits(self, op: Op, value: object, origin: Origin) -> list[Edit]:
        """Check a value, a list, or a table with a type and the dictionary form of a list."""
        if op in (Op.DEFAULT, Op.ASSIGN) and isinstance(value, dict):
            parts = split_list_form(value, ("type", "strict"))
            kind, strict = value.get("type"), value.get("strict", True)
            if kind is not None and kind not in self.types:
                raise Mismatch(f"`type` must be {' or '.join(self.types)}, not {kind!r}")
            if not isinstance(strict, bool):
                raise Mismatch("`strict` must be true or false")
            name = kind if isinstance(kind, str) else None
            return [
                Edit(part, CMakeValue(self._elements(elements), name, strict), origin)
                for part, elements in (parts or {Op.APPEND: []}).items()
            ]
        return super().edits(op, value, origin)

    def check(self, value: object) -> object:
        """Return the value."""
        return CMakeValue(self._elements(value))

    def _elements(self, value: object) -> tuple[str | bool, ...]:
        elements = value if isinstance(value, list) else [value]
        for element in elements:
            if not isinstance(element, (str, bool, int)):
                raise Mismatch(
                    f"must be a string, boolean, integer, or a list of those, not the"
                    f" {describe(element)}",
                    f'write "{element}" in quotes' if isinstance(element, float) else "",
                )
        return tuple(e if isinstance(e, (str, bool)) else str(e) for e in elements)

    def fold(self, edits: Sequence[Edit]) -> object:
        """Compute the elements and the type; a type can be set only once, unless not strict."""
        lists = [
            Edit(e.op, e.value.elements if isinstance(e.value, CMakeValue) else None, e.origin)
            for e in edits
            if not _adds_nothing(e)
        ]
        elements = fold_list(lists)
        if isinstance(elements, Unset):
            return UNSET
        types = _types(edits)
        for earlier, later, edit in types:
            if _contradict(earlier, later) and getattr(edit.value, "strict", True):
                raise Mismatch(
                    f"the type {later} contradicts the earlier type {earlier}",
                    "set `strict = false` beside the type to change it",
                )
        return CMakeValue(
            tuple(e for e in elements if isinstance(e, (str, bool))),
            types[-1][1] if types else None,
        )

    def warnings(self, edits: Sequence[Edit]) -> list[str]:
        """Return where a type was changed on purpose."""
        return [
            f"{edit.origin}: the type {later} replaces the earlier type {earlier}"
            for earlier, later, edit in _types(edits)
            if _contradict(earlier, later)
        ]


def _adds_nothing(edit: Edit) -> bool:
    """Whether an edit is only about the type."""
    is_empty = isinstance(edit.value, CMakeValue) and not edit.value.elements
    return is_empty and edit.op in (Op.APPEND, Op.PREPEND)


def _types(edits: Sequence[Edit]) -> list[tuple[str | None, str | None, Edit]]:
    """Return the type before and after each edit since the option was last cleared.

    A value of nothing but booleans is a ``BOOL``. Booleans that are added to a value or removed
    from it say nothing about its type.
    """
    types: list[tuple[str | None, str | None, Edit]] = []
    has_value = False
    for edit in edits:
        if not isinstance(edit.value, CMakeValue):
            types, has_value = [], False
            continue
        earlier = types[-1][1] if types else None
        later = edit.value.type
        is_value = edit.op in _REPLACING or (edit.op is not Op.REMOVE and not has_value)
        if later is None and is_value and _all_booleans(edit.value):
            later = "BOOL"
        types.append((earlier, later or earlier, edit))
        has_value = has_value or bool(edit.value.elements)
    return types


def _all_booleans(value: CMakeValue) -> bool:
    return bool(value.elements) and all(isinstance(element, bool) for element in value.elements)


def _contradict(earlier: str | None, later: str | None) -> bool:
    return earlier not in (None, later) and (earlier, later) != ("PATH", "FILEPATH")


@dataclass(frozen=True)
class EnvironmentVariable(Kind):
    """One environment variable of CMake's."""

    ops: ClassVar[frozenset[Op]] = _TEXT_OPS
    noun: ClassVar[str] = "environment variable"

    def edits(self, op: Op, value: object, origin: Origin) -> list[Edit]:
        """Check a text, or a list of texts to remove."""
        if op is Op.REMOVE and isinstance(value, list):
            return [
                e for one in value for e in super(EnvironmentVariable, self).edits(op, one, origin)
            ]
        return super().edits(op, value, origin)

    def check(self, value: object) -> object:
        """Return the text."""
        return String().check(value)

    def fold(self, edits: Sequence[Edit]) -> object:
        """Compute what happens to the variable."""
        return EnvironmentValue.of(edits)


@dataclass(frozen=True)
class CMakeValues(Kind):
    """A table of CMake cache entries."""

    noun: ClassVar[str] = "table of CMake options"
    element: ClassVar[Kind] = CMakeOption()


@dataclass(frozen=True)
class Environment(Kind):
    """A table of environment variables."""

    noun: ClassVar[str] = "table of environment variables"
    element: ClassVar[Kind] = EnvironmentVariable()
