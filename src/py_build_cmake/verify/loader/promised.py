"""Which libraries are on every system that a platform tag stands for.

Sources: PEP 513, 571, 599 and 600 for manylinux, and the policies of auditwheel for what the
distributions of PEP 600 have besides; PEP 656 for musllinux; for macOS the documentation of
``dyld`` (what is in its shared cache); for Android "Android NDK Native APIs". Windows and its DLLs
are in ``data/windows.txt``.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ...base.tables import read_table
from ..formats.report import BIONIC, GLIBC, MUSL

if TYPE_CHECKING:
    from ..promise import Promise

_DATA = Path(__file__).parent / "data"
# What glibc is made of.
_GLIBC = (
    r"lib(?:c|m)\.so\.6|libm\.so\.6\.1|libc\.so\.6\.1|lib(?:dl|anl)\.so\.2"
    r"|libnsl\.so\.1|lib(?:rt|util|mvec)\.so\.1|libpthread\.so\.0|libresolv\.so\.2"
    r"|ld-linux[^/]*\.so\.\d|ld(?:64)?\.so\.[12]"
)
# The runtimes of GCC, whose symbols have versions as those of glibc have.
_GCC = r"libgcc_s\.so\.1|libstdc\+\+\.so\.6"
_OTHERS = (
    r"libX11\.so\.6|libXext\.so\.6|libXrender\.so\.1|libICE\.so\.6|libSM\.so\.6|libGL\.so\.1"
    r"|libgobject-2\.0\.so\.0|libgthread-2\.0\.so\.0|libglib-2\.0\.so\.0"
    # Python's own modules need these two.
    r"|libz\.so\.1|libexpat\.so\.1"
)
_MANYLINUX = re.compile(f"{_GLIBC}|{_GCC}|{_OTHERS}")
_GLIBC_TABLED = re.compile(r"lib[cm]\.so\.6|libpthread\.so\.0|libdl\.so\.2|librt\.so\.1")
_VERSIONED = re.compile(rf"{_GLIBC}|{_GCC}|libatomic\.so\.1|lib(?:gomp|quadmath)\.so\.\d")
# PEP 513 and 571 have it, PEP 599 does not: Fedora went over to libcrypt.so.2.
_CRYPT, _LAST_WITH_CRYPT = "libcrypt.so.1", (2, 12)
# zlib is what apk and Python itself need.
_MUSL = re.compile(r"libc\.musl-[^/]+\.so\.1|libc\.so|ld-musl-[^/]+\.so\.1|libz\.so\.1")
_APPLE = ("/usr/lib/", "/System/Library/", "/System/iOSSupport/")
_ANDROID = re.compile(
    r"lib(?:c|m|dl|log|z|android|jnigraphics|aaudio|amidi|camera2ndk|EGL|GLESv1_CM|GLESv2|GLESv3"
    r"|icu|mediandk|nativewindow|neuralnetworks|OpenMAXAL|OpenSLES|sync|vulkan|binder_ndk)\.so"
)
# Sets of functions that Windows maps to DLLs itself.
_API_SETS = re.compile(r"(?:api|ext)-ms-[a-z0-9-]+\.dll")
# Beside python.exe, since 3.5 and 3.8.
_OF_CPYTHON = frozenset({"vcruntime140.dll", "vcruntime140_1.dll"})
_PYTHON = (
    re.compile(r"(?:.*/)?libpython3(?:\.(?P<minor>\d+)(?P<flags>[a-z]*))?\.so(?:\..*)?"),
    re.compile(r"python3(?P<minor>\d*)(?P<flags>t?(?:_d)?)\.dll", re.IGNORECASE),
    re.compile(r"(?:.*/)?libpython3\.(?P<minor>\d+)(?P<flags>[a-z]*)\.dylib"),
    # In .../Python.framework/Versions/3.13/Python, or PythonT for the free-threaded one
    re.compile(
        r"(?:.*/)?Python3?T?\.framework/(?:Versions/3\.(?P<minor>\d+)/)?Python3?(?P<flags>T?)"
    ),
    # PyPy's, which extension modules are linked to on Windows
    re.compile(r"(?:.*/)?lib(?P<pypy>pypy)3(?:\.(?P<minor>\d+))?-c(?P<flags>)\.(?:dll|so|dylib)"),
)


def is_promised(library: str, promise: Promise) -> bool:
    """Whether a library is on every system that a platform tag stands for.

    A plain ``linux_`` tag, which stands for one system, is taken for the tag of its C library.
    """
    name = library.rpartition("/")[2]
    if promise.system == "linux":
        if promise.libc == MUSL:
            return _MUSL.fullmatch(name) is not None
        is_old = promise.version is not None and promise.version <= _LAST_WITH_CRYPT
        is_common = _MANYLINUX.fullmatch(name) is not None
        is_plain = not promise.libc and _MUSL.fullmatch(name) is not None
        return is_common or is_plain or (is_old and name == _CRYPT)
    if promise.system in ("macos", "ios", "ios-simulator"):
        return library.startswith(_APPLE)
    if promise.system == "windows":
        lower = name.lower()
        return bool(_API_SETS.fullmatch(lower)) or lower in _OF_CPYTHON or lower in _windows()
    return promise.libc == BIONIC and _ANDROID.fullmatch(name) is not None


def is_part_of_glibc(library: str) -> bool:
    """Whether the versions of a library's symbols tell which of glibc and GCC it is."""
    return _VERSIONED.fullmatch(library) is not None


def is_in_table_of_glibc(library: str) -> bool:
    """Whether a library is one of those of glibc of which all symbols are known."""
    return _GLIBC_TABLED.fullmatch(library) is not None


def has_policy(promise: Promise) -> bool:
    """Whether a tag promises libraries, so that all others have to be in the wheel.

    A plain ``linux_`` tag promises nothing; which libraries other systems have, is not known.
    """
    if promise.system == "linux":
        return promise.libc in (GLIBC, MUSL)
    return promise.system in ("macos", "windows", "android")


def python_library(name: str) -> re.Match[str] | None:
    """Recognize a library of Python itself; the groups are ``minor`` version and ABI ``flags``.

    That of PyPy has a third group.
    """
    return next((match for pattern in _PYTHON if (match := pattern.fullmatch(name))), None)


@functools.cache
def _windows() -> frozenset[str]:
    return frozenset(n if "." in n else f"{n}.dll" for n in read_data("windows"))


def read_data(name: str) -> tuple[str, ...]:
    """Return the lines of one of the tables beside this module, but for comments."""
    return read_table(_DATA / f"{name}.txt")
