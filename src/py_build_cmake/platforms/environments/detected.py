"""What a module that recognises an environment returns, and what these modules share."""

from __future__ import annotations

import enum
import re
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from ...base.records import dataclass
from ..python_files import Note

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ..build_machine import BuildMachine
    from ..python_files import PythonFacts

# Variables that name compilers and other build tools, and variables that only these tools read.
_TOOLS = frozenset(
    {"CC", "CXX", "CPP", "FC", "F77", "F90", "AR", "AS", "LD", "NM", "RANLIB", "STRIP", "OBJCOPY"}
    | {"OBJDUMP", "READELF", "SIZE", "STRINGS", "ADDR2LINE", "LDSHARED", "LDCXXSHARED"}
    | {"OBJC", "OBJCXX", "CUDACXX", "CUDAHOSTCXX", "RC", "PKG_CONFIG"}
)
_FLAGS = frozenset(
    {"CFLAGS", "CXXFLAGS", "CPPFLAGS", "FFLAGS", "FCFLAGS", "LDFLAGS", "ASMFLAGS", "OBJCFLAGS"}
    | {"OBJCXXFLAGS", "CUDAFLAGS", "RCFLAGS"}
)
_PATHS = frozenset({"INCLUDE", "LIB", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR"})
# With one of these, the environment has been prepared for the packages of the host.
PKG_CONFIG_OF_HOST = ("PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR")
_PKG_CONFIG = frozenset({"PKG_CONFIG_PATH", *PKG_CONFIG_OF_HOST})
_NOT_FOR_THE_BUILD_SYSTEM = frozenset({"CMAKE_ARGS", "CMAKE_TOOLCHAIN_FILE", "ARCHFLAGS"})
# With a cross file, these may as well be for the build machine: nothing says that they are not.
_OF_PIPELINES = frozenset(
    {"CMAKE_GENERATOR", "CMAKE_PREFIX_PATH", "PYTHONPATH", *_PKG_CONFIG}
    | {"SETUPTOOLS_EXT_SUFFIX", "DIST_EXTRA_CONFIG", "CIBW_HOST_TRIPLET", "PYODIDE"}
)
# The names that conda, Yocto and Buildroot have for the build machine's own tools.
_FOR_BUILD = ("{}_FOR_BUILD", "BUILD_{}", "HOST{}")


class ReasonKind(enum.Enum):
    """The kinds of reasons why an environment leads to no cross configuration."""

    NOT_THIS = "it is not this environment"
    BUILDS_NATIVELY = "it is this environment, and it builds natively"


@dataclass(frozen=True)
class Reason:
    """Why an environment leads to no cross configuration; ``text`` is for messages."""

    kind: ReasonKind
    text: str


@dataclass(frozen=True)
class Detected:
    """A cross configuration that follows from the environment.

    ``because`` names the variables that it follows from. ``keys`` are those of the table ``cross``,
    ``options`` and ``env`` those of its ``cmake``. ``pre_build`` is the build machine, with an
    environment for a native pre-build. ``filled`` says where keys come from, ``remarks`` is other
    information for the user. ``reads_cmake_args`` is whether ``CMAKE_ARGS`` has been considered.
    """

    platform_tag: str
    because: str
    pre_build: BuildMachine
    keys: Mapping[str, object] = field(default_factory=dict)
    options: Mapping[str, Sequence[str]] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    filled: tuple[Note, ...] = ()
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    reads_cmake_args: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What was filled in, and the remarks, as sentences."""
        return (*self.remarks, *map(str, self.filled))

    @property
    def why(self) -> str:
        """Say in one line what is done, and why."""
        return f"cross-compiling for {self.platform_tag}: {self.because}"

    def table(self) -> dict[str, object]:
        """Return the table ``cross``, as a configuration file would have it."""
        keys = {n: str(v) if isinstance(v, Path) else v for n, v in self.keys.items()}
        options = {name: list(values) for name, values in self.options.items()}
        cmake = {n: v for n, v in (("options", options), ("env", dict(self.env))) if v}
        return {**keys, "arch": self.platform_tag, **({"cmake": cmake} if cmake else {})}


def native_environ(
    environ: Mapping[str, str], *, without: Iterable[str] = (), python_path: bool = False
) -> dict[str, str]:
    """Return an environment in which programs for the build machine can be compiled, from one that
    is for the host. It has the compilers that the environment names for the build machine, and
    their flags. If there are none, CMake searches. ``python_path`` keeps ``PYTHONPATH``, in which
    front ends put requirements.
    """
    removed = {*_OF_PIPELINES, *without}
    if python_path:
        removed.remove("PYTHONPATH")
    return _for_build_machine(environ, removed)


def pre_build_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a native pre-build beside a cross file: compilers and flags are for
    the host, such as those that the script of an SDK sets; all else is for both. ``PKG_CONFIG_*``
    is for the host if it names a sysroot, or replaces the directories of the build machine.
    """
    is_for_host = any(map(environ.get, PKG_CONFIG_OF_HOST))
    return _for_build_machine(environ, _PKG_CONFIG if is_for_host else frozenset())


def compilers_of_host(environ: Mapping[str, str]) -> list[str]:
    """Return the names of compilers and flags that are in the environment for the host, and not for
    the build machine as well.
    """
    native = pre_build_environ(environ)
    return sorted(name for name in _TOOLS | _FLAGS if environ.get(name) and name not in native)


def _for_build_machine(environ: Mapping[str, str], removed: Collection[str]) -> dict[str, str]:
    native = {
        name: value
        for name, value in environ.items()
        if name not in removed
        and name not in _TOOLS
        and name not in _NOT_FOR_THE_BUILD_SYSTEM
        and not name.startswith(("_PYTHON_", "_CONDA_PYTHON_"))
        and (not name.endswith("FLAGS") or name in ("MAKEFLAGS", "MFLAGS"))
    }
    for variable in sorted(_TOOLS | _FLAGS | _PATHS):
        names = (name.format(variable) for name in _FOR_BUILD)
        if value := next(filter(None, map(environ.get, names)), None):
            native[variable] = value
    return native


def existing(
    keys: Mapping[str, Path | None], where: str
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Divide paths into those that exist, and warnings about those that do not.

    ``where`` says where they come from; a path that is None is left out.
    """
    there = {name: path for name, path in keys.items() if path and path.exists()}
    warnings = (
        f"there is no {path}, which would be `{name}` according to {where}"
        for name, path in keys.items()
        if path and name not in there
    )
    return there, tuple(warnings)


def python_keys(facts: PythonFacts) -> tuple[dict[str, object], tuple[Note, ...]]:
    """Return the keys that identify a Python, and where each comes from."""
    keys: dict[str, object] = {
        name: value
        for name in ("implementation", "version", "soabi")
        if (value := facts.get(name)) is not None
    }
    flags = facts.get("abi_flags")
    if keys.get("implementation") == "cp" and "version" in keys and flags is not None:
        keys["abi"] = f"cp{keys['version']}{flags}"
    sources = ((name, facts.facts.get("abi_flags" if name == "abi" else name)) for name in keys)
    notes = (Note(name, str(keys[name]), fact.source) for name, fact in sources if fact)
    return keys, tuple(notes)


def as_tag(platform: str) -> str:
    """Return the platform tag for a value of ``sysconfig.get_platform()``."""
    return re.sub(r"[-.]", "_", platform).lower()


def dotted_version(digits: str) -> str:
    """Write ``312`` as ``3.12``."""
    return f"{digits[0]}.{digits[1:]}"


def toolchain_key(environ: Mapping[str, str]) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Return the toolchain file that the environment names, and what is wrong with it."""
    name = "CMAKE_TOOLCHAIN_FILE"
    path = Path(environ[name]) if environ.get(name) else None
    return existing({"toolchain_file": path}, f"the environment variable {name}")
