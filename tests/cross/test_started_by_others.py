"""Cross builds that other tools start: the environment says what is built, and no cross file."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

import pytest
from support.backend import Backend, Built, path_of
from support.builds import run
from support.examples import Builder
from support.hosts import Host, without
from support.projects import copy_package
from support.pythons import find_python
from support.started import PYTHON, conda_environment, make_crossenv, make_prefix

IMPORT = "import started._started as m, struct; print(m.version, m.pointer == struct.calcsize('P'))"

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the environments are those of linux-64"
)


@pytest.fixture(scope="session")
def backend(unisolated_builder: Builder) -> Backend:
    """The backend in an environment with CMake and Ninja."""
    return Backend(unisolated_builder.python, dict(unisolated_builder.env))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_package("started-by-others", tmp_path / "project")


def check(built: Built, host: Host, directory: Path) -> str:
    """Check names and machines, import the module on the host's Python; return what was told."""
    assert built.path.name == f"started-1.0-{host.tag}.whl"
    assert [name for name in built.wheel.files if name.endswith(".so")] == [
        f"started/_started{host.suffix}"
    ]
    assert set(built.wheel.machines.values()) == {host.name}
    shutil.unpack_archive(built.path, directory / "unpacked", "zip")
    said = run(host.python, "-c", IMPORT, env={"PYTHONPATH": str(directory / "unpacked")})
    assert said.split()[1] == "True"
    # The native pre-build compiled for this machine, and ran the result.
    told = (directory / "unpacked" / "started" / "told.txt").read_text()
    assert told.split()[0] == told.split()[1]
    return told


def test_conda(backend: Backend, aarch64: Host, project: Path, tmp_path: Path) -> None:
    env = conda_environment(tmp_path, aarch64, backend.python.parents[1])
    built = backend.with_env(**env).build_wheel(project)
    why = "cross-compiling for linux_aarch64: host_platform=linux-aarch64, build_platform=linux-64"
    assert why in built.log
    assert "_sysconfigdata_aarch64_conda_linux_gnu.py" in built.log
    told = check(built, aarch64, tmp_path)
    assert Path(told.split()[2]).parent == backend.python.parent
    # The host's pip takes the tag for one of its own.
    python = aarch64.make_venv(tmp_path / "venv", built.path, backend.python)
    assert run(python, "-c", IMPORT, cwd=tmp_path).split()[1] == "True"


def test_conda_without_python(
    backend: Backend, aarch64: Host, project: Path, tmp_path: Path
) -> None:
    env = conda_environment(tmp_path, aarch64, backend.python.parents[1])
    shutil.rmtree(env["STDLIB_DIR"])
    said = backend.with_env(**env).refusal(project)
    assert "environment variable PREFIX: python is missing from the host requirements" in said


@pytest.fixture(scope="session")
def crossenv(
    tmp_path_factory: pytest.TempPathFactory, aarch64: Host, backend: Backend, wheelhouse: Path
) -> Backend:
    """The backend in a crossenv for the host's Python."""
    python = find_python(11)
    if python is None:
        without("crossenv needs a Python 3.11 of this machine")
    (wheel,) = wheelhouse.glob("*.whl")
    directory = tmp_path_factory.mktemp("crossenv")
    return make_crossenv(directory, aarch64, python, wheel, backend.python.parent)


def test_crossenv(
    crossenv: Backend, backend: Backend, aarch64: Host, project: Path, tmp_path: Path
) -> None:
    built = crossenv.build_wheel(project)
    why = "cross-compiling for linux_aarch64: the interpreter says linux_aarch64 on linux_x86_64"
    assert why in built.log
    told = check(built, aarch64, tmp_path)
    assert "/build/bin/" in told.split()[2]


def test_conda_with_crossenv(
    crossenv: Backend, backend: Backend, aarch64: Host, project: Path, tmp_path: Path
) -> None:
    # What the package cross-python does: the interpreter claims to be the host's.
    build_prefix = crossenv.python.parents[2] / "build"
    env = conda_environment(tmp_path, aarch64, build_prefix)
    built = crossenv.with_env(**env).build_wheel(project)
    assert "host_platform=linux-aarch64, build_platform=linux-64" in built.log
    told = check(built, aarch64, tmp_path)
    assert told.split()[2] == str(build_prefix / "bin" / PYTHON)


def test_variables_of_cpython(
    backend: Backend, aarch64: Host, project: Path, tmp_path: Path
) -> None:
    # As Yocto, Buildroot and Nix have it: the host's module on PYTHONPATH, compilers in CC.
    prefix = make_prefix(tmp_path / "staging" / "usr", aarch64, "_sysconfigdata")
    cc = f"{aarch64.triplet}-gcc --sysroot={aarch64.sysroot}"
    built = backend.with_env(
        CC=cc,
        CXX=cc.replace("gcc", "g++"),
        CFLAGS="-mcpu=cortex-a53",
        BUILD_CC="gcc",
        _PYTHON_HOST_PLATFORM="linux-aarch64",
        _PYTHON_SYSCONFIGDATA_NAME="_sysconfigdata",
        PYTHONPATH=str(prefix.stdlib),
        PATH=path_of(backend.python.parent),
    ).build_wheel(project)
    assert "_PYTHON_HOST_PLATFORM=linux-aarch64" in built.log
    check(built, aarch64, tmp_path)


def test_detection_is_turned_off(
    backend: Backend, aarch64: Host, project: Path, tmp_path: Path
) -> None:
    env = conda_environment(tmp_path, aarch64, backend.python.parents[1])
    built = backend.with_env(**{**env, "CC": "gcc", "CXX": "g++", "CFLAGS": ""}).build_wheel(
        project, {"cross.detect": "false"}
    )
    assert built.path.name.endswith("-linux_x86_64.whl")
