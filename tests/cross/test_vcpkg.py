"""vcpkg's toolchain file around that of the host. A stand-in has vcpkg's place: it reads the same
variables, and has one package; nothing is downloaded.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.backend import Backend
from support.builds import REPOSITORY, install_and_run, make_venv, run
from support.examples import copy_directory
from support.hosts import Host, needs_python_of

CODE = "from answers import _core; print(_core.answer())"


@pytest.fixture(scope="session")
def backend(tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path) -> Backend:
    (wheel,) = wheelhouse.glob("*.whl")
    directory = tmp_path_factory.mktemp("vcpkg") / "venv"
    return Backend(make_venv(directory, wheel, "cmake", "ninja"))


def test_the_toolchain_of_the_host_is_loaded(
    aarch64: Host, backend: Backend, tmp_path: Path
) -> None:
    needs_python_of(aarch64)
    package = REPOSITORY / "tests" / "packages" / "vcpkg-stand-in"
    project = copy_directory(package, tmp_path / "vcpkg-stand-in")
    native = backend.build_wheel(project)
    assert install_and_run(native.path, CODE, tmp_path / "venv").split() == ["detected"]
    settings = {"cross.arch": "manylinux_2_36_aarch64", "cross.toolchain": "gnu"}
    built = backend.build_wheel(project, settings)
    assert set(built.wheel.machines.values()) == {"aarch64"}
    assert _answer(aarch64, built.path, tmp_path / "made") == "py-build-cmake arm64"
    again = backend.build_wheel(project, settings)
    assert "Building C object" not in again.log
    named = backend.build_wheel(project, {**settings, "cmake.vcpkg_triplet": "arm64-linux"})
    assert _answer(aarch64, named.path, tmp_path / "named") == "arm64-linux"


def _answer(host: Host, wheel: Path, directory: Path) -> str:
    shutil.unpack_archive(wheel, directory, "zip")
    return run(host.python, "-c", CODE, env={"PYTHONPATH": str(directory)}).strip()
