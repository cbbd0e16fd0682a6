"""Type checkers: mypy of the environment that the tests run in, and pyright from npm."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import npm
from support.builds import CommandFailed, run
from support.caches import cache_directory


def check_types(python: Path, directory: Path, package: str, good: str, bad: str) -> None:
    """Check that type checkers accept one program, and find the mistake in another."""
    right, wrong = directory / "right.py", directory / "wrong.py"
    right.write_text(f"import {package}\n\nx: int = {package}.{good}\n")
    wrong.write_text(f"import {package}\n\n{package}.{bad}\n{package}.nothing()\n")
    mypy = [sys.executable, "-m", "mypy", "--strict", f"--python-executable={python}"]
    mypy += [f"--cache-dir={directory / 'cache'}"]
    run(*mypy, right, cwd=directory)
    with pytest.raises(CommandFailed) as e:
        run(*mypy, wrong, cwd=directory)
    assert "wrong.py:3: error: Argument 1" in e.value.log
    assert 'wrong.py:4: error: Module has no attribute "nothing"' in e.value.log
    pyright = find_pyright()
    if pyright:
        assert pyright_errors(pyright, python, right) == []
        assert [line for line, _ in pyright_errors(pyright, python, wrong)] == [3, 4]


def find_pyright() -> Path | None:
    """Return pyright, from npm if it is not there, or None without npm or its registry."""
    found = shutil.which("pyright")
    if found:
        return Path(found)
    if not shutil.which("npm"):
        return None
    prefix = cache_directory() / "pyright"
    program = prefix / "node_modules" / ".bin" / "pyright"
    refused = prefix / "refused.txt"
    if not program.exists() and not refused.exists():
        try:
            npm.install("pyright", prefix)
        except npm.NpmFailed as e:
            prefix.mkdir(parents=True, exist_ok=True)
            refused.write_text(str(e), encoding="utf-8")
    return program if program.exists() else None


def pyright_errors(pyright: Path, python: Path, file: Path) -> list[tuple[int, str]]:
    """Return the lines and the messages of the errors that pyright finds."""
    done = subprocess.run(
        [pyright, "--pythonpath", python, "--outputjson", file],
        capture_output=True,
        text=True,
        check=False,
        cwd=file.parent,
    )
    found = json.loads(done.stdout)["generalDiagnostics"]
    return [
        (one["range"]["start"]["line"] + 1, one["message"])
        for one in found
        if one["severity"] == "error"
    ]
