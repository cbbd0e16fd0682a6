"""``cross.python = "build"``: the headers of a CPython for Linux, for another machine.

CPython's headers are the same everywhere, except for ``pyconfig.h``, which describes the machine
that Python was compiled for. So the headers are copied, and ``pyconfig.h`` is replaced by one that
includes the original, undefines its macros about the processor, and defines its macros about the
data model by what the compiler says about the host. Macros that are equal on all Linux systems are
checked. If one of these is wrong, compiling fails. The headers must be copies, because ``#include
"pyconfig.h"`` looks first in the directory of the file with the directive: headers that include the
originals would get the original ``pyconfig.h``.

The ``pyconfig.h`` for Windows is in :mod:`.windows_headers`, that for macOS in :mod:`.mac_headers`.

The headers are those of the Python that runs the build, or, for another version, of a directory
that the user names or that a build requirement has.

Sources: CPython's configure.ac and public headers; "Common Predefined Macros" in the manual of GCC,
which Clang has, too.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import ConfigError, Problem
from ..base.records import dataclass
from .python_files import (
    Fact,
    PythonFacts,
    abi_flags_of,
    describe_headers,
    header_defines,
    is_for_windows,
    second_half,
)
from .pythons import parse_abi, parse_soabi
from .tags import PlatformTag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..base.places import Place
    from .build_machine import BuildMachine

BUILD_PYTHON = "build"
_KEY = f'`python` = "{BUILD_PYTHON}"'
_TEMPLATES = Path(__file__).with_name("templates")
# The ABI flags, and what pyconfig.h says where they are set.
FLAG_MACROS = {"t": "Py_GIL_DISABLED", "d": "Py_DEBUG"}
_ORIGINAL = "pyconfig_of_build_python.h"
# The directories of CPython's own headers. Others, such as NumPy's, may describe this machine.
_DIRECTORIES = ("", "cpython", "internal", "internal/mimalloc", "internal/mimalloc/mimalloc")
_SYSTEMS = ("linux", "windows", "mac")
_OTHER_HOST = "point `python` at the host system's Python, for example in a sysroot"

# What configure found out about the processor, the compiler for it, or the whole platform.
_OF_THE_PROCESSOR = (
    *("HAVE_GCC_ASM_FOR_X64", "HAVE_GCC_ASM_FOR_X87", "HAVE_GCC_ASM_FOR_MC68881"),
    *("X87_DOUBLE_ROUNDING", "HAVE_ALIGNED_REQUIRED", "PY_SUPPORT_TIER"),
    *("_Py_HACL_CAN_COMPILE_VEC128", "_Py_HACL_CAN_COMPILE_VEC256"),
    *("_Py_HACL_CAN_COMPILE_SIMD128", "_Py_HACL_CAN_COMPILE_SIMD256"),
    *("HACL_CAN_COMPILE_SIMD128", "HACL_CAN_COMPILE_SIMD256"),
)
# The types behind the SIZEOF_ and ALIGNOF_ macros, and the headers that have them.
_TYPES = {
    "DOUBLE": ("double", ""),
    "FLOAT": ("float", ""),
    "FPOS_T": ("fpos_t", "stdio.h"),
    "INT": ("int", ""),
    "LONG": ("long", ""),
    "LONG_DOUBLE": ("long double", ""),
    "LONG_LONG": ("long long", ""),
    "MAX_ALIGN_T": ("max_align_t", "stddef.h"),
    "OFF_T": ("off_t", "sys/types.h"),
    "PID_T": ("pid_t", "sys/types.h"),
    "PTHREAD_KEY_T": ("pthread_key_t", "pthread.h"),
    "PTHREAD_T": ("pthread_t", "pthread.h"),
    "SHORT": ("short", ""),
    "SIZE_T": ("size_t", "stddef.h"),
    "TIME_T": ("time_t", "time.h"),
    "UINTPTR_T": ("uintptr_t", "stdint.h"),
    "VOID_P": ("void *", ""),
    "WCHAR_T": ("wchar_t", "stddef.h"),
    "_BOOL": ("PY_BUILD_CMAKE_BOOL", ""),
}
# Macros that differ between data models, and the compiler's own macros with their values. The
# alignment of these types is their size.
_OF_THE_COMPILER = {
    "SIZEOF_LONG": "__SIZEOF_LONG__",
    "SIZEOF_LONG_DOUBLE": "__SIZEOF_LONG_DOUBLE__",
    "SIZEOF_SIZE_T": "__SIZEOF_SIZE_T__",
    "SIZEOF_UINTPTR_T": "__SIZEOF_POINTER__",
    "SIZEOF_VOID_P": "__SIZEOF_POINTER__",
    "ALIGNOF_LONG": "__SIZEOF_LONG__",
    "ALIGNOF_SIZE_T": "__SIZEOF_SIZE_T__",
}
# The same, without such macros. No public header of CPython has them in an `#if`, where the
# expressions that are defined for them would be errors.
_OF_THE_C_LIBRARY = ("SIZEOF_FPOS_T", "SIZEOF_OFF_T", "SIZEOF_PTHREAD_T", "SIZEOF_TIME_T")


_WHY = (
    '" is not the same on the host system as in the headers of the Python that runs the build: "'
    ' "cross.python = \\"build\\" cannot be used; point it at the host system\'s Python"'
)


@dataclass(frozen=True)
class BuildHeaders:
    """Headers of a Python: their directory, and the ``pyconfig.h`` with the macros. On
    Debian the latter is in another directory; the ``pyconfig.h`` beside the other headers includes
    it.
    """

    directory: Path
    pyconfig: Path


def describe_build_python(  # noqa: PLR0913 - the keys of one table
    machine: BuildMachine,
    where: Place | str,
    platform_tags: tuple[str, ...],
    *,
    version: str | None = None,
    flags: str | None = None,
    include_dir: Path | None = None,
) -> PythonFacts:
    """Describe the Python of a host system by headers of the build machine.

    Without more arguments, they are those of the Python that runs the build. ``include_dir`` has
    others. If ``version`` (``312``) or the ABI ``flags`` (``t``) are those of another Python, its
    headers are searched beside the Python that runs the build and in build requirements.

    :raises ConfigError: the headers cannot be used for the platforms, or are not installed.
    """
    if include_dir is None and (version or flags is not None):
        wanted = version or machine.version, flags or ""
        if wanted != (machine.version, machine.abi_flags.replace("d", "")):
            include_dir = _search_headers(machine, *wanted)
    if problems := list(_unusable(machine, platform_tags, where)):
        raise ConfigError.from_problems(problems)
    headers = find_build_headers(machine, where, include_dir)
    if include_dir:
        found = describe_headers(include_dir, where).facts
        names = ("implementation", "version", "include_dir")
        facts = {name: found[name] for name in names if name in found}
        of_headers = abi_flags_of(headers.pyconfig, header_defines(headers.pyconfig))
        return PythonFacts({**facts, "abi_flags": of_headers})
    source = f"the Python that runs the build ({machine.executable})"
    values = {
        "implementation": machine.implementation,
        "version": machine.version,
        "abi_flags": machine.abi_flags,
    }
    return PythonFacts({name: Fact(value, source) for name, value in values.items()})


def wanted_python(
    version: str | None, abi: str | None, abiflags: str | None
) -> tuple[str | None, str | None]:
    """Return the version and the ABI flags that keys of a cross configuration ask for."""
    known = parse_abi(abi)
    version = version.replace(".", "") if version else (known.version if known else None)
    return version, abiflags if abiflags is not None else (known.flags if known else None)


def _search_headers(machine: BuildMachine, version: str, flags: str) -> Path | None:
    """Return the include directory of another Python, beside that of the Python that runs the
    build or in a build requirement; None if there is none.
    """
    name = f"include/python{version[0]}.{version[1:]}{flags}/patchlevel.h"
    places = [prefix / name for prefix in machine.prefixes]
    for path in machine.import_paths:
        places += [path / name, *sorted(path.glob(f"*/{name}"))]
    return next((place.parent for place in places if place.is_file()), None)


def _unusable(
    machine: BuildMachine, platform_tags: tuple[str, ...], where: Place | str
) -> Iterator[Problem]:
    for tag in platform_tags:
        system = PlatformTag.parse(tag).system
        if system not in _SYSTEMS:
            yield Problem(
                f"{_KEY} works for wheels for Linux, Windows and macOS only, not for {tag!r}: on"
                " other systems Python has other headers",
                where,
                _OTHER_HOST,
            )
        elif system == "windows" and "d" in machine.abi_flags:
            yield Problem(
                f"{_KEY}, but {machine.executable} is a debug build: debug builds for Windows need"
                " a C library that only Microsoft's compilers have",
                where,
                "run the build with a Python that is no debug build",
            )


def find_build_headers(
    machine: BuildMachine, where: Place | str, include_dir: Path | None = None
) -> BuildHeaders:
    """Return the headers of the build Python, or those in ``include_dir``.

    :raises ConfigError: they are not installed, or are not those of a CPython on Linux.
    """
    if include_dir is None and (machine.os, machine.implementation) != ("linux", "cp"):
        raise ConfigError(
            f"{_KEY} works with CPython on Linux only, not with {machine.implementation_name} on"
            f" {machine.os}",
            where=where,
            hint=_OTHER_HOST,
        )
    directory = include_dir or machine.include_dir
    pyconfig = None
    if directory and (directory / "patchlevel.h").is_file():
        soabi = None if include_dir else machine.soabi
        pyconfig = _pyconfig(directory, soabi)
    if directory is None or pyconfig is None:
        of_whom = "there" if include_dir else f"of {machine.executable}"
        raise ConfigError(
            f"{_KEY}, but the headers {of_whom} are not installed: there is no complete set in"
            f" {directory}",
            where=where,
            hint="install them, on Debian for example with the package python3-dev",
        )
    if include_dir and _is_foreign(directory, pyconfig):
        raise ConfigError(
            f"{_KEY} works with headers of CPython on Linux only, which those in {directory} are"
            " not",
            where=where,
            hint=_OTHER_HOST,
        )
    return BuildHeaders(directory, pyconfig)


def _is_foreign(directory: Path, pyconfig: Path) -> bool:
    """Whether headers are those of PyPy, or of CPython on Windows."""
    is_pypy = "PYPY_VERSION" in header_defines(directory / "patchlevel.h")
    return is_pypy or is_for_windows(pyconfig)


def _pyconfig(directory: Path, soabi: str | None) -> Path | None:
    """Return the ``pyconfig.h`` with the macros. Debian's in ``include`` only includes it."""
    pyconfig = directory / "pyconfig.h"
    if not pyconfig.is_file():
        return None
    return (
        pyconfig if "SIZEOF_VOID_P" in header_defines(pyconfig) else second_half(directory, soabi)
    )


def copied_headers(headers: BuildHeaders) -> dict[str, str]:
    """Return CPython's own headers by their relative paths; the ``pyconfig.h`` among them is that
    of the build machine.
    """
    files = {}
    for directory in _DIRECTORIES:
        for header in sorted((headers.directory / directory).glob("*.h")):
            files[header.relative_to(headers.directory).as_posix()] = _text(header)
    return files


def overlay_files(headers: BuildHeaders) -> dict[str, str]:
    """Return the files of an include directory for another Linux host, by their relative paths."""
    return {
        **copied_headers(headers),
        _ORIGINAL: _text(headers.pyconfig),
        "pyconfig.h": overlay_pyconfig(headers.pyconfig),
    }


def find_second_half(directory: Path, soabi: str, where: Place | str) -> Path:
    """Return the ``pyconfig.h`` that Debian's in a directory includes for the machine in ``soabi``.

    :raises ConfigError: there is none.
    """
    pyconfig = second_half(directory, soabi)
    if pyconfig is None:
        named = parse_soabi(soabi)
        other = directory.parent / (named.platform if named else "TRIPLET") / directory.name
        raise ConfigError(
            f"{directory / 'pyconfig.h'} only includes that of a machine, and there is no"
            f" {other / 'pyconfig.h'}",
            where=where,
            hint="install the headers of Python for the machine of the host system, in Debian the"
            " package libpython3-dev of that architecture",
        )
    return pyconfig


def joined_headers(directory: Path, soabi: str, where: Place | str) -> dict[str, str]:
    """Return the files of an include directory of Debian with the ``pyconfig.h`` that the one in it
    includes from another directory, by their relative paths.

    :raises ConfigError: there is none for the machine in ``soabi``.
    """
    pyconfig = find_second_half(directory, soabi, where)
    # The folder of NumPy's headers is a link.
    headers = sorted(
        Path(folder, name)
        for folder, _, names in os.walk(directory, followlinks=True)
        for name in names
        if name.endswith((".h", ".hpp", ".hxx"))
    )
    files = {path.relative_to(directory).as_posix(): _text(path) for path in headers}
    return {**files, "pyconfig.h": _text(pyconfig)}


def _text(header: Path) -> str:
    # Latin-1 maps every byte to a character, so the bytes are written back unchanged.
    return header.read_bytes().decode("utf-8", "surrogateescape")


def overlay_pyconfig(original: Path) -> str:
    """Return a ``pyconfig.h`` that corrects the original for the host, or stops the compiler. It is
    valid in C89, C++98 and later standards.
    """
    defines = header_defines(original)
    # CMake's FindPython and others search the text for these.
    flags = "".join(
        f"#define {name} 1\n" for name in FLAG_MACROS.values() if defines.get(name) == "1"
    )
    undefined = "".join(f"#undef {name}\n" for name in _OF_THE_PROCESSOR)
    sizes = [name for name in defines if re.match(r"(SIZEOF|ALIGNOF)_", name)]
    known = sorted(name for name in sizes if name.partition("_")[2] in _TYPES)
    # The values of these macros are not known for the host, so they are undefined.
    unknown = "".join(f"#undef {name}\n" for name in sorted(sizes) if name not in known)
    of_compiler = "".join(
        f"#ifdef {value}\n#  undef {name}\n#  define {name} {value}\n#endif\n"
        for name, value in _OF_THE_COMPILER.items()
        if name in sizes
    )
    # Their headers may not be included before the macros of features are right.
    of_library = "".join(
        f"#  undef {name}\n#  define {name} (sizeof({_type_of(name)[0]}))\n"
        for name in _OF_THE_C_LIBRARY
        if name in sizes
    )
    pointer = defines.get("SIZEOF_VOID_P", "0")
    words = {
        "@ORIGINAL@": f"{original.parent.name}/{original.name}",
        "@POINTER@": pointer,
        "@OF_THE_COMPILER@": of_compiler,
        "@OF_THE_LIBRARY@": of_library,
        "@COPY@": _ORIGINAL,
        "@FLAGS@": flags,
        "@UNDEFINED@": undefined + unknown,
        "@ASSERTIONS@": assertions(known, _WHY, "of_build_python_is_wrong_on_host"),
    }
    return filled_template("pyconfig.h.in", words)


def filled_template(name: str, words: Mapping[str, str]) -> str:
    """Return one of the templates with words of it replaced."""
    text = (_TEMPLATES / name).read_text("utf-8")
    return re.sub(r"@[A-Z_]+@", lambda match: words.get(match[0], match[0]), text)


def assertions(names: Iterable[str], why: str, wrong: str) -> str:
    """Return C code that stops the compiler if one of the macros about sizes and alignments is not
    true of it. ``why`` are string literals for what its message says after the name, ``wrong`` is
    the same as a part of an identifier, for compilers that show nothing else.
    """
    known = sorted(name for name in names if name.partition("_")[2] in _TYPES)
    includes = sorted({f"#include <{h}>\n" for name in known if (h := _type_of(name)[1])})
    words = {
        "@INCLUDES@": "".join(includes),
        "@WHY@": why,
        "@WRONG@": wrong,
        "@CHECKS@": "".join(map(_check, known)),
    }
    return filled_template("assertions.h.in", words).rstrip("\n")


def _type_of(name: str) -> tuple[str, str]:
    return _TYPES[name.partition("_")[2]]


def _check(name: str) -> str:
    measure, type_ = "sizeof", _type_of(name)[0]
    if name.startswith("ALIGNOF_"):
        measure = "PY_BUILD_CMAKE_ALIGNOF"
    value = f"{measure}({type_})"
    if name == "SIZEOF_LONG_LONG":
        value = "PY_BUILD_CMAKE_SIZEOF_LONG_LONG"
    check = f"PY_BUILD_CMAKE_CHECK({name}, {value} == {name});\n"
    if name == "ALIGNOF_MAX_ALIGN_T":
        # The type is not in older standards.
        return f"#if defined({name}) && defined(PY_BUILD_CMAKE_MODERN)\n{check}#endif\n"
    return check
