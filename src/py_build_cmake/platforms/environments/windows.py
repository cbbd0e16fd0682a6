"""Windows: ``DIST_EXTRA_CONFIG`` and ``VSCMD_ARG_TGT_ARCH``, as cibuildwheel sets them.

The first names a configuration file of setuptools with the platform and the directory of the import
libraries of the host system's Python; the second is set by Visual Studio's command prompts to the
architecture of the compiler on ``PATH``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...base.errors import ConfigError
from ..machines import MACHINES
from ..pythons import ext_suffix, known_soabi, soabi_of_suffix
from .detected import Detected, Reason, ReasonKind, as_tag, existing, native_environ

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..build_machine import BuildMachine

_MACHINES = {row.windows: row for row in MACHINES.values() if row.windows}


def detect(machine: BuildMachine) -> Detected | Reason:
    """Return a cross configuration for another Windows, or why there is none.

    :raises ConfigError: the configuration file cannot be read, or names an unknown platform.
    """
    file = machine.environ.get("DIST_EXTRA_CONFIG", "")
    command_prompt = machine.environ.get("VSCMD_ARG_TGT_ARCH", "").lower()
    platform, library_dirs = _read(Path(file)) if file else ("", ())
    because = f"{file} says plat_name={platform}"
    if not platform:
        tags = (tag for tag, row in _MACHINES.items() if row.vscmd == command_prompt)
        platform = next(tags, "")
        because = f"VSCMD_ARG_TGT_ARCH={command_prompt}"
    if not platform:
        return Reason(
            ReasonKind.NOT_THIS,
            "no plat_name in a file named by DIST_EXTRA_CONFIG, and no VSCMD_ARG_TGT_ARCH",
        )
    tag = as_tag(platform)
    if tag not in _MACHINES:
        raise ConfigError(
            f"{platform!r} is not a platform of Windows",
            where=f"DIST_EXTRA_CONFIG, {file}: `plat_name`",
            hint="write win32, win-amd64 or win-arm64",
        )
    if tag == machine.platform_tag:
        return Reason(
            ReasonKind.NOT_THIS, f"{because}, which is what the Python that runs the build is for"
        )
    host = _MACHINES[tag]
    paths, warnings = _python_paths(machine, library_dirs)
    if command_prompt and command_prompt != host.vscmd:
        warnings += (
            f"VSCMD_ARG_TGT_ARCH={command_prompt}: the compiler on PATH is not one for {tag};"
            " only the generators of Visual Studio choose their own",
        )
    suffix = machine.environ.get("SETUPTOOLS_EXT_SUFFIX", "")
    # A debug build has an ABI tag of its own, but not a SOABI.
    abi = f"cp{machine.version}{'t' if machine.free_threaded else ''}"
    soabi = soabi_of_suffix(suffix) or known_soabi(abi, [tag]) or ""
    return Detected(
        tag,
        f"{because} on {machine.platform_tag}",
        replace(machine, environ=native_environ(machine.environ, python_path=True)),
        keys={
            "os": "windows",
            "implementation": machine.implementation,
            "version": machine.version,
            "abi": machine.abi_tag,
            "generator_platform": host.visual_studio,
            "sosabi": "",
            **({"soabi": soabi} if machine.implementation == "cp" else {}),
            **paths,
        },
        options={
            "CMAKE_SYSTEM_NAME:STRING": ["Windows"],
            "CMAKE_SYSTEM_PROCESSOR:STRING": [host.windows_processor],
        },
        env={"SETUPTOOLS_EXT_SUFFIX": suffix or ext_suffix(soabi, tag)},
        warnings=warnings,
    )


def _read(file: Path) -> tuple[str, tuple[Path, ...]]:
    """Return the platform and the directories of libraries in setuptools' configuration."""
    import configparser

    where = f"environment variable DIST_EXTRA_CONFIG, {file}"
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(file.read_text("utf-8-sig"), str(file))
    except OSError as e:
        raise ConfigError(f"the file cannot be read: {e.strerror}", where=where) from e
    except (configparser.Error, ValueError) as e:
        message = " ".join(str(e).split())
        raise ConfigError(f"the file is no setuptools configuration: {message}", where=where) from e
    sections = ("build_ext", "build", "bdist_wheel")
    platforms = (parser.get(section, "plat_name", fallback="") for section in sections)
    directories = parser.get("build_ext", "library_dirs", fallback="")
    paths = (Path(word) for word in re.split(r"[;\n]", directories) if word.strip())
    return next(filter(None, platforms), ""), tuple(paths)


def _python_paths(
    machine: BuildMachine, directories: tuple[Path, ...]
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Return the libraries, the root and the headers of the host system's Python."""
    threads, debug = "t" * machine.free_threaded, "_d" if "d" in machine.abi_flags else ""
    names = {
        "library": f"python{machine.version}{threads}{debug}.lib",
        "sabi_library": f"python{machine.version[0]}{threads}{debug}.lib",
    }
    paths: dict[str, Path] = {}
    warnings = []
    for key, name in names.items():
        found = [directory / name for directory in directories if (directory / name).is_file()]
        if found:
            paths[key] = found[0]
        else:
            looked = ", ".join(map(str, directories)) or "no directory: there is no library_dirs"
            warnings.append(f"there is no {name}, which would be `{key}`; looked in {looked}")
    root = next(_roots(directories), None)
    include = root / "include" if root else machine.include_dir
    # The headers are the same for all architectures: pyconfig.h tests macros of the compiler.
    there, missing = existing({"prefix": root, "include_dir": include}, "DIST_EXTRA_CONFIG")
    return {**paths, **there}, (*warnings, *missing)


def _roots(directories: tuple[Path, ...]) -> Iterator[Path]:
    for directory in directories:
        if (directory.parent / "include").is_dir():
            yield directory.parent
