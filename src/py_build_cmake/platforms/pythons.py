"""One table of Python implementations, and how the names of extension modules are made.

To add an implementation, add a row. Sources: the platform compatibility tags specification and
``packaging.tags`` for the names in tags; PEP 3149, 384 (``abi3``) and 803 (``abi3t``), CPython's
configure, PC/pyconfig.h and Python/dynload_*.c for the names of modules, compared with those in
published wheels; CMake's FindPython. What the implementations load:
``_PyImport_DynLoadFiletab`` in these files of CPython, where 3.15 has the suffixes with ``abi3t``,
and with ``abi3`` and a triplet; ``get_so_extension`` of PyPy, which wants no modules of CPython,
and cffi for its prefix there; Misc/platform_triplet.c for the names of platforms.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.records import dataclass
from .machines import BIONIC, GLIBC, MACHINES, MUSL
from .tags import PlatformTag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .machines import Machine
    from .tags import WheelTag


@dataclass(frozen=True)
class Implementation:
    """An implementation of Python.

    ``name`` is that of :data:`sys.implementation`, ``tag`` what python tags begin with. ``abi``
    matches ABI tags, ``soabi`` the beginning of a SOABI, up to its platform; both name the
    ``version``. ``abi_parts`` is the number of parts of the SOABI that the ABI tag is made of.
    ``stem`` is what the SOABI begins with, before the version; empty where CPython's triplet does
    not follow. ``loads_plain`` is whether it loads modules whose names have no SOABI, and
    ``init`` are the prefixes of the functions that it calls to make a module. ``cmake_id`` is
    ``Python_INTERPRETER_ID``, ``find_python`` what ``Python_FIND_IMPLEMENTATIONS`` calls it,
    ``program`` the interpreter without its version. The ``synonyms`` are recognised, and no names
    in tags.
    """

    name: str
    tag: str
    abi: str = ""
    soabi: str = ""
    abi_parts: int | None = None
    stem: str = ""
    loads_plain: bool = True
    init: tuple[str, ...] = ("PyInit_",)
    cmake_id: str = ""
    find_python: str = ""
    program: str = "python"
    synonyms: tuple[str, ...] = ()


_VERSION = r"(?P<version>[23]\d{1,2})"
IMPLEMENTATIONS = (
    Implementation(
        "cpython",
        "cp",
        abi=rf"cp{_VERSION}(?P<flags>[a-z]*)",
        soabi=rf"(?:cpython-|cp){_VERSION}[a-z]*",
        stem="cpython-",
        synonyms=("py", "python"),
        cmake_id="Python",
        find_python="CPython",
    ),
    Implementation(
        "pypy",
        "pp",
        abi=rf"pypy{_VERSION}_pp\d+",
        soabi=rf"pypy{_VERSION}(?:-pp\d+)?",
        abi_parts=2,
        stem="pypy",
        loads_plain=False,
        init=("PyInit_", "_cffi_pypyinit_"),
        cmake_id="PyPy",
        find_python="PyPy",
        program="pypy",
    ),
    Implementation(
        "graalpy",
        "graalpy",
        abi=rf"graalpy\d+_{_VERSION}_native",
        soabi=rf"graalpy\d+-{_VERSION}-native",
        abi_parts=3,
    ),
    Implementation("ironpython", "ip", cmake_id="IronPython"),
    Implementation("jython", "jy", cmake_id="Jython"),
)
STABLE_ABIS = ("abi3", "abi3t")
# The directory of import libraries in an installation on Windows, beside that of the headers.
WINDOWS_LIBRARIES = "libs"
_FIRST_WITH_MUSL = (3, 11)
# The end of a SOABI, on systems where it is the same for all machines.
_PLATFORMS_OF_SYSTEMS = {"mac": "darwin", "pyodide": "wasm32-emscripten"}
# The suffixes of modules without a SOABI, and with the stable ABI, on each system.
_SUFFIXES = {"windows": (".pyd", ".pyd")}
_OTHER_SUFFIXES = (".so", ".abi3.so")
# The first CPython that has a triplet on Android, and that knows the stable ABI by several names.
_FIRST_WITH_ANDROID, _FIRST_WITH_ABI3T = (3, 13), (3, 15)
# armv6l and armv7l share a triplet; the later row is the usual machine.
_TAGS_OF_TRIPLETS = {row.triplet("gnu"): f"linux_{row.linux}" for row in MACHINES.values()}


def implementation_named(name: str) -> Implementation | None:
    """Return the implementation with a name or a python tag's short form; None if unknown."""
    rows = (row for row in IMPLEMENTATIONS if name in (row.name, row.tag, *row.synonyms))
    return next(rows, None)


def implementation_of(python_tag: str) -> Implementation | None:
    """Return the implementation that a python tag is about; None if unknown, or for ``py3``."""
    return implementation_named(python_tag.rstrip("0123456789"))


def interpreter_id(implementation: str) -> str:
    """Return CMake's name (``Python_INTERPRETER_ID``) of an implementation; empty if unknown."""
    row = implementation_named(implementation)
    return row.cmake_id if row else ""


def implementation_tag(name: str) -> str:
    """Return what python tags call the implementation with this name in :mod:`sys`."""
    row = implementation_named(name)
    return row.tag if row else name


@dataclass(frozen=True)
class Abi:
    """The parts of an ABI tag: the implementation, its version without a dot, CPython's flags."""

    implementation: Implementation
    version: str
    flags: str = ""

    @property
    def python_tag(self) -> str:
        """The python tag that goes with it."""
        return f"{self.implementation.tag}{self.version}"

    @property
    def version_info(self) -> tuple[int, int]:
        """Major and minor version."""
        return int(self.version[0]), int(self.version[1:])


def parse_abi(tag: str | None) -> Abi | None:
    """Read an ABI tag; None if it names no Python that is known here, as ``abi3`` and ``none``."""
    for row in IMPLEMENTATIONS:
        if row.abi and (match := re.fullmatch(row.abi, tag or "")):
            return Abi(row, match["version"], match.groupdict().get("flags") or "")
    return None


@dataclass(frozen=True)
class Soabi:
    """The Python and the platform in a SOABI; a field is empty if the SOABI does not have it.

    ``implementation`` and ``version`` are as in python tags. The ABI of a module for the stable ABI
    is ``abi3`` or ``abi3t``. ``platform`` is a triplet, a platform tag of Windows, or the name of a
    system.
    """

    implementation: str = ""
    version: str = ""
    abi: str = ""
    platform: str = ""

    @property
    def python_tag(self) -> str:
        """The python tag of the only Python that it names; empty for the stable ABI."""
        return f"{self.implementation}{self.version}"

    @property
    def is_stable(self) -> bool:
        """Whether modules with it work with several versions of Python."""
        return self.abi in STABLE_ABIS


def parse_soabi(text: str) -> Soabi | None:
    """Read a SOABI, such as ``cpython-312-aarch64-linux-gnu``; None if it is of no known form."""
    if stable := re.fullmatch(r"(abi3t?)(?:-(.+))?", text):
        return Soabi(abi=stable[1], platform=stable[2] or "")
    for row in IMPLEMENTATIONS:
        if row.soabi and (match := re.fullmatch(rf"({row.soabi})(?:-(?P<platform>.+))?", text)):
            abi = match[1].replace("cpython-", "cp").replace("-", "_")
            known = abi if parse_abi(abi) else ""
            return Soabi(row.tag, match["version"], known, match["platform"] or "")
    return None


def soabi_of_suffix(suffix: str) -> str:
    """Return the middle part of an extension suffix, as CMake's FindPython computes it.

    ``.cpython-311-x86_64-linux-gnu.so`` gives ``cpython-311-x86_64-linux-gnu``, ``.so`` nothing.
    """
    return suffix.lstrip(".").rpartition(".")[0]


def abi_tag_of(implementation: str, version: str, flags: str, soabi: str) -> str:
    """Return the ABI tag of a Python, as the packaging specification of platform tags does."""
    row = implementation_named(implementation)
    if row and row.name == "cpython":
        return f"cp{version}{flags}"
    # The SOABI has the platform in it (pypy311-pp73-x86_64-linux-gnu), the tag has not.
    parts = soabi.split("-")[: row.abi_parts if row else None]
    return "_".join(parts).replace(".", "_") or "none"


def known_soabi(abi_tag: str, platform_tags: Iterable[str]) -> str | None:
    """Return the SOABI that goes with an ABI tag and platforms; None if it does not follow.

    On macOS it names the system only, on Windows it is made of the two tags. Emscripten has one
    machine. A plain ``linux_`` tag is treated as glibc; from CPython 3.11 on, the SOABI of musl
    differs.
    """
    abi, tags = parse_abi(abi_tag), [PlatformTag.parse(tag) for tag in platform_tags]
    found = {_soabi(abi_tag, abi, tag) for tag in tags} if abi else set()
    return found.pop() if len(found) == 1 else None


def _soabi(abi_tag: str, abi: Abi, tag: PlatformTag) -> str | None:
    row = abi.implementation
    if tag.system == "windows":
        return f"{abi_tag}-{tag.text}" if row.name == "cpython" else None
    platform = _PLATFORMS_OF_SYSTEMS.get(tag.system)
    if tag.system == "linux" and len(tag.machines) == 1:
        is_musl = tag.libc == MUSL and abi.version_info >= _FIRST_WITH_MUSL
        platform = tag.machines[0].triplet("musl" if is_musl else "gnu")
    if not platform or not row.stem:
        return None
    return f"{row.stem}{abi_tag[abi_tag.index(abi.version) :].replace('_', '-')}-{platform}"


def module_suffix(platform_tag: str) -> str:
    """Return the shortest suffix of extension modules for a platform."""
    return _SUFFIXES.get(PlatformTag.parse(platform_tag).system, _OTHER_SUFFIXES)[0]


def stable_suffix(platform_tag: str) -> str:
    """Return the suffix of extension modules with the stable ABI."""
    return _SUFFIXES.get(PlatformTag.parse(platform_tag).system, _OTHER_SUFFIXES)[1]


def ext_suffix(soabi: str, platform_tag: str) -> str:
    """Return the suffix of extension modules; the shortest one if the SOABI is empty (unknown)."""
    least = module_suffix(platform_tag)
    return f".{soabi}{least}" if soabi else least


def loaded_suffixes(
    python: str, abi: str, platform_tag: str, libc: str = ""
) -> tuple[str, ...] | None:
    """Return the suffixes of the extension modules that a Python of a wheel's tag looks for.

    The python tag and the ABI tag go together. Where they stand for several Pythons (``abi3``,
    ``py3``), only suffixes are returned that all of them know. ``libc`` is the C library of a
    host whose platform tag leaves it open. None if the suffixes do not follow, because the
    Python or the platform is not known here.
    """
    tag, end = PlatformTag.parse(platform_tag), module_suffix(platform_tag)
    if python.startswith("py"):
        return (end,)
    soabis = _loaded_soabis(python, abi, tag, libc or tag.libc)
    if soabis is None:
        return None
    row, known = implementation_of(python), parse_abi(abi)
    # Builds of Windows for debugging have names of their own for everything.
    mark = "_d" if known and "d" in known.flags and tag.system == "windows" else ""
    plain = (f"{mark}{end}",) if row and row.loads_plain else ()
    return (*(f"{mark}.{soabi}{end}" for soabi in soabis), *plain)


def _loaded_soabis(python: str, abi: str, tag: PlatformTag, libc: str) -> tuple[str, ...] | None:
    match, known = re.fullmatch(r"([a-z]+)(3\d+)", python), parse_abi(abi)
    row = implementation_named(match[1]) if match else None
    if match is None or row is None or not row.stem:
        return None
    version = int(match[2][0]), int(match[2][1:])
    platforms = _platforms_in_soabi(tag, version, libc)
    if platforms is None:
        return None
    if row.name != "cpython":
        ends = platforms if known else ()
        return tuple(f"{abi.replace('_', '-')}-{platform}" for platform in ends) or None
    if abi in STABLE_ABIS:
        return _stable_soabis(abi == "abi3t", version, tag, platforms)
    # A tag without an ABI is that of all builds. Those for debugging load the others' modules.
    flags = (known.flags, known.flags.replace("d", "")) if known else ("", "t")
    own = (
        f"cp{match[2]}{re.sub('[dmu]', '', flag)}-{platform}"
        if tag.system == "windows"
        else f"cpython-{match[2]}{flag}-{platform}".rstrip("-")
        for flag in flags
        for platform in platforms
    )
    is_free_threaded = known is not None and "t" in known.flags
    stable = _stable_soabis(is_free_threaded, version, tag, platforms)
    return tuple(dict.fromkeys((*own, *stable)))


def _stable_soabis(
    is_free_threaded: bool, version: tuple[int, int], tag: PlatformTag, platforms: Iterable[str]
) -> tuple[str, ...]:
    """Return the SOABIs of modules for the stable ABI that a build of CPython loads."""
    if tag.system == "windows":
        return ()
    has_new = version >= _FIRST_WITH_ABI3T
    names = ("abi3",) * (not is_free_threaded) + ("abi3t",) * has_new
    ends = ("", *(f"-{platform}" for platform in platforms if platform)) if has_new else ("",)
    return tuple(f"{name}{end}" for name in names for end in ends)


def _platforms_in_soabi(
    tag: PlatformTag, version: tuple[int, int], libc: str
) -> tuple[str, ...] | None:
    """Return what SOABIs on a platform end with, nothing if they have no such part."""
    only = _PLATFORMS_OF_SYSTEMS.get(tag.system) or tag.sdk
    if only or len(tag.machines) != 1:
        return (only,) if only else None
    (machine,) = tag.machines
    if tag.system == "windows":
        return (tag.text,)
    if tag.system == "android" or (tag.system == "linux" and libc == BIONIC):
        return _android_platforms(machine, version)
    if tag.system != "linux":
        return None
    # Machines with the same header have the same triplet, which one of their rows has.
    named = [row for row in MACHINES.values() if row.kind and row.kind == machine.kind]
    row = next((row for row in (machine, *named) if row.multiarch), machine)
    libcs = {GLIBC: ("gnu",), MUSL: ("musl",)}.get(libc, ("gnu", "musl"))
    if version < _FIRST_WITH_MUSL:
        libcs = tuple(dict.fromkeys((*libcs, "gnu")))
    names = [row.triplet(name) for name in libcs if row.multiarch]
    if row.abi == "eabihf" and not tag.libc:
        names += [name.replace("eabihf", "eabi") for name in names]
    return tuple(names) or None


def _android_platforms(machine: Machine, version: tuple[int, int]) -> tuple[str, ...] | None:
    if not machine.android:
        return None
    end = "eabi" if machine.abi else ""
    named = f"{machine.gcc[0]}-linux-android{end}"
    return (named,) if version >= _FIRST_WITH_ANDROID else (named, "")


def soabi_of_module(name: str) -> tuple[str, Soabi] | None:
    """Return the name of the module in a file name, and its parsed suffix; None for other names.

    Source: ``importlib.machinery.EXTENSION_SUFFIXES``.
    """
    match = re.fullmatch(r"([^.]+)(?:\.(.+))?\.(?:so|pyd)", name)
    soabi = (parse_soabi(match[2]) if match[2] else Soabi()) if match else None
    return (match[1], soabi) if match and soabi else None


def platform_of_soabi(soabi: str) -> str | None:
    """Return the platform tag that a SOABI names, if it names one.

    Windows' SOABI has the platform (``cp312-win_amd64``), that of macOS only its system.
    """
    found = parse_soabi(soabi)
    if found is None or not found.platform:
        return None
    if found.platform.startswith("win"):
        return found.platform
    generic = re.sub(r"-linux-musl", "-linux-gnu", found.platform)
    return _TAGS_OF_TRIPLETS.get(generic)


def go_together(python: str, abi: str) -> bool:
    """Whether a Python can look for both; also True if one of them is not known here.

    Source: ``packaging.tags``. The stable ABI is CPython's, and generic tags have no ABI.
    """
    if abi == "none":
        return True
    known, row = parse_abi(abi), implementation_of(python)
    if known:
        return known.python_tag == python
    if python.startswith("py"):
        return False
    return row is None or (abi in STABLE_ABIS and row.name == "cpython")


def combinations(tag: WheelTag) -> tuple[tuple[str, str], ...]:
    """Return the pairs of python and ABI tag in a set that a Python can look for.

    The others are there because a set is a product: ``cp312.pp311-cp312.pypy311_pp73``.
    """
    return tuple((p, a) for p in tag.pythons for a in tag.abis if go_together(p, a))
