"""What a page of the documentation says to write and to run, so that tests can do it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from support.builds import REPOSITORY

_HEADING = re.compile(r"^#+ (.+)$")
_BLOCK = re.compile(r"^```(\w*)$")


@dataclass(frozen=True)
class Block:
    """A block of code: the heading that it is under, its language, its text, the line above it."""

    heading: str
    language: str
    text: str
    above: str


@dataclass(frozen=True)
class Page:
    """The blocks of a page, in order."""

    blocks: tuple[Block, ...]

    def commands(self, heading: str) -> str:
        """Return the commands for a shell in a section."""
        return "".join(self._texts(heading, "sh"))

    def tables(self, heading: str) -> str:
        """Return the TOML in a section."""
        return "".join(self._texts(heading, "toml"))

    def files(self, heading: str) -> dict[str, str]:
        """Return the files in a section: each follows a line with nothing but its name."""
        named = ((re.fullmatch(r"`(\S+)`:", b.above), b) for b in self._of(heading))
        return {name[1]: block.text for name, block in named if name}

    def _texts(self, heading: str, language: str) -> list[str]:
        texts = [block.text for block in self._of(heading) if block.language == language]
        assert texts, f"no {language} under {heading!r}"
        return texts

    def _of(self, heading: str) -> list[Block]:
        return [block for block in self.blocks if block.heading == heading]


def read_page(name: str) -> Page:
    """Return the page `docs/<name>`."""
    blocks: list[Block] = []
    heading = above = ""
    language: str | None = None
    code: list[str] = []
    for line in Path(REPOSITORY, "docs", name).read_text("utf-8").splitlines():
        if language is not None:
            if line == "```":
                blocks.append(Block(heading, language, "".join(code), above))
                language, code = None, []
            else:
                code.append(f"{line}\n")
        elif begins := _BLOCK.match(line):
            language = begins[1]
        elif found := _HEADING.match(line):
            heading = found[1]
        elif line:
            above = line
    return Page(tuple(blocks))
