"""Projects that ask a Python how to compile in their own ways, in cross builds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.asking import ASKING, PYBIND11_OWN_SEARCH, SUB_PROJECTS, forms_for
from support.backend import Backend
from support.hosts import CPYTHON_311, CPYTHON_313, Host, HostPython, without
from support.plain import NEWEST, check, write_project
from support.pythons import find_python

MakeBackend = Callable[..., Backend]
GetHost = Callable[[str, HostPython], Host]


@pytest.mark.parametrize(
    ("cmake", "name", "python", "minor"),
    [
        (NEWEST, "armhf", CPYTHON_311, 11),
        (NEWEST, "aarch64", CPYTHON_311, 12),
        ("3.18.4.post1", "s390x", CPYTHON_313, 9),
    ],
    ids=["newest-armhf", "newest-aarch64-by-3.12", "3.18-s390x-by-3.9"],
)
def test_answers_are_those_of_the_host(  # noqa: PLR0917
    make_backend: MakeBackend,
    get_host: GetHost,
    tmp_path: Path,
    cmake: str,
    name: str,
    python: HostPython,
    minor: int,
) -> None:
    host = get_host(name, python)
    other = find_python(minor) or find_python(11)
    if other is None:
        without(f"there is neither Python 3.{minor} nor 3.11 with headers")
    forms = forms_for(host, {**ASKING, **SUB_PROJECTS})
    if cmake.startswith("3.18"):
        forms.pop("python3_config")
    project = write_project(tmp_path, host, forms)
    built = make_backend(cmake, "setuptools", "packaging", python=other).build_wheel(project)
    check(built, host, forms, tmp_path)
    asked = f"{project}/script/flags.py:3 asks platform.machine() while CMake configures"
    (warning,) = [line for line in built.log.splitlines() if "/flags.py" in line and "asks" in line]
    assert asked in warning


def test_pybind11s_own_search(make_backend: MakeBackend, armhf: Host, tmp_path: Path) -> None:
    forms = forms_for(armhf, PYBIND11_OWN_SEARCH)
    project = write_project(tmp_path, armhf, forms)
    built = make_backend(NEWEST, "pybind11").build_wheel(project)
    check(built, armhf, forms, tmp_path)
