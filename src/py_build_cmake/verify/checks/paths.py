"""Whether a compiled file refers to the machine that it was built on."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ..finding import Code, Severity, finding
from ..formats.report import MACH_O

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..expectation import Expectation
    from ..finding import FileReport, Finding

# Directories of distributions, which exist elsewhere, too.
_SYSTEM_DIRS = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib32", "/lib64", "/System")
_APPLE_DIRS = ("/usr/lib", "/System")
# The loader replaces these.
_RELATIVE = ("$", "@")


def check_paths(file: FileReport, expected: Expectation) -> Iterator[Finding]:
    """Look for search paths and library names that are good on the building machine only."""
    build_dirs = expected.circumstances.build_dirs
    rpaths = [p for p in file.binary.rpaths if p.startswith("/") and not _is_below(p, _SYSTEM_DIRS)]
    if rpaths:
        yield finding(
            Code.BUILD_RPATH,
            file.place,
            f"looks for libraries in {', '.join(rpaths)}: not there on other machines",
            "install it with CMake, which removes such paths, and set INSTALL_RPATH relative"
            " to $ORIGIN (on macOS, @loader_path)",
            _severity(rpaths, build_dirs),
        )
    for name in file.binary.needed:
        if "/" in name and _is_fixed(name, file.binary.format):
            yield finding(
                Code.FIXED_LIBRARY_PATH,
                file.place,
                f"needs the library {name} at this very place",
                "link to a library that has an SONAME (on macOS, an install name with @rpath), or"
                " set IMPORTED_NO_SONAME for one that has none",
                _severity([name], build_dirs),
            )


def _severity(paths: Iterable[str], build_dirs: tuple[str, ...]) -> Severity:
    """Return how bad absolute paths are: those of the build are certainly not elsewhere."""
    is_of_the_build = any(_is_below(path, build_dirs) for path in paths)
    return Severity.ERROR if is_of_the_build else Severity.WARNING


def _is_below(path: str, directories: Iterable[str]) -> bool:
    return any(PurePosixPath(path).is_relative_to(PurePosixPath(d)) for d in directories)


def _is_fixed(name: str, binary_format: str) -> bool:
    if name.startswith(_RELATIVE):
        return False
    if binary_format != MACH_O:
        return True
    # The file name alone is looked for in standard places.
    path = PurePosixPath(name)
    return path.is_absolute() and not any(path.is_relative_to(d) for d in _APPLE_DIRS)
