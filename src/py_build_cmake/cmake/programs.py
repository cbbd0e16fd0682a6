"""Which build programs there are, and which have to be requested.

``cmake`` from the package index is a Python script, which imports a package that starts the real
program. That takes many times longer than CMake needs to print its version. The real program lies
beside that package, in the script's environment.
"""

from __future__ import annotations

import os
import re
import shutil
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import Error
from ..config.schema import CMAKE_LISTS, MINIMUM_CMAKE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..config.schema import CMakeConfig
    from ..platforms.build_machine import BuildMachine


# In the packages for Unix and Windows, and in those for macOS.
_FOLDERS = ("data/bin", "data/CMake.app/Contents/bin")
_SITES = ("lib/python3*/site-packages", "lib/python3*/dist-packages", "Lib/site-packages")
# Scripts are shorter than this, and the launchers of Windows have the script at their end.
_LONGEST_SCRIPT = 1 << 20


def real_program(found: Path) -> Path:
    """Return the program that a script starts; ``found`` itself if that is not known for sure."""
    try:
        script = found.resolve()
        if not _is_script(script):
            return found
        name = script.name
        package = script.stem
        programs = {
            program.resolve()
            for site in _SITES
            for directory in script.parent.parent.glob(f"{site}/{package}")
            for folder in _FOLDERS
            if os.access(program := directory / folder / name, os.X_OK) and program.is_file()
        }
    except (OSError, RuntimeError):
        return found
    # If there are several packages, the interpreter decides which one the script imports.
    return programs.pop() if len(programs) == 1 else found


def _is_script(path: Path) -> bool:
    """Whether a file is what installers make of an entry point such as ``cmake = cmake:cmake``.

    On Windows it is a program with the script in an archive at its end, compressed or not.
    """
    if path.suffix.lower() == ".exe":
        return path.stat().st_size < _LONGEST_SCRIPT
    with path.open("rb") as file:
        start = file.read(2)
        return start == b"#!" and f"from {path.name} import {path.name}".encode() in file.read(4096)


# The names that CMake looks for, in its order; the last is samurai, which has Ninja's interface.
# Source: what CMake 3.25 prints with --debug-find for the generator Ninja.
_OTHER_NAMES = {"ninja": ("ninja-build", "ninja", "samu")}
_STUBGEN_REQUIREMENT = "mypy>=1.4.0"
# The first that has all that is used here, and the first that may differ. Tests run 2.34.
CONAN_VERSIONS = ("2.10", "3")
_CONAN_REQUIREMENT = "conan>={},<{}".format(*CONAN_VERSIONS)


def find_program(name: str, machine: BuildMachine) -> Path | None:
    """Find a program on ``PATH``, or beside the interpreter that runs the build.

    The latter is where a requirement lies that was installed into a virtual environment which
    is not activated.
    """
    path = machine.environ.get("PATH", "")
    found = shutil.which(name, path=path) or shutil.which(name, path=str(machine.scripts_dir))
    return Path(found) if found else None


def find_build_program(name: str, machine: BuildMachine) -> Path | None:
    """Find CMake or Ninja; in place of a package's script, the real program."""
    names = _OTHER_NAMES.get(name, (name,))
    found = next(filter(None, (find_program(name, machine) for name in names)), None)
    return real_program(found) if found else None


def cmake_program(machine: BuildMachine) -> Path:
    """Return the CMake to run.

    :raises Error: there is none.
    """
    program = find_build_program("cmake", machine)
    if program is None:
        raise Error(
            "cmake was not found",
            hint="install CMake, or build with build isolation, which installs it",
        )
    return program


def has_conan(machine: BuildMachine) -> bool:
    """Whether there is a Conan that this program knows to drive."""
    oldest, too_new = CONAN_VERSIONS
    version = program_version("conan", machine)
    return _is_at_least(version, oldest) and not _is_at_least(version, too_new)


def conan_program(machine: BuildMachine) -> Path:
    """Return the Conan to run.

    :raises Error: there is none, or one of another version.
    """
    program = find_program("conan", machine)
    if program is None or not has_conan(machine):
        found = f"{program} is of version {program_version('conan', machine)}" if program else ""
        raise Error(
            f"Conan {' or newer, but older than '.join(CONAN_VERSIONS)}, is wanted for the table "
            f"`conan`; {found or 'it was not found'}",
            hint=f"pip install '{_CONAN_REQUIREMENT}', or build with build isolation, which "
            "installs it",
        )
    return program


def missing_programs(
    configurations: Iterable[CMakeConfig], machine: BuildMachine, *, stubs: bool
) -> list[str]:
    """Return what has to be installed for a build: the programs that are missing or too old."""
    configurations = tuple(configurations)
    requirements = []
    if configurations:
        presets = chain.from_iterable(map(_asked_for_by_presets, configurations))
        minimum = _newest([MINIMUM_CMAKE, *map(minimum_version, configurations), *presets])
        if not _is_at_least(program_version("cmake", machine), minimum):
            requirements.append(f"cmake>={minimum}")
        if _needs_ninja(configurations, machine) and program_version("ninja", machine) is None:
            requirements.append("ninja")
        if any(c.conan for c in configurations) and not has_conan(machine):
            requirements.append(_CONAN_REQUIREMENT)
    if stubs and find_program("stubgen", machine) is None:
        requirements.append(_STUBGEN_REQUIREMENT)
    return requirements


def _asked_for_by_presets(config: CMakeConfig) -> list[str]:
    if config.preset is None:
        return []
    from ..project.cmake_lists import cmake_of_presets

    return cmake_of_presets(config.source_path, config.preset)


def minimum_version(config: CMakeConfig) -> str:
    """Return the oldest CMake that can build a project, at least the oldest that can be driven
    where ``CMakeLists.txt`` says it.
    """
    if config.minimum_version != CMAKE_LISTS:
        return config.minimum_version
    from ..project.cmake_lists import required_cmake

    required = required_cmake(config.source_path)
    return _newest([MINIMUM_CMAKE, required]) if required else MINIMUM_CMAKE


def policy_version(config: CMakeConfig) -> str:
    """Return the version, or range of versions, for ``cmake_minimum_required``."""
    minimum, maximum = minimum_version(config), config.maximum_policy
    return f"{minimum}...{maximum}" if maximum else minimum


def default_generator(machine: BuildMachine) -> str | None:
    """Return the generator for configurations that name none; None leaves it to CMake.

    CMake's own default on Unix is Make. Where there is no Make, Ninja can be installed from the
    package index, and Make cannot.
    """
    has_make = machine.os == "windows" or any(find_program(n, machine) for n in ("make", "gmake"))
    return None if has_make else "Ninja"


def uses_ninja(generator: str | None) -> bool:
    """Whether a generator needs the program ``ninja``."""
    return "ninja" in (generator or "").lower()


def _needs_ninja(configurations: Iterable[CMakeConfig], machine: BuildMachine) -> bool:
    return any(uses_ninja(effective_generator(config, machine)) for config in configurations)


def effective_generator(config: CMakeConfig, machine: BuildMachine) -> str | None:
    """Return the generator that CMake will use: the configured one, that of the preset, or the one
    for configurations that name none; None leaves it to CMake.
    """
    if config.generator:
        return config.generator
    if config.preset is None:
        return default_generator(machine)
    from .presets import preset_generator

    return preset_generator(config, machine.environ, machine.os)


def program_version(name: str, machine: BuildMachine) -> str | None:
    """Return the version that a program prints, or None if it cannot be run."""
    import subprocess

    program = find_build_program(name, machine)
    if program is None:
        return None
    try:
        result = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    match = re.search(r"\d+(?:\.\d+)+", result.stdout)
    return match[0] if match else None


def _newest(versions: Iterable[str]) -> str:
    return max(versions, key=_version_key)


def _is_at_least(version: str | None, minimum: str) -> bool:
    return version is not None and _version_key(version) >= _version_key(minimum)


def _version_key(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in re.findall(r"\d+", version)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
