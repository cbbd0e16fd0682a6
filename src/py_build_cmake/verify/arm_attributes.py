"""The build attributes of ARM files: the processor and the calling convention.

Source: "Addenda to, and Errata in, the ABI for the Arm Architecture" (``addenda32``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..records import dataclass
from .view import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .elf_image import Image
    from .view import View

_SHT_ARM_ATTRIBUTES = 0x70000003
_LARGEST = 1 << 16
_TAG_FILE, _TAG_CPU_ARCH, _TAG_ABI_VFP_ARGS = 1, 6, 28
_TEXT_TAGS = frozenset({4, 5})
_TAG_COMPATIBILITY = 32
# The values of Tag_CPU_arch, as far as they are processors that run Linux.
_CPUS = {
    **{2: "v4T", 3: "v5T", 4: "v5TE", 5: "v5TEJ", 6: "v6", 7: "v6KZ", 8: "v6T2", 9: "v6K"},
    **{10: "v7", 14: "v8", 15: "v8-R", 22: "v9"},
}


@dataclass(frozen=True)
class ArmAttributes:
    """The least processor architecture, such as ``v7``, and whether floats are in registers."""

    cpu: str = ""
    has_hard_float: bool = False


def arm_attributes(image: Image) -> ArmAttributes:
    """Read the attributes of an ARM file; without any, nothing is known.

    :raises DamagedError: the section headers lead outside of the file.
    """
    section = image.section(_SHT_ARM_ATTRIBUTES)
    if section is None or not section.size:
        return ArmAttributes()
    try:
        values = dict(_file_attributes(section, image.header.order))
    except DamagedError:
        return ArmAttributes()
    return ArmAttributes(
        _CPUS.get(values.get(_TAG_CPU_ARCH, -1), ""), values.get(_TAG_ABI_VFP_ARGS) == 1
    )


def _file_attributes(section: View, order: str) -> Iterator[tuple[int, int]]:
    """Yield the attributes with numbers for values that hold for the whole file."""
    (length,) = section.unpack(f"{order}I", 1)
    data = section.read(5, min(length, section.size - 1, _LARGEST) - 4)
    vendor, zero, rest = data.partition(b"\0")
    if vendor != b"aeabi" or not zero or len(rest) < 5 or rest[0] != _TAG_FILE:
        return
    at = 5
    while at < len(rest):
        tag, at = _uleb128(rest, at)
        if tag == _TAG_COMPATIBILITY:
            _, at = _uleb128(rest, at)
        if tag in _TEXT_TAGS or (tag >= 32 and (tag % 2 or tag == _TAG_COMPATIBILITY)):
            at = rest.find(b"\0", at) + 1
            if not at:
                return
            continue
        value, at = _uleb128(rest, at)
        yield tag, value


def _uleb128(data: bytes, at: int) -> tuple[int, int]:
    """Return a number and where what follows it begins."""
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
    raise DamagedError
