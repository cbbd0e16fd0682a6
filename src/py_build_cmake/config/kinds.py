"""The kinds of options: which values they take, and what a list of edits amounts to.

Every kind has two verbs. ``edits`` checks one value and turns it into edits; ``fold`` computes
the value of an option from all its edits, or ``UNSET``. Tables whose keys the user chooses are
in :mod:`.dictionaries`.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ..base.records import dataclass
from .layers import Edit, Mismatch, Op, Origin, close_names, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ..base.places import Place
    from ..platforms.accepted import Refusal
    from .layers import Edit


@dataclass(frozen=True)
class CMakeValue:
    """The value of a CMake cache entry: one or more elements and, if known, their type."""

    elements: tuple[str | bool, ...]
    type: str | None = None
    strict: bool = True

    @property
    def is_boolean(self) -> bool:
        """Whether there is nothing but booleans."""
        return bool(self.elements) and all(isinstance(e, bool) for e in self.elements)

    @property
    def text(self) -> str:
        """The value as CMake takes it: a list, in which a semicolon is not a separator."""
        return ";".join(
            ("On" if e else "Off") if isinstance(e, bool) else e.replace(";", "\\;")
            for e in self.elements
        )


def _unchanged(text: str) -> str:
    return text


@dataclass(frozen=True)
class EnvironmentValue:
    """How a text is changed: it is replaced, or something is added to it or removed from it. The
    result is, in this order: the prepended path, what else is prepended, the value, what is
    appended, the appended path. Without a value, the present text is changed.
    """

    value: str | None = None
    append: str = ""
    append_path: tuple[str, ...] = ()
    prepend: str = ""
    prepend_path: tuple[str, ...] = ()
    removals: tuple[str, ...] = ()
    cleared: bool = False
    where: Place | str = ""

    @classmethod
    def of(cls, edits: Sequence[Edit]) -> EnvironmentValue:
        """Compute what a list of edits amounts to."""
        result = cls()
        for edit in edits:
            result = replace(result._after(edit), where=edit.origin.place)
        return result

    @property
    def is_unset(self) -> bool:
        """Whether there are no edits, or the last one clears the variable."""
        return self == EnvironmentValue(where=self.where, cleared=self.cleared)

    def resolve(
        self,
        current: str | None,
        expand: Callable[[str], str] = _unchanged,
        pathsep: str = os.pathsep,
    ) -> str | None:
        """Return the text; None means that the variable is removed.

        ``current`` is the text that is there, ``expand`` is applied to what the configuration
        says, and ``pathsep`` separates paths.
        """
        added = (self.append, *self.append_path, self.prepend, *self.prepend_path)
        if self.value is None and (self.cleared or current is None) and not any(added):
            return None
        base = (
            current or "" if self.value is None and not self.cleared else expand(self.value or "")
        )
        for removal in self.removals:
            base = base.replace(expand(removal), "")
        text = _join(pathsep, base + expand(self.append), *map(expand, self.append_path))
        return _join(pathsep, *map(expand, self.prepend_path), expand(self.prepend) + text)

    def _after(self, edit: Edit) -> EnvironmentValue:
        text = str(edit.value)
        changes: dict[Op, dict[str, object]] = {
            Op.APPEND: {"append": self.append + text},
            Op.PREPEND: {"prepend": text + self.prepend},
            Op.APPEND_PATH: {"append_path": (*self.append_path, text)},
            Op.PREPEND_PATH: {"prepend_path": (text, *self.prepend_path)},
        }
        if edit.op is Op.CLEAR:
            return EnvironmentValue(cleared=True)
        if edit.op is Op.REMOVE:
            return self._without(text)
        change: Any = changes.get(edit.op)
        return replace(self, **change) if change else EnvironmentValue(value=text)

    def _without(self, text: str) -> EnvironmentValue:
        if not text:
            return self
        return replace(
            self,
            value=None if self.value is None else self.value.replace(text, ""),
            append=self.append.replace(text, ""),
            append_path=tuple(part.replace(text, "") for part in self.append_path),
            prepend=self.prepend.replace(text, ""),
            prepend_path=tuple(part.replace(text, "") for part in self.prepend_path),
            # The present value of the variable is not known yet, so this is done later.
            removals=self.removals if self.value is not None else (*self.removals, text),
        )


def _join(separator: str, *parts: str) -> str:
    return separator.join(filter(None, parts))


class Unset:
    """The type of ``UNSET``."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()

REPLACING = frozenset({Op.DEFAULT, Op.ASSIGN, Op.CLEAR})
TEXT_OPS = frozenset(Op)
LIST_OPS = frozenset(Op) - {Op.APPEND_PATH, Op.PREPEND_PATH}


@dataclass(frozen=True)
class Kind:
    """What is common to all kinds. By default, the last value counts."""

    ops: ClassVar[frozenset[Op]] = REPLACING
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
        """Return warnings about edits that are valid."""
        return []

    @property
    def allowed(self) -> str:
        """What may be written, for messages and documentation."""
        return self.noun


_LONG_NUMBER = re.compile(r"\d{1000}")


def check_text(value: str) -> str:
    """Return a text that can be given to programs and to the file system, or raise Mismatch."""
    if "\0" in value:
        raise Mismatch("a text cannot contain a null character")
    if _LONG_NUMBER.search(value):
        # Python converts at most 4,300 digits to an integer. Versions and tags have only a few.
        raise Mismatch("a text cannot contain a number of a thousand digits or more")
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as e:
        raise Mismatch(f"a text cannot contain the character {value[e.start]!r}") from None
    return value


def in_quotes(value: object) -> str:
    """Return a hint for a number in place of a text."""
    if isinstance(value, float):
        return f'write "{value}" in quotes, with all its digits'
    is_short = type(value) is int and value.bit_length() <= 64
    return f'write "{value}" in quotes' if is_short else ""


@dataclass(frozen=True)
class String(Kind):
    """A text. It must match ``pattern`` entirely; ``meaning`` and ``hint`` explain that to the
    user.
    """

    ops: ClassVar[frozenset[Op]] = TEXT_OPS
    noun: ClassVar[str] = "string"

    pattern: str = ""
    meaning: str = ""
    hint: str = ""

    def edits(self, op: Op, value: object, origin: Origin) -> list[Edit]:
        """Check a text; one that is not added to another is a whole one."""
        edits = super().edits(op, value, origin)
        if op in (Op.DEFAULT, Op.ASSIGN):
            self._check_whole(str(value))
        return edits

    def check(self, value: object) -> object:
        """Return the string."""
        if not isinstance(value, str):
            raise Mismatch(f"must be a string, not the {describe(value)}", in_quotes(value))
        return check_text(value)

    def fold(self, edits: Sequence[Edit]) -> object:
        """Compute the text, and check the whole of it."""
        value = EnvironmentValue.of(edits)
        text = None if value.is_unset else value.resolve(None)
        if text is None:
            return UNSET
        self._check_whole(text)
        return text

    def _check_whole(self, text: str) -> None:
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise Mismatch(f"{text!r} is not {self.meaning}", self.hint)


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
            close = close_names(value, self.choices) if isinstance(value, str) else ""
            hint = f"did you mean {close}?" if close else f"write {self.allowed}"
            raise Mismatch(f"must be {self.allowed}, not {found}", hint)
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
            hint = "write true or false, without quotes" if isinstance(value, str) else ""
            raise Mismatch(f"must be true or false, not the {describe(value)}", hint)
        return value


@dataclass(frozen=True)
class Integer(Kind):
    """A whole number from ``minimum`` to ``maximum``, or the word ``or_word``."""

    noun: ClassVar[str] = "integer"

    minimum: int = 0
    maximum: int = 2**31 - 1
    example: int | None = None
    or_word: str = ""

    def check(self, value: object) -> object:
        """Return the integer."""
        if self.or_word and value == self.or_word:
            return value
        if isinstance(value, bool) or not isinstance(value, int):
            hint = "write it without quotes" if isinstance(value, str) else ""
            raise Mismatch(f"must be {self.allowed}, not the {describe(value)}", hint)
        if not self.minimum <= value <= self.maximum:
            limit = self.minimum if value < self.minimum else self.maximum
            limit_word = "least" if value < self.minimum else "most"
            hint = f"write for example {self.example}" if self.example else ""
            raise Mismatch(f"must be at {limit_word} {limit}, not the {describe(value)}", hint)
        return value

    @property
    def allowed(self) -> str:
        """An integer, and the word."""
        return f"an integer or '{self.or_word}'" if self.or_word else "an integer"


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
        return check_text(value)

    def fold(self, edits: Sequence[Edit]) -> object:
        """Return the last path; an empty one means unset."""
        return super().fold(edits) or UNSET

    @property
    def allowed(self) -> str:
        """What the path leads to."""
        relative = ", from the file that names it" if self.base == "file" else ""
        return f"path of a {'directory' if self.is_directory else 'file'}{relative}"


@dataclass(frozen=True)
class DirPath(PathKind):
    """The path of a directory."""


@dataclass(frozen=True)
class AnyPath(PathKind):
    """The path of a file or of a directory, which may be absolute, or the word ``or_word``."""

    absolute: bool = True
    or_word: str = ""

    @property
    def allowed(self) -> str:
        """What the path leads to, and the word."""
        word = f", or '{self.or_word}'" if self.or_word else ""
        return f"path of a file or directory, from the file that names it{word}"


@dataclass(frozen=True)
class FilePath(PathKind):
    """The path of a file, which may be absolute."""

    is_directory: ClassVar[bool] = False
    absolute: bool = True


# The dictionary form of a list, and the order in which its parts take effect.
LIST_FORM = {
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
    parts_hint = f"the parts are {', '.join((*LIST_FORM, *extra))}"
    if not table:
        raise Mismatch("an empty table has no effect", parts_hint)
    unknown = [key for key in table if key not in LIST_FORM and key not in extra]
    if unknown:
        raise Mismatch(f"{', '.join(map(repr, unknown))} is not a part of a list", parts_hint)
    parts: dict[Op, object] = {}
    for key, value in table.items():
        if key in extra:
            continue
        if LIST_FORM[key] in parts:
            raise Mismatch(f"{key!r} is given twice, under two names")
        parts[LIST_FORM[key]] = value
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
    replacing them. With ``accept_string``, a string is a list of one element.
    """

    ops: ClassVar[frozenset[Op]] = LIST_OPS
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
            return (check_text(value),)
        if not isinstance(value, list):
            hint = f'write ["{value}"]' if isinstance(value, str) else ""
            raise Mismatch(f"must be a list of strings, not the {describe(value)}", hint)
        wrong = [element for element in value if not isinstance(element, str)]
        if wrong:
            raise Mismatch(
                f"must be a list of strings, but has the {describe(wrong[0])}", in_quotes(wrong[0])
            )
        return tuple(map(check_text, value))

    def fold(self, edits: Sequence[Edit]) -> object:
        """Compute the list."""
        return fold_list(edits)

    @property
    def allowed(self) -> str:
        """The form, and whether lists of earlier layers stay."""
        return f"list{' or string' * self.accept_string}{', added' * self.append}"


@dataclass(frozen=True)
class ProjectPatterns(StringList):
    """Patterns of files below the project directory. Negated patterns are not allowed."""

    noun: ClassVar[str] = "list of patterns"

    def check(self, value: object) -> object:
        """Return the patterns as a tuple."""
        patterns = super().check(value)
        for pattern in patterns if isinstance(patterns, tuple) else ():
            if pattern.startswith("!"):
                raise Mismatch(
                    f"{pattern!r} is negated, which is not allowed here",
                    "write into `exclude` what is to be left out; a file of this name is"
                    f" {'/' + pattern!r}",
                )
        return patterns


@dataclass(frozen=True)
class BuildRequirements(StringList):
    """Requirements as in ``build-system.requires`` (PEP 508)."""

    noun: ClassVar[str] = "list of requirements"

    def check(self, value: object) -> object:
        """Return the requirements as written."""
        from packaging.requirements import InvalidRequirement, Requirement

        requirements = super().check(value)
        for text in requirements if isinstance(requirements, tuple) else ():
            try:
                Requirement(text)
            except InvalidRequirement as e:
                reason = str(e).splitlines()[0]
                raise Mismatch(
                    f"{text!r} is not a requirement: {reason}", 'write for example "pybind11>=2.13"'
                ) from None
        return requirements


@dataclass(frozen=True)
class Tags(StringList):
    """Tags of wheels, all of one ``part``: ``python``, ``abi`` or ``platform``.

    A single one needs no list. ``words`` stand for tags. Tags that may be right but are not known
    here are checked later, when the whole configuration is known.
    """

    accept_string: bool = True
    part: str = "platform"
    words: tuple[str, ...] = ()

    def check(self, value: object) -> object:
        """Return the tags."""
        tags = super().check(value)
        for refusal in self._refusals(tags) if isinstance(tags, tuple) else ():
            if not refusal.is_unknown:
                raise Mismatch(refusal.message, refusal.advice())
        return tags

    def unknown(self, tags: Iterable[str]) -> list[Refusal]:
        """Return messages about tags that may be right, but are not known here."""
        return [refusal for refusal in self._refusals(tags) if refusal.is_unknown]

    def _refusals(self, tags: Iterable[str]) -> Iterator[Refusal]:
        from ..platforms.accepted import REFUSE

        return filter(None, (REFUSE[self.part](tag) for tag in tags if tag not in self.words))
