"""Build platforms for unit tests: values, not the machine that runs them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from py_build_cmake.platforms.build_machine import BuildMachine

LINUX_CP311 = BuildMachine(
    os="linux",
    architecture="x86_64",
    implementation="cp",
    implementation_name="cpython",
    version="311",
    python_version="3.11.7",
    version_info=(3, 11, 7),
    release_level="final",
    abi_flags="",
    abi_tag="cp311",
    platform_tag="linux_x86_64",
    executable=Path("/opt/python/bin/python3.11"),
    scripts_dir=Path("/opt/python/bin"),
    prefixes=(Path("/venv"), Path("/opt/python")),
    include_dir=Path("/opt/python/include/python3.11"),
    soabi="cpython-311-x86_64-linux-gnu",
    environ={"PATH": "/nowhere"},
)
LINUX_CP313T = replace(
    LINUX_CP311,
    version="313",
    python_version="3.13.1",
    version_info=(3, 13, 1),
    abi_flags="t",
    abi_tag="cp313t",
    soabi="cpython-313t-x86_64-linux-gnu",
)
LINUX_PP310 = replace(
    LINUX_CP311,
    implementation="pp",
    implementation_name="pypy",
    version="310",
    abi_tag="pypy310_pp73",
    soabi="pypy310-pp73-x86_64-linux-gnu",
)
WINDOWS_CP311 = replace(
    LINUX_CP311,
    os="windows",
    architecture="AMD64",
    platform_tag="win_amd64",
    soabi="cp311-win_amd64",
)
