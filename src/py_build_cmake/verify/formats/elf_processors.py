"""What ELF files say of the processors that they need.

Sources: "Addenda to, and Errata in, the ABI for the Arm Architecture" (``addenda32``) and the
RISC-V ELF psABI, "Attributes", for build attributes; the x86-64 psABI, "Program Property", for
``GNU_PROPERTY_X86_ISA_1_NEEDED``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...base.records import dataclass
from .elf_image import PT_GNU_PROPERTY, PT_NOTE, PT_RISCV_ATTRIBUTES
from .view import DamagedError, View, decode, uleb128

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .elf_image import ElfImage, Segment

_SHT_ARM_ATTRIBUTES = _SHT_RISCV_ATTRIBUTES = 0x70000003
_LARGEST = 1 << 16
_TAG_FILE = 1
# Of ARM.
_TAG_CPU_ARCH, _TAG_ABI_VFP_ARGS, _TAG_COMPATIBILITY = 6, 28, 32
_ARM_TEXT_TAGS = frozenset({4, 5})
# The values of Tag_CPU_arch, as far as they are processors that run Linux.
_CPUS = {
    **{2: "v4T", 3: "v5T", 4: "v5TE", 5: "v5TEJ", 6: "v6", 7: "v6KZ", 8: "v6T2", 9: "v6K"},
    **{10: "v7", 14: "v8", 15: "v8-R", 22: "v9"},
}
_TAG_RISCV_ARCH = 5
_MOST_NOTES = 100
_GNU_PROPERTIES, _X86_ISA_NEEDED = 5, 0xC0008002
# The bits from the second on; the first is the baseline of x86-64.
_X86_LEVELS = ((8, "x86-64-v4"), (4, "x86-64-v3"), (2, "x86-64-v2"))


@dataclass(frozen=True)
class ArmAttributes:
    """The least processor architecture, such as ``v7``, and whether floats are in registers."""

    cpu: str = ""
    has_hard_float: bool = False


def arm_attributes(image: ElfImage) -> ArmAttributes:
    """Read the attributes of an ARM file; without any, nothing is known.

    :raises DamagedError: the section headers lead outside of the file.
    """
    section = image.section(_SHT_ARM_ATTRIBUTES)
    values = dict(_file_attributes(section, image.header.order, b"aeabi"))
    return ArmAttributes(
        _CPUS.get(_number(values.get(_TAG_CPU_ARCH)), ""), values.get(_TAG_ABI_VFP_ARGS) == 1
    )


def riscv_extensions(image: ElfImage, segments: tuple[Segment, ...]) -> tuple[str, ...]:
    """Return the extensions that a RISC-V file says it was compiled with: ``m``, ``zbb``.

    The base is among them, as ``i`` or ``e``; versions are not. Empty if the file does not say.

    :raises DamagedError: the section headers lead outside of the file.
    """
    place = next((s for s in segments if s.kind == PT_RISCV_ATTRIBUTES), None)
    if place is not None:
        section: View | None = image.view.part_up_to(place.offset, place.size)
    else:
        section = image.section(_SHT_RISCV_ATTRIBUTES)
    text = dict(_file_attributes(section, image.header.order, b"riscv")).get(_TAG_RISCV_ARCH)
    return tuple(_split_architecture(text)) if isinstance(text, str) else ()


def _split_architecture(text: str) -> Iterator[str]:
    """Split a string such as ``rv64i2p1_m2p0_zbb1p0``, where single letters may stand together."""
    first, *others = re.sub(r"^rv\d+", "", text.lower()).split("_")
    for part in (first, *others):
        if len(part) > 1 and part[0] in "zsx" and part is not first:
            yield re.sub(r"\d+p\d+$", "", part)
        else:
            yield from re.findall(r"([a-z])(?:\d+p\d+)?", part)


def x86_level(image: ElfImage, segments: tuple[Segment, ...]) -> str:
    """Return the level that the loader of glibc asks of the processor: ``x86-64-v3``, or nothing.

    :raises DamagedError: the notes are cut off.
    """
    word = 8 if image.header.bits == 64 else 4
    for segment in segments:
        if segment.kind not in (PT_NOTE, PT_GNU_PROPERTY):
            continue
        for name, kind, contents in notes(image, segment):
            if (name, kind) == (b"GNU", _GNU_PROPERTIES):
                needed = dict(_properties(contents, image.header.order, word)).get(_X86_ISA_NEEDED)
                if needed:
                    return next((level for bit, level in _X86_LEVELS if needed & bit), "")
    return ""


def notes(image: ElfImage, segment: Segment) -> Iterator[tuple[bytes, int, View]]:
    """Yield name, type and contents of the notes in a segment.

    :raises DamagedError: a note begins that does not end.
    """
    view = image.view.part_up_to(segment.offset, segment.size)
    boundary = 8 if segment.alignment == 8 else 4
    at = 0
    for _ in range(_MOST_NOTES):
        if at + 12 > view.size:
            return
        name_size, size, kind = view.unpack(f"{image.header.order}III", at)
        name = view.part_up_to(at + 12, name_size).head(16)
        contents_at = at + 12 + -(-name_size // 4) * 4
        yield name.rstrip(b"\0"), kind, view.part_up_to(contents_at, size)
        at = -(-(contents_at + size) // boundary) * boundary


def _properties(contents: View, order: str, word: int) -> Iterator[tuple[int, int]]:
    """Yield those properties of a note that are four bytes long."""
    at = 0
    while at + 8 <= contents.size:
        kind, size = contents.unpack(f"{order}II", at)
        if size == 4:
            yield kind, contents.unpack(f"{order}I", at + 8)[0]
        at += 8 + -(-size // word) * word


def _number(value: int | str | None) -> int:
    return value if isinstance(value, int) else -1


def _file_attributes(
    section: View | None, order: str, vendor: bytes
) -> Iterator[tuple[int, int | str]]:
    """Yield the attributes that hold for the whole file, as far as they can be read."""
    if section is None or not section.size:
        return
    try:
        (length,) = section.unpack(f"{order}I", 1)
        data = section.read(5, min(length, section.size - 1, _LARGEST) - 4)
        name, zero, rest = data.partition(b"\0")
        if name != vendor or not zero or len(rest) < 5 or rest[0] != _TAG_FILE:
            return
        at = 5
        while at < len(rest):
            tag, at = uleb128(rest, at)
            if tag == _TAG_COMPATIBILITY:
                _, at = uleb128(rest, at)
            if _is_text(tag, vendor):
                end = rest.find(b"\0", at)
                if end < 0:
                    return
                yield tag, decode(rest[at:end])
                at = end + 1
            else:
                value, at = uleb128(rest, at)
                yield tag, value
    except DamagedError:
        return


def _is_text(tag: int, vendor: bytes) -> bool:
    if vendor == b"riscv":
        return tag % 2 == 1
    return tag in _ARM_TEXT_TAGS or tag == _TAG_COMPATIBILITY or (tag > 32 and tag % 2 == 1)
