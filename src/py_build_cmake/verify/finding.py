"""What is known of a wheel's files, and what is found wrong with them."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, unique
from typing import TYPE_CHECKING

from ..base.errors import Problem
from ..base.records import dataclass
from .suffix import read_suffix

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .formats.report import BinaryReport
    from .suffix import ModuleSuffix


class Severity(Enum):
    """What a finding says of the wheel: it is broken, it is doubtful, or this was not proved."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@unique
class Code(Enum):
    """The kinds of findings: each with the severity that it has by default, and its title.

    ``text`` is what ``wheel.verify_ignore`` and ``inspect --json`` call a kind. It is stable:
    ``docs/reference/findings.md`` has a paragraph on each, under its title.
    """

    # Machine and system, by the platform tag
    WRONG_MACHINE = (Severity.ERROR, "A file for another machine")
    BINARY_IN_ANY_WHEEL = (Severity.ERROR, "Compiled code in a wheel for every machine")
    WRONG_FLOAT_ABI = (Severity.ERROR, "Another floating point calling convention")
    NEWER_CPU = (Severity.ERROR, "Instructions that not every processor of the tag has")
    WRONG_SYSTEM = (Severity.ERROR, "A file for another operating system")
    WRONG_LIBC = (Severity.ERROR, "A file that is linked to another C library")
    NEWER_SYSTEM = (Severity.ERROR, "A file for a newer version of the operating system")
    NEWER_SYMBOLS = (Severity.ERROR, "Symbols of newer libraries than the tag allows")
    EXECUTABLE_STACK = (Severity.ERROR, "A file that needs an executable stack")
    TEXT_RELOCATIONS = (Severity.WARNING, "Code that is changed when it is loaded")
    SMALL_PAGES = (Severity.WARNING, "A file for smaller pages than some kernels have")
    WRONG_SUBSYSTEM = (Severity.ERROR, "A DLL that is not for programs of Windows")
    NOT_SIGNED = (Severity.ERROR, "A file for macOS on arm64 that is not signed")
    WRONG_SIGNATURE = (Severity.ERROR, "A signature that does not fit the file")
    NO_SUCH_TAG = (Severity.ERROR, "A tag that no installer accepts")
    UNKNOWN_TAG = (Severity.WARNING, "A tag that this program does not know")
    DAMAGED_BINARY = (Severity.ERROR, "A compiled file that is cut off or damaged")
    FOREIGN_DATA = (Severity.NOTE, "Programs for several machines in a wheel for every machine")
    NOT_CHECKED = (Severity.NOTE, "A file that was not checked")
    # Python, by the python tag and the ABI tag
    WRONG_SUFFIX = (Severity.ERROR, "An extension module of another Python")
    STABLE_SUFFIX = (Severity.WARNING, "A module for the stable ABI in a wheel for one Python")
    NO_MODULE_SUFFIX = (Severity.ERROR, "An extension module that no Python looks for")
    NO_INIT_FUNCTION = (Severity.ERROR, "A module without the function that makes it one")
    NOT_LOADABLE = (Severity.ERROR, "A file that nothing can load")
    MISPLACED_FILE = (Severity.ERROR, "A file where nothing looks for it")
    NOT_DYNAMIC = (Severity.ERROR, "A module that is not linked for dynamic loading")
    LINKED_TO_OTHER_PYTHON = (Severity.ERROR, "A module that is linked to another Python")
    LINKED_TO_PYTHON = (Severity.ERROR, "A module that is linked to the Python library")
    NOT_STABLE_ABI = (Severity.ERROR, "Functions of Python that are not in the stable ABI")
    NEWER_STABLE_ABI = (Severity.ERROR, "A newer stable ABI than the tag promises")
    FOREIGN_HEADERS = (Severity.ERROR, "A source that was compiled with another Python's headers")
    UNKNOWN_HEADERS = (Severity.NOTE, "Sources of which it is not known what they included")
    NO_PYTHON_REQUIRED = (Severity.WARNING, "A module in a conda package that requires no Python")
    # Libraries and symbols
    MISSING_LIBRARY = (Severity.ERROR, "A library that is neither in the wheel nor on the system")
    UNREACHABLE_LIBRARY = (Severity.ERROR, "A library of the wheel that is not found")
    EXTERNAL_LIBRARY = (Severity.NOTE, "A library that has to be there already")
    UNDEFINED_SYMBOL = (Severity.ERROR, "A symbol that is nowhere")
    UNPROVED_SYMBOLS = (Severity.NOTE, "Symbols of libraries that are not known here")
    BUILD_RPATH = (Severity.ERROR, "A search path of the building machine")
    FIXED_LIBRARY_PATH = (Severity.ERROR, "A library that is needed at one place")
    SEPARATE_RUNTIMES = (Severity.ERROR, "Two C++ runtimes that exceptions cannot cross")
    # The archive
    DAMAGED_MEMBER = (Severity.ERROR, "A file that cannot be unpacked")
    SYMBOLIC_LINK = (Severity.ERROR, "A symbolic link")
    UNSAFE_NAME = (Severity.ERROR, "A name that leads elsewhere")
    BACKSLASH_IN_NAME = (Severity.ERROR, "A name with a backslash")
    IMPOSSIBLE_NAME = (Severity.ERROR, "A name that some system cannot have")
    DUPLICATE_NAME = (Severity.ERROR, "Two files of one name")
    FILE_AND_DIRECTORY = (Severity.ERROR, "A name that is a file and a directory")
    NAMES_DIFFER_IN_CASE = (Severity.ERROR, "Names that differ in case only")
    NO_DIST_INFO = (Severity.ERROR, "No .dist-info directory")
    SEVERAL_DIST_INFO = (Severity.ERROR, "More than one .dist-info directory")
    WRONG_DIST_INFO = (Severity.ERROR, "The .dist-info directory of something else")
    INSTALLER_FILE = (Severity.ERROR, "A file that installers write")
    WRONG_DATA_DIRECTORY = (Severity.ERROR, "The .data directory of something else")
    FILE_IN_DATA = (Severity.ERROR, "A file beside the schemes of .data")
    UNKNOWN_SCHEME = (Severity.ERROR, "An unknown scheme in .data")
    SCRIPT_NOT_EXECUTABLE = (Severity.WARNING, "A script that cannot be started")
    SCRIPT_INTERPRETER = (Severity.WARNING, "A script for the interpreter of one machine")
    # RECORD
    NO_RECORD = (Severity.ERROR, "A wheel without RECORD")
    BAD_RECORD = (Severity.ERROR, "A RECORD that cannot be read")
    CONTENTS_DIFFER = (Severity.ERROR, "Other contents than RECORD says")
    SIZE_DIFFERS = (Severity.ERROR, "Another size than RECORD says")
    NOT_IN_RECORD = (Severity.ERROR, "A file that RECORD lacks")
    MISSING_FILE = (Severity.ERROR, "A file that only RECORD has")
    NO_HASH = (Severity.ERROR, "A file without hash in RECORD")
    DUPLICATE_ENTRY = (Severity.ERROR, "A file that RECORD has twice")
    # METADATA and WHEEL
    NO_METADATA = (Severity.ERROR, "A wheel without METADATA")
    BAD_METADATA = (Severity.ERROR, "A METADATA that cannot be read")
    OTHER_METADATA = (Severity.ERROR, "METADATA of another name or version")
    NO_WHEEL_FILE = (Severity.ERROR, "A wheel without the file WHEEL")
    WHEEL_VERSION = (Severity.ERROR, "A version of the format that installers do not know")
    WHEEL_TAGS = (Severity.WARNING, "Other tags in the metadata than in the name")
    COMPILED_IN_PURELIB = (Severity.WARNING, "Compiled code that is said to be pure Python")

    def __init__(self, severity: Severity, title: str) -> None:
        self.severity = severity
        self.title = title

    @property
    def text(self) -> str:
        """The name that users write, such as ``wrong-machine``."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def of(cls, text: str) -> Code | None:
        """Return the kind that users call so, if there is one."""
        return next((code for code in cls if code.text == text), None)


@dataclass(frozen=True)
class FileReport:
    """A compiled file of a wheel and its place in it."""

    place: str
    binary: BinaryReport

    @property
    def suffix(self) -> ModuleSuffix | None:
        """What its name says about Python, if it is that of an extension module."""
        return read_suffix(self.place)


@dataclass(frozen=True)
class Finding:
    """Something that is found in a wheel: what kind it is, how bad, and what it says."""

    code: Code
    severity: Severity
    problem: Problem

    @property
    def is_error(self) -> bool:
        """Whether the wheel is broken by it."""
        return self.severity is Severity.ERROR

    @property
    def shown(self) -> Problem:
        """The problem for people to read, with the code that names it to this program."""
        return replace(self.problem, message=f"{self.problem.message} [{self.code.text}]")


def finding(
    code: Code, where: str, message: str, hint: str = "", severity: Severity | None = None
) -> Finding:
    """Make a finding about a place in the wheel, of its kind's severity if no other is given."""
    return Finding(code, severity or code.severity, Problem(message, where, hint))


def of_severity(findings: Iterable[Finding], severity: Severity) -> tuple[Finding, ...]:
    """Return those findings that have a severity."""
    return tuple(found for found in findings if found.severity is severity)


def grouped(findings: Iterable[Finding], most: int = 8) -> tuple[Finding, ...]:
    """Put what is wrong with many files in the same way together, for people to read."""
    alike: dict[Finding, list[str]] = {}
    for found in findings:
        key = replace(found, problem=replace(found.problem, place=""))
        alike.setdefault(key, []).append(found.problem.where)
    return tuple(
        replace(key, problem=replace(key.problem, place=", ".join(shortened(where, most))))
        for key, where in alike.items()
    )


def shortened(names: Sequence[str], most: int) -> tuple[str, ...]:
    """Return the first names, and how many more there are."""
    more = len(names) - most
    return tuple(names) if more <= 0 else (*names[:most], f"and {more} more")
