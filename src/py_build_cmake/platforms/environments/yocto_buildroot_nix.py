"""Yocto, Buildroot, Nix: CPython's own variables for cross builds, and compilers in ``CC``.

``_PYTHON_HOST_PLATFORM`` is the platform of the host system, ``_PYTHON_SYSCONFIGDATA_NAME`` the
module with the variables of its Python, in ``_PYTHON_SYSCONFIGDATA_PATH``, on ``PYTHONPATH`` or in
the build of CPython that ``_PYTHON_PROJECT_BASE`` names. Source: CPython's sysconfig and configure.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...base.errors import ConfigError
from ..python_files import describe_python, sysconfigdata_variables
from ..tags import PlatformTag
from .detected import (
    Detected,
    Reason,
    ReasonKind,
    as_tag,
    dotted_version,
    existing,
    native_environ,
    python_keys,
    toolchain_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..build_machine import BuildMachine
    from ..python_files import Note

_PLATFORM, _MODULE = "_PYTHON_HOST_PLATFORM", "_PYTHON_SYSCONFIGDATA_NAME"


def detect(machine: BuildMachine) -> Detected | Reason:
    """Return the cross configuration that the variables describe, or why there is none.

    :raises ConfigError: the variables contradict each other, or name no Python.
    """
    environ = machine.environ
    platform, module = environ.get(_PLATFORM, ""), environ.get(_MODULE, "")
    if machine.truth.os in ("mac", "windows"):
        return Reason(
            ReasonKind.NOT_THIS, f"on {machine.truth.os}, other variables say what is built for"
        )
    file = _find(machine, f"{module}.py") if module else None
    if module and file is None and module != machine.sysconfigdata:
        raise ConfigError(
            f"there is no {module}.py on PYTHONPATH, in _PYTHON_SYSCONFIGDATA_PATH or in"
            " _PYTHON_PROJECT_BASE",
            where=f"environment variable {_MODULE}",
            hint="add its directory to PYTHONPATH, or write a cross file",
        )
    keys: dict[str, object] = {}
    notes: tuple[Note, ...] = ()
    said = ""
    if file:
        facts = describe_python(file, f"environment variable {_MODULE}")
        keys, notes = python_keys(facts)
        said = facts.get("platform") or ""
    stated = as_tag(platform)
    tag = stated or said
    if not tag:
        return Reason(ReasonKind.NOT_THIS, f"{module} does not say which platform it is for")
    if stated and said and PlatformTag.parse(stated).kind != PlatformTag.parse(said).kind:
        raise ConfigError(
            f"is {platform!r}, and {file} is for {said}",
            where=f"environment variable {_PLATFORM}",
            hint="both describe the Python that the wheel is for",
        )
    because = ", ".join(f"{n}={v}" for n, v in ((_PLATFORM, platform), (_MODULE, module)) if v)
    soabi = keys.get("soabi", machine.truth.soabi)
    if tag == machine.truth.platform_tag and soabi == machine.truth.soabi:
        return Reason(ReasonKind.NOT_THIS, f"{because}, which is the build machine itself")
    version = str(keys.get("version", machine.version))
    flags = str(keys.get("abi", "")).partition(version)[2]
    paths, warnings = existing(
        dict(_paths(machine, file, f"python{dotted_version(version)}{flags}")), str(file)
    )
    if "include_dir" not in paths:
        warnings += (
            "the headers of the host system's Python were not found beside its _sysconfigdata;"
            " the toolchain file has to say where they are",
        )
    toolchain, wrong = toolchain_key(environ)
    system, processor = PlatformTag.parse(tag).cmake_system
    options = {
        "CMAKE_SYSTEM_NAME:STRING": [system],
        "CMAKE_SYSTEM_PROCESSOR:STRING": [processor],
    }
    return Detected(
        tag,
        f"{because} on {machine.truth.platform_tag}",
        replace(machine.truth, environ=native_environ(environ, python_path=True)),
        keys={**({"os": "linux"} if system == "Linux" else {}), **keys, **paths, **toolchain},
        options={} if environ.get("CMAKE_TOOLCHAIN_FILE") else options,
        filled=notes,
        warnings=(*warnings, *wrong),
    )


def _find(machine: BuildMachine, name: str) -> Path | None:
    environ = machine.environ
    directories = [environ.get("_PYTHON_SYSCONFIGDATA_PATH", "")]
    directories += environ.get("PYTHONPATH", "").split(os.pathsep)
    found = [Path(d, name) for d in directories if d]
    base = environ.get("_PYTHON_PROJECT_BASE", "")
    if base:
        found += [*sorted(Path(base).glob(f"build/lib.*/{name}")), Path(base, name)]
    # Nix puts a copy into the library of the build Python.
    minor = f"python{dotted_version(machine.version)}"
    found += [prefix / "lib" / minor / name for prefix in machine.truth.prefixes]
    return next((path for path in found if path.is_file()), None)


def _paths(machine: BuildMachine, file: Path | None, python: str) -> Iterator[tuple[str, Path]]:
    """Yield the prefix and the directory of headers that belong to a ``_sysconfigdata``."""
    environ = machine.environ
    prefixes = [Path(environ[n]).parent for n in ("STAGING_INCDIR",) if environ.get(n)]
    if file:
        # lib/python3.12/_sysconfigdata.py, or Yocto's lib/python-sysconfigdata/_sysconfigdata.py
        prefixes += list(file.resolve().parents)[1:4]
        stated = sysconfigdata_variables(file).get("INCLUDEPY")
        if isinstance(stated, str) and Path(stated) != machine.truth.include_dir:
            # In a cross build, an absolute path is used only if it is not that of the build Python.
            prefixes.append(Path(stated).parents[1])
    for prefix in prefixes:
        include = prefix / "include" / python
        if (include / "patchlevel.h").is_file() and include != machine.truth.include_dir:
            yield "include_dir", include
            yield "prefix", prefix
            return
