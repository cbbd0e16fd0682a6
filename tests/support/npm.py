"""What tests take from npm, as the locks in ``tests/requirements/npm`` have it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from support import clean, locked


class NpmFailed(Exception):  # noqa: N818 (like subprocess's)
    """npm does not install: the message is what it printed."""


def install(name: str, directory: Path) -> Path:
    """Install the packages of a lock into a directory; return its ``node_modules``."""
    source = locked.directory() / "npm" / name
    directory.mkdir(parents=True, exist_ok=True)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(source / file, directory)
    done = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund"],
        cwd=directory,
        env=clean.network(os.environ),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise NpmFailed(f"{done.stdout}{done.stderr}".strip())
    return directory / "node_modules"
