"""The SOABI of Pythons on known platforms, and the suffix of extension modules made of it.

Source: CPython's configure, Misc/platform_triplet.c and PC/pyconfig.h, compared with the modules
in published wheels.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .machines import split_platform_tag

if TYPE_CHECKING:
    from collections.abc import Iterable

# The triplets that CPython has for the machines of platform tags; @ is the C library.
_TRIPLETS = {
    "aarch64": "aarch64-linux-@",
    "armv6l": "arm-linux-@eabihf",
    "armv7l": "arm-linux-@eabihf",
    "i686": "i386-linux-@",
    "loongarch64": "loongarch64-linux-@",
    "ppc64": "powerpc64-linux-@",
    "ppc64le": "powerpc64le-linux-@",
    "riscv64": "riscv64-linux-@",
    "s390x": "s390x-linux-@",
    "x86_64": "x86_64-linux-@",
}
_TAG = re.compile(r"(linux|manylinux1|manylinux20\d\d|manylinux_\d+_\d+|musllinux_\d+_\d+)_(\w+)")
_FIRST_WITH_MUSL = (3, 11)
# The same for all machines of a system.
_OF_SYSTEMS = {"mac": "darwin", "pyodide": "wasm32-emscripten"}


def known_soabi(abi_tag: str, platform_tags: Iterable[str]) -> str | None:
    """Return the SOABI that goes with an ABI tag and platforms; None if it does not follow.

    On macOS it names the system only, on Windows it is made of the two tags. Emscripten has one
    architecture.
    """
    tags = tuple(platform_tags)
    systems = {split_platform_tag(tag)[0] for tag in tags}
    if len(systems) == 1 and (triplet := _OF_SYSTEMS.get(*systems)) and (stem := _stem(abi_tag)):
        return f"{stem}-{triplet}"
    if systems == {"windows"} and len(tags) == 1 and re.fullmatch(r"cp3\d+[a-z]*", abi_tag):
        return f"{abi_tag}-{tags[0]}"
    return linux_soabi(abi_tag, tags)


def module_suffix(platform_tag: str) -> str:
    """Return what the names of extension modules for a platform end with at the least."""
    return ".pyd" if split_platform_tag(platform_tag)[0] == "windows" else ".so"


def ext_suffix(soabi: str, platform_tag: str) -> str:
    """Return the suffix of extension modules; the least if the SOABI is empty, not known."""
    least = module_suffix(platform_tag)
    return f".{soabi}{least}" if soabi else least


def _stem(abi_tag: str) -> str | None:
    """Return what a SOABI begins with: ``cpython-312``, ``pypy310-pp73``."""
    if cpython := re.fullmatch(r"cp(3\d+[a-z]*)", abi_tag):
        return f"cpython-{cpython[1]}"
    pypy = re.fullmatch(r"(pypy3\d+)_(pp\d+)", abi_tag)
    return f"{pypy[1]}-{pypy[2]}" if pypy else None


def linux_soabi(abi_tag: str, platform_tags: Iterable[str]) -> str | None:
    """Return the SOABI that goes with an ABI tag on Linux; None if it does not follow.

    A plain ``linux_`` tag is taken for glibc. CPython tells musl from it since 3.11.
    """
    stem, version = _stem(abi_tag), re.match(r"(?:cp|pypy)(3)(\d+)", abi_tag)
    if stem is None or version is None:
        return None
    triplets = {_triplet(tag, (int(version[1]), int(version[2]))) for tag in platform_tags}
    triplet = triplets.pop() if len(triplets) == 1 else None
    return f"{stem}-{triplet}" if triplet else None


def _triplet(platform_tag: str, version: tuple[int, int]) -> str | None:
    match = _TAG.fullmatch(platform_tag)
    triplet = _TRIPLETS.get(match[2]) if match else None
    if match is None or triplet is None:
        return None
    is_musl = match[1].startswith("musl") and version >= _FIRST_WITH_MUSL
    return triplet.replace("@", "musl" if is_musl else "gnu")


def linux_triplets() -> dict[str, str]:
    """Return the machines that platform tags for Linux name, with CPython's triplets for glibc."""
    return {machine: triplet.replace("@", "gnu") for machine, triplet in _TRIPLETS.items()}


def platform_of_soabi(soabi: str) -> str | None:
    """Return the platform tag that a SOABI names, if it names one.

    Windows' SOABI has the platform (``cp312-win_amd64``), that of macOS only its system.
    """
    rest = re.sub(r"^(cpython-|pypy|cp)\d+[a-z]*-?(pp\d+-?)?", "", soabi)
    if rest.startswith("win"):
        return rest
    generic = re.sub(r"-linux-(?:gnu|musl)", "-linux-@", rest)
    # armv6l and armv7l share a triplet; the later entry is the usual machine.
    machines = {triplet: machine for machine, triplet in _TRIPLETS.items()}
    return f"linux_{machines[generic]}" if generic in machines else None
