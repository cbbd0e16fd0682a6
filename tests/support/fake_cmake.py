"""A runner that does what CMake would do, as far as files are concerned."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from py_build_cmake.base.errors import CommandError
from py_build_cmake.cmake.runner import Purpose

PYPROJECT = """
[project]
name = "pkg"
version = "1.0"
"""
CMAKE = """
[tool.py-build-cmake.cmake]
build_type = "Release"
"""
CROSS = """
[tool.py-build-cmake.cross]
arch = "linux_aarch64"
"""


def elf(machine: int) -> bytes:
    """Return the beginning of an ELF file, which is all that the first check reads."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 3, machine, 1) + bytes(100)


X86_64, AARCH64 = elf(62), elf(183)


@dataclass
class FakeCMake:
    """Records commands, and installs ``files`` (place in the prefix to contents).

    ``native_files`` are installed by the native pre-build instead. A command that contains
    ``fails_at`` fails. With ``outside``, a file is registered that is not below the prefix. The
    cache of a configured directory is empty, if it ``writes_cache``. Installations print ``said``.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    native_files: Mapping[str, bytes] = field(default_factory=dict)
    fails_at: str = ""
    outside: str = ""
    binary_dir: str = ""
    writes_cache: bool = False
    said: str = ""
    commands: list[list[str]] = field(default_factory=list)
    environments: list[Mapping[str, str]] = field(default_factory=list)

    def __call__(
        self,
        command: Sequence[str],
        *,
        purpose: Purpose,
        cwd: Path,
        environ: Mapping[str, str],
        log: Path,
    ) -> None:
        assert cwd.is_dir()
        self.commands.append(list(command))
        self.environments.append(environ)
        if self.fails_at and self.fails_at in command:
            raise CommandError(purpose.value, command, 1, log=log)
        if "-S" in command:
            directory = self.binary_dir or (command[command.index("-B") + 1])
            Path(directory).mkdir(parents=True, exist_ok=True)
            if self.writes_cache:
                Path(directory, "CMakeCache.txt").touch()
            with log.open("a") as file:
                file.write(f"-- Build files have been written to: {directory}\n")
        elif "--install" in command and "--prefix" in command:
            build_dir, prefix = Path(command[2]), Path(command[command.index("--prefix") + 1])
            files = self.native_files if "native-build" in str(build_dir) else self.files
            for place, contents in files.items():
                (prefix / place).parent.mkdir(parents=True, exist_ok=True)
                (prefix / place).write_bytes(contents)
            manifest = [str(prefix / place) for place in files]
            manifest += [self.outside] if self.outside else []
            (build_dir / "install_manifest.txt").write_text("\n".join(manifest))
            with log.open("a") as file:
                file.write(self.said)

    def steps(self) -> list[str]:
        """Name what was run."""
        return [
            "configure" if "-S" in command else command[1].lstrip("-") for command in self.commands
        ]
