"""Tables of pyproject.toml that are not read, and were probably meant for this program.

A project whose ``[tool.py-build-cmake.cmake]`` is misspelt would become a wheel without its
compiled module, and nobody would be told.

Source: the pyproject.toml specification has three tables, and ``[dependency-groups]`` (PEP 735);
any other top-level table is a mistake of the author.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.errors import Problem
from ..base.places import Place
from .schema import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FILE, _OWN = "pyproject.toml", "py-build-cmake"
# Other build backends for compiled code. A project has one backend, so these are left over.
_OTHERS = {
    "scikit-build": "scikit-build-core",
    "meson-python": "meson-python",
    "maturin": "maturin",
}
# At most two of twelve letters are wrong, or in another order.
_LIKENESS = 0.82


def check_tables(contents: Mapping[str, object], problems: list[Problem]) -> None:
    """Add to ``problems`` the tables of pyproject.toml that were meant for this program."""
    tool = contents.get("tool")
    tools = tool if isinstance(tool, dict) else {}
    problems += _in_tool(tools)
    for key, value in contents.items():
        if key in ("tool", "project", "build-system", "dependency-groups"):
            continue
        if _is_like_own_name(key.rpartition("tool.")[2]):
            problems.append(_unread(key, f"tool.{_OWN}"))
        elif key in ROOT.sections:
            problems.append(_unread(key, f"tool.{_OWN}.{key}"))
        elif isinstance(value, dict):
            inner = next(filter(_is_like_own_name, value), None)
            if inner is not None:
                problems.append(_unread(f"{key}.{inner}", f"tool.{_OWN}"))


def _in_tool(tools: Mapping[str, object]) -> Iterator[Problem]:
    for key in tools:
        if key in _OTHERS:
            message = f"is of another build backend, {_OTHERS[key]}, and is not read"
            hint = f"move its settings to [tool.{_OWN}], and remove the table"
            yield Problem(message, Place(_FILE, f"tool.{key}"), hint)
        elif key != _OWN and _is_like_own_name(key):
            yield _unread(f"tool.{key}", f"tool.{_OWN}")


def _unread(key: str, meant: str) -> Problem:
    return Problem("is not read", Place(_FILE, key), f"did you mean `{meant}`?")


def _is_like_own_name(name: str) -> bool:
    """Whether a name is made of the same letters or words as this program's, or nearly."""
    words, own = re.split(r"[-_. ]+", name.lower()), _OWN.split("-")
    if name == _OWN or "".join(words) == "".join(own) or sorted(words) == sorted(own):
        return True
    # A quick test: most names share few letters with this program's name.
    if len(set(name.lower()) & set("".join(own))) < len("".join(own)) - 3 or len(name) > 2 * len(
        _OWN
    ):
        return False
    import difflib

    return difflib.SequenceMatcher(None, "".join(words), "".join(own)).ratio() >= _LIKENESS
