"""Compiler launchers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.machines import LINUX_CP311

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.cmake.inputs import launcher_entries, launcher_environment
from py_build_cmake.platforms.build_machine import BuildMachine

PROJECT = Path("/project")


def machine(directory: Path, *programs: str, **environ: str) -> BuildMachine:
    for program in programs:
        (directory / program).write_text("#!/bin/sh\n")
        (directory / program).chmod(0o755)
    return replace(LINUX_CP311, environ={"PATH": str(directory), **environ})


def entries(wanted: str | None, machine: BuildMachine) -> dict[str, str]:
    return {entry.name: entry.value for entry in launcher_entries(wanted, machine)}


@pytest.mark.parametrize("wanted", ["ccache", "auto"])
def test_a_cache_for_all_languages_that_it_knows(tmp_path: Path, wanted: str) -> None:
    build = machine(tmp_path, "ccache", "sccache", "distcc")
    languages = ("C", "CXX", "CUDA", "OBJC", "OBJCXX")
    assert entries(wanted, build) == {
        f"CMAKE_{language}_COMPILER_LAUNCHER": f"{tmp_path}/ccache" for language in languages
    }
    assert launcher_environment(wanted, build, PROJECT) == {
        "CCACHE_BASEDIR": "/project",
        "CCACHE_NOHASHDIR": "true",
    }


def test_what_the_environment_says_stays(tmp_path: Path) -> None:
    build = machine(tmp_path, "ccache", CCACHE_BASEDIR="/src")
    assert launcher_environment("ccache", build, PROJECT) == {"CCACHE_NOHASHDIR": "true"}


def test_base_directories_of_sccache(tmp_path: Path) -> None:
    build = machine(tmp_path, "sccache")
    assert launcher_environment("auto", build, PROJECT) == {"SCCACHE_BASEDIRS": "/project"}


def test_another_launcher(tmp_path: Path) -> None:
    build = machine(tmp_path, "distcc")
    assert set(entries("distcc", build).values()) == {f"{tmp_path}/distcc"}
    assert launcher_environment("distcc", build, PROJECT) == {}


def test_without_a_cache_auto_does_nothing(tmp_path: Path) -> None:
    build = machine(tmp_path, "distcc")
    assert entries("auto", build) == entries(None, build) == {}
    assert launcher_environment("auto", build, PROJECT) == {}


def test_none_turns_off_what_the_environment_turns_on(tmp_path: Path) -> None:
    assert set(entries("none", machine(tmp_path, "ccache")).values()) == {""}


def test_one_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'sccache' was not found on PATH"):
        entries("sccache", machine(tmp_path, "ccache"))
