"""The schema of ``[tool.py-build-cmake]``: frozen records whose fields carry their documentation.

Everything that knows the options derives from this module: the parser, the reference
documentation, and the records that the rest of the program is given. A record holds final
values: inherited, merged, with defaults filled in and paths absolute.
"""

from __future__ import annotations

from dataclasses import field, fields, replace
from typing import TYPE_CHECKING, Any

from ..base.places import Place
from ..base.records import dataclass
from ..platforms.build_headers import BUILD_PYTHON
from .dictionaries import (
    CMakeValues,
    Environment,
    EnvironmentFacts,
    NamePatterns,
    Pattern,
    PlacedPatterns,
    Specifiers,
)
from .kinds import (
    AnyPath,
    Boolean,
    BuildRequirements,
    DirPath,
    Enum,
    FilePath,
    Integer,
    Kind,
    ProjectPatterns,
    String,
    StringList,
    Tags,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ..platforms.build_machine import BuildMachine
    from ..platforms.environments.registry import Detection
    from ..platforms.host import HostPlatform
    from ..platforms.python_files import Note
    from .kinds import CMakeValue, EnvironmentValue

_VERSION = r"[0-9]+(\.[0-9]+)+"
CMAKE_VERSION = String(_VERSION, "a version of CMake", "write for example '3.20'")
CMAKE_LISTS = "CMakeLists.txt"
# The oldest CMake that this program can drive.
MINIMUM_CMAKE = "3.15"
MINIMUM_VERSION = String(
    rf"{_VERSION}|CMakeLists\.txt",
    f"a version of CMake, nor '{CMAKE_LISTS}'",
    f"write for example '3.20', or '{CMAKE_LISTS}' for the version that this file requires",
)
_BELOW = r"(?!(?:.*/)?\.{0,2}(?:/|$))[^\\/][^\\]*"
_SCHEME = r"/(?:scripts|data|headers|platlib)"
_BELOW_SCHEME = r"/(?!\.\.?(?:/|$))[^\\/]+"
INSTALL_DIR = String(
    rf"\.|{_BELOW}|{_SCHEME}(?:{_BELOW_SCHEME})*",
    "a directory in a wheel",
    "write for example 'my_module', or '/data/share' for a directory of the environment",
)
GENERATED_FILE = String(
    rf"{_BELOW}|{_SCHEME}(?:{_BELOW_SCHEME})+",
    "the path of a file below the directory that `location` names",
    "write a relative path with slashes and without `..`, for example 'my_module/_version.py'",
)
# The named toolchains, each a module of the package `toolchains`, and those of native builds.
TOOLCHAINS = ("zig", "gnu")
NATIVE_TOOLCHAINS = ("zig",)
# Of wheels and source distributions, as zlib counts; measured in docs/reference/archives.md.
DEFAULT_COMPRESSION = 5
OS_NAMES = ("linux", "windows", "mac", "pyodide", "android", "ios")


@dataclass(frozen=True)
class Option:
    """The declaration of one option, found in a field's metadata under ``option``.

    ``default`` is what an unset option evaluates to. If ``default_from`` names another option
    of the same table, that option's value is the default; if ``default_environ`` names an
    environment variable, its value is.
    """

    kind: Kind
    doc: str
    default: object = None
    default_from: str = ""
    default_environ: str = ""
    default_doc: str = ""


def option(kind: Kind, doc: str, default: object = None, **more: str) -> Any:
    """Declare a dataclass field that is an option of the configuration."""
    return field(metadata={"option": Option(kind, doc, default, **more)})


@dataclass(frozen=True)
class ModuleConfig:
    """What Python module or package the wheel contains."""

    name: str = option(
        String(),
        "Import name of the module. Dashes become underscores.",
        default_doc="the name of the project, normalised",
    )
    directory: Path = option(
        DirPath(base="project"), "Directory that contains the module, or its `src` directory.", "."
    )
    namespace: bool = option(
        Boolean(), "The module is a namespace package (PEP 420): it has no `__init__.py`.", False
    )
    generated: str | None = option(
        Enum("module", "package"),
        "CMake generates the module (a single file) or package: nothing is looked for or copied.",
    )


@dataclass(frozen=True)
class DynamicConfig:
    """Where dynamic metadata come from, if not from the module."""

    version_file: Path | None = option(
        FilePath(base="project", absolute=False),
        'File with the version, for `dynamic = ["version"]`: a Python file that assigns a string to'
        " `__version__`, or any other that has the version and nothing else in it, or matches "
        "`version_pattern`.",
        default_doc="`__version__` of the module",
    )
    version_pattern: str | None = option(
        Pattern(),
        "Regular expression that is searched for in `version_file`. The version is its group "
        "`version`, or its first group.",
    )
    version: str | None = option(
        Enum("module", "cmake", "git"),
        "Where the version is, if not in `version_file`: `__version__` of the module, the first "
        "`project(… VERSION …)` in the top level CMakeLists.txt, or tags of git, which "
        "setuptools-scm reads (its options are in its own table, `[tool.setuptools_scm]`).",
        default_doc="`module`",
    )


@dataclass(frozen=True)
class EditableConfig:
    """How editable installs find the module."""

    mode: str = option(
        Enum("wrapper", "hook", "symlink", "auto"),
        "How the installed package refers to the sources; `auto` is `symlink` where symbolic links"
        " are permitted, else `hook`.",
        "symlink",
    )
    build_hook: bool = option(
        Boolean(), "Rebuild what changed when the module is first imported.", False
    )


@dataclass(frozen=True)
class SdistConfig:
    """Files of the source distribution, besides the module and what the metadata names."""

    include: tuple[str, ...] = option(
        ProjectPatterns(),
        "Patterns of files and directories to add, relative to the project directory.",
        (),
    )
    exclude: tuple[str, ...] = option(
        ProjectPatterns(), "Patterns of files and directories to leave out.", ()
    )
    mode: str = option(
        Enum("explicit", "git"),
        "What else is in the source distribution: only what `include` names, or all files that git "
        "tracks, those of submodules included, without what `exclude` names.",
        "explicit",
    )


@dataclass(frozen=True)
class ConanConfig:
    """What Conan installs before CMake configures. Takes the place of `cmake`."""

    output_folder: Path = option(
        DirPath(base="project", absolute=True, must_exist=False),
        "Directory for builds. `{build_config}` stands for the wheel tag and the index; without it,"
        " there is a folder of this name in the directory. CMake builds there, and what Conan "
        "writes is in `py-build-cmake/conan` below it.",
        ".py-build-cmake_cache",
    )
    profile_host: tuple[str, ...] = option(
        StringList(accept_string=True),
        "Profiles for what is built for the host (`conan install -pr:h`), before the one that is "
        "made from what is known of the host. If there is no profile `default`, Conan detects the "
        "compiler of this machine.",
        ("default",),
    )
    profile_build: tuple[str, ...] = option(
        StringList(accept_string=True),
        "Profiles for tools that run during the build (`conan install -pr:b`).",
        ("default",),
    )
    args: tuple[str, ...] = option(
        StringList(append=True),
        "More arguments of `conan install`, given last.",
        ("--build=missing",),
    )


@dataclass(frozen=True)
class CMakeConfig:
    """One CMake configuration: how the CMake project is configured, built and installed."""

    minimum_version: str = option(
        MINIMUM_VERSION,
        "Oldest CMake that can build the project. If the one on `PATH` is older, a newer one "
        "becomes a build requirement. Also the policy version of the preload cache. "
        f"`{CMAKE_LISTS}` stands for the version in the file's `cmake_minimum_required`, or "
        f"{MINIMUM_CMAKE}.",
        CMAKE_LISTS,
    )
    maximum_policy: str | None = option(
        CMAKE_VERSION,
        "Newest CMake whose policies the preload cache uses, as the second version in"
        " `cmake_minimum_required(VERSION 3.15...4.0)`.",
        default_doc="`minimum_version`",
    )
    build_type: str | None = option(
        String(), "Build type of single-configuration generators (`CMAKE_BUILD_TYPE`)."
    )
    config: tuple[str, ...] = option(
        StringList(accept_string=True),
        "Configurations to build, each with `--config`.",
        (),
        default_from="build_type",
    )
    preset: str | None = option(String(), "Configure preset (`cmake --preset`).")
    build_presets: tuple[str, ...] = option(
        StringList(accept_string=True), "Build presets, each built in turn.", ()
    )
    workflow_preset: str | None = option(
        String(),
        "Workflow preset: its configure preset and its build presets are used where `preset` and "
        "`build_presets` are not set. Steps that test or pack are left out.",
    )
    generator: str | None = option(
        String(r"(?s).+", "a generator", "write for example 'Ninja'"),
        "CMake generator (`cmake -G`).",
        default_environ="CMAKE_GENERATOR",
    )
    toolchain: str | None = option(
        Enum(*NATIVE_TOOLCHAINS),
        "Compilers of native builds and native pre-builds: `zig` for Linux machines without a"
        " compiler. Cross builds have `cross.toolchain`.",
        default_doc="those that CMake finds",
    )
    vcpkg: Path | None = option(
        DirPath(base="file", contains="scripts/buildsystems/vcpkg.cmake"),
        "Directory of vcpkg (`VCPKG_ROOT`). CMake is given its toolchain file, which loads the one "
        "for the host (`VCPKG_CHAINLOAD_TOOLCHAIN_FILE`).",
    )
    vcpkg_triplet: str | None = option(
        String(),
        "Triplet of vcpkg for the host, for example one of `VCPKG_OVERLAY_TRIPLETS`.",
        default_doc="in native builds vcpkg's own; in cross builds and with `toolchain`, one that "
        "is made",
    )
    source_path: Path = option(
        DirPath(base="project", contains="CMakeLists.txt"),
        "Directory with the project's top level `CMakeLists.txt`.",
        ".",
    )
    fresh: bool = option(
        Boolean(),
        "Empty the build directory before the build, as if there had been no build before. For "
        "one build, use `-C fresh`, or `--fresh` of the program's commands.",
        False,
    )
    build_path: Path = option(
        DirPath(base="project", absolute=True, must_exist=False),
        "Build directory. `{build_config}` stands for the wheel tag and the index.",
        ".py-build-cmake_cache/{build_config}",
    )
    options: Mapping[str, CMakeValue] = option(
        CMakeValues(), "Cache entries given on the command line (`-D`)."
    )
    args: tuple[str, ...] = option(
        StringList(append=True), "More arguments of the configure command, given last.", ()
    )
    use_cmake_args: bool = option(
        Boolean(),
        "In native builds, add the arguments in the environment variable `CMAKE_ARGS` to `args`. "
        "They are given last, so that they replace the project's settings.",
        True,
    )
    find_python: bool = option(Boolean(), "Give hints to CMake's `find_package(Python)`.", True)
    find_python3: bool = option(Boolean(), "Give hints to CMake's `find_package(Python3)`.", True)
    find_python_build_artifacts_prefix: str | None = option(
        String(),
        "Value of `Python_ARTIFACTS_PREFIX` under which the project looks for the Python of the"
        " build machine (CMake 4.0 or newer).",
    )
    find_python3_build_artifacts_prefix: str | None = option(
        String(), "The same for `Python3_ARTIFACTS_PREFIX`."
    )
    search_build_requirements: bool = option(
        Boolean(),
        "Let `find_package` find the CMake packages of build requirements, such as pybind11 and"
        " nanobind, in native builds, native pre-builds and cross builds.",
        True,
    )
    compiler_launcher: str | None = option(
        Enum("auto", "ccache", "sccache", "distcc", "none"),
        "Program that starts compilers (`CMAKE_<LANG>_COMPILER_LAUNCHER`). `auto` takes ccache or"
        " sccache if one is on `PATH`.",
        default_doc="CMake's own environment variables",
    )
    reproducible: bool = option(
        Boolean(),
        "Compile the same bytes wherever the project lies: directories are left out of what"
        " compilers write (`-ffile-prefix-map`, `/Brepro`), and `SOURCE_DATE_EPOCH` is set.",
        False,
    )
    jobs: int | str | None = option(
        Integer(minimum=1, or_word="auto"),
        "How many compilers run at the same time (`cmake --build --parallel`). `auto` takes"
        " `CMAKE_BUILD_PARALLEL_LEVEL`, or the number of processors that the build may use"
        " according to its CPU affinity and the quota of its container.",
        default_doc="left to CMake and the generator",
    )
    targets: tuple[str, ...] = option(
        StringList(accept_string=True),
        "Targets to build (`cmake --build --target`).",
        (),
        default_doc="everything that is not excluded from all",
    )
    build_args: tuple[str, ...] = option(
        StringList(append=True), "More arguments of `cmake --build`.", ()
    )
    build_tool_args: tuple[str, ...] = option(
        StringList(append=True), "Arguments of the build tool, given after `--`.", ()
    )
    install_config: tuple[str, ...] = option(
        StringList(accept_string=True),
        "Configurations to install, each with `--config`.",
        (),
        default_from="config",
    )
    install_args: tuple[str, ...] = option(
        StringList(append=True), "More arguments of `cmake --install`.", ()
    )
    strip: bool | None = option(
        Boolean(),
        "Remove symbols and debug information from the binaries when they are installed (`cmake "
        "--install --strip`), with the host's `strip`.",
        default_doc="whether the build type or configuration is Release or MinSizeRel; `false` in "
        "native pre-builds and editable installs",
    )
    install_components: tuple[str, ...] = option(
        StringList(),
        "Components to install, each with `--component`. The empty string installs everything"
        " that is not excluded from all.",
        ("",),
    )
    env: Mapping[str, EnvironmentValue] = option(
        Environment(),
        "Environment variables of all CMake commands. `${NAME}` is replaced by the value of"
        " another variable, `${NAME:-default}` by the default if that is not set or empty, `$$` by"
        " a dollar sign.",
    )
    # Of the table `conan` that this one stands in, if it stands in one.
    conan: ConanConfig | None = None


@dataclass(frozen=True)
class WheelConfig:
    """The tags and the contents of the wheel."""

    pure_python: bool | None = option(
        Boolean(),
        "Whether the wheel is for every system (`py3-none-any`).",
        default_doc="whether there is no `cmake` table",
    )
    python_tag: tuple[str, ...] = option(
        Tags(part="python", words=("auto",)),
        "Python tags. `auto` stands for the tag of the Python that the wheel is for.",
        ("auto",),
    )
    python_abi: str = option(
        Enum("auto", "none", "abi3", "abi3t"),
        "ABI of the extension modules: that of the Python that the wheel is for, none, or the"
        " stable ABI; `abi3t` is the one that builds of CPython with and without free threading "
        "have in common from 3.15 on.",
        "auto",
    )
    abi3_minimum_cpython_version: int | None = option(
        Integer(minimum=32, maximum=999, example=312),
        "Oldest CPython whose stable ABI the wheel needs, for example `312`. Without it, the tag is"
        " found out from what is built, so that asking for the metadata compiles the project.",
        default_doc="the oldest that has all functions that are used; `315` for `abi3t`",
    )
    abi_tag: tuple[str, ...] | None = option(
        Tags(part="abi"), "ABI tags, in place of those that follow from the other options."
    )
    platform_tag: tuple[str, ...] | None = option(
        Tags(part="platform", words=("auto", "guess", "any")),
        "Platform tags, in place of those that follow from the other options. `guess` stands for "
        "the platform tag of"
        " the Python that the wheel is for, `auto` for the lowest manylinux or macOS tag that "
        "fits all binaries that were built.",
    )
    allow_unknown_tags: bool = option(
        Boolean(),
        "Accept tags of machines, systems and Pythons that py-build-cmake does not know, also in"
        " `cross.arch`, `cross.implementation` and `cross.abi`. The binaries are then not "
        "checked against such a tag, and a warning says so. Tags that no installer accepts are "
        "still refused.",
        False,
    )
    build_tag: str | None = option(
        # The wheel specification has the digit; the dash separates the parts of the name.
        String(
            r"[0-9][A-Za-z0-9_.]*",
            "a build tag",
            "write a digit, then letters, digits, `_` and `.`, for example '1local'",
        ),
        "Build tag of the wheel: begins with a digit, has no dash.",
    )
    compression_level: int = option(
        Integer(minimum=0, maximum=9, example=DEFAULT_COMPRESSION),
        "How hard to compress, as zlib counts: `0` stores, `9` takes longest. The bytes of a wheel"
        " depend on its contents and on this, not on the number of processors.",
        DEFAULT_COMPRESSION,
    )
    deduplicate_sonames: bool = option(
        Boolean(),
        "Of a shared library with several names, as `libx.so`, `libx.so.1` and `libx.so.1.2`, pack"
        " only the one that is its SONAME, which is what the dynamic linker looks for. A wheel"
        " cannot hold links: each name is a copy.",
        False,
    )
    verify: str = option(
        Enum("error", "warn", "off"),
        "What to do when a compiled file is for another machine, system or Python than the wheel's"
        " tag says.",
        "error",
    )
    verify_ignore: tuple[str, ...] = option(
        StringList(),
        "What is not verified, only noted in the log: patterns of files in the wheel, such as "
        "firmware for other machines, and codes of findings, such as `wrong-machine`.",
        (),
    )
    external_libraries: tuple[str, ...] = option(
        StringList(),
        "Shared libraries that need not be in the wheel: another wheel has them, the program "
        "preloads them, or another tool adds them later. Patterns of file"
        " names, such as `libcuda.so.*`.",
        (),
    )
    repair: str = option(
        Enum("off", "auto"),
        "Whether libraries that the binaries need, and that not every system has, are put into the "
        "wheel: `auto` runs auditwheel for Linux, delocate for macOS and delvewheel for Windows, "
        "which become build requirements. Without `platform_tag`, a tag `linux_*` becomes the "
        "lowest manylinux tag that fits. Editable installs are not repaired.",
        "off",
    )
    repair_exclude: tuple[str, ...] = option(
        StringList(),
        "Libraries that `repair` does not put into the wheel, as patterns of file names such as "
        "`libcuda.so.*`; the proof accepts that they are missing, as with `external_libraries`, "
        "which are not put into it either. For Windows, names.",
        (),
    )
    include: Mapping[str, tuple[str, ...]] = option(
        PlacedPatterns(),
        "Files of the project that are put into the wheel: for each directory in the wheel (`.` is "
        "its top), patterns of files below the project directory. What a pattern matches keeps its "
        "directories below those that the pattern begins with. Source distributions have them.",
    )
    exclude: tuple[str, ...] = option(
        StringList(),
        "Patterns of files that are left out of the wheel, whoever put them there; `forbid` makes "
        "them errors.",
        (),
    )
    sbom: bool = option(
        Boolean(),
        "Write a bill of materials (CycloneDX) into the wheel, below `.dist-info/sboms`: the "
        "package, what FetchContent, ExternalProject and Conan brought, and the libraries that "
        "`repair` put into it. The library that writes it becomes a build requirement. Editable "
        "installs have none.",
        False,
    )
    sbom_files: tuple[str, ...] = option(
        ProjectPatterns(),
        "Patterns of files of the project that are bills of materials: they are put into the "
        "directory `.dist-info/sboms` of the wheel (PEP 770). Source distributions have them.",
        (),
    )
    install_dir: str = option(
        INSTALL_DIR,
        "Directory in the wheel that CMake installs into (its `CMAKE_INSTALL_PREFIX`), for example "
        "the package's. `/scripts`, `/data`, `/headers` and `/platlib`, and directories below them,"
        " are the schemes of wheels: `/data/share` is `share` in the prefix of the environment.",
        ".",
    )
    expect: tuple[str, ...] = option(
        StringList(),
        "Patterns of files that must be in the wheel: each must match at least one file.",
        (),
    )
    forbid: tuple[str, ...] = option(
        StringList(), "Patterns of files that must not be in the wheel, such as `*.pdb`.", ()
    )


@dataclass(frozen=True)
class GenerateConfig:
    """A file that every build makes from a template. There may be several of these tables."""

    path: str | None = option(
        GENERATED_FILE,
        "The file, relative to the directory that `location` names. In the wheel, `/headers/a.h` "
        "and the like are places in the schemes of wheels, as of `wheel.install_dir`.",
    )
    template: str | None = option(
        String(),
        "The template: `${version}` and the like are replaced by their values, `$$` by a dollar "
        "sign.",
    )
    template_path: Path | None = option(
        FilePath(base="project", absolute=False), "File with the template, in place of `template`."
    )
    location: str = option(
        Enum("install", "build", "source"),
        "Where the file is made: in the wheel, in the build directory of CMake before it "
        "configures, or in the project directory, where it is part of the source distribution.",
        "install",
    )


@dataclass(frozen=True)
class StubgenConfig:
    """Stub generation with mypy's `stubgen`. The presence of the table enables it."""

    packages: tuple[str, ...] | None = option(
        StringList(), "Packages to make stubs for (`-p`).", default_doc="the package"
    )
    modules: tuple[str, ...] | None = option(
        StringList(), "Modules to make stubs for (`-m`).", default_doc="the module"
    )
    files: tuple[str, ...] | None = option(StringList(), "Files to make stubs for.")
    args: tuple[str, ...] = option(
        StringList(append=True), "More arguments of `stubgen`, given first.", ()
    )


@dataclass(frozen=True)
class CrossConfig:
    """Cross-compilation. The table, or a cross file, enables it, and so do some environments."""

    detect: bool = option(
        Boolean(),
        "Cross-compile if the environment asks for it, as those of cibuildwheel, conda-build and"
        " Pyodide do. A cross configuration takes precedence. A table with this key is a cross "
        "configuration only if it also has `arch` or `python`; otherwise its other keys apply to "
        "the host systems that are detected.",
        True,
    )
    os: str | None = option(
        Enum(*OS_NAMES), "Which OS table the tables under `cross` inherit from."
    )
    implementation: str | None = option(
        String(),
        "Implementation of the host system's Python, as in a python tag: `cp`, `pp`.",
        default_doc="that of the Python that runs the build",
    )
    version: str | None = option(
        String(),
        "Version of the host system's Python, without dots: `312`.",
        default_doc="that of the Python that runs the build",
    )
    abi: str | None = option(
        String(),
        "ABI tag of the host system's Python: `cp312`.",
        default_doc="follows from `implementation` and `version`",
    )
    arch: str | None = option(
        String(), "Platform tag of the host system: `linux_aarch64`, `manylinux_2_28_aarch64`."
    )
    abiflags: str | None = option(
        String(r"t?d?m?u?", "a string of ABI flags", "write for example 't', or nothing"),
        "ABI flags of the host system's Python, as at the end of `abi`: `t` for a free-threaded"
        " one.",
        default_doc="follows from `abi`",
    )
    python: Path | str | None = option(
        AnyPath(base="file", or_word=BUILD_PYTHON),
        "The host system's Python: an installation prefix, a sysroot, an include directory, a"
        " `build-details.json` or a `_sysconfigdata*.py`. What the other keys leave out is read"
        " from there; nothing is executed. `build` uses headers of the build machine instead, for"
        " Linux and macOS, and with `toolchain` for Windows: those of the CPython that runs the"
        " build, or of another version in `include_dir` or a build requirement (write `./build` for"
        " a directory of this name).",
        default_doc="`CMAKE_SYSROOT` of the toolchain file, if there is a Python in it that fits",
    )
    toolchain_file: Path | None = option(
        FilePath(base="file"), "CMake toolchain file (`CMAKE_TOOLCHAIN_FILE`)."
    )
    toolchain: str | None = option(
        Enum(*TOOLCHAINS),
        "A toolchain that needs no toolchain file, for Linux and Windows: `zig` is Clang from the"
        " package index (`ziglang` is then a build requirement), which compiles for macOS, too"
        " (experimental), `gnu` a cross GCC on `PATH`, for Windows that of mingw-w64. The target"
        " follows from `arch`.",
    )
    toolchain_include: Path | None = option(
        FilePath(base="file"),
        "CMake file that the toolchain file of `toolchain` includes first.",
    )
    emulator: tuple[str, ...] | None = option(
        StringList(accept_string=True),
        "Command that runs programs of the host system (`CMAKE_CROSSCOMPILING_EMULATOR`), word by"
        " word. `auto` is `qemu-user`, with the sysroot that `python` names, or Wine for Windows.",
    )
    test_import: bool = option(
        Boolean(),
        "Before the wheel is packed, import every extension module in it with the host system's "
        "Python in the sysroot, run by the `emulator` (by default `auto`).",
        False,
    )
    prefix: Path | None = option(
        DirPath(base="file", absolute=True),
        "Installation prefix of the host system's Python (`Python_ROOT_DIR`).",
    )
    library: Path | None = option(
        FilePath(base="file"), "Library of the host system's Python (`Python_LIBRARY`)."
    )
    sabi_library: Path | None = option(
        FilePath(base="file"),
        "Stable ABI library of the host system's Python (`Python_SABI_LIBRARY`).",
    )
    include_dir: Path | None = option(
        DirPath(base="file", absolute=True),
        "Directory with the headers of the host system's Python (`Python_INCLUDE_DIR`).",
    )
    site_packages: Path | None = option(
        DirPath(base="file", absolute=True),
        "Directory with the packages of the host system's Python (its `site-packages`). The"
        " headers of `Python::NumPy` are those of the NumPy in it.",
    )
    soabi: str | None = option(
        String(),
        "SOABI of the host system's Python (`Python_SOABI`): `cpython-312-aarch64-linux-gnu`.",
    )
    sosabi: str | None = option(
        String(),
        "The same for modules with the stable ABI (`Python_SOSABI`): `abi3`, or nothing for"
        " Windows.",
    )
    force_native_python: bool = option(
        Boolean(),
        "The Python that runs the build is also the host system's: CMake is given the same hints "
        "as in a native build. For systems that can run programs of both architectures, such as "
        "macOS.",
        False,
    )
    generator_platform: str | None = option(
        String(), "Platform of the Visual Studio generators (`cmake -A`)."
    )
    native_build: bool = option(
        Boolean(),
        "Before the cross build, configure, build and install for the build machine. The CMake"
        " project finds the result in `PY_BUILD_CMAKE_NATIVE_INSTALL_DIR`.",
        False,
    )
    copy_from_native_build: tuple[str, ...] | None = option(
        StringList(),
        "Patterns of files of the native pre-build that go into the wheel at the same place."
        " Giving the option, even as an empty list, enables the native pre-build.",
    )

    @property
    def uses_build_headers(self) -> bool:
        """Whether the build Python's headers are used in place of those of a host Python."""
        return self.python == BUILD_PYTHON

    @property
    def wants_native_build(self) -> bool:
        """Whether a native pre-build precedes the cross build."""
        return self.native_build or self.copy_from_native_build is not None


def _fact(kind: Kind, doc: str) -> Any:
    return field(default=None, metadata={"option": Option(kind, doc)})


@dataclass(frozen=True)
class MatchConfig:
    """Facts about the host system. A condition holds if all that it names are true."""

    os: tuple[str, ...] | None = _fact(NamePatterns(choices=OS_NAMES), "Operating system.")
    arch: tuple[str, ...] | None = _fact(
        NamePatterns(),
        "Architecture, as in the platform tag: `x86_64`, `aarch64`, `i686`, `universal2`. `arm64`"
        " and `aarch64` are the same, and so are `amd64` and `x86_64`, `win32` and `i686`.",
    )
    platform: tuple[str, ...] | None = _fact(NamePatterns(), "Platform tag: `musllinux_*`.")
    python: str | None = _fact(
        Specifiers(), "Major and minor version of Python: `>=3.12`, `==3.9`."
    )
    implementation: tuple[str, ...] | None = _fact(
        NamePatterns(), "Implementation of Python: `cpython`, `pypy`, or as in a python tag."
    )
    free_threaded: bool | None = _fact(Boolean(), "Python without a global interpreter lock.")
    abiflags: tuple[str, ...] | None = _fact(
        NamePatterns(), "ABI flags of Python, as in the ABI tag: `t`, `d`, `td`, or nothing."
    )
    cross: bool | None = _fact(Boolean(), "Cross-compilation.")
    editable: bool | None = _fact(Boolean(), "An editable install.")
    from_sdist: bool | None = _fact(
        Boolean(), "The project is an unpacked source distribution: it has a `PKG-INFO`."
    )
    env: Mapping[str, bool | tuple[str, ...]] = field(
        default_factory=dict,
        metadata={
            "option": Option(
                EnvironmentFacts(),
                "Environment variables: patterns of their values, or whether they are set and not"
                " empty.",
            )
        },
    )


@dataclass(frozen=True)
class WhenConfig:
    """Tables, and build requirements, that hold only for some host systems."""

    build_requires: tuple[str, ...] = option(
        BuildRequirements(),
        "Build requirements that are asked for if the condition holds, beside those in "
        "`build-system.requires`.",
        (),
    )


@dataclass(frozen=True)
class SystemTables:
    """The tables that can differ between systems, as they hold for one of them.

    ``cmake`` holds the CMake configurations by index, in the order in which they run, also those
    of Conan's tables. It is empty if CMake is not used on that system.
    """

    editable: EditableConfig
    sdist: SdistConfig
    cmake: tuple[tuple[int, CMakeConfig], ...]
    wheel: WheelConfig


@dataclass(frozen=True)
class ProjectConfig:
    """The whole configuration, ready for use.

    ``project`` is the ``[project]`` table as parsed, ``native_tables`` are the tables for the build
    machine, and ``host_tables`` those for the host (the system that the wheel is for): the same
    ones, unless ``cross`` is set. ``host_platform`` describes that system. ``cross_where`` says
    where the cross configuration stands, for messages; ``filled`` is what was filled in there, and
    ``remarks`` is other information for the user. ``warnings`` are for the user.
    ``build_requires`` are the build requirements of conditions that hold. ``detection`` is
    what the environment asks for; None if nobody looked. ``pre_build`` is the build machine as a
    native pre-build needs it, if the interpreter or the environment describe another machine.
    ``generate`` are the files to be made from templates, with their numbers.
    """

    project_dir: Path
    project: Mapping[str, object]
    module: ModuleConfig
    dynamic: DynamicConfig
    stubgen: StubgenConfig | None
    native_tables: SystemTables
    host_tables: SystemTables
    cross: CrossConfig | None
    host_platform: HostPlatform
    cross_where: Place = Place("pyproject.toml", "tool.py-build-cmake.cross")
    remarks: tuple[str, ...] = ()
    filled: tuple[Note, ...] = ()
    warnings: tuple[str, ...] = ()
    detection: Detection | None = None
    pre_build: BuildMachine | None = None
    generate: tuple[tuple[int, GenerateConfig], ...] = ()
    build_requires: tuple[str, ...] = ()

    @property
    def uses_workflows(self) -> bool:
        """Whether a configuration names a workflow preset, whose presets are not known yet."""
        tables = (self.native_tables, self.host_tables)
        return any(cmake.workflow_preset for one in tables for _, cmake in one.cmake)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the cross configuration, in sentences."""
        return (*self.remarks, *map(str, self.filled))


def named_values(config: ProjectConfig) -> Iterator[tuple[str, str]]:
    """Yield the names and values of all CMake options and variables that a project sets."""
    for tables in (config.native_tables, config.host_tables):
        for _, cmake in tables.cmake:
            yield from ((name.partition(":")[0], v.text) for name, v in cmake.options.items())
            for name, variable in cmake.env.items():
                added = (variable.append, *variable.append_path)
                added = (*added, variable.prepend, *variable.prepend_path)
                yield from ((name, text) for text in (variable.value, *added) if text)


@dataclass(frozen=True)
class Section:
    """A table of the configuration: its options, the tables in it, and its documentation.

    A section that ``is_indexed`` may hold several entries, under numbers. One that ``is_array`` may
    also be written as an array of tables, whose numbers begin at 0.
    """

    options: Mapping[str, Option]
    sections: Mapping[str, Section] = field(default_factory=dict)
    is_indexed: bool = False
    doc: str = ""
    is_array: bool = False

    @property
    def entry(self) -> Section:
        """The section that one entry of an indexed section is."""
        return replace(self, is_indexed=False, is_array=False)


def options_of(record: type) -> dict[str, Option]:
    """Return the options that the fields of a record declare, by their names."""
    return {f.name: f.metadata["option"] for f in fields(record) if "option" in f.metadata}


def section_of(
    record: type, sections: Mapping[str, Section] | None = None, *, is_indexed: bool = False
) -> Section:
    """Return the table whose options a record declares."""
    doc = (record.__doc__ or "").splitlines()[0]
    return Section(options_of(record), sections or {}, is_indexed, doc)


# Conan's tables name the directory themselves, and their toolchain file is not that of a preset.
NOT_WITH_CONAN = (
    *("build_path", "preset", "build_presets", "workflow_preset"),
    *("vcpkg", "vcpkg_triplet"),
)
_CMAKE_OF_CONAN = Section(
    {name: o for name, o in options_of(CMakeConfig).items() if name not in NOT_WITH_CONAN},
    doc="How the CMake project is configured, built and installed after that.",
)
SYSTEM_SECTIONS: Mapping[str, Section] = {
    "editable": section_of(EditableConfig),
    "sdist": section_of(SdistConfig),
    "cmake": section_of(CMakeConfig, is_indexed=True),
    "conan": section_of(ConanConfig, {"cmake": _CMAKE_OF_CONAN}, is_indexed=True),
    "wheel": section_of(WheelConfig),
}
ROOT = Section(
    options={},
    sections={
        "module": section_of(ModuleConfig),
        "dynamic": section_of(DynamicConfig),
        **SYSTEM_SECTIONS,
        "generate": replace(section_of(GenerateConfig, is_indexed=True), is_array=True),
        "stubgen": section_of(StubgenConfig),
        **{name: Section({}, SYSTEM_SECTIONS, doc=f"Overrides for {name}.") for name in OS_NAMES},
        "cross": section_of(CrossConfig, SYSTEM_SECTIONS),
    },
    doc="The configuration of py-build-cmake.",
)
WHEN = section_of(WhenConfig, {"match": section_of(MatchConfig), **SYSTEM_SECTIONS})
