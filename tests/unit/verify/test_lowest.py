"""The lowest tag that files can honestly have."""

from __future__ import annotations

import io
from typing import Any

import pytest
from support import compiled as c

from py_build_cmake.platforms.tags import WheelTag
from py_build_cmake.verify.contents import check_wheel
from py_build_cmake.verify.finding import FileReport
from py_build_cmake.verify.formats.reading import read_stream
from py_build_cmake.verify.lowest import LowestTags, lowest_tags


def reports(files: dict[str, bytes]) -> list[FileReport]:
    return [
        FileReport(place, binary)
        for place, data in files.items()
        if (binary := read_stream(io.BytesIO(data)))
    ]


def lowest(host: str, files: dict[str, bytes]) -> LowestTags:
    return lowest_tags(reports(files), host.split("."), files)


def linux(machine: int = c.X86_64, bits: int = 64, **options: Any) -> bytes:
    return c.elf(machine, bits, needed=["libc.so.6"], **options)


def glibc(version: str, machine: int = c.X86_64, bits: int = 64, **options: Any) -> bytes:
    return linux(machine, bits, versions={"libc.so.6": [f"GLIBC_{version}"]}, **options)


@pytest.mark.parametrize(
    ("host", "files", "expected"),
    [
        ("linux_x86_64", {"a": linux()}, "manylinux_2_5_x86_64"),
        ("linux_x86_64", {"a": glibc("2.14"), "b": glibc("2.3")}, "manylinux_2_14_x86_64"),
        ("linux_aarch64", {"a": glibc("2.17", c.AARCH64)}, "manylinux_2_17_aarch64"),
        # Also when it is lower, or higher, than what was asked for.
        ("manylinux_2_28_x86_64", {"a": glibc("2.14")}, "manylinux_2_14_x86_64"),
        ("manylinux2014_x86_64", {"a": glibc("2.34")}, "manylinux_2_34_x86_64"),
        ("linux_armv7l", {"a": glibc("2.31", c.ARM, 32)}, "manylinux_2_31_armv7l"),
        ("linux_armv7l", {"a": glibc("2.31", c.ARM, 32, flags=c.ARM_SOFT)}, "linux_armv7l"),
        ("linux_armv6l", {"a": glibc("2.31", c.ARM, 32)}, "linux_armv6l"),
        ("linux_x86_64", {"a": c.elf(c.X86_64, is_pie=True)}, "manylinux_2_5_x86_64"),
        # A library that is not on every system.
        ("linux_x86_64", {"a": c.elf(c.X86_64, needed=["libx.so.1"])}, "linux_x86_64"),
        ("manylinux_2_28_x86_64", {"a": c.elf(c.X86_64, needed=["libx.so"])}, "linux_x86_64"),
        ("linux_x86_64", {"a": c.elf(c.X86_64, needed=["libpython3.12.so.1.0"])}, "linux_x86_64"),
        (
            "linux_x86_64",
            {
                "a": c.elf(c.X86_64, needed=["libx.so.1"], runpath="$ORIGIN/l"),
                "l/libx.so.1": glibc("2.6"),
            },
            "manylinux_2_6_x86_64",
        ),
        (
            "linux_x86_64",
            {
                "a": c.elf(
                    c.X86_64,
                    needed=["libstdc++.so.6"],
                    versions={"libstdc++.so.6": ["GLIBCXX_3.4.99"]},
                )
            },
            "linux_x86_64",
        ),
        # Files for other machines, objects and data do not decide.
        (
            "linux_x86_64",
            {"a": glibc("2.6"), "b": glibc("2.34", c.AARCH64)},
            "manylinux_2_6_x86_64",
        ),
        ("linux_x86_64", {"a.o": c.elf(c.X86_64, kind=1), "b": c.wasm()}, "linux_x86_64"),
        ("linux_x86_64", {}, "linux_x86_64"),
        # The version of musl is not in the file.
        ("linux_x86_64", {"a": c.elf(c.X86_64, needed=["libc.so"])}, "linux_x86_64"),
        (
            "musllinux_1_2_x86_64",
            {"a": c.elf(c.X86_64, needed=["libc.so"])},
            "musllinux_1_2_x86_64",
        ),
        ("musllinux_1_2_x86_64", {"a": c.elf(c.X86_64, is_pie=True)}, "musllinux_1_2_x86_64"),
        ("win_amd64", {"a": c.pe(c.PE_AMD64)}, "win_amd64"),
        ("plan9_mystery", {"a": linux()}, "plan9_mystery"),
        ("android_21_x86_64", {"a": c.elf(c.X86_64, is_pie=True)}, "android_21_x86_64"),
    ],
)
def test_linux(host: str, files: dict[str, bytes], expected: str) -> None:
    found = lowest(host, files)
    assert ".".join(found.platforms) == expected
    assert found.reason
    own = {place: data for place, data in files.items() if place != "b"}
    tag = WheelTag(("py3",), ("none",), found.platforms)
    errors = check_wheel(tag, reports(own), places=files).errors
    assert errors == ()


X86, ARM = c.MAC_X86_64, c.MAC_ARM64


def mac(major: int, minor: int, cpu: int = X86) -> bytes:
    return c.mach(cpu, platforms=[(1, major, minor)])


@pytest.mark.parametrize(
    ("host", "files", "expected"),
    [
        ("macosx_14_0_x86_64", {"a": mac(10, 9), "b": mac(10, 13)}, "macosx_10_13_x86_64"),
        ("macosx_10_9_x86_64", {"a": mac(12, 3)}, "macosx_12_0_x86_64"),
        ("macosx_14_0_arm64", {"a": mac(11, 0, ARM)}, "macosx_11_0_arm64"),
        ("macosx_14_0_arm64", {"a": mac(10, 9, ARM)}, "macosx_11_0_arm64"),
        (
            "macosx_14_0_universal2",
            {"a": c.fat_mach([X86, ARM], slices=[mac(10, 9), mac(11, 0, ARM)])},
            "macosx_10_9_universal2",
        ),
        (
            "macosx_10_9_universal2",
            {"a": c.fat_mach([X86, ARM], slices=[mac(10, 9), mac(12, 0, ARM)])},
            "macosx_12_0_universal2",
        ),
        ("macosx_14_0_x86_64", {"a": c.mach(X86)}, "macosx_14_0_x86_64"),
    ],
)
def test_macos(host: str, files: dict[str, bytes], expected: str) -> None:
    found = lowest(host, files)
    assert found.platforms == (expected,)
    assert check_wheel(WheelTag.parse(f"py3-none-{expected}"), reports(files)).is_sound
