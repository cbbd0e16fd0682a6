"""The SOABI of Pythons on Linux: the middle of the suffix of their extension modules.

Source: CPython's configure and Misc/platform_triplet.c, compared with the modules in published
wheels.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

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


def linux_soabi(abi_tag: str, platform_tags: Iterable[str]) -> str | None:
    """Return the SOABI that goes with an ABI tag on Linux; None if it does not follow.

    A plain ``linux_`` tag is taken for glibc. CPython tells musl from it since 3.11.
    """
    if cpython := re.fullmatch(r"cp(3)(\d+)([a-z]*)", abi_tag):
        version = int(cpython[1]), int(cpython[2])
        stem = f"cpython-{cpython[1]}{cpython[2]}{cpython[3]}"
    elif pypy := re.fullmatch(r"(pypy(3)(\d+))_(pp\d+)", abi_tag):
        version = int(pypy[2]), int(pypy[3])
        stem = f"{pypy[1]}-{pypy[4]}"
    else:
        return None
    triplets = {_triplet(tag, version) for tag in platform_tags}
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
