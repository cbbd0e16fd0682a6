"""What is known of a compiled file, and how that is said."""

from __future__ import annotations

import functools

from ...base.records import dataclass
from ...platforms.machines import BIONIC, GLIBC, MUSL

__all__ = ["BIONIC", "GLIBC", "MUSL"]

ELF = "ELF"
MACH_O = "Mach-O"
PE = "PE"
WASM = "WebAssembly"

EXECUTABLE = "executable"
LIBRARY = "library"
OBJECT = "object"
ARCHIVE = "archive"
OTHER = "other"
# What a signature is: its hashes are right, or wrong, or of a kind that is not known here.
SIGNATURE_VALID, SIGNATURE_WRONG, SIGNATURE_UNKNOWN = "valid", "wrong", "unknown"
# The format of what is no compiled code at all.
NO_FORMAT = ""
# How the functions begin that make a module: PEP 3121 and 489, PEP 793, and cffi's for PyPy.
INIT_PREFIXES = ("PyInit_", "PyInitU_", "PyModExport_", "PyModExportU_", "_cffi_pypyinit_")

_SYSTEM_NAMES = {"macos": "macOS", "ios": "iOS", "ios-simulator": "iOS simulator"}


@dataclass(frozen=True)
class SymbolVersion:
    """A version of a shared library's symbols that a file needs, such as ``GLIBC_2.34``.

    ``symbols`` are some of the symbols. A file whose need is weak runs without.
    """

    library: str
    name: str
    is_weak: bool = False
    symbols: tuple[str, ...] = ()


@dataclass(frozen=True)
class Import:
    """A symbol that a file needs, under the name that it has in C.

    ``library`` is where it has to come from: the library of its version (ELF), the one that it
    was linked with (Mach-O), the DLL (PE). It is empty where any library will do. A symbol that
    ``is_weak`` may be missing. ``version`` is that of the symbol, if it has one (ELF).
    """

    name: str
    library: str = ""
    is_weak: bool = False
    version: str = ""


@dataclass(frozen=True)
class SystemVersion:
    """An operating system that (a slice of) a file is for, and its oldest version that will do.

    ``system`` is ``macos``, ``ios``, ``ios-simulator``, ``android`` or another name.
    """

    machine: str
    system: str
    version: tuple[int, int]

    def __str__(self) -> str:
        name = _SYSTEM_NAMES.get(self.system, self.system)
        major, minor = self.version
        return f"{name} {major}" if self.system == "android" else f"{name} {major}.{minor}"


@dataclass(frozen=True)
class BinaryReport:
    """A compiled file.

    A machine is named as in platform tags, or by its number if it has no name there.
    ``float_abi`` is ``soft``, ``single``, ``double`` or ``hard`` where the format says it,
    ``cpu`` the least processor architecture where it says that (``v7`` for ARM, ``x86-64-v3``),
    ``extensions`` those of RISC-V that it was compiled with. ``libc`` is empty for what is linked
    to none. ``rpaths`` are all search paths, ``runpaths`` those that are for the libraries of
    this very file only (DT_RUNPATH of ELF). ``optional`` are the libraries of ``needed`` that may
    be missing, ``reexports`` those whose symbols count as this one's. ``imports`` and ``exports``
    are the dynamic symbols, ``own_versions`` the versions that an ELF file has itself, and
    ``versioned_exports`` are its symbols with their versions, also those that are found by their
    version only; one without a version has an empty one. ``has_versions`` is whether it knows of
    versions at all, its own or others'. An ``is_flat`` file of macOS does not say where they come
    from; ``signatures`` are the states of its signatures by its machines. ``alignment`` is the
    smallest that a loaded segment has, in bytes, or 0. ``subsystem`` is Windows' number. A file
    that ``is_portable`` runs on any machine (managed code of .NET, WebAssembly that is not linked
    for a Python). ``members`` has one member of every kind that is in a static library, by its
    name. What ``is_damaged`` could not be read
    whole; the other fields hold what could. ``contents`` says what a file is that has no format,
    because it is not compiled code.
    """

    format: str
    machines: frozenset[str]
    kind: str = OTHER
    system: str = ""
    float_abi: str = ""
    cpu: str = ""
    extensions: tuple[str, ...] = ()
    eabi: int = 0
    libc: str = ""
    interpreter: str = ""
    soname: str = ""
    needed: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    reexports: tuple[str, ...] = ()
    rpaths: tuple[str, ...] = ()
    runpaths: tuple[str, ...] = ()
    versions: tuple[SymbolVersion, ...] = ()
    imports: tuple[Import, ...] = ()
    exports: frozenset[str] = frozenset()
    own_versions: frozenset[str] = frozenset()
    versioned_exports: frozenset[tuple[str, str]] = frozenset()
    has_versions: bool = False
    is_flat: bool = False
    needs_executable_stack: bool = False
    has_text_relocations: bool = False
    alignment: int = 0
    subsystem: int = 0
    systems: tuple[SystemVersion, ...] = ()
    signatures: tuple[tuple[str, str], ...] = ()
    members: tuple[tuple[str, BinaryReport], ...] = ()
    is_portable: bool = False
    is_damaged: bool = False
    contents: str = ""

    @functools.cached_property
    def init_functions(self) -> tuple[str, ...]:
        """The functions by which it can be an extension module."""
        return tuple(sorted(name for name in self.exports if name.startswith(INIT_PREFIXES)))

    @property
    def module(self) -> str:
        """The first extension module that it is by what it exports."""
        return next(
            (n[len(p) :] for n in self.init_functions for p in INIT_PREFIXES if n.startswith(p)), ""
        )

    def __str__(self) -> str:
        if not self.format:
            return self.contents
        text = f"{self.format} for {' and '.join(sorted(self.machines)) or 'no machine'}"
        return f"{text}, {self.float_abi} float" if self.float_abi else text
