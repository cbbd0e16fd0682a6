"""The backends that are compared, each in its own environment, and equal projects for them."""

from __future__ import annotations

import multiprocessing
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from support.environments import REQUIREMENTS, make_environment, run

SOURCE = """\
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *unused) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_native", "", 0, methods};
PyMODINIT_FUNC PyInit__native(void) { return PyModule_Create(&module); }
"""
CMAKE_LISTS = """\
cmake_minimum_required(VERSION 3.18...4.1)
project(demo LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(_native MODULE WITH_SOABI src/_native.c)
install(TARGETS _native DESTINATION demo)
"""
MESON_BUILD = """\
project('demo', 'c', version: '1.0')
py = import('python').find_installation(pure: false)
py.extension_module('_native', 'src/_native.c', install: true, subdir: 'demo')
py.install_sources('demo/__init__.py', subdir: 'demo')
"""
INSTALLING_CMAKE_LISTS = """\
cmake_minimum_required(VERSION 3.18...4.1)
project(demo LANGUAGES NONE)
install(DIRECTORY data DESTINATION demo)
"""
INSTALLING_MESON_BUILD = """\
project('demo', version: '1.0')
py = import('python').find_installation(pure: false)
py.install_sources('demo/__init__.py', subdir: 'demo')
install_subdir('data', install_dir: py.get_install_dir() / 'demo')
"""
PROJECT = '[project]\nname = "demo"\nversion = "1.0"\n'


@dataclass(frozen=True)
class Backend:
    """A backend: its lock, its module, and its tables for two kinds of projects.

    ``data_tables`` is None where a package with data files only cannot be described in a few
    lines. Some cannot tell the metadata without configuring.
    """

    name: str
    distribution: str
    module: str
    tables: str
    data_tables: str | None
    announces_metadata: bool = True


OURS = "py-build-cmake"
BACKENDS = (
    Backend(
        OURS,
        OURS,
        "py_build_cmake.build",
        '[tool.py-build-cmake.cmake]\nbuild_type = "Release"\ngenerator = "Ninja"\n',
        "",
    ),
    Backend(
        "py-build-cmake 0.5",
        OURS,
        "py_build_cmake.build",
        '[tool.py-build-cmake.cmake]\nbuild_type = "Release"\ngenerator = "Ninja"\n',
        "",
        announces_metadata=False,
    ),
    Backend(
        "scikit-build-core",
        "scikit-build-core",
        "scikit_build_core.build",
        '[tool.scikit-build]\nbuild-dir = "build"\n',
        "[tool.scikit-build]\nwheel.cmake = false\n",
    ),
    # It configures the project to tell the metadata.
    Backend("meson-python", "meson-python", "mesonpy", "", None, announces_metadata=False),
    Backend(
        "setuptools",
        "setuptools",
        "setuptools.build_meta",
        "[tool.setuptools]\npackages = ['demo']\n"
        "ext-modules = [{name = 'demo._native', sources = ['src/_native.c']}]\n",
        "[tool.setuptools]\npackages = ['demo']\n[tool.setuptools.package-data]\ndemo = ['**']\n",
    ),
)


def install(backend: Backend, directory: Path, own_wheel: Path) -> Path:
    """Make the environment of a backend, with everything that a build without isolation needs."""
    lock = REQUIREMENTS / "benchmarks" / f"{backend.name.replace(' ', '-')}.txt"
    python = make_environment(directory, "--require-hashes", "-r", lock)
    if backend.name == OURS:
        # The version is that of the last time, which pip would be content with.
        install = (python, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps")
        run([*install, own_wheel])
    return python


def version_of(python: Path, backend: Backend) -> str:
    """Return the version that is installed."""
    code = f"from importlib.metadata import version; print(version({backend.distribution!r}))"
    return subprocess.run(
        [python, "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()


def write_extension(backend: Backend, project: Path) -> None:
    """Write the project with one C file."""
    _write(project / "pyproject.toml", _pyproject(backend, backend.tables))
    _write(project / "src" / "_native.c", SOURCE)
    _write(project / "demo" / "__init__.py", '"""Demo."""\n')
    _write(project / "CMakeLists.txt", CMAKE_LISTS)
    _write(project / "meson.build", MESON_BUILD)


def write_installed(backend: Backend, project: Path, fill: Callable[[Path], None]) -> None:
    """Write a project without compiled code, where CMake or Meson installs what ``fill`` writes."""
    _write(project / "pyproject.toml", _pyproject(backend, backend.tables))
    _write(project / "demo" / "__init__.py", '"""Demo."""\n')
    _write(project / "CMakeLists.txt", INSTALLING_CMAKE_LISTS)
    _write(project / "meson.build", INSTALLING_MESON_BUILD)
    _in_process(fill, project / "data")


def write_data(backend: Backend, project: Path, fill: Callable[[Path], None]) -> None:
    """Write a project without compiled code, whose package has the files that ``fill`` writes."""
    _write(project / "pyproject.toml", _pyproject(backend, backend.data_tables or ""))
    _write(project / "demo" / "__init__.py", '"""Demo."""\n')
    _in_process(fill, project / "demo")


def _in_process(fill: Callable[[Path], None], directory: Path) -> None:
    """Fill a directory in another process: the memory of this one would be counted for those that
    it starts.
    """
    process = multiprocessing.Process(target=fill, args=(directory,))
    process.start()
    process.join()


def many_files(count: int) -> Callable[[Path], None]:
    """Return what writes so many small text files."""

    def fill(package: Path) -> None:
        numbers = random.Random(count)
        words = [f"{numbers.getrandbits(40):x}" for _ in range(500)]
        for number in range(count):
            text = " ".join(numbers.choices(words, k=numbers.randint(20, 400)))
            _write(package / f"d{number % 100}" / f"f{number}.txt", text + "\n")

    return fill


def one_file(mebibytes: int, *, compressible: bool) -> Callable[[Path], None]:
    """Return what writes a file of a size: random bytes, or compiled code again and again."""

    def fill(package: Path) -> None:
        package.mkdir(parents=True, exist_ok=True)
        numbers = random.Random(mebibytes)
        code = _compiled_code() if compressible else b""
        with (package / "large.bin").open("wb") as file:
            file.write(b"data\n")  # nothing that a backend would take for a program
            for number in range(mebibytes):
                start = number * 1_000_003 % max(len(code) - (1 << 20), 1)
                piece = code[start : start + (1 << 20)] if code else numbers.randbytes(1 << 20)
                file.write(piece)

    return fill


def _compiled_code() -> bytes:
    """Return 32 MiB of the shared libraries of this Python's environment and of itself."""
    paths = [Path(sys.executable).resolve(), *sorted(Path(sys.base_prefix).rglob("*.so*"))]
    code = b"".join(path.read_bytes() for path in paths if path.is_file() and not path.is_symlink())
    return (code * (1 + (32 << 20) // len(code)))[: 32 << 20]


def _pyproject(backend: Backend, tables: str) -> str:
    return (
        f'[build-system]\nrequires = ["{backend.distribution}"]\n'
        f'build-backend = "{backend.module}"\n\n'
        f"{PROJECT}\n{tables}"
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
