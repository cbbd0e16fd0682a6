"""Conan 2: the packages of a conanfile, by the real Conan, with recipes from its cache."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support.backend import Backend
from support.builds import find_links, install_and_run, make_venv, pip_wheel
from support.conan import EXAMPLE, Conan, make_conan, wheels
from support.editable import Environment
from support.examples import copy_directory
from support.projects import edit, write

CODE = "import boxes; print(boxes.perimeter(2))"
RESULT = "8.000000 m\n"


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path) -> Path:
    """An environment with the backend and Conan."""
    (wheel,) = wheelhouse.glob("*.whl")
    directory = tmp_path_factory.mktemp("conan") / "venv"
    return make_venv(directory, f"{wheel}[cli]", "conan", locks=("conan",))


@pytest.fixture(scope="session")
def conan(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Conan:
    return make_conan(python, tmp_path_factory.mktemp("conan-home"))


@pytest.fixture(scope="session")
def backend(python: Path, conan: Conan, tools: dict[str, str]) -> Backend:
    """The backend beside Conan."""
    return Backend(python, {**tools, **conan.env})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example."""
    return copy_directory(EXAMPLE, tmp_path / "conan")


def test_build_isolation_brings_conan(
    conan: Conan, build_python: Path, build_env: dict[str, str], project: Path, tmp_path: Path
) -> None:
    env = {**build_env, **find_links(wheels()), **conan.env}
    env["PIP_FIND_LINKS"] += f" {build_env['PIP_FIND_LINKS']}"
    before = sorted(project.rglob("*"))
    wheel, log = pip_wheel(project, tmp_path / "out", python=build_python, env=env)
    assert install_and_run(wheel, CODE, tmp_path / "venv") == RESULT
    # The recipe of `shapes` needs `units`; both are compiled, and with the project's standard.
    assert "Package 'shapes/1.0" not in log
    assert "compiler.cppstd=gnu17" in log
    assert "trying again with what is in its cache" in log
    # Nothing is written into the project but the cache.
    cache = project / ".py-build-cmake_cache"
    assert sorted(p for p in project.rglob("*") if cache not in (p, *p.parents)) == before


def test_what_changes_is_used_and_nothing_else_is_built(
    backend: Backend, conan: Conan, project: Path, tmp_path: Path
) -> None:
    hooks = backend.hooks(project)
    assert hooks.get_requires_for_build_wheel() == []
    first = backend.build_wheel(project)
    again = backend.build_wheel(project)
    assert "Building CXX" not in again.log
    assert "configuring afresh" not in again.log
    assert again.wheel.payload == first.wheel.payload

    # Another recipe of the same version, another conanfile, other settings.
    recipe = copy_directory(EXAMPLE / "recipes" / "units", tmp_path / "units")
    edit(recipe / "units.cpp", '" m"', '" ft"')
    conan.export(recipe)
    changed = backend.build_wheel(project)
    assert "Conan's packages changed" in changed.log
    assert install_and_run(changed.path, CODE, tmp_path / "changed") == "8.000000 ft\n"
    conan.export(EXAMPLE / "recipes" / "units")
    edit(
        project / "conanfile.py",
        "    def layout",
        "    def generate(self):\n"
        "        toolchain = CMakeToolchain(self)\n"
        '        toolchain.preprocessor_definitions["perimeter_of"] = "renamed"\n'
        "        toolchain.generate()\n\n"
        "    def layout",
    )
    edit(project / "conanfile.py", '"CMakeToolchain", "CMakeDeps"', '"CMakeDeps"')
    edit(project / "conanfile.py", "import cmake_layout", "import CMakeToolchain, cmake_layout")
    defined = backend.build_wheel(project)
    assert "Building CXX" in defined.log
    assert install_and_run(defined.path, CODE, tmp_path / "defined") == RESULT
    debug = backend.build_wheel(project, {"conan.cmake.build_type": "Debug"})
    assert "configuring afresh" in debug.log
    assert "build_type=Debug" in debug.log
    assert install_and_run(debug.path, CODE, tmp_path / "debug") == RESULT


SHAPE = """
[build-system]
requires = ["py-build-cmake~=0.6.0a1", "conan~=2.0"]
build-backend = "py_build_cmake.build"
[project]
name = "boxes"
version = "1.0.0"
[tool.py-build-cmake.module]
directory = "src"
[tool.py-build-cmake.conan]
output_folder = "build/python"
profile_host = "strict"
profile_build = ["default"]
args = ["--build=missing", "-o:h", "units/*:fPIC=True"]
[tool.py-build-cmake.conan.cmake]
minimum_version = "3.17"
generator = "Ninja Multi-Config"
config = ["Debug", "Release"]
install_config = ["Release"]
install_components = ["python_modules"]
args = ["-Wno-dev"]
env = { BOXES_TOKEN = "s3cret-of-boxes" }
[tool.py-build-cmake.conan.cmake.options]
CMAKE_BUILD_TYPE = "Debug"
[tool.py-build-cmake.linux.conan.cmake.options]
CMAKE_CXX_STANDARD = "20"
[tool.py-build-cmake.mac.conan.cmake.options]
CMAKE_CXX_STANDARD = "20"
"""


def test_the_tables_of_existing_projects(
    backend: Backend, conan: Conan, project: Path, tmp_path: Path
) -> None:
    """Several configurations, a profile of the user's, an output folder, tables of systems."""
    home = Path(conan.env["CONAN_HOME"])
    conan("profile", "detect")
    strict = "include(default)\n[conf]\ntools.build:cxxflags=['-Wall']\n"
    write(home / "profiles" / "strict", strict)
    write(project / "pyproject.toml", SHAPE)
    edit(
        project / "CMakeLists.txt",
        "DESTINATION boxes",
        "DESTINATION boxes COMPONENT python_modules",
    )
    try:
        built = backend.build_wheel(project)
    finally:
        shutil.rmtree(home / "profiles")
    assert install_and_run(built.path, CODE, tmp_path / "venv") == RESULT
    assert "`conan.cmake.options` CMAKE_BUILD_TYPE is ignored" in built.log
    assert "s3cret" not in built.log
    (folder,) = (project / "build" / "python").iterdir()
    assert json.loads((folder / "py-build-cmake" / "conan" / "graph.json").read_text())
    for build_type in ("Debug", "Release"):
        assert f"build_type={build_type}" in built.log
    assert "compiler.cppstd=gnu20" in built.log
    assert (
        "-Wall"
        in (folder / "build-Release.ninja").read_text()
        + (folder / "CMakeFiles" / "impl-Release.ninja").read_text()
    )


def test_editable_installs(backend: Backend, project: Path, tmp_path: Path) -> None:
    environment = Environment.make(tmp_path / "venv", backend)
    environment.install(project, build_hook=True)
    assert environment.run(CODE) == RESULT.strip()
    edit(
        project / "src" / "_core.cpp",
        "perimeter(value).c_str()",
        '(perimeter(value) + "!").c_str()',
    )
    assert environment.run(CODE).splitlines()[-1] == "8.000000 m!"


def test_refusals(backend: Backend, conan: Conan, project: Path) -> None:
    """What is missing is named, at once, with what to do."""
    edit(project / "conanfile.py", '"shapes/1.0"', '"shapes/1.0", "missing/2.0"')
    message = backend.refusal(project)
    assert "Package 'missing/2.0' not resolved" in message
    assert "no remote could be reached" in message
    assert str(conan.env["CONAN_HOME"]) not in message
    edit(project / "conanfile.py", ', "missing/2.0"', "")
    message = backend.refusal(
        project, {"conan.args": '["--no-remote"]', "conan.cmake.build_type": "MinSizeRel"}
    )
    assert "`conan.args`, which builds it with the host's compilers" in message
    message = backend.refusal(project, {"conan.profile_host": '["nosuch"]'})
    assert "Profile not found: nosuch" in message
    assert "`conan.profile_host`" in message
    (project / "conanfile.py").unlink()
    assert "there is no conanfile.py and no conanfile.txt" in backend.refusal(project)
    write(project / "py-build-cmake.local.toml", '[cmake]\nbuild_type = "Debug"\n')
    assert "did you mean `conan.cmake`?" in backend.refusal(project)


def test_source_distributions_need_the_conanfile(backend: Backend, project: Path) -> None:
    edit(project / "pyproject.toml", ', "conanfile.py"', "")
    assert "lacks conanfile.py" in backend.build_sdist(project).log
