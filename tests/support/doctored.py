"""Wheels that are broken in one place, and the sound ones that they are made from.

Each sound wheel (`BASES`) has a package with an extension module, and a library that the module
needs. A row of `CHANGES` says what is done to it, to wheels of which formats, and the code of the
finding with which the proof has to refuse it.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from support import compiled as c
from support.packed import member, record_hash, write_packed

ELF, MACH_O, PE, WASM = "ELF", "Mach-O", "PE", "WebAssembly"
# How many changes of a byte are tried; somebody may ask for more.
CHANGED_BYTES = int(os.environ.get("PY_BUILD_CMAKE_TEST_BYTES", "200"))
_PYTHON = "PyLong_FromLong"
Options = Mapping[str, Any]


@dataclass(frozen=True)
class Base:
    """A sound wheel: its tag, and how the module and the library in it are compiled.

    ``machine`` and ``other`` are arguments for the functions of `support.compiled`: those of the
    right machine, and those of another one. ``module`` and ``system`` are
    further arguments, for the module and for both.
    """

    tag: str
    format: str
    machine: tuple[Any, ...]
    other: tuple[Any, ...]
    suffix: str
    library: str
    module: Options = field(default_factory=dict)
    system: Options = field(default_factory=dict)

    @property
    def module_place(self) -> str:
        """Where the module is in the wheel."""
        return f"p/m{self.suffix}"

    @property
    def library_place(self) -> str:
        """Where the library is: on Windows beside the module, which is all that is looked at."""
        folder = "p" if self.format == PE else "p/lib"
        return f"{folder}/{self.library}"

    @property
    def name(self) -> str:
        """The name of the wheel's file."""
        return f"p-1.0-{self.tag}.whl"


def _linux(tag: str, machine: tuple[Any, ...], suffix: str, libc: str = "libc.so.6") -> Base:
    other = (c.S390, 64, ">") if machine[0] == c.X86_64 else (c.X86_64,)
    system = {"flags": _FLAGS.get(machine[0], 0)}
    return Base(tag, ELF, machine, other, suffix, "libx.so.1", {"libc": libc}, system)


_FLAGS = {c.ARM: c.ARM_HARD, c.RISCV: c.RISCV_DOUBLE}


def _mac(tag: str, *cpus: int, system: tuple[int, int, int], suffix: str) -> Base:
    other = (c.MAC_X86_64 if cpus == (c.MAC_ARM64,) else c.MAC_ARM64,)
    if len(cpus) == 2:
        other = cpus[:1]
    return Base(tag, MACH_O, cpus, other, suffix, "libx.dylib", system={"platforms": [system]})


def _windows(tag: str, machine: int, suffix: str, python: str) -> Base:
    other = c.PE_ARM64 if machine == c.PE_AMD64 else c.PE_AMD64
    return Base(tag, PE, (machine,), (other,), suffix, "x.dll", {"python": python})


_X86_64 = ".cpython-312-x86_64-linux-gnu.so"
BASES = (
    _linux("cp312-cp312-manylinux_2_28_x86_64", (c.X86_64,), _X86_64),
    _linux("cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64", (c.X86_64,), _X86_64),
    _linux("cp39-abi3-manylinux_2_28_x86_64", (c.X86_64,), ".abi3.so"),
    _linux("cp313-cp313t-manylinux_2_28_x86_64", (c.X86_64,), ".cpython-313t-x86_64-linux-gnu.so"),
    _linux(
        "pp311-pypy311_pp73-manylinux_2_28_x86_64",
        (c.X86_64,),
        ".pypy311-pp73-x86_64-linux-gnu.so",
    ),
    _linux(
        "cp312-cp312-manylinux_2_28_aarch64", (c.AARCH64,), ".cpython-312-aarch64-linux-gnu.so"
    ),
    _linux(
        "cp312-cp312-manylinux_2_31_armv7l", (c.ARM, 32), ".cpython-312-arm-linux-gnueabihf.so"
    ),
    _linux("cp312-cp312-manylinux_2_28_i686", (c.I386, 32), ".cpython-312-i386-linux-gnu.so"),
    _linux(
        "cp312-cp312-manylinux_2_28_s390x", (c.S390, 64, ">"), ".cpython-312-s390x-linux-gnu.so"
    ),
    _linux(
        "cp312-cp312-manylinux_2_28_ppc64le", (c.PPC64,), ".cpython-312-powerpc64le-linux-gnu.so"
    ),
    _linux(
        "cp312-cp312-manylinux_2_39_riscv64", (c.RISCV,), ".cpython-312-riscv64-linux-gnu.so"
    ),
    _linux(
        "cp312-cp312-musllinux_1_2_x86_64",
        (c.X86_64,),
        ".cpython-312-x86_64-linux-musl.so",
        "libc.musl-x86_64.so.1",
    ),
    _linux(
        "cp312-cp312-musllinux_1_2_aarch64",
        (c.AARCH64,),
        ".cpython-312-aarch64-linux-musl.so",
        "libc.musl-aarch64.so.1",
    ),
    _mac(
        "cp312-cp312-macosx_11_0_arm64",
        c.MAC_ARM64,
        system=(1, 11, 0),
        suffix=".cpython-312-darwin.so",
    ),
    _mac(
        "cp312-cp312-macosx_10_13_x86_64",
        c.MAC_X86_64,
        system=(1, 10, 13),
        suffix=".cpython-312-darwin.so",
    ),
    _mac(
        "cp39-abi3-macosx_11_0_universal2",
        *(c.MAC_ARM64, c.MAC_X86_64),
        system=(1, 11, 0),
        suffix=".abi3.so",
    ),
    _mac(
        "cp313-cp313-ios_13_0_arm64_iphoneos",
        c.MAC_ARM64,
        system=(2, 13, 0),
        suffix=".cpython-313-iphoneos.so",
    ),
    _windows("cp312-cp312-win_amd64", c.PE_AMD64, ".cp312-win_amd64.pyd", "python312.dll"),
    _windows("cp312-cp312-win32", c.PE_I386, ".cp312-win32.pyd", "python312.dll"),
    _windows("cp312-cp312-win_arm64", c.PE_ARM64, ".cp312-win_arm64.pyd", "python312.dll"),
    _windows("cp39-abi3-win_amd64", c.PE_AMD64, ".pyd", "python3.dll"),
    Base(
        "cp313-cp313-android_24_arm64_v8a",
        ELF,
        (c.AARCH64,),
        (c.X86_64,),
        ".cpython-313-aarch64-linux-android.so",
        "libx.so",
        {"libc": "libc.so"},
        {"note": c.android_note(24)},
    ),
    Base(
        "cp313-cp313-pyodide_2025_0_wasm32",
        WASM,
        (),
        (),
        ".cpython-313-wasm32-emscripten.so",
        "libx.so",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Contents:
    """What a wheel is made of, before it is packed.

    ``module`` and ``library`` are options of `compile_module` and `compile_library`. ``files`` are
    further ones, with None for those that the wheel lacks; those in ``.dist-info`` are
    replaced behind the back of RECORD. ``members`` are added to the archive, and ``record`` changes
    the rows of RECORD; None leaves it out.
    """

    base: Base
    tag: str = ""
    module_place: str = ""
    library_place: str = ""
    module: Options = field(default_factory=dict)
    library: Options = field(default_factory=dict)
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    members: tuple[tuple[zipfile.ZipInfo, bytes], ...] = ()
    record: Callable[[list[list[str]]], list[list[str]]] | None = lambda rows: rows

    def write(self, directory: Path) -> Path:
        """Pack the wheel; return its file."""
        base = self.base
        places = self.module_place or base.module_place, self.library_place or base.library_place
        files: dict[str, bytes | None] = {
            "p/__init__.py": b"",
            places[0]: compile_module(base, self.module),
            places[1]: compile_library(base, self.library),
        }
        files.update(self.files)
        kept = {place: data for place, data in files.items() if data is not None}
        info = "p-1.0.dist-info"
        metadata = {k: v for k, v in self.files.items() if k.startswith(info)}
        return write_packed(
            directory / f"p-1.0-{self.tag or base.tag}.whl",
            {place: data for place, data in kept.items() if place not in metadata},
            changed=metadata,
            members=self.members,
            record=self.record,
        )


def compile_module(base: Base, changes: Options) -> bytes:
    """Compile the extension module, with other options than the sound one's."""
    options = {"needed": [], "exports": ["PyInit_m"], "uses": ["x"], **changes}
    return _compile(base, options, is_module=True)


def compile_library(base: Base, changes: Options) -> bytes:
    """Compile the library that the module needs."""
    return _compile(base, {"needed": [], "exports": ["x"], "uses": [], **changes}, is_module=False)


def _compile(base: Base, options: dict[str, Any], *, is_module: bool) -> bytes:
    machine = options.pop("machine", base.machine)
    needed, uses = options.pop("needed"), options.pop("uses")
    exports = options.pop("exports")
    way = options.pop("way", "lib")
    rest = {**base.system, **options}
    if base.format == WASM:
        return c.wasm("dylink.0", ["libx.so"] if is_module else [], exports)
    if base.format == ELF:
        libc = rest.pop("libc", base.module.get("libc", ""))
        python = [_PYTHON] if is_module else []
        rest.setdefault("imports", [*uses, *python])
        if is_module:
            rest.setdefault("runpath", f"$ORIGIN/{way}" if way else "")
        own = [base.library] if is_module else []
        rest.setdefault("soname", "" if is_module else base.library)
        return c.elf(*machine, needed=[*own, *needed, libc], exports=exports, **rest)
    if base.format == PE:
        own_dll = {base.library: uses} if is_module else {}
        dlls = {**own_dll, **dict.fromkeys(needed, ()), "KERNEL32.dll": ["Sleep"]}
        if is_module:
            dlls[rest.pop("python", base.module["python"])] = [_PYTHON]
        rest.setdefault("imports", dlls)
        return c.pe(*machine, exports=exports, **rest)
    name = f"@rpath/{base.library}"
    imports = {name: uses, "": [_PYTHON]} if is_module else {}
    slices = [
        c.mach(
            cpu,
            kind=8 if is_module else 6,
            needed=["/usr/lib/libSystem.B.dylib", *([name] if is_module else []), *needed],
            soname="" if is_module else name,
            rpaths=[f"@loader_path/{way}"] if is_module and way else [],
            imports=imports,
            exports=exports,
            **rest,
        )
        for cpu in machine
    ]
    return slices[0] if len(slices) == 1 else c.fat_mach(machine, slices=slices)


Change = Callable[[Contents], Contents]
EVERY = (ELF, MACH_O, PE, WASM)
NATIVE = (ELF, MACH_O, PE)


def _module(**options: Any) -> Change:
    return lambda contents: replace(contents, module={**contents.module, **options})


def _library(**options: Any) -> Change:
    return lambda contents: replace(contents, library={**contents.library, **options})


def _files(files: Mapping[str, bytes | None]) -> Change:
    return lambda contents: replace(contents, files={**contents.files, **files})


def _other(base: Base) -> dict[str, Any]:
    """Return the options that make a file for another machine."""
    return {"machine": base.other, **({"flags": 0} if base.format == ELF else {})}


def _module_of_another_machine(contents: Contents) -> Contents:
    return replace(contents, module=_other(contents.base))


def _library_of_another_machine(contents: Contents) -> Contents:
    return replace(contents, library=_other(contents.base))


def _tag(old: str, new: str) -> Change:
    return lambda contents: replace(contents, tag=contents.base.tag.replace(old, new))


def _suffix(old: str, new: str) -> Change:
    def change(contents: Contents) -> Contents:
        place = contents.base.module_place.replace(old, new)
        return replace(contents, module_place=place)

    return change


def _without_library(contents: Contents) -> Contents:
    return replace(contents, files={**contents.files, contents.base.library_place: None})


def _library_elsewhere(contents: Contents) -> Contents:
    return replace(contents, library_place=f"q/{contents.base.library}")


def _any(contents: Contents) -> Contents:
    return replace(contents, tag="py3-none-any")


def _another_format(contents: Contents) -> Contents:
    data = c.pe(c.PE_AMD64) if contents.base.format != PE else c.elf(c.X86_64)
    return replace(contents, files={**contents.files, contents.base.library_place: data})


def _unlisted(contents: Contents) -> Contents:
    return replace(contents, members=((member("p/more.py"), b"1"),))


def _hash(contents: Contents) -> Contents:
    wrong = record_hash(b"other")
    place = contents.base.module_place
    return replace(
        contents,
        record=lambda rows: [[p, wrong if p == place else h, size] for p, h, size in rows],
    )


@dataclass(frozen=True)
class Row:
    """A way to break wheels of some formats, and the code of what is then found.

    ``tags`` is a part of the tags of the wheels that it is done to.
    """

    what: str
    code: str
    change: Change
    formats: tuple[str, ...] = EVERY
    tags: str = ""
    without: tuple[str, ...] = ()

    def is_for(self, base: Base) -> bool:
        """Whether a sound wheel can be broken in this way."""
        is_excluded = any(part in base.tag for part in self.without)
        return base.format in self.formats and self.tags in base.tag and not is_excluded


CHANGES = (
    Row("module of another machine", "wrong-machine", _module_of_another_machine, NATIVE),
    Row("library of another machine", "wrong-machine", _library_of_another_machine, NATIVE),
    Row("library of another format", "wrong-machine", _another_format),
    Row("compiled code for any machine", "binary-in-any-wheel", _any),
    Row("library left out", "missing-library", _without_library, NATIVE, without=("ios",)),
    Row("library elsewhere", "unreachable-library", _library_elsewhere, NATIVE),
    Row("no search path", "unreachable-library", _module(way=""), (ELF, MACH_O)),
    Row("wrong search path", "unreachable-library", _module(way="libs"), (ELF, MACH_O)),
    Row("library that is nowhere", "missing-library", _module(needed=["liby.so.3"]), (ELF,)),
    Row("dylib that is nowhere", "missing-library", _module(needed=["@rpath/y.dylib"]), (MACH_O,),
        without=("ios",)),
    Row("DLL that is nowhere", "missing-library", _module(needed=["y.dll"]), (PE,)),
    Row("C++ runtime", "missing-library", _module(needed=["MSVCP140.dll"]), (PE,)),
    Row("MinGW's runtime", "missing-library", _library(needed=["libgcc_s_seh-1.dll"]), (PE,)),
    Row("runtime for debugging", "missing-library", _module(needed=["ucrtbased.dll"]), (PE,)),
    Row("another Python's DLL", "linked-to-other-python", _module(python="python310.dll"), (PE,)),
    Row("forgotten symbol of the library", "undefined-symbol", _library(exports=["y"]), NATIVE,
        without=("android",)),
    Row("forgotten source file", "undefined-symbol", _module(uses=["x", "forgotten"]), NATIVE,
        without=("android",)),
    Row("forgotten source file of the library", "undefined-symbol", _library(uses=["forgotten"]),
        (ELF,), without=("android",)),
    Row("libatomic", "undefined-symbol", _module(uses=["x", "__atomic_load_16"]), (ELF,),
        without=("android",)),
    Row("libc++", "undefined-symbol", _module(uses=["_ZNSt3__112basic_stringIcEC1Ev"]), (ELF,),
        without=("android",)),
    Row("older Python", "wrong-suffix", _suffix("312", "311"), tags="cp312"),
    Row("older Python", "wrong-suffix", _suffix("313", "312"), tags="cp313"),
    Row("another PyPy", "wrong-suffix", _suffix("pypy311", "pypy310"), tags="pp311"),
    Row("CPython's module for PyPy", "wrong-suffix",
        _suffix("pypy311-pp73", "cpython-311"), tags="pp311"),
    Row("module with the GIL", "wrong-suffix", _suffix("313t", "313"), tags="cp313t"),
    Row("free-threaded module", "wrong-suffix", _suffix("312", "312t"), tags="cp312"),
    Row("suffix of another machine", "wrong-suffix", _suffix("x86_64", "aarch64"), (ELF,),
        tags="x86_64", without=("abi3",)),
    Row("suffix of another machine", "wrong-suffix", _suffix("aarch64", "x86_64"), (ELF,),
        tags="aarch64"),
    Row("suffix of another machine", "wrong-suffix", _suffix("win_amd64", "win_arm64"), (PE,),
        tags="cp312-win_amd64"),
    Row("suffix of another libc", "wrong-suffix", _suffix("linux-gnu", "linux-musl"),
        tags="cp312-manylinux", without=("armv7l",)),
    Row("suffix of another libc", "wrong-suffix", _suffix("linux-musl", "linux-gnu"),
        tags="musllinux"),
    Row("module of one Python for abi3", "wrong-suffix",
        _suffix(".abi3", ".cpython-39-x86_64-linux-gnu"), (ELF,), tags="abi3"),
    Row("unstable function", "not-stable-abi", _module(uses=["x", "PyUnicode_AsUTF8String_"]),
        (ELF,), tags="abi3"),
    Row("newer stable ABI", "newer-stable-abi", _module(uses=["x", "PyType_GetName"]), (ELF,),
        tags="abi3"),
    Row("glibc in musllinux", "wrong-libc", _module(libc="libc.so.6"), (ELF,), tags="musllinux"),
    Row("musl in manylinux", "wrong-libc", _module(libc="libc.musl-x86_64.so.1"), (ELF,),
        tags="manylinux_2_28_x86_64"),
    Row("function of glibc alone", "undefined-symbol", _module(uses=["x", "qsort_r_", "backtrace"]),
        (ELF,), tags="musllinux"),
    Row("headers of glibc", "wrong-libc", _module(uses=["x", "__isoc99_sscanf"]), (ELF,),
        tags="musllinux"),
    Row("newer glibc", "newer-symbols", _module(versions={"libc.so.6": ["GLIBC_2.40"]}), (ELF,),
        tags="manylinux"),
    Row("newer libstdc++", "newer-symbols",
        _module(needed=["libstdc++.so.6"], versions={"libstdc++.so.6": ["GLIBCXX_3.4.34"]}),
        (ELF,), tags="manylinux"),
    Row("older library", "undefined-symbol",
        lambda contents: replace(contents,
            module={"versions": {contents.base.library: ["X_2"]}},
            library={"exports_with": {"X_1": ["x", "x_2"]}, "exports": []}),
        (ELF,), tags="manylinux"),
    Row("executable stack", "executable-stack", _module(stack=7), (ELF,), tags="manylinux"),
    Row("executable stack of the library", "executable-stack", _library(stack=7), (ELF,),
        tags="manylinux"),
    Row("newer processor", "newer-cpu", _module(note=c.x86_note(isa=7)), (ELF,),
        tags="linux_2_28_x86_64"),
    Row("newer extensions", "newer-cpu",
        _module(attributes=c.riscv_attributes("rv64i2p1_m2p0_zbb1p0")), (ELF,), tags="riscv64"),
    Row("soft float", "wrong-float-abi", _module(flags=c.ARM_SOFT), (ELF,), tags="armv7l"),
    Row("soft float", "wrong-float-abi", _library(flags=c.RISCV_SOFT), (ELF,), tags="riscv64"),
    Row("newer macOS", "newer-system", _module(platforms=[(1, 14, 0)]), (MACH_O,), tags="macosx"),
    Row("newer macOS of the library", "newer-system", _library(platforms=[(1, 13, 0)]), (MACH_O,),
        tags="macosx"),
    Row("the simulator", "wrong-system", _module(platforms=[(7, 13, 0)]), (MACH_O,), tags="ios"),
    Row("iOS on macOS", "wrong-system", _module(platforms=[(2, 11, 0)]), (MACH_O,), tags="macosx"),
    Row("newer Android", "newer-system", _module(note=c.android_note(30)), (ELF,), tags="android"),
    Row("linked to libpython", "linked-to-python",
        _module(needed=["libpython3.12.so.1.0"]), (ELF,), tags="cp312-manylinux"),
    Row("linked to another libpython", "linked-to-other-python",
        _module(needed=["libpython3.11.so.1.0"]), (ELF,), tags="cp312-manylinux"),
    Row("no signature", "not-signed", _module(is_signed=False), (MACH_O,), tags="_arm64",
        without=("ios",)),
    Row("changed after it was signed", "wrong-signature", _library(changed=1), (MACH_O,),
        tags="_arm64", without=("ios",)),
    Row("a driver", "wrong-subsystem", _module(subsystem=1), (PE,)),
    Row("a program of its own", "not-dynamic",
        _files({"p/n.cpython-313-wasm32-emscripten.so": c.wasm("", [], ["PyInit_n"])}), (WASM,)),
    Row("CMake's suffix", "no-module-suffix", _suffix(".so", ".wasm"), (WASM,)),
    Row("a tag that never was", "no-such-tag", _tag("manylinux", "manylinux2"), (ELF,),
        tags="cp312-manylinux_2_28_"),
    Row("a tag that never was", "no-such-tag", _tag("win_amd64", "win_x86_64"), (PE,),
        tags="win_amd64"),
    # The archive is the same on every platform.
    Row("a changed file", "contents-differ", _hash, NATIVE, tags="cp312"),
    Row("an unlisted file", "not-in-record", _unlisted, NATIVE, tags="cp312-cp312-m"),
    Row("no RECORD", "no-record", lambda contents: replace(contents, record=None), tags="abi3"),
    Row("a lost file", "missing-file",
        lambda contents: replace(contents,
            record=lambda rows: [*rows, ["p/l.py", "sha256=x", "1"]]),
        tags="abi3"),
    Row("no METADATA", "no-metadata", _files({"p-1.0.dist-info/METADATA": None}), tags="abi3"),
    Row("no WHEEL", "no-wheel-file", _files({"p-1.0.dist-info/WHEEL": None}), tags="abi3"),
    Row("METADATA of another", "other-metadata",
        _files({"p-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: q\nVersion: 1.0\n"}),
        tags="abi3"),
    Row("a name that leads elsewhere", "unsafe-name", _files({"../q.py": b""}), tags="abi3"),
    Row("two cases", "names-differ-in-case", _files({"p/A.py": b"", "p/a.py": b""}), tags="abi3"),
    Row("an unknown scheme", "unknown-scheme", _files({"p-1.0.data/script/x": b""}), tags="abi3"),
    Row("what installers write", "installer-file", _files({"p-1.0.dist-info/INSTALLER": b"x"}),
        tags="abi3"),
    Row("a foreign .dist-info", "several-dist-info", _files({"q-1.0.dist-info/METADATA": b""}),
        tags="abi3"),
    Row("a link", "symbolic-link",
        lambda contents: replace(contents, members=((member("p/l.so", 0o120777), b"m.so"),)),
        tags="abi3"),
)  # fmt: skip


def doctored() -> Iterator[tuple[str, Row, Base]]:
    """Yield every wheel that can be broken in every way that there is for it, with a name."""
    for row in CHANGES:
        for base in BASES:
            if row.is_for(base):
                yield f"{row.what} ({base.tag})", row, base
