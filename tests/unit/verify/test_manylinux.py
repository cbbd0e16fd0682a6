"""Which symbol versions the manylinux tags allow."""

from __future__ import annotations

import pytest

from py_build_cmake.verify.formats.report import SymbolVersion
from py_build_cmake.verify.loader.manylinux import (
    newest_glibc_symbol,
    oldest_glibc,
    too_new,
)
from py_build_cmake.verify.loader.promised import is_promised
from py_build_cmake.verify.promise import promise_of

LIBRARIES = {"GLIBC": "libc.so.6", "GCC": "libgcc_s.so.1", "ZLIB": "libz.so.1"}


def versions(*names: str) -> list[SymbolVersion]:
    return [
        SymbolVersion(LIBRARIES.get(name.partition("_")[0], "libstdc++.so.6"), name)
        for name in names
    ]


@pytest.mark.parametrize(
    ("name", "glibc", "allowed"),
    [
        ("GLIBC_2.2.5", (2, 5), ""),
        ("GLIBC_2.17", (2, 17), ""),
        ("GLIBC_2.18", (2, 17), "GLIBC_2.17"),
        ("GLIBC_2.34", (2, 28), "GLIBC_2.28"),
        ("GLIBC_3.0", (2, 28), "GLIBC_2.28"),
        ("GLIBC_PRIVATE", (2, 5), ""),
        ("GLIBC_ABI_DT_RELR", (2, 35), "GLIBC_2.35"),
        ("GLIBC_ABI_DT_RELR", (2, 36), ""),
        ("GLIBCXX_3.4.9", (2, 5), ""),
        ("GLIBCXX_3.4.10", (2, 5), "GLIBCXX_3.4.9"),
        ("GLIBCXX_3.4", (2, 5), ""),
        ("GLIBCXX_3.4.19", (2, 17), ""),
        ("GLIBCXX_3.4.20", (2, 17), "GLIBCXX_3.4.19"),
        # Between two known ones, the older counts.
        ("GLIBCXX_3.4.20", (2, 23), "GLIBCXX_3.4.19"),
        ("GLIBCXX_3.4.25", (2, 28), ""),
        ("GLIBCXX_3.4.26", (2, 30), "GLIBCXX_3.4.25"),
        ("GLIBCXX_3.4.99", (2, 99), "GLIBCXX_3.4.34"),
        ("GLIBCXX_LDBL_3.4.21", (2, 17), "GLIBCXX_3.4.19"),
        ("CXXABI_1.3.7", (2, 17), ""),
        ("CXXABI_1.3.8", (2, 17), "CXXABI_1.3.7"),
        ("CXXABI_TM_1", (2, 17), ""),
        ("CXXABI_FLOAT128", (2, 17), ""),
        ("CXXABI_ARM_1.3.3", (2, 5), "CXXABI_1.3.1"),
        ("GCC_4.8.0", (2, 17), ""),
        ("GCC_7.0.0", (2, 17), "GCC_4.8.0"),
        ("GCC_7.0.0", (2, 27), ""),
        ("ZLIB_1.2.2.4", (2, 5), ""),
        ("ZLIB_1.2.9", (2, 17), "ZLIB_1.2.7"),
        ("ZLIB_1.2.9", (2, 28), ""),
        ("OPENSSL_3.0.0", (2, 5), ""),
    ],
)
def test_versions(name: str, glibc: tuple[int, int], allowed: str) -> None:
    assert [item.allowed for item in too_new(versions(name), glibc, frozenset())] == (
        [allowed] if allowed else []
    )


def test_what_does_not_count() -> None:
    weak = SymbolVersion("libc.so.6", "GLIBC_2.38", is_weak=True)
    assert too_new([weak], (2, 17), frozenset()) == ()
    own = versions("GLIBCXX_3.4.30")
    assert too_new(own, (2, 17), frozenset({"libstdc++.so.6"})) == ()
    # On some machines, libgcc has names of glibc.
    libgcc = SymbolVersion("libgcc_s.so.1", "GLIBC_2.35")
    assert too_new([libgcc], (2, 17), frozenset()) == ()
    assert newest_glibc_symbol([libgcc]) == ""


def test_the_newest_of_every_kind() -> None:
    names = ("GLIBCXX_3.4.30", "GLIBC_2.27", "GLIBC_2.5", "GLIBC_2.34", "GCC_3.0")
    found = too_new(versions(*names), (2, 17), frozenset())
    assert [(item.version.name, item.allowed) for item in found] == [
        ("GLIBC_2.34", "GLIBC_2.17"),
        ("GLIBCXX_3.4.30", "GLIBCXX_3.4.19"),
    ]


@pytest.mark.parametrize(
    ("names", "machine", "expected"),
    [
        ([], "x86_64", (2, 5)),
        ([], "aarch64", (2, 17)),
        (["GLIBC_2.2.5"], "i686", (2, 5)),
        (["GLIBC_2.14", "GLIBC_2.3.4"], "x86_64", (2, 14)),
        (["GLIBC_2.14"], "s390x", (2, 17)),
        (["GLIBC_2.34"], "aarch64", (2, 34)),
        (["GLIBCXX_3.4.19"], "x86_64", (2, 17)),
        (["GLIBCXX_3.4.20"], "x86_64", (2, 24)),
        (["GLIBCXX_3.4.29", "GLIBC_2.36"], "x86_64", (2, 36)),
        (["CXXABI_1.3.13"], "x86_64", (2, 34)),
        (["GCC_12.0.0"], "x86_64", (2, 35)),
        (["GLIBC_ABI_DT_RELR"], "x86_64", (2, 36)),
        (["ZLIB_1.2.12"], "x86_64", (2, 36)),
        (["GLIBCXX_3.4.99"], "x86_64", None),
    ],
)
def test_the_oldest_glibc(names: list[str], machine: str, expected: tuple[int, int] | None) -> None:
    assert oldest_glibc(versions(*names), machine, frozenset()) == expected
    if expected:
        assert too_new(versions(*names), expected, frozenset()) == ()


def test_the_newest_symbol() -> None:
    assert newest_glibc_symbol(versions("GLIBC_2.9", "GLIBC_2.17", "GLIBCXX_3.4")) == "GLIBC_2.17"
    assert newest_glibc_symbol(versions("GLIBCXX_3.4")) == ""


@pytest.mark.parametrize(
    ("library", "expected"),
    [
        ("libc.so.6", True),
        ("libstdc++.so.6", True),
        ("ld-linux-x86-64.so.2", True),
        ("ld-linux-riscv64-lp64d.so.1", True),
        ("ld64.so.1", True),
        ("libz.so.1", True),
        ("libatomic.so.1", False),
        ("libpython3.11.so.1.0", False),
        ("libcxso.6", False),
    ],
)
def test_system_libraries(library: str, expected: bool) -> None:
    promise = promise_of("manylinux_2_28_x86_64")
    assert promise is not None
    assert is_promised(library, promise) is expected
