"""Programs that run what is compiled for the host system: ``cross.emulator``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import ConfigError
from ..platforms.pythons import implementation_named
from ..platforms.tags import PlatformTag
from .programs import find_program

if TYPE_CHECKING:
    from ..base.places import Place
    from ..config.schema import CrossConfig
    from ..platforms.build_machine import BuildMachine
    from ..platforms.host import HostPlatform

AUTO = "auto"


def emulator_command(
    cross: CrossConfig, host: HostPlatform, machine: BuildMachine, where: Place
) -> tuple[str, ...]:
    """Return the command of the configured emulator; nothing if there is none.

    :raises ConfigError: it has to be searched, and there is none. ``where`` is the place of the
        cross configuration.
    """
    if cross.emulator == (AUTO,):
        return find_emulator(host, machine, cross.python, where)
    return cross.emulator or ()


def find_emulator(
    host: HostPlatform, machine: BuildMachine, python: Path | str | None, where: Place
) -> tuple[str, ...]:
    """Return the command of ``qemu-user`` for the host system, with its sysroot.

    ``python`` is the configured path of the host system's Python.

    :raises ConfigError: there is no such emulator on ``PATH``.
    """
    key = where.at("emulator")
    hint = "install qemu-user-static, or write the command of an emulator, word by word"
    tag = host.platform_tags[0]
    parsed = PlatformTag.parse(tag)
    qemu = parsed.machines[0].qemu if parsed.machines else ""
    if parsed.system != "linux" or not qemu:
        message = f"no emulator is known for {tag!r}"
        raise ConfigError(message, where=key, hint=hint)
    names = [f"qemu-{qemu}{end}" for end in ("-static", "")]
    program = next(filter(None, (find_program(name, machine) for name in names)), None)
    if program is None:
        message = f"no emulator for {tag!r} was found; tried {' and '.join(names)}"
        raise ConfigError(message, where=key, hint=hint)
    sysroot = sysroot_of(python)
    return (str(program), *(("-L", str(sysroot)) if sysroot else ()))


def sysroot_of(python: Path | str | None) -> Path | None:
    """Return the directory that ``cross.python`` names if it is a sysroot, not only a Python."""
    if isinstance(python, Path) and any((python / d).is_dir() for d in ("usr/include", "usr/lib")):
        return python
    return None


def find_host_python(cross: CrossConfig, host: HostPlatform) -> Path | None:
    """Return the interpreter of the host system in the sysroot or prefix that is configured."""
    row = implementation_named(host.implementation)
    name = f"{row.program if row else 'python'}{host.dotted_version}"
    name += "t" if "t" in host.abi_flags else ""
    roots = [path for path in (cross.python, cross.prefix) if isinstance(path, Path)]
    places = [
        root / folder / name for root in roots for folder in ("usr/bin", "bin", "usr/local/bin")
    ]
    return next((place for place in places if place.is_file()), None)
