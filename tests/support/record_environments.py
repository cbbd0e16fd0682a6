#!/usr/bin/env python3
"""Record the environments that cibuildwheel and pyodide-build start builds in.

    python tests/support/record_environments.py tests/support/recorded/environments

The functions of the installed tools that set the variables are called; what they would download
or install is replaced by empty files. Run it in an environment with both packages. Directories
are written as ``@DIR@``. What the tools themselves get from elsewhere (the NDK, Pyodide's own
build configuration) is made up here and not what is recorded.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

# The environment of the machine, before the tools add theirs.
_BASE = {"PATH": "/usr/bin:/bin"}
# Not about the platform, and different from run to run.
_LEFT_OUT = {"PATH", "VIRTUAL_ENV", "PIP_DISABLE_PIP_VERSION_CHECK", "PYTHONPATH"}
_SYSCONFIGDATA = {
    **{"prefix": "/usr/local", "OPT": "-DNDEBUG -O3", "CFLAGS": "", "CXXFLAGS": ""},
    **{"LDFLAGS": "", "LDSHARED": "cc", "LDCXXSHARED": "c++", "ANDROID_API_LEVEL": 24},
}


def _touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def _venv(directory: Path) -> Callable[..., dict[str, str]]:
    """Return what stands in for cibuildwheel's function that makes an environment."""

    def make(*_: Any, **__: Any) -> dict[str, str]:
        for name in ("python", "pip"):
            _touch(directory / "bin" / name)
        (directory / "lib" / "python3.13" / "site-packages").mkdir(parents=True, exist_ok=True)
        return {**_BASE, "VIRTUAL_ENV": str(directory)}

    return make


def _call(directory: Path) -> Callable[..., str]:
    """Return what stands in for cibuildwheel's function that runs commands."""

    def call(*command: Any, **_: Any) -> str:
        words = [str(word) for word in command]
        if words[0] == "which":
            return str(directory / "bin" / words[1])
        if words[-1] == "env":
            return "export CC=/ndk/clang\nexport CFLAGS=-g\nexport CXXFLAGS=-g\n"
        return ""

    return call


def _configuration(module: Any, identifier: str) -> Any:
    return next(c for c in module.all_python_configurations() if c.identifier == identifier)


def _mac(directory: Path, identifier: str) -> dict[str, str]:
    parsed = import_module("cibuildwheel.environment").ParsedEnvironment
    macos: Any = import_module("cibuildwheel.platforms.macos")

    python = _touch(directory / "python" / "bin" / "python3")
    with ExitStack() as stack:
        for name, value in (
            ("install_cpython", lambda *_, **__: python),
            ("virtualenv", _venv(directory / "tmp" / "venv")),
            ("call", _call(directory / "tmp" / "venv")),
            ("get_macos_version", lambda: (14, 5)),
        ):
            stack.enter_context(mock.patch.object(macos, name, value))
        found = [c for c in macos.all_python_configurations() if c.identifier == identifier]
        _, env = macos.setup_python(directory / "tmp", found[0], None, parsed([]), "build")
    return dict(env)


def _windows(directory: Path, identifier: str) -> dict[str, str]:
    windows: Any = import_module("cibuildwheel.platforms.windows")

    env = dict(_BASE)
    libs = directory / "pythonarm64" / "tools" / "libs"
    windows.setup_setuptools_cross_compile(
        directory, _configuration(windows, identifier), libs, env
    )
    windows.setup_rust_cross_compile(directory, _configuration(windows, identifier), libs, env)
    # The file that DIST_EXTRA_CONFIG names is part of the environment.
    env["@FILE@extra-setup.cfg"] = (directory / "extra-setup.cfg").read_text()
    return env


def _android(directory: Path, identifier: str) -> dict[str, str]:
    android: Any = import_module("cibuildwheel.platforms.android")

    config = _configuration(android, identifier)
    venv, python_dir = directory / "venv", directory / "python"
    env = _venv(venv)()
    triplet = android.android_triplet(identifier)
    data = python_dir / "prefix" / "lib" / "python3.13" / f"_sysconfigdata__android_{triplet}.py"
    _touch(data).write_text(f"build_time_vars = {_SYSCONFIGDATA!r}\n")
    with mock.patch.object(android, "call", _call(venv)):
        android.create_cmake_toolchain(config, directory, python_dir, env)
        env.setdefault("ANDROID_API_LEVEL", "24")
        env["CIBUILDWHEEL_BUILD_IDENTIFIER"] = identifier
        return dict(android.setup_android_env(config, python_dir, env))


def _ios(directory: Path, identifier: str) -> dict[str, str]:
    parsed = import_module("cibuildwheel.environment").ParsedEnvironment
    ios: Any = import_module("cibuildwheel.platforms.ios")

    target = directory / "target"
    (target / "Python.xcframework" / "ios-arm64" / "bin").mkdir(parents=True)
    python = _touch(directory / "python" / "bin" / "python3")
    with ExitStack() as stack:
        for name, value in (
            ("install_build_cpython", lambda *_, **__: python),
            ("install_target_cpython", lambda *_, **__: target),
            ("virtualenv", _venv(directory / "tmp" / "venv")),
            ("call", _call(directory / "tmp" / "venv")),
        ):
            stack.enter_context(mock.patch.object(ios, name, value))
        _, env = ios.setup_python(
            directory / "tmp",
            python_configuration=_configuration(ios, identifier),
            dependency_constraint=None,
            environment=parsed([]),
            build_frontend="build",
            xbuild_tools=[],
        )
    return dict(env)


# Pyodide's own variables, of its file Makefile.envs.
_PYODIDE = {
    "PYVERSION": "3.13.2",
    "PYMAJOR": "3",
    "PYMINOR": "13",
    "PYODIDE_EMSCRIPTEN_VERSION": "4.0.9",
    "PYODIDE_ABI_VERSION": "2025_0",
    "PLATFORM_TRIPLET": "wasm32-emscripten",
    "SYSCONFIG_NAME": "_sysconfigdata__emscripten_wasm32-emscripten",
}


def _pyodide(directory: Path, _: str) -> dict[str, str]:
    build_env: Any = import_module("pyodide_build.build_env")
    pypabuild: Any = import_module("pyodide_build.pypabuild")
    manager: Any = import_module("pyodide_build.config").CrossBuildEnvConfigManager

    root = directory / "xbuildenv" / "pyodide-root"
    install = root / "cpython" / "installs" / "python-3.13.2"
    makefile = {
        **_PYODIDE,
        "PYODIDE_ROOT": str(root),
        "TARGETINSTALLDIR": str(install),
        "PYTHONINCLUDE": str(install / "include" / "python3.13"),
    }
    build_directory = directory / "build"
    build_directory.mkdir()
    patched = mock.patch.object(manager, "_get_make_environment_vars", lambda _: makefile)
    with patched, mock.patch.dict(os.environ, {"PYODIDE_ROOT": str(root)}):
        env = dict(build_env.get_build_environment_vars(root))
        context = pypabuild.get_build_env(
            env={**env, **_BASE},
            pkgname="",
            cflags="",
            cxxflags="",
            ldflags="",
            target_install_dir="",
            exports="pyinit",
            build_dir=build_directory,
        )
        with context as found:
            return {n: v for n, v in found.items() if n != "PYWASMCROSS_ARGS"}


RECORDINGS: dict[str, tuple[str, Callable[[Path, str], dict[str, str]], str]] = {
    "macos-arm64": ("cibuildwheel", _mac, "cp313-macosx_arm64"),
    "macos-universal2": ("cibuildwheel", _mac, "cp313-macosx_universal2"),
    "macos-x86_64": ("cibuildwheel", _mac, "cp313-macosx_x86_64"),
    "windows-arm64": ("cibuildwheel", _windows, "cp313-win_arm64"),
    "windows-x86": ("cibuildwheel", _windows, "cp313-win32"),
    "android-arm64": ("cibuildwheel", _android, "cp313-android_arm64_v8a"),
    "ios-arm64": ("cibuildwheel", _ios, "cp313-ios_arm64_iphoneos"),
    "pyodide": ("pyodide-build", _pyodide, ""),
}


def record(name: str) -> dict[str, Any]:
    """Return what the installed tool sets, with the tool and its version."""
    tool, function, identifier = RECORDINGS[name]
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary).resolve()
        # What the tool passes on of this machine's environment is not what it sets.
        with mock.patch.dict(os.environ, _BASE, clear=True):
            env = function(directory, identifier)
    site = str(importlib.metadata.distribution(tool).locate_file(""))
    shown = {
        key: value.replace(str(directory), "@DIR@").replace(site, "@SITE@")
        for key, value in sorted(env.items())
        if key not in _LEFT_OUT and "://" not in value
    }
    return {"tool": tool, "version": importlib.metadata.version(tool), "environment": shown}


if __name__ == "__main__":
    for recording in RECORDINGS:
        file = Path(sys.argv[1], f"{recording}.json")
        file.write_text(json.dumps(record(recording), indent=1) + "\n", encoding="utf-8")
