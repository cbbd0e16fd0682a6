"""Whether a compiled file is linked to the Python that the tag promises."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...base.records import dataclass
from ...platforms.pythons import combinations
from ..finding import Code, Severity, finding
from ..formats.report import ARCHIVE, EXECUTABLE, GLIBC, MUSL, OBJECT
from ..loader.promised import python_library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...platforms.tags import WheelTag
    from ..expectation import Expectation
    from ..finding import FileReport, Finding

OTHER_PYTHON = (
    "likely, find_package(Python) found another Python than the one that the wheel is for: see"
    " `soabi`, `version` and `include_dir` in the cross file, and the log of the configuration"
)
_NOT_LINKED = (
    "the Python that loads a module has these symbols already: use Development.Module and"
    " Python::Module (python_add_library, pybind11, nanobind), not Development and Python::Python"
)


@dataclass(frozen=True)
class _PythonLibrary:
    """A library of Python: the beginning of its ABI tag, or nothing for any Python 3's."""

    name: str
    abi: str


def check_python_library(file: FileReport, expected: Expectation) -> Iterator[Finding]:
    """Check whether a library is linked to a Python that need not be there when it is loaded.

    Programs that embed Python bring it with them, or know where it is.
    """
    if file.binary.kind in (EXECUTABLE, OBJECT, ARCHIVE):
        return
    for name in file.binary.needed:
        library = _python_library(name)
        if library is None or name in expected.links.inside(file.place):
            continue
        if library.abi and not _fits_abi(library.abi, expected.tag):
            yield finding(
                Code.LINKED_TO_OTHER_PYTHON,
                file.place,
                f"is linked to {name}, but the wheel's tag is {expected.tag}",
                OTHER_PYTHON,
            )
        elif not expected.circumstances.shared_with_packages:
            yield from _check_linkage(file, name, expected)


def _python_library(name: str) -> _PythonLibrary | None:
    match = python_library(name)
    if match is None:
        return None
    flags = re.sub("[^td]", "", match["flags"] or "", flags=re.IGNORECASE).lower()
    prefix = "pypy" if "pypy" in match.re.groupindex else "cp"
    return _PythonLibrary(name, f"{prefix}3{match['minor']}{flags}" if match["minor"] else "")


def _fits_abi(abi: str, tag: WheelTag) -> bool:
    """Whether every Python of the tag has the library of an ABI."""
    return all(_has_library(abi, *pair) for pair in combinations(tag))


def _has_library(library: str, python: str, abi: str) -> bool:
    if abi.startswith("pypy"):
        # Its library for modules has CPython's name on some platforms.
        return not library.startswith("pypy") or abi.startswith(library)
    if abi == "none":
        # A generic tag says nothing about which Python it is.
        return not re.fullmatch(r"cp\d{2,}", python) or library.rstrip("td") == python
    return library == re.sub(r"(?<=\d)m$", "", abi)


def _check_linkage(file: FileReport, name: str, expected: Expectation) -> Iterator[Finding]:
    """Check whether being linked to the right library breaks the module all the same.

    Windows, Android and iOS want it. Elsewhere, interpreters contain Python, or have it at
    another place, and the module would load a second one, or none.
    """
    found: list[Finding] = []
    for promise in expected.promises:
        if promise is None or promise.system not in ("linux", "macos"):
            continue
        message = f"is linked to {name}, which {promise.tag} does not promise"
        # A plain Linux tag is that of the building machine, whose Python may have the library.
        is_sure = promise.system == "macos" or promise.libc in (GLIBC, MUSL)
        severity = Severity.ERROR if is_sure else Severity.WARNING
        found.append(finding(Code.LINKED_TO_PYTHON, file.place, message, _NOT_LINKED, severity))
    yield from sorted(found, key=lambda each: not each.is_error)[:1]
