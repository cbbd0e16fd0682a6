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
from ..platforms.targets import AppleTarget, find_target
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
_NO_INSTALL_NAME_TOOL = (
    "install_name_tool is Apple's and not here: leave BUILD_WITH_INSTALL_RPATH and"
    " BUILD_WITH_INSTALL_NAME_DIR of the target on, so that it is linked as it is to be installed"
)
# CMake includes this after its own file for macOS, which asks the machine that builds how old it
# is, and takes one that gives no answer to be too old for search paths (@rpath).
_PLATFORM_OF_MAC = 'set(CMAKE_SHARED_LIBRARY_RUNTIME_C_FLAG "-Wl,-rpath,")\n'
# For macOS before this version, what zig's C++ library needs of the C library is linked in.
_FIRST_WITH_ALIGNED_ALLOC = (10, 15)
_ALIGNED_ALLOC = "aligned_alloc.c"
_ALIGNED_ALLOC_SOURCE = """/* Written by py-build-cmake: macOS has this function from 10.15 on. */
#include <stdlib.h>
__attribute__((visibility("hidden"))) void *aligned_alloc(size_t alignment, size_t size)
{
    void *memory = 0;
    if (alignment < sizeof(void *)) {
        alignment = sizeof(void *);
    }
    return posix_memalign(&memory, alignment, size) ? 0 : memory;
}
"""
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
    if target.system == "mac" and not request.is_cross:
        raise Error(
            "zig compiles wheels for macOS on other systems only",
            where=request.where.at("toolchain"),
            hint="leave the key out: macOS has Apple's compilers",
        )
    bin_directory = request.directory / "bin"
    title = f"zig {'.'.join(map(str, version))} for {target.zig}"
    if target.system == "mac":
        title += " (experimental: nobody has run what it makes)"
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
    more_lines = [
        f"list(INSERT CMAKE_MODULE_PATH 0 {argument(modules.as_posix())})",
        *_POSITION_INDEPENDENT,
    ]
    programs = {
        bin_directory / tool: _compiler_script(tool, target, title) for tool in ("cc", "c++")
    }
    programs |= {
        bin_directory / tool: _tool_script(tool, title)
        for tool in ("ar", "ranlib", "objcopy", "rc", "dlltool")
    }
    programs[bin_directory / "strip"] = _STRIP_SCRIPT
    programs[bin_directory / "fortran"] = _refusing_script(_NO_FORTRAN)
    files = {
        request.directory / _ZIG_FILE: f"{request.stable(program)}\n",
        # CMake looks for these modules in CMAKE_MODULE_PATH before its own.
        modules / "CMakeDetermineFortranCompiler.cmake": (
            f"message(FATAL_ERROR {argument('py-build-cmake: ' + _NO_FORTRAN)})\n"
        ),
        **empty_root(root),
    }
    if isinstance(target, AppleTarget):
        tools["CMAKE_INSTALL_NAME_TOOL"] = "install_name_tool"
        programs[bin_directory / "install_name_tool"] = _refusing_script(_NO_INSTALL_NAME_TOOL)
        more_lines += _mac_lines(target)
        for language in ("C", "CXX"):
            name = f"Apple-Clang-{language}-{target.machine.apple}.cmake"
            files[modules / "Platform" / name] = _PLATFORM_OF_MAC
        if target.oldest < _FIRST_WITH_ALIGNED_ALLOC:
            files[request.directory / _ALIGNED_ALLOC] = _ALIGNED_ALLOC_SOURCE
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
        more_lines=tuple(more_lines),
    )
    file = request.directory / "toolchain.cmake"
    compilers = Compilers(
        "clang",
        {lang: (bin_directory / _COMPILERS[lang]).as_posix() for lang in ("C", "CXX")},
        identity=title,
        cxx_library="libc++",
    )
    return ToolchainFiles(
        file,
        {file: description.text(), **files},
        compilers,
        programs,
        links,
        note=_FIRST_USE.format(title=title),
        dlltool=target.dlltool(str(program), "dlltool"),
    )


def _mac_lines(target: AppleTarget) -> list[str]:
    """Return the lines of a toolchain file that are for macOS.

    Projects may ask for the deployment target; zig goes by its own. With the names and search paths
    of the installation from the beginning, nothing is changed when it is installed: that would need
    Apple's ``install_name_tool``, and a new signature.
    """
    return [
        f'set(CMAKE_OSX_DEPLOYMENT_TARGET {target.deployment_target} CACHE STRING "" FORCE)',
        'set(CMAKE_OSX_SYSROOT "" CACHE STRING "" FORCE)',
        "set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)",
        "set(CMAKE_BUILD_WITH_INSTALL_NAME_DIR ON)",
        "set(CMAKE_MACOSX_RPATH ON)",
    ]


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


def _refusing_script(message: str) -> str:
    return f"#!/bin/sh\necho {_quoted(message)} >&2\nexit 1\n"


def _compiler_script(tool: str, target: Target, title: str) -> str:
    """Return a compiler.

    Without options, zig compiles as for debugging: with debug information, and with checks that
    abort the program where C has undefined behaviour. The link options decide how zig compiles its
    own libraries, and whether these get debug information.
    """
    words = {
        "tool": tool,
        "triplet": target.triplet,
        "zig": target.zig,
        "linker_words": _LINKER_WORDS_OF_ELF,
        "cases": "",
        "at_last": "",
    }
    if isinstance(target, AppleTarget):
        words["linker_words"] = _LINKER_WORDS_OF_MAC
        words["cases"] = _CASES_OF_MAC.replace("MACHINE", target.machine.apple)
        words["at_last"] = _AT_LAST_OF_MAC
        if tool == "c++" and target.oldest < _FIRST_WITH_ALIGNED_ALLOC:
            words["at_last"] += f'    set -- "$@" "$here/../{_ALIGNED_ALLOC}"\n'
    elif target.libc == "musl":
        # Otherwise programs would be static, and zig would compile all of musl for them.
        words["at_last"] = '    [ "$static" ] || set -- "$@" -dynamic\n'
    return _START.format(tool=tool, title=title) + _COMPILER.format(**words)


_COMPILER = """link=yes debug= static= linker= skip= word= bundle= lookup= next= output=a.out
# Set `word` to what zig's linker gets in place of a word of linker options, or fail if it gets
# nothing: it does not know all of them, and those that are left out change nothing that a module
# needs.
replace() {{
    [ -z "$skip" ] || {{ skip=; return 1; }}
    word=$1
    case $1 in
{linker_words}    esac
}}
for arg do
    case $arg in
    # Zig refuses this option; configure scripts use it.
    -dumpmachine) echo {triplet}; exit ;;
    -c|-S|-E|-M|-MM|--version|-dumpversion|-print-*|--print-*) link= ;;
    esac
done
for arg do
    shift
    # CMake writes "LINKER:" as -Xlinker with one word, compilers of others as -Wl with several.
    if [ "$linker" ]; then
        linker=
        replace "$arg" || continue
        set -- "$@" -Xlinker "$word"
        continue
    fi
    case $arg in
    -Xlinker) linker=yes; continue ;;
    -Wl,*)
        words= IFS=,; set -f
        for each in ${{arg#-Wl,}}; do
            replace "$each" && words=$words,$word
        done
        unset IFS; set +f
        [ "$words" ] || continue
        arg=-Wl$words ;;
    -g|-g[1-9]*|-gdwarf*|-ggdb*) debug=yes ;;
    -static|-static-pie) static=yes ;;
    # LTO objects are linked with LTO without this option; zig's libraries need no LTO.
    -flto|-flto=*) [ -z "$link" ] || continue ;;
{cases}    esac
    set -- "$@" "$arg"
done
if [ "$link" ]; then
    set -- "$@" -O2
    [ "$debug" ] || set -- "$@" -s
{at_last}fi
exec "$zig" {tool} -target {zig} -g0 -fno-sanitize=undefined "$@"
"""
_LINKER_WORDS_OF_ELF = """    -exclude-libs|--exclude-libs) skip=yes; return 1 ;;
    -exclude-libs=*|--exclude-libs=*) return 1 ;;
    -Bsymbolic-functions) word=-Bsymbolic ;;
"""
# Which symbols may be missing is said by name or in a file: all may be, and the proof looks.
# With `-x`, which leaves local symbols out, zig's linker writes a table of indirect symbols with
# fewer entries than it declares.
_LINKER_WORDS_OF_MAC = """    -U) skip=yes lookup=yes; return 1 ;;
    @loader_path*|@executable_path*|@rpath*) ;;
    @*) lookup=yes; return 1 ;;
    -macosx_version_min|-macos_version_min) skip=yes; return 1 ;;
    -adhoc_codesign|-bind_at_load|-export_dynamic|-fixup_chains|-no_fixup_chains) return 1 ;;
    -ld_classic|-no_warn_duplicate_libraries|-pie|-twolevel_namespace|-x) return 1 ;;
"""
# Zig's linker makes no bundles, which is what CMake asks for; Python loads dynamic libraries, too.
_CASES_OF_MAC = """    -bundle) arg=-dynamiclib bundle=yes ;;
    -o) next=output ;;
    -arch) next=arch; continue ;;
    *)
        case $next in
        output) output=$arg ;;
        arch)
            next=
            [ "$arg" = MACHINE ] && continue
            echo "py-build-cmake: -arch $arg, but this is a compiler for MACHINE: leave" \
                "CMAKE_OSX_ARCHITECTURES out; for both machines, set cross.arch to universal2" >&2
            exit 1 ;;
        esac
        next= ;;
"""
# As Python::Module and others say it; a module gets the name that it is installed by.
_AT_LAST_OF_MAC = """    [ -z "$bundle$lookup" ] || set -- "$@" -undefined dynamic_lookup
    [ -z "$bundle" ] || set -- "$@" -install_name "@rpath/${output##*/}"
"""


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
