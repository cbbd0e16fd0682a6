"""What a configure preset sets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.configs import cmake_config

from py_build_cmake.base.errors import Error
from py_build_cmake.cmake.probes import Preset, probe_preset

SAID = """\
Preset CMake variables:

  A="x y"z;w"
  B:BOOL="TRUE"
  C="a\\b
Q"
  CMAKE_TOOLCHAIN_FILE:FILEPATH="cmake/tc.cmake"

Preset environment variables:

  CC="gcc"

"""


def cmake(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_what_cmake_prints(tmp_path: Path) -> None:
    (tmp_path / "said").write_text(SAID)
    program = cmake(
        tmp_path / "cmake", f'echo "$PWD $@ $X" > {tmp_path}/asked; cat {tmp_path}/said'
    )
    config = cmake_config(preset="p", source_path=tmp_path)
    preset = probe_preset(program, config, {"PATH": os.environ["PATH"], "X": "x"})
    assert preset.definitions == [
        'A=x y"z;w',
        "B:BOOL=TRUE",
        "C=a\\b\nQ",
        f"CMAKE_TOOLCHAIN_FILE:FILEPATH={tmp_path}/cmake/tc.cmake",
    ]
    assert preset.toolchain_file == f"{tmp_path}/cmake/tc.cmake"
    assert preset.environ == {"CC": "gcc"}
    asked = (tmp_path / "asked").read_text().strip()
    assert asked == f"{tmp_path} -S {tmp_path} --preset p -N --log-level=VERBOSE x"


@pytest.mark.parametrize("said", ["", "Preset CMake variables:\n\n"])
def test_a_preset_that_sets_nothing(tmp_path: Path, said: str) -> None:
    program = cmake(tmp_path / "cmake", f"printf '{said}'")
    config = cmake_config(preset="p", source_path=tmp_path)
    assert probe_preset(program, config, dict(os.environ)) == Preset()


def test_without_a_preset_nothing_is_run(tmp_path: Path) -> None:
    assert probe_preset(tmp_path / "none", cmake_config(), {}) == Preset()


def test_a_preset_that_is_not_there(tmp_path: Path) -> None:
    program = cmake(tmp_path / "cmake", "echo 'CMake Error: No such configure preset'; exit 1")
    with pytest.raises(Error, match="No such configure preset") as e:
        probe_preset(program, cmake_config(preset="p", source_path=tmp_path), dict(os.environ))
    assert e.value.problems[0].where == "`cmake.preset`"
