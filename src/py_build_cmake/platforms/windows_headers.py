"""``cross.python = "build"`` for Windows: a ``pyconfig.h``, and what the DLLs of Python export.

The headers of CPython are the same on all systems, except for ``pyconfig.h``. That of Windows is
not made by ``configure``, but is a file of CPython's source, so what the other headers ask for can
be said here. Modules are linked with an import library, which is made from the names that the
headers declare to be the DLL's, and for ``python3.dll`` from the list of the stable ABI.

Sources: ``PC/pyconfig.h`` of CPython 3.9 and ``PC/pyconfig.h.in`` of CPython 3.14;
``PC/python3dll.c`` for ``python3.dll``; the manual of ``dlltool`` for module-definition files. What
the DLLs of CPython 3.9 to 3.13 export was compared with these names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .build_headers import assertions, copied_headers, filled_template
from .stable_symbols import stable_names
from .tags import parse_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .build_headers import BuildHeaders
    from .host import HostPlatform

_TEMPLATE = "windows_pyconfig.h.in"
_WHY = (
    '" is not what Python for Windows was compiled with: the compiler, or an option of it, does not'
    ' fit"'
)
_FREE_THREADED = """
/* Python without a global interpreter lock. Projects may define it, too. */
#ifndef Py_GIL_DISABLED
#  define Py_GIL_DISABLED 1
#endif
#if defined(__aarch64__) && !defined(__ASSEMBLER__) && !defined(SWIG)
/* object.h reads register 18, which tells threads apart, by a function of Microsoft's compiler. */
static __inline__ unsigned long long py_build_cmake_register_18(void)
{
    unsigned long long value;
    __asm__("mov %0, x18" : "=r"(value));
    return value;
}
#  define __getReg(number) py_build_cmake_register_18()
#endif
"""
# The value that is right for Microsoft's compiler, not for the one that is used.
_NOT_ASSERTED = "ALIGNOF_MAX_ALIGN_T"
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
# A directive for the preprocessor, with the lines that continue it.
_DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
# What follows PyAPI_FUNC(type) and PyAPI_DATA(type), up to the end of the declaration. Types have
# parentheses of at most one level.
_DECLARATION = re.compile(r"\bPyAPI_(FUNC|DATA)\s*\((?:[^()]|\([^()]*\))*\)([^;{]*)")
_NAME = r"_?P[Yy][A-Z_a-z]\w*"
_FUNCTION = re.compile(rf"\b({_NAME})\s*\(")
_POINTER = re.compile(rf"\s*\(\s*\*\s*({_NAME})\s*\)")
# Functions with another name in programs that define PY_SSIZE_T_CLEAN: some are only named by the
# macros that redirect to them.
_WITH_SIZES = re.compile(r"\b_Py\w+_SizeT\b")
# Declared where there is fork(), or in programs that CPython's build makes for itself.
_NOT_ON_WINDOWS = frozenset(
    ("PyOS_AfterFork_Child", "PyOS_AfterFork_Parent", "PyOS_BeforeFork", "Py_FrozenMain")
)
# Macros that stand for attributes of functions.
_ATTRIBUTES = re.compile(r"Py_GCC_ATTRIBUTE|_?Py_[A-Z_]+")


def windows_overlay(headers: BuildHeaders, host: HostPlatform) -> dict[str, str]:
    """Return the files of an include directory for Windows, by their relative paths."""
    return {**copied_headers(headers), "pyconfig.h": windows_pyconfig(host)}


def windows_pyconfig(host: HostPlatform) -> str:
    """Return a ``pyconfig.h`` for Windows. It is valid in C89, C++98 and later standards."""
    template = filled_template(_TEMPLATE, {})
    asserted = set(re.findall(r"# *define ((?:SIZEOF|ALIGNOF)_\w+)", template)) - {_NOT_ASSERTED}
    words = {
        "@VERSION@": host.dotted_version,
        "@FLAGS@": _FREE_THREADED if host.is_free_threaded else "",
        "@ASSERTIONS@": assertions(asserted, _WHY, "is_wrong_for_windows"),
    }
    return filled_template(_TEMPLATE, words)


def definition_files(headers: Iterable[str], host: HostPlatform) -> dict[str, str]:
    """Return module-definition files for the DLLs of a Python, by the names of the DLLs without
    their suffix. ``headers`` are the texts of the Python's headers.
    """
    declared = exported_names(headers)
    stable = {n: declared.get(n, False) for n in stable_names(parse_version(host.version))}
    libraries = {host.windows_library: {**stable, **declared}}
    if host.has_stable_abi:
        libraries["python3"] = stable
    return {name: _definitions(f"{name}.dll", names) for name, names in libraries.items()}


def exported_names(headers: Iterable[str]) -> dict[str, bool]:
    """Return the names of functions and data that headers declare to be in a DLL of Python, and of
    each whether it is data.
    """
    names: dict[str, bool] = {}
    for text in headers:
        code = _COMMENT.sub(" ", text)
        names.update(dict.fromkeys(_WITH_SIZES.findall(code), False))
        for kind, rest in _DECLARATION.findall(_DIRECTIVE.sub("", code)):
            functions = [n for n in _FUNCTION.findall(rest) if not _ATTRIBUTES.fullmatch(n)]
            # Some functions are declared as data.
            is_data = kind == "DATA" and not functions
            names.update(
                (name, is_data) for name in (_variables(rest) if is_data else functions[:1])
            )
    return names


def _variables(declarators: str) -> list[str]:
    if pointer := _POINTER.match(declarators):
        return [pointer[1]]
    found = (re.findall(rf"\b{_NAME}", part) for part in declarators.split(","))
    return [names[-1] for names in found if names]


def _definitions(library: str, names: Mapping[str, bool]) -> str:
    lines = (
        f"    {name}{' DATA' if is_data else ''}\n"
        for name, is_data in sorted(names.items())
        if name not in _NOT_ON_WINDOWS
    )
    return f"LIBRARY {library}\nEXPORTS\n{''.join(lines)}"
