"""Stubs and components as wheels of their own: what pip makes of them, and type checkers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from support.backend import Backend
from support.builds import make_venv, pip_wheel, run
from support.examples import DEBUG_COMPONENT, NANOBIND_STUBS, STUBS_PYPROJECT, copy_example
from support.projects import write
from support.type_checkers import check_types
from support.wheels import Wheel, unpack


def unpack_sdist(backend: Backend, kind: str, project: Path, directory: Path) -> Path:
    """Make a source distribution and return where it is unpacked."""
    sdist = replace(backend, module=f"py_build_cmake.{kind}").build_sdist(project).path
    return unpack(sdist, directory)


def test_debug_component(
    build_python: Path, build_env: dict[str, str], backend: Backend, tmp_path: Path
) -> None:
    """In isolation, before the main wheel is built; from its own sdist; both installed."""

    def build(directory: Path) -> Path:
        return pip_wheel(directory, tmp_path / "out", python=build_python, env=build_env)[0]

    project = copy_example(DEBUG_COMPONENT, tmp_path)
    wheels = [build(project / "debug"), build(project)]
    debug, main = map(Wheel.read, wheels)
    (symbols,) = debug.payload
    (module,) = main.machines
    assert symbols == f"{module}.debug"
    assert not main.files.keys() & debug.files.keys()
    assert b".debug_info" in debug.payload[symbols]
    assert b".debug_info" not in main.files[module]
    assert symbols.rpartition("/")[2].encode() in main.files[module]
    assert debug.header("Tag") == main.header("Tag")

    python = make_venv(tmp_path / "venv", "--no-index", *wheels)
    run(python, "-I", "-c", "import debug_component as d; assert d.add(1, 2) == 3", cwd=tmp_path)
    assert symbols in run(python, "-m", "pip", "show", "-f", "debug-component-debug")

    unpacked = unpack_sdist(backend, "build_component", project / "debug", tmp_path / "sdist")
    again = Wheel.read(build(unpacked))
    assert again.name == debug.name
    assert again.files.keys() == debug.files.keys()


def test_stubs_of_an_example(
    build_python: Path, build_env: dict[str, str], backend: Backend, tmp_path: Path
) -> None:
    """In isolation, with what the main project requires; the same bytes from the sdist."""

    def build(directory: Path, out: str) -> Path:
        return pip_wheel(directory, tmp_path / out, python=build_python, env=build_env)[0]

    project = copy_example(NANOBIND_STUBS, tmp_path)
    write(project / "stubs" / "pyproject.toml", STUBS_PYPROJECT)
    wheel = build(project / "stubs", "out")
    assert wheel.name == "cpp_math_stubs-0.3.0-py3-none-any.whl"
    payload = Wheel.read(wheel).payload
    assert payload.keys() == {"cpp_math-stubs/__init__.pyi", "cpp_math-stubs/_core.pyi"}
    assert b"add as add" in payload["cpp_math-stubs/__init__.pyi"]
    unpacked = unpack_sdist(backend, "build_stubs", project / "stubs", tmp_path / "sdist")
    assert build(unpacked, "again").read_bytes() == wheel.read_bytes()
    python = make_venv(tmp_path / "venv", "--no-index", "--no-deps", wheel)
    check_types(python, tmp_path, "cpp_math", "add(1, 2)", 'add("1", 2)')
