"""The signature of a Mach-O file: whether its hashes are those of the contents.

Only the hashes of the code are recomputed, which change if a tool changes a file after it was
signed. Who signed it, if anybody did, is not looked at: what linkers write is "ad hoc".

Source: Apple's ``cs_blobs.h`` in its kernel (``osfmk/kern/cs_blobs.h``): a super blob has blobs by
their numbers, of which some are code directories. All numbers in it are big-endian.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from .report import SIGNATURE_UNKNOWN, SIGNATURE_VALID, SIGNATURE_WRONG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .view import View

_SUPER_BLOB, _CODE_DIRECTORY = 0xFADE0CC0, 0xFADE0C02
# The code directory, and those of other hashes beside it.
_FIRST_SLOT, _OTHER_SLOTS = 0, range(0x1000, 0x1005)
_HASHES = {1: "sha1", 2: "sha256", 3: "sha256", 4: "sha384"}
_MOST_BLOBS = 100
_LARGEST_PAGE = 1 << 20


def signature_state(view: View, offset: int, size: int) -> str:
    """Return whether the signature at ``offset`` of a thin file is valid, as in ``report``.

    :raises DamagedError: it is not there whole.
    """
    signature = view.part(offset, size)
    states = {_state(view, part) for part in _code_directories(signature)}
    if not states:
        return SIGNATURE_WRONG
    # Every directory is checked by some version of the system.
    order = (SIGNATURE_WRONG, SIGNATURE_UNKNOWN, SIGNATURE_VALID)
    return next(state for state in order if state in states)


def _code_directories(signature: View) -> Iterator[View]:
    magic, _, count = signature.unpack(">III", 0)
    if magic != _SUPER_BLOB or count > _MOST_BLOBS:
        return
    for number in range(count):
        slot, at = signature.unpack(">II", 12 + 8 * number)
        if slot == _FIRST_SLOT or slot in _OTHER_SLOTS:
            kind, length = signature.unpack(">II", at)
            if kind == _CODE_DIRECTORY:
                yield signature.part(at, length)


def _state(file: View, directory: View) -> str:
    """Compare the hashes of one code directory, one for each page, with the file."""
    hashes_at, _, _, count, end = directory.unpack(">5I", 16)
    size, kind, _, shift = directory.unpack(">4B", 36)
    if kind not in _HASHES:
        return SIGNATURE_UNKNOWN
    page = 1 << shift if shift else end
    if not 0 < page <= _LARGEST_PAGE or count != -(-end // page):
        return SIGNATURE_WRONG
    for number in range(count):
        begin = number * page
        data = file.read(begin, min(page, end - begin))
        found = hashlib.new(_HASHES[kind], data, usedforsecurity=False).digest()[:size]
        if found != directory.read(hashes_at + number * size, size):
            return SIGNATURE_WRONG
    return SIGNATURE_VALID
