"""Which files a project gives to CMake as initial caches."""

from __future__ import annotations

from pathlib import Path

import pytest

from py_build_cmake.cmake.initial_cache import initial_caches


@pytest.mark.parametrize("arguments", [("-C", "one.cmake"), ("-DA=1", "-Cone.cmake", "-Wdev")])
def test_files_and_what_they_include(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "one.cmake").write_text(
        "set(A 1)\ninclude(more/two.cmake)\n# include(commented.cmake)\n"
        "include(${COMPUTED}/three.cmake)\ninclude(CMakeModule)\n"
        'if(A)\n  INCLUDE( "${CMAKE_SOURCE_DIR}/four words.cmake" OPTIONAL)\nendif()\n'
    )
    (tmp_path / "commented.cmake").write_text("")
    (tmp_path / "four words.cmake").write_text("")
    # They may include each other.
    two = "include(${CMAKE_CURRENT_LIST_DIR}/../one.cmake)\n"
    (tmp_path / "more" / "two.cmake").write_text(two)
    assert initial_caches(arguments, tmp_path) == tuple(
        tmp_path / name for name in ("one.cmake", "more/two.cmake", "four words.cmake")
    )


def test_files_that_are_missing_or_not_named(tmp_path: Path) -> None:
    assert initial_caches(("-DA=1",), tmp_path) == ()
    assert initial_caches(("-C", "missing.cmake"), tmp_path) == (tmp_path / "missing.cmake",)
    assert initial_caches(("-C",), tmp_path) == (tmp_path,)
