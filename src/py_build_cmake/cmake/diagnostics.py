"""The first errors in the output of a build, to be shown again at its end.

Sources of the formats: the GNU coding standards (gcc, clang, gfortran), the documentation of MSVC's
and MSBuild's diagnostics, cmake(1), and what linkers, ninja and make print.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST_DIAGNOSTICS = 3
MOST_LINES = 8
_LONGEST_LINE = 200
# The number of lines at the end of the output to show if no error is recognised.
LAST_LINES = 15

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|\x1b\]8;;[^\x1b\x07]*(?:\x1b\\|\x07)")
_FILE = r"(?P<file>(?:[A-Za-z]:)?[^\s:(][^:\n(]*)"
_FORMATS = tuple(
    re.compile(pattern)
    for pattern in (
        # gcc, clang, assemblers, lld with debug information: a.c:3:5: error: message
        rf"{_FILE}:(?P<line>\d+)(?::\d+)?: (?:fatal |internal compiler )?[Ee]rror: (?P<message>.+)",
        # MSVC, clang-cl and MSBuild: a.c(3,5): error C2065: message [project]
        r"\s*(?P<file>(?:[A-Za-z]:)?[^\s:(][^:\n(]*)\((?P<line>\d+)(?:,\d+)?\)\s*:"
        r" (?:fatal )?error(?P<message>(?: [A-Z]+\d+)?: .+)",
        # GNU ld: a.c:(.text+0x5): or a.c:3: undefined reference to `f'
        rf"(?:\S*ld(?:\.\w+)?: )?{_FILE}:(?:(?P<line>\d+)|\(\S+\)):"
        r" (?P<message>(?:undefined reference to|multiple definition of) .+)",
        # CMake: CMake Error at CMakeLists.txt:3 (find_package):
        r"CMake Error at (?P<file>.+?):(?P<line>\d+) \((?P<message>.*)\):",
        r"CMake Error in (?P<file>.+?):(?P<message>)",
        r"(?P<message>CMake Error: .+)",
        # Linkers, drivers and MSBuild without a file
        r"(?P<message>(?:\S*ld(?:\.\w+|64)?|LINK|\S+\.(?:obj|lib|exe)) ?: (?:fatal )?error"
        r"(?: LNK\d+)?: .+)",
        r"(?P<message>\S*ld(?:\.\w+)?: cannot find .+)",
        r"(?P<message>Undefined symbols for architecture .+)",
        r"\s*(?P<message>(?:MSBUILD|CUSTOMBUILD|nvcc\S*|[\w.+-]*(?:gcc|g\+\+|clang\S*|cc1\S*))"
        r" ?: (?:fatal )?error\b.+)",
    )
)
# What any program may say, and shells about programs that they cannot start. Programs that only try
# something say so as well: these lines come after those of the formats above.
_LOOSE_FORMATS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?!ninja: )(?P<message>(?:[\w./+-]+: )?(?:fatal )?[Ee]rror: .+)",
        r"(?P<message>\S*sh: (?:(?:line )?\d+: )?\S+: (?:command )?not found)",
        r"(?P<message>.*\b(?:[Ee]xec format error|cannot execute binary file)\b.*)",
    )
)
_MAKE = r"g?make(?:\.exe)?(?:\[\d+\])?: "
# Messages of build tools about a failed command, used if nothing above was found.
_TOOL_FORMATS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<message>ninja: error: .+)",
        rf"(?P<message>{_MAKE}\*\*\* No rule .+)",
        r"(?P<message>FAILED: .+)",
        rf"(?P<message>{_MAKE}\*\*\* .+ Error \d+.*)",
    )
)
# The end of what a command of ninja printed, and the beginning of what one of Make printed.
_NEXT_OF_NINJA = re.compile(r"\[\d+/\d+\] |FAILED: |ninja: ")
_BEFORE_OF_MAKE = re.compile(rf"\[ *\d+%\] |-- |{_MAKE}|\s*$")
# gfortran names the place in a line of its own, some lines above the message.
_FORTRAN_PLACE = re.compile(rf"{_FILE}:(?P<line>\d+):\d+:$")
_FORTRAN_MESSAGE = re.compile(r"(?:Fatal )?Error: (?P<message>.+)")
_FORTRAN_DISTANCE = 6
_TRACEBACK = "Traceback (most recent call last):"
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?::|$)")
_CONTINUED = re.compile(r"\s|$|[~^]")
# These lines only repeat that something failed.
_SUMMARIES = re.compile(r"collect2: error|.*linker command failed|.*ld returned \d+ exit status")
_BLOCKS = ("CMake Error", "Undefined symbols", "FAILED: ")


def find_diagnostics(text: str, directories: Iterable[Path] = ()) -> tuple[Diagnostic, ...]:
    """Return the first errors in the output of a command, or else the end of it.

    Relative names of files are looked for below the ``directories``, in this order.
    """
    lines = _lines(text)
    while lines and not lines[-1].strip():
        lines.pop()
    found = tuple(islice(_distinct(_all(lines)), MOST_DIAGNOSTICS))
    # Programs may test for a package by importing it: an exception counts only if there is no other
    # error.
    found = found or find_tracebacks(text)
    shown = {line for each in found for line in each.lines}
    loose = (each for each in _of_formats(lines, _LOOSE_FORMATS) if each.lines[0] not in shown)
    found = tuple(islice(_distinct((*found, *loose)), MOST_DIAGNOSTICS))
    found = found or tuple(islice(_failed_commands(lines), 1))
    if not found and lines:
        found = (Diagnostic(lines[-1].strip(), tuple(lines[-LAST_LINES:])),)
    bases = tuple(directories)
    return tuple(replace(each, file=_located(each.file, bases)) for each in found)


def find_tracebacks(text: str) -> tuple[Diagnostic, ...]:
    """Return the first exceptions of Python programs in the output of a command."""
    return tuple(islice(_distinct(_tracebacks(_lines(text))), MOST_DIAGNOSTICS))


def _lines(text: str) -> list[str]:
    return [_ANSI.sub("", line).rstrip("\r") for line in text.split("\n")]


def _all(lines: Sequence[str]) -> Iterator[Diagnostic]:
    """Yield the errors of all formats, in the order of the output."""
    for number in range(len(lines)):
        yield from _of_formats(lines[number : number + MOST_LINES], _FORMATS, at_first=True)
        yield from _fortran(lines, number)


def _of_formats(
    lines: Sequence[str], formats: Sequence[re.Pattern[str]], *, at_first: bool = False
) -> Iterator[Diagnostic]:
    for number, line in enumerate(lines[:1] if at_first else lines):
        if _SUMMARIES.match(line):
            continue
        match = next(filter(None, (pattern.match(line) for pattern in formats)), None)
        if match:
            block = _block(lines[number : number + MOST_LINES])
            yield _diagnostic(match.groupdict(), block)


def _diagnostic(groups: dict[str, str | None], block: tuple[str, ...]) -> Diagnostic:
    message = (groups["message"] or "").strip(" :")
    if block[0].startswith("CMake Error "):
        # What it is about stands in the indented lines below.
        said = " ".join(line.strip() for line in block[1:] if line.strip())
        message = f"{message}: {said}" if message and said else said or message
    file = (groups.get("file") or "").strip()
    return Diagnostic(message, block, file, int(groups.get("line") or 0))


def _block(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the lines that belong to the first one."""
    block = [lines[0]]
    of_cmake = lines[0].startswith(_BLOCKS)
    for line in lines[1:]:
        is_note = re.search(r"\bnote: ", line) is not None
        if not (_CONTINUED.match(line) or is_note) or (not line.strip() and not of_cmake):
            break
        if of_cmake and not line.strip() and len(block) > 1 and not block[-1].strip():
            break
        block.append(line)
    while not block[-1].strip():
        block.pop()
    return tuple(block)


def _failed_commands(lines: Sequence[str]) -> Iterator[Diagnostic]:
    """Yield what build tools say about failed commands, with what these have printed."""
    for number, line in enumerate(lines):
        match = next(filter(None, (pattern.match(line) for pattern in _TOOL_FORMATS)), None)
        if match:
            printed = _printed_around(lines, number)
            yield Diagnostic(match["message"].strip(), tuple(map(_shortened, printed)))


def _printed_around(lines: Sequence[str], number: int) -> tuple[str, ...]:
    """Return a line of a build tool, and what the command printed: ninja prints that below its own
    line and the command, Make before.
    """
    if lines[number].startswith("FAILED: "):
        below = takewhile(lambda line: not _NEXT_OF_NINJA.match(line), lines[number + 1 :])
        return (lines[number], *islice(below, MOST_LINES - 1))
    before = takewhile(lambda line: not _BEFORE_OF_MAKE.match(line), reversed(lines[:number]))
    return (*reversed(tuple(islice(before, MOST_LINES - 1))), lines[number])


def _shortened(line: str) -> str:
    """Return a line without its end if it is long: ninja prints whole commands."""
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 4]} ..."


def _fortran(lines: Sequence[str], number: int) -> Iterator[Diagnostic]:
    place = _FORTRAN_PLACE.fullmatch(lines[number])
    if not place:
        return
    for end in range(number + 1, min(number + _FORTRAN_DISTANCE, len(lines))):
        message = _FORTRAN_MESSAGE.match(lines[end])
        if message:
            block = tuple(line for line in lines[number : end + 1] if line.strip())
            yield Diagnostic(message["message"], block, place["file"], int(place["line"]))


def _tracebacks(lines: Sequence[str]) -> Iterator[Diagnostic]:
    """Yield the exceptions of Python programs, with the program and the end of the traceback."""
    for begin in (n for n, line in enumerate(lines) if line == _TRACEBACK):
        rest = range(begin + 1, len(lines))
        end = next((n for n in rest if not lines[n].startswith(" ")), None)
        if end is None or not _EXCEPTION.match(lines[end]):
            continue
        frames = lines[begin + 1 : end]
        shown = [line for line in frames if not re.fullmatch(r"[\s~^]*", line)]
        if len(shown) > MOST_LINES - 2:
            shown = [*shown[:2], "  ...", *shown[5 - MOST_LINES :]]
        yield Diagnostic(lines[end], (_TRACEBACK, *shown, lines[end]))


def _distinct(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Leave out repeated errors: MSBuild prints all of them again at its end."""
    seen = set()
    for each in diagnostics:
        key = (each.message.partition(" [")[0], each.file, each.line)
        if key not in seen:
            seen.add(key)
            yield each


def _located(file: str, directories: Sequence[Path]) -> str:
    """Return the absolute name of a file if it is found, else the name as printed."""
    if not file or Path(file).is_absolute():
        return file
    candidates = (directory / file for directory in directories)
    found = next((path for path in candidates if path.is_file()), None)
    return str(found.resolve()) if found else file
