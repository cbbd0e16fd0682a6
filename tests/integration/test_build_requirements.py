"""``find_package`` finds the CMake packages of build requirements, without help of the project."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support import plain
from support.backend import Backend
from support.builds import pip_wheel, run
from support.cmake_packages import PLACES, install_packages, lists
from support.projects import LOCAL, write
from support.wheels import Wheel

PYPROJECT = """
[build-system]
requires = ["py-build-cmake"]
build-backend = "py_build_cmake.build"
[project]
name = "finds"
version = "1.0"
[tool.py-build-cmake.cmake]
minimum_version = "3.15"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    write(project / "CMakeLists.txt", lists())
    write(project / "finds" / "__init__.py", '"""Finds."""\n')
    write(project / "pyproject.toml", PYPROJECT)
    return project


def with_packages(backend: Backend, site: Path) -> Backend:
    return backend.with_env(PYTHONPATH=str(site))


def directories(files: dict[str, bytes]) -> dict[str, Path]:
    """Return where each package was found."""
    texts = {Path(name).stem: data.decode() for name, data in files.items() if name[-4:] == ".txt"}
    return {name: Path(text.partition(" was found ")[2]) for name, text in texts.items()}


@pytest.mark.parametrize("cmake", ["3.15.3", plain.NEWEST])
def test_native_builds(wheelhouse: Path, tmp_path: Path, project: Path, cmake: str) -> None:
    (wheel,) = wheelhouse.glob("*.whl")
    site = install_packages(tmp_path / "with [brackets]")
    backend = with_packages(plain.make_backend(wheel, cmake), site)
    built = backend.build_wheel(project)
    assert "the module was included" in built.log
    found = {name: (site / place).parent for name, place in PLACES.items()}
    assert directories(built.wheel.payload) == found
    # Nothing has changed.
    assert "configuring afresh" not in backend.build_wheel(project).log
    # A newer package is another build.
    (site / "packages-1.0.dist-info").rename(site / "packages-1.1.dist-info")
    assert "configuring afresh" in backend.build_wheel(project).log
    # Whoever names a directory is obeyed.
    own = install_packages(tmp_path / "own")
    write(project / LOCAL, f"cmake.options.AtRoot_ROOT = '{own / 'rooted' / 'deep'}'\n")
    named = backend.with_env(CMAKE_PREFIX_PATH=str(own)).build_wheel(project)
    found = {**found, **{name: (own / place).parent for name, place in PLACES.items()}}
    del found["AtPrefix"]
    assert found.items() <= directories(named.wheel.payload).items()


def test_isolated_builds_have_stable_paths(backend: Backend, tmp_path: Path, project: Path) -> None:
    """Also an environment's own prefix is searched, in which wheels can install packages."""
    logs = []
    for name in ("pip-build-env-one", "pip-build-env-two"):
        environment = tmp_path / name / "overlay"
        site = install_packages(environment / "lib" / "site-packages")
        shutil.move(site / "share", environment / "share")
        built = with_packages(backend, site).build_wheel(project)
        logs.append(built.log)
        assert not any(name in str(d) for d in directories(built.wheel.payload).values())
        shutil.rmtree(tmp_path / name)
    assert "configuring afresh" not in logs[1]


def test_editable_installs(backend: Backend, tmp_path: Path, project: Path) -> None:
    site = install_packages(tmp_path / "site")
    hooks = with_packages(backend, site).hooks(project)
    (tmp_path / "out").mkdir()
    assert hooks.build_editable(str(tmp_path / "out")).startswith("finds-1.0")


def test_the_search_can_be_turned_off(backend: Backend, tmp_path: Path, project: Path) -> None:
    write(project / LOCAL, "cmake.search_build_requirements = false\n")
    site = install_packages(tmp_path / "site")
    message = with_packages(backend, site).refusal(project)
    assert "ModuleOfRequirement" in message
    write(project / "CMakeLists.txt", lists().replace("include(ModuleOfRequirement)", ""))
    assert "InShare" in with_packages(backend, site).refusal(project)


def test_the_python_of_old_style_projects(backend: Backend, tmp_path: Path, project: Path) -> None:
    """FindPythonInterp finds the Python that runs the build, whatever is first on PATH."""
    write(
        project / "CMakeLists.txt",
        """
        cmake_minimum_required(VERSION 3.15...3.26)
        project(finds LANGUAGES NONE)
        find_package(PythonInterp REQUIRED)
        file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/python.txt" "${PYTHON_EXECUTABLE}")
        install(FILES "${CMAKE_CURRENT_BINARY_DIR}/python.txt" DESTINATION finds)
        """,
    )
    built = backend.build_wheel(project)
    executable = run(backend.python, "-c", "import sys; print(sys.executable)").strip()
    assert built.wheel.payload["finds/python.txt"].decode() == executable


def test_conditions_add_build_requirements(
    build_python: Path, build_env: dict[str, str], project: Path, tmp_path: Path
) -> None:
    """The package is not in `build-system.requires`; an isolated build has it all the same."""
    write(
        project / "CMakeLists.txt",
        """
        cmake_minimum_required(VERSION 3.15...4.1)
        project(finds LANGUAGES C)
        find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
        execute_process(
          COMMAND "${Python_EXECUTABLE}" -c "import nanobind; print(nanobind.__version__)"
          OUTPUT_FILE "${CMAKE_CURRENT_BINARY_DIR}/found")
        install(FILES "${CMAKE_CURRENT_BINARY_DIR}/found" DESTINATION finds)
        """,
    )
    when = "[[tool.py-build-cmake.when]]\n"
    write(
        project / "pyproject.toml",
        f'{PYPROJECT}{when}match.cross = false\nbuild_requires = ["nanobind>=2.4"]\n'
        f'{when}match.cross = true\nbuild_requires = ["does-not-exist"]\n',
    )
    wheel, _ = pip_wheel(project, tmp_path / "out", python=build_python, env=build_env)
    assert Wheel.read(wheel).payload["finds/found"]
