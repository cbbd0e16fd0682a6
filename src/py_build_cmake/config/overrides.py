"""The grammar of overrides: ``-C override=…`` and the lines of ``.pbc`` files.

An override is a key path, an operator, and a value: ``cmake.options.FOO+=["a"]``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .edits import Op

_KEY_PART = re.compile(r'[A-Za-z0-9_-]*[A-Za-z0-9_]|"(?:[^"\\\r\n]|\\.)*"')
_BLANKS = re.compile(r"[ \t]*")
# The longest operators first.
_OPERATORS = sorted((op for op in Op if op.value), key=lambda op: -len(op.value))
_QUOTED = re.compile(r'"(?:[^"\\\r\n]|\\.)*"')
_BARE = re.compile(r'[^"\[\]{}#\r\n]+')
_BARE_IN_ARRAY = re.compile(r'[^\s,#"\[\]{}]+')
_BARE_IN_TABLE = re.compile(r'[^\s,#"\[\]{}=]+')
_END = re.compile(r"[ \t]*(?:#[^\r\n]*)?$")
_BOOLEANS: Final = {"true": True, "True": True, "false": False, "False": False}


class GrammarError(Exception):
    """A text that is not an override. ``column`` counts from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


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
        scanner.end("`=!` takes no value")
        return Override(path, op)
    return Override(path, op, scanner.whole_value())


def parse_pbc(text: str) -> list[tuple[int, Override | GrammarError]]:
    """Read the lines of a ``.pbc`` file; return what each is, with its number from 1.

    Blank lines and comments are left out.
    """
    result: list[tuple[int, Override | GrammarError]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if _END.match(line):
            continue
        try:
            result.append((number, parse_override(line)))
        except GrammarError as e:
            result.append((number, e))
    return result


def quote(text: str) -> str:
    """Quote a text so that the grammar reads it back, whatever is in it."""
    escaped = "".join(
        f"\\{character}"
        if character in '"\\'
        else character
        if character.isprintable()
        else f"\\U{ord(character):08x}"
        for character in text
    )
    return f'"{escaped}"'


class _Scanner:
    """Reads one override from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = _BLANKS.match(text).end()  # type: ignore[union-attr] # matches nothing, too

    def key_path(self) -> tuple[str, ...]:
        parts = [self.key_part()]
        while self.take("."):
            parts.append(self.key_part())
        return tuple(parts)

    def key_part(self) -> str:
        match = self.match(_KEY_PART)
        if match is None:
            raise self.error("expected a key")
        return self.unquoted(match)

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
        if self.text[self.position : self.position + 1] in ('"', "[", "{"):
            value = self.value(_BARE_IN_ARRAY)
        else:
            # Blanks belong to a bare string, but do not make a string of a number.
            self.position = start
            match = self.match(_BARE)
            if match is None or not match.strip():
                raise self.error("expected a value")
            literal = _literal(match.strip())
            value = match if isinstance(literal, str) else literal
        self.end("this character cannot stand here; a value that contains it needs quotes")
        return value

    def value(self, bare: re.Pattern[str]) -> object:
        if self.take("["):
            return self.array()
        if self.take("{"):
            return self.table()
        if match := self.match(_QUOTED):
            return self.unquoted(match)
        if match := self.match(bare):
            return _literal(match)
        raise self.error("expected a value")

    def array(self) -> list[object]:
        elements = []
        while not self.take("]", blanks=True):
            elements.append(self.value(_BARE_IN_ARRAY))
            if not self.take(",", blanks=True) and not self.at("]"):
                raise self.error("expected ',' or ']'")
        return elements

    def table(self) -> dict[str, object]:
        table: dict[str, object] = {}
        while not self.take("}", blanks=True):
            match = self.match(_QUOTED) or self.match(_BARE_IN_TABLE)
            if match is None:
                raise self.error("expected a key")
            if not self.take("=", blanks=True):
                raise self.error("expected '='")
            self.match(_BLANKS)
            table[self.unquoted(match)] = self.value(_BARE_IN_TABLE)
            if not self.take(",", blanks=True) and not self.at("}"):
                raise self.error("expected ',' or '}'")
            self.match(_BLANKS)
        if not table:
            raise self.error("a table cannot be empty")
        return table

    def end(self, message: str) -> None:
        if self.match(_END) is None:
            raise self.error(message)

    def unquoted(self, text: str) -> str:
        if not text.startswith('"'):
            return text
        import ast

        try:
            return str(ast.literal_eval(text))
        except (SyntaxError, ValueError):
            raise self.error(f"{text} has an invalid escape sequence") from None

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

    def error(self, message: str) -> GrammarError:
        return GrammarError(message, self.position + 1)


def _literal(text: str) -> object:
    """Return the integer or boolean that a bare text is, or the text."""
    if re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    return _BOOLEANS.get(text, text)
