"""The compilers of a native pre-build are those of the machine that runs what they compile."""

from __future__ import annotations

from pathlib import Path

import pytest

from py_build_cmake.base.errors import Error
from py_build_cmake.building.native_compilers import check_native_compilers


def build_dir(tmp_path: Path, **says: str) -> Path:
    """Write what CMake records about compilers, and programs that say what they compile for."""
    directory = tmp_path / "build" / "CMakeFiles" / "3.25.1"
    directory.mkdir(parents=True)
    for language, said in says.items():
        program = tmp_path / f"compiler-{language}"
        program.write_text(f"#!/bin/sh\necho {said}\n")
        program.chmod(0o755)
        record = directory / f"CMake{language}Compiler.cmake"
        record.write_text(f'set(CMAKE_{language}_COMPILER "{program}")\n')
    return tmp_path / "build"


def test_a_compiler_for_the_host(tmp_path: Path) -> None:
    directory = build_dir(
        tmp_path, C="aarch64-linux-gnu", CXX="x86_64-linux-gnu", OBJC="arm-none-eabi", CUDA="x-y"
    )
    with pytest.raises(Error) as caught:
        check_native_compilers(directory, "linux_x86_64", {"PATH": "/bin:/usr/bin"})
    (problem,) = caught.value.problems
    assert "compiler-C, which compiles for aarch64-linux-gnu" in problem.message
    assert problem.where == "environment variable CC_FOR_BUILD"
    assert "gcc" in problem.hint


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("linux_x86_64", "x86_64-pc-linux-gnu"),
        ("linux_i686", "x86_64-linux-gnu"),
        ("linux_x86_64", "what is that"),
        ("macosx_11_0_arm64", "x86_64-apple-darwin23"),
    ],
)
def test_compilers_that_are_right_or_do_not_say(tmp_path: Path, tag: str, said: str) -> None:
    environ = {"PATH": "/bin:/usr/bin"}
    check_native_compilers(build_dir(tmp_path, C=said), tag, environ)
