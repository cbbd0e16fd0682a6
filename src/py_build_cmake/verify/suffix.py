"""What the file name of an extension module says about the Python and the platform it is for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.records import dataclass
from ..platforms.pythons import STABLE_ABIS, combinations, parse_abi, soabi_of_module
from .triplet import parts_of_triplet

if TYPE_CHECKING:
    from ..platforms.tags import WheelTag


@dataclass(frozen=True)
class ModuleSuffix:
    """The part of an extension module's name between the module and ``.so`` or ``.pyd``.

    ``python`` and ``abi`` are as in wheel tags, and empty where the suffix leaves them open;
    ``abi`` is ``abi3`` or ``abi3t`` for the stable ABI. ``machine``, ``system``, ``libc`` and
    ``float_abi`` are empty, too, where the platform does not name them.
    """

    text: str
    python: str = ""
    abi: str = ""
    machine: str = ""
    system: str = ""
    libc: str = ""
    float_abi: str = ""

    @property
    def is_stable(self) -> bool:
        """Whether it promises to work with several versions of Python."""
        return self.abi in STABLE_ABIS


def read_suffix(place: str) -> ModuleSuffix | None:
    """Read the suffix of an extension module; None if the name is not one, or says nothing."""
    name = place.rpartition("/")[2]
    found = soabi_of_module(name)
    if found is None or not (found[1].abi or found[1].version):
        return None
    soabi, text = found[1], name.partition(".")[2].rpartition(".")[0]
    machine = system = libc = float_abi = ""
    if soabi.platform.startswith("win"):
        machine, system = soabi.platform, "windows"
    elif soabi.platform:
        # Where there is one machine, or a file for several, the SOABI names the system alone.
        names_system = re.fullmatch("[a-z]+", soabi.platform)
        target = parts_of_triplet(f"-{soabi.platform}" if names_system else soabi.platform)
        machine, system = target.machine, target.system
        libc = target.libc if system == "linux" else ""
        float_abi = target.float_abi
    return ModuleSuffix(text, soabi.python_tag, soabi.abi, machine, system, libc, float_abi)


def fits_python(suffix: ModuleSuffix, tag: WheelTag) -> bool:
    """Whether every Python that the tag names loads a module with this suffix."""
    return all(_fits(suffix, python, abi) for python, abi in combinations(tag))


def _fits(suffix: ModuleSuffix, python: str, abi: str) -> bool:
    if suffix.is_stable:
        return abi not in STABLE_ABIS or abi == suffix.abi or _loads_abi3t(python, suffix.abi)
    if abi in STABLE_ABIS:
        return False
    is_generic = re.fullmatch(r"py\d+", python) is not None
    if python != suffix.python and not is_generic:
        return False
    # PyPy's suffix lacks the ABI with CMake up to 3.25; flags m and u are of old Pythons.
    return (
        abi == "none" or not suffix.abi or _without_old_flags(abi) == _without_old_flags(suffix.abi)
    )


def _loads_abi3t(python: str, abi: str) -> bool:
    """Whether a Python with the stable ABI loads modules that are for both kinds of builds.

    All builds load ``abi3t`` modules from CPython 3.15 on, free-threaded ones no others (PEP 803).
    """
    match = re.fullmatch(r"cp3(\d+)", python)
    return abi == "abi3t" and (match is None or int(match[1]) >= 15)


def _without_old_flags(tag: str) -> str:
    abi = parse_abi(tag)
    return f"{abi.python_tag}{re.sub('[mu]', '', abi.flags)}" if abi and abi.flags else tag
