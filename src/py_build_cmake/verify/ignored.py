"""What of a wheel is not proved because the configuration says so: `wheel.verify_ignore`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ..base.errors import ConfigError
from ..base.records import dataclass
from ..project.files import Patterns, compile_patterns
from .finding import Code, Severity, finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .finding import Finding

_LIKE_A_CODE = re.compile(r"[a-z]+(-[a-z]+)+")


@dataclass(frozen=True)
class Ignored:
    """Files that are not looked into, and kinds of findings that do not break a wheel."""

    patterns: Patterns
    codes: frozenset[Code]
    entries: tuple[str, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> Ignored:
        """Read the entries: each is the code of a kind of findings, or a pattern of files.

        :raises ConfigError: a pattern is not valid.
        """
        texts = tuple(entries)
        codes = {text: code for text in texts if (code := Code.of(text))}
        patterns = compile_patterns(text for text in texts if text not in codes)
        return cls(patterns, frozenset(codes.values()), texts)

    def check(self, places: Iterable[str]) -> None:
        """Refuse what looks like a code, is none, and matches none of the files at ``places``.

        :raises ConfigError: there is such an entry.
        """
        listed = tuple(places)
        for text in self.entries:
            if not _LIKE_A_CODE.fullmatch(text) or Code.of(text):
                continue
            if not any(compile_patterns([text]).match_files(listed)):
                raise ConfigError(
                    f"{text!r} is not the code of a finding, and matches no file",
                    where="`wheel.verify_ignore`",
                    hint=f"{_similar(text)}docs/reference/findings.md lists the codes",
                )

    def file(self, place: str) -> bool:
        """Whether a pattern matches the file at a place, so that it is not looked into."""
        return self.patterns.match_file(place)

    def files(self, places: Iterable[str]) -> list[str]:
        """Return the places of the files that are not looked into."""
        return self.patterns.match_files(places)

    def notes(self, unchecked: Iterable[str]) -> tuple[Finding, ...]:
        """Return what is to be said about the files that are not looked into."""
        message = "was not checked, because a pattern of ignored files matches it"
        return tuple(finding(Code.NOT_CHECKED, place, message) for place in unchecked)

    def applied_to(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return the findings, with those of the kinds that are ignored as notes."""
        return tuple(
            replace(found, severity=Severity.NOTE) if found.code in self.codes else found
            for found in findings
        )


def _similar(text: str) -> str:
    from difflib import get_close_matches

    found = get_close_matches(text, [code.text for code in Code], n=1)
    return f"did you mean {found[0]!r}? " if found else ""
