"""``cross.python = "build"`` for macOS: a ``pyconfig.h`` for arm64 and x86_64.

The headers of CPython are the same on all systems, except for ``pyconfig.h``. That of macOS is made
by ``configure``. What it says of the system does not depend on the machine, and was the same in all
versions of CPython that were looked at, so there is a table of its macros. Those are defined that
``pyconfig.h`` of the version has at all. Modules are linked without a library of Python: its
symbols are looked up in the process that loads the module.

Sources: ``data/macos_pyconfig.txt`` says where the macros are from; ``pymacconfig.h`` and
``configure.ac`` of CPython for what depends on the processor, and for the macros of features.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.tables import read_table
from .build_headers import FLAG_MACROS, assertions, copied_headers, filled_template

if TYPE_CHECKING:
    from .build_headers import BuildHeaders
    from .host import HostPlatform

_TEMPLATE = "mac_pyconfig.h.in"
_TABLE = Path(__file__).parent / "data" / "macos_pyconfig.txt"
_WHY = (
    '" is not what Python for macOS was compiled with: the compiler, or an option of it, does not'
    ' fit"'
)
# A macro that pyconfig.h defines, or does not: /* #undef HAVE_EPOLL */
_MACRO = re.compile(r"^[ \t]*(?:/\*[ \t]*)?#[ \t]*(?:define|undef)[ \t]+(\w+)", re.MULTILINE)


def mac_overlay(headers: BuildHeaders, host: HostPlatform) -> dict[str, str]:
    """Return the files of an include directory for macOS, by their relative paths."""
    original = headers.pyconfig.read_text("utf-8", errors="replace")
    return {**copied_headers(headers), "pyconfig.h": mac_pyconfig(original, host)}


def mac_pyconfig(original: str, host: HostPlatform) -> str:
    """Return a ``pyconfig.h`` for macOS. It is valid in C89, C++98 and later standards.

    ``original`` is that of the same version of Python for another system.
    """
    known = set(_MACRO.findall(original))
    rows = [line.partition(" ") for line in read_table(_TABLE)]
    macros = (f"#define {name} {value or 1}\n" for name, _, value in rows if name in known)
    flags = (f"#define {FLAG_MACROS[flag]} 1\n" for flag in host.abi_flags if flag in FLAG_MACROS)
    template = filled_template(_TEMPLATE, {})
    asserted = re.findall(r"# *define ((?:SIZEOF|ALIGNOF)_\w+)", template)
    words = {
        "@VERSION@": host.dotted_version,
        "@FLAGS@": "".join(flags),
        "@MACROS@": "".join(macros),
        "@ASSERTIONS@": assertions(set(asserted), _WHY, "is_wrong_for_macos"),
    }
    return filled_template(_TEMPLATE, words)
