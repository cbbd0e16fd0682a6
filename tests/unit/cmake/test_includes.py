"""What CMake includes when the project begins."""

from __future__ import annotations

from pathlib import Path

from py_build_cmake.cmake.includes import reproducible_script


def test_paths_that_generator_expressions_would_end_at() -> None:
    script = reproducible_script(Path("/a>b/c,d"), Path("/build"))
    assert ":-ffile-prefix-map=/a$<ANGLE-R>b/c$<COMMA>d=.>" in script
    assert ":-ffile-prefix-map=/build=./build>" in script
