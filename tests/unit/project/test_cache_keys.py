"""Which changes make uv build again."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.configuration import PROJECT_TABLE, Sources
from support.machines import LINUX_CP311

from py_build_cmake.project.cache_keys import cache_key_advice, uses_uv
from py_build_cmake.project.plan import make_plan

TABLES = """\
[tool.py-build-cmake.cmake]
[tool.py-build-cmake.sdist]
include = ["CMakeLists.txt", "CMakePresets.json", "src", "lib", "tests"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Sources:
    sources = Sources(tmp_path)
    for place in ("CMakeLists.txt", "CMakePresets.json", "src/x.c", "src/deep/y.C", "a_b.py"):
        sources.write(place, "")
    for place in ("lib/CMakeLists.txt", "lib/z.hpp", "tests/t.py"):
        sources.write(place, "")
    return sources


def advice(project: Sources, more: str = "", tables: str = TABLES) -> str:
    project.write("pyproject.toml", PROJECT_TABLE + tables + more)
    return cache_key_advice(make_plan(project.load(), LINUX_CP311))


def test_all_that_is_compiled_is_missing(project: Sources) -> None:
    assert advice(project) == (
        "pyproject.toml: `tool.uv.cache-keys`: uv does not build again when CMakeLists.txt changes"
        ' (nor 4 other files); write cache-keys = [{ file = "pyproject.toml" },'
        ' { file = "CMakeLists.txt" }, { file = "lib/**/CMakeLists.txt" },'
        ' { file = "lib/**/*.hpp" }, { file = "src/**/*.C" }, { file = "src/**/*.c" }]'
    )


def test_what_is_advised_is_enough(project: Sources) -> None:
    keys = advice(project).partition("write ")[2]
    assert advice(project, f"[tool.uv]\n{keys}\n") == ""


def test_keys_that_are_no_files_stay(project: Sources) -> None:
    keys = '"CMakeLists.txt", { file = "src/**/*.[cC]" }, { dir = "lib" }, { git = true }'
    said = advice(project, f"[tool.uv]\ncache-keys = [{keys}]\n")
    assert "when lib/CMakeLists.txt changes (nor 1 other file" in said
    assert '[{ file = "CMakeLists.txt" }, { file = "src/**/*.[cC]" }, { file = "lib/' in said
    assert said.endswith("], beside the keys that are no files")
    one = keys.replace('{ dir = "lib" }', '{ file = "lib/*.hpp" }')
    said = advice(project, f"[tool.uv]\ncache-keys = [{one}]\n")
    assert "when lib/CMakeLists.txt changes; write" in said


def test_presets_count_if_they_are_used(project: Sources) -> None:
    tables = TABLES.replace("cmake]\n", 'cmake]\npreset = "p"\n')
    assert '{ file = "CMakePresets.json" }' in advice(project, tables=tables)


def test_nothing_is_missing_without_cmake(project: Sources) -> None:
    assert advice(project, tables="") == ""


def test_nonsense_is_not_ours_to_refuse(project: Sources) -> None:
    for value in ('"CMakeLists.txt"', "[1, { file = 2 }]"):
        assert "uv does not build again" in advice(project, f"[tool.uv]\ncache-keys = {value}\n")


def test_who_uses_uv(project: Sources) -> None:
    advice(project)
    assert not uses_uv(project.directory)
    project.write("uv.lock", "")
    assert uses_uv(project.directory)
    (project.directory / "uv.lock").unlink()
    advice(project, "[tool.uv]\nmanaged = true\n")
    assert uses_uv(project.directory)
