"""NumPy's headers in cross builds: those of the host system's NumPy, or none."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import locked
from support.backend import Backend
from support.builds import CommandFailed, find_links, run
from support.caches import cache_directory, exclusive
from support.hosts import Host
from support.plain import NEWEST, NUMPY_FORMS, OLD_NUMPY_FORMS, check, write_project

MakeBackend = Callable[..., Backend]
VERSION = "2.2.6"


@pytest.fixture(scope="session")
def site_packages() -> Path:
    """A directory with NumPy for Python 3.11 on aarch64, which stays between runs."""
    directory = cache_directory() / f"numpy-{VERSION}-cp311-aarch64"
    with exclusive(directory):
        if not directory.is_dir():
            scratch = directory.with_name(f"{directory.name}.tmp")
            shutil.rmtree(scratch, ignore_errors=True)
            options = (
                *("--platform", "manylinux2014_aarch64", "--python-version", "3.11"),
                *("--only-binary", ":all:"),
            )
            wheels = locked.provide("versions/numpy-2.2", sys.executable, *options)
            run(
                *(sys.executable, "-m", "pip", "install", "--quiet", "--target", scratch),
                *(*options, "--no-deps", f"numpy=={VERSION}"),
                env=find_links(wheels),
            )
            scratch.rename(directory)
    return directory


@pytest.mark.parametrize(
    ("cmake", "policy", "forms"),
    [
        ("3.15.3", "3.15", OLD_NUMPY_FORMS),
        ("3.18.4.post1", "3.15", NUMPY_FORMS),
        ("3.25.2", "4.1", NUMPY_FORMS),
        ("4.1.0", "3.15", NUMPY_FORMS),
        (NEWEST, "4.1", NUMPY_FORMS),
    ],
)
def test_headers_of_the_host(  # noqa: PLR0917
    make_backend: MakeBackend,
    aarch64: Host,
    site_packages: Path,
    tmp_path: Path,
    cmake: str,
    policy: str,
    forms: dict[str, str],
) -> None:
    """The modules run with that NumPy, and say that CMake found its version."""
    (tmp_path / "project").mkdir()
    (tmp_path / "site").symlink_to(site_packages, target_is_directory=True)
    cross = 'site_packages = "../site"'
    project = write_project(tmp_path / "project", aarch64, forms, policy=policy, cross=cross)
    built = make_backend(cmake).build_wheel(project)
    check(built, aarch64, forms, tmp_path, site_packages=site_packages)
    (commands,) = project.rglob("build.ninja")
    found = set(re.findall(r"-isystem (\S+/numpy/\S+)", commands.read_text()))
    headers = site_packages / "numpy" / "_core" / "include"
    assert {Path(path).resolve() for path in found} == {headers.resolve()}


def _refusal(backend: Backend, project: Path) -> str:
    with pytest.raises(CommandFailed) as failed:
        backend.build_wheel(project)
    assert "Traceback" not in failed.value.log
    return " ".join(failed.value.log.split())


def test_without_the_hosts_numpy(
    make_backend: MakeBackend, aarch64: Host, site_packages: Path, tmp_path: Path
) -> None:
    """The NumPy of the build environment never answers for that of the host."""
    backend = make_backend(NEWEST, "numpy")
    numpy = NUMPY_FORMS["numpy_alone"]
    project = write_project(tmp_path / "project", aarch64, {"numpy": numpy})
    message = _refusal(backend, project)
    assert "Could NOT find the NumPy of the host system" in message
    assert "`cross.site_packages`" in message

    cross = project / "py-build-cmake.cross.toml"
    text = cross.read_text()
    empty = tmp_path / "empty"
    empty.mkdir()
    own = run(backend.python, "-c", "import sysconfig; print(sysconfig.get_path('platlib'))")
    for directory, reason in (
        (empty, "`cross.site_packages` has no NumPy"),
        (Path(own.strip()), "is not for the host system's Python"),
    ):
        cross.write_text(f'{text}\nsite_packages = "{directory}"\n')
        assert reason in _refusal(backend, project)

    # What is right is found afterwards, in the same build directory; what is wrong again is not.
    cross.write_text(f'{text}\nsite_packages = "{site_packages}"\n')
    assert backend.build_wheel(project).path.exists()
    cross.write_text(text)
    assert "`cross.site_packages`" in _refusal(backend, project)


def test_numpy_itself_is_asked(
    make_backend: MakeBackend, aarch64: Host, site_packages: Path, tmp_path: Path
) -> None:
    form = """
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
execute_process(COMMAND ${Python_EXECUTABLE} -c "import numpy; print(numpy.get_include())"
    OUTPUT_VARIABLE include OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
Python_add_library(${name} MODULE WITH_SOABI ${source})
target_include_directories(${name} PRIVATE ${include})"""
    backend = make_backend(NEWEST, "numpy")
    project = write_project(tmp_path, aarch64, {"asked": form})
    with pytest.raises(CommandFailed, match=r"numpy\.get_include\(\): .*`cross\.site_packages`"):
        backend.build_wheel(project)
    cross = project / "py-build-cmake.cross.toml"
    cross.write_text(f'{cross.read_text()}\nsite_packages = "{site_packages}"\n')
    check(backend.build_wheel(project), aarch64, ["asked"], tmp_path)
    (commands,) = project.rglob("build.ninja")
    assert f"-I{site_packages}/numpy/_core/include" in commands.read_text()


def test_an_optional_numpy_is_not_found(
    make_backend: MakeBackend, aarch64: Host, tmp_path: Path
) -> None:
    form = """
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module OPTIONAL_COMPONENTS NumPy)
if(Python_NumPy_FOUND OR TARGET Python::NumPy OR NOT Python_FOUND)
    message(FATAL_ERROR "found what is not there")
endif()
find_package(Python3 QUIET COMPONENTS Interpreter Development.Module NumPy)
if(Python3_FOUND)
    message(FATAL_ERROR "found what is not there")
endif()
Python_add_library(${name} MODULE WITH_SOABI ${source})"""
    project = write_project(tmp_path, aarch64, {"optional": form})
    built = make_backend("3.25.2", "numpy").build_wheel(project)
    assert built.log.count("Could NOT find the NumPy of the host system") == 1
    check(built, aarch64, ["optional"], tmp_path)


def test_headers_that_the_project_is_told_of(
    make_backend: MakeBackend, aarch64: Host, site_packages: Path, tmp_path: Path
) -> None:
    """`Python_NumPy_INCLUDE_DIR` is CMake's own way to say it."""
    form = """
find_package(Python REQUIRED COMPONENTS NumPy)
if(NOT Python_NumPy_INCLUDE_DIRS STREQUAL Python_NumPy_INCLUDE_DIR OR Python_NumPy_VERSION)
    message(FATAL_ERROR "${Python_NumPy_INCLUDE_DIRS} ${Python_NumPy_VERSION}")
endif()
Python_add_library(${name} MODULE WITH_SOABI ${numpy_source})
target_link_libraries(${name} PRIVATE Python::NumPy)
target_compile_definitions(${name} PRIVATE FOUND_NUMPY="")"""
    cross = f"""
[cmake.options]
Python_NumPy_INCLUDE_DIR = "{site_packages}/numpy/_core/include"
"""
    project = write_project(tmp_path, aarch64, {"told": form}, cross=cross)
    built = make_backend(NEWEST).build_wheel(project)
    assert set(built.wheel.machines.values()) == {"aarch64"}
