"""The shim: the interpreter that cross builds give to CMake.

CMake code asks the interpreter that it found how to compile extension modules. In a cross build
that interpreter runs here, and must run the code generators of the project, with everything that
the build requires. The shim is a shell script that starts the Python that runs the build, with
another module in place of that Python's own build-time variables, and with a ``sitecustomize``
module: see :mod:`.interpreter`. ``sysconfig`` then reports values of the host system. The module
has the name of the one that it hides. So a Python that ignores ``PYTHONPATH`` (``python -I``) finds
its own module, and still works.

While CMake configures, the directory ``programs`` beside the shim comes first on ``PATH``. It has
the names that projects look for: ``python``, ``python3``, ``python3-config``, and the ``…-config``
programs of packages, which would speak for the Python that they were installed with. Programs on
``PATH`` that begin with ``#!/usr/bin/env python3`` do not get the shim, but the Python that they
get natively, since their own packages may be installed for it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from pprint import pformat
from shlex import quote
from typing import TYPE_CHECKING, Any

from ..base.records import dataclass
from ..platforms.host_numpy import find_numpy
from ..platforms.host_variables import (
    HostPaths,
    build_time_variables,
    is_big_endian,
    sizes_of_types,
)
from ..platforms.python_files import header_defines
from ..platforms.pythons import implementation_named
from ..platforms.tags import PlatformTag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..config.schema import CrossConfig
    from ..platforms.build_machine import BuildMachine
    from ..platforms.host import HostPlatform

# What CMake sets while it configures; see `interpreter/host_answers.py`.
CONFIGURES = "PY_BUILD_CMAKE_CONFIGURES"
_RUNTIME = Path(__file__).with_name("interpreter")
_HOST_MODULE = "_py_build_cmake_host.py"
_FACTS = "FACTS: dict[str, Any] = {}"
# What the systems are called by `sys.platform`; other names are those of their OS tables.
_SYS_PLATFORMS = {"windows": "win32", "mac": "darwin", "pyodide": "emscripten"}
_LONGEST_SHEBANG = 4096


@dataclass(frozen=True)
class Shim:
    """The files of the shim below its ``directory``, by path; ``programs`` are some of them."""

    directory: Path
    files: Mapping[Path, str]
    programs: tuple[Path, ...]

    @property
    def interpreter(self) -> Path:
        """The program that CMake is given."""
        return shim_interpreter(self.directory)


def shim_interpreter(directory: Path) -> Path:
    """Return the path of the program in the directory of a shim."""
    return directory / "bin" / "python3"


@dataclass(frozen=True)
class Question:
    """What a script asked about its own process while CMake configured, and the answers.

    ``truth`` is what it was told, ``host`` what the host would say; empty if they are no values.
    """

    file: str
    line: str
    asked: str
    truth: str
    host: str

    def __str__(self) -> str:
        told = f"was told {self.truth}" if self.truth else "was told about the machine that builds"
        would = f": the host says {self.host}" if self.host else ", not about the host"
        return (
            f"{self.file}:{self.line} asks {self.asked} while CMake configures, and {told}{would}."
            " If it decides what is compiled, let it ask `sysconfig`, or give it CMake's"
            " variables, such as CMAKE_SYSTEM_PROCESSOR"
        )


def _questions_file(directory: Path) -> Path:
    return directory / "sysconfig" / "questions.txt"


def forget_questions(directory: Path) -> None:
    """Remove what scripts asked in an earlier build. ``directory`` is that of the shim."""
    _questions_file(directory).unlink(missing_ok=True)


def read_questions(directory: Path) -> tuple[Question, ...]:
    """Return what scripts asked since they were forgotten, each question once."""
    try:
        lines = _questions_file(directory).read_text("utf-8").splitlines()
    except OSError:
        return ()
    fields = (line.split("\t") for line in dict.fromkeys(lines))
    return tuple(Question(*words) for words in fields if len(words) == 5)


def host_paths(
    machine: BuildMachine, cross: CrossConfig, written: CrossConfig | None = None
) -> HostPaths:
    """Return where the host's Python is.

    ``written`` is the configuration before the plan has put copies of headers in place of them.
    """
    if cross.force_native_python:
        return HostPaths(machine.include_dir, machine.include_dir, machine.prefixes[-1])
    python = Path(cross.python) if cross.python else None
    is_record = python is not None and python.name.startswith("_sysconfigdata")
    return HostPaths(
        include_dir=cross.include_dir,
        headers=(written or cross).include_dir,
        prefix=cross.prefix,
        library=cross.library,
        sysconfigdata=python if is_record else None,
    )


def make_shim(
    directory: Path,
    machine: BuildMachine,
    host: HostPlatform,
    cross: CrossConfig,
    written: CrossConfig | None = None,
) -> Shim:
    """Return the files of the shim in a directory of a build; ``written``: see `host_paths`."""
    paths = host_paths(machine, cross, written)
    modules, programs = directory / "sysconfig", directory / "programs"
    shim = shim_interpreter(directory)
    scripts = {shim: shim_script(machine, host, modules)}
    named = _named_interpreter(shim)
    scripts.update({programs / name: named for name in _interpreter_names(machine, host)})
    config = _program(shim, modules / "python_config.py")
    scripts.update({programs / name: config for name in _config_names(host)})
    for name in _programs_of_packages(machine):
        # Else the program would be run with its own interpreter.
        scripts[programs / name] = _program(shim, modules / "run_program.py", str(programs), name)
    facts = shim_facts(machine, host, cross, paths, shim)
    host_module = (_RUNTIME / "host_answers.py").read_text("utf-8")
    files = {
        **scripts,
        modules / f"{machine.sysconfigdata}.py": sysconfig_module(host, paths),
        modules / _HOST_MODULE: host_module.replace(_FACTS, f"FACTS = {pformat(facts)}", 1),
        **{
            modules / name: (_RUNTIME / name).read_text("utf-8")
            for name in ("sitecustomize.py", "python_config.py", "run_program.py")
        },
    }
    return Shim(directory, files, tuple(scripts))


def shim_script(machine: BuildMachine, host: HostPlatform, modules: Path) -> str:
    """Return the shell script; ``modules`` is the folder with the sysconfig module."""
    return f"""#!/bin/sh
# Written by py-build-cmake: the Python that runs the build, with the names of the Python that
# the wheel is for ({host.soabi}).
# The options -I and -E hide what is below. A line that CMake asks does not need them.
case "${CONFIGURES} $1 $2" in
"1 -I -c"|"1 -E -c") shift; set -- -s "$@" ;;
esac
PYTHONPATH={quote(str(modules))}${{PYTHONPATH:+":$PYTHONPATH"}}
_PYTHON_HOST_PLATFORM={quote(PlatformTag.parse(host.platform_tags[0]).sysconfig_name)}
_PYTHON_SYSCONFIGDATA_NAME={quote(machine.sysconfigdata)}
export PYTHONPATH _PYTHON_HOST_PLATFORM _PYTHON_SYSCONFIGDATA_NAME
exec {quote(str(machine.executable))} "$@"
"""


def _named_interpreter(shim: Path) -> str:
    return f"""#!/bin/sh
# Written by py-build-cmake: the Python that is found on PATH while CMake configures.
case "$1" in
/*) case ":$PATH:" in
    *":${{1%/*}}:"*)
        # A program on PATH, of another package: it gets the next Python.
        name=${{0##*/}} own=${{0%/*}} IFS=:
        for directory in $PATH; do
            if [ "$directory" != "$own" ] && [ -x "$directory/$name" ]; then
                exec "$directory/$name" "$@"
            fi
        done
        ;;
    esac ;;
esac
exec {quote(str(shim))} "$@"
"""


def _program(shim: Path, script: Path, *arguments: str) -> str:
    words = " ".join(quote(str(word)) for word in (shim, script, *arguments))
    return f'#!/bin/sh\n# Written by py-build-cmake.\nexec {words} "$@"\n'


def sysconfig_module(host: HostPlatform, paths: HostPaths) -> str:
    """Return the module with the build-time variables of the host system's Python."""
    variables = build_time_variables(host, paths)
    entries = "".join(f"    {name!r}: {value!r},\n" for name, value in sorted(variables.items()))
    return f"""# Written by py-build-cmake.
build_time_vars = {{
{entries}}}

import sysconfig

for scheme in sysconfig._INSTALL_SCHEMES.values():
    for key in ("include", "platinclude"):
        if key in scheme:
            scheme[key] = build_time_vars["INCLUDEPY"]
"""


def shim_facts(
    machine: BuildMachine, host: HostPlatform, cross: CrossConfig, paths: HostPaths, shim: Path
) -> dict[str, Any]:
    """Return the facts that `interpreter/host_answers.py` has its answers from."""
    tag = PlatformTag.parse(host.platform_tags[0])
    system, processor = tag.cmake_system
    row = implementation_named(host.implementation)
    name = row.name if row else host.implementation
    variables = build_time_variables(host, paths)
    numpy = find_numpy(cross.site_packages, host.soabi)
    suffixes = (host.ext_suffix, host.stable_abi_suffix, host.module_suffix)
    return {
        "executable": str(shim),
        "include_dir": variables["INCLUDEPY"],
        "native_numpy": cross.force_native_python and not cross.site_packages,
        "numpy_include": str(numpy.include_dir or ""),
        "numpy_problem": numpy.problem,
        "version": host.dotted_version,
        "version_info": _version_info(machine, host, paths),
        "implementation": name,
        # What `platform.python_implementation()` says is also what CMake calls it.
        "implementation_id": (row.find_python if row else "") or name,
        "cache_tag": f"{name}-{host.version}",
        "multiarch": variables["MULTIARCH"],
        "abi_flags": host.abi_flags,
        "sizes": sizes_of_types(variables),
        "byteorder": "big" if is_big_endian(host) else "little",
        "sys_platform": _SYS_PLATFORMS.get(tag.system, tag.system),
        "system": system,
        # A file for several machines runs on any of them.
        "machine": processor if len(tag.machines) == 1 else "",
        "suffixes": [suffix for suffix in dict.fromkeys(suffixes) if suffix],
        "python_tag": host.python_tag,
        "abi": host.abi_tag,
        "platform_tags": list(host.platform_tags),
    }


def _version_info(
    machine: BuildMachine, host: HostPlatform, paths: HostPaths
) -> tuple[int, int, int, str, int]:
    """Return `sys.version_info` of the host's Python, as its headers have it."""
    major, minor = int(host.version[0]), int(host.version[1:])
    header = paths.headers / "patchlevel.h" if paths.headers else None
    defines = header_defines(header) if header and header.is_file() else {}
    micro, level = defines.get("PY_MICRO_VERSION", ""), defines.get("PY_RELEASE_LEVEL", "")
    if not micro.isdecimal():
        is_same = machine.version_info[:2] == (major, minor)
        return major, minor, machine.version_info[2] if is_same else 0, "final", 0
    level = level.replace("PY_RELEASE_LEVEL_", "").lower()
    known = {"alpha": "alpha", "beta": "beta", "gamma": "candidate"}.get(level, "final")
    serial = defines.get("PY_RELEASE_SERIAL", "0")
    return major, minor, int(micro), known, int(serial) if serial.isdecimal() else 0


def _interpreter_names(machine: BuildMachine, host: HostPlatform) -> tuple[str, ...]:
    """Return the names that projects look for. A Python has them whatever its implementation."""
    major, minor, _ = machine.version_info
    names = ("python3", "python", f"python{major}.{minor}", f"python{host.dotted_version}")
    return tuple(dict.fromkeys(names))


def _config_names(host: HostPlatform) -> tuple[str, ...]:
    versions = ("", host.version[0], host.dotted_version, f"{host.dotted_version}{host.abi_flags}")
    return tuple(dict.fromkeys(f"python{version}-config" for version in versions))


def _programs_of_packages(machine: BuildMachine) -> Iterator[str]:
    """Yield the names of programs on ``PATH`` that say how to compile with a package of the Python
    that runs the build.
    """
    found = set()
    for entry in (machine.environ.get("PATH") or "").split(os.pathsep):
        directory = Path(entry)
        if entry and directory.is_dir():
            found |= {path.name for path in directory.glob("*-config") if _is_of(machine, path)}
    yield from sorted(name for name in found if not re.match(r"python[\d.]*[a-z]*-config", name))


# The first line, or the second one if the path of the interpreter is long or has spaces.
_INTERPRETER = re.compile(r"""#!(?:/bin/sh\n'''exec' "?(/.+?)"? "\$0"|(/\S+))""")


def _is_of(machine: BuildMachine, program: Path) -> bool:
    """Whether a program is a script of the Python that runs the build."""
    try:
        with program.open("rb") as file:
            match = _INTERPRETER.match(file.read(_LONGEST_SHEBANG).decode("utf-8", "replace"))
    except OSError:
        return False
    if match is None:
        return False
    interpreter = Path(match[1] or match[2])
    return interpreter.parent.resolve() == machine.executable.parent.resolve()
