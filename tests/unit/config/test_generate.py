"""``[[generate]]``: an array of tables, whose entries overrides name by number."""

from __future__ import annotations

import pytest
from support.configuration import Sources

TOOL = "tool.py-build-cmake"


def array(*tables: str) -> str:
    return "".join(f"[[{TOOL}.generate]]\n{table}\n" for table in tables)


def test_array(sources: Sources) -> None:
    sources.pyproject(array('path = "a.py"\ntemplate = "a"', 'path = "b.py"\ntemplate = "b"'))
    config = sources.load("generate.1.location=build", "generate.0.template=c")
    (zero, first), (one, second) = config.generate
    assert (zero, first.path, first.template, first.location) == (0, "a.py", "c", "install")
    assert (one, second.path, second.template, second.location) == (1, "b.py", "b", "build")


def test_one_table(sources: Sources) -> None:
    sources.pyproject(f'[{TOOL}.generate]\npath = "/headers/a.h"\ntemplate = ""')
    ((index, one),) = sources.load().generate
    assert (index, one.path) == (0, "/headers/a.h")
    assert sources.load("generate=!").generate == ()


@pytest.mark.parametrize(
    "path", ["../a", "/a", "a/../b", "a/", "", "/data", "/headers/../a", "a\\b"]
)
def test_paths_outside(sources: Sources, path: str) -> None:
    sources.pyproject(array(f"path = '{path}'\ntemplate = \"\""))
    problem = sources.problem()
    assert problem.where == f"pyproject.toml: `{TOOL}.generate.0.path`"
    assert "is not the path of a file" in problem.message


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (['template = ""'], "`path` is missing"),
        (['path = "a"'], "the template of a is missing"),
        (['path = "a"\ntemplate = ""\ntemplate_path = "CMakeLists.txt"'], "is given twice"),
        (['path = "/data/a"\ntemplate = ""\nlocation = "build"'], "is a place in the wheel"),
        (['path = "a"\ntemplate = ""'] * 2, "a is also the file of `generate.0`"),
    ],
)
def test_mistakes(sources: Sources, tables: list[str], message: str) -> None:
    sources.pyproject(array(*tables))
    problem = sources.problem()
    assert problem.where.startswith(f"pyproject.toml: `{TOOL}.generate.")
    assert message in problem.message
    assert problem.hint


def test_not_a_table(sources: Sources) -> None:
    sources.pyproject("generate = 3")
    assert "must be a table" in sources.problem().message
