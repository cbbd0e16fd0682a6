"""The pages of the documentation: what they show, and where they lead.

A fenced block has a language and words behind it, which no renderer shows, such as
`sh skip=root`.
A paragraph before it may name a file, and say what the block does to it:

* "`name`:" the block is the whole file;
* "Append to `name`:" it is added at the end;
* "From [`name`](link):" it is a part of a file of this repository.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.environments import REPOSITORY

DOCS = REPOSITORY / "docs"

_FENCE = re.compile(r"^( *)```(\S+)?(?: +(.*?))?\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r"(?:(From|Append to) \[?)?`([^`]+)`(?:\]\([^)]*\))?:")
_LINK = re.compile(r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


class Role(enum.Enum):
    """What a block is to the file that the paragraph before it names."""

    WHOLE = None
    APPENDED = "Append to"
    PART = "From"


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` counts from 1, and `file` is what the paragraph before it names.

    `heading` is the one that it stands under.
    """

    page: Path
    line: int
    language: str
    words: tuple[str, ...]
    text: str
    file: str | None
    role: Role
    heading: str

    @property
    def skipped(self) -> str | None:
        """Why a block is not tried, if it says so (``skip=why``)."""
        return next((w.partition("=")[2] for w in self.words if w.startswith("skip=")), None)

    @property
    def kind(self) -> str | None:
        """The word that says what a block is (``toml cross``), where no file's name does."""
        return next((w for w in self.words if "=" not in w), None)

    @property
    def place(self) -> str:
        """Page and line, for people."""
        return f"{self.page.relative_to(REPOSITORY)}:{self.line}"


def pages() -> list[Path]:
    """Return all pages of the site, those of the examples included."""
    return [*sorted(DOCS.rglob("*.md")), *sorted(REPOSITORY.glob("examples/*/README.md"))]


def blocks(page: Path, *languages: str) -> list[Block]:
    """Return the blocks of a page, all or those in some languages."""
    return [block for block in _blocks(page) if not languages or block.language in languages]


def section(page: Path, heading: str, language: str) -> str:
    """Return the texts of the blocks in one language under a heading, one after the other."""
    found = [block.text for block in blocks(page, language) if block.heading == heading]
    assert found, f"{page.name} has no {language} under {heading!r}"
    return "".join(found)


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    for found in _FENCE.finditer(text):
        before = text[: found.start()].rstrip().rpartition("\n")[2]
        title = _TITLE.fullmatch(before)
        yield Block(
            page,
            text.count("\n", 0, found.start()) + 1,
            found[2] or "",
            tuple((found[3] or "").split()),
            re.sub(f"^{found[1]}", "", found[4], flags=re.MULTILINE),
            title[2] if title else None,
            Role(title[1] if title else None),
            (["", *_HEADING.findall(_FENCE.sub("", text[: found.start()]))])[-1],
        )


def links(page: Path) -> list[str]:
    """Return what the links of a page say, but for those to other sites."""
    prose = re.sub(r"`[^`\n]*`", "code", _FENCE.sub("", page.read_text("utf-8")))
    return [link for link in _LINK.findall(prose) if "://" not in link]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as forges and the site make them."""
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCE.sub("", page.read_text("utf-8"))):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", shown.strip().lower()).replace(" ", "-")
        number = 0
        while (name := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(name)
    return found


@dataclass(frozen=True)
class Run:
    """A page whose shell blocks are run, in a folder that is empty but for an example's copy."""

    page: str
    example: str = ""


# Pages that are run for this machine in every run of the tests, and for another one.
NATIVE = (Run("docs/tutorials/first-wheel.md"),)
CROSS = (Run("docs/how-to/debian-sysroot.md", "minimal"),)
# Pages that PY_BUILD_CMAKE_TEST_PAGES=1 asks for, as ``--newest`` does: most of them download and
# run zig.
ASKED = (
    Run("docs/how-to/abi3.md", "abi3"),
    Run("docs/how-to/configure.md", "minimal"),
    Run("docs/how-to/cross-compile.md", "minimal"),
    Run("docs/how-to/cython.md", "cython"),
    Run("docs/how-to/front-ends.md", "minimal"),
    Run("docs/how-to/namespace.md", "namespace"),
    Run("docs/how-to/numpy.md", "numpy"),
    Run("docs/how-to/programs.md", "minimal-program"),
    Run("docs/how-to/pybind11.md", "pybind11"),
    Run("docs/how-to/raspberry-pi.md", "minimal"),
    Run("docs/how-to/shared-libraries.md", "shared-library"),
    Run("docs/how-to/swig.md", "swig"),
    Run("docs/tutorials/six-platforms.md"),
    Run("docs/tutorials/stubs-and-tests.md"),
)
# Pages whose commands are not run as they stand, and which tests do what they say.
ELSEWHERE = {
    "docs/how-to/cross-check.md": "tests/cross/test_cross_command.py",
    "docs/how-to/cross-file.md": "tests/cross/test_examples.py",
    "docs/how-to/develop.md": "tests/integration/test_commands.py",
    "docs/how-to/editable.md": "tests/integration/test_editable.py",
    "docs/how-to/ide.md": "tests/integration/test_ide.py",
    "docs/how-to/macos.md": "tests/cross/test_macos.py",
    "docs/how-to/many-wheels.md": "tests/cross/test_many_wheels.py",
    "docs/how-to/report.md": "tests/integration/test_reports.py",
    "docs/how-to/uv.md": "tests/integration/test_uv.py",
    "docs/how-to/verify.md": "tests/integration/test_verify.py",
    "docs/how-to/windows.md": "tests/cross/test_windows.py",
    "docs/tutorials/cpp-math.md": "tests/cross/test_rattler_build.py",
}


def script(page: Path) -> str:
    """Return the shell blocks of a page as one script, which makes the files that it names.

    Directory and variables stay from block to block.
    """
    parts = ["set -eu\n"]
    for block in blocks(page):
        if block.skipped or block.role is Role.PART:
            continue
        if block.language == "sh":
            parts.append(f"echo '== {block.place}'\n{block.text}")
        elif block.file:
            to = ">>" if block.role is Role.APPENDED else ">"
            name = f"'{block.file}'"
            parts.append(
                f"mkdir -p \"$(dirname {name})\"\ncat {to} {name} <<'EOF'\n{block.text}EOF\n"
            )
    return "".join(parts)
