"""Editable installs seen by front ends, type checkers, test runners, and a project of others."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Callable

import pytest
from support import locked
from support.backend import Backend
from support.builds import CommandFailed, find_links, make_venv, run
from support.editable import Environment
from support.projects import edit, write
from support.type_checkers import find_pyright

Package = Callable[[str], Path]

MODES = ("symlink", "hook", "wrapper")
# The rest is for releases: PY_BUILD_CMAKE_TEST_FULL=1.
FULL = os.environ.get("PY_BUILD_CMAKE_TEST_FULL") == "1"
USE = """\
from edit_me import Point, answer
from edit_me._native import answer as native
from edit_me.pure.numbers import double

x: int = native()
y: int = double("text")
reveal_type(native())
reveal_type(Point(1).x)
"""


@pytest.fixture(scope="module")
def with_tools(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> Environment:
    """An environment with what looks at packages, but the backend."""
    tools = ("mypy", "pytest", "coverage")
    python = make_venv(tmp_path_factory.mktemp("tools") / "venv", *tools)
    return Environment(python, backend)


def _failing(*command: object, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run a type checker on a file that has a mistake."""
    with pytest.raises(CommandFailed) as failed:
        run(*command, cwd=cwd, env=env)
    return failed.value.log


@pytest.mark.parametrize("mode", MODES[:2])
def test_type_checkers(
    with_tools: Environment, package: Package, tmp_path: Path, mode: str
) -> None:
    """They find the sources, and the stub that CMake installs."""
    with_tools.install(package("editable"), mode=mode)
    python, user = with_tools.python, tmp_path / "user"
    write(user / "use.py", USE)
    said = _failing(python, "-m", "mypy", "use.py", cwd=user)
    lines = [line for line in said.splitlines() if "use.py:" in line]
    assert len(lines) == 3, said
    assert 'use.py:6: error: Argument 1 to "double"' in lines[0]
    assert 'Revealed type is "int"' in lines[1].replace("builtins.", "")
    assert 'Revealed type is "int"' in lines[2].replace("builtins.", "")
    pyright = find_pyright()
    if not pyright:
        pytest.skip("pyright needs node and npm")
    said = _failing(pyright, "--pythonpath", python, "use.py", cwd=user)
    errors = [line for line in said.splitlines() if " - error:" in line]
    assert len(errors) == 1, said
    assert "use.py:6:" in errors[0]
    assert said.count('is "int"') == 2
    # In `hook`, pyright notes that a stub is all that it sees of a compiled module.
    assert said.replace("could not be resolved from source", "").count("could not be") == 0


@pytest.mark.parametrize("mode", MODES)
def test_pytest_and_coverage(with_tools: Environment, package: Package, mode: str) -> None:
    """Assertions of test modules inside of the package are rewritten; sources are measured."""
    project = package("editable")
    test = "from edit_me import answer\n\ndef test_answer():\n    expected = 43\n"
    write(project / "src/edit_me/tests/__init__.py", "")
    write(project / "src/edit_me/tests/test_it.py", f"{test}    assert answer() == expected\n")
    with_tools.install(project, mode=mode)
    said = _failing(
        *(with_tools.python, "-m", "coverage", "run", "--source=edit_me"),
        *("-m", "pytest", "-p", "no:cacheprovider", "--pyargs", "edit_me.tests"),
        cwd=project.parent,
    )
    assert "assert 42 == 43" in said
    report = run(with_tools.python, "-m", "coverage", "report", cwd=project.parent)
    measured = {line.split()[0] for line in report.splitlines() if ".py" in line}
    assert any(
        os.path.realpath(project.parent / p) == str((project / "src/edit_me/__init__.py").resolve())
        for p in measured
    ), report


@pytest.mark.parametrize("mode", MODES if FULL else MODES[1:2])
def test_suite_of_a_public_project(with_tools: Environment, tmp_path: Path, mode: str) -> None:
    """MarkupSafe, whose tests run its compiled module and the one in Python."""
    try:
        # Without isolation: pip asks setuptools, which is in this environment, for the name.
        options = ("--no-binary=:all:", "--no-build-isolation")
        sources = locked.provide("versions/markupsafe-2.1", sys.executable, *options)
    except locked.DownloadFailed as e:
        pytest.skip(f"no source distribution: {str(e).splitlines()[-1:]}")
    (archive,) = sources.glob("*.tar.gz")
    shutil.unpack_archive(str(archive), tmp_path, **_extraction())
    (project,) = (path for path in tmp_path.iterdir() if path.is_dir())
    (project / "setup.py").unlink()
    write(
        project / "pyproject.toml",
        """
        [build-system]
        requires = ["py-build-cmake"]
        build-backend = "py_build_cmake.build"
        [project]
        name = "markupsafe"
        version = "2.1.5"
        [tool.py-build-cmake.cmake]
        build_type = "Release"
        """,
    )
    write(
        project / "CMakeLists.txt",
        """
        cmake_minimum_required(VERSION 3.18...4.1)
        project(markupsafe LANGUAGES C)
        find_package(Python3 REQUIRED COMPONENTS Development.Module)
        Python3_add_library(_speedups MODULE WITH_SOABI src/markupsafe/_speedups.c)
        install(TARGETS _speedups DESTINATION markupsafe)
        """,
    )
    with_tools.install(project, mode=mode, build_hook=True)
    said = run(with_tools.python, "-m", "pytest", "-q", "tests", cwd=project)
    assert " passed" in said
    assert "skipped" not in said, "the compiled module is missing"
    with_tools.pip("uninstall", "--yes", "markupsafe")


def _extraction() -> dict[str, str]:
    import tarfile

    return (
        {"filter": "data"}
        if hasattr(tarfile, "data_filter") and sys.version_info >= (3, 12)
        else {}
    )


@pytest.mark.parametrize("front_end", ["pip", "pip isolated", "uv", "uv isolated"])
def test_front_ends(
    front_end: str, package: Package, tmp_path: Path, wheelhouse: Path, tools: dict[str, str]
) -> None:
    """Also when the build environment is gone, imports rebuild with what is there."""
    (wheel,) = wheelhouse.glob("*.whl")
    isolated = "isolated" in front_end
    python = make_venv(tmp_path / "venv", *([] if isolated else [wheel]))
    project = package("editable")
    offered = find_links(wheelhouse)
    options = ["-C", "editable.build_hook=true", *([] if isolated else ["--no-build-isolation"])]
    if front_end.startswith("uv"):
        command = [sys.executable, "-m", "uv", "pip", "install", "--no-cache", "--no-config"]
        command += ["--python", str(python)]
    else:
        command = [str(python), "-m", "pip", "install", "--no-cache-dir"]
    run(*command, *options, "-e", project, env={**tools, **offered})
    code = "import edit_me; print(edit_me.answer())"
    assert run(python, "-c", code, cwd=tmp_path, env=tools).strip() == "42"
    write(project / "src" / "level.h", "#define LEVEL 1\n")
    assert run(python, "-c", code, cwd=tmp_path, env=tools).splitlines()[-1] == "43"


def test_a_requirement_that_is_gone(
    package: Package, tmp_path: Path, wheelhouse: Path, tools: dict[str, str]
) -> None:
    """What CMake found in the build environment is named when that is installed from."""
    needs = write(tmp_path / "needs" / "setup.py", "")
    write(
        needs.with_name("pyproject.toml"),
        """
        [build-system]
        requires = ["py-build-cmake"]
        build-backend = "py_build_cmake.build"
        [project]
        name = "needed-headers"
        version = "1"
        """,
    )
    write(needs.with_name("needed_headers") / "__init__.py", "")
    links = tmp_path / "links"
    write(needs.with_name("needed_headers") / "neededConfig.cmake", "")
    run(
        *(sys.executable, "-m", "uv", "build", "--wheel", "--no-config", "--out-dir", links),
        needs.parent,
        env={**tools, **find_links(wheelhouse)},
    )
    project = package("editable")
    edit(project / "pyproject.toml", '["py-build-cmake"]', '["py-build-cmake", "needed-headers"]')
    find = 'import needed_headers; print(needed_headers.__path__[0], end="")'
    with (project / "CMakeLists.txt").open("a") as file:
        file.write(
            f"execute_process(COMMAND ${{Python3_EXECUTABLE}} -c [=[{find}]=]\n"
            "  OUTPUT_VARIABLE needed_ROOT)\n"
            "find_package(needed CONFIG REQUIRED)\n"
        )
    python = make_venv(tmp_path / "venv")
    env = {**tools, **find_links(wheelhouse, links)}
    command = [python, "-m", "pip", "install", "--no-cache-dir", "-C", "editable.build_hook=true"]
    log = run(*command, "--verbose", "-e", project, env=env)
    for part in (
        "warning: The build environment, which is gone after the installation, provided:",
        "needed_DIR",
        "pip install py-build-cmake needed-headers",
        "pip install --no-build-isolation -e",
    ):
        assert part in log
    code = "import edit_me; print(edit_me.answer())"
    assert run(python, "-c", code, cwd=tmp_path, env=tools).strip() == "42"
    write(project / "src" / "level.h", "#define LEVEL 1\n")
    failed = _failing(python, "-c", code, cwd=tmp_path, env=tools)
    assert "CMake configuration failed" in failed
    assert "pip install --no-build-isolation -e" in failed
    # With what is needed in the environment, the same build directory is configured with that.
    run(python, "-m", "pip", "install", "--no-index", "needed-headers", env=env)
    assert run(python, "-c", code, cwd=tmp_path, env=tools).splitlines()[-1] == "43"
