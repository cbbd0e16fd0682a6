"""What an editable install records of its build, in a JSON file beside its tree."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


class BuildFailed(Exception):  # noqa: N818 - it is the build that failed
    """A build failed; the message says how, and how to repeat it."""


@dataclass(frozen=True)
class RecordedCommand:
    """A command of the build: what it is for (``configure``, ``build``, ``install``), and how.

    ``environ`` is added to the environment of the process, ``unset`` removed from it.
    """

    kind: str
    purpose: str
    argv: list[str]
    cwd: str
    build_dir: str
    environ: dict[str, str]
    unset: list[str]


def memory_of(build_dir: str) -> Path:
    """Return the file in which builds of wheels record what a directory was configured from."""
    return Path(build_dir, "py-build-cmake", "configured.json")


def unfinished_mark(build_dir: str) -> Path:
    """Return the file that exists in a build directory while a build is running in it."""
    return Path(build_dir, "py-build-cmake", "unfinished")


def configured_as(build_dir: str) -> str:
    """Return the record of a directory's configuration; empty if no build of a wheel made it."""
    path = memory_of(build_dir)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


@dataclass(frozen=True)
class State:
    """How an editable install was built. All paths are absolute.

    ``source`` is the package in the project if the tree links to it, else empty. ``roots`` are the
    directories whose files the build may depend on. ``not_modules`` are prefixes of places that are
    installed, but not into the tree; ``kept`` are the places that no command makes again. ``tools``
    are the programs given to CMake; ``temporary`` are directories that were removed with the build
    environment, and ``advice`` says what to do if a build needs them.

    Builds of wheels use the same build directories, maybe with other options. ``configured`` is the
    record of each directory, and ``given`` are the texts of the files that CMake was given there.
    ``owned`` are the directories that can be emptied but for names that ``ours`` matches; names
    that ``objects`` finds can stay. ``scripts`` are the files of CMake's language that CMake read,
    and their digests. ``hidden`` are the secrets in the commands.
    """

    name: str
    project: str
    tree: str
    source: str
    staging: str
    lock: str
    log: str
    python_version: str
    stub_package: bool
    is_ninja: bool
    roots: list[str]
    not_modules: list[str]
    kept: list[str]
    tools: dict[str, str]
    temporary: list[str]
    advice: list[str]
    configured: dict[str, str]
    given: dict[str, str]
    owned: list[str]
    ours: str
    objects: str
    scripts: dict[str, str]
    hidden: list[str]
    commands: list[RecordedCommand]

    @property
    def build_dirs(self) -> list[str]:
        """The build directories of all configurations."""
        return list(dict.fromkeys(command.build_dir for command in self.commands))

    def shown(self, text: str) -> str:
        """Return a text without the secrets."""
        for value in self.hidden:
            text = text.replace(value, "***")
        return text

    def write(self, path: Path) -> None:
        """Write the file in one step. If there are secrets, only its owner can read it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        temporary.touch(0o600 if self.hidden else 0o666)
        temporary.write_text(json.dumps(asdict(self), indent=1), "utf-8")
        temporary.replace(path)

    @classmethod
    def read(cls, path: Path) -> State:
        """Read the file.

        :raises BuildFailed: it is gone, or was not written by this version of the program.
        """
        try:
            contents = json.loads(path.read_text("utf-8"))
            commands = [RecordedCommand(**command) for command in contents.pop("commands")]
            return cls(commands=commands, **contents)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            raise BuildFailed(
                f"{path} is gone or cannot be read; run `pip install -e .` in the project again"
            ) from None
