"""What a build directory was configured from, and whether that has changed. CMake keeps earlier
inputs: an option that is not given any more keeps its value, a compiler or a package that was found
stays, and so do values that a project computed from them. The result of a build must not depend on
earlier uses of its build directory. So all inputs are recorded in a file there and compared. If any
of them differs, the directory is emptied.

What is compared: the command that configures and the preload cache; the environment variables that
CMake, compilers and package searches read, and those that the project's CMake files name; the
contents of these files, of toolchain files, of presets and of initial caches; the compilers;
whether what CMake has found is still there; all of these of the configurations whose results can be
used.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.records import dataclass
from .build_dir import CACHE_FILE, PRIVATE_FOLDER, found_paths, may_be_emptied
from .file_api import scripts_read
from .host_environment import SEARCHED
from .requirements import is_temporary, without_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

_FORMAT = 2
# Compilers and CMake read these variables, and the compiled files do not show it. Sources:
# cmake-env-variables(7), "Environment Variables Affecting GCC" in its manual, "CL environment
# variables" and "LINK environment variables" in Microsoft's, nvcc's manual.
_OF_COMPILERS = frozenset(
    {
        *("ASM", "CC", "CUDACXX", "CUDAHOSTCXX", "CXX", "FC", "HIPCXX", "OBJC", "OBJCXX", "RC"),
        *("ASMFLAGS", "CFLAGS", "CUDAFLAGS", "CXXFLAGS", "FFLAGS", "HIPFLAGS", "LDFLAGS"),
        *("OBJCFLAGS", "OBJCXXFLAGS", "RCFLAGS", "SDKROOT", "DEVELOPER_DIR", "ZERO_AR_DATE"),
        *("MACOSX_DEPLOYMENT_TARGET", "IPHONEOS_DEPLOYMENT_TARGET", "SOURCE_DATE_EPOCH"),
        *(*SEARCHED, "GCC_EXEC_PREFIX", "INCLUDE", "LIB", "LIBPATH"),
        *("CL", "_CL_", "LINK", "_LINK_", "NVCC_PREPEND_FLAGS", "NVCC_APPEND_FLAGS"),
        *("CMAKE_TOOLCHAIN_FILE", "CMAKE_GENERATOR", "CMAKE_GENERATOR_INSTANCE"),
        *("CMAKE_GENERATOR_PLATFORM", "CMAKE_GENERATOR_TOOLSET", "CMAKE_BUILD_TYPE"),
        *("CMAKE_CONFIGURATION_TYPES", "CMAKE_OSX_ARCHITECTURES"),
    }
)
# Packages and programs are searched with these. Sources: find_package() and find_program() in
# cmake-commands(7), FindPython, pkg-config(1).
_OF_SEARCHES = re.compile(
    r"PATH|PYTHONPATH|PYTHONHOME|VIRTUAL_ENV|CONDA_PREFIX|PKG_CONFIG\w*|LD_LIBRARY_PATH"
    r"|DYLD_(?:FALLBACK_)?(?:LIBRARY|FRAMEWORK)_PATH|CMAKE_\w+|\w+_(?:ROOT|DIR)"
)
# These set how many compilers run and what is printed, or belong to this program.
_WITHOUT_EFFECT = re.compile(
    r"CMAKE_BUILD_PARALLEL_LEVEL|CMAKE_INSTALL_PARALLEL_LEVEL|CMAKE_NO_VERBOSE|CMAKE_COLOR\w*"
    r"|CMAKE_INSTALL_MODE|PY_BUILD_CMAKE_\w+|XDG_\w+|CCACHE_\w+|SCCACHE_\w+"
)
# $ENV{NAME}, $env{NAME} and $penv{NAME} of presets, if(DEFINED ENV{NAME}), also with variables of
# CMake in the name; and $NAME, for a shell.
_NAMED = re.compile(rb"\bP?ENV\{((?:\w|\$\{\w+\})+)\}|\$(?!P?ENV\{)([A-Za-z_]\w*)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{\w+\}")
# These differ between two calls from the same user's terminals, or are set by front ends.
_OF_CALLERS = re.compile(
    r"_|PWD|OLDPWD|SHLVL|COLUMNS|LINES|TERM\w*|TMUX\w*|STY|WINDOWID|DISPLAY|SSH_\w+|DBUS_\w+"
    r"|PIP_\w+|PYPROJECT_\w+|PEP517_\w+|_PYPROJECT_\w+|PYTEST_\w+"
)
_COMPILER = re.compile(r'^set\(CMAKE_(\w+?)_COMPILER "([^"]+)"\)$', re.MULTILINE)


class _Progress(str, Enum):
    """How far the last configuration of a directory got."""

    STARTED = "started"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True)
class Given:
    """Everything that CMake is given for a build directory, each value under a label. ``settings``
    are choices of the user. Values from the project, the machine or this program are in
    ``circumstances``. ``files`` are hashed. ``environ`` is the environment of CMake,
    ``own_variables`` are the names of those in it that the configuration sets.
    """

    settings: Mapping[str, str | None]
    circumstances: Mapping[str, str | None]
    files: Mapping[str, Path]
    environ: Mapping[str, str]
    own_variables: tuple[str, ...] = ()

    def record(self) -> dict[str, dict[str, str | None]]:
        """Return what is compared, in a form that isolated builds have in common."""
        named = sorted(_variables_in(self.files.values()).of(self.environ))
        settings = {name: self.environ.get(name) for name in sorted(_OF_COMPILERS)}
        settings.update({name: self.environ.get(name) for name in (*named, *self.own_variables)})
        searches = {
            name: value
            for name, value in sorted(self.environ.items())
            if _OF_SEARCHES.fullmatch(name)
            and not _WITHOUT_EFFECT.fullmatch(name)
            and name not in settings
        }
        return {
            "settings": {
                **{name: _normal(value) for name, value in self.settings.items()},
                **{f"environment variable {n}": _normal(v) for n, v in settings.items()},
                **{f"contents of {name}": _digest(path) for name, path in self.files.items()},
            },
            "circumstances": {
                **{name: _normal(value) for name, value in self.circumstances.items()},
                **{f"environment variable {n}": _normal(v) for n, v in searches.items()},
            },
        }


@dataclass(frozen=True)
class Staleness:
    """Why a build directory cannot be used further, and whether the object files in it can stay.
    Build tools know what an object file was made from. Object files can stay if neither the
    settings of the user nor the compiler have changed.
    """

    reason: str
    keeps_objects: bool = False
    is_announced: bool = True


class Memory:
    """What is recorded about a build directory, in a file there."""

    def __init__(self, build_dir: Path) -> None:
        self._build_dir = build_dir
        self._file = build_dir / PRIVATE_FOLDER / "configured.json"
        self._unfinished = build_dir / PRIVATE_FOLDER / "unfinished"

    def why_stale(self, given: Given) -> Staleness | None:
        """Return why the directory cannot be used further; None if it can, or if it is new."""
        return next(self._reasons(given), None)

    def _reasons(self, given: Given) -> Iterator[Staleness]:
        has_cache = (self._build_dir / CACHE_FILE).exists()
        if not self._file.exists():
            if has_cache:
                yield Staleness("an editable install, or another program, has configured it")
            return
        if self._unfinished.exists():
            yield Staleness("the last build was killed")
        before = self._read()
        if before is None or before["progress"] == _Progress.STARTED:
            yield Staleness("the last configuration was interrupted")
            return
        if before["format"] != _FORMAT:
            yield Staleness("another version of this program has configured it")
            return
        now = given.record()
        yield from map(Staleness, _changes(before["settings"], now["settings"]))
        for language, path, identity in before["compilers"]:
            if _identity(path) != identity:
                yield Staleness(f"the {language} compiler {path} was replaced")
        if before["progress"] == _Progress.FAILED or not has_cache:
            # The cause may be outside of what is recorded, so no other reason is given.
            yield Staleness("the last configuration failed", True, is_announced=False)
        for change in _changes(before["circumstances"], now["circumstances"]):
            yield Staleness(change, keeps_objects=True)
        for change in _changes_of_what_was_read(before, given.environ):
            yield Staleness(change, keeps_objects=True)

    @property
    def settings(self) -> str:
        """A digest of the settings, and of the compilers, that it was configured with."""
        return self._digest_of("settings", "compilers")

    @property
    def circumstances(self) -> str:
        """A digest of the circumstances under which it was configured."""
        return self._digest_of("circumstances", "files", "variables")

    def _digest_of(self, *groups: str) -> str:
        before = self._read() or {}
        return digest(json.dumps([before.get(group) for group in groups], sort_keys=True))

    @property
    def is_owned(self) -> bool:
        """Whether there is nothing in the directory but what builds have made."""
        before = self._read()
        return bool(before["is_owned"]) if before else may_be_emptied(self._build_dir)

    def begin(self, given: Given) -> None:
        """Record that CMake begins to configure."""
        self._write(given, _Progress.STARTED)

    def end(self, given: Given, *, failed: bool = False) -> None:
        """Record that CMake has configured, or that it failed."""
        self._write(given, _Progress.FAILED if failed else _Progress.DONE)

    def begin_build(self) -> None:
        """Record that a command begins to write files."""
        self._unfinished.parent.mkdir(parents=True, exist_ok=True)
        self._unfinished.touch()

    def end_build(self) -> None:
        """Record that the command has ended, and left no incomplete files."""
        self._unfinished.unlink(missing_ok=True)

    def _write(self, given: Given, progress: _Progress) -> None:
        is_owned = self.is_owned
        files = scripts_read(self._build_dir) if progress is _Progress.DONE else []
        variables = _variables_in(files)
        record = {
            "format": _FORMAT,
            "progress": progress.value,
            "is_owned": is_owned,
            **given.record(),
            "compilers": [
                (language, path, _identity(path))
                for language, path in compilers_in(self._build_dir)
            ],
            # Files in temporary environments are covered by the digest of all requirements.
            "files": {str(path): _digest(path) for path in files if not is_temporary(str(path))},
            "found": {n: p for n, p in found_paths(self._build_dir).items() if not is_temporary(p)}
            if progress is _Progress.DONE
            else {},
            "patterns": sorted(variables.patterns),
            "variables": {
                name: _hidden(given.environ.get(name))
                for name in sorted(variables.of(given.environ))
            },
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        # Options may be secrets.
        with self._file.open("w", encoding="utf-8", errors="surrogateescape") as file:
            self._file.chmod(0o600)
            json.dump(record, file, indent=1)

    def _read(self) -> dict[str, Any] | None:
        try:
            read = json.loads(self._file.read_bytes())
        except (OSError, ValueError):
            return None
        return read if isinstance(read, dict) and "format" in read else None


def _changes(before: Mapping[str, str | None], now: Mapping[str, str | None]) -> Iterator[str]:
    """Return a text about what changed."""
    for label in dict.fromkeys((*now, *before)):
        if before.get(label) != now.get(label):
            is_shown = _is_shown(label)
            yield f"{label} was {before.get(label)!r}" if is_shown else f"{label} changed"


def _changes_of_what_was_read(
    before: Mapping[str, Any], environ: Mapping[str, str]
) -> Iterator[str]:
    """Return texts about files and variables of the environment that CMake read or found."""
    for name, value in before["files"].items():
        if _digest(Path(name)) != value:
            yield f"{name} changed"
    for name, path in before["found"].items():
        if not os.path.exists(path):  # noqa: PTH110 - a text
            yield f"{path}, which was found as {name}, is gone"
    variables = _Variables(tuple(before["variables"]), tuple(before["patterns"]))
    for name in sorted(variables.of(environ)):
        if _hidden(environ.get(name)) != before["variables"].get(name):
            yield f"environment variable {name}, which the project's CMake reads, changed"


def _is_shown(label: str) -> bool:
    """Whether the value of what changed can be printed: other values may be secrets."""
    return label.startswith("`") or label.rpartition(" ")[2] in _OF_COMPILERS


def _normal(value: str | None) -> str | None:
    return None if value is None else without_names(value)


def _hidden(value: str | None) -> str | None:
    """Return a digest of a value in place of the value, which may be a secret."""
    if value is None:
        return None
    return digest(without_names(value))


def digest(text: str) -> str:
    """Return the hash of a text."""
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _digest(path: Path) -> str | None:
    """Return the hash of a file; None if it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


@dataclass(frozen=True)
class _Variables:
    """Environment variables by their names, and patterns for those whose names are computed."""

    names: Collection[str]
    patterns: Collection[str]

    def of(self, environ: Mapping[str, str]) -> set[str]:
        """Return the names, and those of existing variables that a pattern matches."""
        patterns = [re.compile(pattern) for pattern in self.patterns]
        return {
            *self.names,
            *(
                name
                for name in environ
                if any(pattern.fullmatch(name) for pattern in patterns)
                and not _OF_CALLERS.fullmatch(name)
                and not _WITHOUT_EFFECT.fullmatch(name)
            ),
        }


def _variables_in(paths: Iterable[Path]) -> _Variables:
    """Return the environment variables that files of CMake name."""
    found: dict[str, None] = {}
    for path in paths:
        with suppress(OSError):
            named = _NAMED.findall(path.read_bytes())
            found.update(dict.fromkeys((in_braces or bare).decode() for in_braces, bare in named))
    computed = [name for name in found if "$" in name]
    patterns = {r"\w*".join(_VARIABLE.split(name)) for name in computed}
    return _Variables(found.keys() - set(computed), patterns)


def compilers_in(build_dir: Path) -> Iterator[tuple[str, str]]:
    """Yield the languages and the compilers that CMake has found for a build directory."""
    for file in sorted(build_dir.glob("CMakeFiles/*/CMake*Compiler.cmake")):
        yield from _COMPILER.findall(os.fsdecode(file.read_bytes()))


def _identity(program: str) -> str | None:
    """Return what changes when a program is upgraded."""
    try:
        status = os.stat(program)  # noqa: PTH116 - follows links
    except OSError:
        return None
    real = os.path.realpath(program)
    # Every isolated build installs it again, in another place and with another time.
    more = "" if is_temporary(real) else f" of {status.st_mtime_ns} in {real}"
    return f"{status.st_size} bytes{more}"
