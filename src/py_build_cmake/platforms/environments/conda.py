"""conda-build, rattler-build and pixi: conda packages built for another platform.

Only ``host_platform`` and ``build_platform`` tell what is built: with the package *cross-python*
the interpreter reports the values of the host, without it those of the build machine, and
``CONDA_BUILD_CROSS_COMPILATION`` is set for packages without a platform in native builds as well.
The host's Python is read from the files in ``$PREFIX``. ``CMAKE_ARGS``, which conda's compiler
packages set for a ``cmake`` that a recipe runs, is divided into definitions and arguments.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...base.errors import ConfigError
from ...base.records import dataclass
from ..mac_target import MacTarget, mac_platform_tag
from ..machines import MACHINES, common_name
from ..python_files import Note, describe_python, sysconfigdata_variables
from ..pythons import known_soabi
from ..tags import PlatformTag
from .cmake_args import cmake_args, definitions
from .detected import (
    Detected,
    Reason,
    ReasonKind,
    dotted_version,
    existing,
    native_environ,
    python_keys,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..build_machine import BuildMachine
    from ..python_files import PythonFacts


_TOOLCHAIN = re.compile(r"CMAKE_\w+|Python\w*_FIND_REGISTRY")
# The wheel's staging directory replaces the recipe's prefix, and the project decides what to build.
_NOT_TOOLCHAIN = re.compile(r"CMAKE_BUILD_TYPE|CMAKE_INSTALL_(PREFIX|\w*DIR)|CMAKE_TOOLCHAIN_FILE")


def toolchain_options(arguments: Sequence[str]) -> dict[str, list[str]]:
    """Return the definitions that describe the toolchain: ``NAME:TYPE`` and the elements."""
    options = {}
    for definition in definitions(arguments):
        name, _, value = definition.partition("=")
        bare = name.partition(":")[0]
        if _TOOLCHAIN.fullmatch(bare) and not _NOT_TOOLCHAIN.fullmatch(bare):
            options[name] = value.split(";")
    return options


# conda's own modules describe the host; others may describe the machine that compiled Python.
_FILES = ("_sysconfigdata_*conda*.py", "*apple_darwin*.py", "build-details.json")
_OTHER_FILES = ("_sysconfigdata_*.py",)


@dataclass(frozen=True)
class CondaPython:
    """The host's Python: keys of ``cross``, and the macOS that it was configured for."""

    keys: Mapping[str, object]
    notes: tuple[Note, ...]
    warnings: tuple[str, ...]
    deployment_target: str = ""


def host_python(environ: Mapping[str, str], host: str, tag: str) -> CondaPython:
    """Describe the Python in ``$PREFIX``.

    ``host`` is conda's platform, as ``linux-aarch64``, and ``tag`` that of wheels, without a
    version of macOS.

    :raises ConfigError: there is none, or it is for another platform.
    """
    prefix = Path(environ["PREFIX"])
    version = environ.get("PY_VER", "").replace(".", "") or environ.get("CONDA_PY", "")
    version = "".join(version.split()[:1])
    if host.startswith("win"):
        return _windows_python(prefix, version, tag)
    files = list(dict.fromkeys(_files(environ, prefix, version)))
    described = [(file, describe_python(file, "environment variable PREFIX")) for file in files]
    # A module that only imports the real one, under a second name, has no variables to read.
    described = [(file, facts) for file, facts in described if facts.get("soabi")]
    if not described:
        raise ConfigError(
            "python is missing from the host requirements: there is no"
            f" {prefix}/lib/python3.*/_sysconfigdata*.py",
            where="environment variable PREFIX",
            hint="add `python` to `requirements: host` of the recipe",
        )
    fitting = [d for d in described if _is_for(*d, tag, version)]
    if not fitting:
        file, facts = described[0]
        raise ConfigError(
            f"{file} is for {facts.get('soabi')}, not for Python"
            f" {dotted_version(version) if version else '3'} on {host}",
            where="environment variable PREFIX",
            hint="the host environment must have the Python of the host platform",
        )
    file, facts = fitting[0]
    keys, notes = python_keys(facts)
    found = str(keys.get("version") or version)
    threads = "t" if "t" in (facts.get("abi_flags") or "") else ""
    paths, warnings = existing(
        {"include_dir": prefix / "include" / f"python{dotted_version(found)}{threads}"},
        "PREFIX and PY_VER",
    )
    target = ""
    if file.suffix == ".py":
        target = str(sysconfigdata_variables(file).get("MACOSX_DEPLOYMENT_TARGET") or "")
    return CondaPython({**keys, **paths, "prefix": prefix}, notes, warnings, target)


def _files(environ: Mapping[str, str], prefix: Path, version: str) -> Iterator[Path]:
    directories = [Path(environ["STDLIB_DIR"])] if environ.get("STDLIB_DIR") else []
    if version:
        minor = f"python{dotted_version(version)}"
        directories += [prefix / "lib" / minor, prefix / "lib" / f"{minor}t"]
    else:
        directories += sorted(prefix.glob("lib/python3.*"))
    for patterns in (_FILES, _OTHER_FILES):
        for directory in directories:
            for pattern in patterns:
                yield from sorted(directory.glob(pattern))


def _is_for(file: Path, facts: PythonFacts, tag: str, version: str) -> bool:
    if version and facts.get("version") not in (None, "", version):
        return False
    if tag.startswith("macosx"):
        # The SOABI does not name the architecture, but conda's name of the file does.
        named = re.search(r"(x86_64|arm64|aarch64)_apple", file.name)
        wanted = common_name(tag.partition("_")[2])
        fits = named is None or common_name(named[1]) == wanted
        return fits and (facts.get("soabi") or "").endswith("darwin")
    platform = facts.get("platform")
    return platform is not None and PlatformTag.parse(platform).kind == PlatformTag.parse(tag).kind


def _windows_python(prefix: Path, version: str, tag: str) -> CondaPython:
    if not version:
        raise ConfigError(
            "is not set",
            where="environment variable PY_VER",
            hint="add `python` to `requirements: host` of the recipe",
        )
    threads = "t" if (prefix / "libs" / f"python{version}t.lib").is_file() else ""
    library = prefix / "libs" / f"python{version}{threads}.lib"
    if not library.is_file():
        raise ConfigError(
            f"python is missing from the host requirements: there is no {library}",
            where="environment variable PREFIX",
            hint="add `python` to `requirements: host` of the recipe",
        )
    abi = f"cp{version}{threads}"
    keys: dict[str, object] = {
        "implementation": "cp",
        "version": version,
        "abi": abi,
        "soabi": known_soabi(abi, [tag]),
        "sosabi": "",
        "library": library,
        "prefix": prefix,
    }
    paths, warnings = existing({"include_dir": prefix / "include"}, "PREFIX")
    stable, _ = existing({"sabi_library": prefix / "libs" / f"python3{threads}.lib"}, "PREFIX")
    note = Note("library", str(library), "PREFIX and PY_VER")
    return CondaPython({**keys, **paths, **stable}, (note,), warnings)


# 64-bit ARM has its own name outside of Linux.
_OF_OTHER_SYSTEMS = {"64": MACHINES["x86_64"], "arm64": MACHINES["aarch64"]}
# conda's names of platforms; in the tag of macOS, its version is missing.
_TAGS = {
    **{f"linux-{row.conda}": f"linux_{row.linux}" for row in MACHINES.values() if row.conda},
    **{f"osx-{name}": f"macosx_{row.apple}" for name, row in _OF_OTHER_SYSTEMS.items()},
    **{f"win-{name}": row.windows for name, row in _OF_OTHER_SYSTEMS.items()},
    "win-32": MACHINES["i686"].windows,
}


def platform_tag_of(name: str) -> str | None:
    """Return the platform tag for conda's name of a platform; that of macOS lacks the version."""
    return _TAGS.get(name)


def detect(machine: BuildMachine) -> Detected | Reason:
    """Return a cross configuration for conda's host platform, or why there is none.

    :raises ConfigError: the platform is unknown, or its Python is not there.
    """
    environ = machine.environ
    state = environ.get("CONDA_BUILD_STATE", "")
    if state == "TEST":
        return Reason(
            ReasonKind.NOT_THIS, "CONDA_BUILD_STATE is TEST: a package is tested, not built"
        )
    host = _host(environ)
    if not host:
        return Reason(
            ReasonKind.NOT_THIS, "host_platform is not set, and target_platform has no platform"
        )
    built_on = environ.get("build_platform") or _own_name(machine)
    if host == built_on:
        _check_interpreter(machine)
        return Reason(
            ReasonKind.BUILDS_NATIVELY,
            f"host_platform={host}, build_platform={built_on}: a native build",
        )
    if host not in _TAGS:
        raise ConfigError(
            f"{host!r} is not a platform that wheels can be built for",
            where="environment variable host_platform",
            hint=f"known are {', '.join(_TAGS)}; for others, write a cross file",
        )
    if not environ.get("PREFIX"):
        raise ConfigError(
            f"is not set, and host_platform is {host}",
            where="environment variable PREFIX",
            hint="the environment is not that of a build script of conda-build or rattler-build",
        )
    tag, target = _TAGS[host], ""
    python = host_python(environ, host, tag)
    options = _options(environ, host)
    if host.startswith("osx"):
        architecture = tag.partition("_")[2]
        target = _mac_version(environ, options, python.deployment_target)
        tag = mac_platform_tag(MacTarget((architecture,), target))
        options["CMAKE_OSX_DEPLOYMENT_TARGET"] = [target]
        options.setdefault("CMAKE_OSX_ARCHITECTURES", [architecture])
    system, processor = PlatformTag.parse(tag).cmake_system
    options.setdefault("CMAKE_SYSTEM_NAME", [system])
    options.setdefault("CMAKE_SYSTEM_PROCESSOR", [processor])
    return Detected(
        tag,
        f"host_platform={host}, build_platform={built_on}",
        _pre_build(machine, built_on),
        keys={"os": PlatformTag.parse(tag).system, **python.keys},
        options=options,
        env={"MACOSX_DEPLOYMENT_TARGET": target} if target else {},
        filled=python.notes,
        warnings=python.warnings,
        reads_cmake_args=True,
    )


def _check_interpreter(machine: BuildMachine) -> None:
    """Refuse a native build by a Python of another version than that of the host requirements.

    The modules would be for the Python that runs the build.

    :raises ConfigError: it is of another version than ``PY_VER``.
    """
    wanted = machine.environ.get("PY_VER", "")
    major, minor, _ = machine.version_info
    if wanted and wanted.split(".")[:2] != [str(major), str(minor)]:
        raise ConfigError(
            f"is {wanted}, and the build is run by Python {major}.{minor} ({machine.executable})",
            where="environment variable PY_VER",
            hint="run the build by the Python of the host requirements ($PREFIX/bin/python), or"
            f" write `python {wanted}.*` in `requirements: build` of the recipe",
        )


def _host(environ: Mapping[str, str]) -> str:
    candidates = (environ.get(name, "") for name in ("host_platform", "target_platform"))
    return next((name for name in candidates if name and name != "noarch"), "")


def _own_name(machine: BuildMachine) -> str:
    """Return conda's name for the machine that runs the build."""
    own = PlatformTag.parse(machine.truth.platform_tag).kind
    for name, tag in _TAGS.items():
        if PlatformTag.parse(tag.replace("macosx", "macosx_11_0")).kind == own:
            return name
    return ""


def _options(environ: Mapping[str, str], host: str) -> dict[str, Sequence[str]]:
    """Return the toolchain's half of ``CMAKE_ARGS``; ``$PREFIX`` is always searched."""
    found = toolchain_options(cmake_args(environ, windows=host.startswith("win")))
    # CMake does not need the types, and without them each variable has one name to look up.
    options: dict[str, Sequence[str]] = {n.partition(":")[0]: v for n, v in found.items()}
    roots = list(options.get("CMAKE_FIND_ROOT_PATH", ()))
    if environ["PREFIX"] not in roots:
        options["CMAKE_FIND_ROOT_PATH"] = [environ["PREFIX"], *roots]
        options.setdefault("CMAKE_FIND_ROOT_PATH_MODE_PROGRAM", ["NEVER"])
    return options


def _mac_version(
    environ: Mapping[str, str], options: Mapping[str, Sequence[str]], configured: str
) -> str:
    """Return the deployment target: the one that the compiler is given, else Python's own."""
    (argument,) = options.get("CMAKE_OSX_DEPLOYMENT_TARGET", [""])
    version = environ.get("MACOSX_DEPLOYMENT_TARGET") or argument or configured or "11.0"
    major, minor = f"{version}.0".split(".")[:2]
    if not (major.isdecimal() and minor.isdecimal()):
        raise ConfigError(
            f"{version!r} is not a version of macOS",
            where="environment variable MACOSX_DEPLOYMENT_TARGET",
        )
    return f"{major}.{minor}"


def _pre_build(machine: BuildMachine, built_on: str) -> BuildMachine:
    """Return the build machine: conda's variables for it, and its real interpreter."""
    environ = machine.environ
    truth = replace(machine.truth, environ=native_environ(environ))
    tag = _TAGS.get(built_on, "")
    if tag.startswith("macosx"):
        mac = MacTarget((tag.partition("_")[2],), _mac_version(environ, {}, ""))
        truth = replace(truth, os="mac", mac=mac, architecture=mac.architectures[0])
        tag = mac_platform_tag(mac)
    elif tag:
        parsed = PlatformTag.parse(tag)
        architecture = parsed.cmake_system[1]
        truth = replace(truth, os=parsed.system, mac=None, architecture=architecture)
    truth = replace(truth, platform_tag=tag or truth.platform_tag)
    prefix = Path(environ.get("BUILD_PREFIX", ""))
    name = f"python{dotted_version(machine.version)}"
    python = prefix / "python.exe" if truth.os == "windows" else prefix / "bin" / name
    if machine.actual is None or not environ.get("BUILD_PREFIX") or not python.is_file():
        return truth
    include = prefix / "include" / name
    return replace(
        truth,
        executable=python,
        scripts_dir=python.parent,
        prefixes=tuple(dict.fromkeys((prefix, *truth.prefixes))),
        include_dir=include if (include / "Python.h").is_file() else truth.include_dir,
    )
