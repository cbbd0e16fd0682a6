"""The members of static libraries.

Source: the common ``ar`` format with the extensions of System V/GNU, BSD/macOS and Microsoft.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .view import DamagedError, View, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"!<arch>\n"
_HEADER = re.compile(rb"(?P<name>.{16}).{12}.{6}.{6}.{8}(?P<size>\d{1,10}) *`\n", re.DOTALL)
_BSD_NAME = re.compile(rb"#1/(\d{1,10}) *")
_LONG_NAME = re.compile(rb"/(\d{1,15}) *")
# Tables of symbols and names.
_TABLES = re.compile(rb"/(?:SYM64/|<.*>/)? *|// *|__\.SYMDEF.*", re.DOTALL)
_MOST_MEMBERS = 100_000


def members(view: View) -> Iterator[tuple[str, View]]:
    """Yield the name and the contents of every member that is not a table of the archive.

    :raises DamagedError: what should be a member's header is not.
    """
    at = len(MAGIC)
    names: View | None = None
    for _ in range(_MOST_MEMBERS):
        if at >= view.size:
            return
        match = _HEADER.fullmatch(view.read(at, 60))
        if match is None or at + 60 + int(match["size"]) > view.size:
            raise DamagedError
        contents = view.part(at + 60, int(match["size"]))
        at += 60 + contents.size + contents.size % 2
        name = match["name"]
        if name.startswith(b"//"):
            names = contents
        elif bsd := _BSD_NAME.fullmatch(name):
            # The name precedes the contents.
            length = int(bsd[1])
            name = contents.part(0, length).head(1024).rstrip(b"\0")
            contents = contents.rest(length)
        elif (long := _LONG_NAME.fullmatch(name)) and names is not None:
            name = _long_name(names, int(long[1]))
        if not _TABLES.fullmatch(name):
            yield decode(name.rstrip(b" ").rstrip(b"/")), contents


def _long_name(names: View, at: int) -> bytes:
    """Return a name from GNU's table, where lines end them, or Microsoft's, where zeros do."""
    return re.split(rb"/?[\n\0]", names.part_up_to(at, 1024).head(1024), maxsplit=1)[0]
