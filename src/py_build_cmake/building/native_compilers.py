"""Whether the compilers of a native pre-build are for the machine that runs what they compile.

CMake takes any compiler that compiles: a cross compiler in ``CC`` is noticed only when the first
program that was just built is started, with a message that names neither.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import Error, Problem
from ..cmake.memory import compilers_in
from ..platforms.tags import PlatformTag
from ..verify.triplet import misfit, read_triplet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..verify.triplet import Target

# By the names that CMake has for languages; compilers of CUDA and the like work for any machine.
_VARIABLES = {"C": "CC", "CXX": "CXX", "Fortran": "FC", "OBJC": "OBJC", "OBJCXX": "OBJCXX"}
# Compilers of these machines compile for both by an option.
_TWINS = ({"x86_64", "i686"}, {"ppc64", "ppc64le"})


def check_native_compilers(build_dir: Path, tag: str, environ: Mapping[str, str]) -> None:
    """Check the compilers that CMake has found for the build machine, whose platform tag is given.

    Compilers that do not say what they compile for are believed.

    :raises Error: one of them is for another machine.
    """
    problems = list(_problems(build_dir, tag, environ))
    if problems:
        raise Error.from_problems(problems)


def _problems(build_dir: Path, tag: str, environ: Mapping[str, str]) -> Iterator[Problem]:
    if PlatformTag.parse(tag).system != "linux":
        # The compilers of macOS and Windows are for several machines.
        return
    from ..cmake.probes import dump_machine

    for language, path in compilers_in(build_dir):
        variable = _VARIABLES.get(language)
        target = read_triplet(dump_machine(Path(path), [], "", environ)) if variable else None
        if target and (reason := _misfit(target, tag)):
            yield Problem(
                f"the native pre-build uses {path}, which compiles for {target.triplet}: {reason}",
                f"environment variable {variable}_FOR_BUILD",
                f"set it to the compiler for the machine that builds, such as {_plain(language)};"
                f" {variable} is the one for the host",
            )


def _misfit(target: Target, tag: str) -> str:
    rows = (target.row, *PlatformTag.parse(tag).machines)
    names = {row.name for row in rows if row}
    if target.system == "linux" and any(names <= twins for twins in _TWINS):
        return ""
    return misfit(target, (tag,))


def _plain(language: str) -> str:
    return {"C": "gcc", "CXX": "g++", "Fortran": "gfortran"}.get(language, "clang")
