"""The tutorial's project in the environment that rattler-build makes: no emulator, no crossenv."""

from __future__ import annotations

import platform
from dataclasses import replace
from pathlib import Path

import pytest
from support.backend import Backend
from support.builds import EXAMPLES, run
from support.examples import Builder, copy_directory
from support.hosts import Host
from support.started import conda_environment

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the environment is that of linux-64"
)


def test_cpp_math(unisolated_builder: Builder, aarch64: Host, tmp_path: Path) -> None:
    backend = Backend(unisolated_builder.python, dict(unisolated_builder.env))
    stubs = replace(backend, module="py_build_cmake.build_stubs")
    project = copy_directory(EXAMPLES / "cpp-math", tmp_path / "project")
    text = (project / "CMakeLists.txt").read_text(encoding="utf-8")
    assert "CMAKE_CROSSCOMPILING" not in text
    assert "PREFIX}" not in text
    env = conda_environment(tmp_path / "conda", aarch64, backend.python.parents[1])

    cross = backend.with_env(**env)
    built = cross.build_wheel(project, out=tmp_path / "cross")
    assert built.path.name == f"cpp_math-0.1.0-{aarch64.tag}.whl"
    assert built.wheel.machines == {f"cpp_math/_core{aarch64.suffix}": "aarch64"}
    python = aarch64.make_venv(tmp_path / "venv", built.path, backend.python)
    code = "import cpp_math; print(cpp_math.add(1, 2))"
    assert run(python, "-c", code, cwd=tmp_path) == "3\n"

    native = stubs.build_wheel(project / "stubs", out=tmp_path / "native")
    for surroundings in (env, {**env, "target_platform": "noarch"}):
        there = stubs.with_env(**surroundings).build_wheel(
            project / "stubs", out=tmp_path / "there"
        )
        assert "native pre-build" in there.log
        # The times of members are SOURCE_DATE_EPOCH, which only one of the two has.
        assert there.path.name == native.path.name == "cpp_math_stubs-0.1.0-py3-none-any.whl"
        assert there.wheel.files == native.wheel.files
    assert "cpp_math-stubs/_core.pyi" in native.wheel.files
