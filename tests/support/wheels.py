"""Look into a wheel without installing it."""

from __future__ import annotations

import struct
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

# e_machine of the ELF header (System V ABI), under the names that the tests use.
ELF_MACHINES = {3: "i386", 22: "s390x", 40: "armhf", 62: "x86_64", 183: "aarch64", 243: "riscv64"}


def elf_machine(data: bytes) -> str | None:
    """Return the machine that the ELF file `data` is for, or None if it is no ELF file."""
    if data[:4] != b"\x7fELF":
        return None
    order = {1: "<", 2: ">"}[data[5]]
    (machine,) = struct.unpack_from(f"{order}H", data, 18)
    return ELF_MACHINES.get(machine, f"machine {machine}")


@dataclass(frozen=True)
class Wheel:
    """A wheel's contents: every file by its name, in the order of the archive."""

    name: str
    files: dict[str, bytes]

    @classmethod
    def read(cls, path: Path) -> Wheel:
        """Read the wheel at `path`."""
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            assert len(names) == len(set(names)), f"{path.name} has a name twice"
            return cls(path.name, {name: archive.read(name) for name in names})

    @property
    def dist_info(self) -> str:
        """The name of the ``.dist-info`` directory that belongs to the wheel's file name."""
        return "-".join(self.name.split("-")[:2]) + ".dist-info/"

    @property
    def payload(self) -> dict[str, bytes]:
        """What the wheel installs besides ``.dist-info``."""
        return {
            name: data for name, data in self.files.items() if not name.startswith(self.dist_info)
        }

    @property
    def machines(self) -> dict[str, str]:
        """The machine of every binary."""
        found = {name: elf_machine(data) for name, data in self.files.items()}
        return {name: machine for name, machine in found.items() if machine}

    def header(self, key: str) -> list[str]:
        """Return the values of `key` in the file ``WHEEL``, in order."""
        lines = self.files[f"{self.dist_info}WHEEL"].decode().splitlines()
        pairs = (line.partition(": ") for line in lines)
        return [value for name, _, value in pairs if name == key]


def unpack(sdist: Path, directory: Path) -> Path:
    """Unpack a source distribution into a directory; return its own one in it."""
    with tarfile.open(sdist) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(directory)
    return directory / sdist.name[: -len(".tar.gz")]
