"""Kinds of tables whose keys the user chooses: CMake options, environment variables.

The patterns that conditions match names, versions and environment variables with are here, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..base.records import dataclass
from .kinds import (
    LIST_OPS,
    REPLACING,
    TEXT_OPS,
    UNSET,
    CMakeValue,
    EnvironmentValue,
    Kind,
    ProjectPatterns,
    String,
    StringList,
    Unset,
    check_text,
    fold_list,
    split_list_form,
)
from .layers import Edit, Mismatch, Op, Origin, close_names, describe, is_toml_integer

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Dictionary(Kind):
    """A table whose keys the user chooses. Each value is an option of its own."""

    def element(self, name: str) -> Kind:
        """Return the kind of the value under a key."""
        raise NotImplementedError


@dataclass(frozen=True)
class CMakeOption(Kind):
    """One CMake cache entry: a value or list, with a type unless the name has one already."""

    ops: ClassVar[frozenset[Op]] = LIST_OPS
    noun: ClassVar[str] = "CMake option"
    types: ClassVar[tuple[str, ...]] = ("STRING", "BOOL", "PATH", "FILEPATH")

    name_has_type: bool = False

    def edits(self, op: Op, value: object, origin: Origin) -> list[Edit]:
        """Check a value, a list, or a table with a type and the dictionary form of a list."""
        if op not in (Op.DEFAULT, Op.ASSIGN) or not isinstance(value, dict):
            return super().edits(op, value, origin)
        parts = split_list_form(value, ("type", "strict"))
        kind, strict = value.get("type"), value.get("strict", True)
        if kind is not None and kind not in self.types:
            hint = f"the types are {', '.join(self.types)}"
            raise Mismatch(f"`type` cannot be the {describe(kind)}", hint)
        if kind is not None and self.name_has_type:
            raise Mismatch("has a type in its name and another in its value", "leave one out")
        if not isinstance(strict, bool):
            raise Mismatch("`strict` must be true or false")
        name = kind if isinstance(kind, str) else None
        return [
            Edit(part, CMakeValue(self._elements(elements), name, strict), origin)
            for part, elements in (parts or {Op.APPEND: []}).items()
        ]

    def check(self, value: object) -> object:
        """Return the value."""
        return CMakeValue(self._elements(value))

    def _elements(self, value: object) -> tuple[str | bool, ...]:
        return tuple(map(self._element, value if isinstance(value, list) else [value]))

    def _element(self, element: object) -> str | bool:
        if isinstance(element, str):
            return check_text(element)
        if isinstance(element, bool):
            return element
        if isinstance(element, int) and is_toml_integer(element):
            return str(element)
        raise Mismatch(
            f"must be a string, boolean, integer, or a list of those, not the {describe(element)}",
            f'write "{element}" in quotes' if isinstance(element, float) else "",
        )

    def fold(self, edits: Sequence[Edit]) -> object:
        """Compute the elements and the type; a type can be set only once, unless not strict."""
        lists = [
            Edit(e.op, e.value.elements if isinstance(e.value, CMakeValue) else None, e.origin)
            for e in edits
            if not _is_only_a_type(e)
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
            types[-1][1] if types and not self.name_has_type else None,
        )

    def warnings(self, edits: Sequence[Edit]) -> list[str]:
        """Return where a type was changed on purpose."""
        return [
            f"{edit.origin}: the type {later} replaces the earlier type {earlier}"
            for earlier, later, edit in _types(edits)
            if _contradict(earlier, later)
        ]


def _is_only_a_type(edit: Edit) -> bool:
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
        is_value = edit.op in REPLACING or (edit.op is not Op.REMOVE and not has_value)
        if later is None and is_value and edit.value.is_boolean:
            later = "BOOL"
        types.append((earlier, later or earlier, edit))
        has_value = has_value or bool(edit.value.elements)
    return types


def _contradict(earlier: str | None, later: str | None) -> bool:
    return earlier not in (None, later) and (earlier, later) != ("PATH", "FILEPATH")


@dataclass(frozen=True)
class EnvironmentVariable(Kind):
    """One environment variable of CMake's."""

    ops: ClassVar[frozenset[Op]] = TEXT_OPS
    noun: ClassVar[str] = "environment variable"

    def edits(self, op: Op, value: object, origin: Origin) -> list[Edit]:
        """Check a text, or a list of texts to remove."""
        values = value if op is Op.REMOVE and isinstance(value, list) else [value]
        return [
            edit
            for one in values
            for edit in super(EnvironmentVariable, self).edits(op, one, origin)
        ]

    def check(self, value: object) -> object:
        """Return the text."""
        return String().check(value)

    def fold(self, edits: Sequence[Edit]) -> object:
        """Compute what happens to the variable."""
        return EnvironmentValue.of(edits)


@dataclass(frozen=True)
class CMakeValues(Dictionary):
    """A table of CMake cache entries."""

    noun: ClassVar[str] = "table of CMake options"

    def element(self, name: str) -> Kind:
        """Return the kind of one entry; ``NAME:TYPE`` is a name with a type."""
        return CMakeOption(":" in name)


@dataclass(frozen=True)
class Environment(Dictionary):
    """A table of environment variables."""

    noun: ClassVar[str] = "table of environment variables"

    def element(self, name: str) -> Kind:
        """Return the kind of one variable."""
        return EnvironmentVariable()


@dataclass(frozen=True)
class PlacedPatterns(Dictionary):
    """A table from places in the wheel to patterns of files of the project."""

    noun: ClassVar[str] = "table of patterns"

    def element(self, name: str) -> Kind:
        """Return the kind of the patterns for one place."""
        return PatternsForPlace(accept_string=True, place=name)


@dataclass(frozen=True)
class PatternsForPlace(ProjectPatterns):
    """Patterns of files of the project that are put into one directory of the wheel."""

    place: str = "."

    def edits(self, op: Op, value: object, origin: Origin) -> list[Edit]:
        """Check the patterns, and that there can be such a directory in a wheel."""
        parts = self.place.rstrip("/").split("/")
        if self.place != "." and ({"", ".", ".."} & set(parts) or "\\" in self.place):
            raise Mismatch(
                f"{self.place!r} is not a directory in the wheel",
                "write for example 'my_module/data', or '.' for the top",
            )
        return super().edits(op, value, origin)


@dataclass(frozen=True)
class NamePatterns(StringList):
    """One pattern or several, with ``*`` and ``?``; ``!`` in front excludes.

    With ``choices``, all names are known.
    """

    noun: ClassVar[str] = "pattern or list of patterns"

    accept_string: bool = True
    choices: tuple[str, ...] = ()

    def check(self, value: object) -> object:
        """Return the patterns."""
        patterns = super().check(value)
        if not isinstance(patterns, tuple) or not patterns:
            raise Mismatch("an empty list matches nothing", "name at least one pattern")
        for pattern in patterns:
            name = pattern.lstrip("!")
            is_glob = any(character in name for character in "*?[")
            if self.choices and name not in self.choices and not is_glob:
                close = close_names(name, self.choices)
                hint = f"did you mean {close}?" if close else f"there are {self.allowed}"
                raise Mismatch(f"{name!r} does not exist", hint)
        return patterns

    @property
    def allowed(self) -> str:
        """The names."""
        return ", ".join(map(repr, self.choices)) if self.choices else self.noun


@dataclass(frozen=True)
class Pattern(String):
    """A regular expression with a group."""

    noun: ClassVar[str] = "regular expression"

    def check(self, value: object) -> object:
        """Return the expression as written."""
        import re

        text = str(super().check(value))
        try:
            groups = re.compile(text).groups
        except re.error as e:
            raise Mismatch(f"{text!r} is not a regular expression: {e}") from None
        if not groups:
            hint = "put parentheses around what it is to find, for example 'VERSION \"(.*)\"'"
            raise Mismatch(f"{text!r} has no group", hint)
        return text


@dataclass(frozen=True)
class Specifiers(String):
    """A version specifier (PEP 440)."""

    noun: ClassVar[str] = "version specifier"

    def check(self, value: object) -> object:
        """Return the specifier as written."""
        from packaging.specifiers import InvalidSpecifier, SpecifierSet

        text = str(super().check(value))
        try:
            SpecifierSet(text)
        except InvalidSpecifier:
            raise Mismatch(f"{text!r} is not a version specifier", "write '>=3.12'") from None
        return text


@dataclass(frozen=True)
class EnvironmentFact(Kind):
    """What is expected of an environment variable: whether it is set, or its value."""

    noun: ClassVar[str] = "boolean, pattern, or list of patterns"

    def check(self, value: object) -> object:
        """Return a boolean or patterns."""
        if isinstance(value, bool):
            return value
        if not isinstance(value, (str, list)):
            raise Mismatch(
                f"must be true, false, or a pattern of values, not the {describe(value)}",
                "true means that the variable is set and not empty",
            )
        return NamePatterns().check(value)


@dataclass(frozen=True)
class EnvironmentFacts(Dictionary):
    """A table of expectations of environment variables."""

    noun: ClassVar[str] = "table of environment variables"

    def element(self, name: str) -> Kind:
        """Return the kind of one expectation."""
        return EnvironmentFact()
