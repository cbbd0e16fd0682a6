"""Pyodide: the environment of pyodide-build, which cibuildwheel uses as well.

Platform tags are those of PEP 783: ``pyemscripten_2026_0_wasm32``, formerly ``pyodide_…``. Older
versions of the tool only know the version of Emscripten, ``emscripten_3_1_58_wasm32``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...base.errors import ConfigError, Problem
from ..pythons import ext_suffix, soabi_of_suffix
from .detected import (
    Detected,
    as_tag,
    dotted_version,
    existing,
    native_environ,
    toolchain_key,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..build_machine import BuildMachine

_NO_TOOLCHAIN_FILE = "_PY_BUILD_CMAKE_PYODIDE_NO_TOOLCHAIN_FILE"
_OWN_VARIABLES = ("SIDE_MODULE_CFLAGS", "SIDE_MODULE_CXXFLAGS", "SIDE_MODULE_LDFLAGS")


def detect(machine: BuildMachine) -> Detected:
    """Return a cross configuration for Pyodide.

    :raises ConfigError: the environment contradicts itself.
    """
    environ = machine.environ
    platform = as_tag(environ.get("_PYTHON_HOST_PLATFORM", ""))
    suffix = environ.get("SETUPTOOLS_EXT_SUFFIX", "")
    soabi = soabi_of_suffix(suffix) or machine.soabi
    problems = []
    if "emscripten" not in platform:
        found = f"is {platform!r}" if platform else "is not set"
        problems.append(_problem("_PYTHON_HOST_PLATFORM", f"{found}, and PYODIDE is 1"))
    version, warnings = _version(machine, problems)
    if "emscripten" not in soabi:
        if suffix:
            problems.append(_problem("SETUPTOOLS_EXT_SUFFIX", f"is {suffix!r}, and PYODIDE is 1"))
        soabi = f"cpython-{version}-{environ.get('PLATFORM_TRIPLET') or 'wasm32-emscripten'}"
    if problems:
        raise ConfigError.from_problems(problems)
    paths, missing = existing(
        {name: _path(environ, v) for name, v in (("include_dir", "PYTHONINCLUDE"),)},
        "PYTHONINCLUDE",
    )
    root, no_root = existing({"prefix": _path(environ, "PYODIDE_ROOT")}, "PYODIDE_ROOT")
    warnings += (*missing, *no_root)
    if _NO_TOOLCHAIN_FILE not in environ:
        file, wrong = toolchain_key(environ)
        warnings += wrong
        paths.update(file)
        if not environ.get("CMAKE_TOOLCHAIN_FILE"):
            warnings += ("CMAKE_TOOLCHAIN_FILE is not set; pyodide-build has one for Emscripten",)
    return Detected(
        _tag(environ, platform),
        f"PYODIDE=1, _PYTHON_HOST_PLATFORM={environ['_PYTHON_HOST_PLATFORM']}",
        replace(machine.truth, environ=_native_environ(environ)),
        keys={
            "os": "pyodide",
            "implementation": "cp",
            "version": version,
            "abi": f"cp{version}",
            "soabi": soabi,
            **paths,
            **root,
        },
        env={"SETUPTOOLS_EXT_SUFFIX": suffix or ext_suffix(soabi, platform)},
        warnings=warnings,
    )


def _problem(variable: str, message: str) -> Problem:
    return Problem(
        message,
        f"environment variable {variable}",
        "build with `pyodide build`, which sets it, or unset PYODIDE",
    )


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]) if environ.get(name) else None


def _version(machine: BuildMachine, problems: list[Problem]) -> tuple[str, tuple[str, ...]]:
    """Return the version of Pyodide's Python without dots, and a warning if it is a guess."""
    text = machine.environ.get("PYVERSION", "")
    if not text:
        own = dotted_version(machine.version)
        message = f"PYVERSION is not set; taking {own}, which runs the build"
        return machine.version, (message,)
    match = re.match(r"(\d)\.(\d+)(?:\.|$)", text)
    if not match:
        problems.append(_problem("PYVERSION", f"{text!r} is not a version of Python"))
        return machine.version, ()
    return match[1] + match[2], ()


def _tag(environ: Mapping[str, str], platform: str) -> str:
    """Return the tag of PEP 783, if the tool knows the version of the platform's ABI."""
    abi = environ.get("PYODIDE_ABI_VERSION", "")
    if not re.fullmatch(r"\d+_\d+", abi):
        return platform
    # The tool that has this variable uses the name of PEP 783 unless told otherwise.
    is_new = environ.get("USE_LEGACY_PLATFORM", "1").lower() in ("0", "false", "no", "off", "")
    return f"{'pyemscripten' if is_new else 'pyodide'}_{abi}_wasm32"


def _native_environ(environ: Mapping[str, str]) -> dict[str, str]:
    native = native_environ(environ, without=_OWN_VARIABLES)
    wrappers = environ.get("COMPILER_WRAPPER_DIR", "")
    if wrappers and "PATH" in native:
        # This directory has programs named cmake and cc that build for Pyodide.
        native["PATH"] = ":".join(p for p in native["PATH"].split(":") if p != wrappers)
    return native
