"""``py-build-cmake cross list``: known platforms, and what there is to compile for them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ...base.places import Place
from ...base.records import dataclass
from ...cmake.emulator import emulators
from ...cmake.programs import find_program
from ...config.schema import TOOLCHAINS
from ...platforms.machines import MACHINES
from ...platforms.targets import LinuxTarget, find_target
from ...toolchains import zig
from ...toolchains.gnu import compilers_of
from ...toolchains.registry import toolchain_of
from ..options import example, json_option
from ..terminal import open_screen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.table import Table

    from ...platforms.build_machine import BuildMachine
    from ..options import ProgramOptions

# Debian's compilers of this triple are for the newer CPU unless they are told otherwise.
_OTHER_COMPILERS = frozenset({"armv6l"})
_OTHER_TAGS = {
    "macOS": "macosx_11_0_arm64, macosx_10_13_x86_64, macosx_11_0_universal2 (experimental with"
    " `toolchain` = 'zig': nobody has loaded such a wheel yet)",
    "Android": "android_21_arm64_v8a, android_21_x86_64",
    "iOS": "ios_13_0_arm64_iphoneos, ios_13_0_arm64_iphonesimulator",
    "Pyodide": "pyodide_2025_0_wasm32, pyemscripten_2026_0_wasm32",
}


@dataclass(frozen=True)
class LinuxPlatform:
    """A machine that Linux wheels can be for. ``compilers`` and ``emulators`` were found.

    ``zig`` is what ``toolchain = "zig"`` compiles for if the tag is ``linux_<machine>``, None if it
    does not.
    """

    machine: str
    platform_tags: tuple[str, ...]
    triplet: str
    compilers: tuple[str, ...]
    emulators: tuple[str, ...]
    zig: str | None


@dataclass(frozen=True)
class WindowsPlatform:
    """A Windows that wheels can be for; the fields are as those of :class:`LinuxPlatform`."""

    platform_tag: str
    triplet: str
    compilers: tuple[str, ...]
    emulators: tuple[str, ...]
    zig: str


def windows_platforms(machine: BuildMachine) -> list[WindowsPlatform]:
    """Return what wheels for Windows can be for, and the programs on ``PATH`` that help."""
    found = []
    for row in MACHINES.values():
        if row.dlltool:
            target = find_target((row.windows,), Place(), "gnu")
            found.append(
                WindowsPlatform(
                    row.windows,
                    target.triplet,
                    _compilers(target.gnu_triples, machine),
                    _found(emulators(row.windows, machine)[0], machine),
                    target.zig,
                )
            )
    return found


def linux_platforms(machine: BuildMachine) -> list[LinuxPlatform]:
    """Return what wheels for Linux can be for, and the programs on ``PATH`` that help."""
    targets = []
    for row in MACHINES.values():
        if not row.multiarch:
            continue
        architecture = row.linux
        triples = LinuxTarget(row, "gnu").gnu_triples if row.zig else (row.triplet("gnu"),)
        targets.append(
            LinuxPlatform(
                architecture,
                (
                    f"linux_{architecture}",
                    *([f"manylinux_<major>_<minor>_{architecture}"] if row.first_glibc else []),
                    f"musllinux_<major>_<minor>_{architecture}",
                ),
                row.triplet("gnu"),
                () if architecture in _OTHER_COMPILERS else _compilers(triples, machine),
                _found(emulators(f"linux_{architecture}", machine)[0], machine),
                find_target((f"linux_{architecture}",), Place(), "zig").zig if row.zig else None,
            )
        )
    return targets


def _compilers(triples: Sequence[str], machine: BuildMachine) -> tuple[str, ...]:
    """Return the compilers that ``toolchain = "gnu"`` takes: those of the first triple."""
    found = (tuple(map(str, compilers_of(triple, machine).values())) for triple in triples)
    return next(filter(None, found), ())


def _zig(machine: BuildMachine) -> dict[str, str | None]:
    program = zig.find_zig(machine)
    version = ".".join(map(str, zig.zig_version(program))) if program else None
    return {
        "path": str(program) if program else None,
        "version": version,
        "requirement": zig.REQUIREMENT,
    }


def _table(first: str, rows: Sequence[tuple[str, LinuxPlatform | WindowsPlatform]]) -> Table:
    import rich.box
    import rich.table

    table = rich.table.Table(box=rich.box.SIMPLE)
    for title in (first, "triplet", "compilers on PATH", "emulators on PATH", "zig's target"):
        table.add_column(title, overflow="fold")
    for name, target in rows:
        programs = ("\n".join(target.compilers), "\n".join(target.emulators))
        table.add_row(*(text or "-" for text in (name, target.triplet, *programs, target.zig)))
    return table


def _found(names: list[str], machine: BuildMachine) -> tuple[str, ...]:
    found: list[Path | None] = [find_program(name, machine) for name in names]
    return tuple(str(path) for path in found if path)


@click.command(
    "list",
    short_help="List platforms, and cross compilers that are found.",
    epilog=example("py-build-cmake cross list", "py-build-cmake cross list --json"),
)
@json_option()
@click.pass_obj
def list_platforms(common: ProgramOptions, /, *, wants_json: bool) -> None:
    """List the platforms that wheels can be for, and the cross compilers that are found."""
    machine = common.boundary.detect_machine()
    targets, windows = linux_platforms(machine), windows_platforms(machine)
    if wants_json:
        document = {
            "build": machine.platform_tag,
            "linux": [asdict(target) for target in targets],
            "windows": [asdict(target) for target in windows],
            "others": _OTHER_TAGS,
            "zig": _zig(machine),
        }
        click.echo(json.dumps(document, indent=2))
        return
    screen = open_screen(machine.environ)
    screen.print(f"This machine: {machine.platform_tag}")
    screen.print("Linux: `arch` is linux_<machine>, manylinux_2_28_<machine>, …")
    screen.print(_table("machine", [(target.machine, target) for target in targets]))
    screen.print("Windows:")
    screen.print(_table("`arch`", [(target.platform_tag, target) for target in windows]))
    screen.print("`toolchain` is, instead of a file:")
    for name in TOOLCHAINS:
        screen.print(f"  {name}: {toolchain_of(name).describe(machine)}", soft_wrap=True)
    for system, tags in _OTHER_TAGS.items():
        screen.print(f"{system}: `arch` is, for example, {tags}")
