"""What a compiler compiles for, and whether a platform tag promises that."""

from __future__ import annotations

import pytest

from py_build_cmake.verify.triplet import misfit, read_triplet


@pytest.mark.parametrize(
    ("triplet", "machine", "system", "libc", "float_abi"),
    [
        ("aarch64-linux-gnu", "aarch64", "linux", "glibc", ""),
        ("aarch64-none-linux-gnu", "aarch64", "linux", "glibc", ""),
        ("arm64-unknown-linux-musl", "aarch64", "linux", "musl", ""),
        ("arm-linux-gnueabihf", "arm", "linux", "glibc", "hard"),
        ("armv7l-unknown-linux-musleabi", "arm", "linux", "musl", "soft"),
        ("i586-linux-gnu", "i686", "linux", "glibc", ""),
        ("powerpc64le-linux-gnu", "ppc64le", "linux", "glibc", ""),
        ("x86_64-alpine-linux-musl", "x86_64", "linux", "musl", ""),
        ("x86_64-w64-mingw32", "x86_64", "windows", "", ""),
        ("aarch64-pc-windows-msvc", "aarch64", "windows", "", ""),
        ("arm64-apple-darwin23.1.0", "aarch64", "macos", "", ""),
        ("aarch64-linux-android24", "aarch64", "android", "bionic", ""),
        ("arm64-apple-ios13", "aarch64", "ios", "", ""),
        ("wasm32-unknown-emscripten", "wasm32", "emscripten", "", ""),
    ],
)
def test_triplets(triplet: str, machine: str, system: str, libc: str, float_abi: str) -> None:
    target = read_triplet(triplet)
    assert target is not None
    found = (target.machine, target.system, target.libc.lower(), target.float_abi)
    assert found == (machine, system, libc, float_abi)


@pytest.mark.parametrize("text", ["", "gcc", "arm-none-eabi", "pdp11-linux-gnu"])
def test_no_triplet_that_is_known(text: str) -> None:
    assert read_triplet(text) is None


@pytest.mark.parametrize(
    ("triplet", "tags"),
    [
        ("aarch64-linux-gnu", "linux_aarch64"),
        ("aarch64-linux-gnu", "manylinux_2_17_aarch64.manylinux2014_aarch64"),
        ("arm-linux-gnueabihf", "linux_armv7l"),
        ("armv6-linux-gnueabihf", "linux_armv6l"),
        ("x86_64-alpine-linux-musl", "musllinux_1_2_x86_64"),
        ("x86_64-linux-musl", "linux_x86_64"),
        ("x86_64-w64-mingw32", "win_amd64"),
        ("i686-w64-mingw32", "win32"),
        ("aarch64-apple-darwin20", "macosx_11_0_arm64"),
        ("x86_64-apple-darwin20", "macosx_11_0_universal2"),
        ("aarch64-linux-android24", "android_24_arm64_v8a"),
        ("arm64-apple-ios13", "ios_13_0_arm64_iphoneos"),
        ("wasm32-unknown-emscripten", "pyodide_2024_0_wasm32"),
        ("s390x-linux-gnu", "plan9_s390x_of_the_future"),
    ],
)
def test_what_fits(triplet: str, tags: str) -> None:
    target = read_triplet(triplet)
    assert target is not None
    assert misfit(target, tuple(tags.split("."))) == ""


@pytest.mark.parametrize(
    ("triplet", "tag", "said"),
    [
        ("x86_64-linux-gnu", "linux_aarch64", "is for aarch64, not for x86_64"),
        ("aarch64-linux-gnu", "musllinux_1_2_aarch64", "is for musl, not for glibc"),
        ("aarch64-linux-musl", "manylinux_2_28_aarch64", "is for glibc, not for musl"),
        ("arm-linux-gnueabi", "manylinux_2_31_armv7l", "is for hard float, not for soft float"),
        ("x86_64-linux-gnu", "win_amd64", "is for windows, and x86_64-linux-gnu for linux"),
        ("x86_64-w64-mingw32", "win_arm64", "is for win_arm64, not for win_amd64"),
        ("x86_64-apple-darwin20", "macosx_11_0_arm64", "is for arm64, not for x86_64"),
    ],
)
def test_what_does_not_fit(triplet: str, tag: str, said: str) -> None:
    target = read_triplet(triplet)
    assert target is not None
    assert said in misfit(target, (tag,))
