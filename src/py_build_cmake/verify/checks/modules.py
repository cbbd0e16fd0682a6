"""Whether a Python of the tag finds an extension module under its name, and can make it a module.

Sources: ``importlib.machinery.FileFinder`` for how a module is found; PEP 3121, 489 and 793 and
``get_encoded_name`` in CPython's ``Python/importdl.c`` for the functions that make a module;
``dlopen(3)``, ``dlopen`` of macOS and ``LoadLibrary`` of Windows for what is not loaded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...platforms.machines import same_to_linux
from ...platforms.pythons import implementation_of
from ..finding import Code, Severity, finding, shortened
from ..formats.report import ARCHIVE, EXECUTABLE, INIT_PREFIXES, LIBRARY, MUSL, OBJECT, WASM
from ..loader.exported import is_python_symbol
from ..loader.promised import python_library
from ..suffix import fits_python, is_module_name, module_named, site_place, suffixes_of
from .python import OTHER_PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...platforms.tags import WheelTag
    from ..expectation import Expectation
    from ..finding import FileReport, Finding
    from ..suffix import ModuleSuffix

_STABLE_PYTHON = (
    "a module for the stable ABI ends with `.abi3.so` (on Windows, `.pyd`): compile it with"
    " Py_LIMITED_API and USE_SABI or STABLE_ABI, or set `wheel.python_abi` to 'auto'"
)
_NAMED_ELSEWHERE = (
    "the file is for the right machine, so only its name is wrong: it was asked of a Python"
    " of another machine. In cross builds the interpreter of find_package(Python), and `python3` on"
    " PATH while CMake configures, name modules for the host; an interpreter that is named by its"
    " path, PY_BUILD_CMAKE_BUILD_PYTHON_INTERPRETER, and programs that run later do not. Without a"
    " known `soabi`, nothing does"
)
_MAKE_MODULES = (
    "let python_add_library, pybind11_add_module or nanobind_add_module name it, or set PREFIX and"
    " SUFFIX of the target (to '' and '.${Python_SOABI}${CMAKE_SHARED_MODULE_SUFFIX}')"
)
_FOR_WASM = (
    "from version 4.2 on, CMake calls libraries for Emscripten .wasm: find Python, or set"
    " CMAKE_SHARED_MODULE_SUFFIX, before the module is added"
)
_INIT = (
    "the name in PyInit_<name> (PYBIND11_MODULE, NB_MODULE, PyMODINIT_FUNC) has to be that of the"
    " file, and visible to others; a library that is no module gets another suffix, and what is"
    " loaded in another way is named in `wheel.verify_ignore`"
)
# Modules call one of these when they are made. Source: the macros in CPython's modsupport.h.
_MAKES_MODULES = frozenset(
    {"PyModule_Create2", "PyModuleDef_Init", "PyModule_FromDefAndSpec2", "PyPyModule_Create2"}
)
_LOADS = re.compile(rb"EXTENSION_SUFFIXES|\.get_suffixes\(|extension_suffixes\(")
_KINDS = {EXECUTABLE: "a program", OBJECT: "an object file", ARCHIVE: "a static library"}
_SHOWN = 4
_DOTS = 2  # name, SOABI and extension
_FIRST_WITH_EXPORT = 15  # CPython 3.15 has PEP 793


def check_modules(file: FileReport, expected: Expectation) -> Iterator[Finding]:
    """Check the name of an extension module, and whether it has the function that makes it one."""
    place = site_place(file.place)
    name = place.rpartition("/")[2]
    suffixes = suffixes_of(expected.tag, file.binary.libc) if place else None
    if expected.circumstances.shared_with_packages and expected.tag.abis == ("none",):
        suffixes = None  # it is another package that says which Python there is
    if suffixes is not None and _is_for_own_systems(expected):
        suffixes = tuple(dict.fromkeys((*suffixes, *expected.circumstances.host_suffixes)))
    module = module_named(name, suffixes or ())
    if not place or _is_library(file, name, module, expected):
        return
    if wrong := next(_wrong_suffix(file, name, suffixes, expected), None):
        yield wrong
        if wrong.is_error:
            return
    if file.binary.kind != LIBRARY:
        kind = _KINDS.get(file.binary.kind, "not a library")
        yield finding(
            Code.NOT_LOADABLE,
            file.place,
            f"has the name of an extension module, but is {kind}, which no Python can load",
            "add it to CMake as a library of the kind MODULE (python_add_library and the like)",
        )
    elif not _is_initialised(file, _own_name(place, module), expected.tag):
        yield _no_init(file, _own_name(place, module), expected)


def _is_for_own_systems(expected: Expectation) -> bool:
    """Whether the tag stands for systems that its user knows, as plain Linux tags do."""
    promises = expected.promises
    return all(p is not None and p.system == "linux" and not p.libc for p in promises)


def loads_by_suffix(files: Iterable[FileReport], sources: Iterable[bytes]) -> bool:
    """Whether a wheel loads libraries itself that are called like extension modules.

    The ``sources`` of Python are read only if there are files that could be such libraries.
    """
    names = ((file.place.rpartition("/")[2], file.binary.init_functions) for file in files)
    if not any(is_module_name(n) and (not inits or n.count(".") > _DOTS) for n, inits in names):
        return False
    return any(_LOADS.search(source) for source in sources)


def check_compiled(file: FileReport, expected: Expectation) -> Iterator[Finding]:
    """Say so if a file is no compiled code, though its name says that something loads it."""
    name = file.place.rpartition("/")[2]
    is_unknown = all(promise is None for promise in expected.promises)
    if is_unknown and not is_module_name(name):
        return
    yield finding(
        Code.NOT_LOADABLE,
        file.place,
        f"is {file.binary.contents}, and nothing can load it",
        "look at how it came into the wheel; if it is data, add it to `wheel.verify_ignore`",
    )


def _own_name(place: str, module: str) -> str:
    """Return the name whose function is called: a package is made by that of its directory."""
    parent = place.rpartition("/")[0].rpartition("/")[2]
    stem = module or place.rpartition("/")[2].partition(".")[0]
    return parent if stem == "__init__" and parent else stem


def _is_library(file: FileReport, name: str, module: str, expected: Expectation) -> bool:
    """Whether a file is no extension module, and need not be one."""
    binary = file.binary
    if is_module_name(name):
        # A library can have such a name, if other files of the wheel are linked to it.
        return not binary.init_functions and _is_needed(file, expected)
    if binary.kind != LIBRARY:
        return True
    if binary.init_functions:
        stem = name.partition(".")[0]
        own = {stem, stem[len("lib") :] if stem.startswith("lib") else stem}
        has_own = any(_is_initialised(file, each, expected.tag) for each in own)
        # The library of Python has functions for the modules that are built into it.
        return not has_own and (not module or python_library(name) is not None)
    is_hidden = module and not module.startswith("lib") and not _is_needed(file, expected)
    return not (is_hidden and any(symbol.name in _MAKES_MODULES for symbol in binary.imports))


def _is_needed(file: FileReport, expected: Expectation) -> bool:
    links = (link for links in expected.links.by_file.values() for link in links)
    return any(link.place == file.place and link.file != file.place for link in links)


def _is_initialised(file: FileReport, name: str, tag: WheelTag) -> bool:
    return any(
        f"{prefix}{_encoded(name)}" in file.binary.exports for prefix in _prefixes(name, tag)
    )


def _encoded(name: str) -> str:
    """Return a name as a function can have it (PEP 489)."""
    text = name if name.isascii() else name.encode("punycode", "replace").decode()
    return text.replace("-", "_")


def _prefixes(name: str, tag: WheelTag) -> tuple[str, ...]:
    """Return what the functions begin with that all Pythons of the tag call."""
    known = [set(row.init) for python in tag.pythons if (row := implementation_of(python))]
    common = set.intersection(*known) if known else set(INIT_PREFIXES)
    if all(_minor(python) >= _FIRST_WITH_EXPORT for python in tag.pythons):
        common.add("PyModExport_")
    return tuple(p if name.isascii() else f"{p[:-1]}U_" for p in sorted(common))


def _no_init(file: FileReport, name: str, expected: Expectation) -> Finding:
    binary = file.binary
    wanted = f"{_prefixes(name, expected.tag)[-1]}{_encoded(name)}"
    found = ", ".join(shortened(binary.init_functions, _SHOWN))
    uses_python = any(is_python_symbol(symbol.name) for symbol in binary.imports)
    if expected.circumstances.loads_by_suffix and not found and not uses_python:
        message = "is a library with the name of a module, and the wheel's sources load such ones"
        return finding(Code.NO_INIT_FUNCTION, file.place, message, severity=Severity.NOTE)
    return finding(
        Code.NO_INIT_FUNCTION,
        file.place,
        f"has no function {wanted}, by which Python would make it the module {name};"
        f" of such functions, it has {found or 'none'}",
        _INIT,
    )


def _wrong_suffix(
    file: FileReport, name: str, suffixes: tuple[str, ...] | None, expected: Expectation
) -> Iterator[Finding]:
    """Compare the suffix with those that the Pythons of the tag look for."""
    suffix, tag = file.suffix, expected.tag
    but = f"but the wheel's tag is {tag}"
    is_looked_for = bool(suffixes and module_named(name, suffixes))
    if suffix and not is_looked_for and (what := _other_python(suffix, tag)):
        is_stable = suffix.is_stable or all(abi.startswith("abi3") for abi in tag.abis)
        hint = _STABLE_PYTHON if is_stable else OTHER_PYTHON
        yield finding(Code.WRONG_SUFFIX, file.place, f"its suffix is that of {what}, {but}", hint)
    if suffix and (other := _other_platform(file, suffix, expected)):
        is_name_alone = other == suffix.machine and other not in file.binary.machines
        hint = _NAMED_ELSEWHERE if is_name_alone else OTHER_PYTHON
        yield finding(Code.WRONG_SUFFIX, file.place, f"its suffix is that of {other}, {but}", hint)
    if suffixes is not None and suffix and not is_looked_for:
        yield finding(
            Code.WRONG_SUFFIX,
            file.place,
            f"its suffix is .{suffix.text}{name[name.rindex('.') :]}, {but}, whose Pythons all look"
            f" for {' or '.join(suffixes)} only",
            _MAKE_MODULES,
        )
    elif suffixes is not None and not is_looked_for:
        if expected.circumstances.loads_by_suffix and name.endswith(_special(suffixes)):
            message = "has a suffix of modules after another one, and the wheel's sources load such"
            yield finding(Code.NO_MODULE_SUFFIX, file.place, message, severity=Severity.NOTE)
        else:
            yield _no_module_suffix(file, name, suffixes, tag)
    elif suffixes is None and suffix is None and not name.endswith((".so", ".pyd")):
        yield _no_module_suffix(file, name, (".so",), tag)
    if suffix and suffix.is_stable and suffix.abi not in tag.abis:
        yield finding(
            Code.STABLE_SUFFIX,
            file.place,
            f"its suffix is that of the stable ABI, {but}",
            "`wheel.python_abi = 'abi3'` makes one wheel for several versions of Python",
        )


def _special(suffixes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the suffixes that only extension modules have."""
    return tuple(suffix for suffix in suffixes if is_module_name(f"x{suffix}"))


def _no_module_suffix(
    file: FileReport, name: str, suffixes: tuple[str, ...], tag: WheelTag
) -> Finding:
    module = file.binary.module or name.partition(".")[0]
    return finding(
        Code.NO_MODULE_SUFFIX,
        file.place,
        f"is the extension module {module}, but no Python looks for it under this name, which"
        f" would have to end with {' or '.join(reversed(suffixes))}; the wheel's tag is {tag}",
        _FOR_WASM if file.binary.format == WASM else _MAKE_MODULES,
    )


def _other_python(suffix: ModuleSuffix, tag: WheelTag) -> str:
    """Return what the suffix says of Python that a Python of the tag is not."""
    if fits_python(suffix, tag):
        return ""
    if suffix.is_stable:
        return f"the ABI {suffix.abi}"
    if all(abi.startswith("abi3") for abi in tag.abis):
        return f"{suffix.python} alone"
    return f"another ABI ({suffix.abi})" if suffix.python in tag.pythons else suffix.python


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
