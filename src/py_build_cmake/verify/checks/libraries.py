"""Whether every library that a compiled file names is where a loader finds it."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from typing import TYPE_CHECKING

from ..finding import Code, Severity, finding
from ..formats.report import MACH_O, PE
from ..loader.promised import has_policy, is_promised, python_library
from .system import keeps_machine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..expectation import Expectation
    from ..finding import FileReport, Finding
    from ..loader.search import Link
    from ..promise import Promise

_OPTION = "name the library in `wheel.external_libraries`"
_PRELOADED = f"if something else loads it before, {_OPTION}"
_DEBUG_RUNTIME = re.compile(
    r"(?:vcruntime|msvcp|concrt|vccorlib|mfc)\d+(?:_\d+)?u?d\.dll|ucrtbased\.dll", re.IGNORECASE
)
_RUNTIMES = (
    (
        re.compile(r"(?:msvcp|concrt|vcomp|vccorlib|mfc|vcruntime)\d+\w*\.dll", re.IGNORECASE),
        "Python brings vcruntime140.dll alone: put the DLL into the wheel beside the module, or"
        " link the runtime statically (CMAKE_MSVC_RUNTIME_LIBRARY 'MultiThreaded')",
    ),
    (
        re.compile(r"lib(?:stdc\+\+|gcc_s|winpthread|gomp|gfortran|ssp)\S*\.dll", re.IGNORECASE),
        "it is a library of the compiler: link it statically (-static-libgcc -static-libstdc++,"
        " or -static), or put it into the wheel beside the module",
    ),
    (
        re.compile(r"lib(?:gomp|omp|iomp5|gfortran|quadmath|c\+\+|c\+\+abi|atomic)\.\S+"),
        "it is a library of the compiler: install it into the wheel and set INSTALL_RPATH, or"
        " graft it with auditwheel or delocate",
    ),
)


def check_libraries(file: FileReport, expected: Expectation) -> Iterator[Finding]:
    """Check what every name of a library leads to on the systems that the tags promise."""
    if expected.circumstances.shared_with_packages:
        return
    promises = [p for p in expected.promises if p and _is_comparable(file, p)]
    for link in expected.links.of(file.place):
        # What is linked to Python is looked at elsewhere.
        if link.place or python_library(link.name):
            continue
        absent = [p for p in promises if not is_promised(link.name, p)]
        if absent:
            yield _missing(file, link, absent, expected)


def _is_comparable(file: FileReport, promise: Promise) -> bool:
    """Whether a file is for the systems of a promise; if not, that is what is said of it."""
    binary = file.binary
    has_other_libc = promise.libc and binary.libc and promise.libc != binary.libc
    return keeps_machine(binary, promise) and not has_other_libc


def _missing(
    file: FileReport, link: Link, promises: list[Promise], expected: Expectation
) -> Finding:
    """Say that a library is not there, as far as the tags and the project allow it."""
    name = link.name
    places = expected.links.named(name)
    policies = [promise for promise in promises if has_policy(promise)]
    if is_external(name, expected.circumstances.external_libraries):
        message = f"needs {name} from elsewhere, as `wheel.external_libraries` says"
        return finding(Code.EXTERNAL_LIBRARY, file.place, message)
    severity = Severity.WARNING if link.is_optional else None
    if places and _is_possible(file, places[0]):
        message = f"needs {name}, which is in the wheel as {places[0]}, but is not looked for there"
        hint = _way_to(file, places[0])
        return finding(Code.UNREACHABLE_LIBRARY, file.place, message, hint, severity)
    if not policies:
        return finding(
            Code.EXTERNAL_LIBRARY,
            file.place,
            f"needs {name}, which is not in the wheel, and of which {promises[0].tag} says nothing",
        )
    return finding(
        Code.MISSING_LIBRARY,
        file.place,
        f"needs {name}, which is neither in the wheel nor on every system that {policies[0].tag}"
        " stands for",
        _advice(name),
        severity,
    )


def is_external(name: str, patterns: Iterable[str]) -> bool:
    """Whether the project says that a library is there already; only file names are compared."""
    return any(fnmatch.fnmatchcase(_base(name), _base(pattern)) for pattern in patterns)


def _base(name: str) -> str:
    return name.rpartition("/")[2].lower()


def _is_possible(file: FileReport, place: str) -> bool:
    """Whether the wheel has the library for the file, and not one of the same name."""
    return place != file.place


def _way_to(file: FileReport, place: str) -> str:
    """Return what to write so that a file finds a library of the wheel."""
    if file.binary.format == PE:
        return (
            f"Windows looks in the directory of the module and in those of os.add_dll_directory():"
            f" install {place} beside it, or call that before the module is imported; {_PRELOADED}"
        )
    origin = "@loader_path" if file.binary.format == MACH_O else "$ORIGIN"
    there = posixpath.relpath(posixpath.dirname(place) or ".", posixpath.dirname(file.place) or ".")
    path = origin if there == "." else f"{origin}/{there}"
    advice = f"set_target_properties(<target> PROPERTIES INSTALL_RPATH '{path}')"
    if file.binary.format == MACH_O:
        advice += ", and link to a library whose install name begins with @rpath"
    return f"{advice}; {_PRELOADED}"


def _advice(name: str) -> str:
    base = name.rpartition("/")[2]
    if _DEBUG_RUNTIME.fullmatch(base):
        return (
            "it is for debugging, and not there without Visual Studio: build another configuration"
            " than Debug, or set CMAKE_MSVC_RUNTIME_LIBRARY"
        )
    for pattern, advice in _RUNTIMES:
        if pattern.fullmatch(base):
            return f"{advice}; or {_OPTION}"
    return (
        "install it into the wheel and set INSTALL_RPATH, link it statically, or repair the wheel"
        f" with auditwheel, delocate or delvewheel; if it is always there, {_OPTION}"
    )
