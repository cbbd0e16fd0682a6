"""Environments for the quick start and the tests, from nothing but Python and pip.

Standard library only. The virtual environment gets its pip through the pip of the interpreter
that makes it, because some distributions leave ``ensurepip`` out.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
REQUIREMENTS = REPOSITORY / "tests" / "requirements"


def run(
    command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> None:
    """Show a command and run it.

    :raises subprocess.CalledProcessError: it failed.
    """
    words = [str(word) for word in command]
    print("$", shlex.join(words), flush=True)
    subprocess.run(words, check=True, cwd=cwd, env=env)


def make_environment(
    directory: Path, *requirements: str | Path, env: Mapping[str, str] | None = None
) -> Path:
    """Make a virtual environment with pip and what is required; return its interpreter.

    `env` is the environment of pip.
    """
    python = directory / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        run([sys.executable, "-m", "venv", "--without-pip", directory], env=env)
        packages = sysconfig.get_path(
            "purelib", "nt" if os.name == "nt" else "posix_prefix", {"base": str(directory)}
        )
        lock = REQUIREMENTS / "bootstrap.txt"
        install = (sys.executable, "-m", "pip", "install", "--quiet", "--target", packages)
        run([*install, "--require-hashes", "-r", lock], env=env)
    if requirements:
        run([python, "-m", "pip", "install", "--quiet", *requirements], env=env)
    return python


def make_locked_environment(
    directory: Path, lock: Path, *, env: Mapping[str, str] | None = None
) -> Path:
    """Make a virtual environment with what a lock has; return its interpreter.

    If the lock is not the one that it was made from, it is made afresh. `env` is pip's environment.
    """
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = directory / f"{lock.stem}.sha256"
    if not stamp.exists() or stamp.read_text() != digest:
        # What is no longer in the lock must not stay.
        shutil.rmtree(directory, ignore_errors=True)
        make_environment(directory, "--require-hashes", "-r", lock, env=env)
        stamp.write_text(digest)
    return make_environment(directory)


def build_backend(
    python: Path, wheelhouse: Path, *options: str, env: Mapping[str, str] | None = None
) -> Path:
    """Build this repository's wheel into an empty wheelhouse; return the wheel."""
    wheelhouse.mkdir(parents=True, exist_ok=True)
    for old in wheelhouse.glob("*.whl"):
        old.unlink()
    command: list[str | Path] = [python, "-m", "pip", "wheel", "--quiet", "--no-deps", *options]
    run([*command, "-w", wheelhouse, REPOSITORY], env=env)
    (wheel,) = wheelhouse.glob("*.whl")
    return wheel


def with_wheelhouse(wheelhouse: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return an environment in which pip, in isolated builds too, finds the wheelhouse."""
    links = [environ.get("PIP_FIND_LINKS", ""), wheelhouse.as_uri()]
    return {**environ, "PIP_FIND_LINKS": " ".join(filter(None, links))}
