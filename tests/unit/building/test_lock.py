"""One build at a time."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from py_build_cmake.base.console import Console
from py_build_cmake.building.staging import exclusive

HOLDER = """
import sys
from pathlib import Path
from py_build_cmake.building.staging import exclusive
from py_build_cmake.base.console import Console
with exclusive(Path(sys.argv[1]), Console()):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_waits_and_says_so(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "deep" / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        entered = threading.Event()

        def enter() -> None:
            with exclusive(path, Console()):
                entered.set()

        waiting = threading.Thread(target=enter)
        waiting.start()
        assert not entered.wait(0.3)
        holder.kill()  # a lock does not outlive its holder
        waiting.join(10)
        assert entered.is_set()
    assert f"waiting for another build in {path.parent}" in capfd.readouterr().out


def test_without_another_process_nothing_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        with exclusive(tmp_path / "lock", Console()):
            pass
    assert capfd.readouterr() == ("", "")
