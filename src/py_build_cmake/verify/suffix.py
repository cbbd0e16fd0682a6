"""What the file name of an extension module says about the Python and the platform it is for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.records import dataclass
from ..platforms.pythons import (
    STABLE_ABIS,
    combinations,
    loaded_suffixes,
    parse_abi,
    soabi_of_module,
)
from .triplet import parts_of_triplet

if TYPE_CHECKING:
    from ..platforms.tags import WheelTag

_LIBRARY = re.compile(r".*\.(?:so|pyd|dylib|dll)|.*\.so(?:\.\d+)+", re.IGNORECASE)
# What no library is called, whatever follows: as importlib.machinery.EXTENSION_SUFFIXES begin.
_MODULE = re.compile(
    r"[^.]*\.(?:.*\.)?(?:cpython|cp\d|pypy|graalpy|abi\d).*\.(?:so|pyd)|.*\.pyd", re.IGNORECASE
)
_IN_SITE_PACKAGES = re.compile(r"[^/]+\.data/(?:platlib|purelib)/(?P<rest>.+)")
_DATA = re.compile(r"[^/]+\.data/")
# What Apple's debuggers read beside a file has its name.
_FOR_DEBUGGERS = re.compile(r"(?:.*/)?[^/]+\.dSYM/")


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


def may_be_loaded(place: str) -> bool:
    """Whether a file has the name of something that a loader loads: a module or a library."""
    is_library = _LIBRARY.fullmatch(place.rpartition("/")[2]) is not None
    return is_library and not _FOR_DEBUGGERS.match(place)


def site_place(place: str) -> str:
    """Return where in ``site-packages`` a file of a wheel is installed; nothing if elsewhere."""
    if match := _IN_SITE_PACKAGES.fullmatch(place):
        return match["rest"]
    return "" if _DATA.match(place) else place


def is_module_name(name: str) -> bool:
    """Whether a file name claims to be that of an extension module.

    That can be one that no Python looks for, since it is misspelt. Names that end with a plain
    ``.so`` claim nothing: other libraries have them as well.
    """
    return _MODULE.fullmatch(name) is not None


def suffixes_of(tag: WheelTag, libc: str = "") -> tuple[str, ...] | None:
    """Return the suffixes that all Pythons of a wheel look for on all of its platforms.

    ``libc`` is that of the file in question, for platform tags that leave it open. Members of the
    tag that are not known here do not count; None if there are no others.
    """
    found = [
        loaded_suffixes(python, abi, platform, libc)
        for python, abi in combinations(tag)
        for platform in tag.platforms
    ]
    known = [suffixes for suffixes in found if suffixes is not None]
    if not known:
        return None
    return tuple(s for s in known[0] if all(s in suffixes for suffixes in known))


def module_named(name: str, suffixes: tuple[str, ...]) -> str:
    """Return the name of the module that a file name is found for, or nothing."""
    stems = (name[: -len(suffix)] for suffix in suffixes if name.endswith(suffix))
    return next((stem for stem in stems if stem and "." not in stem), "")


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
