"""Programs that run what is compiled for the host system: ``cross.emulator``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import ConfigError
from ..platforms.tags import PlatformTag
from .programs import find_program

if TYPE_CHECKING:
    from ..base.places import Place
    from ..config.schema import CrossConfig
    from ..platforms.build_machine import BuildMachine
    from ..platforms.host import HostPlatform

AUTO = "auto"
_WINE = ("wine", "wine64")
# 32-bit machines whose programs a 64-bit one can run.
_NARROWER = {"x86_64": "i686"}


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
    """Return the command of ``qemu-user`` for the host system, with its sysroot, or of Wine.

    ``python`` is the configured path of the host system's Python.

    :raises ConfigError: there is no such emulator on ``PATH``.
    """
    key, tag = where.at("emulator"), host.platform_tags[0]
    names, package = emulators(tag, machine)
    hint = f"install {package}, or write the command of an emulator, word by word"
    if not names:
        message = f"no emulator is known for {tag!r}"
        raise ConfigError(message, where=key, hint=hint)
    program = next(filter(None, (find_program(name, machine) for name in names)), None)
    if program is None:
        message = f"no emulator for {tag!r} was found; tried {' and '.join(names)}"
        raise ConfigError(message, where=key, hint=hint)
    sysroot = sysroot_of(python)
    return (str(program), *(("-L", str(sysroot)) if sysroot else ()))


def emulators(platform_tag: str, machine: BuildMachine) -> tuple[list[str], str]:
    """Return the names of programs that run what is for a platform, and the package with them.

    Wine does not emulate a processor: it runs what this machine's can run.
    """
    tag = PlatformTag.parse(platform_tag)
    row = tag.machines[0] if tag.machines else None
    if tag.system == "windows":
        is_native = row and row.name in (machine.architecture, _NARROWER.get(machine.architecture))
        return (list(_WINE) if is_native else []), "wine"
    is_known = tag.system == "linux" and row and row.qemu
    names = [f"qemu-{row.qemu}{end}" for end in ("-static", "")] if row and is_known else []
    return names, "qemu-user-static"


def sysroot_of(python: Path | str | None) -> Path | None:
    """Return the directory that ``cross.python`` names if it is a sysroot, not only a Python."""
    if isinstance(python, Path) and any((python / d).is_dir() for d in ("usr/include", "usr/lib")):
        return python
    return None


def find_host_python(cross: CrossConfig, host: HostPlatform) -> Path | None:
    """Return the interpreter of the host system in the sysroot or prefix that is configured."""
    if host.system == "windows":
        # The free-threaded one has a name of its own where both are installed.
        names = [f"{host.python_name}.exe"] if host.is_free_threaded else []
        names.append("python.exe")
    else:
        names = [f"{folder}/{host.python_name}" for folder in ("usr/bin", "bin", "usr/local/bin")]
    roots = [path for path in (cross.python, cross.prefix) if isinstance(path, Path)]
    places = [root / name for root in roots for name in names]
    return next((place for place in places if place.is_file()), None)
