"""The sysroot that a toolchain file names, read without CMake."""

from __future__ import annotations

from pathlib import Path

import pytest

from py_build_cmake.platforms.toolchain_files import named_sysroot

ENVIRON = {"SDK": "sdk"}


def sysroot_of(directory: Path, text: str) -> str | None:
    for name in ("root", "other", "sdk"):
        (directory / name).mkdir()
    file = directory / "tc.cmake"
    file.write_text(text)
    found = named_sysroot(file, ENVIRON)
    return found.name if found else None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('set(CMAKE_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/root")', "root"),
        ("SET( CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/root CACHE PATH here)", "root"),
        ("set(CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/$ENV{SDK})", "sdk"),
        ("set(A ${CMAKE_CURRENT_LIST_DIR})\nset(B ${A}/root)\nset(CMAKE_SYSROOT ${B})", "root"),
        (
            "get_filename_component(\n"
            "    CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/root/../other ABSOLUTE)",
            "other",
        ),
        (
            'get_filename_component(A "${CMAKE_CURRENT_LIST_FILE}" DIRECTORY)\n'
            "get_filename_component(A ${A} REALPATH)\nset(CMAKE_SYSROOT ${A}/root)",
            "root",
        ),
        # The same in both branches, and the only one that is there.
        (
            "if(X)\nset(CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/root)\nelse()\n"
            "set(CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/missing)\nendif()",
            "root",
        ),
        ("# set(CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/root)", None),
        ("#[[ set(CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/root) ]]", None),
        ("set(CMAKE_SYSROOT root)", None),
        ("set(CMAKE_SYSROOT ${SOMEWHERE}/root)", None),
        ("set(CMAKE_SYSROOT $ENV{MISSING}/root)", None),
        ("set(CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/${${A}})", None),
        ("get_filename_component(CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/root NAME)", None),
        (
            "set(CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/root)\n"
            "set(CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/other)",
            None,
        ),
        ("", None),
    ],
)
def test_what_follows_from_the_text(tmp_path: Path, text: str, name: str | None) -> None:
    assert sysroot_of(tmp_path, text) == name


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert named_sysroot(tmp_path / "missing.cmake", {}) is None
    (tmp_path / "tc.cmake").write_bytes(b"\xff")
    assert named_sysroot(tmp_path / "tc.cmake", {}) is None
