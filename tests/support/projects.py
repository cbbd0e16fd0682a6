"""The small projects of ``tests/packages``: copies that a test may build and edit."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path

from support.builds import REPOSITORY

PACKAGES = REPOSITORY / "tests" / "packages"

# Read by the backend beside pyproject.toml; no project of the tests has one.
LOCAL = "py-build-cmake.local.toml"
CROSS = "py-build-cmake.cross.toml"


def copy_package(name: str, directory: Path) -> Path:
    """Copy the project ``tests/packages/<name>`` to the new ``directory``; return that."""
    return shutil.copytree(
        PACKAGES / name,
        directory,
        symlinks=True,
        ignore=shutil.ignore_patterns(".py-build-cmake_cache", "__pycache__"),
    )


def write(file: Path, text: str) -> Path:
    """Write an indented text block to ``file``, whose directory is made; return it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    return file


def edit(file: Path, old: str, new: str) -> None:
    """Replace a text that ``file`` has exactly once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {file}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def toml_string(text: str) -> str:
    """Write a text as TOML has it."""
    escaped = "".join(
        f"\\u{ord(character):04X}" if character < " " or character in '"\\\x7f' else character
        for character in text
    )
    return f'"{escaped}"'
