"""The programs behind the scripts of packages: found by where they lie, never by running them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from py_build_cmake.cmake.programs import real_program

SCRIPT = """\
#!{prefix}/bin/python
import sys
from {name} import {name}
if __name__ == '__main__':
    sys.exit({name}())
"""
SITE = "lib/python3.11/site-packages"


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def script(prefix: Path, name: str = "cmake") -> Path:
    return program(prefix / "bin" / name, SCRIPT.format(prefix=prefix, name=name))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("cmake", f"{SITE}/cmake/data/bin/cmake"),
        ("cmake", "lib/python3.9/dist-packages/cmake/data/bin/cmake"),
        ("cmake", f"{SITE}/cmake/data/CMake.app/Contents/bin/cmake"),
        ("ninja", f"{SITE}/ninja/data/bin/ninja"),
    ],
)
def test_the_program_lies_in_the_package(tmp_path: Path, name: str, place: str) -> None:
    real = program(tmp_path / place)
    assert real_program(script(tmp_path, name)) == real


def test_links_to_scripts_lead_to_their_environment(tmp_path: Path) -> None:
    real = program(tmp_path / "env" / SITE / "cmake/data/bin/cmake")
    link = tmp_path / "bin" / "cmake"
    link.parent.mkdir()
    link.symlink_to(script(tmp_path / "env"))
    assert real_program(link) == real


def test_launchers_of_windows_are_small(tmp_path: Path) -> None:
    launcher = program(tmp_path / "Scripts" / "cmake.exe", "MZ")
    real = program(tmp_path / "Lib/site-packages/cmake/data/bin/cmake.exe")
    assert real_program(launcher) == real
    launcher.write_bytes(bytes(1 << 20))
    assert real_program(launcher) == launcher


def test_other_programs_are_what_they_are(tmp_path: Path) -> None:
    program(tmp_path / SITE / "cmake/data/bin/cmake")
    for text in ("#!/bin/sh\nexec cmake\n", "\x7fELF", "", "# from cmake import cmake\n"):
        other = program(tmp_path / "bin" / "cmake", text)
        assert real_program(other) == other


def test_without_the_package_it_is_the_script(tmp_path: Path) -> None:
    found = script(tmp_path)
    assert real_program(found) == found
    missing = tmp_path / "bin" / "missing"
    assert real_program(missing) == missing


@pytest.mark.skipif(sys.platform == "win32", reason="every file can be run")
def test_what_cannot_be_run_is_not_the_program(tmp_path: Path) -> None:
    program(tmp_path / SITE / "cmake/data/bin/cmake").chmod(0o644)
    found = script(tmp_path)
    assert real_program(found) == found


def test_with_two_packages_the_interpreter_decides(tmp_path: Path) -> None:
    for python in ("python3.9", "python3.11"):
        program(tmp_path / "lib" / python / "site-packages/cmake/data/bin/cmake")
    found = script(tmp_path)
    assert real_program(found) == found


def test_one_package_under_two_names_is_one(tmp_path: Path) -> None:
    real = program(tmp_path / SITE / "cmake/data/bin/cmake")
    (tmp_path / "lib" / "python3").symlink_to("python3.11")
    assert real_program(script(tmp_path)) == real.resolve()
