"""Whether what a wheel for the stable ABI uses of Python is in the stable ABI of its tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...platforms.stable_symbols import first_stable_version
from ..finding import Code, finding, shortened
from ..loader.exported import is_python_symbol
from ..loader.promised import is_promised, python_library
from ..suffix import site_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...platforms.stable_symbols import Version
    from ..expectation import Expectation
    from ..finding import FileReport, Finding

_SHOWN = 3
_OLDEST = (3, 2)


def check_stable_abi(file: FileReport, expected: Expectation) -> Iterator[Finding]:
    """Check the symbols of Python that a file needs, if the tag promises the stable ABI.

    So does a tag with several versions of Python, of any module that it has for all of them.
    """
    promised = expected.tag.stable_abi_version
    # What has the suffix of one Python is no module for the stable ABI, which is said elsewhere.
    is_for_one = file.suffix is not None and not file.suffix.is_stable
    if is_for_one or (promised is None and not _is_for_several(file, expected)):
        return
    used = used_of_python(file, expected)
    private = [name for name in used if first_stable_version(name) is None]
    if _has_unknown_libraries(file, expected):
        private = []  # one of them can have names that begin as Python's do
    if private:
        yield finding(
            Code.NOT_STABLE_ABI,
            file.place,
            f"uses {_list(private)}, which is not in the stable ABI, but the wheel's tag is"
            f" {expected.tag}",
            "define Py_LIMITED_API for all of its sources (USE_SABI, STABLE_ABI), so that the"
            " compiler refuses what is not in it; or set `wheel.python_abi` to 'auto'",
        )
    versions = {name: first_stable_version(name) or _OLDEST for name in used}
    newer = [name for name in used if promised and versions[name] > promised]
    if promised and newer:
        version = max(versions[name] for name in newer)
        yield finding(
            Code.NEWER_STABLE_ABI,
            file.place,
            f"uses {_list(newer)}, which the stable ABI has from CPython {_text(version)} on, but"
            f" the wheel's tag {expected.tag} promises {_text(promised)}",
            f"leave `wheel.abi3_minimum_cpython_version` out or set it to"
            f" {version[0]}{version[1]}; or compile with a lower Py_LIMITED_API",
        )


def _is_for_several(file: FileReport, expected: Expectation) -> bool:
    """Whether a module is for several versions of Python, as its tag says.

    In environments of conda, it is another package that says which Python there is.
    """
    pythons = expected.tag.pythons
    is_open = len(pythons) > 1 or pythons[0].startswith("py")
    is_module = bool(file.binary.init_functions) and bool(site_place(file.place))
    return is_open and is_module and not expected.circumstances.shared_with_packages


def used_of_python(file: FileReport, expected: Expectation) -> tuple[str, ...]:
    """Return the symbols of Python that a file needs, without those that the wheel has itself."""
    return tuple(
        symbol.name
        for symbol in file.binary.imports
        if not symbol.is_weak
        and is_python_symbol(symbol.name)
        and symbol.name not in expected.links.exporters
    )


def _has_unknown_libraries(file: FileReport, expected: Expectation) -> bool:
    """Whether a file needs a library that is neither in the wheel, nor a system's, nor Python's."""
    outside = [link.name for link in expected.links.of(file.place) if not link.place]
    promises = [promise for promise in expected.promises if promise]
    return any(
        not python_library(name) and not any(is_promised(name, p) for p in promises)
        for name in outside
    )


def oldest_cpython(files: Iterable[FileReport]) -> Version:
    """Return the oldest CPython whose stable ABI has all that files need of it.

    Symbols that no version has do not count: the proof refuses them.
    """
    return max(
        (
            version
            for file in files
            for symbol in file.binary.imports
            if not symbol.is_weak and (version := first_stable_version(symbol.name))
        ),
        default=_OLDEST,
    )


def _list(names: list[str]) -> str:
    return ", ".join(shortened(names, _SHOWN))


def _text(version: Version) -> str:
    return ".".join(map(str, version))
