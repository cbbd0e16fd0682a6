"""``pyodide build`` with this backend, and Pyodide's Python with what it built, under node.

The real pyodide-build, offline: what it would download is put together by `support.pyodide`.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from host_python import Unavailable
from support.backend import Backend, Built
from support.builds import REPOSITORY, CommandFailed, run
from support.examples import MINIMAL, USE_EXCEPTIONS, copy_example
from support.hosts import Host, without
from support.plain import FORMS, NEWEST, PYBIND11_FORMS, STABLE_ABI, suffix_of, write_project
from support.pyodide import PYODIDE_BUILD, Pyodide, get_pyodide

from py_build_cmake.verify.inspect import inspect_wheel

CHOSEN = "PY_BUILD_CMAKE_TEST_PYODIDE"
SUFFIX = ".cpython-314-wasm32-emscripten.so"

pytestmark = pytest.mark.skipif(
    os.environ.get(CHOSEN) != "1",
    reason=f"{CHOSEN}=1 unpacks Emscripten from Debian's unstable suite: 800 MB, and minutes",
)


@pytest.fixture(scope="session")
def pyodide() -> Pyodide:
    try:
        return get_pyodide()
    except Unavailable as reason:
        without(reason)


@pytest.fixture(scope="session")
def backend(
    pyodide: Pyodide, make_backend: Callable[..., Backend], build_env: dict[str, str]
) -> Backend:
    """An environment with pyodide-build, in which it finds Pyodide and Emscripten."""
    requirements = (f"pyodide-build=={PYODIDE_BUILD}", "pybind11", "nanobind")
    backend = make_backend(NEWEST, *requirements, python=pyodide.python, locks=["pyodide"])
    environ = pyodide.environ
    path = os.pathsep.join([str(backend.python.parent), environ["PATH"]])
    return backend.with_env(**{**build_env, **environ, "PATH": path})


def pyodide_build(backend: Backend, project: Path, *options: str, isolated: bool = False) -> Built:
    """Run ``pyodide build``; without isolation, requirements are in its own environment."""
    program = backend.python.with_name("pyodide")
    isolation = () if isolated else ("--no-isolation", "--skip-dependency-check")
    log = run(program, "build", *isolation, *options, cwd=project, env=backend.env)
    (wheel,) = (project / "dist").iterdir()
    return Built(wheel, log)


def as_host(pyodide: Pyodide, sysroot: Path) -> Host:
    """Return Pyodide as the other hosts are described."""
    platform_tag = pyodide.tag.rpartition("-")[2]
    return Host("pyodide", "wasm32-emscripten", platform_tag, sysroot, pyodide.abi)


def test_module_in_c(pyodide: Pyodide, backend: Backend, tmp_path: Path) -> None:
    """Its requirements in isolation, as by default."""
    project = copy_example(MINIMAL, tmp_path)
    built = pyodide_build(backend, project, isolated=True)
    assert "cross-compiling for pyemscripten_2026_0_wasm32: PYODIDE=1" in built.log
    assert built.path.name == f"minimal-1.2.3-{pyodide.tag}.whl"
    assert built.wheel.header("Tag") == [pyodide.tag] == ["cp314-cp314-pyemscripten_2026_0_wasm32"]
    assert set(built.wheel.payload) == MINIMAL.payload(SUFFIX)
    assert inspect_wheel(built.path).is_sound
    code = "import minimal; minimal.__version__, minimal.add(40, 2)"
    assert pyodide.run(code, built.path) == "('1.2.3', 42)"


def test_a_native_module_in_its_place_is_refused(
    pyodide: Pyodide, backend: Backend, tmp_path: Path
) -> None:
    project = copy_example(MINIMAL, tmp_path)
    native = min(pyodide.python.parents[1].glob("lib/python3.*/lib-dynload/*.so"))
    with (project / "CMakeLists.txt").open("a") as stream:
        stream.write(f'install(FILES "{native}" DESTINATION minimal RENAME _add_module{SUFFIX})\n')
    with pytest.raises(CommandFailed) as e:
        pyodide_build(backend, project)
    assert f"_add_module{SUFFIX}: is ELF for x86_64, but the wheel promises Web" in e.value.log
    assert not list((project / "dist").iterdir())


def test_exceptions_are_translated(pyodide: Pyodide, backend: Backend, tmp_path: Path) -> None:
    """In pybind11's and nanobind's modules, thrown in another object file."""
    source = REPOSITORY / "tests" / "packages" / "exceptions"
    project = Path(shutil.copytree(source, tmp_path / "exceptions"))
    built = pyodide_build(backend, project)
    assert {name for name in built.wheel.files if name.endswith(".so")} == {
        f"exceptions/{name}{SUFFIX}" for name in ("_nanobind", "_pybind")
    }
    assert pyodide.run(USE_EXCEPTIONS, built.path) == "translated"


def test_plain_forms(pyodide: Pyodide, backend: Backend, tmp_path: Path) -> None:
    """All ways to look for Python; without a word in the project about Pyodide."""
    host = as_host(pyodide, tmp_path / "none")
    forms = {**FORMS, **STABLE_ABI, **PYBIND11_FORMS}
    project = write_project(tmp_path / "plain", host, forms, policy="4.1")
    (project / "py-build-cmake.cross.toml").unlink()
    # In Debian's Binaryen, an assertion about debug information fails for C++.
    built = pyodide_build(backend, project, "-C", "cmake.build_type=Release")
    modules = {Path(name).name for name in built.wheel.files if name.endswith(".so")}
    assert modules == {name + suffix_of(name, host) for name in forms}
    code = f"""
import importlib, platform
for name in {json.dumps(list(forms))}:
    module = importlib.import_module("plain." + name)
    assert (module.version, module.pointer) == (platform.python_version(), 4), name
"imported"
"""
    assert pyodide.run(code, built.path) == "imported"


def test_without_pyodide_build(pyodide: Pyodide, backend: Backend, tmp_path: Path) -> None:
    """With a cross file, and CMake's own support for Emscripten: its libraries are ``.wasm``."""
    project = copy_example(MINIMAL, tmp_path)
    (include_dir,) = Path(pyodide.environ["PYODIDE_ROOT"]).glob("cpython/installs/*/include/*")
    (project / "py-build-cmake.cross.toml").write_text(
        f"""
abi = "{pyodide.abi}"
arch = "pyemscripten_{pyodide.abi_version}_wasm32"
toolchain_file = "emscripten.cmake"
include_dir = "{include_dir}"
"""
    )
    (project / "emscripten.cmake").write_text(
        """
set(CMAKE_SYSTEM_NAME Emscripten)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_C_COMPILER emcc)
set(CMAKE_MODULE_LINKER_FLAGS_INIT "-sSIDE_MODULE=1 -Wl,--experimental-pic")
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
"""
    )
    built = backend.build_wheel(project)
    assert built.path.name == f"minimal-1.2.3-{pyodide.tag}.whl"
    assert set(built.wheel.payload) == MINIMAL.payload(SUFFIX)
    assert pyodide.run("import minimal; minimal.add(1, 2)", built.path) == "3"
    # Without the search for Python there is nothing that would set the suffix.
    (project / "CMakeLists.txt").write_text(
        f"""
cmake_minimum_required(VERSION 3.18...4.1)
project(minimal LANGUAGES C)
add_library(_add_module MODULE src/_add_module.c)
target_include_directories(_add_module PRIVATE "{include_dir}")
set_target_properties(_add_module PROPERTIES PREFIX "")
install(TARGETS _add_module DESTINATION minimal)
"""
    )
    built.path.unlink()
    said = backend.refusal(project)
    assert "minimal/_add_module.wasm: is the extension module _add_module, but" in said
