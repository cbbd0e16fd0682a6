"""``toolchain = "zig"``: Clang, the linker and the libraries in the package ``ziglang``.

CMake wants programs, one for each tool, so there are small shell scripts. They read the path of zig
from a file beside them. So the scripts, which CMake's cache and compiler caches record, do not
change when a new build environment has another path.

Zig compiles its C and C++ libraries for a target at the first use, and keeps them in its own global
cache (``ZIG_GLOBAL_CACHE_DIR``, else ``~/.cache/zig``), which several processes can use at once.
How the libraries are compiled depends on the link options, so the scripts reduce these to as few
combinations as possible.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import Error
from ..cmake.cache import argument
from ..cmake.programs import find_program
from ..platforms.python_files import is_dispatcher, second_half
from ..platforms.targets import find_target
from .toolchain_file import Compilers, Description, NamedToolchain, ToolchainFiles, empty_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..platforms.build_machine import BuildMachine
    from ..platforms.targets import Target
    from .toolchain_file import ToolchainRequest

# The oldest that the tests of this program are run with.
MINIMUM_ZIG = (0, 17)
REQUIREMENT = "ziglang>={}.{}".format(*MINIMUM_ZIG)
_ZIG_FILE = "zig-path"
_HEADERS = "include"
_COMPILERS = {"C": "cc", "CXX": "c++", "ASM": "cc"}
_TOOLS = {"AR": "ar", "RANLIB": "ranlib", "OBJCOPY": "objcopy", "RC_COMPILER": "rc"}
# What most compilers of distributions do without being asked, zig does not: objects and static
# libraries of projects that ask GCC only for it could not be linked into a module.
_POSITION_INDEPENDENT = (
    "if(NOT DEFINED CMAKE_POSITION_INDEPENDENT_CODE)",
    "    set(CMAKE_POSITION_INDEPENDENT_CODE ON)",
    "endif()",
)
_FIRST_USE = (
    "{title}: the first time, it compiles its libraries for this target. This takes a minute or "
    "two for C++, without any output. They are kept in its cache"
)
_NO_FORTRAN = (
    "zig has no Fortran compiler: write `toolchain = 'gnu'` for a cross GCC with gfortran, or use"
    " `toolchain_file`"
)


def zig_requirements(machine: BuildMachine) -> list[str]:
    """Return what has to be installed for zig: nothing if there is one that is new enough."""
    program = find_zig(machine)
    return [] if program and zig_version(program) >= MINIMUM_ZIG else [REQUIREMENT]


def find_zig(machine: BuildMachine) -> Path | None:
    """Return zig: that of the importable package, or one on ``PATH``."""
    from importlib.util import find_spec

    spec = find_spec("ziglang")
    for directory in (spec.submodule_search_locations or ()) if spec else ():
        program = Path(directory, "zig")
        if program.is_file():
            return program
    return find_program("zig", machine)


def zig_version(program: Path) -> tuple[int, ...]:
    """Return the version that a zig prints; nothing if it cannot be run."""
    try:
        done = subprocess.run(
            [program, "version"], capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ()
    return tuple(int(part) for part in re.findall(r"\d+", done.stdout)[:3])


def zig_toolchain(request: ToolchainRequest, machine: BuildMachine) -> ToolchainFiles:
    """Return the programs and the toolchain file for the system of the platform tags.

    :raises Error: zig is not there or too old, or has no such target.
    """
    target = find_target(request.platform_tags, request.where, "zig")
    program = find_zig(machine)
    version = zig_version(program) if program else ()
    if program is None or version < MINIMUM_ZIG:
        found = f"{program} is of version {'.'.join(map(str, version))}" if program else "not found"
        raise Error(
            f"zig {'.'.join(map(str, MINIMUM_ZIG))} or newer is wanted; {found}",
            where=request.where.at("toolchain"),
            hint=f"pip install '{REQUIREMENT}', or build with build isolation, which installs it",
        )
    bin_directory = request.directory / "bin"
    title = f"zig {'.'.join(map(str, version))} for {target.zig}"
    tools = {
        **{f"CMAKE_{lang}_COMPILER": tool for lang, tool in _COMPILERS.items()},
        **{f"CMAKE_{name}": tool for name, tool in _TOOLS.items()},
        **{f"CMAKE_{lang}_COMPILER_AR": "ar" for lang in ("C", "CXX")},
        **{f"CMAKE_{lang}_COMPILER_RANLIB": "ranlib" for lang in ("C", "CXX")},
        "CMAKE_DLLTOOL": "dlltool",
        "CMAKE_STRIP": "strip",
        "CMAKE_Fortran_COMPILER": "fortran",
    }
    modules, root = request.directory / "modules", request.directory / "root"
    # Debian's pyconfig.h includes the one of the architecture from there. Zig's libc comes first.
    after = request.sysroot / "usr" / "include" if request.sysroot else None
    links = {} if request.is_cross else _second_half(machine.truth, request.directory)
    if links:
        after = request.directory / _HEADERS
    description = Description(
        title=title,
        tools={name: (bin_directory / tool).as_posix() for name, tool in tools.items()},
        target=target if request.is_cross else None,
        compile_flags=tuple(_compile_flags(target, after)),
        include=request.include,
        sysroot=request.sysroot,
        empty_root=root,
        more_lines=(
            f"list(INSERT CMAKE_MODULE_PATH 0 {argument(modules.as_posix())})",
            *_POSITION_INDEPENDENT,
        ),
    )
    file = request.directory / "toolchain.cmake"
    programs = {
        bin_directory / tool: _compiler_script(tool, target, title) for tool in ("cc", "c++")
    }
    programs |= {
        bin_directory / tool: _tool_script(tool, title)
        for tool in ("ar", "ranlib", "objcopy", "rc", "dlltool")
    }
    programs[bin_directory / "strip"] = _STRIP_SCRIPT
    programs[bin_directory / "fortran"] = f"#!/bin/sh\necho {_quoted(_NO_FORTRAN)} >&2\nexit 1\n"
    files = {
        file: description.text(),
        request.directory / _ZIG_FILE: f"{request.stable(program)}\n",
        # CMake looks for these modules in CMAKE_MODULE_PATH before its own.
        modules / "CMakeDetermineFortranCompiler.cmake": (
            f"message(FATAL_ERROR {argument('py-build-cmake: ' + _NO_FORTRAN)})\n"
        ),
        **empty_root(root),
    }
    compilers = Compilers(
        "clang",
        {lang: (bin_directory / _COMPILERS[lang]).as_posix() for lang in ("C", "CXX")},
        identity=title,
        cxx_library="libc++",
    )
    return ToolchainFiles(
        file,
        files,
        compilers,
        programs,
        links,
        note=_FIRST_USE.format(title=title),
        dlltool=target.dlltool(str(program), "dlltool"),
    )


def _second_half(machine: BuildMachine, directory: Path) -> dict[Path, Path]:
    """Return a link to the directory with the header that Debian's ``pyconfig.h`` includes for this
    machine, if it is one: zig does not search ``/usr/include``, where headers of another C library
    and of packages are as well.
    """
    first = machine.include_dir
    if first is None or not is_dispatcher(first / "pyconfig.h"):
        return {}
    second = second_half(first, machine.soabi)
    if second is None:
        return {}
    return {directory / _HEADERS / second.parent.relative_to(first.parent): second.parent}


def _compile_flags(target: Target, after: Path | None) -> Iterator[str]:
    yield from target.definitions
    if after:
        yield f'-idirafter "{after.as_posix()}"'


def _quoted(text: str) -> str:
    from shlex import quote

    return quote(text)


_START = """#!/bin/sh
# Written by py-build-cmake: {tool} of {title}.
here=${{0%/*}}
IFS= read -r zig < "$here/../zig-path"
: "${{ZIG_LOCAL_CACHE_DIR:=$here/../zig-cache}}"
# Otherwise zig resolves the link, and paths in dependency files change with every build.
ZIG_LIB_DIR=${{zig%/*}}/lib
[ -d "$ZIG_LIB_DIR" ] || unset ZIG_LIB_DIR
export ZIG_LOCAL_CACHE_DIR ZIG_LIB_DIR
"""


def _tool_script(tool: str, title: str) -> str:
    return _START.format(tool=tool, title=title) + f'exec "$zig" {tool} "$@"\n'


def _compiler_script(tool: str, target: Target, title: str) -> str:
    """Return a compiler.

    Without options, zig compiles as for debugging: with debug information, and with checks that
    abort the program where C has undefined behaviour. The link options decide how zig compiles its
    own libraries, and whether these get debug information.
    """
    # Otherwise programs would be static, and zig would compile all of musl for them.
    dynamic = '    [ "$static" ] || set -- "$@" -dynamic\n' if target.libc == "musl" else ""
    return (
        _START.format(tool=tool, title=title)
        + f"""link=yes debug= static= linker= libraries=
for arg do
    case $arg in
    # Zig refuses this option; configure scripts use it.
    -dumpmachine) echo {target.triplet}; exit ;;
    -c|-S|-E|-M|-MM|--version|-dumpversion|-print-*|--print-*) link= ;;
    esac
done
for arg do
    shift
    case $arg in
    -g|-g[1-9]*|-gdwarf*|-ggdb*) debug=yes ;;
    # Zig's linker does not know these, which change nothing that a module needs. CMake writes
    # "LINKER:" as -Xlinker with one word, compilers of others as -Wl with several.
    -Xlinker) [ "$linker" ] || {{ linker=yes; continue; }} ;;
    -Wl,*exclude-libs*|-Wl,*-Bsymbolic-functions*)
        words= IFS=,; set -f
        for word in ${{arg#-Wl,}}; do
            [ -z "$libraries" ] || {{ libraries=; continue; }}
            case $word in
            -exclude-libs|--exclude-libs) libraries=yes; continue ;;
            -exclude-libs=*|--exclude-libs=*) continue ;;
            -Bsymbolic-functions) word=-Bsymbolic ;;
            esac
            words=$words,$word
        done
        unset IFS; set +f
        [ "$words" ] || continue
        arg=-Wl$words ;;
    -static|-static-pie) static=yes ;;
    # LTO objects are linked with LTO without this option; zig's libraries need no LTO.
    -flto|-flto=*) [ -z "$link" ] || continue ;;
    esac
    if [ "$linker" ]; then
        linker=
        [ -z "$libraries" ] || {{ libraries=; continue; }}
        case $arg in
        -exclude-libs|--exclude-libs) libraries=yes; continue ;;
        -exclude-libs=*|--exclude-libs=*) continue ;;
        -Bsymbolic-functions) arg=-Bsymbolic ;;
        esac
        set -- "$@" -Xlinker
    elif [ "$libraries" ]; then
        # The second half of "-Wl,--exclude-libs -Wl,ALL".
        case $arg in -Wl,*) libraries=; continue ;; esac
    fi
    set -- "$@" "$arg"
done
if [ "$link" ]; then
    set -- "$@" -O2
    [ "$debug" ] || set -- "$@" -s
{dynamic}fi
exec "$zig" {tool} -target {target.zig} -g0 -fno-sanitize=undefined "$@"
"""
    )


_STRIP_SCRIPT = """#!/bin/sh
# Written by py-build-cmake. Zig has no strip. Its linker has already stripped what was linked
# without -g.
exit 0
"""


def _describe(machine: BuildMachine) -> str:
    program = find_zig(machine)
    version = ".".join(map(str, zig_version(program))) if program else ""
    found = f"{program}, version {version}" if program else "not here"
    return f"{found} ({REQUIREMENT}, which isolated builds install)"


TOOLCHAIN = NamedToolchain(
    "zig",
    zig_toolchain,
    _describe,
    zig_requirements,
    {"ziglang": "cross-compiling with zig's compilers"},
    compiles_natively=True,
    has_own_runtimes=True,
)
