"""The grammar of overrides: ``-C override=…`` and the lines of ``.pbc`` files.

An override is a key path, an operator, and a value: ``cmake.options.FOO+=["a"]``.
"""

from __future__ import annotations

import re
from typing import Final

from ..base.records import dataclass
from .layers import Op

_KEY_PART = re.compile(r'[A-Za-z0-9_-]*[A-Za-z0-9_]|"(?:[^"\\\r\n]|\\.)*"')
_BLANKS = re.compile(r"[ \t]*")
# The longest operators first.
_OPERATORS = sorted((op for op in Op if op.value), key=lambda op: -len(op.value))
_QUOTED = re.compile(r'"(?:[^"\\\r\n]|\\.)*"')
_BARE = re.compile(r'[^"\[\]{}#\r\n]+')
_BARE_INSIDE = re.compile(r'[^\s,#"\[\]{}]+')
_BARE_TABLE_KEY = re.compile(r'[^\s,#"\[\]{}=]+')
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,99}")
_ESCAPE = re.compile(r"\\([0-7]{1,3}|x.{0,2}|u.{0,4}|U.{0,8}|.)", re.DOTALL)
_ESCAPED = frozenset("01234567xuUabfnrtv\\'\"")
_END = re.compile(r"[ \t]*(?:#[^\r\n]*)?$")
# No option has more than two; the limit only keeps the recursion short.
_MAXIMUM_DEPTH: Final = 32
_HINT: Final = 'an override is a key path, an operator and a value, such as cmake.args+=["-Wdev"]'
_BOOLEANS: Final = {"true": True, "True": True, "false": False, "False": False}


class GrammarError(Exception):
    """A text that is not an override. ``column`` counts from 1; ``hint`` says what to write."""

    def __init__(self, message: str, column: int, hint: str = "") -> None:
        super().__init__(message)
        self.column = column
        self.hint = hint or _HINT


@dataclass(frozen=True)
class Override:
    """One override. ``value`` is what TOML would have: strings, integers, lists, tables."""

    path: tuple[str, ...]
    op: Op
    value: object = None


def parse_override(text: str) -> Override:
    """Read one override.

    :raises GrammarError: it is not one.
    """
    scanner = _Scanner(text)
    path = scanner.key_path()
    op = scanner.operator()
    if op is Op.CLEAR:
        if scanner.match(_END) is None:
            raise scanner.error("`=!` takes no value")
        return Override(path, op)
    return Override(path, op, scanner.whole_value())


def parse_pbc(text: str) -> list[tuple[int, Override | GrammarError]]:
    """Read the lines of a ``.pbc`` file; return what each is, with its number from 1.

    Blank lines and comments are left out.
    """
    result: list[tuple[int, Override | GrammarError]] = []
    # Only these end a line. str.splitlines() also splits at characters that a value can have.
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if _END.match(line):
            continue
        try:
            result.append((number, parse_override(line)))
        except GrammarError as e:
            result.append((number, e))
    return result


def quote(text: str) -> str:
    """Quote a text so that the grammar reads it back, whatever is in it."""
    return f'"{"".join(map(_quoted, text))}"'


def _quoted(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    # What stands for a byte that is not UTF-8 has no escape.
    is_plain = character.isprintable() or "\ud800" <= character <= "\udfff"
    return character if is_plain else f"\\U{ord(character):08x}"


class _Scanner:
    """Reads one override from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0
        self.position = _BLANKS.match(text).end()  # type: ignore[union-attr] # matches nothing, too

    def key_path(self) -> tuple[str, ...]:
        parts = [self.key_part()]
        while self.take("."):
            parts.append(self.key_part())
        return tuple(parts)

    def key_part(self) -> str:
        start = self.position
        match = self.match(_KEY_PART)
        if match is None:
            raise self.error("expected a key")
        return self.unquoted(match, start)

    def operator(self) -> Op:
        self.match(_BLANKS)
        for op in _OPERATORS:
            if self.take(op.value):
                return op
        raise self.error(
            f"expected an operator, one of {', '.join(op.value for op in Op if op.value)}"
        )

    def whole_value(self) -> object:
        start = self.position
        self.match(_BLANKS)
        if self.at('"') or self.at("[") or self.at("{"):
            value = self.value()
        else:
            # Blanks inside a bare string belong to it.
            match = _BARE.match(self.text, start)
            if match is None or not match[0].strip():
                raise self.error("expected a value", start)
            self.position = match.end()
            # Blanks after a number do not make it a string.
            literal = _literal(match[0].rstrip())
            value = match[0] if isinstance(literal, str) else literal
        if self.at("\n") or self.at("\r"):
            raise self.error("an override is one line")
        if self.match(_END) is None:
            message = "expected the end here; a value that has this character needs quotes"
            hint = f"write {quote(self.text[start:].strip())}" if isinstance(value, str) else ""
            raise self.error(message, hint=hint)
        return value

    def value(self) -> object:
        if self.at("[") or self.at("{"):
            return self.nested()
        start = self.position
        if match := self.match(_QUOTED):
            return self.unquoted(match, start)
        if match := self.match(_BARE_INSIDE):
            return _literal(match)
        raise self.error("the string does not end" if self.at('"') else "expected a value")

    def nested(self) -> object:
        if self.depth == _MAXIMUM_DEPTH:
            raise self.error("the brackets are nested too deeply")
        self.depth += 1
        value = self.array() if self.take("[") else self.table()
        self.depth -= 1
        return value

    def array(self) -> list[object]:
        elements = []
        while not self.take("]", blanks=True):
            elements.append(self.value())
            if not self.take(",", blanks=True) and not self.at("]"):
                raise self.error("expected ',' or ']'")
        return elements

    def table(self) -> dict[str, object]:
        self.take("{", blanks=True)
        if self.at("}"):
            raise self.error("a table cannot be empty")
        table: dict[str, object] = {}
        while not self.take("}", blanks=True):
            start = self.position
            match = self.match(_QUOTED) or self.match(_BARE_TABLE_KEY)
            if match is None:
                raise self.error("expected a key")
            key = self.unquoted(match, start)
            if key in table:
                raise self.error(f"{key!r} is given twice", start)
            if not self.take("=", blanks=True):
                raise self.error("expected '='")
            table[key] = self.value()
            if not self.take(",", blanks=True) and not self.at("}"):
                raise self.error("expected ',' or '}'")
        return table

    def unquoted(self, text: str, start: int) -> str:
        """Return the value of the key or value that begins at ``start``."""
        if not text.startswith('"'):
            return text
        try:
            return _ESCAPE.sub(_unescaped, text[1:-1])
        except (SyntaxError, ValueError):
            raise self.error(f"{text} has an invalid escape sequence", start) from None

    def match(self, pattern: re.Pattern[str]) -> str | None:
        match = pattern.match(self.text, self.position)
        if match is None:
            return None
        self.position = match.end()
        return match[0]

    def take(self, word: str, *, blanks: bool = False) -> bool:
        """Move behind a word if it stands here; with ``blanks``, around it."""
        if blanks:
            self.match(_BLANKS)
        found = self.at(word)
        if found:
            self.position += len(word)
            if blanks:
                self.match(_BLANKS)
        return found

    def at(self, word: str) -> bool:
        return self.text.startswith(word, self.position)

    def error(self, message: str, position: int | None = None, hint: str = "") -> GrammarError:
        position = self.position if position is None else position
        return GrammarError(message, position + 1, hint)


def _literal(text: str) -> object:
    """Return the integer or boolean that a bare text is, or the text."""
    return int(text) if _INTEGER.fullmatch(text) else _BOOLEANS.get(text, text)


def _unescaped(match: re.Match[str]) -> str:
    """Return what an escape sequence stands for; as in Python, what is none stays.

    :raises ValueError: it is not complete, or stands for no character (neither does a surrogate).
    :raises SyntaxError: the same.
    """
    import ast

    if match[1][0] not in _ESCAPED:
        return match[0]
    character = str(ast.literal_eval(f'"{match[0]}"'))
    character.encode()
    return character
