"""Copies of a native pre-build, and where they can be taken."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from support.configs import cmake_config, cmake_plan, cross_config

from py_build_cmake.building.shared_native import copy_native_build, is_of_use, take_native_build
from py_build_cmake.project.plan import BuildPlan


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    prefix = tmp_path / "first" / "private" / "native-install"
    (prefix / "bin").mkdir(parents=True)
    (prefix / "text").write_text(f"in {prefix}/bin\n")
    (prefix / "other").write_text("nothing\n")
    (prefix / "binary").write_bytes(b"\0" + os.fsencode(prefix))
    (prefix / "bin" / "link").symlink_to(prefix / "text")
    (prefix / "bin" / "near").symlink_to("../text")
    os.utime(prefix / "text", (5, 5))
    return prefix


def plan_copying(*patterns: str) -> BuildPlan:
    cross = cross_config(copy_from_native_build=patterns or None)
    return cmake_plan(cmake_config(), cross=cross)[0]


def test_a_copy_is_like_an_own_build(installed: Path, tmp_path: Path) -> None:
    copy, prefix = tmp_path / "copy", tmp_path / "second place" / "private" / "native-install"
    copy_native_build(installed, copy)
    for _ in range(2):  # The second time, over what is there.
        take_native_build(copy, prefix)
        assert (prefix / "text").read_text() == f"in {prefix}/bin\n"
        assert (prefix / "text").stat().st_mtime == 5
        assert (prefix / "other").read_text() == "nothing\n"
        assert (prefix / "bin" / "link").readlink() == prefix / "text"
        assert (prefix / "bin" / "near").readlink() == Path("../text")
        assert (prefix / "binary").read_bytes() == (installed / "binary").read_bytes()
        (prefix / "left").touch()


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [((), True), (("text", "other"), True), (("binary",), False), (("*", "!binary"), True)],
)
def test_use(installed: Path, tmp_path: Path, patterns: tuple[str, ...], expected: bool) -> None:
    copy_native_build(installed, tmp_path / "copy")
    assert is_of_use(tmp_path / "copy", plan_copying(*patterns)) is expected


def test_without_a_cross_build(installed: Path, tmp_path: Path) -> None:
    copy_native_build(installed, tmp_path / "copy")
    assert is_of_use(tmp_path / "copy", replace(plan_copying(), main_pass=None))
