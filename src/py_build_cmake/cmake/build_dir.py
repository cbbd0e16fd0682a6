"""The build directory: what is written into it, what makes it stale, and stable paths in it.

CMake keeps the source directory, the generator, the compilers and the flags of the first time, and
refuses or silently ignores others. A build directory that was made for others starts afresh. Files
that are written for a build keep their time if they did not change, so that nothing is rebuilt.

A front end installs build requirements into a new temporary directory for every build. Headers of
nanobind, pybind11 or NumPy then have another path each time, and their time is now: everything
would be compiled again. So CMake, and what CMake runs, see them through links in the build
directory. The name of a link is a digest of what is installed there: the same requirements have the
same path, others have another one, and what was compiled with them is compiled again. Since the
path stands for the contents, the files can be given an old time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.masking import is_secret, looks_secret
from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ..base.masking import Mask
    from ..platforms.build_machine import BuildMachine


def write_files(files: Mapping[Path, str]) -> None:
    """Write files whose contents changed."""
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_if_different(path, text)


def write_if_different(path: Path, text: str) -> None:
    """Write a file if its contents changed."""
    # Paths that the locale's encoding cannot express are bytes to the system, and to CMake.
    data = text.encode(errors="surrogateescape")
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)


CACHE_FILE = "CMakeCache.txt"
PRIVATE_FOLDER = "py-build-cmake"
_ENTRY = re.compile(r"^([A-Za-z_]\w*):\w+=(.*)$", re.MULTILINE)
_COMPILER = re.compile(r'^set\(CMAKE_(\w+?)_COMPILER "([^"]+)"\)$', re.MULTILINE)
# Read when a language is enabled for the first time. Source: cmake-env-variables(7).
_VARIABLES = (
    *("ASM", "CC", "CUDACXX", "CUDAHOSTCXX", "CXX", "FC", "HIPCXX", "OBJC", "OBJCXX", "RC"),
    *("ASMFLAGS", "CFLAGS", "CUDAFLAGS", "CXXFLAGS", "FFLAGS", "HIPFLAGS", "LDFLAGS", "OBJCFLAGS"),
    *("OBJCXXFLAGS", "RCFLAGS", "SDKROOT"),
)


def read_cache(build_dir: Path) -> dict[str, str]:
    """Return the entries of a build directory's cache; none if it was not configured."""
    path = build_dir / CACHE_FILE
    if not path.exists():
        return {}
    return dict(_ENTRY.findall(os.fsdecode(path.read_bytes())))


def protect_cache(build_dir: Path, mask: Mask) -> None:
    """Let only its owner read CMake's cache, if there is a secret in it.

    CMake writes another file each time, with the usual permissions.
    """
    path = build_dir / CACHE_FILE
    if path.is_file() and (
        mask.hides(os.fsdecode(path.read_bytes()))
        or any(looks_secret(name) and is_secret(v) for name, v in read_cache(build_dir).items())
    ):
        path.chmod(0o600)


def why_stale(cache: Mapping[str, str], wanted: Mapping[str, str | None]) -> str | None:
    """Return in which entry a cache differs from what is wanted; None means that it can stay.

    An entry that is not wanted to have a certain value (None) may have any.
    """
    for name, value in wanted.items():
        if value is not None and name in cache and cache[name] != value:
            return f"{name} was {cache[name]}"
    return None


def start_afresh(build_dir: Path) -> None:
    """Remove what CMake remembers, as ``cmake --fresh`` does (which old versions do not have).

    The object files go with it, in all directories: another compiler may have made them.
    """
    (build_dir / CACHE_FILE).unlink(missing_ok=True)
    for folder, folders, _ in os.walk(build_dir):
        if "CMakeFiles" in folders:
            shutil.rmtree(os.path.join(folder, "CMakeFiles"), ignore_errors=True)  # noqa: PTH118
        # What is ours has build directories of its own.
        folders[:] = [name for name in folders if name not in ("CMakeFiles", PRIVATE_FOLDER)]


class Surroundings:
    """What CMake took from outside when a build directory was configured, kept in a file there.

    While CMake configures there is no such file, so that an interruption is noticed.
    """

    def __init__(
        self,
        build_dir: Path,
        environ: Mapping[str, str],
        toolchain_file: Path | None,
        options: Mapping[str, str | None],
    ) -> None:
        self._build_dir = build_dir
        self._file = build_dir / PRIVATE_FOLDER / "configured.json"
        self._now = {
            **{f"environment variable {name}": environ.get(name) for name in _VARIABLES},
            **{f"`{key}`": value for key, value in options.items()},
        }
        if toolchain_file and toolchain_file.is_file():
            digest = hashlib.sha256(toolchain_file.read_bytes()).hexdigest()
            self._now["contents of the toolchain file"] = digest

    def why_stale(self) -> str | None:
        """Return what has changed since the last time; None means nothing.

        None as well if the directory was never configured.
        """
        if not (self._build_dir / CACHE_FILE).exists():
            return None
        before = self._read()
        if before is None:
            return "the last configuration was interrupted"
        for name, value in self._now.items():
            if before.get(name) != value:
                # Contents are known by their digest, which says nothing.
                is_text = not name.startswith("contents")
                return f"{name} was {before.get(name)!r}" if is_text else f"{name} changed"
        for name, value in before.items():
            path = name.partition(" compiler ")[2]
            if path and _identity(path) != value:
                return f"the {name} is another one now"
        return None

    def forget(self) -> dict[str, Any] | None:
        """Remove the file, and return what was in it."""
        before = self._read()
        self._file.unlink(missing_ok=True)
        return before

    def remember(self, before: Mapping[str, Any] | None = None) -> None:
        """Write the file: what there is now, or what was there before a failure."""
        if before is None:
            compilers = {
                f"{language} compiler {path}": _identity(path)
                for language, path in _compilers(self._build_dir)
            }
            before = {**self._now, **compilers}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(before, indent=1), "utf-8")

    def _read(self) -> dict[str, Any] | None:
        try:
            read = json.loads(self._file.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return read if isinstance(read, dict) else None


def _compilers(build_dir: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(build_dir.glob("CMakeFiles/*/CMake*Compiler.cmake")):
        yield from _COMPILER.findall(os.fsdecode(file.read_bytes()))


def _identity(program: str) -> str | None:
    """Return what tells a program from the one that takes its place when it is upgraded."""
    try:
        status = os.stat(program)  # noqa: PTH116 - follows links
    except OSError:
        return None
    return f"{status.st_size} bytes of {status.st_mtime_ns}"


# How front ends call the environments that they make for one build. pip:
# <temporary>/pip-build-env-<random>/overlay; build: <temporary>/build-env-<random>;
# uv: <cache>/builds-v<number>/.tmp<random>
TEMPORARY_ENVIRONMENT = re.compile(
    r".*?[/\\](?:pip-build-env-\w+(?:[/\\](?:overlay|normal))?|build-env-\w+|builds-v\d+[/\\]\.tmp\w+)"
    r"(?=[/\\]|$)"
)
# Programs, which compilers read nothing of.
_PROGRAMS = ("cmake-", "ninja-")
_BYTE_CODE = (".pyc", ".pyo")
_OLD = 1


@dataclass(frozen=True)
class Requirements:
    """The temporary directories with build requirements, and the digest of what is in them."""

    directories: tuple[Path, ...] = ()
    digest: str = ""

    def environment(self, build_dir: Path, environ: Mapping[str, str]) -> dict[str, str]:
        """Return what lets the Pythons that CMake runs import through the links."""
        if not self.directories:
            return {}
        paths = [*map(str, self._links(build_dir)), environ.get("PYTHONPATH", "")]
        return {"PYTHONPATH": os.pathsep.join(filter(None, paths))}

    def stable(self, build_dir: Path, path: Path) -> Path:
        """Return the path through the links of what is in one of the directories."""
        for link, directory in self._links(build_dir).items():
            if path.is_relative_to(directory):
                return link / path.relative_to(directory)
        return path

    def link(self, build_dir: Path) -> None:
        """Make the links, and remove those of earlier builds.

        Where links cannot be made, the requirements are found where they are, and what uses them
        is compiled again.
        """
        parent = requirements_folder(build_dir)
        if parent.is_dir():
            for other in parent.iterdir():
                if other.name != self.digest or not self.directories:
                    shutil.rmtree(other)
        for link, directory in self._links(build_dir).items():
            with contextlib.suppress(OSError, NotImplementedError):
                link.parent.mkdir(parents=True, exist_ok=True)
                link.unlink(missing_ok=True)
                link.symlink_to(directory, target_is_directory=True)

    def _links(self, build_dir: Path) -> dict[Path, Path]:
        parent = requirements_folder(build_dir) / self.digest
        return {parent / str(number): path for number, path in enumerate(self.directories)}


def find_requirements(machine: BuildMachine) -> Requirements:
    """Describe the build requirements, if they are in an environment for this build only.

    Their files are made old.
    """
    return _read(tuple(path for path in machine.import_paths if _is_temporary(path)))


@cache  # each pass of a build asks; nothing is installed meanwhile
def _read(directories: tuple[Path, ...]) -> Requirements:
    if not directories:
        return Requirements()
    sha = hashlib.sha256()
    for directory in directories:
        for record in sorted(directory.glob("*.dist-info/RECORD")):
            if not record.parent.name.startswith(_PROGRAMS):
                for row in sorted(_installed(record)):
                    sha.update("\0".join(row).encode())
                    _make_old(directory / row[0])
    return Requirements(directories, sha.hexdigest()[:16])


def _is_temporary(path: Path) -> bool:
    return path.is_dir() and TEMPORARY_ENVIRONMENT.match(str(path)) is not None


def _installed(record: Path) -> Iterator[tuple[str, str]]:
    """Yield the files of a distribution that lie beside it, with their hashes.

    Scripts, which lie elsewhere, name the interpreter of the environment.
    """
    import csv

    text = record.read_text("utf-8")
    for row in csv.reader(text.splitlines()):
        place, digest = (*row, "", "")[:2]
        if digest and not place.startswith(("..", "/")) and not place.endswith(_BYTE_CODE):
            yield place, digest


def _make_old(path: Path) -> None:
    # A file with several names is also in the cache of the front end, and as old as that.
    with contextlib.suppress(OSError):
        if path.stat().st_nlink == 1 and path.suffix != ".py":
            os.utime(path, (_OLD, _OLD))


def requirements_folder(build_dir: Path) -> Path:
    """Return the folder with the links."""
    return build_dir / "py-build-cmake" / "requirements"
