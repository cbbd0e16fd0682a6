"""Universal wheels of macOS: what was built for each machine, joined file by file.

Sources: Apple's ``mach-o/fat.h`` for the header of universal files, and the manual of ``lipo`` for
their alignment and order.
"""

from __future__ import annotations

import filecmp
import struct
from typing import TYPE_CHECKING

from ..base.errors import Problem, ProjectError, WheelError
from ..base.records import dataclass
from ..cmake.install_rules import installed_files
from ..platforms.machines import MACHINES
from ..project.files import tree_files
from ..verify.formats.reading import read_binary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ..project.plan import BuildPlan

_FAT_MAGIC = 0xCAFEBABE
# The subtypes CPU_SUBTYPE_ARM64_ALL and CPU_SUBTYPE_X86_64_ALL, and how large a page of memory is,
# to which slices are aligned: as a power of two.
_SUBTYPES = {"arm64": (0, 14), "x86_64": (3, 12)}
_NUMBERS = {row.apple: row.mach for row in MACHINES.values() if row.apple in _SUBTYPES}
_ADVICE = (
    "a universal wheel has one file for both machines, and only compiled files can be joined:"
    " install what is the same for both, or build one wheel for each"
)


@dataclass(frozen=True)
class Slice:
    """The contents of a file for one machine, by Apple's name of it."""

    machine: str
    data: bytes


def check_one_machine(plan: BuildPlan, what: str) -> None:
    """Refuse ``what`` for plans whose wheel is made of files for several machines.

    :raises ProjectError: the plan is one.
    """
    if plan.more_passes:
        names = " and ".join(one.host.platform_tags[0] for one in plan.main_passes)
        raise ProjectError(
            f"{what} is for one machine at a time, and {plan.tag.platforms[0]} stands for several",
            where=plan.config.cross_where.at("arch"),
            hint=f"build for {names} one by one",
        )


def join_machines(plan: BuildPlan) -> None:
    """Join what was installed for the other machines into the staging directory.

    :raises WheelError: a file that is not compiled differs between machines, or is missing for one.
    """
    main = plan.main_pass
    assert main is not None
    staging = main.install_prefix
    first = {
        path.relative_to(staging).as_posix()
        for configuration in main.configurations
        for path in installed_files(configuration.build_dir)
        if path.is_file()
    }
    problems: list[Problem] = []
    for more in plan.more_passes:
        tags = main.host.platform_tags[0], more.host.platform_tags[0]
        found = tree_files(more.install_prefix)
        problems += _missing(first - found.keys(), tags)
        problems += _missing(found.keys() - first, tags[::-1])
        for place in sorted(first & found.keys()):
            if not _join(staging / place, found[place]):
                message = f"differs between {' and '.join(tags)}"
                problems.append(Problem(message, place, _ADVICE))
    if problems:
        raise WheelError.from_problems(problems)


def _missing(places: set[str], tags: Sequence[str]) -> Iterator[Problem]:
    for place in sorted(places):
        yield Problem(f"was installed for {tags[0]}, and not for {tags[1]}", place, _ADVICE)


def _join(path: Path, other: Path) -> bool:
    """Replace a file by one that is for the machine of another as well. Return whether it is right
    for both.
    """
    if filecmp.cmp(path, other, shallow=False):
        return True
    slices = [*_slices(path), *_slices(other)]
    if len(slices) != 2 or slices[0].machine == slices[1].machine:
        return False
    path.write_bytes(universal_file({one.machine: one.data for one in slices}))
    return True


def _slices(path: Path) -> Iterator[Slice]:
    """Yield the contents of a compiled file or static library for one known machine of macOS."""
    binary = read_binary(path)
    if binary and len(binary.machines) == 1 and binary.machines <= _SUBTYPES.keys():
        yield Slice(next(iter(binary.machines)), path.read_bytes())


def universal_file(contents: Mapping[str, bytes]) -> bytes:
    """Return a universal file of the contents for each machine, by Apple's names of these: a header
    of eight words for two machines, then the contents, aligned to pages.
    """
    slices = sorted(contents.items(), key=lambda item: _NUMBERS[item[0]] or 0)
    header = struct.pack(">II", _FAT_MAGIC, len(slices))
    body, end = b"", len(header) + 20 * len(slices)
    for machine, data in slices:
        subtype, alignment = _SUBTYPES[machine]
        begin = -(-end >> alignment) << alignment
        header += struct.pack(">IIIII", _NUMBERS[machine], subtype, begin, len(data), alignment)
        body += bytes(begin - end) + data
        end = begin + len(data)
    return header + body
