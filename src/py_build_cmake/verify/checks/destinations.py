"""Whether files are where Python, or whoever uses them, looks for them once they are installed.

What is at the root of a wheel gets to ``site-packages``, which all packages share. There, ``lib``
or ``bin`` are importable directories like others, and nobody looks into them.

Sources: the binary distribution format specification for ``.data``; GNU's coding standards for the
directories of an installation; PEP 794 and setuptools (``top_level.txt``) for the names that a
wheel says it has.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from ..finding import Code, Severity, finding, shortened
from ..formats.report import LIBRARY
from ..suffix import is_module_name, may_be_loaded, site_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..expectation import Expectation
    from ..finding import FileReport, Finding

_SCHEMES = {
    "bin": "programs go into <name>-<version>.data/scripts",
    "include": "headers go into <name>-<version>.data/headers, or into a directory of the package",
    "share": "data go into a directory of the package, or into <name>-<version>.data/data/share",
    "lib": "libraries go into the directory of the modules that need them",
}
_OTHERS = ("lib64", "usr", "opt", "sbin", "Lib", "Scripts", "Include")
_PREFIX_DIRECTORIES = {
    **_SCHEMES,
    **dict.fromkeys(_OTHERS, "it has no directories of the system"),
    "lib64": _SCHEMES["lib"],
}
_SITE_PACKAGES = re.compile(
    r"(?:.+/)?(?:lib(?:64)?/python[^/]*|Lib)/(?:site|dist)-packages/(?P<rest>.+)"
)
_IMPORT_NAME = re.compile(r"^Import-Name(?:space)?:[ \t]*(?P<name>[^\s;.]+)", re.MULTILINE)
_SHOWN = 3


def check_destinations(
    places: Iterable[str], files: Iterable[FileReport], expected: Expectation
) -> Iterator[Finding]:
    """Check what lies at the root of a wheel. In conda, the root is the prefix itself."""
    if expected.circumstances.shared_with_packages:
        return
    files = tuple(files)
    listed = sorted(filter(None, map(site_place, places)))
    compiled = {site_place(file.place): file for file in files}
    yield from _check_directories(listed, compiled.keys(), expected)
    yield from _check_data(files, expected)
    names = expected.circumstances.import_names
    for place, file in compiled.items():
        name = _top_level_module(place, file)
        if name and names is not None and name not in names:
            yield _misplaced_module(file, name, expected)


def declared_names(metadata: str, top_level: str = "") -> frozenset[str]:
    """Return the names at the root of a wheel that its METADATA and ``top_level.txt`` list."""
    return frozenset((*_IMPORT_NAME.findall(metadata), *top_level.split()))


def meant_for_root(
    declared: frozenset[str],
    places: Iterable[str],
    files: Iterable[FileReport],
    texts: Callable[[], Iterable[bytes]],
) -> frozenset[str]:
    """Return the extension modules at the root of somebody else's wheel that are meant to be there.

    They are ``declared``, or something in the wheel imports them by this name, or there is
    nothing else to import. ``texts`` gives the sources of Python and the entry points; they are
    read only if there are such modules that are not declared.
    """
    modules = {_top_level_module(site_place(file.place), file) for file in files} - {""}
    others = {
        top
        for place in map(site_place, places)
        for top in (place.partition("/")[0],)
        if not top.endswith((".dist-info", ".libs", ".pyi", ".pth")) and "/" in place
    }
    if not others - _PREFIX_DIRECTORIES.keys():
        return frozenset(modules)
    # mypyc has one library for several modules, which import it by its name.
    known = {name for name in modules if name in declared or name.endswith("__mypyc")}
    unknown = modules - known
    if unknown:
        patterns = {name: _importing(name) for name in unknown}
        for text in texts():
            known |= {name for name, pattern in patterns.items() if pattern.search(text)}
    return frozenset(known)


def _importing(name: str) -> re.Pattern[bytes]:
    """Return what matches a source that imports a module by an absolute name, or an entry point."""
    word = re.escape(name.encode())
    return re.compile(
        rb"^\s*(?:import[ \t]+(?:[\w. \t]+,[ \t]*)*|from[ \t]+)%b\b" % word
        + rb"|(?:import_module|__import__)\(\s*[\"']%b[\"'.]" % word
        + rb"|^[^=\n]+=\s*%b\b" % word,
        re.MULTILINE,
    )


def _top_level_module(place: str, file: FileReport) -> str:
    """Return the module that a file at the root of a wheel is, if it is one."""
    stem = place.partition(".")[0]
    if "/" in place or not stem or file.binary.kind != LIBRARY:
        return ""
    is_module = is_module_name(place) or file.binary.module == stem
    return stem if is_module and file.binary.init_functions else ""


def _check_data(files: Iterable[FileReport], expected: Expectation) -> Iterator[Finding]:
    """Look for extension modules that are installed outside of the directories of packages.

    ``.data/data`` is the prefix, in which there can be a directory of packages.
    """
    for file in files:
        name = file.place.rpartition("/")[2]
        is_module = is_module_name(name) and file.binary.init_functions
        if site_place(file.place) or not is_module or _SITE_PACKAGES.fullmatch(file.place):
            continue
        yield finding(
            Code.MISPLACED_FILE,
            file.place,
            "is an extension module that is not installed among the packages, so that no Python"
            " finds it",
            f"install it with DESTINATION {expected.circumstances.project_module or '<package>'}",
        )


def _check_directories(
    places: list[str], compiled: Iterable[str], expected: Expectation
) -> Iterator[Finding]:
    known = expected.circumstances
    found: dict[str, list[str]] = {}
    for place in places:
        top, _, rest = place.partition("/")
        if rest and top in _PREFIX_DIRECTORIES and top not in (known.import_names or ()):
            found.setdefault(top, []).append(place)
    loaded = {place for place in compiled if may_be_loaded(place)}
    for top, below in found.items():
        if any(place.startswith(f"{top}/__init__.") for place in below):
            continue
        # Who made the wheel can mean it so, unless it is something that is to be loaded.
        is_sure = known.project_module or not loaded.isdisjoint(below)
        yield finding(
            Code.MISPLACED_FILE,
            below[0],
            f"is installed as site-packages/{below[0]}, where nothing looks for it"
            + (f" (and {len(below) - 1} more in {top})" if len(below) > 1 else ""),
            _destination(top, below, known.project_module),
            None if is_sure else Severity.WARNING,
        )


def _destination(top: str, places: list[str], module: str) -> str:
    match = next(filter(None, map(_SITE_PACKAGES.fullmatch, places)), None)
    if match:
        directory = posixpath.dirname(match["rest"]) or "."
        return (
            f"the root of a wheel is site-packages already: install it with DESTINATION {directory}"
        )
    package = module or "<package>"
    return (
        f"the root of a wheel is site-packages: {_PREFIX_DIRECTORIES[top]}. Set the DESTINATION"
        f" (such as {package}), or leave the install rule out of the component that is installed"
    )


def _misplaced_module(file: FileReport, name: str, expected: Expectation) -> Finding:
    module = expected.circumstances.project_module
    if module:
        why = f"the module of the project is {module}"
        hint = (
            f"install it with DESTINATION {module}; if {name} is the module of the project, set"
            ' `module.name` and `module.generated = "module"`; if it is another one that is meant'
            " to be there, declare it in `import-names` of `[project]`"
        )
    else:
        names = sorted(expected.circumstances.import_names or ())
        listed = ", ".join(shortened(names, _SHOWN))
        why = f"the wheel neither declares nor imports it{f' (but {listed})' if listed else ''}"
        hint = "it belongs into its package: correct the DESTINATION of its install rule"
    return finding(
        Code.MISPLACED_FILE,
        file.place,
        f"is installed as the module {name} of its own, but {why}",
        hint,
    )
