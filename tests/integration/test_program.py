"""The installed command line program, and the installed plugin of validate-pyproject."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from support.backend import Backend
from support.builds import EXAMPLES, CommandFailed, run
from support.projects import copy_package


def test_show(scripts: Path, tmp_path: Path) -> None:
    project = copy_package("configurations", tmp_path / "project")
    cross = tmp_path / "somewhere" / "my.cross.toml"
    cross.parent.mkdir()
    cross.write_text('arch = "linux_riscv64"\nabi = "cp312"\n')
    command = [
        scripts / "py-build-cmake",
        "config",
        "show",
        "--json",
        "--cross",
        "../somewhere/my.cross.toml",
    ]
    printed = run(*command, "-C", "cmake.jobs=2", cwd=project, env={"PWD": str(project)})
    shown = json.loads(printed)
    assert shown["host"] == "cp312-cp312-linux_riscv64"
    options = {option["key"]: option for option in shown["options"]}
    assert options["cross.arch"]["origins"][0]["source"] == str(cross.resolve())
    assert options["cmake.jobs"]["value"] == 2
    assert not (project / ".py-build-cmake_cache").exists()


def test_mistakes(scripts: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed) as caught:
        run(scripts / "py-build-cmake", "config", "show", cwd=tmp_path)
    assert caught.value.status == 1
    assert caught.value.log.startswith("py-build-cmake: error: pyproject.toml: ")


def test_as_a_module(scripts: Path) -> None:
    command = [scripts / "python", "-m", "py_build_cmake", "config", "format", "--md"]
    assert "| `build_type` |" in run(*command)


def test_without_the_extra(backend: Backend) -> None:
    with pytest.raises(CommandFailed) as caught:
        run(backend.python.parent / "py-build-cmake", "--help")
    assert caught.value.status == 2
    assert caught.value.log.count("\n") == 1
    assert "py-build-cmake[cli]" in caught.value.log


def test_validate_pyproject(scripts: Path, tmp_path: Path) -> None:
    program = scripts / "validate-pyproject"
    for example in sorted(EXAMPLES.glob("*/pyproject.toml")):
        run(program, example)
    broken = tmp_path / "pyproject.toml"
    text = (EXAMPLES / "minimal" / "pyproject.toml").read_text("utf-8")
    broken.write_text(text.replace("[tool.py-build-cmake.cmake]", "[tool.py-build-cmake.cmak]"))
    with pytest.raises(CommandFailed) as caught:
        run(program, broken, env={"PATH": os.defpath})
    assert "cmak" in caught.value.log
