"""Whether Python finds an extension module under its name, and can make it a module."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import compiled as c
from support.reports import reports_of

from py_build_cmake.platforms.pythons import loaded_suffixes
from py_build_cmake.platforms.tags import WheelTag
from py_build_cmake.verify.checks.modules import loads_by_suffix
from py_build_cmake.verify.contents import check_wheel
from py_build_cmake.verify.expectation import Circumstances
from py_build_cmake.verify.finding import Code, Finding
from py_build_cmake.verify.suffix import suffixes_of

GNU, MUSL = "x86_64-linux-gnu", "x86_64-linux-musl"
LINUX = "cp311-cp311-manylinux_2_28_x86_64"
ABI3 = "cp311-abi3-manylinux_2_28_x86_64"
FREE_THREADED = "cp313-cp313t-manylinux_2_28_x86_64"
PYPY = "pp311-pypy311_pp73-manylinux_2_28_x86_64"
ANY_PYTHON = "py3-none-manylinux_2_28_x86_64"
WINDOWS = "cp311-cp311-win_amd64"
MACOS = "cp311-cp311-macosx_11_0_arm64"
WASM = "cp314-cp314-pyemscripten_2026_0_wasm32"
INIT = ["PyInit_x"]


def elf(*exports: str, imports: tuple[str, ...] = (), **options: object) -> bytes:
    return c.elf(
        c.X86_64,
        needed=["libc.so.6"],
        exports=exports,
        imports=imports,
        **options,  # type: ignore[arg-type]
    )


def pe(*exports: str, **options: object) -> bytes:
    return c.pe(c.PE_AMD64, exports=exports, **options)  # type: ignore[arg-type]


def mach(*exports: str, **options: object) -> bytes:
    return c.mach(
        c.MAC_ARM64,
        needed=["/usr/lib/libSystem.B.dylib"],
        platforms=[(1, 11, 0)],
        exports=exports,
        **options,  # type: ignore[arg-type]
    )


def findings(tag: str, files: dict[str, bytes], **known: bool) -> tuple[Finding, ...]:
    circumstances = Circumstances(**known)  # type: ignore[arg-type]
    report = check_wheel(
        WheelTag.parse(tag), reports_of(files), places=files, circumstances=circumstances
    )
    return report.findings


def codes(tag: str, name: str, data: bytes, **known: bool) -> list[str]:
    """Return the kinds of all findings; those that are no errors, with their severity.

    What is not proved of symbols is left out.
    """
    return [
        f.code.text if f.is_error else f"{f.code.text} ({f.severity.value})"
        for f in findings(tag, {f"m/{name}": data}, **known)
        if f.code is not Code.UNPROVED_SYMBOLS
    ]


@pytest.mark.parametrize(
    ("python", "abi", "platform", "suffixes"),
    [
        ("cp312", "cp312", "manylinux_2_28_x86_64", (f".cpython-312-{GNU}.so", ".abi3.so", ".so")),
        ("cp312", "cp312", "musllinux_1_2_x86_64", (f".cpython-312-{MUSL}.so", ".abi3.so", ".so")),
        (
            *("cp310", "cp310", "musllinux_1_2_x86_64"),
            (f".cpython-310-{MUSL}.so", f".cpython-310-{GNU}.so", ".abi3.so", ".so"),
        ),
        (
            *("cp312", "cp312", "linux_x86_64"),
            (f".cpython-312-{GNU}.so", f".cpython-312-{MUSL}.so", ".abi3.so", ".so"),
        ),
        ("cp37", "cp37m", "manylinux1_i686", (".cpython-37m-i386-linux-gnu.so", ".abi3.so", ".so")),
        ("cp313", "cp313t", "manylinux_2_28_x86_64", (f".cpython-313t-{GNU}.so", ".so")),
        (
            *("cp315", "cp315t", "macosx_11_0_arm64"),
            (".cpython-315t-darwin.so", ".abi3t.so", ".abi3t-darwin.so", ".so"),
        ),
        (
            *("cp315", "abi3", "macosx_11_0_arm64"),
            (".abi3.so", ".abi3-darwin.so", ".abi3t.so", ".abi3t-darwin.so", ".so"),
        ),
        ("cp39", "abi3", "manylinux2014_aarch64", (".abi3.so", ".so")),
        (
            *("cp312", "cp312d", "manylinux_2_28_x86_64"),
            (f".cpython-312d-{GNU}.so", f".cpython-312-{GNU}.so", ".abi3.so", ".so"),
        ),
        ("cp312", "cp312", "win_amd64", (".cp312-win_amd64.pyd", ".pyd")),
        ("cp312", "cp312d", "win32", ("_d.cp312-win32.pyd", "_d.cp312-win32.pyd", "_d.pyd")),
        ("cp39", "abi3", "win_arm64", (".pyd",)),
        ("cp313", "cp313", "ios_13_0_arm64_iphoneos", None),
        ("cp314", "cp314", "android_24_armeabi_v7a", None),
        ("cp312", "cp312", "pyodide_2024_0_wasm32", None),
        ("pp311", "pypy311_pp73", "win_amd64", (".pypy311-pp73-win_amd64.pyd",)),
        ("pp311", "pypy311_pp73", "manylinux_2_28_x86_64", (f".pypy311-pp73-{GNU}.so",)),
        ("py3", "none", "linux_s390x", (".so",)),
        ("py39", "none", "win_amd64", (".pyd",)),
    ],
)
def test_what_a_python_looks_for(
    python: str, abi: str, platform: str, suffixes: tuple[str, ...] | None
) -> None:
    by_system = {
        "ios": (".cpython-313-iphoneos.so", ".abi3.so", ".so"),
        "android": (".cpython-314-arm-linux-androideabi.so", ".abi3.so", ".so"),
        "pyodide": (".cpython-312-wasm32-emscripten.so", ".abi3.so", ".so"),
    }
    wanted = suffixes or by_system[platform.partition("_")[0]]
    found = loaded_suffixes(python, abi, platform)
    assert found is not None
    assert tuple(dict.fromkeys(found)) == tuple(dict.fromkeys(wanted))


@pytest.mark.parametrize(
    ("python", "abi", "platform"),
    [
        ("cp312", "cp312", "freebsd_14_amd64"),
        ("cp312", "cp312", "linux_mips64"),
        ("cp312", "cp312", "any"),
        ("cp313", "cp313", "android_24_sparc"),
        ("pp311", "none", "linux_x86_64"),
        ("graalpy311", "graalpy242_311_native", "linux_x86_64"),
        ("rust312", "none", "linux_x86_64"),
        ("cp27", "cp27mu", "linux_x86_64"),
    ],
)
def test_what_is_not_known(python: str, abi: str, platform: str) -> None:
    assert loaded_suffixes(python, abi, platform) is None


def test_plain_linux_tags_have_the_c_library_of_the_file() -> None:
    def of(libc: str, platform: str = "linux_armv7l") -> list[str]:
        found = loaded_suffixes("cp312", "cp312", platform, libc) or ()
        return [s for s in found if "cpython" in s]

    assert of("glibc") == [
        ".cpython-312-arm-linux-gnueabihf.so",
        ".cpython-312-arm-linux-gnueabi.so",
    ]
    # Termux has the libc of Android, and no triplet before 3.13.
    assert of("bionic") == [".cpython-312-arm-linux-androideabi.so", ".cpython-312.so"]
    assert of("bionic", "linux_s390x") == []


def test_a_set_of_tags_promises_all_of_its_members() -> None:
    assert suffixes_of(WheelTag.parse("cp311.cp312-cp311.cp312-linux_x86_64")) == (
        ".abi3.so",
        ".so",
    )
    assert suffixes_of(WheelTag.parse("cp311-cp311-linux_x86_64.plan9_mystery")) is not None
    assert suffixes_of(WheelTag.parse("cp311-cp311-plan9_mystery")) is None


@pytest.mark.parametrize(
    ("tag", "name", "data"),
    [
        (LINUX, f"x.cpython-311-{GNU}.so", elf("PyInit_x")),
        (LINUX, "x.so", elf("PyInit_x")),
        # Libraries that are no modules.
        (LINUX, "x.so", elf("f")),
        (LINUX, "libx.so", elf("f", imports=("PyModule_Create2",))),
        (LINUX, "libx-0123abcd.so.1", elf("f")),
        (LINUX, "libx.so.1.2.3", elf("PyInit_y")),
        (LINUX, "libqxcb.so", elf("qt_plugin_instance")),
        (LINUX, "libx.abi3.so.6.9", elf("f")),
        (LINUX, "libpython3.so", elf("PyInit_a", "PyInit_b")),
        (LINUX, "x", elf("PyInit_x", kind=2)),
        (WINDOWS, "x.cp311-win_amd64.pyd", pe("PyInit_x")),
        (WINDOWS, "x.pyd", pe("PyInit_x")),
        (WINDOWS, "x311.dll", pe("PyInit_x")),
        (WINDOWS, "x.abi3.dll", pe("f")),
        (MACOS, "x.cpython-311-darwin.so", mach("PyInit_x")),
        (MACOS, "x.cpython-311-darwin.so", mach("PyInit_x", has_trie=False)),
        (MACOS, "libx.abi3.6.9.dylib", mach("f")),
        (PYPY, f"x.pypy311-pp73-{GNU}.so", elf("_cffi_pypyinit_x")),
        (ANY_PYTHON, "x.so", elf("PyInit_x", imports=("PyLong_FromLong",))),
        # Names as they are in Python, and in C.
        (LINUX, f"3a4b__mypyc.cpython-311-{GNU}.so", elf("PyInit_3a4b__mypyc")),
        (LINUX, f"a-b.cpython-311-{GNU}.so", elf("PyInit_a_b")),
        (LINUX, f"__init__.cpython-311-{GNU}.so", elf("PyInit_m", "PyInit___init__")),
        (LINUX, f"löwe.cpython-311-{GNU}.so", elf("PyInitU_lwe_sna")),
        ("cp315-cp315-manylinux_2_28_x86_64", "x.so", elf("PyModExport_x")),
        ("cp315-cp315-manylinux_2_28_x86_64", "x.so", elf("PyInit_x")),
        ("cp312-cp312d-win_amd64", "x_d.cp312-win_amd64.pyd", pe("PyInit_x")),
        (WASM, "x.cpython-314-wasm32-emscripten.so", c.wasm("dylink.0", exports=INIT)),
        (WASM, "libx.so", c.wasm("dylink.0", exports=["f"])),
        # Scripts for the linker, and what debuggers read.
        (LINUX, "libx.so", b"/* GNU ld script */\nINPUT(libx.so.1 -ly)\n"),
        (MACOS, "x.cpython-311-darwin.so.dSYM/x.cpython-311-darwin.so", b"data"),
        (ANY_PYTHON.replace("manylinux_2_28_x86_64", "any"), "x.so", b"a text"),
    ],
)
def test_what_is_right(tag: str, name: str, data: bytes) -> None:
    assert codes(tag, name, data) == []


SUFFIX, NAME, INITIALISED = ["wrong-suffix"], ["no-module-suffix"], ["no-init-function"]
LOADED = ["not-loadable"]


@pytest.mark.parametrize(
    ("tag", "name", "data", "expected"),
    [
        # Names that no Python of the tag looks for.
        (LINUX, f"x.cpython-3.11-{GNU}.so", elf("PyInit_x"), NAME),
        (LINUX, f"x.cpython311-{GNU}.so", elf("PyInit_x"), NAME),
        (LINUX, f"x.cpython_311-{GNU}.so", elf("PyInit_x"), NAME),
        (LINUX, f"x.cpython-311.{GNU}.so", elf("PyInit_x"), NAME),
        (LINUX, "x.cpython-311-x86_64-linux.so", elf("PyInit_x"), SUFFIX),
        (LINUX, "x.cpython-311-x86_64-linux-gnux32.so", elf("PyInit_x"), SUFFIX),
        (LINUX, "x.cpython-311.so", elf("PyInit_x"), SUFFIX),
        (LINUX, "x.cp311-linux_x86_64.so", elf("PyInit_x"), SUFFIX),
        (LINUX, f"x.cp311-{GNU}.so", elf("PyInit_x"), SUFFIX),
        (LINUX, f"x.cpython-311-{GNU}", elf("PyInit_x"), NAME),
        (LINUX, f"x.cpython-311-{GNU}.so.1", elf("PyInit_x"), NAME),
        (LINUX, f"x.cpython-311-{GNU}.SO", elf("PyInit_x"), NAME),
        (LINUX, f"x.y.cpython-311-{GNU}.so", elf("PyInit_x"), NAME),
        (LINUX, "x.abi4.so", elf("PyInit_x"), NAME),
        (LINUX, "x.abi3t.so", elf("PyInit_x"), SUFFIX),
        (LINUX, f"x.abi3-{GNU}.so", elf("PyInit_x"), SUFFIX),
        (LINUX, "x.pyd", elf("PyInit_x"), NAME),
        (LINUX, "x.pyd", elf("f"), NAME),
        (LINUX, "x.dylib", elf("PyInit_x"), NAME),
        (LINUX, "libx.dylib", elf("PyInit_x"), NAME),
        (LINUX, "x", elf("PyInit_x"), NAME),
        (LINUX, "x.graalpy242-311-native-x86_64-linux.so", elf("PyInit_x"), SUFFIX),
        (LINUX, f"x.cpython-312-{GNU}.so", elf("PyInit_x"), SUFFIX),
        (ABI3, f"x.cpython-311-{GNU}.so", elf("PyInit_x"), SUFFIX),
        (ABI3, "x.abi3t.so", elf("PyInit_x"), SUFFIX),
        (FREE_THREADED, "x.abi3.so", elf("PyInit_x"), SUFFIX),
        (PYPY, "x.abi3.so", elf("PyInit_x"), SUFFIX),
        (PYPY, "x.so", elf("PyInit_x"), NAME),
        (PYPY, "x.pypy311-pp73.so", elf("PyInit_x"), SUFFIX),
        (WINDOWS, "x.so", pe("PyInit_x"), NAME),
        (WINDOWS, "x.dll", pe("PyInit_x"), NAME),
        (WINDOWS, "x.abi3.pyd", pe("PyInit_x"), SUFFIX),
        (WINDOWS, "x.cp311-win32.pyd", pe("PyInit_x"), SUFFIX),
        (WINDOWS, "x.cp311-win_amd64.so", pe("PyInit_x"), SUFFIX),
        (MACOS, "x.dylib", mach("PyInit_x"), NAME),
        (MACOS, "libx.dylib", mach("PyInit_x"), NAME),
        (MACOS, "x.cpython-311-darwin.dylib", mach("PyInit_x"), NAME),
        (MACOS, "x.cpython-311-macos.so", mach("PyInit_x"), SUFFIX),
        (WASM, "x.cpython-314-wasm64-emscripten.so", c.wasm("dylink.0", exports=INIT), SUFFIX),
        # Sets of tags.
        (ANY_PYTHON, f"x.cpython-311-{GNU}.so", elf("PyInit_x"), SUFFIX),
        (ANY_PYTHON, "x.abi3.so", elf("PyInit_x"), SUFFIX),
        (ANY_PYTHON, "x.so", elf("PyInit_x", imports=("_PyLong_New",)), ["not-stable-abi"]),
        ("cp311.cp312-cp311.cp312-linux_x86_64", "x.so", elf("PyInit_x", imports=("_PyLong_New",)),
         ["not-stable-abi"]),
        ("cp311.cp312-cp311.cp312-linux_x86_64", f"x.cpython-312-{GNU}.so", elf("PyInit_x"),
         SUFFIX),
        ("cp311-cp311-manylinux_2_28_x86_64.manylinux_2_28_aarch64", f"x.cpython-311-{GNU}.so",
         elf("PyInit_x"), ["wrong-machine"]),
        # Functions that make a module.
        (LINUX, f"x.cpython-311-{GNU}.so", elf("PyInit_y"), INITIALISED),
        (LINUX, f"x.cpython-311-{GNU}.so", elf("PyModExport_x"), INITIALISED),
        (LINUX, f"x.cpython-311-{GNU}.so", elf("f"), INITIALISED),
        (LINUX, f"x.cpython-311-{GNU}.so", elf(imports=("PyInit_x",)),
         ["no-init-function"]),
        (LINUX, f"__init__.cpython-311-{GNU}.so", elf("PyInit___init__"), INITIALISED),
        (LINUX, f"löwe.cpython-311-{GNU}.so", elf("PyInit_löwe"), INITIALISED),
        (LINUX, "x.so", elf("PyInit_y"), INITIALISED),
        (LINUX, "libx.so", elf("PyInit_x"), INITIALISED),
        (LINUX, "x.so", elf("f", imports=("PyModule_Create2",)), INITIALISED),
        (PYPY, f"x.pypy311-pp73-{GNU}.so", elf("PyModExport_x"), INITIALISED),
        (WINDOWS, "x.pyd", pe("f"), INITIALISED),
        (WINDOWS, "x.cp311-win_amd64.pyd", pe("PyInit_y"), INITIALISED),
        (MACOS, "x.cpython-311-darwin.so", mach("PyInit_y"), INITIALISED),
        (MACOS, "x.cpython-311-darwin.so", mach("PyInit_y", has_trie=False), INITIALISED),
        (WASM, "x.cpython-314-wasm32-emscripten.so", c.wasm("dylink.0", exports=["PyInit_y"]),
         INITIALISED),
        # What cannot be loaded.
        (LINUX, f"x.cpython-311-{GNU}.so", b"", LOADED),
        (LINUX, "libx.so.1", b"", LOADED),
        (LINUX, "x.so", bytes(5000), LOADED),
        (LINUX, "x.so", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", LOADED),
        (LINUX, "x.so", b"import sys\n", LOADED),
        (LINUX, "x.so", b"\x7fELF\x02\x01\x01", LOADED),
        (LINUX, "x.so", b"\x01\x02\x03\x04" * 40, LOADED),
        (LINUX, f"x.cpython-311-{GNU}.so", elf("PyInit_x", kind=2), LOADED),
        (LINUX, f"x.cpython-311-{GNU}.so", elf("PyInit_x", is_pie=True), LOADED),
        (LINUX, f"x.cpython-311-{GNU}.so", c.elf(c.X86_64, kind=1), LOADED),
        (LINUX, f"x.cpython-311-{GNU}.so", c.ar(("a.o", c.elf(c.X86_64, kind=1))), LOADED),
        (WINDOWS, "x.pyd", pe("PyInit_x", is_dll=False), LOADED),
        (WINDOWS, "x.pyd", b"MZ", LOADED),
        (MACOS, "x.cpython-311-darwin.so", mach("PyInit_x", kind=2), LOADED),
        (ANY_PYTHON.replace("manylinux_2_28_x86_64", "any"), "x.pyd", b"a text", LOADED),
    ],
)  # fmt: skip
def test_what_is_wrong(tag: str, name: str, data: bytes, expected: list[str]) -> None:
    found = findings(tag, {f"m/{name}": data})
    assert [f.code.text for f in found if f.is_error] == expected
    assert all(f.problem.where == f"m/{name}" and f.problem.hint for f in found)


def test_places_of_wheels_with_a_data_directory() -> None:
    data = elf("PyInit_x")
    files = {f"m-1.data/platlib/m/x.cpython-312-{GNU}.so": data, "m-1.data/scripts/x": data}
    assert [f.code.text for f in findings(LINUX, files)] == SUFFIX
    files = {f"m-1.data/purelib/m/__init__.cpython-311-{GNU}.so": elf("PyInit_m")}
    assert findings(LINUX, files) == ()


def test_messages_name_what_there_is() -> None:
    (found,) = findings(LINUX, {f"m/x.cpython-311-{GNU}.so": elf("PyInit_y", "PyInit_z")})
    assert "has no function PyInit_x" in found.problem.message
    assert "it has PyInit_y, PyInit_z" in found.problem.message
    (found,) = findings(LINUX, {"m/x.pyd": elf("PyInit_x")})
    assert "end with .so or .abi3.so or .cpython-311-x86_64-linux-gnu.so" in found.problem.message
    (found,) = findings(ANY_PYTHON, {f"m/x.cpython-311-{GNU}.so": elf("PyInit_x")})
    assert "whose Pythons all look for .so only" in found.problem.message


def test_a_library_with_the_name_of_a_module_that_others_are_linked_to() -> None:
    module = c.elf(
        c.X86_64, needed=["liby.abi3.so", "libc.so.6"], runpath="$ORIGIN", exports=["PyInit_x"]
    )
    files = {"m/x.abi3.so": module, "m/liby.abi3.so": elf("f")}
    assert findings(ABI3, files) == ()
    assert [f.code.text for f in findings(ABI3, {**files, "m/x.abi3.so": elf("PyInit_x")})] == (
        INITIALISED
    )


def test_all_machines_of_a_universal_module_need_the_function() -> None:
    cpus = (c.MAC_ARM64, c.MAC_X86_64)
    slices = [c.mach(cpu, platforms=[(1, 11, 0)], exports=INIT) for cpu in cpus]
    tag, place = "cp311-cp311-macosx_11_0_universal2", "m/x.cpython-311-darwin.so"
    assert findings(tag, {place: c.fat_mach(cpus, slices=slices)}) == ()
    slices[1] = c.mach(c.MAC_X86_64, platforms=[(1, 11, 0)], exports=["f"])
    assert [f.code.text for f in findings(tag, {place: c.fat_mach(cpus, slices=slices)})] == (
        INITIALISED
    )


def test_libraries_that_the_wheel_loads_by_the_suffixes_of_modules() -> None:
    sources = [b"import sys", b"for s in importlib.machinery.EXTENSION_SUFFIXES:\n"]
    library, name = elf("f"), f"x.cpython-311-{GNU}.so"
    assert loads_by_suffix(reports_of({f"m/{name}": library}), sources)
    assert not loads_by_suffix(reports_of({f"m/{name}": library}), sources[:1])
    assert not loads_by_suffix(reports_of({f"m/{name}": elf("PyInit_x")}), sources)
    assert codes(LINUX, name, library, loads_by_suffix=True) == ["no-init-function (note)"]
    # What uses Python was meant to be a module.
    uses = elf("f", imports=("PyLong_FromLong",))
    assert codes(LINUX, name, uses, loads_by_suffix=True) == INITIALISED
    # As mpi4py has one module for each implementation of MPI.
    several = f"x.mpich.cpython-311-{GNU}.so"
    assert loads_by_suffix(reports_of({f"m/{several}": elf("PyInit_x")}), sources)
    assert codes(LINUX, several, elf("PyInit_x"), loads_by_suffix=True) == [
        "no-module-suffix (note)"
    ]
    assert codes(LINUX, "x.mpich.so", elf("PyInit_x"), loads_by_suffix=True) == NAME


def test_in_conda_another_package_says_which_python_there_is() -> None:
    data = elf("PyInit_x", imports=("_PyLong_New",))
    name = f"x.cpython-311-{GNU}.so"
    assert codes("py3-none-linux_x86_64", name, data, shared_with_packages=True) == []


@given(st.data())
def test_a_file_that_is_cut_off_anywhere_is_refused(data: st.DataObject) -> None:
    tag, name, whole = data.draw(
        st.sampled_from(
            [
                (LINUX, f"x.cpython-311-{GNU}.so", elf("PyInit_x", imports=("f",) * 0)),
                (WINDOWS, "x.pyd", pe("PyInit_x")),
                (MACOS, "x.cpython-311-darwin.so", mach("PyInit_x")),
                (WASM, "x.abi3.so", c.wasm("dylink.0", exports=INIT)),
            ]
        )
    )
    size = data.draw(st.integers(0, len(whole) - 1))
    assert codes(tag, name, whole) in ([], ["stable-suffix (warning)"])
    found = findings(tag, {f"m/{name}": whole[:size]})
    assert any(f.is_error for f in found)
