"""What the page about IDEs says: presets in the build directory of pip, and a debugger."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from support.builds import find_links, make_venv, run
from support.pages import DOCS, section

PAGE = DOCS / "how-to" / "ide.md"
BUILD = "In the build directory of pip"


def test_ide(scripts: Path, wheelhouse: Path, tools: dict[str, str], tmp_path: Path) -> None:
    (wheel,) = wheelhouse.glob("*.whl")
    run(scripts / "py-build-cmake", "init", "hello", cwd=tmp_path)
    project = tmp_path / "hello"
    python = make_venv(tmp_path / "venv", f"{wheel}[cli]")
    env = {
        "PATH": os.pathsep.join([str(python.parent), tools["PATH"]]),
        **find_links(wheelhouse),
    }

    def shell(commands: str) -> str:
        return run("sh", "-e", "-c", commands, cwd=project, env=env)

    shell(section(PAGE, "Without the backend", "sh"))
    install = "pip install --no-build-isolation --editable .\n"
    assert install in section(PAGE, BUILD, "sh")

    # After a build by pip, the IDE has nothing to compile.
    shell(install)
    shell("py-build-cmake configure --preset-file")
    (tag,) = (path.name for path in (project / ".py-build-cmake_cache").glob("*-*-*"))
    commands = section(PAGE, BUILD, "sh").replace("cp311-cp311-linux_x86_64", tag)
    first, last = (
        line for line in commands.splitlines() if line.startswith("cmake --") and tag in line
    )
    code = Path("src", "_core.c")
    (built,) = (project / ".py-build-cmake_cache" / tag).glob("_core.*")
    time = built.stat().st_mtime_ns
    shell(f"{first}\n{last}")
    assert built.stat().st_mtime_ns == time
    database = project / "compile_commands.json"
    assert database.is_symlink()
    assert str(code) in database.read_text("utf-8")

    # Neither has pip after a build by the IDE.
    os.utime(project / code)
    shell(last)
    time = built.stat().st_mtime_ns
    log = shell(install.replace("install ", "install --verbose "))
    assert "configuring afresh" not in log
    assert built.stat().st_mtime_ns == time

    # An emptied build directory, as "delete the cache" in an IDE leaves it.
    shutil.rmtree(project / ".py-build-cmake_cache" / tag / "CMakeFiles")
    (project / ".py-build-cmake_cache" / tag / "CMakeCache.txt").unlink()
    assert str(python) in shell(first)
    shell(last)

    if not shutil.which("gdb"):
        pytest.skip("no gdb")
    said = shell(section(PAGE, "Debuggers", "sh"))
    assert "Breakpoint 1, add (" in said
    assert f"{project / code}:6" in said or f"{code}:6" in said
