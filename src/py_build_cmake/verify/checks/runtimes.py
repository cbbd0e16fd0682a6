"""C++ exceptions between libraries that zig has linked.

Zig links its C++ library statically, with hidden symbols, into every shared library. Each has a
table of its own of the exceptions that are in flight, and type information of its own: what one
of them throws, another cannot catch by its type, nor ask for by ``std::current_exception``. One
library by itself is sound, and so is one that throws and catches what it throws. It was measured
with nanobind: with ``NB_SHARED``, its translation of exceptions is in another library than the
functions that throw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..finding import Code, finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ..finding import FileReport, Finding

# Stands in what it prints when a program is aborted.
_MARK = b"libc++abi: "


def separate_runtimes(
    reports: Iterable[FileReport], files: Mapping[str, Path]
) -> tuple[Finding, ...]:
    """Return what is wrong with libraries that need another that has a C++ runtime, as they have.

    ``files`` are those of the wheel by their places, ``reports`` describe those to check.
    """
    names = {place.rpartition("/")[2]: place for place in files}
    return tuple(
        finding(
            Code.SEPARATE_RUNTIMES,
            report.place,
            f"needs {needed}, and each of the two has a C++ runtime of its own, so"
            " that exceptions of the one are not translated or caught in the other",
            "zig links its C++ library statically: make the other a static library"
            " (nanobind: no NB_SHARED), or use `toolchain` = 'gnu' or a"
            " `toolchain_file`; if no exception crosses, name the files in"
            " `wheel.verify_ignore`",
        )
        for report in reports
        for needed in report.binary.needed
        if needed in names
        and _has_runtime(files[report.place])
        and _has_runtime(files[names[needed]])
    )


def _has_runtime(path: Path) -> bool:
    return _MARK in path.read_bytes()
