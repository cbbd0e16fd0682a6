"""The compilers and tools that a cross build will use, and what they compile for."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from ..records import dataclass
from .toolchain_probe import TOOLS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .toolchain_probe import Toolchain

_LANGUAGES = {"C": "CC", "CXX": "CXX"}
# aarch64-linux-gnu-gcc-12, /opt/llvm/bin/clang++
_COMPILER = re.compile(r"(?:(?P<prefix>.+)-)?(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+)(?:-[\d.]+)?")
_TIMEOUT = 60
# Who names a program, if neither the environment nor CMake's own search does.
TOOLCHAIN = "the toolchain"


@dataclass(frozen=True)
class Program:
    """A compiler or tool. ``source`` says who names it; ``path`` is None if it is not there.

    ``target`` is what a compiler answers to ``-dumpmachine``, empty if it does not say.
    """

    variable: str
    name: str
    path: Path | None
    source: str
    target: str = ""


def compilers(toolchain: Toolchain, environ: Mapping[str, str]) -> Iterator[Program]:
    """Yield the compilers that the toolchain or the environment names, and ask them."""
    for language, variable in _LANGUAGES.items():
        name = f"CMAKE_{language}_COMPILER"
        words, source = toolchain.list(name), TOOLCHAIN
        if not words:
            words, source = _split(environ.get(variable, "")), f"environment variable {variable}"
        if not words:
            continue
        path = find_tool(words[0], environ)
        wanted = toolchain.get(f"{name}_TARGET")
        target = dump_machine(path, words[1:], wanted, environ) if path else ""
        yield Program(name, " ".join(words), path, source, target)


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def tools(
    toolchain: Toolchain, compiler: Program | None, environ: Mapping[str, str]
) -> Iterator[Program]:
    """Yield the tools that the toolchain names, or that CMake will find for the compiler.

    Source: CMakeDetermineCCompiler.cmake and CMakeFindBinUtils.cmake. CMake looks for a name with
    the prefix of the compiler's, then without, each beside the compiler and then on ``PATH``.
    """
    for tool in TOOLS:
        variable = f"CMAKE_{tool}"
        given = toolchain.list(variable)
        if given:
            yield Program(variable, given[0], find_tool(given[0], environ), TOOLCHAIN)
        elif compiler and compiler.path:
            names = list(_names(tool.lower(), compiler.path))
            found = next(
                (
                    path
                    for name in names
                    for path in (compiler.path.parent / name, find_tool(name, environ))
                    if path and path.is_file()
                ),
                None,
            )
            shown = found.name if found else names[0]
            yield Program(variable, shown, found, "CMake's search beside the compiler")


def _names(tool: str, compiler: Path) -> Iterator[str]:
    if prefix := prefix_of(compiler):
        yield f"{prefix}-{tool}"
    if "clang" in compiler.name:
        yield f"llvm-{tool}"
    yield tool


def prefix_of(compiler: Path) -> str:
    """Return the triplet that stands before a compiler's name, if one does."""
    match = _COMPILER.fullmatch(compiler.name)
    return (match["prefix"] or "") if match else ""


def find_tool(name: str, environ: Mapping[str, str]) -> Path | None:
    """Find a program by its path, or by its name on ``PATH``."""
    found = shutil.which(name, path=environ.get("PATH", ""))
    return Path(found) if found else None


def dump_machine(
    compiler: Path, arguments: list[str], target: str, environ: Mapping[str, str]
) -> str:
    """Ask a compiler for what it compiles; empty if it does not say.

    ``target`` is CMAKE_<LANG>_COMPILER_TARGET, which CMake gives to compilers that have several.
    """
    options = [f"--target={target}"] if target and "clang" in compiler.name else []
    if options:
        # It answers what it was told, in its own words.
        return _answer([str(compiler), *arguments, *options, "-dumpmachine"], environ) or target
    return _answer([str(compiler), *arguments, "-dumpmachine"], environ)


def _answer(command: list[str], environ: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_TIMEOUT,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    lines = done.stdout.split()
    return lines[0] if len(lines) == 1 else ""
