"""``py-build-cmake cross init``: a cross file with what is known of a Python, with comments."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...base.errors import ConfigError, Error, Problem
from ...config.overrides import quote
from ...config.schema import TOOLCHAINS
from ...platforms.accepted import BY_OPTION, refuse_platforms
from ...platforms.build_headers import BUILD_PYTHON, describe_build_python
from ...platforms.python_files import describe_python
from ..options import example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...platforms.build_machine import BuildMachine
    from ...platforms.python_files import PythonFacts
    from ..options import ProgramOptions

DEFAULT_NAME = "py-build-cmake.cross.toml"


def cross_file(  # noqa: PLR0913 - the options of one command
    python: str,
    toolchain: str | None,
    arch: str | None,
    directory: Path,
    machine: BuildMachine,
    *,
    allow_unknown_tags: bool = False,
) -> str:
    """Return a cross file for a host Python, to be written into ``directory``.

    ``python`` and ``toolchain`` are paths from the current directory. Tags that are not known
    here are written with the key that accepts them, if ``allow_unknown_tags``.

    :raises Error: there is no Python at that path, no such file, no platform is known, or no
        installer accepts its tag.
    """
    refused = refuse_platforms(arch) if arch else []
    if problems := [
        Problem(refusal.message, "--arch", refusal.advice(BY_OPTION))
        for refusal in refused
        if not (refusal.is_unknown and allow_unknown_tags)
    ]:
        raise ConfigError.from_problems(problems)
    facts = _describe(python, arch, machine)
    platform = facts.get("platform")
    if not (arch or platform):
        raise Error(
            f"{python!r} does not say which platform it is for",
            where="--python",
            hint="give the platform tag of the host system, for example --arch linux_aarch64",
        )
    if toolchain and toolchain not in TOOLCHAINS and not Path(toolchain).is_file():
        named = "".join(f", or {name}" for name in TOOLCHAINS)
        raise Error(
            f"there is no file {toolchain}", where="--toolchain", hint=f"name a file{named}"
        )
    lines = [
        "# Cross-compilation for one host system. Its Python is described by what is pointed at.",
        "# `py-build-cmake cross check` shows what everything resolves to.",
        "",
        *_python_lines(python, facts, directory),
        "",
        *_arch_lines(arch, platform),
        "",
        *_toolchain_lines(toolchain, directory),
        "",
        *_NATIVE,
        *(("", "[wheel]", "allow_unknown_tags = true") if refused else ()),
    ]
    return "\n".join(lines) + "\n"


def _describe(python: str, arch: str | None, machine: BuildMachine) -> PythonFacts:
    if python == BUILD_PYTHON:
        return describe_build_python(machine, "--python", tuple(arch.split(".")) if arch else ())
    path = Path(python)
    if not path.exists():
        raise ConfigError(f"there is no file or directory {python}", where="--python")
    return describe_python(path.resolve(), "--python", arch=arch)


def _python_lines(python: str, facts: PythonFacts, directory: Path) -> Iterator[str]:
    if python == BUILD_PYTHON:
        yield "# The headers of the Python that runs the build, for a Linux or Windows host."
        yield f"python = {quote(python)}"
    else:
        yield "# A sysroot, a prefix, an include directory, a build-details.json or a"
        yield "# _sysconfigdata*.py. Paths are relative to this file."
        yield f"python = {quote(_relative(Path(python), directory))}"
    yield "# It says, and these keys could say:"
    for key, name in (("implementation", "implementation"), ("version", "version"), ("soabi",) * 2):
        if value := facts.get(name):
            yield f"# {key} = {quote(value)}"
    if include_dir := facts.path("include_dir"):
        yield f"# include_dir = {quote(_relative(include_dir, directory))}"


def _arch_lines(arch: str | None, platform: str | None) -> Iterator[str]:
    yield "# The platform tag of the wheel; manylinux_2_28_aarch64 and the like, if compiler and"
    yield "# sysroot keep that promise."
    yield f"arch = {quote(arch)}" if arch else f"# arch = {quote(platform or '')}"


def _toolchain_lines(toolchain: str | None, directory: Path) -> Iterator[str]:
    yield "# The CMake toolchain file, which names compilers and sysroot. Without it, CC and CXX of"
    yield "# the environment are used, and CMake is not told that it cross-compiles."
    if toolchain in TOOLCHAINS:
        yield f"toolchain = {quote(toolchain or '')}"
    elif toolchain:
        yield f"toolchain_file = {quote(_relative(Path(toolchain), directory))}"
    else:
        yield '# toolchain_file = "aarch64.toolchain.cmake"'


_NATIVE = (
    "# Build for the machine that builds first, for generators and stubs that have to run:",
    "# native_build = true",
    '# copy_from_native_build = ["**/*.pyi"]',
    "",
    "# What only this host needs, over the tables of pyproject.toml:",
    "# [cmake.options]",
    "# WITH_NEON = true",
)


def _relative(path: Path, directory: Path) -> str:
    """Return a path as it is written into a file in ``directory``; upwards only if it is near."""
    try:
        # Paths stay as the user wrote them: links may lead to other places on another machine.
        relative = Path(os.path.relpath(path, directory)).as_posix()
    except ValueError:
        # On another drive.
        relative = ""
    is_near = relative and not relative.startswith("../../..")
    name = relative if is_near else Path(os.path.normpath(path.absolute())).as_posix()
    return f"./{name}" if name == BUILD_PYTHON else name


@click.command(
    "init", epilog=example("py-build-cmake cross init --python sysroot --toolchain aarch64.cmake")
)
@click.option(
    "--python",
    required=True,
    metavar="PATH",
    help="The host system's Python: a sysroot, a prefix, an include directory, a build-details.json"
    " or a _sysconfigdata*.py; or `build`, for the headers of this Python.",
)
@click.option(
    "--toolchain", metavar="FILE|NAME", help=f"CMake toolchain file, or {' or '.join(TOOLCHAINS)}."
)
@click.option("--arch", metavar="TAG", help="Platform tag, where the Python does not say it.")
@click.option(
    "--allow-unknown-tags",
    is_flag=True,
    help="Accept a platform tag that is not known here, and write `wheel.allow_unknown_tags`.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The cross file to write. [default: {DEFAULT_NAME} in the project]",
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.pass_obj
def init_cross_file(  # noqa: PLR0913 - the options of one command
    common: ProgramOptions,
    /,
    *,
    python: str,
    toolchain: str | None,
    arch: str | None,
    allow_unknown_tags: bool,
    output: Path | None,
    force: bool,
) -> None:
    """Write a cross file with comments, for a Python and a toolchain."""
    output = output or common.directory / DEFAULT_NAME
    machine = common.boundary.detect_machine()
    text = cross_file(
        python, toolchain, arch, output.parent, machine, allow_unknown_tags=allow_unknown_tags
    )
    if output.exists() and not force:
        raise Error("exists already", where=str(output), hint="use --force to replace it")
    if not output.parent.is_dir():
        raise Error(f"there is no directory {output.parent}", where="--output")
    output.write_text(text, encoding="utf-8")
    click.echo(f"wrote {output}; look at it, then run: py-build-cmake cross check --cross {output}")
