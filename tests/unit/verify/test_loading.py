"""Whether what is packed can be loaded: libraries, symbols, the stable ABI, memory, processors."""

from __future__ import annotations

import io
from typing import Any

import pytest
from support import compiled as c
from support.reports import modules_of

from py_build_cmake.platforms.tags import WheelTag
from py_build_cmake.verify.contents import check_wheel
from py_build_cmake.verify.expectation import Circumstances
from py_build_cmake.verify.finding import Code, Finding, Severity
from py_build_cmake.verify.formats.reading import read_stream

MANYLINUX = "cp312-cp312-manylinux_2_28_x86_64"
MUSLLINUX = "cp312-cp312-musllinux_1_2_x86_64"
LINUX = "cp312-cp312-linux_x86_64"
MACOS = "cp312-cp312-macosx_11_0_arm64"
WINDOWS = "cp312-cp312-win_amd64"
ABI3 = "cp39-abi3-manylinux_2_28_x86_64"


def findings(tag: str, files: dict[str, bytes], **known: Any) -> tuple[Finding, ...]:
    report = check_wheel(
        WheelTag.parse(tag), modules_of(files), places=files, circumstances=Circumstances(**known)
    )
    return report.findings


def codes(tag: str, files: dict[str, bytes] | bytes, **known: Any) -> list[str]:
    """Return the kinds of all findings; those that are no errors, with their severity.

    What is not proved of symbols is left out.
    """
    files = files if isinstance(files, dict) else {"m/x.so": files}
    return [
        f.code.text if f.is_error else f"{f.code.text} ({f.severity.value})"
        for f in findings(tag, files, **known)
        if f.code is not Code.UNPROVED_SYMBOLS
    ]


def only(tag: str, files: dict[str, bytes] | bytes, **known: Any) -> tuple[str, str]:
    """Return message and hint of the only finding."""
    files = files if isinstance(files, dict) else {"m/x.so": files}
    (found,) = findings(tag, files, **known)
    return found.problem.message, found.problem.hint


def elf(*needed: str, machine: int = c.X86_64, **options: Any) -> bytes:
    return c.elf(machine, needed=[*needed, "libc.so.6"], **options)


def musl(*needed: str, **options: Any) -> bytes:
    return c.elf(c.X86_64, needed=[*needed, "libc.musl-x86_64.so.1"], **options)


def android(machine: int, *needed: str, **options: Any) -> bytes:
    return c.elf(machine, needed=[*needed, "libc.so"], note=c.android_note(24), **options)


def mach(*needed: str, **options: Any) -> bytes:
    needed = ("/usr/lib/libSystem.B.dylib", *needed)
    return c.mach(c.MAC_ARM64, needed=needed, platforms=[(1, 11, 0)], **options)


MISSING, UNREACHABLE = ["missing-library"], ["unreachable-library"]
EXTERNAL = ["external-library (note)"]


@pytest.mark.parametrize(
    ("tag", "data", "expected"),
    [
        (MANYLINUX, elf("libstdc++.so.6", "libz.so.1", "libmvec.so.1"), []),
        (MANYLINUX, elf("libgomp.so.1"), MISSING),
        (MANYLINUX, elf("libcrypt.so.1"), MISSING),
        ("cp38-cp38-manylinux2010_x86_64", elf("libcrypt.so.1"), []),
        (LINUX, elf("libgomp.so.1"), EXTERNAL),
        (LINUX, musl("libstdc++.so.6"), []),
        (MUSLLINUX, musl(), []),
        (MUSLLINUX, musl("libstdc++.so.6"), MISSING),
        # A file for another system is not looked at further.
        (MUSLLINUX, elf("libgomp.so.1"), ["wrong-libc"]),
        (MACOS, mach("/System/Library/Frameworks/AppKit.framework/AppKit"), []),
        (MACOS, mach("@rpath/libomp.dylib"), MISSING),
        (MACOS, mach(weak=["@rpath/libomp.dylib"]), ["missing-library (warning)"]),
        (MACOS, mach("/opt/lib/x.dylib"), ["fixed-library-path (warning)", *MISSING]),
        (WINDOWS, c.pe(c.PE_AMD64, imports=["KERNEL32.dll", "VCRUNTIME140.dll"]), []),
        (WINDOWS, c.pe(c.PE_AMD64, imports=["api-ms-win-crt-math-l1-1-0.dll"]), []),
        (WINDOWS, c.pe(c.PE_AMD64, imports=["python312.dll", "WINSPOOL.DRV"]), []),
        (WINDOWS, c.pe(c.PE_AMD64, imports=["MSVCP140.dll"]), MISSING),
        (WINDOWS, c.pe(c.PE_AMD64, imports=["libstdc++-6.dll"]), MISSING),
        (WINDOWS, c.pe(c.PE_AMD64, delayed=["cuda.dll"]), ["missing-library (warning)"]),
        ("cp313-cp313-android_24_x86_64", android(c.X86_64, "liblog.so"), []),
    ],
)
def test_libraries_of_the_system(tag: str, data: bytes, expected: list[str]) -> None:
    assert codes(tag, data) == expected


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (c.pe(c.PE_AMD64, imports=["ucrtbased.dll"]), "another configuration than Debug"),
        (c.pe(c.PE_AMD64, imports=["VCRUNTIME140D.dll"]), "another configuration than Debug"),
        (c.pe(c.PE_AMD64, imports=["msvcp140.dll"]), "Python brings vcruntime140.dll alone"),
        (c.pe(c.PE_AMD64, imports=["libgcc_s_seh-1.dll"]), "-static-libgcc"),
        (c.pe(c.PE_AMD64, imports=["x.dll"]), "delvewheel"),
    ],
)
def test_advice_about_missing_libraries(data: bytes, hint: str) -> None:
    message, advice = only(WINDOWS, data)
    assert "neither in the wheel nor on every system that win_amd64 stands for" in message
    assert hint in advice
    assert "wheel.external_libraries" in advice or "Debug" in advice


def test_libraries_that_the_project_names() -> None:
    known = {"external_libraries": ("libcuda.so.*", "OTHER.dll")}
    assert codes(MANYLINUX, elf("libcuda.so.1"), **known) == EXTERNAL
    assert codes(MANYLINUX, elf("libcudart.so.1"), **known) == MISSING
    assert codes(WINDOWS, c.pe(c.PE_AMD64, imports=["other.dll"]), **known) == EXTERNAL
    # Also if the wheel has one, as what is loaded before.
    files = {"m/x.so": elf("libcuda.so.1"), "l/libcuda.so.1": elf()}
    assert codes(MANYLINUX, files, **known) == EXTERNAL


@pytest.mark.parametrize(
    ("tag", "place", "needs", "library", "advice"),
    [
        (MANYLINUX, "p/x.so", elf("liby.so"), "p/lib/liby.so", "INSTALL_RPATH '$ORIGIN/lib'"),
        (LINUX, "p/x.so", elf("liby.so"), "p/liby.so", "INSTALL_RPATH '$ORIGIN'"),
        (LINUX, "x.so", elf("liby.so"), "p/liby.so", "INSTALL_RPATH '$ORIGIN/p'"),
        (LINUX, "p/x.so", elf("liby.so"), "liby.so", "INSTALL_RPATH '$ORIGIN/..'"),
        (MUSLLINUX, "p/x.so", musl("liby.so"), "q/liby.so", "INSTALL_RPATH '$ORIGIN/../q'"),
        (MACOS, "p/x.so", mach("@rpath/y"), "q/y", "INSTALL_RPATH '@loader_path/../q'"),
        (MACOS, "p/x.so", mach("y"), "q/y", "install name begins with @rpath"),
        (WINDOWS, "p/x.pyd", c.pe(c.PE_AMD64, imports=["Y.dll"]), "q/y.dll", "add_dll_directory"),
    ],
)
def test_libraries_that_are_not_looked_for(
    tag: str, place: str, needs: bytes, library: str, advice: str
) -> None:
    other = {MACOS: mach(), WINDOWS: c.pe(c.PE_AMD64), MUSLLINUX: musl()}.get(tag, elf())
    files = {place: needs, library: other}
    assert codes(tag, files) == UNREACHABLE
    message, hint = only(tag, files)
    assert f"which is in the wheel as {library}" in message
    assert advice in hint
    assert "wheel.external_libraries" in hint


def test_windows_is_told_where_to_look() -> None:
    files = {"p/x.pyd": c.pe(c.PE_AMD64, imports=["y.dll"]), "q/y.dll": c.pe(c.PE_AMD64)}
    assert codes(WINDOWS, files, adds_dll_directories=True) == []


UNDEFINED = ["undefined-symbol"]


@pytest.mark.parametrize(
    ("tag", "data", "expected"),
    [
        (MANYLINUX, elf(imports=["PyLong_FromLong", "_Py_Dealloc", "pow", "environ"]), []),
        (MANYLINUX, elf(imports=["forgotten"]), UNDEFINED),
        (LINUX, elf(imports=["forgotten"]), UNDEFINED),
        (MANYLINUX, elf(weak_imports=["_ITM_registerTMCloneTable", "forgotten"]), []),
        (MANYLINUX, elf(imports=["__atomic_load_16"]), UNDEFINED),
        (MANYLINUX, elf(imports=["_ZNSt7__cxx1112basic_stringIcE9_M_createERmm"]), UNDEFINED),
        # Linked to a library of which it could be.
        (MANYLINUX, elf("libz.so.1", imports=["inflate"]), []),
        (MANYLINUX, elf("libz.so.1", imports=["inflated"]), UNDEFINED),
        (MANYLINUX, elf("libX11.so.6", imports=["XOpenDisplay"]), []),
        (MUSLLINUX, musl("libz.so.1", imports=["inflate", "inflated"]), UNDEFINED),
        (LINUX, elf("libother.so", imports=["other"]), EXTERNAL),
        (MANYLINUX, elf("libstdc++.so.6", imports=["_Z9forgottenv"]), UNDEFINED),
        (MANYLINUX, elf(versions={"libc.so.6": ["GLIBC_2.17"]}), []),
        (MUSLLINUX, musl(imports=["PyLong_FromLong", "malloc", "stat64", "pow"]), []),
        (MUSLLINUX, musl(imports=["__isoc23_strtol"]), UNDEFINED),
        (LINUX, musl(imports=["__isoc23_strtol"]), UNDEFINED),
        # Musl has it, but nothing that was compiled for musl needs it.
        (MUSLLINUX, musl(imports=["__ctype_b_loc", "stat"]), ["wrong-libc"]),
        (LINUX, musl(imports=["__ctype_b_loc"]), []),
        (MUSLLINUX, musl(imports=["__ctype_b_loc", "__fdelt_chk"]), UNDEFINED),
        (MACOS, mach(imports={"": ["PyLong_FromLong", "objc_msgSend"]}), []),
        (MACOS, mach(imports={"": ["_ZNSt3__112basic_stringE", "_Znwm", "_ZTIi"]}), []),
        (MACOS, mach(imports={"/usr/lib/libSystem.B.dylib": ["anything"]}), []),
        (MACOS, mach(imports={"": ["forgotten"]}), UNDEFINED),
        (MACOS, mach(imports={"": ["_ZNSt7__cxx1112basic_stringE"]}), UNDEFINED),
        (MACOS, mach(weak_imports=["forgotten"]), []),
        # Then, nothing says where the symbols of the system come from.
        (MACOS, mach(imports={"": ["forgotten"]}, is_flat=True), []),
        (WINDOWS, c.pe(c.PE_AMD64, imports={"kernel32.dll": ["Anything"]}), []),
    ],
)
def test_symbols_of_the_system(tag: str, data: bytes, expected: list[str]) -> None:
    assert codes(tag, data) == expected


@pytest.mark.parametrize(
    ("tag", "data", "message", "hint"),
    [
        (MANYLINUX, elf(imports=["f"]), "needs f, which no library that it needs has", "-Wl,--no-"),
        (MANYLINUX, elf(imports=["__atomic_load"]), "__atomic_load", "PRIVATE atomic"),
        (MANYLINUX, elf(imports=["_ZNSt7__cxx1112basic"]), "__cxx11", "(g++)"),
        (MANYLINUX, elf(imports=["_ZNSt3__16vectorIi"]), "St3__1", "it is in libc++"),
        (MANYLINUX, elf(imports=["_Znwm"]), "_Znwm", "LINKER_LANGUAGE CXX"),
        (MUSLLINUX, musl(imports=["__isoc23_strtol"]), "__isoc23_strtol", "glibc has it"),
        (MANYLINUX, elf(imports=[f"f{n}" for n in range(9)]), "f3, and 5 more", ""),
        (MANYLINUX, elf(imports=["f" * 200]), f"{'f' * 60}..., which", ""),
    ],
)
def test_messages_about_symbols(tag: str, data: bytes, message: str, hint: str) -> None:
    found = only(tag, data)
    assert message in found[0]
    assert hint in found[1]


@pytest.mark.parametrize(
    ("tag", "data", "unproved"),
    [
        (MANYLINUX, elf(imports=["malloc"]), ""),
        # Promised, but its symbols are not in a table.
        (MANYLINUX, elf("libX11.so.6", imports=["XFree"]), "XFree, which can be in libX11.so.6"),
        (MANYLINUX, elf("libX11.so.6", imports=["malloc", "PyLong_FromLong"]), ""),
        (LINUX, elf("libfoo.so", imports=["foo"]), "foo, which can be in libfoo.so"),
        (MACOS, mach(imports={"/usr/lib/libSystem.B.dylib": ["printf"]}), "macOS has all"),
        (MACOS, mach(imports={"": ["PyLong_FromLong"]}), ""),
        (WINDOWS, c.pe(c.PE_AMD64, imports={"KERNEL32.dll": ["Sleep"]}), "Windows has all"),
        (WINDOWS, c.pe(c.PE_AMD64, imports={"python312.dll": ["PyLong_FromLong"]}), ""),
        ("cp313-cp313-android_24_x86_64", android(c.X86_64, imports=["f"]), "can be in libc.so"),
        (
            "cp313-cp313-android_24_x86_64",
            android(c.X86_64, versions={"libc.so": ["LIBC"]}),
            "Android has all",
        ),
        ("cp313-cp313-pyodide_2025_0_wasm32", c.wasm("dylink.0"), "Pyodide has all"),
    ],
)
def test_what_is_not_proved_is_said(tag: str, data: bytes, unproved: str) -> None:
    found = [f for f in findings(tag, {"m/x.so": data}) if f.code is Code.UNPROVED_SYMBOLS]
    assert bool(found) is bool(unproved)
    assert unproved in "".join(f.problem.message for f in found)
    assert all(f.severity is Severity.NOTE for f in found)


def test_what_only_pypy_has() -> None:
    symbols = ["pypy_init_embedded_cffi_module", "PyPyLong_FromLong"]
    pypy, windows = "pp311-pypy311_pp73-manylinux_2_28_x86_64", "pp311-pypy311_pp73-win_amd64"
    assert codes(pypy, elf(imports=symbols)) == []
    assert codes(MANYLINUX, elf(imports=symbols)) == UNDEFINED
    library = c.pe(c.PE_AMD64, imports={"libpypy3.11-c.dll": symbols})
    assert codes(windows, library) == []
    assert codes("pp310-pypy310_pp73-win_amd64", library) == ["linked-to-other-python"]
    assert codes("cp311-cp311-win_amd64", library) == ["linked-to-other-python"]


def test_symbols_of_libraries_in_the_wheel() -> None:
    library = elf(exports=["f"], soname="liby.so")
    path = {"runpath": "$ORIGIN"}
    assert (
        codes(MANYLINUX, {"x.so": elf("liby.so", imports=["f"], **path), "liby.so": library}) == []
    )
    files = {"x.so": elf("liby.so", imports=["f", "g"], **path), "liby.so": library}
    assert codes(MANYLINUX, files) == UNDEFINED
    # By the library of a library, and back.
    files = {
        "x.so": elf("liby.so", imports=["g"], exports=["PyInit_x", "h"], **path),
        "liby.so": elf("libz-1.so", imports=["h"], **path),
        "libz-1.so": elf(exports=["g"]),
    }
    assert codes(MANYLINUX, files) == []
    # What it is not linked to, is not loaded with it.
    files = {"x.so": elf(imports=["f"]), "liby.so": library}
    assert codes(MANYLINUX, files) == UNDEFINED
    assert "liby.so has it: link to it" in only(MANYLINUX, files)[1]
    # With a version of the library, which the wheel's own lacks.
    versioned = elf("liby.so", versions={"liby.so": ["Y_1"]}, **path)
    assert codes(MANYLINUX, {"x.so": versioned, "liby.so": library}) == UNDEFINED
    # One that is not read may have anything.
    assert codes(MANYLINUX, {"x.so": versioned, "liby.so": c.elf(c.X86_64)[:3]}) == ["not-loadable"]


@pytest.mark.parametrize(
    ("library", "is_found"),
    [
        # The symbol of `versions` is called like the version.
        ({"exports_with": {"Y_1": ["y_1"]}}, True),
        ({"exports_with": {"Y_2": ["z"], "Y_1": ["y_1"]}}, True),
        ({"exports_with": {"Y_2": ["y_1"]}}, False),
        ({"exports_with": {"Y_1": ["z"]}, "exports": ["y_1"]}, True),
        ({"exports_with": {"Y_1": ["z"]}}, False),
        # The library knows of versions, those of others.
        ({"exports": ["y_1"], "versions": {"libc.so.6": ["GLIBC_2.17"]}}, True),
        # It knows of none, for which glibc ends the process.
        ({"exports": ["y_1"]}, False),
    ],
)
def test_versions_of_libraries_in_the_wheel(library: dict[str, Any], is_found: bool) -> None:
    x = elf("liby.so", versions={"liby.so": ["Y_1"]}, exports=["PyInit_x"], runpath="$ORIGIN")
    y = elf(soname="liby.so", **library)
    found = codes(MANYLINUX, {"x.so": x, "liby.so": y})
    assert found == ([] if is_found else UNDEFINED)


def test_messages_about_versions() -> None:
    x = elf("liby.so", versions={"liby.so": ["Y_1"]}, exports=["PyInit_x"], runpath="$ORIGIN")
    y = elf(soname="liby.so", exports_with={"Y_2": ["z"]}, exports=["y_1"])
    message, hint = only(MANYLINUX, {"x.so": x, "liby.so": y})
    assert "needs version Y_1, which liby.so does not have" in message
    assert "another version of the library" in hint


def test_the_runtime_of_another_library() -> None:
    # Linked as C, but loaded with a library that is linked as C++.
    symbols = ["_ZNSt6thread4joinEv", "_Znwm", "__gxx_personality_v0", "_Unwind_Resume"]
    x = elf("liby.so", imports=symbols, runpath="$ORIGIN", exports=["PyInit_x"])
    files = {"x.so": x, "liby.so": elf("libstdc++.so.6", "libgcc_s.so.1")}
    assert codes(MANYLINUX, files) == []
    assert codes(MANYLINUX, {**files, "liby.so": elf()}) == UNDEFINED


def test_symbols_of_macos_come_from_their_library() -> None:
    name = "@loader_path/y.dylib"
    x = mach(name, imports={name: ["f"]}, exports=["PyInit_x"])
    assert codes(MACOS, {"x.so": x, "y.dylib": mach(exports=["f"])}) == []
    assert codes(MACOS, {"x.so": x, "y.dylib": mach(exports=["f"], has_trie=False)}) == []
    files = {"x.so": x, "y.dylib": mach(exports=["g"])}
    assert codes(MACOS, files) == UNDEFINED
    assert only(MACOS, files)[0] == f"needs f, which {name} does not have"
    # What a library passes on for its own.
    other = mach(reexported=["@loader_path/z.dylib"], exports=["g"])
    files = {"x.so": x, "y.dylib": other, "z.dylib": mach(exports=["f"])}
    assert codes(MACOS, files) == []
    assert codes(MACOS, {**files, "z.dylib": mach(exports=["h"])}) == UNDEFINED
    of_system = mach(reexported=["/usr/lib/libz.dylib"], exports=["g"])
    assert codes(MACOS, {"x.so": x, "y.dylib": of_system}) == []
    anywhere = mach(name, imports={"": ["f"]}, exports=["PyInit_x"])
    assert codes(MACOS, {"x.so": anywhere, "y.dylib": mach(exports=["f"])}) == []


def test_symbols_of_windows_come_from_their_library() -> None:
    x = c.pe(c.PE_AMD64, imports={"Y.dll": ["f"]}, exports=["PyInit_x"])
    assert codes(WINDOWS, {"x.pyd": x, "y.dll": c.pe(c.PE_AMD64, exports=["f"])}) == []
    files = {"x.pyd": x, "y.dll": c.pe(c.PE_AMD64, exports=["g"])}
    assert codes(WINDOWS, files) == UNDEFINED
    assert only(WINDOWS, files)[0] == "needs f, which Y.dll does not have"
    x32 = c.pe(c.PE_I386, imports={"y.dll": ["f"]})
    files = {"x.pyd": x32, "y.dll": c.pe(c.PE_I386, exports=["f"])}
    assert codes("cp312-cp312-win32", files) == []


@pytest.mark.parametrize(
    ("tag", "symbols", "expected"),
    [
        (ABI3, ["PyLong_FromLong", "Py_EnterRecursiveCall"], []),
        (ABI3, ["PyObject_GetTypeData"], ["newer-stable-abi"]),
        ("cp312-abi3-manylinux_2_28_x86_64", ["PyObject_GetTypeData"], []),
        ("cp312.cp313-abi3-manylinux_2_28_x86_64", ["PyType_Freeze"], ["newer-stable-abi"]),
        (ABI3, ["PyType_Freeze", "_Py_RefTotal"], ["not-stable-abi", "newer-stable-abi"]),
        (ABI3, ["_PyObject_LookupSpecial"], ["not-stable-abi"]),
        (ABI3, ["_Py_RefTotal"], ["not-stable-abi"]),
        ("cp315-abi3t-manylinux_2_28_x86_64", ["PyModule_Exec"], []),
        ("cp315-abi3t-manylinux_2_28_x86_64", ["_PyObject_LookupSpecial"], ["not-stable-abi"]),
        ("cp315-abi3.abi3t-manylinux_2_28_x86_64", ["_Py_RefTotal"], ["not-stable-abi"]),
        (MANYLINUX, ["_PyObject_LookupSpecial"], []),
    ],
)
def test_the_stable_abi(tag: str, symbols: list[str], expected: list[str]) -> None:
    assert codes(tag, elf(imports=symbols)) == expected


def test_messages_about_the_stable_abi() -> None:
    symbols = ["PyObject_GetTypeData", "Py_Version", "PyType_GetName"]
    message, hint = only(ABI3, elf(imports=symbols))
    assert "from CPython 3.12 on, but the wheel's tag cp39-abi3-manylinux" in message
    assert "promises 3.9" in message
    assert "set it to 312" in hint
    weak = elf(weak_imports=["PyObject_GetTypeData", "_Py_RefTotal"])
    assert codes(ABI3, weak) == []
    # A library of the wheel can have names that begin so.
    files = {
        "x.abi3.so": elf("liby.so", imports=["PyMine_New"], runpath="$ORIGIN"),
        "liby.so": elf(exports=["PyMine_New"]),
    }
    assert codes(ABI3, files) == []
    assert codes(ABI3, {**files, "liby.so": elf()}) == ["not-stable-abi"]
    # And so can one of another wheel.
    assert codes(ABI3, elf("libother.so", imports=["PyMine_New"])) == MISSING


AARCH64 = "cp312-cp312-manylinux_2_28_aarch64"


@pytest.mark.parametrize(
    ("tag", "data", "expected"),
    [
        (MANYLINUX, elf(stack=7), ["executable-stack"]),
        (MANYLINUX, elf(stack=None), ["executable-stack"]),
        (LINUX, elf(stack=7), ["executable-stack"]),
        (MUSLLINUX, musl(stack=7), ["executable-stack (warning)"]),
        (MANYLINUX, elf(stack=7, is_pie=True), ["executable-stack (warning)"]),
        (AARCH64, elf(machine=c.AARCH64, stack=7), ["executable-stack"]),
        (AARCH64, elf(machine=c.AARCH64, stack=None), []),
        (MANYLINUX, elf(has_text_relocations=True), ["text-relocations (warning)"]),
        (MANYLINUX, elf(alignment=0x1000), []),
        (AARCH64, elf(machine=c.AARCH64, alignment=0x1000), ["small-pages (warning)"]),
        (AARCH64, elf(machine=c.AARCH64, alignment=0x4000), ["small-pages (warning)"]),
        (
            "cp313-cp313-android_24_arm64_v8a",
            android(c.AARCH64, alignment=0x1000),
            ["small-pages (warning)"],
        ),
        (
            "cp313-cp313-android_24_arm64_v8a",
            android(c.AARCH64, alignment=0x4000),
            [],
        ),
        (WINDOWS, c.pe(c.PE_AMD64, subsystem=2), []),
        (WINDOWS, c.pe(c.PE_AMD64, subsystem=1), ["wrong-subsystem"]),
        (MANYLINUX, c.elf(c.X86_64, kind=1), []),
    ],
)
def test_memory(tag: str, data: bytes, expected: list[str]) -> None:
    assert codes(tag, data) == expected


def test_what_the_assembler_is_to_be_told() -> None:
    message, hint = only(MANYLINUX, elf(stack=7))
    assert "needs an executable stack" in message
    assert '.section .note.GNU-stack,"",%progbits' in hint


RISCV = "cp312-cp312-manylinux_2_39_riscv64"
GC = "rv64i2p1_m2p0_a2p1_f2p2_d2p2_c2p0_zicsr2p0_zifencei2p0_zmmul1p0"


def riscv(architecture: str) -> bytes:
    attributes = c.riscv_attributes(architecture)
    return elf(machine=c.RISCV, flags=c.RISCV_DOUBLE, attributes=attributes)


@pytest.mark.parametrize(
    ("tag", "data", "expected"),
    [
        (MANYLINUX, elf(note=c.x86_note(isa=1)), []),
        (MANYLINUX, elf(note=c.x86_note(isa=7)), ["newer-cpu"]),
        (LINUX, elf(note=c.x86_note(isa=2)), ["newer-cpu (warning)"]),
        (
            "cp312-cp312-manylinux_2_28_i686",
            c.elf(c.I386, 32, needed=["libc.so.6"], note=c.x86_note(32, 2)),
            ["newer-cpu"],
        ),
        (RISCV, riscv(GC), []),
        (RISCV, riscv("rv64imafdc"), []),
        (RISCV, riscv(f"{GC}_zbb1p0"), ["newer-cpu"]),
        (RISCV, riscv("rv64imafdcv_zve32x1p0"), ["newer-cpu"]),
        ("cp312-cp312-linux_riscv64", riscv(f"{GC}_zbb1p0"), ["newer-cpu (warning)"]),
    ],
)
def test_processors(tag: str, data: bytes, expected: list[str]) -> None:
    assert codes(tag, data) == expected


def test_messages_about_processors() -> None:
    assert "x86-64-v3" in only(MANYLINUX, elf(note=c.x86_note(isa=7)))[0]
    assert "the extensions v, zve32x, but" in only(RISCV, riscv("rv64imafdcv_zve32x1p0"))[0]
    data = c.elf(c.ARM, 32, flags=c.ARM_HARD, needed=["libc.so.6"], attributes=c.arm_attributes(10))
    armv6 = "cp312-cp312-linux_armv6l"
    assert "compile with -march=armv6" in only(armv6, data)[1]
    hint = only(armv6, data, compile_flags=("-O2", "-march=armv6"))[1]
    assert "compile with" not in hint
    assert "use a compiler that was made for ARMv6" in hint


def test_several_tags_are_all_to_be_kept() -> None:
    tag = "cp312-cp312-manylinux_2_28_x86_64.linux_x86_64"
    assert codes(tag, elf("libgomp.so.1")) == MISSING
    assert codes(tag, elf(note=c.x86_note(isa=7))) == ["newer-cpu"]


def test_damaged_tables_of_symbols() -> None:
    data = elf(imports=["f"] * 20, exports=["PyInit_x"])
    for size in range(len(data) - 1, 100, -29):
        binary = read_stream(io.BytesIO(data[:size]))
        assert binary is not None
        assert binary.is_damaged
    data = mach(imports={"": ["f"]}, exports=["PyInit_x"])
    binary = read_stream(io.BytesIO(data[:-3]))
    assert binary is not None
    assert binary.is_damaged
    data = c.pe(c.PE_AMD64, imports={"y.dll": ["f"]}, exports=["PyInit_x"])
    binary = read_stream(io.BytesIO(data[:-3]))
    assert binary is not None
    assert binary.is_damaged


def test_symbols_with_versions_of_glibc_are_those_that_it_has() -> None:
    def renamed(name: str, machine: int = c.X86_64, version: str = "GLIBC_2.17") -> bytes:
        data = elf(machine=machine, versions={"libc.so.6": [version]})
        return data.replace(b"\0malloc\0", b"\0%b\0" % name.encode())

    assert codes(MANYLINUX, renamed("malloc")) == []
    assert codes(MANYLINUX, renamed("mallox")) == UNDEFINED
    assert only(MANYLINUX, renamed("mallox"))[0] == "needs mallox, which libc.so.6 does not have"
    # It is not known what other machines and newer versions have.
    power = "cp312-cp312-manylinux_2_28_ppc64le"
    assert codes(power, renamed("mallox", c.PPC64)) == []
    assert codes(LINUX, renamed("mallox", version="GLIBC_2.99")) == []
    # Of the vector functions there are too many.
    needs = elf("libmvec.so.1", versions={"libmvec.so.1": ["GLIBC_2.22"]})
    assert codes(MANYLINUX, needs.replace(b"\0malloc\0", b"\0_ZGVbN\0")) == []


def test_versions_of_glibc_that_are_none() -> None:
    data = elf(versions={"libc.so.6": ["GLIBC_2.99."]})
    assert codes(MANYLINUX, data) == ["newer-symbols"]
    assert codes(MANYLINUX, elf(versions={"libc.so.6": ["GLIBC_ABI_NEW"]})) == ["newer-symbols"]
    assert codes(MANYLINUX, elf(versions={"libc.so.6": ["GLIBC_PRIVATE"]})) == []
