"""``cross.python = "build"``: the headers of the build Python, for another machine.

CPython's headers are the same everywhere, except for ``pyconfig.h``, which describes the machine
that Python was compiled for. That of Windows is in :mod:`.windows_headers`. Between 64-bit Linux
systems the entries that the ABI depends on are
equal. So the headers are copied, and ``pyconfig.h`` is replaced by one that includes the original,
undefines its macros about the processor, and asserts its macros about the data model. If these are
wrong, compiling fails. The headers must be copies, because ``#include "pyconfig.h"`` looks first in
the directory of the file with the directive: headers that include the originals would get the
original ``pyconfig.h``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import ConfigError, Problem
from ..base.records import dataclass
from .python_files import Fact, PythonFacts, header_defines
from .tags import PlatformTag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..base.places import Place
    from .build_machine import BuildMachine

BUILD_PYTHON = "build"
_KEY = f'`python` = "{BUILD_PYTHON}"'
_TEMPLATES = Path(__file__).with_name("templates")
_ORIGINAL = "pyconfig_of_build_python.h"
# The directories of CPython's own headers. Others, such as NumPy's, may describe this machine.
_DIRECTORIES = ("", "cpython", "internal", "internal/mimalloc", "internal/mimalloc/mimalloc")
_SYSTEMS = ("linux", "windows")
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


_WHY = (
    '" is not the same on the host system as in the headers of the Python that runs the build: "'
    ' "cross.python = \\"build\\" cannot be used; point it at the host system\'s Python"'
)


@dataclass(frozen=True)
class BuildHeaders:
    """The headers of the build Python: their directory, and the ``pyconfig.h`` with the macros. On
    Debian the latter is in another directory; the ``pyconfig.h`` beside the other headers includes
    it.
    """

    directory: Path
    pyconfig: Path


def describe_build_python(
    machine: BuildMachine, where: Place | str, platform_tags: tuple[str, ...]
) -> PythonFacts:
    """Describe the Python of a host system by the one that runs the build.

    :raises ConfigError: its headers cannot be used for the platforms, or are not installed.
    """
    source = f"the Python that runs the build ({machine.executable})"
    find_build_headers(machine, where)
    if problems := list(_unusable(machine, platform_tags, where)):
        raise ConfigError.from_problems(problems)
    values = {
        "implementation": machine.implementation,
        "version": machine.version,
        "abi_flags": machine.abi_flags,
    }
    return PythonFacts({name: Fact(value, source) for name, value in values.items()})


def _unusable(
    machine: BuildMachine, platform_tags: tuple[str, ...], where: Place | str
) -> Iterator[Problem]:
    for tag in platform_tags:
        system = PlatformTag.parse(tag).system
        if system not in _SYSTEMS:
            yield Problem(
                f"{_KEY} works for wheels for Linux and Windows only, not for {tag!r}: on other"
                " systems Python has other headers",
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


def find_build_headers(machine: BuildMachine, where: Place | str) -> BuildHeaders:
    """Return the headers of the build Python.

    :raises ConfigError: they are not installed, or are not those of a CPython on Linux.
    """
    if (machine.os, machine.implementation) != ("linux", "cp"):
        raise ConfigError(
            f"{_KEY} works with CPython on Linux only, not with {machine.implementation_name} on"
            f" {machine.os}",
            where=where,
            hint=_OTHER_HOST,
        )
    directory = machine.include_dir
    pyconfig = _find_pyconfig(directory, machine.soabi) if directory else None
    if directory is None or pyconfig is None or not (directory / "patchlevel.h").is_file():
        raise ConfigError(
            f"{_KEY}, but the headers of {machine.executable} are not installed: there is no"
            f" complete set in {directory}",
            where=where,
            hint="install them, on Debian for example with the package python3-dev",
        )
    return BuildHeaders(directory, pyconfig)


def _find_pyconfig(directory: Path, soabi: str) -> Path | None:
    """Return the ``pyconfig.h`` with the macros. Debian's in ``include`` only includes it."""
    pyconfig = directory / "pyconfig.h"
    if not pyconfig.is_file():
        return None
    if "SIZEOF_VOID_P" in header_defines(pyconfig):
        return pyconfig
    text = pyconfig.read_text("utf-8", errors="replace")
    for triplet, rest in re.findall(r"#\s*include\s*<([^/>]+)/([^>]+)>", text):
        other: Path = directory.parent / triplet / rest
        if soabi.endswith(f"-{triplet}") and other.is_file():
            return other
    return None


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
        f"#define {name} 1\n"
        for name in ("Py_GIL_DISABLED", "Py_DEBUG")
        if defines.get(name) == "1"
    )
    undefined = "".join(f"#undef {name}\n" for name in _OF_THE_PROCESSOR)
    sizes = [name for name in defines if re.match(r"(SIZEOF|ALIGNOF)_", name)]
    known = sorted(name for name in sizes if name.partition("_")[2] in _TYPES)
    # The values of these macros are not known for the host, so they are undefined.
    unknown = "".join(f"#undef {name}\n" for name in sorted(sizes) if name not in known)
    words = {
        "@ORIGINAL@": str(original),
        "@COPY@": _ORIGINAL,
        "@FLAGS@": flags,
        "@UNDEFINED@": undefined + unknown,
        "@ASSERTIONS@": assertions(known, _WHY, "of_build_python_is_wrong_on_host"),
    }
    return filled_template("pyconfig.h.in", words)


def filled_template(name: str, words: Mapping[str, str]) -> str:
    """Return one of the templates with words of it replaced."""
    text = (_TEMPLATES / name).read_text("utf-8")
    return re.sub(r"@[A-Z]+@", lambda match: words.get(match[0], match[0]), text)


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
