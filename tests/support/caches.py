"""Where tests keep what is too slow to make anew in every run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from support.environments import REPOSITORY


def cache_directory() -> Path:
    """Return the directory, which ``PY_BUILD_CMAKE_TEST_CACHE`` may name."""
    configured = os.environ.get("PY_BUILD_CMAKE_TEST_CACHE")
    return Path(configured) if configured else REPOSITORY / ".cache" / "tests"


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock of `path`, which several processes of a test run share."""
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
