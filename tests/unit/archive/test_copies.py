"""Files with the same contents in a wheel."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.compiled import MAC_ARM64, X86_64, elf, mach

from py_build_cmake.archive.copies import describe_copies, keep_sonames
from py_build_cmake.archive.wheel_writer import PackedFile
from py_build_cmake.base.console import Console


def test_copies_are_described_with_what_they_waste() -> None:
    packed = {
        "m/libx.so": PackedFile("abc", 9000, 5000),
        "m/libx.so.1": PackedFile("abc", 9000, 5000),
        "m/libx.so.1.2": PackedFile("abc", 9000, 5000),
        "m/a.bin": PackedFile("def", 9000, 7000),
        "n/b.bin": PackedFile("def", 9000, 7000),
        "m/__init__.py": PackedFile("empty", 0, 2),
        "n/__init__.py": PackedFile("empty", 0, 2),
        "m/single.bin": PackedFile("ghi", 10**9, 10**9),
    }
    assert list(describe_copies(packed)) == [
        "m/libx.so, m/libx.so.1, m/libx.so.1.2 have the same contents, which takes 10,000 bytes of"
        " the wheel more than once; `wheel.deduplicate_sonames` keeps one name of a library",
        "m/a.bin, n/b.bin have the same contents, which takes 7,000 bytes of the wheel more than"
        " once",
    ]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "libx.so.1.2"
    path.write_bytes(elf(X86_64, soname="libx.so.1"))
    (tmp_path / "libx.so.1").symlink_to("libx.so.1.2")
    (tmp_path / "libx.so").symlink_to("libx.so.1")
    return path


def files_of(directory: Path) -> dict[str, Path]:
    return {f"m/{path.name}": path for path in sorted(directory.iterdir())}


def test_the_soname_is_kept(library: Path, capfd: pytest.CaptureFixture[str]) -> None:
    os.link(library, library.with_name("libx.so.1.2.old"))
    library.with_name("x.txt").write_text("")
    library.with_name("_m.so").write_bytes(elf(X86_64))
    kept = keep_sonames(files_of(library.parent), Console())
    assert sorted(kept) == ["m/_m.so", "m/libx.so.1", "m/x.txt"]
    assert (
        "left out m/libx.so, m/libx.so.1.2, m/libx.so.1.2.old: the same library as m/libx.so.1"
        in "".join(capfd.readouterr())
    )


def test_libraries_of_macos(tmp_path: Path) -> None:
    (tmp_path / "libx.1.2.dylib").write_bytes(mach(MAC_ARM64, soname="@rpath/libx.1.dylib"))
    (tmp_path / "libx.1.dylib").symlink_to("libx.1.2.dylib")
    (tmp_path / "libx.dylib").symlink_to("libx.1.2.dylib")
    assert list(keep_sonames(files_of(tmp_path), Console())) == ["m/libx.1.dylib"]


def test_without_a_name_that_is_the_soname_all_are_kept(library: Path) -> None:
    library.with_name("libx.so.1").unlink()
    library.with_name("libx.so").unlink()
    library.with_name("libx.so").symlink_to("libx.so.1.2")
    files = files_of(library.parent)
    assert keep_sonames(files, Console()) == files


def test_names_in_other_directories_and_other_files_are_kept(library: Path) -> None:
    files = {"m/libx.so.1": library, "n/libx.so.1.2": library, "m/libx.txt": library}
    assert keep_sonames(files, Console()) == files
