"""The Python that runs the backend is the one that CMake finds, whatever else is there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from support import plain
from support.backend import Backend
from support.builds import make_venv, run
from support.projects import copy_package
from support.pythons import MINORS, find_python

CMAKES = ("3.15.3", "3.25.2", "4.1.0", plain.NEWEST)
Others = dict[int, Path]

# What answers for another Python: that of version managers, and one that lies.
LYING_CONFIG = """#!/bin/sh
case "$1" in
--abiflags) echo ;;
--includes|--cflags) echo "-I{other}/include/python3.{minor}" ;;
--extension-suffix) echo ".cpython-3{minor}-lying.so" ;;
--configdir) echo "{other}/lib/python3.{minor}/config" ;;
*) echo "{other}" ;;
esac
"""


@pytest.fixture(scope="module")
def others() -> Others:
    """Pythons of several versions, with their headers."""
    found = {minor: find_python(minor) for minor in MINORS}
    pythons = {minor: python for minor, python in found.items() if python}
    if len(pythons) < 2:
        pytest.skip("there is only one Python; see PY_BUILD_CMAKE_TEST_PYTHONS")
    return pythons


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory, others: Others) -> dict[str, str]:
    """An environment in which all that can lead to another Python does."""
    directory = tmp_path_factory.mktemp("crowd")
    strays = directory / "bin"
    strays.mkdir()
    prefixes = {
        minor: Path(run(python, "-c", "import sys; print(sys.base_prefix)").strip())
        for minor, python in others.items()
    }
    newest = max(prefixes)
    for minor in MINORS:
        # The newest answers for all, and is called python and python3, too.
        for name in (f"python3.{minor}-config", "python3-config", "python-config"):
            config = strays / name
            config.write_text(LYING_CONFIG.format(other=prefixes[newest], minor=newest))
            config.chmod(0o755)
    for name in ("python", "python3"):
        (strays / name).symlink_to(others[newest])
    active = make_venv(directory / "active", python=others[min(prefixes)]).parent.parent
    everywhere = os.pathsep.join(map(str, prefixes.values()))
    path = [strays, active / "bin", *(python.parent for python in others.values())]
    return {
        "PATH": os.pathsep.join([*map(str, path), os.environ["PATH"]]),
        "VIRTUAL_ENV": str(active),
        "CONDA_PREFIX": str(prefixes[newest]),
        "CMAKE_PREFIX_PATH": everywhere,
        **{
            f"{module}_{name}": str(prefixes[newest])
            for module in ("Python", "Python3")
            for name in ("ROOT", "ROOT_DIR")
        },
        "PYTHON_ROOT": str(prefixes[newest]),
        "PYTHON3_ROOT": str(prefixes[newest]),
    }


def check(backend: Backend, project: Path, tmp_path: Path) -> None:
    built = backend.build_wheel(project)
    answer = dict(
        line.split("=", 1)
        for line in built.wheel.files["which_python/answer.txt"].decode().splitlines()
    )
    code = (
        "import os, platform, sys, sysconfig; print(sys.executable, platform.python_version(),"
        " sysconfig.get_path('platinclude'), sysconfig.get_config_var('EXT_SUFFIX'),"
        " sys.base_prefix)"
    )
    executable, version, include_dir, suffix, prefix = run(backend.python, "-I", "-c", code).split()
    for module in ("Python", "Python3"):
        assert answer[f"{module}_EXECUTABLE"] == executable
        assert answer[f"{module}_VERSION"] == version.rstrip("+")
        assert answer[f"{module}_INCLUDE_DIRS"] == include_dir
        for library in answer[f"{module}_LIBRARIES"].split(";"):
            if library:
                assert Path(prefix) in Path(library).parents or prefix == "/usr", library
    (module,) = built.wheel.machines
    assert module == f"which_python/_native{suffix}"
    target = tmp_path / "installed"
    install = ("-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", target)
    run(backend.python, *install, built.path)
    code = "import platform, which_python._native as m; print(m.version, platform.python_version())"
    compiled, running = run(backend.python, "-c", code, env={"PYTHONPATH": str(target)}).split()
    assert compiled.rstrip("+") == running.rstrip("+")


@pytest.mark.parametrize("cmake", CMAKES)
def test_among_many_pythons(
    cmake: str, wheelhouse: Path, others: Others, crowd: dict[str, str], tmp_path: Path
) -> None:
    (wheel,) = wheelhouse.glob("*.whl")
    # Neither the newest nor the oldest.
    minor = sorted(others)[len(others) // 2]
    backend = plain.make_backend(wheel, cmake, python=others[minor])
    strays, _, rest = crowd["PATH"].partition(os.pathsep)
    path = os.pathsep.join([strays, str(backend.python.parent), rest])  # for cmake and ninja
    project = copy_package("which-python", tmp_path / "project")
    check(backend.with_env(**{**crowd, "PATH": path}), project, tmp_path)


def test_pypy(wheelhouse: Path, crowd: dict[str, str], tmp_path: Path) -> None:
    """PyPy can run the build, and then is what the wheel is for."""
    pypy = shutil.which("pypy3")
    if not pypy:
        pytest.skip("no pypy3 on PATH (Debian packages pypy3, pypy3-dev)")
    (wheel,) = wheelhouse.glob("*.whl")
    backend = plain.make_backend(wheel, plain.NEWEST, python=pypy)
    path = os.pathsep.join([str(backend.python.parent), crowd["PATH"]])
    project = copy_package("which-python", tmp_path / "project")
    check(backend.with_env(**{**crowd, "PATH": path}), project, tmp_path)
