"""Whether what is in a wheel was compiled with the headers of the Python that it is for.

A module that was compiled with the headers of another Python can have the right name and the right
machine, and read objects at the wrong offsets. Compilers list what they read for the build tool, so
that it knows what to compile again; this is where it is read from.

Headers of pybind11 and nanobind are for every Python: which one a source is compiled for, says the
``Python.h`` that they include.

Sources: the manual of Ninja ("deps"), and ``deps_log.h`` of Ninja for the format of its log; GCC's
``-MD``; the layout of CMake's generated makefiles, whose ``DependInfo.cmake`` names the objects of
a target (CMake 3.20 and newer).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ...base.errors import ConfigError
from ...base.records import dataclass
from ...editable.runtime.dependencies import ninja_deps, ninja_paths
from ...platforms.host_numpy import find_numpy
from ...platforms.python_files import describe_python
from ..finding import Code, finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...project.plan import BuildPlan, CMakePass, Configuration
    from ..finding import Finding

_PYTHON_HEADERS = ("Python.h", "patchlevel.h", "pyconfig.h")
_NUMPY_HEADERS = ("numpyconfig.h", "_numpyconfig.h")
_NUMPY_OPTIONS = ("Python_NumPy_INCLUDE_DIR", "Python3_NumPy_INCLUDE_DIR")
_ALL_NAMES = tuple(name.encode() for name in (*_PYTHON_HEADERS, *_NUMPY_HEADERS))
_NAMES = b"|".join(map(re.escape, _ALL_NAMES))
_NAMES_IN_PATHS = tuple(separator + name for separator in (b"/", b"\\") for name in _ALL_NAMES)
# A line of `ninja -t deps`: what an object was made of is indented below its name.
_IN_NINJA = re.compile(rb"^    (.*[/\\](?:" + _NAMES + rb"))\r?$", re.MULTILINE)
_IN_DEPFILE = re.compile(rb"(?<=[\s:])((?:[^\s\\]|\\.)*[/\\](?:" + _NAMES + rb"))(?=\s)")
# Older versions of CMake look for headers themselves, and write this in DependInfo.cmake.
_WITHOUT_DEPFILES = re.compile(r"^set\(CMAKE_DEPENDS_CHECK_(C|CXX|CUDA|OBJC|OBJCXX)$", re.MULTILINE)
# In DependInfo.cmake: the source, the object, the kind of the dependency file, that file.
_OBJECT = re.compile(r'^  "([^"]*)" "([^"]*)" "gcc" "([^"]*)"$', re.MULTILINE)


@dataclass(frozen=True)
class HeaderRead:
    """A header of Python or NumPy, and the source file (or object) that it was read for."""

    header: Path
    source: str


@dataclass(frozen=True)
class HostHeaders:
    """Where the host's headers are. Empty ``python`` means that nobody said where.

    ``foreign`` are those of the Python that runs the build, if they are not the host's.
    """

    python: tuple[Path, ...]
    foreign: tuple[Path, ...]
    numpy: tuple[Path, ...]
    version: str
    implementation: str


def check_headers(plan: BuildPlan, main: CMakePass) -> Iterator[Finding]:
    """Find sources of the wheel that were compiled with headers of another Python or NumPy."""
    expected = host_headers(plan, main)
    for configuration in main.configurations:
        known = _headers_of_ninja(configuration.build_dir)
        if known is not None and not any(_what_is_wrong(header, expected) for header in known):
            continue
        read = headers_read(configuration.build_dir)
        if read is None:
            yield _unknown(configuration)
            continue
        judged = {header: _what_is_wrong(header, expected) for header in {r.header for r in read}}
        wrong = [each for each in read if judged[each.header]]
        # Several headers of one directory say the same of a source.
        for (source, _), header in {(r.source, r.header.parent): r.header for r in wrong}.items():
            path = Path(source)
            if path.is_relative_to(plan.config.project_dir):
                path = path.relative_to(plan.config.project_dir)
            yield finding(
                Code.FOREIGN_HEADERS,
                path.as_posix(),
                f"was compiled with {header.parent}, {judged[header]}",
                _advice(expected, header.name in _NUMPY_HEADERS),
            )


def host_headers(plan: BuildPlan, cmake_pass: CMakePass) -> HostHeaders:
    """Return where the headers of the Python that a pass compiles for are.

    NumPy's are in what the build can import in a native build, and in ``cross.site_packages``, or
    where the CMake option ``Python_NumPy_INCLUDE_DIR`` says, in a cross build.
    """
    host, cross, machine = cmake_pass.host, cmake_pass.cross, plan.machine
    own = [machine.include_dir] if machine.include_dir else []
    python, foreign, numpy = own, list[Path](), list(machine.import_paths)
    if cross:
        written = plan.config.cross
        # The host's own headers are right as well if others were made of them.
        named = written.include_dir if written and not cross.uses_build_headers else None
        python, foreign = [path for path in (cross.include_dir, named) if path], own
        if cross.force_native_python:
            python, foreign = [*python, *own], []
        found = find_numpy(cross.site_packages, host.soabi).include_dir
        numpy = [found] if found else []
        for configuration in cmake_pass.configurations:
            options = configuration.config.options
            numpy += [Path(options[name].text) for name in _NUMPY_OPTIONS if name in options]
    return HostHeaders(
        _real(python),
        _real(foreign),
        _real(numpy),
        version=host.version,
        implementation=host.implementation,
    )


def headers_read(build_dir: Path) -> list[HeaderRead] | None:
    """Return which headers of Python and NumPy were read for which source files.

    None: the build tool of this directory keeps no such list, or it cannot be read.
    """
    if (build_dir / "build.ninja").is_file():
        listed = ninja_deps(build_dir)
        return None if listed is None else list(_of_ninja(listed, build_dir))
    infos = [path.read_text("utf-8", "replace") for path in build_dir.rglob("DependInfo.cmake")]
    is_known = (build_dir / "Makefile").is_file() and not any(map(_WITHOUT_DEPFILES.search, infos))
    return [read for info in infos for read in _of_make(info, build_dir)] if is_known else None


def _headers_of_ninja(build_dir: Path) -> frozenset[Path] | None:
    """Return the headers of Python and NumPy that anything was ever compiled with in a directory.

    None: Ninja's log is not there, or not known.
    """
    paths = ninja_paths(build_dir) if (build_dir / "build.ninja").is_file() else None
    if paths is None:
        return None
    return frozenset(_path(build_dir, path) for path in paths if path.endswith(_NAMES_IN_PATHS))


def _of_ninja(listed: bytes, build_dir: Path) -> Iterator[HeaderRead]:
    for match in _IN_NINJA.finditer(listed):
        # The entry of an object begins after an empty line, with a line about the object and one
        # about its source. The list may begin without an empty line.
        start = listed.rfind(b"\n\n", 0, match.start()) + 1
        about, first = listed[start : match.end()].lstrip(b"\n").split(b"\n", 2)[:2]
        if b"(STALE)" in about:
            continue
        first = first.strip()
        source = first if first.endswith(_SOURCES) else about.partition(b": ")[0]
        yield HeaderRead(_path(build_dir, match[1]), str(_path(build_dir, source)))


_SOURCES = tuple(
    f".{suffix}".encode()
    for suffix in ("c", "cc", "cpp", "cxx", "C", "c++", "m", "mm", "cu", "ixx", "cppm")
)


def _of_make(info: str, build_dir: Path) -> Iterator[HeaderRead]:
    for source, _, depfile in _OBJECT.findall(info):
        path = build_dir / depfile
        if path.is_file():
            # A name is never on two lines.
            for line in _lines_with_names(path.read_bytes()):
                for match in _IN_DEPFILE.finditer(b" " + line.rstrip(b"\\") + b" "):
                    header = re.sub(rb"\\(.)", rb"\1", match[1])
                    yield HeaderRead(_path(build_dir, header), source)


def _lines_with_names(data: bytes) -> Iterator[bytes]:
    """Yield the lines that one of the names is in. To search for a text is ten times faster."""
    lines: set[tuple[int, int]] = set()
    for name in _ALL_NAMES:
        at = data.find(name)
        while at >= 0:
            end = data.find(b"\n", at)
            end = end if end >= 0 else len(data)
            lines.add((data.rfind(b"\n", 0, at) + 1, end))
            at = data.find(name, end)
    for start, end in sorted(lines):
        yield data[start:end]


def _path(build_dir: Path, name: bytes) -> Path:
    return build_dir / name.decode(errors="surrogateescape").strip()


def _real(paths: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(path.resolve() for path in paths))


def _what_is_wrong(header: Path, expected: HostHeaders) -> str:
    """Say whose headers these are if they are not the host's; empty if they are."""
    directory = header.resolve().parent
    if header.name in _NUMPY_HEADERS:
        inside = any(directory.is_relative_to(root) for root in expected.numpy)
        return "" if inside else "which is not the NumPy that the wheel is compiled for"
    return "" if _belongs(directory, expected.python, header.name) else _whose(header, expected)


def _whose(header: Path, expected: HostHeaders) -> str:
    """Say whose headers these are that are not where the host's are; empty if they may be."""
    directory = header.resolve().parent
    if _belongs(directory, expected.foreign, header.name):
        return "the headers of the Python that runs the build"
    if header.name == "pyconfig.h" and not expected.python:
        return ""  # In Debian it lies apart, and says no version; the other headers do.
    try:
        facts = describe_python(directory, "")
    except ConfigError:
        return "which are not the headers of the Python that the wheel is for"
    identity = facts.get("implementation"), facts.get("version")
    if not expected.python and identity == (expected.implementation, expected.version):
        return ""
    return f"headers of {''.join(map(str, identity))}, not those of the Python of the wheel"


def _belongs(directory: Path, roots: Iterable[Path], name: str) -> bool:
    """Whether a header's directory is that of a Python, or where Debian keeps its pyconfig.h.

    For ``/usr/include/python3.11``, that is ``/usr/include/<triplet>/python3.11``.
    """
    apart = (directory.parent.parent, directory.name)
    return any(
        directory == root or (name == "pyconfig.h" and apart == (root.parent, root.name))
        for root in roots
    )


def _advice(expected: HostHeaders, is_numpy: bool) -> str:
    if is_numpy:
        return (
            "link the target with Python::NumPy; in a cross build, name the host's NumPy in"
            " `cross.site_packages`"
        )
    where = f", which are in {expected.python[0]}" if expected.python else ""
    return (
        f"compile with the host's headers{where}: link the target with Python::Module of"
        " find_package(Python COMPONENTS Interpreter Development.Module), and let nothing else"
        " add an include directory of a Python; in a cross build, `cross.python` or"
        " `cross.include_dir` names the host's"
    )


def _unknown(configuration: Configuration) -> Finding:
    return finding(
        Code.UNKNOWN_HEADERS,
        str(configuration.build_dir),
        "which headers of Python were compiled with is not known, because the build tool keeps no"
        " list of what compilers read",
        "use Ninja, or CMake 3.20 or newer with Make",
    )
