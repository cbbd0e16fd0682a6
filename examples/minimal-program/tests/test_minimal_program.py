from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

import minimal_program

SCRIPTS = Path(sysconfig.get_path("scripts"))


def _run(*words: str) -> str:
    command = [str(SCRIPTS / words[0]), *words[1:]]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def test_library() -> None:
    assert minimal_program.square(7) == 49


def test_programs() -> None:
    assert _run("minimal-program") == "Hello from C!\n"
    assert _run("minimal-square", "8") == "64\n"
