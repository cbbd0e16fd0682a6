"""What the page about uv says, done with uv."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable

import pytest
from support.backend import path_of
from support.builds import find_links, run
from support.pages import DOCS, section
from support.projects import edit

PAGE = DOCS / "how-to" / "uv.md"
CALL = ("uv", "run", "--quiet", "python", "-c", "import hello; print(hello.add(2, 3))")


@pytest.fixture
def shell(scripts: Path, wheelhouse: Path, tmp_path: Path) -> Callable[..., str]:
    """Runs the commands of a section in a directory below ``tmp_path``; returns what they print."""
    env = {
        "PATH": path_of(scripts, Path(sys.executable).parent),
        "UV_PYTHON_DOWNLOADS": "never",
        # Unlike in other tests, the tables of a project count.
        "UV_NO_CONFIG": "false",
        **find_links(wheelhouse),
    }

    def call(directory: Path, heading: str = "", *words: object) -> str:
        words = words or ("sh", "-e", "-c", section(PAGE, heading, "sh"))
        return run(*words, cwd=directory, env=env)

    return call


def test_uv(shell: Callable[..., str], tmp_path: Path) -> None:
    begin, rest = section(PAGE, "One project", "sh").split("\n", 1)
    shell(tmp_path, "", *begin.split())
    project = tmp_path / "hello"
    limit(project)
    assert shell(tmp_path, "", "sh", "-e", "-c", rest).splitlines()[-1] == "5"
    code = project / "src" / "_core.c"

    # uv builds again, and compiles only what changed.
    edit(code, "a + b", "a + b + 100")
    assert shell(project, "", *CALL).strip() == "105"
    assert "uv does not build again" not in shell(project, "After a change of a C file")
    pyproject = project / "pyproject.toml"
    keys = 'cache-keys = [\n    { file = "pyproject.toml" },\n    { file = "CMakeLists.txt" },\n'
    written = pyproject.read_text("utf-8")
    assert keys in written
    listed = section(PAGE, "After a change of a C file", "toml")
    assert listed in written.replace("# When one of these changes, uv builds again.\n", "")

    # Without the keys, a stale module would run: the reason for all this.
    edit(pyproject, '    { file = "src/**/*.c" },\n', "")
    shell(project, "", "uv", "sync", "--quiet")
    edit(code, "a + b + 100", "a + b + 200")
    assert shell(project, "", *CALL).strip() == "105"
    said = shell(project, "After a change of a C file")
    assert "uv does not build again when src/_core.c changes" in said
    assert '{ file = "src/**/*.c" }]' in said

    # Without isolation, the import builds.
    pyproject.write_text(joined(written, section(PAGE, "Without build isolation", "toml")), "utf-8")
    shell(project, "Without build isolation")
    edit(code, "a + b + 200", "a + b + 300")
    assert shell(project, "", ".venv/bin/python", *CALL[4:]).splitlines()[-1] == "305"

    assert "hello-0.1.0.tar.gz" in shell(project, "Archives")


def limit(project: Path) -> None:
    """Have uv lock what this Python needs: no wheels of others are offered."""
    pyproject = project / "pyproject.toml"
    edit(pyproject, 'optional-dependencies = { test = ["pytest"] }\n', "")
    edit(pyproject, ">=3.9", ">={}.{}".format(*sys.version_info))


def joined(pyproject: str, tables: str) -> str:
    """Add tables to a file that has one of them already."""
    head, _, rest = tables.partition("[tool.uv]\n")
    keys, _, others = rest.partition("\n\n")
    return pyproject.replace("[tool.uv]\n", f"[tool.uv]\n{keys}\n") + f"\n{head}{others}"


def test_workspace(shell: Callable[..., str], tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    shell(packages, "", "py-build-cmake", "init", "hello")
    limit(packages / "hello")
    tables = section(PAGE, "Workspaces", "toml").replace(
        ">=3.9", ">={}.{}".format(*sys.version_info)
    )
    (tmp_path / "pyproject.toml").write_text(tables, "utf-8")
    assert shell(tmp_path, "Workspaces").splitlines()[-1] == "5"
    edit(packages / "hello" / "src" / "_core.c", "a + b", "a + b + 100")
    assert shell(tmp_path, "", *CALL).strip() == "105"
    with (tmp_path / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + section(PAGE, "Settings", "toml"))
    shell(tmp_path, "Settings")
    cache = packages / "hello" / ".py-build-cmake_cache"
    (entries,) = cache.glob("*/CMakeCache.txt")
    assert "CMAKE_BUILD_TYPE:STRING=Debug" in entries.read_text("utf-8")
