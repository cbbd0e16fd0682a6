"""``py-build-cmake wheels`` with real CMake: one native pre-build, equal wheels, interruption."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from support.backend import Backend
from support.builds import CommandFailed, make_venv, run
from support.projects import CROSS, edit, write

Package = Callable[[str], Path]

MATRIX = """
[common]
implementation = "cp"
version = "311"
toolchain_file = "toolchain.cmake"
copy_from_native_build = ["**/native.txt", "**/where.txt"]
[[targets]]
name = "{arch}"
arch = ["linux_aarch64", "linux_riscv64", "linux_s390x"]
"""


@pytest.fixture(scope="module")
def many(
    tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path, tools: dict[str, str]
) -> Backend:
    """The backend with its command line program."""
    (wheel,) = wheelhouse.glob("*.whl")
    return Backend(make_venv(tmp_path_factory.mktemp("many") / "venv", f"{wheel}[cli]"), tools)


def command(many: Backend, *arguments: object) -> Sequence[str]:
    program = many.python.parent / "py-build-cmake"
    return [str(word) for word in (program, "wheels", *arguments)]


@pytest.fixture
def native_first(package: Package) -> Path:
    """A project whose native pre-build can be counted, and installs where it is."""
    project = package("native-first")
    (project / CROSS).unlink()
    write(project / "wheels.toml", MATRIX)
    edit(
        project / "CMakeLists.txt",
        "  # A program of the machine",
        '  file(APPEND "${CMAKE_CURRENT_SOURCE_DIR}/../count.txt" "x")\n'
        '  file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/where.txt"\n'
        '       "${CMAKE_INSTALL_PREFIX} ${CMAKE_CURRENT_BINARY_DIR}\\n")\n'
        '  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/where.txt" DESTINATION native_first)\n'
        "  # A program of the machine",
    )
    return project


def test_the_wheels_are_those_of_the_hooks(many: Backend, native_first: Path) -> None:
    """One native pre-build serves three targets, and nothing tells it from three."""
    project, count = native_first, native_first.parent / "count.txt"
    arguments = ("--matrix", "wheels.toml", "-o", "out", "--json", "--jobs", 2)
    log = run(*command(many, *arguments), cwd=project, env=many.env)
    outcomes = json.loads(log[log.index("\n[\n") :])
    assert [outcome["status"] for outcome in outcomes] == ["built"] * 3
    assert count.read_text() == "x"
    shutil.rmtree(project / ".py-build-cmake_cache")
    for outcome in outcomes:
        arch = outcome["target"]
        text = MATRIX.partition("[[targets]]")[0].replace("[common]", f'arch = "{arch}"')
        write(project / "one.cross.toml", text)
        single = many.build_wheel(project, {"cross": "one.cross.toml"})
        many_bytes = Path(outcome["wheel"]).read_bytes()
        assert many_bytes == single.path.read_bytes()
        assert outcome["size"] == len(many_bytes)
        assert f"/{single.wheel.name[len('native_first-1.0-') : -len('.whl')]}/" in str(
            single.wheel.payload["native_first/where.txt"]
        )
    assert count.read_text() == "xxxx"


def test_incremental(many: Backend, native_first: Path) -> None:
    project = native_first
    toolchain = (project / "toolchain.cmake").replace(project.parent / "toolchain.cmake")
    edit(project / "wheels.toml", '"toolchain.cmake"', '"../toolchain.cmake"')
    arguments = ("--matrix", "wheels.toml", "--native", "--incremental")

    def build() -> str:
        return run(*command(many, *arguments), cwd=project, env=many.env)

    assert build().count(": built ") == 4
    assert build().count(": reused ") == 4
    # What is read from elsewhere counts, too.
    edit(toolchain, "aarch64", "AArch64")
    log = build()
    assert "native: reused " in log
    assert log.count(": built ") == 3


def test_failures(many: Backend, package: Package) -> None:
    project = package("compile-error")
    with pytest.raises(CommandFailed) as e:
        run(*command(many), cwd=project, env=many.env)
    assert e.value.status == 1
    assert "native failed: exit status 1" in e.value.log
    assert "#error this does not compile" in e.value.log
    assert list((project / "dist").iterdir()) == []


def processes_in(directory: Path) -> list[str]:
    """Return the command lines of what still runs in a directory, or with it as an argument."""
    listed = subprocess.run(
        ["ps", "-e", "-ww", "-o", "args"], capture_output=True, text=True, check=True
    )
    return [line for line in listed.stdout.splitlines() if str(directory) in line]


@pytest.fixture
def slow(many: Backend, package: Package) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """A build of a native wheel that waits in its build step."""
    project = package("slow-build")
    (project / "wait").touch()
    process = subprocess.Popen(
        command(many, "-o", project / "out"),
        cwd=project,
        env={**os.environ, **many.env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not (project / "started").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield project, process
    process.kill()
    process.wait()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interruption(
    many: Backend, slow: tuple[Path, subprocess.Popen[bytes]], number: signal.Signals
) -> None:
    """Whatever ends the program ends what it started, and leaves no half wheel."""
    project, process = slow
    assert processes_in(project)
    process.send_signal(number)
    status = process.wait(timeout=30)
    assert status == (-number if number is signal.SIGKILL else 128 + number)
    deadline = time.monotonic() + 10
    while processes_in(project) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_in(project) == []
    assert not list(project.rglob("*.whl"))
    if number is not signal.SIGKILL:
        assert list((project / "out").iterdir()) == []
    (project / "wait").unlink()
    run(*command(many, "-o", "again"), cwd=project, env=many.env)
    assert len(list((project / "again").iterdir())) == 1
