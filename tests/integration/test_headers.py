"""A module with the right name that was compiled with the headers of another Python."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend
from support.builds import run
from support.projects import edit
from support.pythons import MINORS, find_python

INCLUDE = "import sysconfig; print(sysconfig.get_path('platinclude'))"


@pytest.fixture(scope="module")
def other_headers() -> str:
    """The include directory of a Python of another version."""
    for minor in MINORS:
        python = find_python(minor) if minor != sys.version_info[1] else None
        if python:
            return Path(run(python, "-c", INCLUDE).strip()).as_posix()
    pytest.skip("no second version of Python with headers")


@pytest.mark.parametrize("generator", ["Ninja", "Unix Makefiles"])
def test_headers_of_another_python_are_refused(
    backend: Backend, package: Callable[[str], Path], other_headers: str, generator: str, make: None
) -> None:
    project = package("c-extension")
    edit(project / "pyproject.toml", 'build_type = "Release"', f'generator = "{generator}"')
    assert "unknown-headers" not in backend.build_wheel(project).log
    include = f"target_include_directories(_native BEFORE PRIVATE {other_headers})\ninstall("
    edit(project / "CMakeLists.txt", "install(", include)
    (project / "dist").rename(project.with_name("before"))
    said = backend.refusal(project)
    assert said.startswith(f"src/_native.c: was compiled with {other_headers}, headers of cp3")
    assert "[foreign-headers]" in said
    assert "Python::Module" in said
    # Who has a reason says so.
    built = backend.build_wheel(project, {"wheel.verify": "warn"})
    assert "[foreign-headers]" in built.log
