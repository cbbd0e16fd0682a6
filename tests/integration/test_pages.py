"""What the documentation shows works: commands in an empty folder, and parts of CMakeLists.txt."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.builds import make_venv, run
from support.examples import follow
from support.pages import NATIVE, Block, Role, Run, blocks, pages
from support.projects import write

# Parts of a CMakeLists.txt, without those that a reader cannot use as they are, and those of the
# examples, which are built as a whole.
PARTS = [
    block
    for page in pages()
    for block in blocks(page, "cmake")
    if not block.skipped and block.role is not Role.PART
]
PYPROJECT = """
[build-system]
requires = ["py-build-cmake"]
build-backend = "py_build_cmake.build"
[project]
name = "example"
version = "1"
[tool.py-build-cmake.cmake]
generator = "Ninja"
"""
# What stands before a part that uses Python, or what was made with it.
PYTHON = """\
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(_core MODULE core.c)
"""
SOURCE = re.compile(r"[\w/.+-]+\.(?:c|cc|cpp|cxx|i|f90)\b")


@pytest.mark.parametrize("one", NATIVE, ids=lambda one: one.page)
def test_commands(one: Run, build_env: Mapping[str, str], tmp_path: Path) -> None:
    follow(one, tmp_path, build_env)


@pytest.fixture(scope="module")
def program(
    tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path, tools: dict[str, str]
) -> Path:
    """The program in an environment with CMake packages that the pages use."""
    (wheel,) = wheelhouse.glob("*.whl")
    directory = tmp_path_factory.mktemp("program") / "venv"
    python = make_venv(directory, f"{wheel}[cli]", "nanobind", "pybind11", "mypy")
    return python.with_name("py-build-cmake")


@pytest.mark.parametrize("block", PARTS, ids=lambda block: block.place)
def test_cmake_configures(
    block: Block, program: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    for source in ("core.c", *SOURCE.findall(block.text)):
        write(tmp_path / source, "%module example\n" if source.endswith(".i") else "")
    write(tmp_path / "example/__init__.py", "")
    write(tmp_path / "pyproject.toml", PYPROJECT)
    text, arguments = block.text, []
    if "set(CMAKE_SYSTEM_NAME" in text:
        file = write(tmp_path / "toolchain.cmake", text)
        arguments.append(f"-DCMAKE_TOOLCHAIN_FILE={file}")
        text = "project(example LANGUAGES NONE)\n"
    elif "project(" not in text:
        text = f"project(example LANGUAGES C CXX)\n{PYTHON}{text}"
    if "cmake_minimum_required" not in text:
        text = f"cmake_minimum_required(VERSION 3.18...4.1)\n{text}"
    write(tmp_path / "CMakeLists.txt", text)
    env = {**tools, "PATH": f"{program.parent}{os.pathsep}{tools['PATH']}"}
    run(program, "configure", *arguments, cwd=tmp_path, env=env)
