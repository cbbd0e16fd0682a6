"""What :mod:`sysconfig` says on the host system: the build-time variables of the host's Python.

They are read from the ``_sysconfigdata`` module and from the ``pyconfig.h`` of that Python, if
these files are at hand. What names the Python, its directories, and the sizes of the basic types
follow from the host otherwise, so that no variable that projects ask for is missing. Nothing is
executed.

Sources: CPython's ``Lib/sysconfig.py``, ``Makefile.pre.in`` and ``Misc/python-config.sh.in``; the
data models of the System V ABI (ILP32, LP64) and of Windows (LLP64).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Union

from ..base.records import dataclass
from .python_files import sysconfigdata_variables
from .pythons import parse_soabi
from .tags import PlatformTag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .host import HostPlatform

Value = Union[str, int]
# Whoever uses it gets to read in the message of a compiler what is missing.
_UNKNOWN = Path("/nonexistent/set-cross.python")


@dataclass(frozen=True)
class HostPaths:
    """Where the files of the host's Python are on this machine, as far as it is known.

    ``include_dir`` is what compilers are given. It may be a copy that is not written yet; the
    headers that are read are in ``headers``.
    """

    include_dir: Path | None = None
    headers: Path | None = None
    prefix: Path | None = None
    library: Path | None = None
    sysconfigdata: Path | None = None

    @property
    def root(self) -> Path | None:
        """The prefix; if it is not known, the directory that ``include`` or ``lib`` is in."""
        if self.prefix:
            return self.prefix
        candidates = (self.headers, self.include_dir, self.sysconfigdata)
        for file, name in zip(candidates, ("include", "include", "lib")):
            for path in file.parents if file else ():
                if path.name == name:
                    return path.parent
        return None


def build_time_variables(host: HostPlatform, paths: HostPaths) -> dict[str, Value]:
    """Return the variables. Those of the host's own files come first, except for directories and
    for what identifies the Python, which the configuration of the build decides.
    """
    recorded = _recorded(host, paths)
    variables: dict[str, Value] = {**_defaults(host), **_sizes(host)}
    variables.update(_defines(paths.headers, host))
    variables.update(_relocated(recorded, paths.root))
    variables.update(_names(host))
    variables.update(_places(host, paths, variables))
    return variables


def sizes_of_types(variables: Mapping[str, Value]) -> dict[str, int]:
    """Return the sizes of the types whose format characters in :mod:`struct` are native."""
    names = {
        **{"P": "VOID_P", "n": "SIZE_T", "N": "SIZE_T", "l": "LONG", "L": "LONG"},
        **{"i": "INT", "I": "INT", "h": "SHORT", "H": "SHORT", "q": "LONG_LONG", "Q": "LONG_LONG"},
    }
    return {code: int(variables[f"SIZEOF_{name}"]) for code, name in names.items()}


def is_big_endian(host: HostPlatform) -> bool:
    """Whether the most significant byte of a number comes first."""
    machines = PlatformTag.parse(host.platform_tags[0]).machines
    return any(row.elf is not None and row.elf[2] for row in machines)


def _multiarch(host: HostPlatform) -> str:
    named = parse_soabi(host.soabi)
    return named.platform if named and host.system == "linux" else ""


def _names(host: HostPlatform) -> dict[str, Value]:
    return {
        "ABIFLAGS": host.abi_flags,
        "EXT_SUFFIX": host.ext_suffix,
        "LDVERSION": f"{host.dotted_version}{host.abi_flags}",
        "MULTIARCH": _multiarch(host),
        "Py_DEBUG": int("d" in host.abi_flags),
        "Py_GIL_DISABLED": int(host.is_free_threaded),
        "SHLIB_SUFFIX": host.module_suffix,
        "SOABI": host.soabi,
        "VERSION": host.dotted_version,
    }


def _places(
    host: HostPlatform, paths: HostPaths, variables: Mapping[str, Value]
) -> dict[str, Value]:
    """Return the directories and the library: those that exist, or where they would be."""
    root = paths.root or _UNKNOWN
    multiarch = _multiarch(host)
    version = f"{host.dotted_version}{host.abi_flags}"
    folder = "" if host.system == "windows" else f"python{version.replace('d', '')}"
    headers = paths.include_dir or paths.headers or root / "include" / folder
    library = paths.library or next(_libraries(root, multiarch, version), None)
    directory = _existing(variables.get("LIBDIR"), root)
    if library or directory is None:
        directory = library.parent if library else root / "lib"
    name = library.name if library else variables.get("LDLIBRARY") or f"libpython{version}.a"
    config = f"config-{version}" + (f"-{multiarch}" if multiarch else "")
    config_dir = _existing(variables.get("LIBPL"), root)
    if config_dir is None:
        config_dir = root / "lib" / f"python{version}" / config
    return {
        "INCLUDEPY": headers.as_posix(),
        "CONFINCLUDEPY": headers.as_posix(),
        "LIBDIR": directory.as_posix(),
        "LDLIBRARY": name,
        "LIBPL": config_dir.as_posix(),
        "Py_ENABLE_SHARED": int(".so" in str(name)),
        **({"prefix": root.as_posix(), "exec_prefix": root.as_posix()} if paths.root else {}),
    }


def host_library(host: HostPlatform, paths: HostPaths) -> Path | None:
    """Return the library of the host's Python, if it is there."""
    if paths.library or not paths.root:
        return paths.library
    version = f"{host.dotted_version}{host.abi_flags}"
    return next(_libraries(paths.root, _multiarch(host), version), None)


def _libraries(root: Path, multiarch: str, version: str) -> Iterator[Path]:
    for directory in (root / "lib" / multiarch, root / "lib", root / "lib64"):
        for name in (f"libpython{version}.so", f"libpython{version}.dylib"):
            if (directory / name).is_file():
                yield directory / name


def _existing(value: Value | None, root: Path) -> Path | None:
    """Return a directory of the host; one of the same name on this machine is another."""
    path = Path(str(value)) if value else None
    return path if path and path.is_relative_to(root) and path.is_dir() else None


def _defaults(host: HostPlatform) -> dict[str, Value]:
    """Return what programs that compile extension modules read, for a Python without records.

    The compilers are named as cross compilers are; CMake's own replace them once it has found them.
    """
    multiarch = _multiarch(host)
    triplet = f"{multiarch}-" if multiarch else ""
    return {
        **{"CC": f"{triplet}gcc", "CXX": f"{triplet}g++", "AR": f"{triplet}ar", "ARFLAGS": "rcs"},
        **{"CFLAGS": "-fwrapv -O2 -DNDEBUG", "OPT": "-O2 -DNDEBUG", "BASECFLAGS": "-fwrapv"},
        **{"LDSHARED": f"{triplet}gcc -shared", "LDCXXSHARED": f"{triplet}g++ -shared"},
        **{"CCSHARED": "-fPIC", "LDFLAGS": "", "LIBS": "-ldl -lm", "SYSLIBS": "-lm"},
        **{"PYTHONFRAMEWORK": ""},
    }


def _sizes(host: HostPlatform) -> dict[str, Value]:
    tag = PlatformTag.parse(host.platform_tags[0])
    bits = {row.elf[1] if row.elf else 32 for row in tag.machines} or {64}
    pointer = max(bits) // 8
    is_windows = tag.system == "windows"
    sizes = {
        **dict.fromkeys(("VOID_P", "SIZE_T", "UINTPTR_T"), pointer),
        **{"LONG": 4 if is_windows else pointer, "WCHAR_T": 2 if is_windows else 4},
        **{"SHORT": 2, "INT": 4, "LONG_LONG": 8, "FLOAT": 4, "DOUBLE": 8, "_BOOL": 1},
    }
    return {f"SIZEOF_{name}": size for name, size in sizes.items()}


def _defines(headers: Path | None, host: HostPlatform) -> dict[str, Value]:
    """Return the macros of ``pyconfig.h`` as :func:`sysconfig.parse_config_h` reads them.

    Debian's only includes that of one architecture.
    """
    if headers is None:
        return {}
    multiarch = _multiarch(host)
    for directory in (headers, headers.parent / multiarch / headers.name):
        try:
            text = (directory / "pyconfig.h").read_text("utf-8", errors="replace")
        except OSError:
            continue
        if not re.search(r"^#define SIZEOF_VOID_P ", text, re.MULTILINE):
            continue
        found: dict[str, Value] = dict.fromkeys(
            re.findall(r"^/\* #undef (\w+) \*/", text, re.MULTILINE), 0
        )
        for name, value in re.findall(r"^#define (\w+) (.+)$", text, re.MULTILINE):
            found[name] = int(value) if re.fullmatch(r"-?\d+", value) else value
        return found
    return {}


def _recorded(host: HostPlatform, paths: HostPaths) -> dict[str, Value]:
    """Return the variables in the ``_sysconfigdata`` module of the host's Python, if it is there.

    One prefix may have several Pythons, and a Python several modules: the suffix tells.
    """
    candidates = [paths.sysconfigdata] if paths.sysconfigdata else []
    if paths.root:
        candidates += sorted(paths.root.glob(f"lib/*{host.dotted_version}*/_sysconfigdata*.py"))
    for path in candidates:
        try:
            found = sysconfigdata_variables(path)
        except (OSError, SyntaxError, ValueError):
            continue
        if found.get("EXT_SUFFIX") == host.ext_suffix:
            return {n: v for n, v in found.items() if isinstance(v, (str, int))}
    return {}


def _relocated(recorded: Mapping[str, Value], root: Path | None) -> dict[str, Value]:
    """Return the variables with directories of the host where they are on this machine."""
    prefix = str(recorded.get("prefix") or "")
    if root is None or not Path(prefix).is_absolute():
        return dict(recorded)
    moved = {}
    for name, value in recorded.items():
        moved[name] = value
        if isinstance(value, str) and (value == prefix or value.startswith(f"{prefix}/")):
            there = root / value[len(prefix) :].lstrip("/")
            if there.exists():
                moved[name] = there.as_posix()
    return moved
