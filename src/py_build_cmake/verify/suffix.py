"""What the file name of an extension module says about the Python it is for.

Sources: PEP 3149 and CPython's ``configure.ac`` (SOABI and the platform triplets), PEP 384
(``abi3``), PEP 803 (``abi3t``); for Windows ``_PyImport_DynLoadFiletab`` of CPython.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.records import dataclass
from .formats.report import GLIBC, MUSL
from .promise import machine_of_linux

if TYPE_CHECKING:
    from ..platforms.tags import WheelTag

_PYTHON = re.compile(
    r"(?P<implementation>cpython-|pypy|cp)(?P<version>\d+)(?P<flags>[a-z]*)"
    r"(?:-(?P<pp>pp\d+))?(?:-(?P<platform>.+))?"
)
_STABLE = re.compile(r"(?P<abi>abi3t?)(?:-(?P<platform>.+))?")
_TRIPLE_MACHINES = {
    **{"powerpc": "ppc", "powerpc64": "ppc64", "powerpc64le": "ppc64le"},
    **{"loongarch64": "loongarch64", "i386": "i686"},
}
_SYSTEMS = {
    "darwin": "macos",
    "iphoneos": "ios",
    "iphonesimulator": "ios-simulator",
    "emscripten": "emscripten",
    "android": "android",
}


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
        return self.abi.startswith("abi3")


def read_suffix(place: str) -> ModuleSuffix | None:
    """Read the suffix of an extension module; None if the name is not one, or says nothing."""
    match = re.fullmatch(r"[^.]+\.(?P<middle>.+)\.(?:so|pyd)", place.rpartition("/")[2])
    if match is None:
        return None
    text = match["middle"]
    if stable := _STABLE.fullmatch(text):
        return _with_platform(ModuleSuffix(text, abi=stable["abi"]), stable["platform"])
    python = _PYTHON.fullmatch(text)
    if python is None:
        return None
    version, flags = python["version"], python["flags"]
    if python["implementation"] == "pypy":
        abi = f"pypy{version}_{python['pp']}" if python["pp"] else ""
        suffix = ModuleSuffix(text, f"pp{version}", abi)
    else:
        suffix = ModuleSuffix(text, f"cp{version}", f"cp{version}{flags}")
    return _with_platform(suffix, python["platform"])


def _with_platform(suffix: ModuleSuffix, platform: str | None) -> ModuleSuffix:
    if not platform:
        return suffix
    said: dict[str, str] = {}
    if platform.startswith("win"):
        said = {"machine": platform, "system": "windows"}
    elif platform in _SYSTEMS:
        said = {"system": _SYSTEMS[platform]}
    else:
        first, _, rest = platform.partition("-")
        said["machine"] = machine_of_linux(_TRIPLE_MACHINES.get(first, first)) or ""
        if first == "wasm32":
            said["machine"] = "wasm32"
        last = rest.rpartition("-")[2]
        if rest.startswith("linux") and last != "android":
            said.update(_linux(last))
        said.setdefault("system", _SYSTEMS.get(last, ""))
    return ModuleSuffix(suffix.text, suffix.python, suffix.abi, **said)


def _linux(abi: str) -> dict[str, str]:
    """Read the last part of a triplet such as ``arm-linux-gnueabihf``."""
    libc = GLIBC if abi.startswith("gnu") else MUSL if abi.startswith("musl") else ""
    float_abi = ""
    if "eabi" in abi and "abi64" not in abi:
        float_abi = "hard" if abi.endswith("hf") else "soft"
    return {"system": "linux", "libc": libc, "float_abi": float_abi}


def fits_python(suffix: ModuleSuffix, tag: WheelTag) -> bool:
    """Whether some Python that the tag names loads a module with this suffix."""
    return any(_fits(suffix, python, abi) for python in tag.pythons for abi in tag.abis)


def _fits(suffix: ModuleSuffix, python: str, abi: str) -> bool:
    if suffix.is_stable:
        return True
    if abi.startswith("abi3"):
        return False
    is_generic = re.fullmatch(r"py\d+", python) is not None
    if python != suffix.python and not is_generic:
        return False
    # PyPy's suffix lacks the ABI with CMake up to 3.25; the flags m and u are of the past.
    return (
        abi == "none" or not suffix.abi or _without_old_flags(abi) == _without_old_flags(suffix.abi)
    )


def _without_old_flags(abi: str) -> str:
    match = re.fullmatch(r"(cp\d+)([a-z]*)", abi)
    return match[1] + re.sub("[mu]", "", match[2]) if match else abi
