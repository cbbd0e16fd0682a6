"""Facts from toolchain files, presets and compilers, found out without compiling anything.

CMake itself reads a toolchain file, for a project without languages in a temporary directory:
compilers are not looked for then, but all variables have the values that a real project would see.

It also reads a preset, with all that it inherits and includes: ``cmake --preset P -N`` prints its
variables (cmake(1), "View mode"), from version 4.0 on with ``--log-level=VERBOSE`` only.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import Error
from ..base.records import dataclass
from .commands import ConfigureOptions, configure_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ..config.schema import CMakeConfig


TOOLS = ("AR", "RANLIB", "STRIP")
# Variables of FindPython that say where the headers are.
PYTHON_PLACES = tuple(
    f"{module}_{name}" for module in ("Python", "Python3") for name in ("ROOT_DIR", "INCLUDE_DIR")
)
_VARIABLES = (
    *("CMAKE_SYSTEM_NAME", "CMAKE_SYSTEM_PROCESSOR", "CMAKE_CROSSCOMPILING"),
    *("CMAKE_C_COMPILER", "CMAKE_CXX_COMPILER"),
    *("CMAKE_C_COMPILER_TARGET", "CMAKE_CXX_COMPILER_TARGET"),
    *(f"CMAKE_{tool}" for tool in (*TOOLS, "LINKER", "NM", "OBJCOPY")),
    *("CMAKE_SYSROOT", "CMAKE_FIND_ROOT_PATH", "CMAKE_TOOLCHAIN_FILE"),
    *(f"CMAKE_FIND_ROOT_PATH_MODE_{kind}" for kind in ("PROGRAM", "LIBRARY", "INCLUDE", "PACKAGE")),
    *PYTHON_PLACES,
)
_PROJECT = """\
cmake_minimum_required(VERSION 3.15)
project(py_build_cmake_probe NONE)
set(said "")
foreach(name IN ITEMS {names})
    if(NOT "${{${{name}}}}" STREQUAL "")
        string(APPEND said "${{name}}=${{${{name}}}}\\n")
    endif()
endforeach()
file(WRITE "${{CMAKE_CURRENT_BINARY_DIR}}/said.txt" "${{said}}")
"""
# These variables are for the generator of the environment; the probe uses another one.
_OF_GENERATORS = ("CMAKE_GENERATOR_PLATFORM", "CMAKE_GENERATOR_TOOLSET", "CMAKE_GENERATOR_INSTANCE")


@dataclass(frozen=True)
class ToolchainVariables:
    """The variables that are set when a project begins, without those that are empty."""

    variables: Mapping[str, str]

    def get(self, name: str) -> str:
        """Return the value of a variable, empty if it is not set."""
        return self.variables.get(name, "")

    def list(self, name: str) -> list[str]:
        """Return the elements of a variable that is a list."""
        return [element for element in self.get(name).split(";") if element]


def probe_toolchain(
    cmake: Path,
    config: CMakeConfig,
    toolchain_file: Path | None,
    environ: Mapping[str, str],
    preset: Sequence[str] = (),
) -> ToolchainVariables:
    """Return what CMake knows of the compilers before it looks for them.

    Options and arguments of the configuration take part, and ``preset``, which are definitions
    that they override.

    :raises Error: CMake, or the toolchain file, fails.
    """
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary).resolve()
        source, build = directory / "source", directory / "build"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(_PROJECT.format(names=" ".join(_VARIABLES)))
        preload = directory / "preload.cmake"
        preload.write_text("")
        options = ConfigureOptions(
            cmake, build, preload, generator="Unix Makefiles", toolchain_file=toolchain_file
        )
        command = configure_command(replace(config, source_path=source, preset=None), options)
        command[1:1] = [word for definition in preset for word in ("-D", definition)]
        # Nothing is built, so Make need not exist.
        command += ["-D", f"CMAKE_MAKE_PROGRAM={cmake}"]
        environ = {name: v for name, v in environ.items() if name not in _OF_GENERATORS}
        done = ask(command, directory, environ)
        said = build / "said.txt"
        if done.returncode != 0 or not said.is_file():
            raise Error(
                "CMake cannot begin a project with it:\n" + done.stdout.strip(),
                where=str(toolchain_file or "the configuration of CMake"),
            )
        lines = said.read_text("utf-8").splitlines()
    pairs = (line.partition("=") for line in lines)
    return ToolchainVariables({name: value for name, _, value in pairs if name in _VARIABLES})


def ask(
    command: Sequence[str], directory: Path, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command and return its output, errors included; it is not shown."""
    return subprocess.run(
        command,
        cwd=directory,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


_HEADING = re.compile(r"^Preset (CMake|environment) variables:$", re.MULTILINE)
_VARIABLE = re.compile(r'^  ([^\s=:"]+)((?::\w+)?)="(.*?)"$', re.MULTILINE | re.DOTALL)
_TOOLCHAIN_FILE = "CMAKE_TOOLCHAIN_FILE"


@dataclass(frozen=True)
class Preset:
    """The variables of a preset: those of CMake, with their types, and the environment's."""

    variables: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def definitions(self) -> list[str]:
        """The arguments of ``-D`` that set the variables of CMake."""
        return [f"{name}{kind}={value}" for name, (kind, value) in self.variables.items()]

    @property
    def toolchain_file(self) -> str:
        """The toolchain file that the preset names, empty if it names none."""
        return self.variables.get(_TOOLCHAIN_FILE, ("", ""))[1]


def probe_preset(cmake: Path, config: CMakeConfig, environ: Mapping[str, str]) -> Preset:
    """Return what the preset of a configuration sets; nothing if it has none.

    :raises Error: CMake does not know the preset, or cannot read the file.
    """
    if config.preset is None:
        return Preset()
    command = [
        *(str(cmake), "-S", str(config.source_path), "--preset", config.preset),
        *("-N", "--log-level=VERBOSE"),
    ]
    done = ask(command, config.source_path, environ)
    if done.returncode != 0:
        raise Error(
            f"CMake cannot read the preset {config.preset!r}:\n" + done.stdout.strip(),
            where="`cmake.preset`",
        )
    return _with_absolute_path(_parse(done.stdout), config.source_path)


def _parse(said: str) -> Preset:
    """Read the two lists that CMake prints, each below its heading."""
    _, *parts = _HEADING.split(said)
    lists = dict(zip(parts[::2], parts[1::2]))
    found = {kind: _VARIABLE.findall(text) for kind, text in lists.items()}
    return Preset(
        {name: (kind, value) for name, kind, value in found.get("CMake", ())},
        {name: value for name, _, value in found.get("environment", ())},
    )


def _with_absolute_path(preset: Preset, source: Path) -> Preset:
    """Resolve the path of a toolchain file as CMake does; the build directory need not exist."""
    if not preset.toolchain_file:
        return preset
    kind, value = preset.variables[_TOOLCHAIN_FILE]
    absolute = {_TOOLCHAIN_FILE: (kind, (source / value).as_posix())}
    return Preset({**preset.variables, **absolute}, preset.environ)


_LANGUAGES = {"C": "CC", "CXX": "CXX"}
# aarch64-linux-gnu-gcc-12, /opt/llvm/bin/clang++
_COMPILER = re.compile(r"(?:(?P<prefix>.+)-)?(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+)(?:-[\d.]+)?")
_TIMEOUT = 60
# The source of a program that neither the environment nor CMake's own search named.
TOOLCHAIN = "the toolchain"


@dataclass(frozen=True)
class Program:
    """A compiler or tool. ``source`` says what names it; ``path`` is None if it does not exist.
    ``target`` is the output of the compiler for ``-dumpmachine``, empty if there is none.
    """

    variable: str
    name: str
    path: Path | None
    source: str
    target: str = ""


def compilers(toolchain: ToolchainVariables, environ: Mapping[str, str]) -> Iterator[Program]:
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
    toolchain: ToolchainVariables, compiler: Program | None, environ: Mapping[str, str]
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
    """Return the triplet at the beginning of a compiler's name, if there is one."""
    match = _COMPILER.fullmatch(compiler.name)
    return (match["prefix"] or "") if match else ""


def find_tool(name: str, environ: Mapping[str, str]) -> Path | None:
    """Find a program by its path, or by its name on ``PATH``."""
    found = shutil.which(name, path=environ.get("PATH", ""))
    return Path(found) if found else None


def dump_machine(
    compiler: Path, arguments: list[str], target: str, environ: Mapping[str, str]
) -> str:
    """Ask a compiler for its target; empty if it does not tell.

    ``target`` is CMAKE_<LANG>_COMPILER_TARGET, which CMake gives to compilers that have several.
    """
    options = [f"--target={target}"] if target and "clang" in compiler.name else []
    if options:
        # The compiler prints the given target in its own notation.
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
