"""Kinds of what conditions say: patterns of names, versions, environment variables."""

from __future__ import annotations

from typing import ClassVar

from ..records import dataclass
from .dictionaries import Dictionary
from .edits import Mismatch, close_names, describe
from .kinds import Kind, String, StringList


@dataclass(frozen=True)
class Patterns(StringList):
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
        return Patterns().check(value)


@dataclass(frozen=True)
class EnvironmentFacts(Dictionary):
    """A table of expectations of environment variables."""

    noun: ClassVar[str] = "table of environment variables"

    def element(self, name: str) -> Kind:
        """Return the kind of one expectation."""
        return EnvironmentFact()
