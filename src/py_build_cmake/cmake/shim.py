"""The interpreter that cross builds give to CMake: the build Python, speaking for the host.

CMake code asks the interpreter that it found how extension modules are named. In a cross build
that interpreter runs here, and must run the code generators of the project, with everything that
the build requires. The shim is a shell script that starts the Python that runs the build with
another module in the place of that Python's own build-time variables; ``sysconfig`` then answers
for the host system, and all else stays as it is.

The module has the name of the one that it hides. So a Python that does not look into
``PYTHONPATH`` (``python -I``) finds its own, and still works.
"""

from __future__ import annotations

import re
from shlex import quote
from typing import TYPE_CHECKING

from ..lazy import lazy_pattern

if TYPE_CHECKING:
    from pathlib import Path

    from ..platforms.build import BuildPlatform
    from ..platforms.host import HostPlatform

_MULTIARCH = lazy_pattern(r"(?:cpython-\d+[a-z]*|pypy\d+-pp\d+)-(.+)")


def shim_script(build: BuildPlatform, host: HostPlatform, modules: Path) -> str:
    """Return the shell script; ``modules`` is the folder with the sysconfig module."""
    return f"""#!/bin/sh
# Written by py-build-cmake: the Python that runs the build, with the names of the Python that
# the wheel is for ({host.soabi}).
PYTHONPATH={quote(str(modules))}${{PYTHONPATH:+":$PYTHONPATH"}}
_PYTHON_HOST_PLATFORM={quote(host_platform_name(host.platform_tags[0]))}
_PYTHON_SYSCONFIGDATA_NAME={quote(build.sysconfigdata)}
export PYTHONPATH _PYTHON_HOST_PLATFORM _PYTHON_SYSCONFIGDATA_NAME
exec {quote(str(build.executable))} "$@"
"""


def sysconfig_module(host: HostPlatform, include_dir: Path | None) -> str:
    """Return the module with the build-time variables of the host system's Python.

    Only what names and identifies that Python: compilers and directories are CMake's matter.
    """
    entries = "".join(f"    {name!r}: {value!r},\n" for name, value in _variables(host).items())
    text = f"# Written by py-build-cmake.\nbuild_time_vars = {{\n{entries}}}\n"
    if include_dir:
        text += f"""
import sysconfig

for scheme in sysconfig._INSTALL_SCHEMES.values():
    for key in ("include", "platinclude"):
        if key in scheme:
            scheme[key] = {include_dir.as_posix()!r}
"""
    return text


def host_platform_name(platform_tag: str) -> str:
    """Return what ``sysconfig.get_platform()`` says on a platform.

    ``manylinux_2_17_aarch64`` gives ``linux-aarch64``, ``macosx_11_0_arm64`` gives
    ``macosx-11.0-arm64``.
    """
    if linux := re.fullmatch(r"(?:many|musl)?linux(?:1|20\d\d|_\d+_\d+)?_(\w+)", platform_tag):
        return f"linux-{linux[1]}"
    if mac := re.fullmatch(r"macosx_(\d+)_(\d+)_(\w+)", platform_tag):
        return f"macosx-{mac[1]}.{mac[2]}-{mac[3]}"
    return platform_tag.replace("_", "-", 1)


def _variables(host: HostPlatform) -> dict[str, str | int]:
    multiarch = _MULTIARCH.fullmatch(host.soabi)
    return {
        "ABIFLAGS": host.abi_flags,
        "EXT_SUFFIX": host.ext_suffix,
        "MULTIARCH": multiarch[1] if multiarch else "",
        "Py_DEBUG": int("d" in host.abi_flags),
        "Py_GIL_DISABLED": int("t" in host.abi_flags),
        "SHLIB_SUFFIX": host.module_suffix,
        "SOABI": host.soabi,
        "VERSION": host.dotted_version,
    }
