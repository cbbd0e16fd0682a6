"""No file is too broken to be looked at, and none takes long."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import compiled as c

from py_build_cmake.platforms.tags import WheelTag
from py_build_cmake.verify.contents import check_wheel
from py_build_cmake.verify.finding import FileReport
from py_build_cmake.verify.formats.reading import read_binary, read_stream
from py_build_cmake.verify.formats.view import DamagedError, View, decode

_ELF = {
    "needed": ["libm.so.6", "libc.so.6"],
    "soname": "libx.so.1",
    "runpath": "/opt/a:$ORIGIN",
    "interpreter": "/lib/ld.so.1",
    "versions": {"libc.so.6": ["GLIBC_2.17", "GLIBC_2.34"], "libm.so.6": ["GLIBC_2.29"]},
}
_MACH = {
    "needed": ["/usr/lib/libSystem.B.dylib"],
    "soname": "@rpath/liby.dylib",
    "rpaths": ["@loader_path"],
    "platforms": [(1, 12, 3)],
}
_SYMBOLS = {"imports": ["PyLong_FromLong", "f"], "exports": ["PyInit_x", "g"]}
WELL_FORMED = [
    c.elf(c.X86_64, **_ELF, **_SYMBOLS, note=c.x86_note(isa=7)),  # type: ignore[arg-type]
    c.elf(c.I386, 32, **_SYMBOLS, gnu_hash=False, note=c.x86_note(32)),  # type: ignore[arg-type]
    c.elf(c.S390, 64, ">", **_SYMBOLS, gnu_hash=False, stack=7),  # type: ignore[arg-type]
    c.elf(c.RISCV, attributes=c.riscv_attributes("rv64i2p1_zbb1p0")),
    c.mach(c.MAC_ARM64, needed=["y"], imports={"y": ["f"], "": ["g"]}, exports=["PyInit_x"]),
    c.mach(7, "<", imports={"": ["g"]}, exports=["g"], has_trie=False),
    c.pe(c.PE_AMD64, imports={"python3.dll": ["PyLong_FromLong"]}, exports=["PyInit_x", "g"]),
    c.pe(c.PE_I386, imports={"y.dll": ["f"]}, exports=["f"]),
    c.elf(c.X86_64, **_ELF, note=c.android_note(21)),  # type: ignore[arg-type]
    c.elf(c.S390, 64, ">", **_ELF, gnu_hash=False),  # type: ignore[arg-type]
    c.elf(c.ARM, 32, **_ELF, attributes=c.arm_attributes(10, 1)),  # type: ignore[arg-type]
    c.mach(c.MAC_ARM64, **_MACH),  # type: ignore[arg-type]
    c.mach(0x12, ">", **_MACH),  # type: ignore[arg-type]
    *(c.fat_mach([c.MAC_ARM64] * n, bits) for n in (0, 2, 30) for bits in (32, 64)),
    c.fat_mach([c.MAC_ARM64], slices=[c.ar(("a.o", c.mach(c.MAC_ARM64)))]),
    c.pe(c.PE_AMD64, imports=["python3.dll", "a.dll"], delayed=["b.dll"], managed=1),
    c.pe(c.PE_I386, 0xF00, imports=["python3.dll"]),
    c.java_class(),
    c.wasm("dylink.0", ["libx.so", "liby.so"], ["f", "PyInit_x"]),
    c.wasm("linking"),
    *(c.ar(("a.o", c.elf(c.X86_64)), ("b", b"x"), bsd=bsd) for bsd in (True, False)),
    c.ar(("a.obj", c.coff(c.PE_AMD64)), ("b.dll", c.coff_import(c.PE_AMD64))),
]
MAGIC = st.sampled_from(
    [
        *(b"\x7fELF", b"\x7fELF\x02\x01\x01", b"\x7fELF\x01\x02\x01", b"MZ", b"\0asm\x01\0\0\0"),
        *(b"!<arch>\n", b"!<arch>\n#1/", b"\xca\xfe\xba\xbe\0\0\0\x02", b"\xca\xfe\xba\xbf\0\0\0"),
        *(b"\xfe\xed\xfa\xce", b"\xcf\xfa\xed\xfe", b""),
    ]
)


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    """A well-formed file with some bytes or words replaced, cut off somewhere."""
    data = bytearray(draw(st.sampled_from(WELL_FORMED)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data) - 1))
        size = draw(st.sampled_from([1, 1, 2, 4, 8]))
        value = draw(st.sampled_from([b"\0", b"\xff", b"\x7f"]) | st.binary(min_size=1, max_size=1))
        data[at : at + size] = (value * size)[: len(data) - at]
    return bytes(data[: draw(st.integers(0, len(data)) | st.just(len(data)))])


ANY_FILE = damaged_files() | st.builds(bytes.__add__, MAGIC, st.binary(max_size=400))


@given(ANY_FILE)
def test_no_file_is_too_broken(data: bytes) -> None:
    found = read_stream(io.BytesIO(data))
    assert found is None or (found.format and str(found) and hash(found))
    if found is not None:
        for tag in ("cp312-abi3-manylinux_2_28_x86_64", "cp312-cp312-macosx_11_0_arm64"):
            check_wheel(WheelTag.parse(tag), [FileReport("m/x.so", found)], places=["m/x.so", "y"])


@pytest.fixture(scope="module")
def some_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("binaries") / "file"


@given(data=ANY_FILE)
def test_no_file_on_disk_is_too_broken(some_file: Path, data: bytes) -> None:
    some_file.write_bytes(data)
    assert read_binary(some_file) == read_stream(io.BytesIO(data))


@pytest.mark.parametrize("data", WELL_FORMED)
def test_cut_off_anywhere(data: bytes) -> None:
    for size in range(0, len(data), 1 if len(data) < 1500 else 7):
        read_stream(io.BytesIO(data[:size]))


def test_a_file_that_shrinks_meanwhile() -> None:
    data = c.elf(c.X86_64, needed=["libc.so.6"])
    view = View(io.BytesIO(data[:70]), 0, len(data))
    with pytest.raises(DamagedError):
        view.read(0, 100)


def test_lists_that_claim_to_be_long() -> None:
    """Counts are believed no further than the file, and a limit, go."""
    data = c.elf(c.X86_64, versions={"libc.so.6": ["GLIBC_2.17"]})
    need = struct.pack("<HH", 1, 1)
    at = data.index(
        need + struct.pack("<III", data.index(b"libc.so.6") - data.index(b"\0libc.so"), 16, 0)
    )
    many = struct.pack("<HH", 1, 0xFFFF)
    found = read_stream(io.BytesIO(data[:at] + many + data[at + 4 :]))
    assert found is not None
    assert found.machines == {"x86_64"}
    commands = bytearray(c.mach(c.MAC_ARM64, needed=["/usr/lib/libSystem.B.dylib"]))
    commands[16:20] = b"\xff" * 4
    found = read_stream(io.BytesIO(bytes(commands)))
    assert found is not None
    assert found.is_damaged


@given(st.binary(max_size=40))
def test_names_can_be_printed(text: bytes) -> None:
    assert decode(text).isprintable()


def test_tables_that_claim_to_be_large() -> None:
    """What no sound file has is not read, and not believed."""
    data = c.elf(c.X86_64, needed=["libc.so.6"], exports=["PyInit_x"])
    at = data.index(struct.pack("<4IQI", 1, 1, 1, 0, 0, 1))
    for number, value in ((0, 1 << 30), (1, 1 << 30), (2, 1 << 20), (6, 0)):
        changed = bytearray(data)
        changed[at + 4 * number : at + 4 * number + 4] = struct.pack("<I", value)
        found = read_stream(io.BytesIO(bytes(changed)))
        assert found is not None
        assert found.is_damaged is (number != 6)
        assert found.needed == ("libc.so.6",)
    # A chain without an end.
    changed = bytearray(data)
    changed[at + 28 : at + 32] = bytes(4)
    found = read_stream(io.BytesIO(bytes(changed)))
    assert found is not None
    # Two nodes of a trie that lead to each other.
    mach = bytearray(c.mach(c.MAC_ARM64, exports=["PyInit_x"]))
    root = mach.index(b"\0\x01_PyInit_x\0")
    mach[root + 12 : root + 14] = b"\x80\0"
    found = read_stream(io.BytesIO(bytes(mach)))
    assert found is not None
    assert found.is_damaged
