"""Whether the files of a wheel fit its tag."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from support import compiled as c
from support.reports import modules_of

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.platforms.tags import PURE_TAG, WheelTag
from py_build_cmake.verify.checks.scripts import check_scripts
from py_build_cmake.verify.contents import (
    WheelReport,
    check_contents,
    check_machine,
    check_wheel,
    read_files,
)
from py_build_cmake.verify.expectation import Circumstances
from py_build_cmake.verify.finding import Code, FileReport
from py_build_cmake.verify.formats.reading import read_stream

LINUX = "cp312-cp312-linux_aarch64"
AARCH64 = c.elf(c.AARCH64)
X86_64 = c.elf(c.X86_64)
BOTH = c.fat_mach([c.MAC_ARM64, c.MAC_X86_64])
SUFFIX = "m/x.cpython-312-aarch64-linux-gnu.so"


def report(tag: str, files: dict[str, bytes], build_dirs: tuple[str, ...] = ()) -> WheelReport:
    circumstances = Circumstances(build_dirs)
    return check_wheel(
        WheelTag.parse(tag), modules_of(files), places=files, circumstances=circumstances
    )


def errors(tag: str, files: dict[str, bytes]) -> list[tuple[str, str]]:
    return [(problem.where, problem.message) for problem in report(tag, files).errors]


def only_error(tag: str, data: bytes, place: str = "m/x.so") -> str:
    """Return the message of the only error that a single file has, or nothing."""
    found = report(tag, {place: data}).errors
    assert len(found) <= 1
    assert all(problem.where == place and problem.hint for problem in found)
    return found[0].message if found else ""


def only_warning(tag: str, data: bytes, place: str = "m/x.so") -> str:
    found = report(tag, {place: data})
    assert found.errors == ()
    assert len(found.warnings) <= 1
    return found.warnings[0].message if found.warnings else ""


def test_a_wheel_that_keeps_its_promise(tmp_path: Path) -> None:
    contents = {"lib.so": AARCH64, "x.py": b"import x", "lib.a": c.ar(("o", AARCH64))}
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    files = read_files({f"m/{name}": tmp_path / name for name in contents})
    assert [file.place for file in files] == ["m/lib.a", "m/lib.so"]
    found = check_wheel(WheelTag.parse(LINUX), files)
    assert found.is_sound
    assert (found.errors, found.warnings, found.files) == ((), (), files)


def test_all_wrong_files_are_reported() -> None:
    files = {"a.so": X86_64, "b.so": AARCH64, "c.txt": c.pe(c.PE_AMD64)}
    assert errors(LINUX, files) == [
        ("a.so", "is ELF for x86_64, but the wheel promises ELF for aarch64"),
        ("c.txt", "is PE for win_amd64, but the wheel promises ELF for aarch64"),
    ]
    assert not report(LINUX, files).is_sound


MACHINES = [
    (["linux_aarch64"], AARCH64, None),
    (["linux_aarch64"], X86_64, "ELF for aarch64"),
    # A set promises all of its members.
    (["linux_x86_64", "linux_aarch64"], AARCH64, "ELF for x86_64 and ELF for aarch64"),
    (["linux_x86_64", "linux_armv7l"], AARCH64, "ELF for x86_64 and ELF for arm"),
    (["linux_armv6l", "linux_armv7l"], AARCH64, "ELF for arm"),
    # A member that is not known here excuses nothing.
    (["linux_x86_64", "plan9_mystery"], AARCH64, "ELF for x86_64"),
    (["linux_aarch64", "plan9_mystery"], AARCH64, None),
    # Linux has one name for both byte orders of MIPS.
    (["linux_mips64"], c.elf(8), None),
    (["plan9_mystery"], AARCH64, None),
    # A fat file may have more than is needed, not less.
    (["macosx_11_0_arm64"], BOTH, None),
    (["macosx_11_0_universal2"], BOTH, None),
    (["macosx_11_0_universal2"], c.mach(c.MAC_ARM64), "Mach-O for arm64 and x86_64"),
    (["macosx_11_0_arm64"], c.mach(c.MAC_ARM64, subtype=2), "Mach-O for arm64"),
    (["macosx_11_0_x86_64"], c.mach(c.MAC_ARM64), "Mach-O for x86_64"),
    (["linux_x86_64"], c.mach(c.MAC_X86_64), "ELF for x86_64"),
    (["win_amd64"], c.pe(c.PE_AMD64), None),
    (["win32"], c.pe(c.PE_AMD64), "PE for win32"),
    (["pyodide_2024_0_wasm32"], c.wasm("dylink.0"), None),
    (["linux_x86_64"], c.wasm("dylink.0"), "ELF for x86_64"),
    (["linux_x86_64"], c.java_class(), None),
    # What runs on any machine is data.
    (["linux_x86_64"], c.wasm(), None),
    (["linux_x86_64"], c.pe(c.PE_I386, managed=1), None),
    (["linux_aarch64"], c.ar(("a.o", AARCH64)), None),
    (["linux_aarch64"], c.ar(("a.o", AARCH64), ("b.o", X86_64)), "ELF for aarch64"),
    (["win_amd64"], c.ar(("a.obj", c.coff(c.PE_AMD64)), ("b", c.coff(c.PE_ARM64))), "PE for win"),
]


@pytest.mark.parametrize(("platforms", "data", "promised"), MACHINES)
def test_machines(tmp_path: Path, platforms: list[str], data: bytes, promised: str | None) -> None:
    message = only_error(f"py3-none-{'.'.join(platforms)}", data, "m/file")
    assert f"but the wheel promises {promised}" in message if promised else not message
    path = tmp_path / "file"
    path.write_bytes(data)
    problem = check_machine(path, "m/file", iter(platforms))
    assert (problem.message if problem else "") == message


def test_members_of_static_libraries_are_named() -> None:
    message = only_error(LINUX, c.ar(("a.o", AARCH64), ("b.o", X86_64)))
    assert "(its member b.o)" in message


@pytest.mark.parametrize(
    "data", [X86_64, c.pe(c.PE_AMD64), BOTH, c.wasm("dylink.0"), c.ar(("a.o", AARCH64))]
)
def test_a_pure_wheel_has_no_compiled_files(data: bytes) -> None:
    message = only_error(str(PURE_TAG), data)
    assert "py3-none-any promises to work on every machine" in message


@pytest.mark.parametrize(
    "data", [b"text", c.java_class(), c.wasm(), c.pe(c.PE_I386, managed=1), b"", b"\x7fELF"]
)
def test_a_pure_wheel_has_data(data: bytes) -> None:
    assert only_error(str(PURE_TAG), data) == ""


@pytest.mark.parametrize(
    ("platform", "data", "message"),
    [
        ("manylinux_2_31_armv7l", c.elf(c.ARM, 32, flags=c.ARM_HARD), ""),
        ("manylinux_2_31_armv7l", c.elf(c.ARM, 32, flags=0x05000000), ""),
        ("manylinux_2_31_armv7l", c.elf(c.ARM, 32, flags=c.ARM_SOFT), "promises hard float"),
        ("linux_armv7l", c.elf(c.ARM, 32, flags=c.ARM_SOFT), ""),
        ("manylinux_2_31_riscv64", c.elf(c.RISCV, flags=c.RISCV_SOFT), "promises double float"),
        ("linux_riscv64", c.elf(c.RISCV, flags=c.RISCV_SOFT), ""),
        (
            "manylinux_2_31_armv7l",
            c.ar(
                ("a.o", c.elf(c.ARM, 32, flags=0x05000000)),
                ("b.o", c.elf(c.ARM, 32, flags=c.ARM_SOFT)),
            ),
            "soft float, but",
        ),
    ],
)
def test_floating_point(platform: str, data: bytes, message: str) -> None:
    found = only_error(f"cp312-cp312-{platform}", data)
    assert message in found if message else not found


def test_newer_processors_are_refused() -> None:
    data = c.elf(c.ARM, 32, flags=c.ARM_HARD, attributes=c.arm_attributes(10))
    assert "ARMv7" in only_error("cp312-cp312-linux_armv6l", data)
    assert only_warning("cp312-cp312-linux_armv7l", data) == ""
    data = c.elf(c.ARM, 32, flags=c.ARM_HARD, attributes=c.arm_attributes(6))
    assert only_warning("cp312-cp312-linux_armv6l", data) == ""


GLIBC = c.elf(c.X86_64, needed=["libc.so.6"])
MUSL = c.elf(c.X86_64, needed=["libc.musl-x86_64.so.1"])
BIONIC = c.elf(c.X86_64, note=c.android_note(24), needed=["libc.so"])
STATIC = c.elf(c.X86_64, is_pie=True)
MACOS = c.mach(c.MAC_ARM64, platforms=[(1, 11, 0)])
IOS = c.mach(c.MAC_ARM64, platforms=[(2, 13, 0)])
SIMULATOR = c.mach(c.MAC_ARM64, platforms=[(7, 13, 0)])
BOTH_SYSTEMS = c.mach(c.MAC_ARM64, platforms=[(1, 11, 0), (6, 14, 0)])


@pytest.mark.parametrize(
    ("platform", "data", "message"),
    [
        ("linux_x86_64", GLIBC, ""),
        ("linux_x86_64", MUSL, ""),
        ("linux_x86_64", BIONIC, ""),
        ("linux_x86_64", STATIC, ""),
        ("manylinux_2_17_x86_64", GLIBC, ""),
        ("manylinux_2_17_x86_64", STATIC, ""),
        ("manylinux_2_17_x86_64", MUSL, "linked to musl (libc.musl-x86_64.so.1), but manylinux"),
        ("manylinux_2_17_x86_64", BIONIC, "android"),
        ("musllinux_1_2_x86_64", MUSL, ""),
        ("musllinux_1_2_x86_64", STATIC, ""),
        ("musllinux_1_2_x86_64", GLIBC, "is linked to glibc (libc.so.6), but musllinux_1_2_x86_64"),
        # Both have to hold.
        ("manylinux_2_17_x86_64.musllinux_1_2_x86_64", STATIC, ""),
        ("manylinux_2_17_x86_64.musllinux_1_2_x86_64", GLIBC, "promises musl"),
        ("manylinux_2_17_x86_64.musllinux_1_2_x86_64", MUSL, "promises glibc"),
        ("android_24_x86_64", BIONIC, ""),
        ("android_24_x86_64", GLIBC, "is linked to glibc"),
        ("freebsd_14_0_release_amd64", c.elf(c.X86_64, osabi=9), ""),
        ("freebsd_14_0_release_amd64", GLIBC, "promises freebsd"),
        ("linux_x86_64", c.elf(c.X86_64, osabi=9), "freebsd, but linux_x86_64 promises linux"),
        ("macosx_11_0_arm64", MACOS, ""),
        ("macosx_11_0_arm64", BOTH_SYSTEMS, ""),
        ("macosx_11_0_arm64", IOS, "ios, but macosx_11_0_arm64 promises macos"),
        ("ios_13_0_arm64_iphoneos", IOS, ""),
        ("ios_13_0_arm64_iphoneos", SIMULATOR, "ios-simulator, but"),
        ("ios_13_0_arm64_iphonesimulator", SIMULATOR, ""),
        ("ios_13_0_arm64_iphonesimulator", MACOS, "macos, but"),
    ],
)
def test_systems_and_libcs(platform: str, data: bytes, message: str) -> None:
    found = only_error(f"py3-none-{platform}", data)
    assert message in found if message else not found


def mac(major: int, minor: int, cpu: int = c.MAC_X86_64) -> bytes:
    return c.mach(cpu, platforms=[(1, major, minor)])


@pytest.mark.parametrize(
    ("platform", "data", "message"),
    [
        ("macosx_10_9_x86_64", mac(10, 9), ""),
        ("macosx_10_9_x86_64", mac(10, 5), ""),
        ("macosx_10_9_x86_64", mac(10, 10), "is for macOS 10.10 or newer (x86_64), but macosx"),
        ("macosx_10_9_x86_64", mac(11, 0), "macOS 11.0"),
        ("macosx_11_0_x86_64", mac(10, 16), ""),
        ("macosx_10_16_x86_64", mac(11, 0), ""),
        ("macosx_12_0_x86_64", mac(13, 0), "macOS 13.0"),
        # A machine that exists from 11.0 on.
        ("macosx_10_9_arm64", mac(11, 0, c.MAC_ARM64), ""),
        ("macosx_10_9_arm64", mac(12, 0, c.MAC_ARM64), "promises 11.0"),
        (
            "macosx_10_9_universal2",
            c.fat_mach([c.MAC_X86_64, c.MAC_ARM64], slices=[mac(10, 9), mac(11, 0, c.MAC_ARM64)]),
            "",
        ),
        (
            "macosx_10_9_universal2",
            c.fat_mach([c.MAC_X86_64, c.MAC_ARM64], slices=[mac(10, 13), mac(11, 0, c.MAC_ARM64)]),
            "macOS 10.13 or newer (x86_64)",
        ),
        # The slice that is not promised does not matter.
        (
            "macosx_11_0_arm64",
            c.fat_mach([c.MAC_X86_64, c.MAC_ARM64], slices=[mac(14, 0), mac(11, 0, c.MAC_ARM64)]),
            "",
        ),
        ("android_24_x86_64", BIONIC, ""),
        ("android_21_x86_64", BIONIC, "is for android 24 or newer (x86_64), but android_21"),
        ("ios_13_0_arm64_iphoneos", c.mach(c.MAC_ARM64, platforms=[(2, 13, 4)]), "iOS 13.4"),
        ("ios_13_0_arm64_iphonesimulator", c.mach(c.MAC_ARM64, platforms=[(7, 14, 0)]), ""),
        (
            "ios_13_0_arm64_iphonesimulator",
            c.mach(c.MAC_ARM64, platforms=[(7, 15, 0)]),
            "iOS simulator 15.0",
        ),
    ],
)
def test_minimum_versions(platform: str, data: bytes, message: str) -> None:
    found = only_error(f"py3-none-{platform}", data)
    assert message in found if message else not found


def test_minor_versions_of_macos_cannot_be_in_a_tag() -> None:
    assert "macOS 12.3" in only_warning("py3-none-macosx_12_0_x86_64", mac(12, 3))


def needs(*versions: str, library: str = "libc.so.6", runpath: str = "") -> bytes:
    return c.elf(
        c.X86_64, needed=[library, "libc.so.6"], versions={library: versions}, runpath=runpath
    )


@pytest.mark.parametrize(
    ("platform", "data", "parts"),
    [
        ("manylinux_2_17_x86_64", needs("GLIBC_2.17", "GLIBC_2.2.5"), []),
        (
            "manylinux_2_17_x86_64",
            needs("GLIBC_2.17", "GLIBC_2.34"),
            ["needs GLIBC_2.34 of libc.so.6 for malloc; ", "_2_17_x86_64 allows GLIBC_2.17"],
        ),
        ("manylinux2014_x86_64", needs("GLIBC_2.18"), ["manylinux2014_x86_64 allows GLIBC_2.17"]),
        ("manylinux1_x86_64", needs("GLIBC_2.6"), ["GLIBC_2.6", "allows GLIBC_2.5"]),
        # Every tag has to hold.
        ("manylinux_2_28_x86_64.manylinux2014_x86_64", needs("GLIBC_2.28"), ["manylinux2014"]),
        ("manylinux_2_28_x86_64", needs("GLIBCXX_3.4.30", library="libstdc++.so.6"), ["GLIBCXX"]),
        ("manylinux_2_35_x86_64", needs("GLIBCXX_3.4.30", library="libstdc++.so.6"), []),
        ("linux_x86_64", needs("GLIBC_2.99"), []),
        ("musllinux_1_2_x86_64", MUSL, []),
    ],
)
def test_symbol_versions(platform: str, data: bytes, parts: list[str]) -> None:
    found = only_error(f"py3-none-{platform}", data)
    assert all(part in found for part in parts) if parts else not found


def test_the_right_tag_is_proposed() -> None:
    found = report("py3-none-manylinux2014_x86_64", {"x.so": needs("GLIBC_2.34")})
    assert "`manylinux_2_34_x86_64` would be right" in found.errors[0].hint
    data = c.elf(c.ARM, 32, needed=["libc.so.6"], versions={"libc.so.6": ["GLIBC_2.31"]})
    found = report("py3-none-manylinux2014_armv7l", {"x.so": data})
    assert "`manylinux_2_31_armv7l` would be right" in found.errors[0].hint


def test_libraries_in_the_wheel_can_be_newer() -> None:
    library = "libstdc++.so.6"
    data = needs("GLIBCXX_3.4.30", library=library, runpath="$ORIGIN/p.libs")
    tag = "py3-none-manylinux_2_17_x86_64"
    own = {"GLIBCXX_3.4.30": ["glibcxx_3.4.30"]}
    named = c.elf(c.X86_64, soname=library, exports_with=own)
    assert errors(tag, {"a.so": data, "p.libs/libstdc++.so.6": named}) == []
    assert errors(tag, {"a.so": data, "p.libs/libother.so": named[:64]}) != []
    # Where no search path leads, the system's own is loaded.
    lost = needs("GLIBCXX_3.4.30", library=library)
    assert errors(tag, {"a.so": lost, "p.libs/libstdc++.so.6": named}) != []


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        (LINUX, "x.cpython-312-aarch64-linux-gnu.so"),
        (LINUX, "x.cpython-312-aarch64-linux-musl.so"),
        # Suffixes that say less.
        (LINUX, "x.so"),
        (LINUX, "libx.so.1.cpython"),
        (LINUX, "x.cpython-39-x86_64-linux-gnu.txt"),
        ("pp310-pypy310_pp73-linux_aarch64", "x.pypy310-pp73-aarch64-linux-gnu.so"),
        ("cp312-abi3-linux_aarch64", "x.abi3.so"),
        ("cp315-abi3-linux_aarch64", "x.abi3-aarch64-linux-gnu.so"),
        ("cp313-cp313t-linux_aarch64", "x.cpython-313t-aarch64-linux-gnu.so"),
        ("cp312-cp312-manylinux_2_17_aarch64", "x.cpython-312-aarch64-linux-gnu.so"),
        ("cp312-cp312-musllinux_1_2_aarch64", "x.cpython-312-aarch64-linux-musl.so"),
        # Up to 3.10, a Python that is linked to musl did not know.
        ("cp310-cp310-musllinux_1_2_aarch64", "x.cpython-310-aarch64-linux-gnu.so"),
    ],
)
def test_suffixes_that_fit(tag: str, name: str) -> None:
    found = report(tag, {f"m/{name}": AARCH64})
    assert (found.errors, found.warnings) == ((), ())


@pytest.mark.parametrize(
    ("tag", "name", "message"),
    [
        (LINUX, "x.cpython-311-aarch64-linux-gnu.so", "that of cp311,"),
        (LINUX, "x.cpython-312-x86_64-linux-gnu.so", "that of x86_64,"),
        (LINUX, "x.cpython-312-powerpc64le-linux-gnu.so", "that of ppc64le,"),
        (LINUX, "x.cpython-312-powerpc-linux-gnu.so", "that of ppc,"),
        (LINUX, "x.cpython-312t-aarch64-linux-gnu.so", "that of another ABI (cp312t),"),
        (LINUX, "x.cpython-312d-aarch64-linux-gnu.so", "that of another ABI (cp312d),"),
        (LINUX, "x.pypy310-pp73-aarch64-linux-gnu.so", "that of pp310,"),
        (LINUX, "x.cp312-win_amd64.pyd", "that of win_amd64,"),
        (LINUX, "x.cpython-312-darwin.so", "that of macos,"),
        (LINUX, "x.cpython-312-aarch64-linux-android.so", "that of android,"),
        (LINUX, "x.abi3-x86_64-linux-gnu.so", "that of x86_64,"),
        ("cp313-cp313t-linux_aarch64", "x.cpython-313-aarch64-linux-gnu.so", "another ABI"),
        (
            "cp313.pp310-cp313t.pypy310_pp73-linux_aarch64",
            "x.pypy310-pp73.so",
            "that of another ABI (pypy310_pp73)",
        ),
        ("cp311.cp312-cp311.cp312-linux_aarch64", "x.cpython-312.so", "that of another ABI"),
        ("cp315-abi3.abi3t-linux_aarch64", "x.abi3.so", "that of the ABI abi3,"),
        (
            "cp312-cp312-linux_aarch64.plan9_mystery",
            "x.cpython-312-x86_64-linux-gnu.so",
            "that of x86_64,",
        ),
        ("cp312-abi3-linux_aarch64", "x.cpython-312-aarch64-linux-gnu.so", "that of cp312 alone,"),
        ("cp312-abi3-linux_aarch64", "x.cpython-313-aarch64-linux-gnu.so", "that of cp313 alone,"),
        ("pp310-pypy310_pp73-linux_aarch64", "x.pypy39-pp73-aarch64-linux-gnu.so", "that of pp39"),
        ("pp310-pypy310_pp73-linux_aarch64", "x.pypy310-pp73-x86_64-linux-gnu.so", "x86_64"),
        ("cp312-cp312-manylinux_2_17_aarch64", "x.cpython-312-aarch64-linux-musl.so", "of musl,"),
        ("cp312-cp312-musllinux_1_2_aarch64", "x.cpython-312-aarch64-linux-gnu.so", "of glibc,"),
    ],
)
def test_suffixes_of_something_else(tag: str, name: str, message: str) -> None:
    found = only_error(tag, AARCH64, f"m/{name}")
    assert found.startswith("its suffix is that of ")
    assert message in found
    assert tag in found


@pytest.mark.parametrize(
    ("platform", "cause"),
    [
        ("x86_64-linux-gnu", "only its name is wrong: it was asked of a Python"),
        ("aarch64-linux-musl", "likely, find_package"),
    ],
)
def test_why_the_suffix_is_that_of_another_platform(platform: str, cause: str) -> None:
    place = f"m/x.cpython-312-{platform}.so"
    found = report("cp312-cp312-manylinux_2_17_aarch64", {place: AARCH64}).findings
    (hint,) = [f.problem.hint for f in found if f.code is Code.WRONG_SUFFIX]
    assert cause in hint


@pytest.mark.parametrize(
    ("tag", "data", "name", "message"),
    [
        ("cp312-cp312-win32", c.pe(c.PE_I386), "x.cp312-win_amd64.pyd", "that of win_amd64"),
        ("cp312-cp312-win32", c.pe(c.PE_I386), "x.cp312-win32.pyd", ""),
        ("cp312-abi3-win32", c.pe(c.PE_I386), "x.cp312-win32.pyd", "that of cp312 alone"),
        ("cp312-abi3-win32", c.pe(c.PE_I386), "x.pyd", ""),
        ("cp312-cp312-macosx_11_0_arm64", MACOS, "x.cpython-312-darwin.so", ""),
        ("cp313-cp313-ios_13_0_arm64_iphoneos", IOS, "x.cpython-313-iphoneos.so", ""),
        ("cp313-cp313-ios_13_0_arm64_iphoneos", IOS, "x.cpython-313-darwin.so", "that of macos"),
        ("cp312-cp312-linux_ppc64le", c.elf(c.PPC64), "x.cpython-312-powerpc64le-linux-gnu.so", ""),
        ("cp312-cp312-linux_i686", c.elf(c.I386, 32), "x.cpython-312-i386-linux-gnu.so", ""),
        (
            "cp312-cp312-linux_armv7l",
            c.elf(c.ARM, 32, flags=c.ARM_SOFT),
            "x.cpython-312-arm-linux-gnueabihf.so",
            "that of hard float",
        ),
        (
            "cp312-cp312-linux_armv7l",
            c.elf(c.ARM, 32, flags=c.ARM_SOFT),
            "x.cpython-312-arm-linux-gnueabi.so",
            "",
        ),
    ],
)
def test_suffixes_of_other_systems(tag: str, data: bytes, name: str, message: str) -> None:
    found = only_error(tag, data, f"m/{name}")
    assert message in found if message else not found


@pytest.mark.parametrize(
    ("tag", "unknown"),
    [
        ("cp312-cp312-plan9_mystery", ["plan9_mystery"]),
        ("cp312-cp312-linux_aarch64.plan9_x", ["plan9_x"]),
        ("rustpython312-rust_1_2-linux_aarch64", ["rustpython312", "rust_1_2"]),
    ],
)
def test_what_was_not_proved_is_said(tag: str, unknown: list[str]) -> None:
    found = report(tag, {"m/x.so": AARCH64})
    assert found.errors == ()
    assert [problem.message.rpartition(" ")[2] for problem in found.warnings] == unknown
    assert report(tag, {"m/x.py": b"pass"}).warnings == ()


def test_stable_suffixes_elsewhere_are_warned_about() -> None:
    assert "that of the stable ABI" in only_warning(LINUX, AARCH64, "m/x.abi3.so")


def test_a_file_for_another_machine_has_one_problem() -> None:
    found = report(LINUX, {"x.cpython-311-x86_64-linux-gnu.so": X86_64})
    assert (len(found.errors), len(found.warnings)) == (1, 0)


def linked(library: str) -> bytes:
    return c.elf(c.X86_64, needed=[library, "libc.so.6"])


def linked_pe(library: str) -> bytes:
    return c.pe(c.PE_AMD64, imports=[library, "KERNEL32.dll"])


def linked_mach(library: str) -> bytes:
    return c.mach(c.MAC_ARM64, needed=[library], platforms=[(1, 11, 0)])


FRAMEWORK = "/Library/Frameworks/Python.framework/Versions"


@pytest.mark.parametrize(
    ("tag", "data", "message"),
    [
        ("cp312-cp312-manylinux_2_17_x86_64", linked("libpython3.12.so.1.0"), "does not promise"),
        ("cp312-cp312-manylinux_2_17_x86_64", linked("libpython3.so"), "does not promise"),
        ("cp312-cp312-linux_x86_64", linked("libpython3.11.so.1.0"), "the wheel's tag is cp312"),
        ("cp313-cp313t-linux_x86_64", linked("libpython3.13.so.1.0"), "cp313t"),
        ("cp312-abi3-linux_x86_64", linked("libpython3.12.so.1.0"), "abi3"),
        ("cp37-cp37m-linux_x86_64", linked("libpython3.8.so.1.0"), "cp37m"),
        ("cp312-cp312-android_24_x86_64", linked("libpython3.11.so"), "is linked to glibc"),
        ("cp312-cp312-win_amd64", linked_pe("python312.dll"), ""),
        ("cp312-cp312-win_amd64", linked_pe("python3.dll"), ""),
        ("cp312-cp312-win_amd64", linked_pe("python311.dll"), "is linked to python311.dll"),
        ("cp312-cp312-win_amd64", linked_pe("PYTHON311.DLL"), "is linked to PYTHON311.DLL"),
        ("cp312-cp312-win_amd64", linked_pe("python312_d.dll"), "python312_d.dll"),
        ("cp313-cp313t-win_amd64", linked_pe("python313.dll"), "python313.dll"),
        ("cp313-cp313t-win_amd64", linked_pe("python313t.dll"), ""),
        ("cp312-abi3-win_amd64", linked_pe("python3.dll"), ""),
        ("cp312-abi3-win_amd64", linked_pe("python312.dll"), "python312.dll"),
        ("py3-none-win_amd64", linked_pe("python312.dll"), ""),
        ("cp312.cp313-none-win_amd64", linked_pe("python313.dll"), "python313.dll"),
        ("cp312.cp313-none-win_amd64", linked_pe("python311.dll"), "python311.dll"),
        ("pp310-pypy310_pp73-win_amd64", linked_pe("python310.dll"), ""),
        ("cp312-cp312-macosx_11_0_arm64", linked_mach(f"{FRAMEWORK}/3.12/Python"), "not promise"),
        ("cp312-cp312-macosx_11_0_arm64", linked_mach(f"{FRAMEWORK}/3.11/Python"), "tag is cp312"),
        (
            "cp313-cp313t-macosx_11_0_arm64",
            linked_mach("/Library/Frameworks/PythonT.framework/Versions/3.13/PythonT"),
            "does not promise",
        ),
        (
            "cp312-cp312-macosx_11_0_arm64",
            linked_mach("@rpath/libpython3.12.dylib"),
            "does not promise",
        ),
    ],
)
def test_python_libraries(tag: str, data: bytes, message: str) -> None:
    found = report(tag, {"m/x.so": data}).errors
    assert any(message in problem.message for problem in found) if message else found == ()
    assert all(problem.hint for problem in found)


def test_python_libraries_that_are_harmless() -> None:
    # A program that embeds Python, and a wheel that has the library in it.
    program = c.elf(c.X86_64, needed=["libpython3.12.so.1.0"], is_pie=True)
    tag = "cp312-cp312-manylinux_2_17_x86_64"
    assert report(tag, {"bin/x": program}).errors == ()
    needed = ["libpython3.12.so.1.0", "libc.so.6"]
    module = c.elf(c.X86_64, needed=needed, runpath="$ORIGIN/l")
    assert report(tag, {"m.so": module, "l/libpython3.12.so.1.0": X86_64}).errors == ()
    # iOS and Android want modules to be linked to it.
    ios = c.mach(c.MAC_ARM64, needed=["@rpath/Python.framework/Python"], platforms=[(2, 13, 0)])
    assert only_error("cp313-cp313-ios_13_0_arm64_iphoneos", ios) == ""
    android = c.elf(c.X86_64, needed=["libpython3.13.so"], note=c.android_note(21))
    assert only_error("cp313-cp313-android_21_x86_64", android) == ""


def test_python_libraries_on_the_own_machine_are_warned_about() -> None:
    message = only_warning("cp312-cp312-linux_x86_64", linked("libpython3.12.so.1.0"))
    assert "libpython3.12.so.1.0" in message


@pytest.mark.parametrize(
    ("rpath", "severity"),
    [
        ("/build/x/lib", "error"),
        ("/build", "error"),
        ("/builder/lib", "warning"),
        ("/opt/lib", "warning"),
        ("$ORIGIN/../x.libs:/build/lib", "error"),
        ("$ORIGIN", None),
        ("/usr/lib64/x", None),
    ],
)
def test_rpath_into_the_build_tree(rpath: str, severity: str | None) -> None:
    data = c.elf(c.AARCH64, runpath=rpath)
    found = report(LINUX, {"m/x.so": data}, ("/build",)).findings
    assert [(f.severity.value, f.problem.message) for f in found] == (
        [
            (
                severity,
                f"looks for libraries in {rpath.rpartition(':')[2]}: not there on other machines",
            )
        ]
        if severity
        else []
    )


@pytest.mark.parametrize(
    ("rpath", "is_reported"),
    [("/opt/lib", True), ("/usr/lib64/x", False), ("$ORIGIN/x", False), ("@loader_path", False)],
)
def test_rpath_in_a_wheel_of_somebody_else(rpath: str, is_reported: bool) -> None:
    binary = read_stream(io.BytesIO(c.elf(c.AARCH64, rpath=rpath)))
    assert binary is not None
    found = check_wheel(WheelTag.parse(LINUX), [FileReport("m/x.so", binary)])
    assert bool(found.warnings) is is_reported


@pytest.mark.parametrize(
    ("data", "is_reported"),
    [
        (c.elf(c.AARCH64, needed=["/home/me/libx.so"]), True),
        (c.elf(c.AARCH64, needed=["../libx.so"]), True),
        (c.elf(c.AARCH64, needed=["libx.so", "$ORIGIN/liby.so"]), False),
    ],
)
def test_fixed_places_of_libraries(data: bytes, is_reported: bool) -> None:
    assert ("at this very place" in only_warning(LINUX, data)) is is_reported


@pytest.mark.parametrize(
    ("name", "is_reported"),
    [
        ("/usr/lib/libSystem.B.dylib", False),
        ("/System/Library/Frameworks/AppKit.framework/Versions/C/AppKit", False),
        ("@rpath/libx.dylib", False),
        ("libx.dylib", False),
        ("/usr/local/lib/libx.dylib", True),
        ("/opt/homebrew/lib/libx.dylib", True),
    ],
)
def test_fixed_places_of_libraries_on_macos(name: str, is_reported: bool) -> None:
    data = c.mach(c.MAC_ARM64, needed=[name])
    found = report("cp312-cp312-macosx_11_0_arm64", {"m/x.so": data})
    assert bool(found.warnings) is is_reported
    # What is not the system's has to be in the wheel.
    assert bool(found.errors) is not name.startswith(("/usr/lib", "/System"))


def test_modules_of_web_assembly_are_for_dynamic_linking() -> None:
    tag = "cp312-cp312-pyodide_2024_0_wasm32"
    assert "dynamic linking" in only_error(tag, c.wasm())
    assert only_error(tag, c.wasm("dylink.0")) == ""
    assert only_error(tag, c.wasm(), "m/data.wasm") == ""
    assert only_error(LINUX, c.wasm()) == ""


def test_modules_of_web_assembly_have_a_name_that_python_looks_for() -> None:
    tag = "cp314-cp314-pyemscripten_2026_0_wasm32"
    module = c.wasm("dylink.0", exports=["memory", "PyInit__core"])
    found = only_error(tag, module, "m/_core.wasm")
    assert "is the extension module _core" in found
    assert "end with .so" in found
    assert only_error(tag, module, "m/_core.cpython-314-wasm32-emscripten.wasm") == found
    assert only_error(tag, module, "m/_core.cpython-314-wasm32-emscripten.so") == ""
    assert only_error(tag, c.wasm("dylink.0", exports=["f"]), "m/libx.wasm") == ""


def test_damaged_files_are_refused() -> None:
    data = c.elf(c.AARCH64, needed=["libc.so.6"])
    assert "cut off or damaged" in only_error(LINUX, data[:-8])
    # What is not loaded can be right for its reader.
    archive = c.ar(("a.o", c.elf(c.AARCH64, kind=1)), ("b.o", c.elf(c.AARCH64, kind=1)))
    assert "cut off or damaged" in only_warning(LINUX, archive[:-8], "m/x.a")


@pytest.mark.parametrize(
    ("expect", "forbid", "found"),
    [
        ([], [], []),
        (["m/*.so"], ["*.dbg"], []),
        (["*.pyi", "m"], [], ["nothing in the wheel matches '*.pyi'"]),
        ([], ["*.h"], ["must not be in the wheel"]),
        ([], ["*.h", "!m/x.h"], []),
        (["m/x.so", "m/y.so"], ["m"], [*["nothing in the wheel matches 'm/y.so'"], *["must"] * 3]),
    ],
)
def test_contents(expect: list[str], forbid: list[str], found: list[str]) -> None:
    problems = check_contents(["m/x.so", "m/x.h", "m/__init__.py"], expect, forbid)
    assert len(problems) == len(found)
    assert all(p.message.startswith(text) for p, text in zip(problems, found))
    assert all(problem.where and problem.hint for problem in problems)


def test_patterns_of_contents_are_checked() -> None:
    with pytest.raises(ConfigError, match="pattern"):
        check_contents(["a"], ["a/!/***["], ["!"])


@pytest.mark.parametrize(
    ("line", "mode", "codes"),
    [
        ("#!python", 0o755, []),
        ("#!pythonw -E", 0o755, []),
        ("#!/bin/sh", 0o755, []),
        ("#!/usr/bin/env python3", 0o755, [Code.SCRIPT_INTERPRETER]),
        ("#!/usr/bin/python3.12 -I", 0o644, [Code.SCRIPT_NOT_EXECUTABLE, Code.SCRIPT_INTERPRETER]),
        ("\x7fELF", 0o644, [Code.SCRIPT_NOT_EXECUTABLE]),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such permission")
def test_scripts(tmp_path: Path, line: str, mode: int, codes: list[Code]) -> None:
    script = tmp_path / "tool"
    script.write_text(f"{line}\nprint(1)\n")
    script.chmod(mode)
    findings = list(check_scripts({"p-1.data/scripts/tool": script}))
    assert [found.code for found in findings] == codes
    assert list(check_scripts({"p/scripts/tool": script, "p-1.data/data/tool": script})) == []
