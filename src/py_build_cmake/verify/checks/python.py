"""Whether a compiled file is for the Python that the tag promises."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...base.records import dataclass
from ...platforms.machines import same_to_linux
from ...platforms.pythons import combinations
from ..finding import Code, Severity, finding
from ..formats.report import ARCHIVE, EXECUTABLE, GLIBC, MUSL, OBJECT
from ..loader.promised import python_library
from ..suffix import fits_python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...platforms.tags import WheelTag
    from ..expectation import Expectation
    from ..finding import FileReport, Finding
    from ..suffix import ModuleSuffix

_OTHER_PYTHON = (
    "likely, find_package(Python) found another Python than the one that the wheel is for: see"
    " `soabi`, `version` and `include_dir` in the cross file, and the log of the configuration"
)
_STABLE_PYTHON = (
    "a module for the stable ABI ends with `.abi3.so` (on Windows, `.pyd`): compile it with"
    " Py_LIMITED_API and USE_SABI or STABLE_ABI, or set `wheel.python_abi` to 'auto'"
)
_NOT_LINKED = (
    "the Python that loads a module has these symbols already: use Development.Module and"
    " Python::Module (python_add_library, pybind11, nanobind), not Development and Python::Python"
)


def check_suffix(file: FileReport, expected: Expectation) -> Iterator[Finding]:
    """Check what the suffix of an extension module says about Python and platform."""
    suffix = file.suffix
    if suffix is None:
        return
    tag = expected.tag
    if not fits_python(suffix, tag):
        if suffix.is_stable:
            what, hint = f"the ABI {suffix.abi}", _STABLE_PYTHON
        elif all(abi.startswith("abi3") for abi in tag.abis):
            what, hint = f"{suffix.python} alone", _STABLE_PYTHON
        elif suffix.python in tag.pythons:
            what, hint = f"another ABI ({suffix.abi})", _OTHER_PYTHON
        else:
            what, hint = suffix.python, _OTHER_PYTHON
        yield finding(
            Code.WRONG_SUFFIX,
            file.place,
            f"its suffix is that of {what}, but the wheel's tag is {tag}",
            hint,
        )
    elif other := _other_platform(file, suffix, expected):
        yield finding(
            Code.WRONG_SUFFIX,
            file.place,
            f"its suffix is that of {other}, but the wheel's tag is {tag}",
            _OTHER_PYTHON,
        )
    elif suffix.is_stable and suffix.abi not in tag.abis:
        yield finding(
            Code.STABLE_SUFFIX,
            file.place,
            f"its suffix is that of the stable ABI, but the wheel's tag is {tag}",
            "`wheel.python_abi = 'abi3'` makes one wheel for several versions of Python",
        )


def _other_platform(file: FileReport, suffix: ModuleSuffix, expected: Expectation) -> str:
    """Return what the suffix says of the platform that contradicts one of the platform tags."""
    own = file.binary.float_abi
    if suffix.float_abi and own in ("soft", "hard") and own != suffix.float_abi:
        return f"{suffix.float_abi} float"
    promises = [promise for promise in expected.promises if promise is not None]
    machines = same_to_linux([suffix.machine] if suffix.machine else [])
    if any(not machines <= promise.machines for promise in promises):
        return suffix.machine
    if suffix.system and any(suffix.system != p.system for p in promises):
        return suffix.system
    libcs = {promise.libc for promise in promises if promise.libc}
    # Up to CPython 3.10, a Python that is linked to musl says gnu.
    is_sure = suffix.libc == MUSL or _minor(suffix.python) >= 11
    if suffix.libc and is_sure and libcs - {suffix.libc}:
        return suffix.libc
    return ""


def _minor(python: str) -> int:
    match = re.fullmatch(r"cp3(\d+)", python)
    return int(match[1]) if match else 0


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
                _OTHER_PYTHON,
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
