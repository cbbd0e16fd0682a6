"""What compiled files are, by their headers."""

from __future__ import annotations

from pathlib import Path

import binaries_of_tests as b
import pytest
from hypothesis import given
from hypothesis import strategies as st

from py_build_cmake.verify.binaries import Binary, expected_binary, parse_header, read_binary


def binary(kind: str, *machines: str) -> Binary:
    return Binary(kind, frozenset(machines))


@pytest.mark.parametrize(
    ("machine", "bits", "order", "name"),
    [
        (b.I386, 32, "<", "i686"),
        (b.X86_64, 64, "<", "x86_64"),
        (b.X86_64, 32, "<", "x32"),
        (b.ARM, 32, "<", "arm"),
        (b.ARM, 32, ">", "armeb"),
        (b.AARCH64, 64, "<", "aarch64"),
        (b.AARCH64, 64, ">", "aarch64_be"),
        (b.PPC, 32, ">", "ppc"),
        (b.PPC64, 64, ">", "ppc64"),
        (b.PPC64, 64, "<", "ppc64le"),
        (b.S390, 64, ">", "s390x"),
        (b.RISCV, 64, "<", "riscv64"),
        (b.RISCV, 32, "<", "riscv32"),
        (b.MIPS, 32, ">", "mips"),
        (b.MIPS, 32, "<", "mipsel"),
        (b.MIPS, 64, ">", "mips64"),
        (b.MIPS, 64, "<", "mips64el"),
        (b.LOONGARCH, 64, "<", "loongarch64"),
        # Known machines in a class or byte order that they do not have.
        (b.I386, 64, "<", "ELF machine 3 (64 bit)"),
        (b.X86_64, 64, ">", "ELF machine 62 (64 bit)"),
        (9999, 32, "<", "ELF machine 9999 (32 bit)"),
    ],
)
def test_elf(machine: int, bits: int, order: str, name: str) -> None:
    header = b.elf(machine, bits, order)
    assert len(header) == (64 if bits == 64 else 52)
    assert parse_header(header) == binary("ELF", name)


@pytest.mark.parametrize(
    ("header", "machines"),
    [
        (b.mach(b.MAC_ARM64), {"arm64"}),
        (b.mach(b.MAC_X86_64), {"x86_64"}),
        (b.mach(b.MAC_I386), {"i386"}),
        (b.mach(0x12, ">"), {"ppc"}),
        (b.mach(0x01000012, ">"), {"ppc64"}),
        (b.mach(0x0100BEEF), {"0x100beef"}),
        (b.fat_mach([b.MAC_ARM64, b.MAC_X86_64]), {"arm64", "x86_64"}),
        (b.fat_mach([b.MAC_X86_64, b.MAC_I386], bits=64), {"i386", "x86_64"}),
        (b.fat_mach([b.MAC_ARM64]), {"arm64"}),
        (b.fat_mach([0xBEEF]), {"0xbeef"}),
        (b.fat_mach([]), set()),
    ],
)
def test_mach_o(header: bytes, machines: set[str]) -> None:
    assert parse_header(header) == binary("Mach-O", *machines)


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        (b.PE_I386, "win32"),
        (b.PE_AMD64, "win_amd64"),
        (b.PE_ARM, "win_arm32"),
        (b.PE_ARM64, "win_arm64"),
        (0x1234, "0x1234"),
    ],
)
@pytest.mark.parametrize("offset", [0x40, 0x80, 0x100, 0xF00])
def test_pe(machine: int, name: str, offset: int) -> None:
    assert parse_header(b.pe(machine, offset)) == binary("PE", name)


def test_web_assembly() -> None:
    assert parse_header(b.WASM) == binary("WebAssembly", "wasm32")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"#!/bin/sh\n",
        b"PK\x03\x04",
        b.java_class(45),
        b.java_class(65),
        b"MZ is not always a program".ljust(100),
        b.pe(b.PE_AMD64, 0x10000)[:4096],
        b.elf(b.X86_64)[:19],
        b.mach(b.MAC_ARM64)[:7],
        b.fat_mach([b.MAC_ARM64, b.MAC_X86_64])[:40],
        b.pe(b.PE_AMD64)[:0x85],
        b.pe(b.PE_AMD64)[:0x3F],
        b"\xca\xfe\xba\xbe",
    ],
)
def test_what_is_not_compiled_or_cut_off(data: bytes) -> None:
    assert parse_header(data) is None


OBJECT = b.elf(b.AARCH64) + b"\0" * 5000


@pytest.mark.parametrize("bsd", [True, False])
@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([("a.o", OBJECT)], binary("ELF", "aarch64")),
        # What precedes the first object: a symbol table, a table of names, an odd size.
        ([("", b"\0\0\0\1abc"), ("/", b"name"), ("a.o", OBJECT)], binary("ELF", "aarch64")),
        ([("a.txt", b"t"), ("b.o", b.mach(b.MAC_ARM64))], binary("Mach-O", "arm64")),
        ([("a.txt", b"t"), ("b.txt", b"")], None),
        ([], None),
    ],
)
def test_a_static_library_is_what_its_first_object_is(
    tmp_path: Path, members: list[tuple[str, bytes]], expected: Binary | None, bsd: bool
) -> None:
    path = tmp_path / "lib.a"
    path.write_bytes(b.ar(*members, bsd=bsd))
    assert read_binary(path) == expected


@pytest.mark.parametrize(
    "damage",
    [
        {48: b"          "},
        {48: b"-1        "},
        {48: b"1 2       "},
        {48: b"1_0       "},
        {58: b"xx"},
        {0: b"#1/x            "},
        {0: b"#1/9999999999999", 48: b"9999999999"},
        {0: b"#1/-80          "},
    ],
)
def test_a_damaged_static_library_is_not_compiled(tmp_path: Path, damage: dict[int, bytes]) -> None:
    data = bytearray(b.ar(("a.txt", b"text"), ("b.txt", b"text")))
    for offset, value in damage.items():
        data[8 + offset : 8 + offset + len(value)] = value
    path = tmp_path / "lib.a"
    path.write_bytes(bytes(data))
    assert read_binary(path) is None


def test_files_are_read_from_their_beginning(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for data, expected in (
        (OBJECT, binary("ELF", "aarch64")),
        (b.pe(b.PE_AMD64), binary("PE", "win_amd64")),
        (b"text", None),
        (b"", None),
    ):
        path.write_bytes(data)
        assert read_binary(path) == expected


WELL_FORMED = st.sampled_from(
    [
        *(b.elf(b.X86_64), b.elf(b.ARM, 32, ">"), b.mach(b.MAC_ARM64), b.mach(0x12, ">"), b.WASM),
        *(b.fat_mach([b.MAC_ARM64] * n, bits) for n in (0, 2, 30) for bits in (32, 64)),
        *(b.pe(b.PE_AMD64), b.pe(b.PE_AMD64, 0xF00), b.java_class()),
        *(b.ar(("a.o", b.elf(b.X86_64)), ("b", b"x"), bsd=bsd) for bsd in (True, False)),
    ]
)
MAGIC = st.sampled_from(
    [
        *(b"\x7fELF", b"MZ", b"!<arch>\n", b"\0asm", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"),
        *(b"\xfe\xed\xfa\xce", b"\xcf\xfa\xed\xfe", b"!<arch>\n#1/", b""),
    ]
)


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    """A well-formed file, cut off somewhere, with some bytes replaced."""
    data = bytearray(draw(WELL_FORMED))
    for _ in range(draw(st.integers(0, 4))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))])


@given(damaged_files() | st.builds(bytes.__add__, MAGIC, st.binary(max_size=300)))
def test_no_file_is_too_broken_to_be_looked_at(data: bytes) -> None:
    found = parse_header(data)
    assert found is None or (found.format and str(found))


@pytest.fixture(scope="module")
def some_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("binaries") / "file"


@given(data=damaged_files() | st.builds(bytes.__add__, MAGIC, st.binary(max_size=300)))
def test_no_file_is_too_broken_to_be_read(some_file: Path, data: bytes) -> None:
    some_file.write_bytes(data)
    found = read_binary(some_file)
    assert found is None or (found.format and str(found))


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (binary("ELF", "x86_64"), "ELF for x86_64"),
        (binary("Mach-O", "x86_64", "arm64"), "Mach-O for arm64 and x86_64"),
        (binary("Mach-O"), "Mach-O for no machine"),
    ],
)
def test_binaries_are_described(found: Binary, text: str) -> None:
    assert str(found) == text


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("linux_x86_64", binary("ELF", "x86_64")),
        ("linux_aarch64", binary("ELF", "aarch64")),
        ("linux_armv6l", binary("ELF", "arm")),
        ("linux_armv7l", binary("ELF", "arm")),
        ("linux_armv8l", binary("ELF", "arm")),
        ("linux_i386", binary("ELF", "i686")),
        ("linux_i686", binary("ELF", "i686")),
        ("linux_riscv64", binary("ELF", "riscv64")),
        ("manylinux1_i686", binary("ELF", "i686")),
        ("manylinux2014_ppc64le", binary("ELF", "ppc64le")),
        ("manylinux_2_17_s390x", binary("ELF", "s390x")),
        ("manylinux_2_36_loongarch64", binary("ELF", "loongarch64")),
        ("musllinux_1_2_armv7l", binary("ELF", "arm")),
        ("android_21_arm64_v8a", binary("ELF", "aarch64")),
        ("android_21_armeabi_v7a", binary("ELF", "arm")),
        ("android_24_x86", binary("ELF", "i686")),
        ("android_24_x86_64", binary("ELF", "x86_64")),
        ("freebsd_14_0_release_amd64", binary("ELF", "x86_64")),
        ("freebsd_13_2_RELEASE_riscv64", binary("ELF", "riscv64")),
        ("openbsd_7_4_amd64", binary("ELF", "x86_64")),
        ("macosx_10_9_x86_64", binary("Mach-O", "x86_64")),
        ("macosx_11_0_arm64", binary("Mach-O", "arm64")),
        ("macosx_10_9_universal2", binary("Mach-O", "arm64", "x86_64")),
        ("macosx_10_6_intel", binary("Mach-O", "i386", "x86_64")),
        ("ios_13_0_arm64_iphoneos", binary("Mach-O", "arm64")),
        ("ios_13_0_x86_64_iphonesimulator", binary("Mach-O", "x86_64")),
        ("win32", binary("PE", "win32")),
        ("win_amd64", binary("PE", "win_amd64")),
        ("win_arm64", binary("PE", "win_arm64")),
        ("pyodide_2024_0_wasm32", binary("WebAssembly", "wasm32")),
        ("emscripten_3_1_58_wasm32", binary("WebAssembly", "wasm32")),
        # Tags that this program does not know promise nothing.
        ("any", None),
        ("linux_sparc", None),
        ("linux", None),
        ("macosx_10_6_fat3", None),
        ("win_ia64", None),
        ("aix_7_2_ppc64", None),
        ("mingw_x86_64", None),
        ("msys_2_0_x86_64", None),
        ("cygwin_3_4_x86_64", None),
        ("haiku_1_unknown", None),
    ],
)
def test_what_a_platform_tag_promises(platform: str, expected: Binary | None) -> None:
    assert expected_binary(platform) == expected
