"""Published wheels that the proof has to accept, locked by `tests/requirements/published.sha256`.

Each line of the list is a hash (SHA-256) and the name of a file. The name says which options of
``pip download`` give this file, whatever machine the tests run on.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from support import clean
from support.caches import cache_directory, exclusive
from support.environments import REQUIREMENTS

LIST = REQUIREMENTS / "published.sha256"


@dataclass(frozen=True)
class Published:
    """A file of the index, and its hash."""

    name: str
    digest: str

    @property
    def requirement(self) -> str:
        """The line of a requirements file that means this file only."""
        project, version = self.name.split("-")[:2]
        return f"{canonicalize_name(project)}=={version} --hash=sha256:{self.digest}"

    @property
    def options(self) -> tuple[str, ...]:
        """The options of ``pip download`` for the Python and the platform that the file is for."""
        python, abi, platform = self.name.removesuffix(".whl").split("-")[-3:]
        match = re.fullmatch(r"([a-z]+)(\d+)", python.partition(".")[0])
        assert match is not None, self.name
        return (
            *("--implementation", match[1], "--python-version", match[2]),
            *("--abi", abi, "--platform", platform.partition(".")[0]),
        )


def listed() -> tuple[Published, ...]:
    """Return the wheels of the list."""
    lines = (line.split() for line in LIST.read_text("utf-8").splitlines())
    return tuple(Published(name, digest) for digest, name in lines)


def fetch(wheels: Iterable[Published]) -> Mapping[str, Path]:
    """Download the wheels that are not there yet; return all by their names."""
    directory = cache_directory() / "published"
    with exclusive(directory):
        directory.mkdir(parents=True, exist_ok=True)
        paths = {wheel: directory / wheel.name for wheel in wheels}
        missing = [wheel for wheel, path in paths.items() if not _is_there(wheel, path)]
        groups: dict[tuple[str, ...], list[Published]] = {}
        for wheel in missing:
            groups.setdefault(wheel.options, []).append(wheel)
        for options, group in groups.items():
            _download(group, options, directory)
    return {wheel.name: path for wheel, path in paths.items()}


def _is_there(wheel: Published, path: Path) -> bool:
    return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == wheel.digest


def _download(wheels: Iterable[Published], options: Iterable[str], directory: Path) -> None:
    for requirements in _without_repetitions(wheels):
        with tempfile.TemporaryDirectory() as scratch:
            lock = Path(scratch, "requirements.txt")
            lock.write_text("\n".join(requirements), encoding="utf-8")
            words = [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                *("--require-hashes", "--only-binary=:all:", "--ignore-requires-python"),
                *("--dest", str(directory), "-r", str(lock), *options),
            ]
            env = {k: v for k, v in clean.network(os.environ).items() if k != "PYTHONPATH"}
            subprocess.run(words, env=env, check=True)


def _without_repetitions(wheels: Iterable[Published]) -> Iterator[list[str]]:
    """Yield lists of requirements, each with one version of a project: pip takes no more."""
    rest = [wheel.requirement for wheel in wheels]
    while rest:
        first = {line.partition("==")[0]: line for line in reversed(rest)}
        yield list(first.values())
        rest = [line for line in rest if line not in first.values()]
