"""Wheels for Windows, made here with both named toolchains, on a Python for Windows under Wine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from support.backend import Backend
from support.builds import REPOSITORY, CommandFailed
from support.examples import MINIMAL, USE_EXCEPTIONS, copy_example
from support.projects import edit, write
from support.wheels import Wheel
from support.windows import HOST, VERSION, WindowsPython
from support.zig import install_zig

from py_build_cmake.platforms.build_headers import copied_headers, find_build_headers
from py_build_cmake.platforms.build_machine import detect_build_machine
from py_build_cmake.platforms.windows_headers import definition_files
from py_build_cmake.verify.contents import read_files
from py_build_cmake.verify.formats.report import BinaryReport

PACKAGES = REPOSITORY / "tests" / "packages"
TAG = f"cp{VERSION}-cp{VERSION}-win_amd64"
SUFFIX = f".cp{VERSION}-win_amd64.pyd"
GNU = {"cross.arch": "win_amd64", "cross.toolchain": "gnu"}
ADD = "from minimal import _add_module as m; print(m.add(1, 2), m.__file__)"
# Exported, and declared by no header: what only CPython's own files refer to.
UNDECLARED = {
    *("Py_CompileStringFlags", "_PyBytesIOBuffer_Type", "_PyWindowsConsoleIO_Type"),
    *("Py_GETENV", "PyUnstable_ExecutableKinds", "_PyErr_SetLocaleString"),
    *("PyParser_SimpleParseFile", "PyParser_SimpleParseString", "_PyParser_Grammar"),
}


def modules(wheel: Wheel, directory: Path) -> dict[str, BinaryReport]:
    """Return what the extension modules in a wheel say, by their places."""
    places = [place for place in wheel.payload if place.endswith(".pyd")]
    files = {place: write_bytes(directory / place, wheel.files[place]) for place in places}
    return {report.place: report.binary for report in read_files(files)}


def needed(binaries: Iterable[BinaryReport]) -> set[str]:
    """Return the DLLs that binaries need, but those of the C library."""
    names = {name.lower() for binary in binaries for name in binary.needed}
    return {name for name in names if not name.startswith("api-ms-win-crt-")} - {"msvcrt.dll"}


def write_bytes(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_bindings_from_the_headers_of_this_python(
    windows_python: WindowsPython, backend: Backend, tmp_path: Path
) -> None:
    """pybind11 and nanobind, with exceptions, and nothing that no Windows has."""
    project = Path(shutil.copytree(PACKAGES / "exceptions", tmp_path / "exceptions"))
    built = backend.build_wheel(project, GNU)
    assert built.path.name == f"exceptions-1.0-{TAG}.whl"
    found = modules(built.wheel, tmp_path / "modules")
    assert set(found) == {f"exceptions/{name}{SUFFIX}" for name in ("_nanobind", "_pybind")}
    assert {binary.machines for binary in found.values()} == {frozenset({"win_amd64"})}
    assert needed(found.values()) == {f"python{VERSION}.dll", "kernel32.dll"}
    said = windows_python.run(USE_EXCEPTIONS, built.path, tmp_path / "unpacked")
    assert said == "translated\n"


def test_an_installation_for_windows(
    windows_python: WindowsPython, backend: Backend, tmp_path: Path
) -> None:
    """It says what the host is, and imports what was built; the same bytes in every directory."""
    settings = {
        "cross.python": str(windows_python.prefix),
        "cross.toolchain": "gnu",
        "cross.emulator": "auto",
        "cross.test_import": "true",
    }
    environment = backend.with_env(**windows_python.env)
    one, two = (
        environment.build_wheel(copy_example(MINIMAL, tmp_path / name), settings)
        for name in ("one", "two directories")
    )
    assert one.path.name == f"{MINIMAL.distribution}-{TAG}.whl"
    assert "imported minimal._add_module" in one.log
    assert f"libs/python{VERSION}.lib" in one.log
    assert one.path.read_bytes() == two.path.read_bytes()
    assert windows_python.run(ADD, one.path, tmp_path / "unpacked").startswith("3 ")
    # What cannot be imported is not packed.
    project = tmp_path / "one" / "minimal"
    write(
        project / "src" / "minimal" / "__init__.py",
        '"""Needs what is not there."""\n__version__ = "1.2.3"\nimport not_there\n',
    )
    with pytest.raises(CommandFailed) as e:
        environment.build_wheel(project, settings, out=tmp_path / "out")
    assert "the extension modules cannot be imported on win_amd64" in e.value.log
    assert "No module named 'not_there'" in e.value.log


@pytest.mark.parametrize("package", ["minimal", "exceptions"])
def test_zig(windows_python: WindowsPython, backend: Backend, tmp_path: Path, package: str) -> None:
    """C, and C++ where the matrix is wanted: zig compiles libc++ for minutes."""
    is_cpp = package == "exceptions"
    if is_cpp and os.environ.get("PY_BUILD_CMAKE_TEST_MATRIX") != "full":
        pytest.skip("PY_BUILD_CMAKE_TEST_MATRIX is not full")
    project = tmp_path / "project"
    if is_cpp:
        shutil.copytree(PACKAGES / package, project)
    else:
        project = copy_example(MINIMAL, project)
    with_zig = backend.with_env(PYTHONPATH=str(install_zig()))
    built = with_zig.build_wheel(project, {**GNU, "cross.toolchain": "zig"})
    assert built.path.name.endswith(f"-{TAG}.whl")
    found = modules(built.wheel, tmp_path / "modules")
    assert needed(found.values()) == {f"python{VERSION}.dll", "kernel32.dll"}
    code = USE_EXCEPTIONS if is_cpp else ADD
    said = windows_python.run(code, built.path, tmp_path / "unpacked")
    assert said == "translated\n" if is_cpp else said.startswith("3 ")


def test_stable_abi(windows_python: WindowsPython, backend: Backend, tmp_path: Path) -> None:
    """A module without a suffix of its own is linked with python3.dll."""
    project = copy_example(MINIMAL, tmp_path / "project")
    write(
        project / "CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.26...4.1)\n"
        "project(minimal LANGUAGES C)\n"
        "find_package(Python REQUIRED COMPONENTS Interpreter Development.SABIModule)\n"
        "Python_add_library(_add_module MODULE USE_SABI 3.9 WITH_SOABI src/_add_module.c)\n"
        "install(TARGETS _add_module DESTINATION minimal)\n",
    )
    # A CMake that knows the component.
    newer = backend.with_env(PATH=f"{backend.python.parent}:{os.environ['PATH']}")
    built = newer.build_wheel(project, {**GNU, "wheel.python_abi": "abi3"})
    assert built.path.name.endswith("-abi3-win_amd64.whl")
    found = modules(built.wheel, tmp_path / "modules")
    assert set(found) == {"minimal/_add_module.pyd"}
    assert needed(found.values()) == {"python3.dll", "kernel32.dll"}
    assert windows_python.run(ADD, built.path, tmp_path / "unpacked").startswith("3 ")


def test_runtimes_that_no_windows_has_are_refused(
    windows_python: WindowsPython, backend: Backend, tmp_path: Path
) -> None:
    """A project that turns off how they are linked in; and the 32-bit Windows, as it should be."""
    project = copy_example(MINIMAL, tmp_path / "project")
    narrow = backend.build_wheel(project, {**GNU, "cross.arch": "win32"})
    (module,) = modules(narrow.wheel, tmp_path / "modules").values()
    assert module.machines == {"win32"}
    (project / "src" / "more.cpp").write_text(
        'extern "C" int more(int x) { try { if (x) throw x; } catch (int y) { return y; }'
        " return 0; }\n"
    )
    edit(project / "CMakeLists.txt", "LANGUAGES C)", "LANGUAGES C CXX)")
    with (project / "CMakeLists.txt").open("a") as lists:
        lists.write("target_sources(_add_module PRIVATE src/more.cpp)\n")
    settings = {**GNU, "cmake.options.CMAKE_MODULE_LINKER_FLAGS": "-shared-libgcc"}
    with pytest.raises(CommandFailed) as e:
        backend.build_wheel(project, settings)
    for library in ("libstdc++-6.dll", "libgcc_s_seh-1.dll"):
        assert f"needs {library}" in e.value.log
    assert "[missing-library]" in e.value.log


def test_names_that_the_real_dll_exports(windows_python: WindowsPython) -> None:
    """All that a module may need is in the import library."""
    headers = copied_headers(find_build_headers(detect_build_machine(), "tests"))
    lines = definition_files(headers.values(), HOST)[f"python{VERSION}"].splitlines()[2:]
    ours = {line.split()[0] for line in lines}
    (report,) = read_files({"dll": windows_python.dll})
    exported = report.binary.exports
    assert len(exported) > 1500
    # Releases of one minor version add functions that begin with an underscore.
    missing = {name for name in exported - ours - UNDECLARED if not name.startswith("_")}
    assert missing == set()
    public = {name for name in ours - exported if not name.startswith("_")}
    assert public <= {"PyOS_CheckStack", "PyCFunction_New", "PyUnstable_EXECUTABLE_KINDS"} | {
        "PyUnstable_Module_SetGIL"
    }
