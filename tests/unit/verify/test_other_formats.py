"""What Mach-O, PE and WebAssembly files and static libraries are, by their contents."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from support import compiled as c

from py_build_cmake.verify.formats.reading import may_be_binary, read_binary, read_stream
from py_build_cmake.verify.formats.report import BinaryReport, SystemVersion


def read(data: bytes) -> BinaryReport:
    report = read_stream(io.BytesIO(data))
    assert report is not None
    return report


@pytest.mark.parametrize(
    ("data", "machines"),
    [
        (c.mach(c.MAC_ARM64), {"arm64"}),
        (c.mach(c.MAC_ARM64, subtype=0x80000002), {"arm64e"}),
        (c.mach(c.MAC_X86_64), {"x86_64"}),
        (c.mach(c.MAC_X86_64, subtype=8), {"x86_64h"}),
        (c.mach(c.MAC_I386), {"i386"}),
        (c.mach(0xC), {"arm"}),
        (c.mach(0x12, ">"), {"ppc"}),
        (c.mach(0x01000012, ">"), {"ppc64"}),
        (c.mach(0x0100BEEF), {"0x100beef"}),
        (c.fat_mach([c.MAC_ARM64, c.MAC_X86_64]), {"arm64", "x86_64"}),
        (c.fat_mach([c.MAC_X86_64, c.MAC_I386], bits=64), {"i386", "x86_64"}),
        (c.fat_mach([c.MAC_ARM64]), {"arm64"}),
        (c.fat_mach([c.MAC_ARM64] * 30), {"arm64"}),
        (c.fat_mach([0xBEEF]), {"0xbeef"}),
        (c.fat_mach([]), set()),
    ],
)
def test_mach_o_machines(data: bytes, machines: set[str]) -> None:
    found = read(data)
    assert (found.format, found.machines) == ("Mach-O", machines)


@pytest.mark.parametrize("order", ["<", ">"])
def test_mach_o_commands(order: str) -> None:
    found = read(
        c.mach(
            c.MAC_ARM64,
            order,
            kind=6,
            needed=["/usr/lib/libSystem.B.dylib", "@rpath/libx.dylib"],
            soname="@rpath/liby.dylib",
            rpaths=["@loader_path", "/opt/lib"],
            platforms=[(1, 12, 3), (6, 15, 0)],
        )
    )
    assert found.kind == "library"
    assert found.needed == ("/usr/lib/libSystem.B.dylib", "@rpath/libx.dylib")
    assert found.soname == "@rpath/liby.dylib"
    assert found.rpaths == ("@loader_path", "/opt/lib")
    assert [str(system) for system in found.systems] == ["macOS 12.3", "maccatalyst 15.0"]
    assert found.system == "macos"
    assert not found.is_damaged


@pytest.mark.parametrize(
    ("command", "system"), [(0x24, "macos"), (0x25, "ios"), (0x2F, "tvos"), (0x30, "watchos")]
)
def test_older_minimum_versions(command: int, system: str) -> None:
    found = read(c.mach(c.MAC_X86_64, minimum=(command, 10, 9)))
    assert found.systems == (SystemVersion("x86_64", system, (10, 9)),)


@pytest.mark.parametrize(("number", "kind"), [(1, "object"), (2, "executable"), (10, "other")])
def test_mach_o_kinds(number: int, kind: str) -> None:
    assert read(c.mach(c.MAC_ARM64, kind=number)).kind == kind


def test_slices_are_put_together() -> None:
    x86 = c.mach(c.MAC_X86_64, needed=["a", "b"], platforms=[(1, 10, 9)])
    arm = c.mach(c.MAC_ARM64, needed=["a", "c"], platforms=[(1, 11, 0)])
    found = read(c.fat_mach([c.MAC_X86_64, c.MAC_ARM64], slices=[x86, arm]))
    assert found.needed == ("a", "b", "c")
    assert [(s.machine, s.version) for s in found.systems] == [
        ("x86_64", (10, 9)),
        ("arm64", (11, 0)),
    ]
    assert not found.is_damaged


def test_slices_that_are_static_libraries() -> None:
    libraries = [c.ar(("a.o", c.mach(cpu, kind=1))) for cpu in (c.MAC_X86_64, c.MAC_ARM64)]
    found = read(c.fat_mach([c.MAC_X86_64, c.MAC_ARM64], slices=libraries))
    assert (found.kind, found.machines) == ("archive", {"arm64", "x86_64"})


def test_slices_that_are_nothing() -> None:
    found = read(c.fat_mach([c.MAC_X86_64], slices=[b"nothing"]))
    assert found.is_damaged
    assert found.machines == {"x86_64"}


@pytest.mark.parametrize("size", [8, 12, 20, 40])
def test_mach_o_that_is_cut_off(size: int) -> None:
    data = c.mach(c.MAC_ARM64, needed=["/usr/lib/libSystem.B.dylib"])
    found = read(data[:size] if size > 8 else data[:12])
    assert (found.machines, found.is_damaged) == ({"arm64"}, True)


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        (c.PE_I386, "win32"),
        (c.PE_AMD64, "win_amd64"),
        (c.PE_ARM, "win_arm32"),
        (c.PE_ARM64, "win_arm64"),
        (0x1234, "0x1234"),
    ],
)
@pytest.mark.parametrize("offset", [0x40, 0x80, 0xF00, 0x20000])
def test_pe(machine: int, name: str, offset: int) -> None:
    found = read(
        c.pe(machine, offset, imports=["python312.dll", "KERNEL32.dll"], delayed=["x.dll"])
    )
    assert (found.format, found.machines, found.kind) == ("PE", {name}, "library")
    assert found.needed == ("python312.dll", "KERNEL32.dll", "x.dll")
    assert not found.is_damaged
    assert not found.is_portable


def test_windows_programs() -> None:
    found = read(c.pe(c.PE_AMD64, is_dll=False))
    assert (found.kind, found.needed) == ("executable", ())


@pytest.mark.parametrize(("flags", "is_portable"), [(1, True), (9, True), (3, False), (0, False)])
def test_managed_code(flags: int, is_portable: bool) -> None:
    """It names i386 as its machine, and runs on any, unless it has native code as well."""
    assert read(c.pe(c.PE_I386, managed=flags)).is_portable is is_portable


def test_pe_that_is_cut_off() -> None:
    data = c.pe(c.PE_AMD64, imports=["python312.dll"])
    for size in range(0x80 + 24, len(data)):
        found = read(data[:size])
        assert found.machines == {"win_amd64"}
        assert found.is_damaged or found.needed == ("python312.dll",)


@pytest.mark.parametrize(
    ("data", "kind", "is_portable", "needed"),
    [
        (c.wasm(), "other", True, ()),
        (c.wasm("name"), "other", True, ()),
        (c.wasm("dylink"), "library", False, ()),
        (c.wasm("dylink.0", ["libx.so"]), "library", False, ("libx.so",)),
        (c.wasm("linking"), "object", False, ()),
    ],
)
def test_web_assembly(data: bytes, kind: str, is_portable: bool, needed: tuple[str, ...]) -> None:
    found = read(data)
    assert (found.format, found.machines) == ("WebAssembly", {"wasm32"})
    assert (found.kind, found.is_portable, found.needed) == (kind, is_portable, needed)
    assert not found.is_damaged


@pytest.mark.parametrize("size", [9, 10, 14, 20])
def test_web_assembly_that_is_cut_off(size: int) -> None:
    assert read(c.wasm("dylink.0", ["libx.so"])[:size]).is_damaged


def test_extension_modules_of_web_assembly_say_their_name() -> None:
    data = c.wasm("dylink.0", exports=["f", "PyInit__core", "g"])
    assert read(data).module == "_core"
    assert read(c.wasm("dylink.0", exports=["f"])).module == ""
    cut_off = read(data[:-12])
    assert (cut_off.kind, cut_off.module, cut_off.is_damaged) == ("library", "", True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"#!/bin/sh\n",
        b"PK\x03\x04",
        c.java_class(45),
        c.java_class(65),
        c.fat_mach([c.MAC_ARM64] * 31),
        b"MZ is not always a program".ljust(100),
        c.elf(c.X86_64)[:19],
        c.elf(c.X86_64)[:4] + b"\x03" + c.elf(c.X86_64)[5:],
        c.elf(c.X86_64)[:5] + b"\x03" + c.elf(c.X86_64)[6:],
        c.mach(c.MAC_ARM64)[:7],
        c.fat_mach([c.MAC_ARM64, c.MAC_X86_64])[:40],
        c.pe(c.PE_AMD64)[:0x85],
        c.pe(c.PE_AMD64)[:0x3F],
        b"\xca\xfe\xba\xbe",
    ],
)
def test_what_is_not_compiled_or_has_no_header(tmp_path: Path, data: bytes) -> None:
    assert read_stream(io.BytesIO(data)) is None
    (tmp_path / "file").write_bytes(data)
    assert read_binary(tmp_path / "file") is None


OBJECT = c.elf(c.AARCH64, kind=1) + b"\0" * 5000


@pytest.mark.parametrize("bsd", [True, False])
@pytest.mark.parametrize(
    ("members", "machines", "named"),
    [
        ([("a.o", OBJECT)], {"aarch64"}, ["a.o"]),
        # Of those that are alike, one is remembered.
        ([("a.o", OBJECT), ("b.o", OBJECT)], {"aarch64"}, ["a.o"]),
        ([("a.o", OBJECT), ("b.o", c.elf(c.X86_64))], {"aarch64", "x86_64"}, ["a.o", "b.o"]),
        ([("a.txt", b"t"), ("b.o", c.mach(c.MAC_ARM64))], {"arm64"}, ["b.o"]),
        ([("a.obj", c.coff(c.PE_AMD64))], {"win_amd64"}, ["a.obj"]),
        ([("a.dll", c.coff_import(c.PE_ARM64))], {"win_arm64"}, ["a.dll"]),
        ([("a.o", c.wasm("linking"))], {"wasm32"}, ["a.o"]),
    ],
)
def test_static_libraries(
    members: list[tuple[str, bytes]], machines: set[str], named: list[str], bsd: bool
) -> None:
    found = read(c.ar(*members, bsd=bsd))
    assert (found.kind, found.machines) == ("archive", machines)
    assert [name for name, _ in found.members] == named
    assert not found.is_damaged


def test_tables_of_static_libraries() -> None:
    """Symbol tables are binary, and say nothing; long names of GNU stand in a table."""
    names = b"a-name-that-is-long.o/\nanother-name-that-is-long.o/\n"
    table = c.coff_import(c.PE_ARM64)
    archive = c.ar(("", table), ("/SYM64", table), ("/", names), ("23", OBJECT))
    archive = archive.replace(b"23/ ", b"/23 ")
    found = read(archive)
    assert found.machines == {"aarch64"}
    assert [name for name, _ in found.members] == ["another-name-that-is-long.o"]


@pytest.mark.parametrize(
    "members", [[], [("a.txt", b"t"), ("b.txt", b"")], [("a", c.coff(0x1234)), ("b", b"\0" * 40)]]
)
def test_static_libraries_without_objects(members: list[tuple[str, bytes]]) -> None:
    assert read_stream(io.BytesIO(c.ar(*members))) is None


DAMAGE = [
    {48: b"          "},
    {48: b"-1        "},
    {48: b"1 2       "},
    {48: b"1_0       "},
    {58: b"xx"},
    {0: b"#1/9999999999999", 48: b"9999999999"},
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_static_libraries(damage: dict[int, bytes]) -> None:
    for members in ([("a.txt", b"text"), ("b.txt", b"text")], [("a.o", OBJECT), ("b.o", OBJECT)]):
        data = bytearray(c.ar(*members))
        second = data.index(b"b.")
        for offset, value in damage.items():
            data[second + offset : second + offset + len(value)] = value
        found = read_stream(io.BytesIO(bytes(data)))
        if members[0][0] == "a.o":
            assert found is not None
            assert (found.machines, found.is_damaged) == ({"aarch64"}, True)
        else:
            assert found is None


def test_files_are_read_by_their_contents(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    for data, expected in (
        (OBJECT, {"aarch64"}),
        (c.pe(c.PE_AMD64), {"win_amd64"}),
        (c.ar(("a.o", OBJECT)), {"aarch64"}),
    ):
        path.write_bytes(data)
        found = read_binary(path)
        assert found is not None
        assert found.machines == expected
        assert may_be_binary(data[:8])


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (BinaryReport("ELF", frozenset({"x86_64"})), "ELF for x86_64"),
        (BinaryReport("Mach-O", frozenset({"x86_64", "arm64"})), "Mach-O for arm64 and x86_64"),
        (BinaryReport("Mach-O", frozenset()), "Mach-O for no machine"),
        (BinaryReport("ELF", frozenset({"arm"}), float_abi="hard"), "ELF for arm, hard float"),
    ],
)
def test_binaries_are_described(found: BinaryReport, text: str) -> None:
    assert str(found) == text
