"""mypy's stubgen in a cross build: it cannot import what was compiled for the host."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.backend import Backend, Built, with_stubgen
from support.builds import EXAMPLES, run
from support.examples import Builder
from support.hosts import Host
from support.projects import CROSS, copy_package, write


@pytest.fixture(scope="module")
def backend(unisolated_builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Backend:
    """The backend in an environment with CMake and Ninja, with stubgen on ``PATH``."""
    backend = Backend(unisolated_builder.python, dict(unisolated_builder.env))
    return with_stubgen(backend, tmp_path_factory.mktemp("mypy") / "bin")


@pytest.fixture
def project(aarch64: Host, tmp_path: Path) -> Path:
    """A package with a module in C and one in Python, and a toolchain for aarch64."""
    project = copy_package("c-extension", tmp_path / "project" / "package")
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.py-build-cmake.stubgen]\n")
    write(project / "src" / "c_extension" / "python.py", "def double(x: int) -> int: return x\n")
    shutil.copy(EXAMPLES / "minimal" / "aarch64.toolchain.cmake", project)
    sysroots = tmp_path / "project" / "sysroots"
    sysroots.mkdir()
    (sysroots / aarch64.triplet).symlink_to(aarch64.sysroot)
    return project


def build_cross(backend: Backend, project: Path, host: Host, *lines: str) -> Built:
    text = f"python = '../sysroots/{host.triplet}'\ntoolchain_file = 'aarch64.toolchain.cmake'\n"
    write(project / CROSS, text + "".join(f"{line}\n" for line in lines))
    built = backend.build_wheel(project, out=project / "cross")
    assert built.path.name == f"c_extension-1.2.3-{host.tag}.whl"
    return built


def stubs(built: Built) -> dict[str, bytes]:
    return {name: data for name, data in built.wheel.files.items() if name.endswith(".pyi")}


def test_stubs_are_those_of_a_native_build(
    backend: Backend, project: Path, aarch64: Host, build_python: Path, tmp_path: Path
) -> None:
    native = backend.build_wheel(project)
    cross = build_cross(backend, project, aarch64)
    assert "native pre-build" in cross.log
    assert stubs(cross) == stubs(native)
    assert sorted(stubs(cross)) == [
        f"c_extension/{name}.pyi" for name in ("__init__", "_native", "python")
    ]
    assert b"def answer(" in stubs(cross)["c_extension/_native.pyi"]
    assert cross.wheel.machines == {f"c_extension/_native{aarch64.suffix}": "aarch64"}
    python = aarch64.make_venv(tmp_path / "venv", cross.path, build_python)
    code = "import c_extension; print(c_extension.answer())"
    assert run(python, "-c", code, cwd=tmp_path) == "42\n"


def test_without_a_native_build_only_python_has_stubs(
    backend: Backend, project: Path, aarch64: Host
) -> None:
    cross = build_cross(backend, project, aarch64, "native_build = false")
    assert "native pre-build" not in cross.log
    assert sorted(stubs(cross)) == ["c_extension/__init__.pyi", "c_extension/python.pyi"]
