"""Whether the compiled files of a staging tree fit the tag of the wheel."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import Problem
from .binaries import expected_binary, read_binary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ..tags import WheelTag

# The suffixes that name a Python: cpython-312-aarch64-linux-gnu, pypy310-pp73-…, cp312-win_amd64.
_EXTENSION = re.compile(
    r"[^/]+\.(?P<implementation>cpython-|pypy|cp)(?P<version>\d+)(?P<flags>[a-z]*)-"
    r"(?P<platform>[^/.]+)\.(?:so|pyd)"
)
_IMPLEMENTATION_TAGS = {"cpython-": "cp", "cp": "cp", "pypy": "pp"}
_MACHINE_OF_TRIPLE = {"powerpc": "ppc", "powerpc64": "ppc64", "powerpc64le": "ppc64le"}


def check_machine(path: Path, place: str, platforms: Iterable[str]) -> Problem | None:
    """Return what is wrong with a file if it is compiled for another machine than promised.

    ``place`` names the file for the user; ``platforms`` are platform tags, any of which may
    promise the machine. A tag that this program does not know promises everything.
    """
    wanted = [expected_binary(platform) for platform in platforms]
    if not wanted or None in wanted or (found := read_binary(path)) is None:
        return None
    if any(found.format == w.format and found.machines >= w.machines for w in wanted if w):
        return None
    promised = " or ".join(dict.fromkeys(map(str, wanted)))
    return Problem(f"is {found}, but the wheel promises {promised}", place)


def check_files(files: Mapping[str, Path], tag: WheelTag) -> tuple[Problem, ...]:
    """Check the files of a wheel, given by their places in it, against its tag.

    Returns what is wrong: compiled files that are for another machine, or extension modules
    that are for another Python, than the tag says. A pure wheel promises no machine.
    """
    if tag.is_pure:
        return ()
    found = (
        check_machine(path, place, tag.platforms) or _check_suffix(place, tag)
        for place, path in files.items()
    )
    return tuple(problem for problem in found if problem)


def _check_suffix(place: str, tag: WheelTag) -> Problem | None:
    """Check what the suffix of an extension module says about Python and machine."""
    match = _EXTENSION.fullmatch(place.rpartition("/")[2])
    if match is None:
        return None
    python = _IMPLEMENTATION_TAGS[match["implementation"]] + match["version"]
    wanted = [p for p in tag.pythons if re.fullmatch(r"(cp|pp)\d+", p)]
    if wanted and python not in wanted and "abi3" not in tag.abis:
        return Problem(f"its suffix is that of {python}, but the wheel's tag is {tag}", place)
    abis = [m[1] for abi in tag.abis if (m := re.fullmatch(r"cp\d+([a-z]*)", abi))]
    if abis and match["implementation"] != "pypy" and match["flags"] not in abis:
        return Problem(f"its suffix is that of another ABI than the wheel's tag {tag}", place)
    machine = _machine_of_suffix(match["platform"])
    expected = [expected_binary(platform) for platform in tag.platforms]
    if machine and None not in expected and not any(machine in e.machines for e in expected if e):
        return Problem(f"its suffix is that of {machine}, but the wheel's tag is {tag}", place)
    return None


def _machine_of_suffix(platform: str) -> str | None:
    """Return the machine that the platform part of a suffix names, if it names one."""
    if platform.startswith("win"):
        return platform
    # PyPy has its ABI before the platform, and CMake up to 3.25 leaves the platform out.
    first = re.sub(r"^pp\d+-?", "", platform).partition("-")[0]
    known = expected_binary(f"linux_{_MACHINE_OF_TRIPLE.get(first, first)}")
    return next(iter(known.machines)) if known else None
