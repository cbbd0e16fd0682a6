"""Files from templates: the values, the commit they are of, and what is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.configuration import Sources
from support.machines import LINUX_CP311

from py_build_cmake.base.errors import ProjectError
from py_build_cmake.config.sources import PKG_INFO
from py_build_cmake.project.plan import BuildPlan, make_plan
from py_build_cmake.project.revision import RECORD_FILE, find_revision
from py_build_cmake.project.sdist_files import included_files, select_sdist

SHA = "0123456789abcdef0123456789abcdef01234567"
RECORD = f"node: {SHA}\nnode-date: 2026-11-25T12:00:00+00:00\n"
PYPROJECT = """\
[project]
name = "my-pkg"
version = "1.2rc1"
[tool.py-build-cmake.cmake]
"""


@pytest.fixture
def project(tmp_path: Path) -> Sources:
    sources = Sources(tmp_path.resolve())
    sources.write("pyproject.toml", PYPROJECT)
    sources.write("CMakeLists.txt", "")
    sources.write("my_pkg/__init__.py", "")
    return sources


def plan(sources: Sources, *tables: str, pyproject: str = PYPROJECT) -> BuildPlan:
    generate = "".join(f"[[tool.py-build-cmake.generate]]\n{table}\n" for table in tables)
    sources.write("pyproject.toml", pyproject + generate)
    return make_plan(sources.load(), LINUX_CP311)


def refused(sources: Sources, *tables: str, **more: Any) -> str:
    with pytest.raises(ProjectError) as caught:
        plan(sources, *tables, **more)
    return "\n".join(f"{p.where}: {p.message} ({p.hint})" for p in caught.value.problems)


def test_values(project: Sources) -> None:
    text = (
        "$name $module ${version} $version_numeric $version_major.$version_minor.$version_patch $$"
    )
    project.write("version.h.in", '#define V "$version"\n')
    made = plan(
        project,
        f'path = "my_pkg/_v.py"\ntemplate = "{text}"',
        'path = "gen/version.h"\ntemplate_path = "version.h.in"\nlocation = "build"',
        'path = "my_pkg/_w.py"\ntemplate = ""\nlocation = "source"',
    )
    expected = "my-pkg my_pkg 1.2rc1 1.2 1.2.0 $"
    assert made.generated_texts("install") == {"my_pkg/_v.py": expected}
    assert made.generated_texts("build") == {"gen/version.h": '#define V "1.2rc1"\n'}
    assert made.generated_texts("source") == {"my_pkg/_w.py": ""}
    assert made.generated is not None
    assert made.generated.revision is None, "nobody asked git"
    files = included_files(select_sdist(made))
    assert {"my_pkg/_w.py", "version.h.in"} <= files.keys()
    assert plan(project).generated_texts("install") == {}


def test_mistakes_in_templates(project: Sources) -> None:
    project.write("bad.in", "\n$ verson\n${verson}\n")
    (project.directory / "unreadable.in").write_bytes(b"\xff")
    message = refused(
        project,
        'path = "a.py"\ntemplate = "${sha}"',
        'path = "b.py"\ntemplate_path = "bad.in"',
        'path = "c.py"\ntemplate_path = "unreadable.in"',
    )
    lines = message.splitlines()
    assert lines[1].startswith("pyproject.toml: `tool.py-build-cmake.generate.0.template`: line 1")
    assert "there is no variable 'sha'" in lines[1]
    assert "write `$$`" in lines[2]
    assert "line 3 of the template" in lines[3]
    assert "did you mean `version`" in lines[3]
    assert "cannot be read" in lines[0]


def test_places_that_cannot_be(project: Sources) -> None:
    without_cmake = PYPROJECT.replace("[tool.py-build-cmake.cmake]", "")
    table = 'path = "a.h"\ntemplate = ""\nlocation = "build"'
    assert "does not use CMake" in refused(project, table, pyproject=without_cmake)
    dynamic = PYPROJECT.replace('version = "1.2rc1"', 'dynamic = ["version"]')
    project.write("my_pkg/__init__.py", '__version__ = "3"\n')
    table = 'path = "my_pkg/__init__.py"\ntemplate = ""\nlocation = "source"'
    assert "cannot be made from it" in refused(project, table, pyproject=dynamic)
    table = table.replace("__init__", "_v")
    assert plan(project, table, pyproject=dynamic).generated_texts("source") == {"my_pkg/_v.py": ""}


def test_the_commit_of_an_archive(project: Sources) -> None:
    project.write(RECORD_FILE, RECORD)
    table = 'path = "a.py"\ntemplate = "$git_sha $git_short_sha $git_date"'
    for _ in range(2):
        made = plan(project, table)
        expected = f"{SHA} 01234567 2026-11-25T12:00:00+00:00"
        assert made.generated_texts("install") == {"a.py": expected}
        assert made.generated
        assert made.generated.revision
        assert made.generated.revision.record == RECORD
        project.write(PKG_INFO, "")


def test_the_commit_of_a_checkout(tmp_path: Path) -> None:
    for words in (["init", "-q"], ["commit", "-qm", "x", "--allow-empty"]):
        names = ("-c", "user.name=x", "-c", "user.email=x@x")
        subprocess.run(["git", *names, *words], cwd=tmp_path, check=True)
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    sha = asked.stdout.strip()
    revision = find_revision(tmp_path)
    assert revision.sha == sha
    assert revision.record == f"node: {sha}\nnode-date: {revision.date}\n"
    # The record of the project has more.
    (tmp_path / RECORD_FILE).write_text("node: $Format:%H$\nnode-date: x\nname: $Format:%s$\n")
    assert find_revision(tmp_path).record == f"node: {sha}\nnode-date: x\nname: x\n"


def test_a_commit_that_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProjectError, match="git does not know the commit"):
        find_revision(tmp_path)
    (tmp_path / PKG_INFO).touch()
    with pytest.raises(ProjectError, match="this source distribution has no"):
        find_revision(tmp_path)
    (tmp_path / RECORD_FILE).write_text("node: unknown\n")
    with pytest.raises(ProjectError, match="must have a line"):
        find_revision(tmp_path)
    (tmp_path / RECORD_FILE).unlink()
    (tmp_path / PKG_INFO).unlink()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ProjectError, match="cannot be run"):
        find_revision(tmp_path)
