"""The Python of conda's host environment, read from the files in ``$PREFIX``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ...records import dataclass
from ..facts import describe_python, sysconfigdata_variables
from ..soabi import known_soabi
from ..systems import common_architecture, kind_of_platform
from .found import dotted_version, existing, python_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..facts import PythonFacts

# conda's own modules describe the host; others may be those of the machine that compiled it.
_FILES = ("_sysconfigdata_*conda*.py", "*apple_darwin*.py", "build-details.json")
_OTHER_FILES = ("_sysconfigdata_*.py",)


@dataclass(frozen=True)
class CondaPython:
    """The host's Python: keys of ``cross``, and the macOS that it was configured for."""

    keys: Mapping[str, object]
    notes: tuple[str, ...]
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
    # A second name of the module, which only imports the first, says nothing.
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
        wanted = common_architecture(tag.partition("_")[2])
        fits = named is None or common_architecture(named[1]) == wanted
        return fits and (facts.get("soabi") or "").endswith("darwin")
    platform = facts.get("platform")
    return platform is not None and kind_of_platform(platform) == kind_of_platform(tag)


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
    note = f"cross: library {str(library)!r} (from PREFIX and PY_VER)"
    return CondaPython({**keys, **paths, **stable}, (note,), warnings)
