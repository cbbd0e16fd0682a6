"""What ELF files are, by their contents."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from support import compiled as c

from py_build_cmake.verify.formats.reading import read_stream
from py_build_cmake.verify.formats.report import BinaryReport, Import, SymbolVersion, SystemVersion


def read(data: bytes) -> BinaryReport:
    report = read_stream(io.BytesIO(data))
    assert report is not None
    return report


@pytest.mark.parametrize(
    ("machine", "bits", "order", "name"),
    [
        (c.I386, 32, "<", "i686"),
        (c.X86_64, 64, "<", "x86_64"),
        (c.X86_64, 32, "<", "x32"),
        (c.ARM, 32, "<", "arm"),
        (c.ARM, 32, ">", "armeb"),
        (c.AARCH64, 64, "<", "aarch64"),
        (c.AARCH64, 64, ">", "aarch64_be"),
        (c.PPC, 32, ">", "ppc"),
        (c.PPC64, 64, ">", "ppc64"),
        (c.PPC64, 64, "<", "ppc64le"),
        (c.S390, 64, ">", "s390x"),
        (c.S390, 32, ">", "s390"),
        (c.RISCV, 64, "<", "riscv64"),
        (c.RISCV, 32, "<", "riscv32"),
        (c.MIPS, 32, ">", "mips"),
        (c.MIPS, 32, "<", "mipsel"),
        (c.MIPS, 64, ">", "mips64"),
        (c.MIPS, 64, "<", "mips64el"),
        (c.LOONGARCH, 64, "<", "loongarch64"),
        # Known machines in a class or byte order that they do not have.
        (c.I386, 64, "<", "ELF machine 3 (64 bit)"),
        (c.X86_64, 64, ">", "ELF machine 62 (64 bit)"),
        (9999, 32, "<", "ELF machine 9999 (32 bit)"),
    ],
)
def test_machines(machine: int, bits: int, order: str, name: str) -> None:
    header = c.elf(machine, bits, order)
    assert len(header) == (64 if bits == 64 else 52)
    found = read(header)
    assert (found.format, found.machines, found.kind) == ("ELF", {name}, "library")
    assert not found.is_damaged


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"kind": 1}, "object"),
        ({"kind": 2}, "executable"),
        ({"kind": 4}, "other"),
        ({"soname": "libx.so.1"}, "library"),
        ({"interpreter": "/lib64/ld.so"}, "library"),
        ({"interpreter": "/lib64/ld.so", "needed": ["libc.so.6"]}, "executable"),
        # The libc itself can be run.
        ({"interpreter": "/lib64/ld.so", "soname": "libc.so.6"}, "library"),
        ({"is_pie": True}, "executable"),
    ],
)
def test_kinds(options: dict[str, Any], kind: str) -> None:
    assert read(c.elf(c.X86_64, **options)).kind == kind


ORDERS = [(c.X86_64, 64, "<"), (c.ARM, 32, "<"), (c.S390, 64, ">"), (c.PPC, 32, ">")]


@pytest.mark.parametrize("gnu_hash", [True, False])
@pytest.mark.parametrize(("machine", "bits", "order"), ORDERS)
def test_dynamic_entries(machine: int, bits: int, order: str, gnu_hash: bool) -> None:
    found = read(
        c.elf(
            *(machine, bits, order),
            needed=["libm.so.6", "libc.so.6"],
            soname="libx.so.1",
            rpath="/opt/a:$ORIGIN",
            runpath="/opt/b::/opt/a",
            interpreter="/lib/ld.so.1",
            versions={"libc.so.6": ["GLIBC_2.17", "GLIBC_2.34"], "libm.so.6": ["GLIBC_2.29"]},
            weak={"libc.so.6": ["GLIBC_2.38"]},
            gnu_hash=gnu_hash,
        )
    )
    assert found.needed == ("libm.so.6", "libc.so.6")
    assert found.soname == "libx.so.1"
    assert found.rpaths == ("/opt/a", "$ORIGIN", "/opt/b")
    assert found.interpreter == "/lib/ld.so.1"
    assert set(found.versions) == {
        SymbolVersion("libc.so.6", "GLIBC_2.17", False, ("malloc",)),
        SymbolVersion("libc.so.6", "GLIBC_2.34", False, ("malloc",)),
        SymbolVersion("libm.so.6", "GLIBC_2.29", False, ("malloc",)),
        SymbolVersion("libc.so.6", "GLIBC_2.38", True, ("malloc",)),
    }
    assert not found.is_damaged


@pytest.mark.parametrize(
    ("machine", "flags", "float_abi"),
    [
        (c.ARM, c.ARM_HARD, "hard"),
        (c.ARM, c.ARM_SOFT, "soft"),
        (c.ARM, 0x05000000, ""),
        (c.RISCV, c.RISCV_DOUBLE, "double"),
        (c.RISCV, c.RISCV_SOFT, "soft"),
        (c.RISCV, 0x2, "single"),
        (c.RISCV, 0x6, "quad"),
        (c.LOONGARCH, 0x43, "double"),
        (c.LOONGARCH, 0x41, "soft"),
        (c.X86_64, 0x400, ""),
    ],
)
def test_float_abi(machine: int, flags: int, float_abi: str) -> None:
    bits = 32 if machine == c.ARM else 64
    found = read(c.elf(machine, bits, flags=flags))
    assert found.float_abi == float_abi
    assert found.eabi == (5 if machine == c.ARM else 0)
    assert str(found).endswith(f", {float_abi} float" if float_abi else next(iter(found.machines)))


@pytest.mark.parametrize(("cpu", "name"), [(6, "v6"), (9, "v6K"), (10, "v7"), (14, "v8"), (99, "")])
def test_arm_attributes(cpu: int, name: str) -> None:
    data = c.elf(c.ARM, 32, kind=1, flags=0x05000000, attributes=c.arm_attributes(cpu, 1))
    assert (read(data).cpu, read(data).float_abi) == (name, "hard")
    data = c.elf(c.ARM, 32, kind=1, flags=0x05000000, attributes=c.arm_attributes(cpu))
    assert (read(data).cpu, read(data).float_abi) == (name, "")


@pytest.mark.parametrize(
    "attributes",
    [b"A", b"A\xff\xff\xff\xffaeabi\0", b"A\x0c\0\0\0other\0\0\0", c.arm_attributes(10)[:20]],
)
def test_arm_attributes_that_say_nothing(attributes: bytes) -> None:
    found = read(c.elf(c.ARM, 32, attributes=attributes))
    assert (found.cpu, found.machines) == ("", {"arm"})


@pytest.mark.parametrize("order", ["<", ">"])
def test_android(order: str) -> None:
    machine = c.AARCH64 if order == "<" else c.PPC64
    found = read(c.elf(machine, 64, order, note=c.android_note(24, order), needed=["libc.so"]))
    (name,) = found.machines
    assert (found.system, found.libc) == ("android", "bionic")
    assert found.systems == (SystemVersion(name, "android", (24, 0)),)
    assert [str(system) for system in found.systems] == ["android 24"]


@pytest.mark.parametrize(("osabi", "system"), [(9, "freebsd"), (2, "netbsd"), (0, ""), (3, "")])
def test_systems(osabi: int, system: str) -> None:
    assert read(c.elf(c.X86_64, osabi=osabi)).system == system


@pytest.mark.parametrize(
    ("options", "libc"),
    [
        ({"needed": ["libc.so.6"]}, "glibc"),
        ({"needed": ["libm.so.6"]}, "glibc"),
        ({"needed": ["libfoo.so", "ld-linux-aarch64.so.1"]}, "glibc"),
        ({"needed": ["ld64.so.2"]}, "glibc"),
        ({"needed": ["/lib/libc.so.6"]}, "glibc"),
        ({"interpreter": "/lib64/ld-linux-x86-64.so.2", "needed": ["libx.so"]}, "glibc"),
        ({"needed": ["libc.musl-x86_64.so.1"]}, "musl"),
        ({"needed": ["libc.so"]}, "musl"),
        ({"interpreter": "/lib/ld-musl-x86_64.so.1", "needed": ["libx.so"]}, "musl"),
        # libgcc has this version with any libc.
        ({"needed": ["libc.so"], "versions": {"libgcc_s.so.1": ["GLIBC_2.0"]}}, "musl"),
        ({"needed": ["libc.so"], "versions": {"libc.so": ["LIBC"]}}, "bionic"),
        ({"needed": ["libc.so"], "interpreter": "/system/bin/linker64"}, "bionic"),
        ({"needed": ["libc.so.7"], "osabi": 9}, ""),
        ({"needed": ["libc.so.6"], "osabi": 9}, ""),
        ({"needed": ["libfoo.so.6"]}, ""),
        ({"is_pie": True}, ""),
        ({}, ""),
    ],
)
def test_libc(options: dict[str, Any], libc: str) -> None:
    assert read(c.elf(c.X86_64, **options)).libc == libc


def test_files_that_are_cut_off_are_known_by_their_header() -> None:
    data = c.elf(c.X86_64, needed=["libc.so.6"], versions={"libc.so.6": ["GLIBC_2.17"]})
    whole = read(data)
    for size in range(64, len(data)):
        found = read(data[:size])
        assert found.machines == {"x86_64"}
        assert found.is_damaged or replace(found, versions=whole.versions) == whole


def test_files_with_debugging_symbols_only(tmp_path: object) -> None:
    """Their program headers describe what is in another file."""
    data = bytearray(c.elf(c.X86_64, needed=["libc.so.6"]))
    for number in range(2):
        size_at = 64 + 56 * number + 32
        data[size_at : size_at + 8] = bytes(8)
    found = read(bytes(data))
    assert (found.machines, found.needed, found.is_damaged) == ({"x86_64"}, (), False)


@pytest.mark.parametrize(("machine", "bits", "order"), [(c.X86_64, 64, "<"), (c.ARM, 32, ">")])
def test_versions_of_its_own(machine: int, bits: int, order: str) -> None:
    own = {"V2": ["f", "g"], "V1": ["f"]}
    data = c.elf(
        machine, bits, order, soname="libx.so.1", exports=["h"], exports_with=own,
        versions={"libc.so.6": ["GLIBC_2.17"]},
    )  # fmt: skip
    found = read(data)
    assert found.own_versions == {"V1", "V2"}
    assert found.exports == {"f", "g", "h"}
    assert found.versioned_exports == {("f", "V1"), ("f", "V2"), ("g", "V2"), ("h", "")}
    assert found.has_versions
    assert found.imports == (Import("malloc", "libc.so.6", version="GLIBC_2.17"),)


@pytest.mark.parametrize(("machine", "bits", "order"), [(c.X86_64, 64, "<"), (c.ARM, 32, ">")])
def test_a_file_that_exports_nothing(machine: int, bits: int, order: str) -> None:
    """Its table of hashes is empty, and says nothing of what it needs."""
    data = c.elf(machine, bits, order, imports=["f", "g"], has_relocations=True)
    found = read(data)
    assert [symbol.name for symbol in found.imports] == ["f", "g"]
