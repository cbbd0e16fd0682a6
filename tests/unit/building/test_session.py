"""Where errors of hooks, commands and workers end: real processes with real standard streams."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from py_build_cmake.base.errors import Error, known_error
from py_build_cmake.building.session import ErrorBoundary, hook_session
from py_build_cmake.cmake.runner import DryRunner, SubprocessRunner
from py_build_cmake.config.settings import ConfigSettings

PYPROJECT = '[project]\nname = "pkg"\nversion = "1.0"\n'
HOOK = (sys.executable, "-c", "from py_build_cmake.build import build_wheel; build_wheel('out')")
PROGRAM = (sys.executable, "-m", "py_build_cmake.cli")
# A hook, a text that click prints before there is a command, one that is longer than all buffers,
# and one that rich prints.
COMMANDS = (
    HOOK,
    (*PROGRAM, "--help"),
    (*PROGRAM, "config", "format", "--md"),
    (*PROGRAM, "cross", "list"),
)
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the streams of POSIX")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "pkg.py").write_text('"""A module."""\n')
    (root / "pyproject.toml").write_text(PYPROJECT)
    return root


def run(command: tuple[str, ...], project: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    environ: Mapping[str, str] = {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PATH": os.environ["PATH"],
        **more.pop("environ", {}),
    }
    more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.run(command, cwd=project, env=environ, text=True, check=False, **more)


@pytest.fixture
def broken_pipe() -> Iterator[int]:
    """The end of a pipe to write to, of which the other end is closed, as by `head`."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_pipe_is_no_error_to_speak_of(
    project: Path, command: tuple[str, ...], broken_pipe: int
) -> None:
    done = run(command, project, stdout=broken_pipe)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has such a device")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_standard_output_is_one_sentence(project: Path, command: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = run(command, project, stdout=full)
    first, hint = done.stderr.splitlines()
    assert done.returncode == 1
    assert first.startswith("py-build-cmake: error: the operating system cannot write: ")
    assert "the space that is left" in hint


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has such a device")
def test_there_is_no_place_to_report_to(project: Path) -> None:
    with Path("/dev/full").open("w") as full:
        assert run(HOOK, project, stdout=full, stderr=full).returncode == 1


@pytest.mark.parametrize(
    ("command", "closed"), [*((command, "1") for command in COMMANDS), (HOOK, "0 1 2")]
)
def test_closed_streams_do_not_matter(project: Path, command: tuple[str, ...], closed: str) -> None:
    redirections = " ".join(f"{number}>&-" for number in closed.split())
    done = run(("sh", "-c", f'"$@" {redirections}', "sh", *command), project)
    assert (done.returncode, done.stderr) == (0, "")
    for wheel in project.glob("out/*.whl"):
        # Nothing was printed into the file, which would have had the number of standard output.
        with zipfile.ZipFile(wheel) as archive:
            assert archive.testzip() is None
            assert archive.read("pkg.py") == b'"""A module."""\n'


@pytest.mark.skipif(sys.platform != "linux", reason="limits are another thing elsewhere")
@pytest.mark.parametrize(
    ("command", "size", "message"),
    [
        (HOOK, 0, "there is no directory for temporary files that can be written"),
        (HOOK, 64, "the operating system cannot write: File too large"),
        ((*PROGRAM, "sdist"), 64, "the operating system refuses: File too large"),
    ],
)
def test_no_space_for_files(
    project: Path, command: tuple[str, ...], size: int, message: str
) -> None:
    """No file can be written beyond a size: a full file system, for those who may not make one."""
    code = (
        "import os, resource, sys; n = int(sys.argv[1]);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (n, n)); os.execvp(sys.argv[2], sys.argv[2:])"
    )
    environ = {"PYTHONDONTWRITEBYTECODE": "1"}
    done = run((sys.executable, "-c", code, str(size), *command), project, environ=environ)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr
    where = "" if command == HOOK else f"{project / 'dist' / 'pkg-1.0.tar.gz'}: "
    assert done.stderr.startswith(f"py-build-cmake: error: {where}{message}")
    assert not list(project.glob("**/*.whl"))


def test_what_the_system_says() -> None:
    refused = known_error(OSError(errno.EACCES, "Permission denied", "/a"))
    assert refused is not None
    assert str(refused).startswith("/a: the operating system refuses: Permission denied")
    full = known_error(OSError(errno.ENOSPC, "No space left on device"))
    assert full is not None
    assert full.problems[0].where == ""
    memory = known_error(MemoryError())
    assert memory is not None
    assert "memory" in str(memory)
    mistake = Error("x")
    assert known_error(mistake) is mistake
    # A file that is not there, and whatever has no name, may be mistakes of this program.
    for error in (
        OSError(errno.ENOENT, "No such file", "/a"),
        OSError(errno.ENOENT, "No such file"),
        OSError(errno.EBADF, "Bad file descriptor"),
        OSError("without a number"),
        ValueError("x"),
    ):
        assert known_error(error) is None


def test_no_directory_for_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def gettempdir() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", gettempdir)
    known = known_error(FileNotFoundError(errno.ENOENT, "No usable temporary directory found"))
    assert known is not None
    assert "set the environment variable TMPDIR" in str(known)


def test_streams_that_the_process_was_started_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(sys, "stdout", None)
    with ErrorBoundary():
        print("nowhere")
        assert sys.stdin.read() == ""
    assert sys.stdout.name == os.devnull


def test_one_way_to_open_a_session(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("A_TOKEN", "1234567890")
    with hook_session({"verbose": "true", "override": "cmake.env.B_TOKEN=hidden"}) as session:
        assert session.project_dir == project
        assert session.console.verbose
        assert session.console.mask.text("1234567890 hidden") == "*** ***"
        assert isinstance(session.runner, SubprocessRunner)
    with ErrorBoundary() as boundary:
        machine = boundary.detect_machine()
        dry = boundary.open_session(
            project, lambda _: ConfigSettings(), environ={"ADDED": "1"}, is_dry=True
        )
        assert isinstance(dry.runner, DryRunner)
        assert dry.machine.environ == {**machine.environ, "ADDED": "1"}


def test_other_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams that were replaced, closed, or cannot be written and have no descriptor."""

    class Full:
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        def fileno(self) -> int:
            raise OSError("no descriptor")

    with Path(os.devnull).open("w", encoding="utf-8") as closed:
        pass
    monkeypatch.setattr(sys, "stdout", Full())
    monkeypatch.setattr(sys, "stderr", closed)
    with pytest.raises(SystemExit) as e, ErrorBoundary():
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")
    assert e.value.code == 1
    # A socket of a test, for example, has a name, and is no stream of this process.
    monkeypatch.setattr(sys, "stderr", sys.__stderr__)
    with pytest.raises(BrokenPipeError), ErrorBoundary():
        raise BrokenPipeError(errno.EPIPE, "Broken pipe", "/a")
