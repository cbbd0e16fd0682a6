"""What tests install: wheels of the locks in ``tests/requirements``, verified by their hashes.

Each lock is downloaded once for each Python that needs it, into a directory of the tests' cache.
pip and uv are offered these directories and no index (`offers`, and `support.clean`), so that all
that a test names, and all that an isolated build requires, is of the version in the lock.
"""

from __future__ import annotations

import functools
import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from support import clean
from support.caches import cache_directory, exclusive
from support.environments import REQUIREMENTS

# What is offered everywhere: what builds require, for every Python, and tools, for the tests' own.
BUILDS = "builds"
TOOLS = "tools"


class DownloadFailed(Exception):  # noqa: N818 (like subprocess's)
    """The wheels of a lock cannot be had: the message is the command and what it printed."""


def directory() -> Path:
    """Return the directory of the locks; another mode of the tests has other locks."""
    return Path(os.environ.get("PY_BUILD_CMAKE_TEST_LOCKS", REQUIREMENTS))


def digest(name: str) -> str:
    """Return what tells a lock from an older one of the same name."""
    return _digest(lock_file(name))


@functools.cache
def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def lock_file(name: str) -> Path:
    """Return the lock of a name."""
    return directory() / f"{name}.txt"


def wheels(name: str) -> Path:
    """Return the directory of a lock's wheels, whether they are there or not."""
    return cache_directory() / "wheels" / f"{name.replace('/', '-')}-{digest(name)}"


def offers() -> dict[str, str]:
    """Return the environment that offers the wheels of every test to pip, uv and virtualenv."""
    found = [wheels(name) for name in (BUILDS, TOOLS)]
    empty = cache_directory() / "empty-index"
    for one in (*found, empty):
        one.mkdir(parents=True, exist_ok=True)
    return {
        "PIP_FIND_LINKS": " ".join(one.as_uri() for one in found),
        "UV_FIND_LINKS": ",".join(one.as_uri() for one in found),
        "UV_DEFAULT_INDEX": empty.as_uri(),
        "UV_CACHE_DIR": str(cache_directory() / "uv"),
        "VIRTUALENV_OVERRIDE_APP_DATA": str(cache_directory() / "virtualenv"),
    }


def provide(name: str, python: Path | str = sys.executable, *options: str) -> Path:
    """Make sure that the wheels of a lock are there for a Python; return their directory.

    `options` are those of ``pip download``, for another system than the interpreter's.
    """
    target = wheels(name)
    key = hashlib.sha256(" ".join([_version(python), *options]).encode()).hexdigest()[:12]
    if options:
        target = target.with_name(f"{target.name}-{key}")
    stamp = target / f".{key}"
    if stamp.exists():
        return target
    with exclusive(target):
        if not stamp.exists():
            target.mkdir(exist_ok=True)
            _download(lock_file(name), target, python, options or ("--only-binary=:all:",))
            stamp.touch()
    return target


def provide_all(python: Path | str = sys.executable) -> None:
    """Make sure that what is offered everywhere is there for a Python."""
    provide(BUILDS, python)
    if _version(python) == _version(sys.executable):
        provide(TOOLS, python)


def _download(lock: Path, directory: Path, python: Path | str, options: Sequence[str]) -> None:
    words = [
        *(str(python), "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"),
        *("--dest", str(directory), "-r", str(lock), *options),
    ]
    env = {k: v for k, v in clean.network(os.environ).items() if k != "PYTHONPATH"}
    done = subprocess.run(
        words, env=env, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode != 0:
        raise DownloadFailed(f"{' '.join(words)}\n{done.stdout}{done.stderr}")


@functools.cache
def _version(python: Path | str) -> str:
    """Return what tells a Python from those that other wheels are for."""
    code = "import sys; print(sys.implementation.cache_tag, sys.platform)"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()
