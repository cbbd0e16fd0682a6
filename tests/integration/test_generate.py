"""``[[generate]]``: files from templates in the project, the build directory and the wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend
from support.builds import run
from support.editable import Environment
from support.projects import edit, write

Package = Callable[[str], Path]

TABLES = """
[[tool.py-build-cmake.generate]]
path = "c_extension/_wheel.py"
template = "version, commit = '${version}', '${git_sha}'"
[[tool.py-build-cmake.generate]]
path = "include/made.h"
template_path = "made.h.in"
location = "build"
[[tool.py-build-cmake.generate]]
path = "src/c_extension/_source.py"
template = "commit = '${git_short_sha}'"
location = "source"
"""
CODE = """
from c_extension import _native, _source, _wheel
print(_native.made(), _wheel.version, _wheel.commit, _source.commit)
"""


def git(project: Path, *words: str) -> str:
    names = ("-c", "user.name=x", "-c", "user.email=x@x", "-c", "core.excludesFile=")
    return run("git", *names, *words, cwd=project).strip()


@pytest.fixture
def project(package: Package) -> Path:
    """A project in git, which ignores what is made in the sources."""
    project = package("c-extension")
    write(project / "src" / "c_extension" / "__init__.py", "")
    write(project / "made.h.in", '#define MADE "${version_numeric}"\n')
    write(project / ".gitignore", "_source.py\n.py-build-cmake_cache\ndist\n")
    edit(
        project / "CMakeLists.txt",
        "install(",
        "target_include_directories(_native PRIVATE ${CMAKE_BINARY_DIR}/include)\ninstall(",
    )
    write(
        project / "src" / "_native.c",
        """
        #include <Python.h>
        #include "made.h"
        static PyObject *made(PyObject *self, PyObject *args) {
            return PyUnicode_FromString(MADE);
        }
        static PyMethodDef methods[] = {{"made", made, METH_NOARGS, ""}, {0}};
        static struct PyModuleDef module = {
            PyModuleDef_HEAD_INIT, "_native", 0, -1, methods, 0, 0, 0, 0};
        PyMODINIT_FUNC PyInit__native(void) { return PyModule_Create(&module); }
        """,
    )
    edit(project / "pyproject.toml", 'version = "1.2.3"', 'version = "1.2.3rc1"')
    edit(project / "pyproject.toml", 'include = ["CMakeLists.txt", "src/*.c"]', 'mode = "git"')
    with (project / "pyproject.toml").open("a") as file:
        file.write(TABLES)
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-qm", "first")
    return project


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> Environment:
    return Environment.make(tmp_path_factory.mktemp("environment") / "venv", backend)


def test_wheels_and_source_distributions(
    backend: Backend, environment: Environment, project: Path, tmp_path: Path
) -> None:
    sha = git(project, "rev-parse", "HEAD")
    expected = f"1.2.3 1.2.3rc1 {sha} {sha[:8]}"
    # The source distribution is first: it makes the file in the sources.
    sdist = backend.build_sdist(project).path
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    made = {"src/c_extension/_source.py", "made.h.in", ".git_archival.txt"}
    assert made <= names
    git(project, "commit", "-qm", "second", "--allow-empty")

    # pip builds the wheel from the archive, where no git knows the commit.
    shutil.move(sdist, tmp_path / sdist.name)
    done = backend.pip_wheel(tmp_path / sdist.name, f"--wheel-dir={tmp_path}")
    assert done.returncode == 0, done.stdout
    (wheel,) = tmp_path.glob("*.whl")
    environment.install_wheel(wheel)
    assert environment.run(CODE) == expected

    # The same in the checkout, with its newer commit, and once more without a change.
    sha = git(project, "rev-parse", "HEAD")
    times = []
    for _ in range(2):
        wheel = backend.build_wheel(project).path
        (header,) = (project / ".py-build-cmake_cache").glob("*/include/made.h")
        times.append((header, header.stat().st_mtime_ns))
        source = project / "src" / "c_extension" / "_source.py"
        times.append((source, source.stat().st_mtime_ns))
    assert times[:2] == times[2:]
    environment.install_wheel(wheel)
    assert environment.run(CODE) == f"1.2.3 1.2.3rc1 {sha} {sha[:8]}"

    # A value that changes, and a path: the old file is not there any more.
    edit(project / "pyproject.toml", "1.2.3rc1", "1.2.4")
    edit(project / "pyproject.toml", "include/made.h", "include/other.h")
    wheel.unlink()
    assert "made.h" in backend.refusal(project)
    edit(project / "src" / "_native.c", "made.h", "other.h")
    environment.install_wheel(
        backend.build_wheel(project, {"generate.0.template": "version, commit = 0, 1"}).path
    )
    assert environment.run(CODE) == f"1.2.4 0 1 {sha[:8]}"


@pytest.mark.parametrize("mode", ["symlink", "hook", "wrapper"])
def test_editable_installs(environment: Environment, project: Path, mode: str) -> None:
    sha = git(project, "rev-parse", "HEAD")
    environment.install(project, mode=mode, build_hook=True)
    expected = f"1.2.3 1.2.3rc1 {sha} {sha[:8]}"
    # The hook may say first that it takes long to compare the new files.
    assert environment.run(CODE).splitlines()[-1] == expected
    edit(project / "src" / "_native.c", "FromString(MADE", 'FromString("rebuilt " MADE')
    assert environment.run(CODE).splitlines()[-1] == f"rebuilt {expected}"


@pytest.mark.parametrize("mode", ["symlink", "hook", "wrapper"])
def test_editable_installs_without_cmake(
    environment: Environment, package: Package, mode: str
) -> None:
    project = package("pure-package")
    with (project / "pyproject.toml").open("a") as file:
        file.write(
            "\n[[tool.py-build-cmake.generate]]\n"
            'path = "pure_package/_made.py"\ntemplate = "version = \'$version\'"\n'
        )
    environment.install(project, mode=mode)
    assert environment.run("from pure_package._made import version; print(version)") == "1.0"


def test_no_file_is_replaced(backend: Backend, package: Package) -> None:
    project = package("pure-package")
    with (project / "pyproject.toml").open("a") as file:
        file.write(
            '\n[[tool.py-build-cmake.generate]]\npath = "pure_package/__init__.py"\ntemplate = ""\n'
        )
    message = backend.refusal(project)
    assert message.startswith("`generate`: pure_package/__init__.py is in the wheel already")


@pytest.mark.skipif(sys.platform != "linux", reason="the compiler is for Linux")
def test_a_cross_build(backend: Backend, project: Path) -> None:
    if not shutil.which("aarch64-linux-gnu-gcc"):
        pytest.skip("no aarch64-linux-gnu-gcc")
    built = backend.build_wheel(
        project,
        {"cross.arch": "linux_aarch64", "cross.python": "build", "cross.toolchain": "gnu"},
    )
    sha = git(project, "rev-parse", "HEAD").encode()
    assert sha in built.wheel.files["c_extension/_wheel.py"]
    assert any(b"1.2.3\0" in d for n, d in built.wheel.files.items() if n.endswith(".so"))


def test_an_archive_of_git(backend: Backend, project: Path, tmp_path: Path) -> None:
    """As GitHub makes them: with the record that `.gitattributes` asks for, or without."""
    tarball = tmp_path / "tarball"
    tarball.mkdir()

    def unpack() -> None:
        data = subprocess.run(
            ["git", "archive", "HEAD"], cwd=project, check=True, capture_output=True
        ).stdout
        subprocess.run(["tar", "x"], cwd=tarball, input=data, check=True)

    unpack()
    message = backend.refusal(tarball)
    assert "git does not know the commit of the project" in message
    write(project / ".git_archival.txt", "node: $Format:%H$\nnode-date: $Format:%cI$\n")
    write(project / ".gitattributes", ".git_archival.txt export-subst\n")
    git(project, "add", ".")
    git(project, "commit", "-qm", "records the commit")
    unpack()
    sha = git(project, "rev-parse", "HEAD").encode()
    assert sha in backend.build_wheel(tarball).wheel.files["c_extension/_wheel.py"]
