"""Running commands. The commands are scripts for the interpreter that runs the tests."""

from __future__ import annotations

import io
import os
import shlex
import signal
import sys
import threading
from pathlib import Path

import pytest

from py_build_cmake.base.console import Console
from py_build_cmake.base.errors import CommandError
from py_build_cmake.cmake.runner import Interrupted, Purpose, SubprocessRunner

RUNNER = SubprocessRunner(Console())


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-c", code]


def run(
    tmp_path: Path,
    command: list[str],
    cwd: Path | None = None,
    environ: dict[str, str] | None = None,
) -> str:
    """Run a command and return the log."""
    log = tmp_path / "log"
    # On Windows nothing starts without it.
    needed = {k: v for k, v in os.environ.items() if k == "SYSTEMROOT"}
    RUNNER(
        command,
        purpose=Purpose.BUILD,
        cwd=cwd or tmp_path,
        environ={**needed, **(environ or {})},
        log=log,
    )
    return log.read_text("utf-8", errors="replace")


def test_the_command_is_shown_and_its_output_streamed_and_logged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = python("import sys; print('out', flush=True); print('err', file=sys.stderr)")
    log = run(tmp_path, command)
    assert capfd.readouterr().out == log
    shown, *output = log.splitlines()
    assert shlex.split(shown) == ["+", *command]
    assert output == ["out", "err"]


def test_a_quiet_build_only_logs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    command = python("print('out')")
    log = tmp_path / "log"
    quiet = SubprocessRunner(Console(level="WARNING"))
    environ = {k: v for k, v in os.environ.items() if k == "SYSTEMROOT"}
    quiet(command, purpose=Purpose.BUILD, cwd=tmp_path, environ=environ, log=log)
    assert capfd.readouterr() == ("", "")
    assert log.read_text().splitlines()[-1] == "out"


def test_both_streams_keep_their_order(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "for i in range(5):\n"
        "    print('out', i, flush=True)\n"
        "    print('err', i, file=sys.stderr, flush=True)\n"
    )
    log = run(tmp_path, python(code))
    printed = [f"{stream} {i}" for i in range(5) for stream in ("out", "err")]
    assert log.splitlines()[-10:] == printed


def test_the_command_has_exactly_the_environment_and_directory(tmp_path: Path) -> None:
    directory = tmp_path / "some where"
    directory.mkdir()
    code = "import os; print(os.getcwd()); print(os.environ['A'], 'PATH' in os.environ)"
    log = run(tmp_path, python(code), cwd=directory, environ={"A": "b c"})
    assert log.splitlines()[-2:] == [str(directory.resolve()), "b c False"]


def test_the_command_has_no_standard_input(tmp_path: Path) -> None:
    assert run(tmp_path, python("import sys; print(repr(sys.stdin.read()))")).endswith("''\n")


def test_the_log_keeps_earlier_commands(tmp_path: Path) -> None:
    run(tmp_path, python("print(1)"))
    log = run(tmp_path, python("print(2)"))
    assert [line for line in log.splitlines() if not line.startswith("+")] == ["1", "2"]


def test_bytes_are_passed_on_as_they_are(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    size = 300_000
    run(tmp_path, python(f"import sys; sys.stdout.buffer.write(b'\\xff\\0\\n' * {size})"))
    output = b"\xff\0\n" * size
    assert capfdbinary.readouterr().out.endswith(output)
    assert (tmp_path / "log").read_bytes().endswith(output)


def test_a_replaced_standard_output_still_sees_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced = io.StringIO()
    monkeypatch.setattr(sys, "stdout", replaced)
    run(tmp_path, python(r"import sys; sys.stdout.buffer.write(b'text \xff')"))
    assert replaced.getvalue().endswith("text \N{REPLACEMENT CHARACTER}")


def test_an_exit_status_is_an_error_and_the_output_is_there(tmp_path: Path) -> None:
    command = python("print('why'); raise SystemExit(3)")
    with pytest.raises(CommandError, match=r"CMake build failed \(exit status 3\)") as e:
        run(tmp_path, command)
    assert e.value.status == 3
    assert e.value.log == tmp_path / "log"
    assert "why" in (tmp_path / "log").read_text()
    assert str(tmp_path / "log") in str(e.value)


@pytest.mark.skipif(os.name == "nt", reason="no signals")
def test_a_signal_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="killed by signal") as e:
        run(tmp_path, python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    assert e.value.status == -signal.SIGKILL


@pytest.mark.parametrize(
    ("command", "environ"),
    [
        (["./no-such-program"], {}),
        ([".", "x"], {}),
        (["cmake", "-D", "A=b\0c"], {}),
        ([sys.executable, "-V"], {"A": "b\0c"}),
        ([sys.executable, "-V"], {"A=B": "c"}),
    ],
)
def test_what_cannot_be_started_is_an_error(
    tmp_path: Path, command: list[str], environ: dict[str, str]
) -> None:
    with pytest.raises(CommandError, match="not started") as e:
        run(tmp_path, command, environ=environ)
    assert e.value.status is None


def test_a_missing_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not started"):
        run(tmp_path, python(""), cwd=tmp_path / "missing")


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="paths are text")
def test_paths_without_an_encoding_can_be_run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / os.fsdecode(b"\xff")
    directory.mkdir()
    log = tmp_path / "log"
    RUNNER(
        [*python("import sys; print(ascii(sys.argv[1]))"), str(directory)],
        purpose=Purpose.BUILD,
        cwd=directory,
        environ={},
        log=log,
    )
    shown, printed = log.read_bytes().splitlines()
    assert shown.endswith(os.fsencode(f"{directory}'"))
    assert b"\\udcff" in printed
    assert "\\udcff" in capfd.readouterr().out


def test_the_first_error_is_repeated(tmp_path: Path) -> None:
    (tmp_path / "a.c").touch()
    command = python("print('before'); print('a.c:3:1: error: odd'); raise SystemExit(1)")
    with pytest.raises(CommandError) as e:
        run(tmp_path, command)
    (diagnostic,) = e.value.diagnostics
    assert (diagnostic.file, diagnostic.line) == (str(tmp_path / "a.c"), 3)
    assert str(e.value).endswith("what it said:\n        a.c:3:1: error: odd")
    # The errors of an earlier command are not those of this one.
    with pytest.raises(CommandError) as e:
        run(tmp_path, python("raise SystemExit('other')"))
    assert [each.lines for each in e.value.diagnostics] == [("other",)]


def test_secrets_are_not_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = "import os, sys; print(sys.argv[1:], os.environ['A_TOKEN']); raise SystemExit(1)"
    command = [*python(code), "-DB_TOKEN=in-option"]
    with pytest.raises(CommandError) as e:
        run(tmp_path, command, environ={"A_TOKEN": "in-environment"})
    out, err = capfd.readouterr()
    for text in (out, err, str(e.value), (tmp_path / "log").read_text()):
        assert "in-option" not in text
        assert "in-environment" not in text
    assert "['-DB_TOKEN=***'] ***" in out


CLEANS_UP = """
import os, signal, sys, time

def clean_up(*_):
    time.sleep(0.3)
    open("cleaned up", "w").close()
    print("x" * 100_000, flush=True)  # more than a pipe holds
    sys.exit(1)

for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, clean_up)
os.kill(os.getppid(), NUMBER)
if NUMBER == signal.SIGINT:
    os.kill(os.getpid(), NUMBER)  # as a terminal sends it to both
time.sleep(30)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_waits_for_its_command(tmp_path: Path, number: signal.Signals) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted):
        run(tmp_path, python(CLEANS_UP.replace("NUMBER", f"signal.{number.name}")))
    assert (tmp_path / "cleaned up").exists()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_command_ends_also_where_nobody_reads_its_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(chunk: bytes) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("py_build_cmake.cmake.runner._echo", refuse)
    with pytest.raises(BrokenPipeError):
        run(tmp_path, python("print('x' * 1_000_000); open('end', 'w')"))
    assert (tmp_path / "end").exists()


def test_signals_are_left_alone_outside_of_the_main_thread(tmp_path: Path) -> None:
    logs: list[str] = []
    thread = threading.Thread(target=lambda: logs.append(run(tmp_path, python("print('out')"))))
    thread.start()
    thread.join()
    assert logs[0].splitlines()[-1] == "out"
