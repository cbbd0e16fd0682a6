"""A build that is interrupted leaves no half wheel, and the next build works."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Callable

import pytest
from support.backend import Backend

Package = Callable[[str], Path]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


def _accept_interrupts() -> None:
    """Undo what a shell does to commands in the background, whose children inherit it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _open(command: Sequence[object], cwd: Path, **more: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(word) for word in command],
        cwd=cwd,
        stderr=subprocess.DEVNULL,
        preexec_fn=_accept_interrupts,  # noqa: PLW1509 - there are no threads
        **more,
    )


def _start(backend: Backend, project: Path, out: Path) -> subprocess.Popen[bytes]:
    """Begin a build in a process group of its own; return when its build step runs."""
    (project / "wait").touch()
    process = _open(
        [
            *(backend.python, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"),
            *("--wheel-dir", out, project),
        ],
        project,
        env={**os.environ, **backend.env},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not (project / "started").exists():
        assert process.poll() is None, "the build ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


@pytest.mark.parametrize(
    ("generator", "number"),
    [
        ("Ninja", signal.SIGINT),
        ("Ninja", signal.SIGKILL),
        ("Unix Makefiles", signal.SIGINT),
        ("Unix Makefiles", signal.SIGTERM),
    ],
)
def test_interrupted_build(
    backend: Backend, make: None, package: Package, generator: str, number: signal.Signals
) -> None:
    backend = backend.with_env(CMAKE_GENERATOR=generator)
    project = package("slow-build")
    out = project / "out"
    process = _start(backend, project, out)
    os.killpg(process.pid, number)
    assert process.wait(timeout=30) != 0
    assert not [path for path in project.rglob("*") if path.name.endswith(".whl")]

    (project / "wait").unlink()
    built = backend.build_wheel(project)
    assert list(built.wheel.payload) == ["slow_build/__init__.py", "slow_build/result.txt"]
    names = sorted(path.name for path in (project / "dist").iterdir())
    assert names == [built.path.name], "a partial file is left"


def test_interrupted_while_packing(backend: Backend, package: Package, tmp_path: Path) -> None:
    """The wheel appears under its name when it is complete."""
    project = package("pure-package")
    with (project / "pure_package" / "large.bin").open("wb") as file:
        # Random, so that it takes deflate a while.
        for _ in range(64):
            file.write(os.urandom(1 << 20))
    out = tmp_path / "out"
    out.mkdir()
    code = f"import py_build_cmake.build as b; b.build_wheel({str(out)!r})"
    command = [str(backend.python), "-c", code]
    process = _open(command, project)
    deadline = time.monotonic() + 60
    while not list(out.iterdir()):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=30)
    assert not [path for path in out.iterdir() if path.name.endswith(".whl")]
    # And when it is told to end, not even the partial file is left.
    for path in out.iterdir():
        path.unlink()
    process = _open(command, project)
    while not list(out.iterdir()):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    process.wait(timeout=30)
    assert list(out.iterdir()) == []
