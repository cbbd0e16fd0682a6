"""Building targets in processes. The projects need no CMake, which makes it fast."""

from __future__ import annotations

import inspect
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import rich.console
from click.testing import CliRunner, Result

from py_build_cmake.cli import wheels as command_module
from py_build_cmake.cli.program import program
from py_build_cmake.cli.progress import progress_on
from py_build_cmake.reports.page import size_text
from py_build_cmake.wheels import worker as worker_module
from py_build_cmake.wheels.jobs import Outcome
from py_build_cmake.wheels.processes import Worker, end_all, start
from py_build_cmake.wheels.reuse import WheelInputs
from py_build_cmake.wheels.worker import Order, main

PYPROJECT = """\
[project]
name = "pkg"
version = "1.0"
"""
TWO = """
[[targets]]
arch = ["linux_aarch64", "linux_riscv64"]
wheel.pure_python = false
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = (tmp_path / "project").resolve()
    path.mkdir()
    (path / "pyproject.toml").write_text(PYPROJECT)
    (path / "pkg.py").write_text('"""A module."""\n')
    (path / "wheels.toml").write_text(TWO)
    return path


def run(
    project: Path, *arguments: object, status: int = 0, runner: CliRunner | None = None
) -> Result:
    words = ["--directory", project, "wheels", "-o", project / "out", *arguments]
    result = (runner or CliRunner()).invoke(program, [str(word) for word in words])
    assert result.exit_code == status, result.output
    return result


def run_json(project: Path, *arguments: object, status: int = 0) -> list[dict[str, object]]:
    """Run the command and return what it prints to standard output alone."""
    # Before click 8.2, the streams are apart only if that is said.
    old = "mix_stderr" in inspect.signature(CliRunner).parameters
    runner = CliRunner(**{"mix_stderr": False} if old else {})
    return list(json.loads(run(project, *arguments, status=status, runner=runner).stdout))


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


WHEELS = [
    f"pkg-1.0-cp3{sys.version_info[1]}-cp3{sys.version_info[1]}-linux_{a}.whl"
    for a in ("aarch64", "riscv64")
]


def test_the_native_wheel(project: Path) -> None:
    output = run(project).output
    assert names(project / "out") == ["pkg-1.0-py3-none-any.whl"]
    assert "native: [1/2] verify that the files fit py3-none-any\n" in output
    assert "py3-none-any" in output.splitlines()[-2]
    log = project / ".py-build-cmake_cache" / "wheels" / "native.log"
    assert "[2/2] pack" in log.read_text()


def test_json_and_incremental(project: Path) -> None:
    arguments = ("--matrix", project / "wheels.toml", "--json", "--incremental", "--jobs", 2)

    def outcomes() -> list[dict[str, object]]:
        return run_json(project, *arguments)

    first = outcomes()
    assert [o["status"] for o in first] == ["built", "built"]
    assert [o["target"] for o in first] == ["linux_aarch64", "linux_riscv64"]
    assert [Path(str(o["wheel"])).name for o in first] == WHEELS
    assert {o["verified"] for o in first} == {"yes"}
    assert first[0]["message"] == "it was not built before"
    assert names(project / "out") == WHEELS
    assert [o["status"] for o in outcomes()] == ["reused", "reused"]
    (project / "pkg.py").write_text('"""Another module."""\n')
    changed = outcomes()
    assert [(o["status"], o["message"]) for o in changed] == [("built", "changed: sources")] * 2
    (project / "out" / WHEELS[0]).write_bytes(b"")
    assert [o["message"] for o in outcomes()] == ["the wheel was replaced", ""]
    (project / "out" / WHEELS[0]).unlink()
    assert [o["message"] for o in outcomes()] == ["the wheel was removed", ""]


def test_list(project: Path) -> None:
    arguments = ("--matrix", project / "wheels.toml", "--list")
    assert run(project, *arguments).output == (
        f"linux_aarch64: {WHEELS[0]}\nlinux_riscv64: {WHEELS[1]}\n"
    )
    rows = run_json(project, *arguments, "--json")
    assert [row["wheel"] for row in rows] == WHEELS
    assert not (project / "out").exists()


def test_a_failure_stops_nothing_else(project: Path) -> None:
    (project / "wheels.toml").write_text(
        TWO + '[[targets]]\nname = "bad"\narch = "linux_armv7l"\n'
        'wheel = { pure_python = false, expect = ["missing"] }\n'
    )
    output = run(project, "--matrix", project / "wheels.toml", status=1).output
    assert names(project / "out") == WHEELS
    assert "bad failed: exit status 1" in output
    assert "    py-build-cmake: error: " in output
    assert "failed: exit status 1" in output.splitlines()[-2]


def test_fail_fast(project: Path) -> None:
    (project / "wheels.toml").write_text(
        '[[targets]]\nname = "bad"\narch = "linux_armv7l"\n'
        'wheel = { pure_python = false, expect = ["missing"] }\n' + TWO
    )
    arguments = ("--matrix", project / "wheels.toml", "--fail-fast", "-j", 1, "--json")
    outcomes = run_json(project, *arguments, status=1)
    assert [o["status"] for o in outcomes] == ["failed", "not built", "not built"]
    assert names(project / "out") == []


def test_one_name_that_nobody_foresaw(project: Path) -> None:
    """Where the tag follows from what was built, the second wheel of one name is refused."""
    (project / "wheels.toml").write_text(
        '[[targets]]\nname = "x"\narch = ["linux_aarch64", "linux_aarch64"]\n'
        'wheel = { pure_python = false, platform_tag = ["auto"] }\n'
    )
    output = run(project, "--matrix", project / "wheels.toml", status=1).output
    assert "made a wheel of the same name" in output
    assert len(names(project / "out")) == 1


def test_mistakes(project: Path) -> None:
    result = run(project, "--matrix", project / "no.toml", status=1)
    assert "py-build-cmake: error: " in result.output
    with (project / "pyproject.toml").open("a") as file:
        file.write('[build-system]\nrequires = ["no-such-distribution>=7"]\n')
    result = run(project, status=1)
    assert "pip install 'no-such-distribution>=7'" in result.output
    run(project, "--skip-dependency-check")
    pyproject = project / "pyproject.toml"
    text = pyproject.read_text()
    pyproject.write_text(text.replace('["no-such-distribution>=7"]', "7"))
    result = run(project, status=1)
    assert "`build-system.requires`: must be a list of strings" in result.output
    pyproject.write_text(text)
    # A file where the directory of the wheels should be.
    (project / "file").touch()
    words = ["--directory", str(project), "wheels", "-o", str(project / "file" / "out")]
    result = CliRunner().invoke(program, [*words, "--skip-dependency-check"])
    assert result.exit_code == 1
    assert "the operating system refuses" in result.output


def test_options_for_all(project: Path) -> None:
    result = run(project, "-C", 'wheel.build_tag="1"', "-C", "wheel.python_tag=py38")
    assert "pkg-1.0-1-py3" in result.output


def test_a_warning_is_printed_once(project: Path) -> None:
    (project / "pyproject.toml").write_text(PYPROJECT + 'description = "a"\n')
    assert run(project, "--matrix", project / "wheels.toml").output.count("warning") <= 1


def order(project: Path, tmp_path: Path) -> Path:
    from py_build_cmake.config.settings import ConfigSettings

    path = tmp_path / "order.json"
    directory = tmp_path / "wheel"
    files = (tmp_path / "answer.json", tmp_path / "events")
    Order(project, ConfigSettings(), directory, *files, processors=3).write(path)
    return path


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(worker_module, "_end_with_parent", lambda: None)
    monkeypatch.chdir(tmp_path)
    return


def test_the_worker_itself(project: Path, tmp_path: Path, in_process: None) -> None:
    main(str(order(project, tmp_path)))
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert answer == {"wheel": "pkg-1.0-py3-none-any.whl", "verified": "yes"}


def test_mistakes_in_the_worker(
    project: Path,
    tmp_path: Path,
    in_process: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = order(project, tmp_path)
    (project / "pkg.py").unlink()
    with pytest.raises(SystemExit):
        main(str(path))
    assert "py-build-cmake: error: " in capsys.readouterr().err
    monkeypatch.setattr(worker_module, "_carry_out", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        main(str(path))
    assert "this is a defect" in capsys.readouterr().err


def test_unverified(project: Path, tmp_path: Path, in_process: None) -> None:
    with (project / "pyproject.toml").open("a") as file:
        file.write('[tool.py-build-cmake.wheel]\nverify = "off"\n')
    main(str(order(project, tmp_path)))
    assert json.loads((tmp_path / "answer.json").read_text())["verified"] == "off"


def test_records(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    assert WheelInputs.read(path) is None
    path.write_text("{}")
    assert WheelInputs.read(path) is None
    used = tmp_path / "used.h"
    used.write_text("1")
    status = used.stat()
    wheel = tmp_path / "a.whl"
    wheel.write_bytes(b"")
    record = WheelInputs({"a": "1"}, {str(used): (1, status.st_mtime_ns)}, wheel.name, "")
    record.write(path)
    assert WheelInputs.read(path) == record
    assert record.why_not(WheelInputs({"a": "1", "b": "2"}), tmp_path) == "changed: b"
    used.write_text("22")
    assert record.why_not(WheelInputs({"a": "1"}), tmp_path) == f"changed: {used}"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("stubborn", [False, True])
def test_children_of_children_end(
    tmp_path: Path, stubborn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("py_build_cmake.wheels.processes._PATIENCE", 0.5)
    ignore = "import signal; signal.signal(2, signal.SIG_IGN); signal.signal(15, signal.SIG_IGN);"
    child = (
        f"{ignore if stubborn else ''}import time;"
        "from pathlib import Path;"
        "from py_build_cmake.base.console import StepBegins;"
        "from py_build_cmake.wheels.processes import write_event;"
        "print('py-build-cmake: [1/1] is not read', flush=True);"
        "write_event(Path('events'), StepBegins(1, 1, 'x')); time.sleep(60)"
    )
    code = f"import subprocess, sys; subprocess.call([sys.executable, '-c', {child!r}])"
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    files = {"log": tmp_path / "log", "events": tmp_path / "events"}
    worker = start([sys.executable, "-c", code], tmp_path, environ, **files)
    deadline = time.monotonic() + 30
    while not worker.steps() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert worker.step == "[1/1] x"
    end_all([worker])
    # Killed orphans are in the group until the system's first process has taken note of them.
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(worker.process.pid, 0)
            time.sleep(0.05)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_interrupt(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    monkeypatch.setattr(command_module, "build_all", interrupted)
    before = signal.getsignal(signal.SIGTERM)
    assert "interrupted" in run(project, status=128 + signal.SIGTERM).output
    assert signal.getsignal(signal.SIGTERM) == before


def test_live_lines(tmp_path: Path) -> None:
    written = io.StringIO()
    screen = rich.console.Console(file=written, force_terminal=True, width=80, highlight=False)
    process = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE)
    worker = Worker(process, tmp_path / "events", time.monotonic() - 7, "[1/2] configure")
    with progress_on(screen) as progress:
        progress.started("a")
        progress.step("a", "x")
        progress.tick({"aarch64": worker}, ["armhf"])
        progress.finished(Outcome("done", "failed", message="why", seconds=3))
    process.communicate()
    shown = written.getvalue()
    for part in ("aarch64", "7 s", "[1/2] configure", "waiting: 1", "done: failed in 3.0 s (why)"):
        assert part in shown


def test_sizes() -> None:
    assert [size_text(n) for n in (7, 1500, 2_000_000)] == ["7 B", "2 kB", "2.0 MB"]


def test_the_worker_ends_with_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    monkeypatch.setattr(os, "read", lambda *_: b"")
    ended = threading.Event()
    monkeypatch.setattr(os, "killpg", lambda *_: ended.set(), raising=False)
    monkeypatch.setattr(os, "_exit", lambda *_: None)
    worker_module._end_with_parent()
    assert ended.wait(10)
    os.close(read)
    os.close(write)
