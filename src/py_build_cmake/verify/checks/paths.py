"""Whether a compiled file refers to the machine that it was built on."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ..finding import Code, finding
from ..formats.report import MACH_O

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..finding import Expectation, FileReport, Finding

# Directories of distributions, which exist elsewhere, too.
_SYSTEM_DIRS = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib32", "/lib64", "/System")
_APPLE_DIRS = ("/usr/lib", "/System")
# The loader replaces these.
_RELATIVE = ("$", "@")


def check_paths(file: FileReport, expected: Expectation) -> Iterator[Finding]:
    """Look for search paths and library names that are good on the building machine only."""
    rpaths = [p for p in file.binary.rpaths if _is_of_the_build(p, expected.build_dirs)]
    if rpaths:
        yield finding(
            Code.BUILD_RPATH,
            file.place,
            f"looks for libraries in {', '.join(rpaths)}: not there on other machines",
            "install it with CMake, which removes such paths, and set INSTALL_RPATH relative"
            " to $ORIGIN (on macOS, @loader_path)",
        )
    for name in file.binary.needed:
        if "/" in name and _is_fixed(name, file.binary.format):
            yield finding(
                Code.FIXED_LIBRARY_PATH,
                file.place,
                f"needs the library {name} at this very place",
                "link to a library that has an SONAME (on macOS, an install name with @rpath)",
            )


def _is_of_the_build(rpath: str, build_dirs: tuple[str, ...] | None) -> bool:
    if not rpath.startswith("/"):
        return False
    path = PurePosixPath(rpath)
    if build_dirs is None:  # somebody else's wheel
        return not any(path.is_relative_to(directory) for directory in _SYSTEM_DIRS)
    return any(path.is_relative_to(PurePosixPath(directory)) for directory in build_dirs)


def _is_fixed(name: str, binary_format: str) -> bool:
    if name.startswith(_RELATIVE):
        return False
    if binary_format != MACH_O:
        return True
    # The file name alone is looked for in standard places.
    path = PurePosixPath(name)
    return path.is_absolute() and not any(path.is_relative_to(d) for d in _APPLE_DIRS)
