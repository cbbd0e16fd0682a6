"""What to do about errors that have a known cause: hints below what a command printed.

Each rule is a function that looks for the message of a program, and knows what this program has for
the case. Sources of the messages: the modules of CMake (``FindPackageHandleStandardArgs``,
``CMakeDetermineCompiler``, ``CMakeTestCompiler``, ``FindPython``), its C++ sources for try_run(),
the shells dash and bash, the dynamic loaders of Linux, macOS and Windows, GCC, Clang and zig.
"""

from __future__ import annotations

import os
import re
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.records import dataclass
from .diagnostics import find_tracebacks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..config.schema import CrossConfig


@dataclass(frozen=True)
class FailedCommand:
    """What is known about a failed command, besides its output.

    ``cross`` is None in native builds and in a native pre-build. ``where`` is the file of the cross
    configuration, ``module`` the name of the project's module, ``stated`` are the distributions in
    ``build-system.requires``, with normalised names. ``sdist`` is the project if it is an unpacked
    source distribution, and ``sdist_remedy`` how its maintainer adds a file to that.
    """

    build_dir: Path
    module: str
    cross: CrossConfig | None = None
    where: str = ""
    stated: frozenset[str] = field(default_factory=frozenset)
    sdist: Path | None = None
    sdist_remedy: str = ""


def find_advice(output: str, failed: FailedCommand) -> tuple[str, ...]:
    """Return hints for the errors in the output of a command; none if no cause is known."""
    hints = (hint for rule in _RULES for hint in rule(output, failed))
    return tuple(dict.fromkeys(hints))


def stubs_advice(output: str, failed: FailedCommand) -> Iterator[str]:
    """Yield a hint if a module of the host was imported here: stub generators do that.

    A Python of the build machine looks for modules with its own suffixes, or finds one for another
    machine.
    """
    if failed.cross is None:
        return
    for each in find_tracebacks(output):
        missing = _MISSING_MODULE.search(each.message)
        is_stubgen = any("stubgen" in line for line in each.lines)
        is_own = missing is not None and _is_of_project(missing[1], failed)
        if (is_own and is_stubgen) or _OTHER_MACHINE.match(each.message):
            yield (
                "a module of the host system cannot be imported on the machine that builds: make"
                " stubs in the native pre-build, with `if(NOT CMAKE_CROSSCOMPILING)` around"
                " nanobind_add_stub or what else imports the module, and take them from there with"
                " `cross.copy_from_native_build = ['**/*.pyi']`"
            )
            return


_MISSING_MODULE = re.compile(r"No module named '?([\w.]+)")
_OTHER_MACHINE = re.compile(
    r"ImportError: .*(?:wrong ELF class|invalid ELF header|\.so: cannot open shared object file"
    r"|[Ee]xec format error|incompatible architecture|wrong architecture"
    r"|not a valid Win32 application)"
)
_MODULE_SUFFIXES = (".so", ".pyd", ".dylib")


def _is_of_project(name: str, failed: FailedCommand) -> bool:
    """Whether a module is the project's own, or one that was compiled in its build directory."""
    first, _, rest = name.partition(".")
    if first == failed.module:
        return True
    last = rest.rpartition(".")[2] or first
    return any(path.suffix in _MODULE_SUFFIXES for path in failed.build_dir.rglob(f"{last}.*"))


def _try_run(output: str, failed: FailedCommand) -> Iterator[str]:
    if not re.search(r"(?i)\btry_run\(\) invoked in cross-compiling mode", output):
        return
    names = re.findall(r"^   (\w+) \(advanced\)$", output, re.MULTILINE)
    results = [name for name in names if not name.endswith("TRYRUN_OUTPUT")]
    options = " and ".join(f'`cmake.options.{name} = "0"`' for name in dict.fromkeys(results))
    yield (
        "the project runs a program that it has just compiled for the host: set `cross.emulator ="
        ' "auto"` to run it under qemu-user'
        + (f", or give the exit status of the program on the host: {options}" if options else "")
    )


_NOT_FOUND = re.compile(
    r"^\S*sh: (?:(?:line )?\d+: )?(?P<name>\S+?):? (?:command )?not found$", re.MULTILINE
)
_NOT_EXECUTABLE = re.compile(
    r"^(?:\S*sh: (?:(?:line )?\d+: )?)?(?P<name>[^\s:]+): (?:Exec format error"
    r"|cannot execute(?: binary file)?.*)$",
    re.MULTILINE,
)
_NO_LOADER = re.compile(r"qemu-\w+(?:-static)?: Could not open '(?P<name>[^']+)'")


def _just_built(output: str, failed: FailedCommand) -> Iterator[str]:
    """A program for the host was started. CMake names it without its directory then."""
    cross = failed.cross
    if cross is None:
        return
    names = [m["name"] for m in _NOT_EXECUTABLE.finditer(output)]
    names += [m["name"] for m in _NOT_FOUND.finditer(output) if _is_built(m["name"], failed)]
    if names:
        emulator = "" if cross.emulator else ', or set `cross.emulator = "auto"` to run it here'
        yield (
            f"{names[0]} is compiled for the host, and cannot run on the machine that builds: set"
            " `cross.native_build = true`, install the program in the native pre-build, and find"
            f" it in PY_BUILD_CMAKE_NATIVE_INSTALL_DIR{emulator}"
        )
    elif loader := _NO_LOADER.search(output):
        yield (
            f"a program for the host was started, and there is no {loader['name']} here: set"
            ' `cross.emulator = "auto"` with a sysroot in `cross.python`, or build the program in'
            " a native pre-build (`cross.native_build = true`)"
        )


def _is_built(name: str, failed: FailedCommand) -> bool:
    wanted = Path(name).name
    found = failed.build_dir.rglob(f"{wanted}*")
    return any(
        path.stem == wanted and path.is_file() and os.access(path, os.X_OK) for path in found
    )


# The text of CMake is wrapped and indented.
_NO_PYTHON = re.compile(r"Could\s+NOT\s+find\s+(Python\w*)\s+\(missing:([^)]*)\)")
_NO_HEADER = re.compile(
    r"""Python\.h['"]?:? (?:file not found|No such file)|include file: '(?:Python|pyconfig)\.h'"""
)


def _python(output: str, failed: FailedCommand) -> Iterator[str]:
    """FindPython did not find all, or the compiler did not find the headers."""
    cross = failed.cross
    for module, missing in _NO_PYTHON.findall(output):
        if "INCLUDE_DIR" in missing or "Development.Module" in missing:
            yield from _headers(cross, failed.where)
        elif "LIBRAR" in missing or "Embed" in missing:
            yield (
                "extension modules need no libpython: write"
                f" `find_package({module} COMPONENTS Interpreter Development.Module)` in place of"
                " `Development`. For a program that embeds Python, "
                + (
                    "set `cross.library` to that of"
                    " the host, or point `cross.python` at a sysroot that has it"
                    if cross
                    else "install the library of this Python (Debian: libpython3-dev)"
                )
            )
    if _NO_HEADER.search(output):
        yield from _headers(cross, failed.where)


def _headers(cross: CrossConfig | None, where: str) -> Iterator[str]:
    if cross is None:
        yield (
            "install the headers of the Python that runs the build (Debian: python3-dev, Fedora:"
            " python3-devel), or use a Python that has them"
        )
    elif not (cross.python or cross.include_dir or cross.prefix):
        yield (
            "nothing says where the headers of the host system's Python are: set `cross.python`,"
            f" `cross.include_dir` or `cross.prefix` in {where or 'the cross file'}"
        )
    else:
        yield (
            "look at `py-build-cmake cross check`, which says what is known of the host system's"
            " Python; `cross.include_dir` names its headers"
        )


_DISPATCHED = re.compile(
    r"""(?P<name>[\w-]+/python3\.\d+\w*/pyconfig\.h)['"]?:? (?:file not found|No such file)"""
)


def _dispatched_header(output: str, failed: FailedCommand) -> Iterator[str]:
    if match := _DISPATCHED.search(output):
        what_to_do = (
            "set CMAKE_SYSROOT in the toolchain file, or point `cross.python` at the sysroot"
            if failed.cross
            else "install the headers of the Python that runs the build (python3-dev), and use a"
            " compiler that searches there"
        )
        yield (
            f"Debian's pyconfig.h includes <{match['name']}>, which compilers look for in"
            f" `usr/include` of their sysroot: {what_to_do}"
        )


_NO_COMPILER = re.compile(
    r"The\s+CMAKE_(?P<of_file>\w+?)_COMPILER:\s+(?P<name>.+?)\s+is\s+not\s+a\s+full\s+path"
    r"|No\s+CMAKE_(?P<none>\w+?)_COMPILER\s+could\s+be\s+found"
    r"|compiler\s+specified\s+in\s+the\s+environment\s+variable\s+(?P<variable>\w+):\s+"
    r"(?P<value>\S.*?)\.?$",
    re.MULTILINE,
)


def _compiler(output: str, failed: FailedCommand) -> Iterator[str]:
    match = _NO_COMPILER.search(output)
    if match is None:
        return
    if match["variable"]:
        yield (
            f"{match['value']}, which the environment variable {match['variable']} names, was not"
            " found: install it, or correct the variable or PATH"
        )
    elif match["name"]:
        language = match["of_file"]
        yield (
            f"{' '.join(match['name'].split())} was not found: install it, or correct"
            f" CMAKE_{language}_COMPILER or PATH"
        )
    elif failed.cross:
        yield (
            f"set CMAKE_{match['none']}_COMPILER in the toolchain file to a compiler for the host,"
            ' or use `cross.toolchain = "zig"`, which needs none'
        )
    else:
        yield (
            "install a compiler (Debian: g++; macOS: `xcode-select --install`; Windows: Build Tools"
            ' for Visual Studio), or set `cmake.toolchain = "zig"`, which needs none for C and C++'
        )


def _build_program(output: str, failed: FailedCommand) -> Iterator[str]:
    pattern = r"unable\s+to\s+find\s+a\s+build\s+program\s+corresponding\s+to\s+\"([^\"]+)\""
    for generator in re.findall(pattern, output):
        if "Ninja" in generator:
            yield "install ninja, or build with build isolation, which installs it"
        else:
            yield 'install make, or set `cmake.generator = "Ninja"`, which isolated builds install'


_OLD_CMAKE = re.compile(
    r"CMake\s+(?P<wanted>[\d.]+)(?:\.\.\.[\d.]+)?\s+or\s+higher\s+is\s+required\.\s+You\s+are\s+running"
    r"\s+version\s+(?P<found>\S+)"
)


def _old_cmake(output: str, failed: FailedCommand) -> Iterator[str]:
    if match := _OLD_CMAKE.search(output):
        wanted = match["wanted"]
        yield (
            f"the CMake that was found is of version {match['found']}: set `cmake.minimum_version ="
            f' "{wanted}"`, so that isolated builds install a newer one, or install'
            f" 'cmake>={wanted}'"
        )


# Packages of CMake that are in distributions of the same names in the package index.
_DISTRIBUTIONS = frozenset({"pybind11", "nanobind", "numpy"})
_NO_PACKAGE = re.compile(
    r"package\s+configuration\s+file\s+provided\s+by\s+\"([\w.-]+)\""
    r"|Could\s+NOT\s+find\s+([\w.-]+)\s+\(missing: "
    r"|No module named '?([\w.]+)"
)


def _requirement(output: str, failed: FailedCommand) -> Iterator[str]:
    """A requirement of the build is not installed: it is not stated, or there is no isolation."""
    for names in _NO_PACKAGE.findall(output):
        distribution = next(filter(None, names)).partition(".")[0].lower()
        if distribution not in _DISTRIBUTIONS:
            continue
        if distribution in failed.stated:
            yield (
                f"{distribution} is in `build-system.requires`, but was not found: build with build"
                f" isolation, which installs it, or install it"
            )
        else:
            yield f'add "{distribution}" to `build-system.requires` in pyproject.toml'


_OF_MICROSOFT = re.compile(
    r"error: (?:no such file or directory: ')?(?P<option>/[A-Z]\w*(?::\S*?)?)"
    r"(?:'|: linker input file not found|: unrecognized file extension)"
    r"|error: (?P<header>atl\w+\.h|afx\w*\.h|comdef\.h|comip\.h)\b"
    r"|error: '(?P<header_of_clang>atl\w+\.h|afx\w*\.h|comdef\.h|comip\.h)' file not found"
)


def _microsoft(output: str, failed: FailedCommand) -> Iterator[str]:
    """GCC or Clang were given what only Microsoft's compiler knows."""
    if failed.cross is None or (match := _OF_MICROSOFT.search(output)) is None:
        return
    if match["option"]:
        yield (
            f"{match['option']} is an option of Microsoft's compiler, and this one is GCC or Clang:"
            " in CMakeLists.txt, ask for `if(MSVC)` in place of `if(WIN32)` where such options are"
            " added"
        )
    else:
        header = match["header"] or match["header_of_clang"]
        yield (
            f"{header} is a header of Microsoft's compiler, which GCC and Clang do not have: leave"
            " it out with `#ifdef _MSC_VER`, or build the wheel on Windows"
        )


_OF_APPLE = re.compile(
    r"unable to find (?:system )?framework [\"'](?P<framework>\w+)[\"']"
    r"|unable to find (?:dynamic system )?library [\"'](?P<library>[\w.+-]+)[\"']"
    r"|error: '(?P<header>(?:[A-Z]\w+|os|simd|xpc)/\w+\.h)' file not found"
)


def _apple(output: str, failed: FailedCommand) -> Iterator[str]:
    """Zig has the headers and the library of macOS' C library, and nothing else of its SDK."""
    cross = failed.cross
    if cross is None or cross.toolchain != "zig" or "macosx" not in (cross.arch or ""):
        return
    if match := _OF_APPLE.search(output):
        name = match["framework"] or match["library"] or match["header"]
        what = "framework" if match["framework"] else "library" if match["library"] else "header"
        yield (
            f"the {what} {name} is of Apple's SDK, of which zig has the C library only: leave the"
            " part of the project out that needs it, bring a static library of your own, or build"
            " the wheel on macOS"
        )


# What CMake, Ninja and Make say of a file that is not there: its name, or the folder that lacks a
# file of a certain name. CMake indents and wraps its text.
_MISSING_FILES = {
    r"Cannot find source file:\s+(.+)$": "",
    r"include could not find (?:requested|load) file:\s+(\S*[/.]\S*)$": "",
    r"^CMake Error: File (.+) does not exist\.$": "",
    r"^CMake Error: Error processing file: (.+)$": "",
    r"add_subdirectory given source\s+\"([^\"]+)\"\s+which\s+is\s+not": "CMakeLists.txt",
    r"The source directory\s+(.+)\s+does not contain a CMakeLists\.txt": "CMakeLists.txt",
    r"failed to open for reading\s+\(No such file or\s+directory\):\s+(.+)$": "",
    r"file STRINGS file\s+\"([^\"]+)\"\s+cannot\s+be\s+read": "",
    r"INSTALL cannot find\s+\"([^\"]+)\"": "",
    r"Could not read presets from (.+?):\s+File not found$": "CMakePresets.json",
    r"^(?:File not found: )?(/.+?)(?:: (?:Failed to read file|File not found))$": "",
    r"^ninja: error: '([^']+)', needed by .+, missing and no known rule to make it": "",
    r"No rule to make target [`']([^']+)'": "",
}
_OF_A_LIST = re.compile(r"^CMake Error at (.+?):\d+ ", re.MULTILINE)
# Compilers. The name is in quotes if the header is not the system's.
_MISSING_HEADER = re.compile(
    r"error: '?(?P<name>[^:'\s]+)'?(?:: No such file or directory| file not found)\n"
    r".*#\s*include \"(?P=name)\""
)


def _not_in_sdist(output: str, failed: FailedCommand) -> Iterator[str]:
    """A file of the project is missing, and the project is an unpacked source distribution."""
    root = failed.sdist
    if root is None:
        return
    for place in dict.fromkeys((*_missing_files(output, root), *_missing_headers(output, root))):
        if not (root / place).exists() and not (root / place).is_relative_to(failed.build_dir):
            yield (
                f"{place} is not in this source distribution: {failed.sdist_remedy}, and make it "
                "again (`py-build-cmake sdist --check` builds a wheel from it)"
            )


def _missing_files(output: str, root: Path) -> Iterator[str]:
    """Yield the places below the root. Names are relative to the CMakeLists.txt with the error."""
    for pattern, name in _MISSING_FILES.items():
        for match in re.finditer(pattern, output, re.MULTILINE):
            lists = [m[1] for m in _OF_A_LIST.finditer(output, 0, match.start())]
            folder = Path(lists[-1]).parent if lists and "CMake Error" not in match[0] else Path()
            path = Path(os.path.normpath(root / folder / match[1].strip() / name))
            if path.is_relative_to(root):
                yield path.relative_to(root).as_posix()


def _missing_headers(output: str, root: Path) -> Iterator[str]:
    for match in _MISSING_HEADER.finditer(output):
        if not any(root.rglob(Path(match["name"]).name)):
            yield match["name"]


_UNRESOLVED = re.compile(r"ERROR: Package '([^']+)' not resolved: (.*)")
_OF_CONAN = (
    (
        re.compile(r"ERROR: Missing (?:prebuilt package|binary)"),
        'a package has no binary for this host: add "--build=missing" to `conan.args`, which builds'
        " it with the host's compilers",
    ),
    (
        re.compile(r"ERROR: Profile not found"),
        "`conan.profile_host` and `conan.profile_build` name profiles in Conan's home (`conan "
        "profile list`), or files",
    ),
    (
        re.compile(r"ERROR: Invalid setting '.*' is not a valid 'settings\.(.*)' value"),
        "this Conan does not know the value: use a newer Conan, add the value to its "
        '`settings_user.yml`, or override it in `conan.args`, such as "-s:h=compiler.version=16"',
    ),
)


def _conan(output: str, failed: FailedCommand) -> Iterator[str]:
    """Conan has not installed everything. Source: what Conan 2.34 prints."""
    if match := _UNRESOLVED.search(output):
        because = "no remote could be reached, and " if "No remote" in match[2] else ""
        yield (
            f"{because}{match[1]} is not in Conan's cache: connect to a remote that has it (`conan "
            "remote list`), or put its recipe into the cache (`conan export` in its directory)"
        )
    yield from (hint for pattern, hint in _OF_CONAN if pattern.search(output))


_RULES = (
    _not_in_sdist,
    _conan,
    stubs_advice,
    _try_run,
    _just_built,
    _dispatched_header,
    _python,
    _compiler,
    _build_program,
    _old_cmake,
    _requirement,
    _microsoft,
    _apple,
)


def together(hints: Iterable[str]) -> str:
    """Write several hints as one text, as messages show hints."""
    return "\n    hint: ".join(hints)
