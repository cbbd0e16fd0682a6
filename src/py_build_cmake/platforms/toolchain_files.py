"""What a CMake toolchain file says, read without CMake, which may not be installed yet.

Only calls of ``set`` and ``get_filename_component`` with values that are texts, environment
variables, or variables set before are understood. Where more than one value is possible, none is
the answer.

Source: cmake-language(7).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COMMENT = re.compile(r"#\[(=*)\[.*?\]\1\]|#[^\n]*", re.DOTALL)
_SET = re.compile(
    r"""\b(?P<command>set|get_filename_component)\s*\(\s*(?P<name>\w+)
    \s+(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s()"]+))(?:\s+(?P<mode>\w+))?""",
    re.IGNORECASE | re.VERBOSE,
)
# The modes of get_filename_component.
_MODES: dict[str, Callable[[str], str]] = {
    "ABSOLUTE": os.path.normpath,
    "REALPATH": os.path.realpath,
    "DIRECTORY": os.path.dirname,
    "PATH": os.path.dirname,
}
_REFERENCE = re.compile(r"\$ENV\{(\w+)\}|\$\{(\w+)\}")


def named_sysroot(toolchain_file: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the ``CMAKE_SYSROOT`` that a toolchain file sets, if it is a directory.

    None: it sets none, or what it sets does not follow from the text alone.
    """
    try:
        text = toolchain_file.read_text("utf-8")
    except (OSError, ValueError):
        return None
    values = {
        Path(value)
        for name, value in _assignments(text, toolchain_file, environ)
        if name == "CMAKE_SYSROOT"
    }
    found = [path for path in values if path.is_absolute() and path.is_dir()]
    return found[0] if len(found) == 1 else None


def without_comments(text: str) -> str:
    """Return a text in CMake's language without its comments."""
    return _COMMENT.sub("", text)


def _assignments(text: str, file: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables that are set, in order, with their values. Unknown ones are left out."""
    variables = {
        "CMAKE_CURRENT_LIST_DIR": file.parent.as_posix(),
        "CMAKE_CURRENT_LIST_FILE": file.as_posix(),
    }
    for match in _SET.finditer(without_comments(text)):
        name, raw = match["name"], match["quoted"] or match["bare"] or ""
        value = _expanded(raw, variables, environ)
        if match["command"].lower() != "set":
            mode = _MODES.get(match["mode"] or "")
            value = mode(value) if mode and value and Path(value).is_absolute() else None
        if value is None:
            variables.pop(name, None)
        else:
            variables[name] = value
            yield name, value


def _expanded(text: str, variables: Mapping[str, str], environ: Mapping[str, str]) -> str | None:
    """Return a text with its references replaced; None if one of them is not known."""
    values = [
        environ.get(match[1]) if match[1] else variables.get(match[2])
        for match in _REFERENCE.finditer(text)
    ]
    if None in values:
        return None
    known = iter(values)
    expanded = _REFERENCE.sub(lambda _: next(known) or "", text)
    return None if "$" in expanded else expanded
