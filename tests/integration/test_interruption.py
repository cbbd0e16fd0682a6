"""A build that is interrupted leaves no half wheel, and the next build works."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Callable

import pytest
from support.backend import Backend
from support.projects import write

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


WRITER = """
import sys, time
with open(sys.argv[1], "w") as file:
    for number in range(20):
        file.write(f"{number}\\n")
        file.flush()
        time.sleep(0.05)
"""
WHOLE = "".join(f"{number}\n" for number in range(20)).encode()


def _write_slowly(project: Path, python: Path) -> None:
    """Let the build write two files for a second each."""
    write(project / "write.py", WRITER)
    lines = [
        "cmake_minimum_required(VERSION 3.15...4.1)",
        "project(slow_build LANGUAGES NONE)",
    ]
    for name in ("one.txt", "two.txt"):
        lines += [
            f'add_custom_command(OUTPUT {name} COMMAND "{python}"',
            f'  "${{CMAKE_CURRENT_SOURCE_DIR}}/write.py" {name} VERBATIM)',
        ]
    lines += [
        "add_custom_target(slow ALL DEPENDS one.txt two.txt)",
        'install(FILES "${CMAKE_CURRENT_BINARY_DIR}/one.txt" "${CMAKE_CURRENT_BINARY_DIR}/two.txt"',
        "  DESTINATION slow_build)",
    ]
    write(project / "CMakeLists.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize("generator", ["Ninja", "Unix Makefiles"])
def test_interrupted_at_any_moment(
    backend: Backend, make: None, package: Package, generator: str
) -> None:
    """No file that was written halfway gets into the next wheel, whoever was told to end, how."""
    backend = backend.with_env(CMAKE_GENERATOR=generator)
    project = package("slow-build")
    _write_slowly(project, backend.python)
    out = project / "out"
    out.mkdir()
    code = f"import py_build_cmake.build as b; b.build_wheel({str(out)!r})"
    chance = random.Random(time.time_ns())
    cases = [
        (number, is_group)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
        for is_group in (True, False)
    ]
    for number, is_group in cases:
        shutil.rmtree(project / ".py-build-cmake_cache", ignore_errors=True)
        process = _open(
            [backend.python, "-c", code],
            project,
            env={**os.environ, **backend.env},
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        delay = chance.uniform(0.5, 2.5)
        time.sleep(delay)
        if is_group:
            os.killpg(process.pid, number)
        else:
            # What it has started is not told, and may go on for a while.
            os.kill(process.pid, number)
        assert process.stdout is not None
        process.stdout.close()
        process.wait(timeout=30)
        built = backend.build_wheel(project)
        assert built.path.is_file()
        files = {built.wheel.files[f"slow_build/{name}.txt"] for name in ("one", "two")}
        assert files == {WHOLE}, f"{number!r} after {delay} s"
        assert not list(out.glob(".*.part"))
    for path in out.glob("*.whl"):
        path.unlink()


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
    # The next build removes it. When that one is told to end, not even its own file is left.
    (leftover,) = out.iterdir()
    process = _open(command, project)
    while [path for path in out.iterdir() if path == leftover] or not list(out.iterdir()):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    process.wait(timeout=30)
    assert list(out.iterdir()) == []
