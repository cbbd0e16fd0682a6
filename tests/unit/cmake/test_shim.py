"""The interpreter shim: a Python that runs here and names modules for another system."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from py_build_cmake.cmake.shim import shim_script, sysconfig_module
from py_build_cmake.platforms.build_machine import detect_build_machine
from py_build_cmake.platforms.host import HostPlatform
from py_build_cmake.platforms.host_variables import HostPaths
from py_build_cmake.platforms.tags import PlatformTag

HOST = HostPlatform(
    "cp", "312", "cp312t", ("linux_s390x",), is_cross=True, soabi="cpython-312t-s390x-linux-gnu"
)
INCLUDE = Path("/sys root/usr/include/python3.12")
ASK = """
import sys, sysconfig
print(sysconfig.get_config_var("EXT_SUFFIX"), sysconfig.get_config_var("SOABI"))
print(sysconfig.get_config_var("Py_GIL_DISABLED"), sysconfig.get_platform())
print(sysconfig.get_path("include"))
print(sys.version_info[:2] == tuple(map(int, sys.argv[1].split("."))), sys.prefix)
"""
VERSION = "{}.{}".format(*sys.version_info[:2])

posix = pytest.mark.skipif(os.name != "posix", reason="the shim is a shell script")


@pytest.fixture
def shim(tmp_path: Path) -> Path:
    machine = detect_build_machine()
    modules = tmp_path / "it's $HOME"
    modules.mkdir()
    (modules / f"{machine.sysconfigdata}.py").write_text(sysconfig_module(HOST, HostPaths(INCLUDE)))
    script = tmp_path / "python3"
    script.write_text(shim_script(machine, HOST, modules))
    script.chmod(0o755)
    return script


def ask(shim: Path, *options: str, **environ: str) -> list[str]:
    done = subprocess.run(
        [shim, *options, "-c", ASK, VERSION],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environ},
    )
    return done.stdout.splitlines()


@posix
def test_sysconfig_speaks_for_the_host(shim: Path) -> None:
    assert ask(shim) == [
        ".cpython-312t-s390x-linux-gnu.so cpython-312t-s390x-linux-gnu",
        "1 linux-s390x",
        str(INCLUDE),
        f"True {sys.prefix}",
    ]


@posix
@pytest.mark.parametrize("option", ["-I", "-E"])
def test_without_pythonpath_it_still_works(shim: Path, option: str) -> None:
    natively = subprocess.run(
        [sys.executable, option, "-c", ASK, VERSION], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert ask(shim, option)[0] == natively[0]


@posix
def test_what_is_on_pythonpath_stays_importable(shim: Path, tmp_path: Path) -> None:
    (tmp_path / "requirement.py").write_text("value = 'there'\n")
    done = subprocess.run(
        [shim, "-c", "import requirement; print(requirement.value)"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert done.stdout == "there\n"


@posix
def test_arguments_and_status_pass_unchanged(shim: Path) -> None:
    code = "import sys; print(sys.argv[1:]); sys.exit(3)"
    words = ["a b", "$HOME", "'", "", "*"]
    done = subprocess.run([shim, "-c", code, *words], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (f"{words}\n", 3)


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("linux_armv7l", "linux-armv7l"),
        ("manylinux_2_17_aarch64", "linux-aarch64"),
        ("manylinux2014_x86_64", "linux-x86_64"),
        ("manylinux1_i686", "linux-i686"),
        ("musllinux_1_2_x86_64", "linux-x86_64"),
        ("macosx_11_0_arm64", "macosx-11.0-arm64"),
        ("win_arm64", "win-arm64"),
        ("win32", "win32"),
    ],
)
def test_names_of_platforms(tag: str, name: str) -> None:
    assert PlatformTag.parse(tag).sysconfig_name == name


def test_windows_modules_end_with_pyd() -> None:
    host = replace(HOST, platform_tags=("win_amd64",), soabi="cp312-win_amd64", abi_tag="cp312")
    variables: dict[str, dict[str, object]] = {}
    exec(sysconfig_module(host, HostPaths()), variables)
    assert variables["build_time_vars"]["EXT_SUFFIX"] == ".cp312-win_amd64.pyd"
    assert variables["build_time_vars"]["Py_GIL_DISABLED"] == 0
