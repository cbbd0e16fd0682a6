"""Conan 2 in cross builds: its packages are compiled for the host, and run there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.backend import Backend
from support.builds import make_venv, run
from support.conan import EXAMPLE, Conan, make_conan
from support.examples import build_directories, copy_directory
from support.hosts import Host, needs_python_of
from support.projects import edit

RESULT = "8.000000 m"
# Conan's own toolchain file would let a cross build find it.
OF_THIS_MACHINE = 'find_path(OF_THIS_MACHINE NAMES stdio.h PATHS "/usr/include")\n'
PROFILE = """\
[settings]
compiler=gcc
compiler.version=12
compiler.libcxx=libstdc++11
compiler.cppstd=gnu17
"""


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path) -> Path:
    (wheel,) = wheelhouse.glob("*.whl")
    directory = tmp_path_factory.mktemp("conan") / "venv"
    return make_venv(directory, wheel, "conan", "cmake", "ninja", locks=("conan",))


@pytest.fixture
def conan(python: Path, tmp_path: Path) -> Conan:
    return make_conan(python, tmp_path / "home")


def test_packages_are_for_the_host(
    aarch64: Host, python: Path, conan: Conan, tmp_path: Path
) -> None:
    """With a native pre-build, which has packages of its own, and then with a toolchain file."""
    needs_python_of(aarch64)
    backend = Backend(python, conan.env)
    project = copy_directory(EXAMPLE, tmp_path / "conan")
    with (project / "CMakeLists.txt").open("a") as file:
        file.write(OF_THIS_MACHINE)
    settings = {"cross": "aarch64.cross.toml", "cross.native_build": "true"}
    built = backend.build_wheel(project, settings)
    assert set(built.wheel.machines.values()) == {"aarch64"}
    assert _answer(aarch64, built.path, tmp_path / "gnu") == RESULT
    found = {
        entries["CMAKE_CXX_COMPILER"].rpartition("/")[2]: entries["OF_THIS_MACHINE"]
        for entries in build_directories(project).values()
        if "PY_BUILD_CMAKE_VERSION" in entries
    }
    assert found == {
        "aarch64-linux-gnu-g++": "OF_THIS_MACHINE-NOTFOUND",
        "c++": "/usr/include",
    }
    assert "arch=armv8" in built.log
    again = backend.build_wheel(project, settings)
    assert "Building CXX" not in again.log

    # A toolchain file of the user's, with a profile that says which compiler it has.
    toolchain = project / "aarch64.toolchain.cmake"
    shutil.copy(EXAMPLE.parent / "minimal" / toolchain.name, toolchain)
    edit(
        toolchain,
        "set(CMAKE_C_COMPILER",
        "set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)\nset(CMAKE_C_COMPILER",
    )
    (project / "aarch64.profile").write_text(PROFILE)
    (project / "aarch64.cross.toml").write_text(
        f'arch = "linux_aarch64"\npython = "{aarch64.sysroot}"\n'
        'toolchain_file = "aarch64.toolchain.cmake"\n'
        '[conan]\nprofile_host = ["default", "aarch64.profile"]\n'
    )
    built = backend.build_wheel(project, {"cross": "aarch64.cross.toml"})
    assert _answer(aarch64, built.path, tmp_path / "file") == RESULT


def _answer(host: Host, wheel: Path, directory: Path) -> str:
    shutil.unpack_archive(wheel, directory, "zip")
    code = "import boxes; print(boxes.perimeter(2))"
    return run(host.python, "-c", code, env={"PYTHONPATH": str(directory)}).strip()
