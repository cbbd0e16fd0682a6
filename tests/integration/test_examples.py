"""The examples that show one kind of binding or wheel each: built for this machine, and tested.

``tests/cross/test_examples.py`` has those with cross files of their own.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from support.backend import Backend, path_of
from support.builds import EXAMPLES, make_venv, run
from support.examples import SMALL, copy_directory

from py_build_cmake.verify.inspect import inspect_wheel

# What an example needs, and what a machine may not have.
NEEDED = {"fortran": "gfortran", "swig": "swig"}
# What the wheel's name ends with, where that is not the usual tag.
TAGS = {"abi3": "-cp311-abi3-", "minimal-program": "-py3-none-"}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path) -> Path:
    """An environment with what the examples require to be built and tested."""
    (wheel,) = wheelhouse.glob("*.whl")
    wanted = (wheel, "cmake", "cython", "ninja", "numpy", "pybind11", "pytest", "setuptools")
    return make_venv(tmp_path_factory.mktemp("examples") / "venv", *wanted)


@pytest.mark.parametrize("name", SMALL)
def test_own_tests_pass(name: str, python: Path, tmp_path: Path) -> None:
    needed = NEEDED.get(name.partition("/")[0])
    if needed and not shutil.which(needed):
        pytest.skip(f"no {needed} on PATH")
    project = copy_directory(EXAMPLES / name, tmp_path / "project")
    backend = Backend(python, {"PATH": path_of(python.parent)})
    wheel = backend.build_wheel(project).path
    assert inspect_wheel(wheel).is_sound
    if sys.version_info >= (3, 11):
        assert TAGS.get(name, f"-cp3{sys.version_info[1]}-") in wheel.name
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel)
    tests = shutil.copytree(project / "tests", tmp_path / "tests")
    run(python, "-m", "pytest", "-p", "no:cacheprovider", tests, cwd=tmp_path)
