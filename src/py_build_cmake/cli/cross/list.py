"""``py-build-cmake cross list``: known platforms, and what there is to compile for them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ...base.places import Place
from ...base.records import dataclass
from ...cmake.programs import find_program
from ...config.schema import TOOLCHAINS
from ...platforms.linux_target import LinuxTarget, linux_target
from ...platforms.machines import MACHINES
from ...toolchains import zig
from ...toolchains.registry import toolchain_of
from ..options import example, json_option
from ..terminal import open_screen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ...platforms.build_machine import BuildMachine
    from ..options import ProgramOptions

# Debian's compilers of this triple are for the newer CPU unless they are told otherwise.
_OTHER_COMPILERS = frozenset({"armv6l"})
_OTHER_TAGS = {
    "windows": "win_amd64, win_arm64, win32",
    "macOS": "macosx_11_0_arm64, macosx_10_13_x86_64, macosx_11_0_universal2",
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


def linux_platforms(machine: BuildMachine) -> list[LinuxPlatform]:
    """Return what wheels for Linux can be for, and the programs on ``PATH`` that help."""
    targets = []
    for row in MACHINES.values():
        if not row.multiarch:
            continue
        architecture, qemu = row.linux, f"qemu-{row.qemu}"
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
                _found([f"{qemu}-static", qemu], machine),
                linux_target((f"linux_{architecture}",), Place(), "zig").zig if row.zig else None,
            )
        )
    return targets


def _compilers(triples: Sequence[str], machine: BuildMachine) -> tuple[str, ...]:
    """Return the compilers that ``toolchain = "gnu"`` takes: those of the first triple."""
    languages = ("gcc", "g++", "gfortran")
    found = (_found([f"{triple}-{name}" for name in languages], machine) for triple in triples)
    return next(filter(None, found), ())


def _zig(machine: BuildMachine) -> dict[str, str | None]:
    program = zig.find_zig(machine)
    version = ".".join(map(str, zig.zig_version(program))) if program else None
    return {
        "path": str(program) if program else None,
        "version": version,
        "requirement": zig.REQUIREMENT,
    }


def _found(names: list[str], machine: BuildMachine) -> tuple[str, ...]:
    found: list[Path | None] = [find_program(name, machine) for name in names]
    return tuple(str(path) for path in found if path)


@click.command(
    "list", epilog=example("py-build-cmake cross list", "py-build-cmake cross list --json")
)
@json_option()
@click.pass_obj
def list_platforms(common: ProgramOptions, /, *, wants_json: bool) -> None:
    """List the platforms that wheels can be for, and the cross compilers that are found."""
    machine = common.boundary.detect_machine()
    targets = linux_platforms(machine)
    if wants_json:
        document = {
            "build": machine.platform_tag,
            "linux": [asdict(target) for target in targets],
            "others": _OTHER_TAGS,
            "zig": _zig(machine),
        }
        click.echo(json.dumps(document, indent=2))
        return
    import rich.box
    import rich.table

    screen = open_screen(machine.environ)
    table = rich.table.Table(box=rich.box.SIMPLE)
    for title in ("machine", "triplet", "compilers on PATH", "emulators on PATH", "zig's target"):
        table.add_column(title, overflow="fold")
    for target in targets:
        programs = ("\n".join(target.compilers), "\n".join(target.emulators))
        cells = (target.machine, target.triplet, *programs, target.zig)
        table.add_row(*(text or "-" for text in cells))
    screen.print(f"This machine: {machine.platform_tag}")
    screen.print("Linux: `arch` is linux_<machine>, manylinux_2_28_<machine>, …")
    screen.print(table)
    screen.print("`toolchain` is, instead of a file:")
    for name in TOOLCHAINS:
        screen.print(f"  {name}: {toolchain_of(name).describe(machine)}", soft_wrap=True)
    for system, tags in _OTHER_TAGS.items():
        screen.print(f"{system}: `arch` is, for example, {tags}")
