"""What platform tags promise."""

from __future__ import annotations

import pytest

from py_build_cmake.verify.promise import Promise, promise_of


@pytest.mark.parametrize(
    ("tag", "machines", "expected"),
    [
        ("linux_x86_64", "x86_64", ("ELF", "linux", "", None)),
        ("linux_aarch64", "aarch64", ("ELF", "linux", "", None)),
        ("linux_armv6l", "arm", ("ELF", "linux", "", None)),
        ("linux_armv7l", "arm", ("ELF", "linux", "", None)),
        ("linux_armv8l", "arm", ("ELF", "linux", "", None)),
        ("linux_i386", "i686", ("ELF", "linux", "", None)),
        ("linux_i686", "i686", ("ELF", "linux", "", None)),
        ("linux_riscv64", "riscv64", ("ELF", "linux", "", None)),
        ("manylinux1_i686", "i686", ("ELF", "linux", "glibc", (2, 5))),
        ("manylinux2010_x86_64", "x86_64", ("ELF", "linux", "glibc", (2, 12))),
        ("manylinux2014_ppc64le", "ppc64le", ("ELF", "linux", "glibc", (2, 17))),
        ("manylinux_2_17_s390x", "s390x", ("ELF", "linux", "glibc", (2, 17))),
        ("manylinux_2_36_loongarch64", "loongarch64", ("ELF", "linux", "glibc", (2, 36))),
        ("musllinux_1_2_armv7l", "arm", ("ELF", "linux", "musl", (1, 2))),
        ("android_21_arm64_v8a", "aarch64", ("ELF", "android", "bionic", (21, 0))),
        ("android_21_armeabi_v7a", "arm", ("ELF", "android", "bionic", (21, 0))),
        ("android_24_x86", "i686", ("ELF", "android", "bionic", (24, 0))),
        ("android_24_x86_64", "x86_64", ("ELF", "android", "bionic", (24, 0))),
        ("freebsd_14_0_release_amd64", "x86_64", ("ELF", "freebsd", "", None)),
        ("freebsd_13_2_RELEASE_riscv64", "riscv64", ("ELF", "freebsd", "", None)),
        ("openbsd_7_4_amd64", "x86_64", ("ELF", "openbsd", "", None)),
        ("macosx_10_9_x86_64", "x86_64", ("Mach-O", "macos", "", (10, 9))),
        ("macosx_11_0_arm64", "arm64", ("Mach-O", "macos", "", (11, 0))),
        ("macosx_10_9_universal2", "arm64 x86_64", ("Mach-O", "macos", "", (10, 9))),
        ("macosx_10_6_intel", "i386 x86_64", ("Mach-O", "macos", "", (10, 6))),
        ("ios_13_0_arm64_iphoneos", "arm64", ("Mach-O", "ios", "", (13, 0))),
        ("ios_13_0_x86_64_iphonesimulator", "x86_64", ("Mach-O", "ios-simulator", "", (13, 0))),
        ("win32", "win32", ("PE", "windows", "", None)),
        ("win_amd64", "win_amd64", ("PE", "windows", "", None)),
        ("win_arm64", "win_arm64", ("PE", "windows", "", None)),
        ("pyodide_2024_0_wasm32", "wasm32", ("WebAssembly", "emscripten", "", None)),
        ("emscripten_3_1_58_wasm32", "wasm32", ("WebAssembly", "emscripten", "", None)),
    ],
)
def test_promises(tag: str, machines: str, expected: tuple[object, ...]) -> None:
    found = promise_of(tag)
    assert found is not None
    assert (found.tag, found.machines) == (tag, frozenset(machines.split()))
    assert (found.format, found.system, found.libc, found.version) == expected


@pytest.mark.parametrize(
    "tag",
    [
        *("any", "linux_sparc", "linux", "macosx_10_6_fat3", "win_ia64", "aix_7_2_ppc64"),
        *("mingw_x86_64", "msys_2_0_x86_64", "cygwin_3_4_x86_64", "haiku_1_unknown"),
    ],
)
def test_unknown_tags_promise_nothing(tag: str) -> None:
    assert promise_of(tag) is None


@pytest.mark.parametrize(
    ("tag", "float_abi"),
    [
        ("manylinux_2_31_armv7l", "hard"),
        ("musllinux_1_2_armv7l", "hard"),
        ("manylinux_2_39_riscv64", "double"),
        # Whoever builds for one board decides.
        ("linux_armv7l", ""),
        ("linux_riscv64", ""),
        ("linux_armv6l", ""),
        ("android_21_armeabi_v7a", ""),
        ("manylinux_2_17_x86_64", ""),
    ],
)
def test_floating_point(tag: str, float_abi: str) -> None:
    found = promise_of(tag)
    assert found is not None
    assert found.float_abi == float_abi


def test_promises_are_described() -> None:
    universal = promise_of("macosx_11_0_universal2")
    assert str(universal) == "Mach-O for arm64 and x86_64"
    assert str(promise_of("manylinux_2_31_armv7l")) == "ELF for arm, hard float"
    assert isinstance(universal, Promise)
