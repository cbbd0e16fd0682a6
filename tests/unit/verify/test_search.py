"""What loaders find in a wheel, by rpaths, sonames and directories."""

from __future__ import annotations

import io
from typing import Any

import pytest
from support import compiled as c

from py_build_cmake.verify.finding import FileReport
from py_build_cmake.verify.formats.reading import read_stream
from py_build_cmake.verify.loader.search import Links, adds_dll_directories, find_links
from py_build_cmake.verify.promise import promise_of


def links(files: dict[str, bytes], tag: str, *, adds_directories: bool = False) -> Links:
    reports = [
        FileReport(place, binary)
        for place, data in files.items()
        if (binary := read_stream(io.BytesIO(data)))
    ]
    return find_links(reports, files, [promise_of(tag)], adds_dll_directories=adds_directories)


def found(files: dict[str, bytes], tag: str, **options: Any) -> dict[str, str]:
    """Return what the names of all files lead to, as far as they lead into the wheel."""
    result = links(files, tag, **options)
    return {
        f"{link.file} {link.name}": link.place
        for place in files
        for link in result.of(place)
        if link.place
    }


GLIBC, MUSL = "manylinux_2_28_x86_64", "musllinux_1_2_x86_64"
LIBRARY = c.elf(c.X86_64, soname="libx.so.1")


def elf(*needed: str, **options: Any) -> bytes:
    return c.elf(c.X86_64, needed=needed, **options)


def module(*needed: str, **options: Any) -> bytes:
    return elf(*needed, exports=["PyInit_m"], **options)


@pytest.mark.parametrize(
    ("runpath", "place"),
    [
        ("$ORIGIN", "p/libx.so.1"),
        ("${ORIGIN}", "p/libx.so.1"),
        ("$ORIGIN/lib", "p/lib/libx.so.1"),
        ("/opt:$ORIGIN/../p.libs/", "p.libs/libx.so.1"),
        ("$ORIGIN/lib/../../p/lib", "p/lib/libx.so.1"),
        # Where data goes, seen from the directory of modules.
        ("$ORIGIN/../../../../share/lib", "p-1.0.data/data/share/lib/libx.so.1"),
        ("$ORIGIN/../q", "p-1.0.data/platlib/q/libx.so.1"),
    ],
)
def test_paths_from_the_file(runpath: str, place: str) -> None:
    files = {"p/m.so": module("libx.so.1", runpath=runpath), place: LIBRARY}
    for tag in (GLIBC, MUSL):
        assert found(files, tag) == {"p/m.so libx.so.1": place}


@pytest.mark.parametrize("runpath", ["", "lib", "/p/lib", "$ORIGINAL/lib", "$ORIGIN/$LIB", "$LIB"])
def test_paths_that_lead_nowhere(runpath: str) -> None:
    files = {"p/m.so": module("libx.so.1", runpath=runpath), "p/lib/libx.so.1": LIBRARY}
    result = links(files, GLIBC)
    assert result.inside("p/m.so") == frozenset()
    assert result.named("libx.so.1") == ("p/lib/libx.so.1",)
    # It is loaded by itself, by something that is not known.
    assert [scope.root for scope in result.scopes] == ["p/m.so", "p/lib/libx.so.1"]


def test_the_first_of_two_with_one_soname() -> None:
    """A name that is known does not lead to what is loaded later under the same name."""
    files = {
        "p/m.so": module("libx.so.1", "liby.so", runpath="$ORIGIN"),
        "p/libx.so.1": LIBRARY,
        "p/liby.so": elf("libx.so.1", soname="libx.so.1"),
    }
    assert found(files, GLIBC)["p/liby.so libx.so.1"] == "p/libx.so.1"


def test_names_with_a_directory() -> None:
    files = {"p/m.so": module("$ORIGIN/lib/libx.so.1", "/lib/liby.so"), "p/lib/libx.so.1": LIBRARY}
    assert found(files, GLIBC) == {"p/m.so $ORIGIN/lib/libx.so.1": "p/lib/libx.so.1"}
    assert found(files, MUSL) == {}


def test_libraries_for_other_machines_are_passed_over() -> None:
    files = {
        "m.so": module("libx.so.1", runpath="$ORIGIN/a:$ORIGIN/b"),
        "a/libx.so.1": c.elf(c.AARCH64),
        "b/libx.so.1": LIBRARY,
    }
    assert found(files, GLIBC) == {"m.so libx.so.1": "b/libx.so.1"}


INHERITED = "lib/libx.so.1 liby.so.1"


@pytest.mark.parametrize(
    ("own", "of_library", "tag", "is_found"),
    [
        # A DT_RPATH is for the libraries of libraries, a DT_RUNPATH is not.
        ({"rpath": "$ORIGIN/lib"}, {}, GLIBC, True),
        ({"runpath": "$ORIGIN/lib"}, {}, GLIBC, False),
        ({"runpath": "$ORIGIN/lib"}, {"runpath": "$ORIGIN"}, GLIBC, True),
        ({"rpath": "$ORIGIN/lib"}, {"runpath": "/opt"}, GLIBC, False),
        ({"rpath": "$ORIGIN/lib"}, {"rpath": "/opt"}, GLIBC, True),
        # To musl, both are for all.
        ({"runpath": "$ORIGIN/lib"}, {}, MUSL, True),
        ({"rpath": "$ORIGIN/lib"}, {"runpath": "/opt"}, MUSL, True),
    ],
)
def test_what_libraries_inherit(
    own: dict[str, str], of_library: dict[str, str], tag: str, is_found: bool
) -> None:
    files = {
        "m.so": module("libx.so.1", **own),
        "lib/libx.so.1": elf("liby.so.1", **of_library),
        "lib/liby.so.1": elf(),
    }
    assert (INHERITED in found(files, tag)) is is_found


def test_a_library_that_is_loaded_already() -> None:
    files = {
        "m.so": module("libx.so.1", "liby.so.1", runpath="$ORIGIN/lib"),
        # Breadth first: liby is loaded before what libx needs.
        "lib/libx.so.1": elf("liby.so.1", "libz-2.so"),
        "lib/liby.so.1": elf(soname="libz-2.so"),
    }
    known = {"m.so libx.so.1", "m.so liby.so.1", INHERITED}
    assert found(files, GLIBC).keys() == {*known, "lib/libx.so.1 libz-2.so"}
    # Musl does not know libraries by their SONAME.
    assert found(files, MUSL).keys() == known
    # Not from another file that is loaded later.
    del files["m.so"]
    assert found(files, GLIBC) == {}


def test_each_way_of_loading_a_library_counts() -> None:
    files = {
        "a.so": module("libx.so.1", rpath="$ORIGIN/lib"),
        "b.so": module("libx.so.1", runpath="$ORIGIN/lib"),
        "lib/libx.so.1": elf("liby.so.1"),
        "lib/liby.so.1": elf(),
    }
    result = links(files, GLIBC)
    assert result.inside("lib/libx.so.1") == frozenset()
    assert [scope.outside for scope in result.scopes] == [frozenset(), {"liby.so.1"}]


def test_files_that_are_not_read_are_taken_for_right() -> None:
    files = {"m.so": module("libx.so.1", runpath="$ORIGIN"), "libx.so.1": b"ignored"}
    assert found(files, GLIBC) == {"m.so libx.so.1": "libx.so.1"}


def test_libraries_that_need_each_other() -> None:
    files = {
        "a.so": elf("b.so", soname="a.so", runpath="$ORIGIN"),
        "b.so": elf("a.so", soname="b.so", runpath="$ORIGIN"),
        "c.so": elf("a.so", runpath="$ORIGIN"),
        "c.a": c.ar(("o", elf())),
    }
    result = links(files, GLIBC)
    assert [scope.members for scope in result.scopes] == [("c.so", "a.so", "b.so")]


MAC = "macosx_11_0_arm64"


def mach(*needed: str, soname: str = "", rpaths: tuple[str, ...] = ()) -> bytes:
    return c.mach(c.MAC_ARM64, needed=needed, soname=soname, rpaths=rpaths)


@pytest.mark.parametrize(
    ("name", "rpaths", "is_found"),
    [
        ("@loader_path/lib/libx.dylib", (), True),
        ("@loader_path/../p/lib/libx.dylib", (), True),
        ("@rpath/libx.dylib", ("@loader_path/lib",), True),
        ("@rpath/libx.dylib", ("/opt", "@loader_path/lib/"), True),
        ("@rpath/lib/libx.dylib", ("@loader_path",), True),
        ("@rpath/libx.dylib", ("@executable_path/lib",), False),
        ("@rpath/libx.dylib", (), False),
        ("libx.dylib", ("@loader_path/lib",), False),
        ("@executable_path/lib/libx.dylib", (), False),
        ("@loader_paths/lib/libx.dylib", (), False),
    ],
)
def test_macos(name: str, rpaths: tuple[str, ...], is_found: bool) -> None:
    files = {"p/m.so": mach(name, rpaths=rpaths), "p/lib/libx.dylib": mach(soname="x")}
    assert found(files, MAC) == ({f"p/m.so {name}": "p/lib/libx.dylib"} if is_found else {})


def test_macos_inherits_paths() -> None:
    files = {
        "m.so": mach("@rpath/libx.dylib", rpaths=("@loader_path/lib",)),
        "lib/libx.dylib": mach(
            "@rpath/liby.dylib", "@rpath/libz.dylib", soname="@rpath/libz.dylib"
        ),
        "lib/liby.dylib": mach(),
    }
    assert found(files, MAC) == {
        "m.so @rpath/libx.dylib": "lib/libx.dylib",
        "lib/libx.dylib @rpath/liby.dylib": "lib/liby.dylib",
        # Its own install name.
        "lib/libx.dylib @rpath/libz.dylib": "lib/libx.dylib",
    }


def test_windows_looks_beside_the_module() -> None:
    files = {
        "p/m.pyd": c.pe(c.PE_AMD64, imports=["A.dll", "b.dll"]),
        "p/a.dll": c.pe(c.PE_AMD64, imports=["b.dll"]),
        "p.libs/b.dll": c.pe(c.PE_AMD64),
    }
    assert found(files, "win_amd64") == {"p/m.pyd A.dll": "p/a.dll"}
    everywhere = found(files, "win_amd64", adds_directories=True)
    assert everywhere["p/m.pyd b.dll"] == everywhere["p/a.dll b.dll"] == "p.libs/b.dll"
    files["p.libs/b.dll"] = c.pe(c.PE_ARM64)
    assert "p/m.pyd b.dll" not in found(files, "win_amd64", adds_directories=True)


def test_sources_that_tell_windows_where_to_look() -> None:
    assert adds_dll_directories([b"import os", b"os.add_dll_directory(here)"])
    assert adds_dll_directories([b"ctypes.WinDLL(path)"])
    assert not adds_dll_directories([b"import os"])


def test_what_is_not_loaded_has_no_links() -> None:
    files = {"m.o": c.elf(c.X86_64, kind=1), "m.so": c.wasm("dylink.0", ["x.so"]), "d": c.wasm()}
    assert links(files, GLIBC).scopes == ()
