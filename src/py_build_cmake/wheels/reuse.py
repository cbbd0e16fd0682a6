"""What a wheel was made of, to decide whether a new build would make the same wheel. If that is not
certain, the wheel is built. Files of the project are compared by contents. Everything else that the
last build read, as CMake, Ninja and the compilers list it (headers, libraries, compilers, CMake's
own modules, the toolchain file), is compared by size and time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import suppress
from dataclasses import asdict, field, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from ..base.errors import Error
from ..base.records import dataclass
from ..cmake.build_dir import CACHE_FILE
from ..editable.runtime.dependencies import files_read
from ..project.files import walk_files
from ..project.sdist_files import sdist_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..project.plan import BuildPlan

# Variables about the user's session, which do not affect what is built.
_NOISE = re.compile(
    r"_|.*PWD|SHLVL|TERM.*|COLUMNS|LINES|COLORTERM|LS_COLORS|LESS.*|HIST.*|PS[0-4]|PROMPT.*|SSH_.*"
    r"|DISPLAY|XDG_SESSION.*|WINDOWID|TMUX.*|STY|GITHUB_(?:RUN|SHA|REF|EVENT|ENV|PATH|OUTPUT|STEP)"
    r"\w*|RUNNER_\w+|CI_JOB\w*|CMAKE_BUILD_PARALLEL_LEVEL|NO_COLOR|CLICOLOR.*|FORCE_COLOR"
    r"|PY_BUILD_CMAKE_(?:VERBOSE\w*|LOGLEVEL)|PYTEST_\w+"
)
_ABSOLUTE = re.compile(r"(?:[A-Za-z]:)?/(?:\\ |\$ |\$:|[^\s\"'();$\\:=*<>|])+")
# Values in CMake's cache, and quoted arguments in its scripts: nothing is escaped there.
_WHOLE = re.compile(r"(?m)(?<=[=\"])(?:[A-Za-z]:)?/[^\"\n;]+(?=\"|$)")
_LISTS = (
    *("CMakeCache.txt", "build.ninja", "CMakeFiles/Makefile.cmake", "**/link.txt"),
    *("**/compiler_depend.make", "CMakeFiles/*/CMake*Compiler.cmake"),
)


@dataclass(frozen=True)
class WheelInputs:
    """What went into a wheel: digests of its ``parts``, and ``files`` with size and time.

    ``wheel`` is its file name and ``digest`` that of its bytes. Both are empty before the build.
    """

    parts: Mapping[str, str]
    files: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    wheel: str = ""
    digest: str = ""
    verified: str = ""

    @classmethod
    def read(cls, path: Path) -> WheelInputs | None:
        """Read a record; None if there is none, or if it is not valid."""
        try:
            values = json.loads(path.read_text("utf-8"))
            files = {name: (int(size), int(when)) for name, (size, when) in values["files"].items()}
            return cls(**{**values, "files": files})
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def write(self, path: Path) -> None:
        """Write the record."""
        path.write_text(json.dumps(asdict(self), indent=1), "utf-8")

    def why_not(self, now: WheelInputs, directory: Path) -> str:
        """Return why the recorded wheel would not be the same now; empty if it would."""
        for name in sorted({*self.parts, *now.parts}):
            if self.parts.get(name) != now.parts.get(name):
                return f"changed: {name}"
        for name, status in self.files.items():
            if _status(Path(name)) != status:
                return f"changed: {name}"
        path = directory / self.wheel
        if not path.is_file():
            return "the wheel was removed"
        return "" if _digest_of(path) == self.digest else "the wheel was replaced"

    def complete(self, plan: BuildPlan, wheel: Path, verified: str) -> WheelInputs:
        """Return the record of a wheel that was built."""
        files = {str(path): status for path in files_read_by(plan) if (status := _status(path))}
        return replace(
            self, files=files, wheel=wheel.name, digest=_digest_of(wheel), verified=verified
        )


def inputs_of(plan: BuildPlan, output: Path) -> WheelInputs:
    """Return digests of what is known before a build.

    ``output`` is the directory of wheels, which is no source.
    """
    build, config = plan.machine, plan.config
    environ = {name: value for name, value in build.environ.items() if not _NOISE.fullmatch(name)}
    installed = sorted(
        (str(d.metadata["Name"]), d.version, str(d.locate_file("")))
        for d in metadata.distributions()
    )
    parts: dict[str, object] = {
        "py-build-cmake": (__version__, _tree(Path(__file__).parents[1], output)),
        "the Python that runs the build": (build.executable, build.python_version, build.abi_tag),
        "environment variables": sorted(environ.items()),
        "installed packages": installed,
        "configuration": config,
        "metadata": plan.metadata,
        "files from templates": plan.generated,
        "sources": _sources(plan, output),
    }
    return WheelInputs({name: _digest(repr(value)) for name, value in parts.items()})


def files_read_by(plan: BuildPlan) -> list[Path]:
    """Return the files outside of the project that a build read, as far as tools list them."""
    found: set[str] = set()
    for build_dir in plan.build_dirs:
        if (build_dir / CACHE_FILE).is_file():
            is_ninja = (build_dir / "build.ninja").is_file()
            found.update(map(os.path.normpath, files_read(build_dir, is_ninja=is_ninja)))
            for text in _lists(build_dir):
                found.update(re.sub(r"[\\$](?=[ :])", "", m) for m in _ABSOLUTE.findall(text))
                found.update(_WHOLE.findall(text))
    if plan.repairs:
        from ..building.repair import search_directories
        from ..cmake.library_paths import libraries_in

        # The tools list nothing; whatever they can have taken may be what was put into the wheel.
        found.update(map(str, libraries_in(search_directories(plan))))
    # These are compared by contents, or written again in every build.
    ours = [plan.config.project_dir, *plan.build_dirs]
    paths = (Path(name) for name in sorted(found))
    return [path for path in paths if _status(path) and not _is_below(path, ours)]


def _is_below(path: Path, directories: Sequence[Path]) -> bool:
    """Whether a file is in one of the directories itself, not only reached through a link there."""
    return any(path.resolve().is_relative_to(directory.resolve()) for directory in directories)


def _lists(build_dir: Path) -> Iterator[str]:
    """Yield the texts that name what else was read: compilers, libraries, modules of CMake."""
    for pattern in _LISTS:
        for path in build_dir.glob(pattern):
            yield path.read_text("utf-8", errors="replace")


def _sources(plan: BuildPlan, output: Path) -> list[tuple[str, str]]:
    """Return digests of the files of the project, also of those that an sdist lacks."""
    root = plan.config.project_dir
    files = dict(_tree_files(root, output))
    with suppress(Error):  # A wheel can be built even if no sdist can be made.
        files.update(sdist_files(root, plan.config.host_tables.sdist, plan.module, plan.metadata))
    for directory in plan.source_paths:
        if not directory.is_relative_to(root):
            files.update((f"{directory}/{p}", path) for p, path in _tree_files(directory, output))
    cross = plan.config.cross
    if cross and cross.toolchain_file:
        files[str(cross.toolchain_file)] = cross.toolchain_file
    return sorted((place, _content(path)) for place, path in files.items())


def _tree(root: Path, output: Path) -> list[tuple[str, str]]:
    return sorted((place, _content(path)) for place, path in _tree_files(root, output))


def _tree_files(root: Path, output: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files below a directory, except those of tools."""
    skipped: dict[Path, bool] = {output.resolve(): True}
    for place, path in walk_files(root):
        folder = path.parent
        while folder != root and folder not in skipped:
            names = ("CACHEDIR.TAG", "pyvenv.cfg", "CMakeCache.txt", ".git")
            skipped[folder] = any((folder / name).exists() for name in names)
            folder = folder.parent
        parents = [parent for parent in path.parents if parent.is_relative_to(root)]
        if not any(skipped.get(parent) for parent in parents) and path.suffix != ".whl":
            yield place, path


def _content(path: Path) -> str:
    """Return a digest of a file's mode and contents, or where a link leads."""
    if not path.is_file():
        return os.fspath(path.readlink()) if path.is_symlink() else "missing"
    return f"{path.stat().st_mode & 0o111:o} {_digest_of(path)}"


def _digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _status(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return (status.st_size, status.st_mtime_ns) if path.is_file() else None
