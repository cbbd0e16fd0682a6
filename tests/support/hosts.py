"""Host systems that the cross tests build for: compiler, host Python in a sysroot, emulator."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from host_python import TEMPORARY_FAILURE, Unavailable, Unserved

from support import clean
from support.builds import EXAMPLES, run
from support.caches import cache_directory
from support.outcomes import NotServed

SCRIPT = EXAMPLES / "sysroots" / "host_python.py"


def without(reason: str | Unavailable) -> NoReturn:
    """Skip a cross test for want of something, or fail where cross tests are required.

    That a mirror is out of step is nobody's defect: then the test is skipped as unavailable.
    """
    if isinstance(reason, Unserved):
        raise NotServed(str(reason))
    if os.environ.get("PY_BUILD_CMAKE_REQUIRE_CROSS") == "1":
        pytest.fail(f"PY_BUILD_CMAKE_REQUIRE_CROSS=1, but: {reason}", pytrace=False)
    pytest.skip(str(reason))


def needs_python_of(host: Host) -> None:
    """Skip a test that compiles with the headers of this Python where the host's is another."""
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if own != host.version:
        pytest.skip(f"Python {own} runs the tests, and its headers are not those of {host.version}")


@dataclass(frozen=True)
class Host:
    """A host system: the Python that wheels are built for, and how to run it here."""

    name: str
    triplet: str
    platform_tag: str
    sysroot: Path
    abi: str = "cp311"

    @property
    def version(self) -> str:
        """The version of its Python, such as ``3.11``."""
        digits = re.findall(r"\d+", self.abi)[0]
        return f"{digits[0]}.{digits[1:]}"

    @property
    def tag(self) -> str:
        """The wheel tag of an extension module."""
        python = self.abi.rstrip("t").partition("_")[0].replace("pypy", "pp")
        return f"{python}-{self.abi}-{self.platform_tag}"

    @property
    def suffix(self) -> str:
        """The suffix of an extension module."""
        stem = self.abi.replace("_", "-").replace("cp", "cpython-")
        return f".{stem}-{self.triplet}.so"

    @property
    def include_dir(self) -> Path:
        """The directory of ``Python.h``."""
        name = "pypy" if self.abi.startswith("pypy") else "python"
        flags = "t" if self.abi.endswith("t") else ""
        return self.sysroot / "usr" / "include" / f"{name}{self.version}{flags}"

    @property
    def python(self) -> Path:
        """The host's Python, run under emulation."""
        return self.sysroot / "run-python"

    def make_venv(self, directory: Path, wheel: Path, pip: Path) -> Path:
        """Install `wheel` into an environment of the host's Python; return its interpreter.

        It is done by the pip of the interpreter `pip`, but that pip runs on the host's Python,
        which therefore decides whether the wheel's tag is right.
        """
        run(self.python, "-m", "venv", "--without-pip", directory)
        interpreter = directory / "bin" / "python"
        run(
            *(pip, "-m", "pip", "--python", interpreter, "install"),
            *("--no-index", "--no-deps", "--no-compile", wheel),
        )
        return interpreter


_HOSTS = {
    "aarch64": ("aarch64-linux-gnu", "linux_aarch64", "qemu-aarch64"),
    "armhf": ("arm-linux-gnueabihf", "linux_armv7l", "qemu-arm"),
    "i386": ("i386-linux-gnu", "linux_i686", "qemu-i386"),
    "riscv64": ("riscv64-linux-gnu", "linux_riscv64", "qemu-riscv64"),
    "s390x": ("s390x-linux-gnu", "linux_s390x", "qemu-s390x"),
}


@dataclass(frozen=True)
class HostPython:
    """A Python of Debian, from the first of `suites` that is served; the default is the script's.

    Suites that move come last, and nothing that CI needs comes from them alone.
    """

    abi: str
    version: str
    suites: tuple[str, ...] = ()

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of the script that unpacks it."""
        suites = (f"--suite={suite}" for suite in self.suites)
        return (f"--python={self.version}", *suites) if self.suites else ()


CPYTHON_311 = HostPython("cp311", "3.11")
CPYTHON_313 = HostPython("cp313", "3.13", ("trixie", "testing", "sid"))
# For runs that somebody asks for.
CPYTHON_314 = HostPython("cp314", "3.14", ("testing", "sid"))
PYPY_311 = HostPython("pypy311_pp73", "pypy3", ("trixie",))


def free_threaded_host() -> Host:
    """Return the free-threaded Python 3.13 for aarch64 that the environment names.

    It is a sysroot with ``usr/include/python3.13t`` and a program ``run-python``. Debian has no
    such package; CPython's sources make one, in minutes.
    """
    name = os.environ.get("PY_BUILD_CMAKE_TEST_FREE_THREADED")
    if not name:
        raise Unavailable("PY_BUILD_CMAKE_TEST_FREE_THREADED names no sysroot")
    triplet, platform_tag, _ = _HOSTS["aarch64"]
    return Host("aarch64", triplet, platform_tag, Path(name), "cp313t")


def find_host(name: str, python: HostPython = CPYTHON_311, *, needs_compilers: bool = True) -> Host:
    """Return the host called `name`, unpacking its Python if need be, or raise `Unavailable`."""
    triplet, platform_tag, emulator = _HOSTS[name]
    for compiler in (f"{triplet}-gcc", f"{triplet}-g++") if needs_compilers else ():
        if not shutil.which(compiler):
            raise Unavailable(f"no {compiler} on PATH (Debian package g++-{triplet})")
    if not shutil.which(f"{emulator}-static") and not shutil.which(emulator):
        raise Unavailable(f"no {emulator}-static on PATH (Debian package qemu-user-static)")
    return Host(name, triplet, platform_tag, _unpack(name, python), python.abi)


def _unpack(name: str, python: HostPython) -> Path:
    try:
        return _run_script(name, python)
    except Unserved as reason:
        _refused[name, python] = reason
        raise


# A mirror that is out of step stays so for the time of a run.
_refused: dict[tuple[str, HostPython], Unserved] = {}


def _run_script(name: str, python: HostPython) -> Path:
    if (name, python) in _refused:
        raise _refused[name, python]
    output = cache_directory() / "sysroots"
    if python.suites:
        output /= python.abi
    done = subprocess.run(
        [sys.executable, SCRIPT, name, "--output", output, *python.arguments],
        env=clean.network(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        reason = lines[-1] if lines else f"{SCRIPT.name}: status {done.returncode}"
        failure = Unserved if done.returncode == TEMPORARY_FAILURE else Unavailable
        raise failure(f"{name}: {reason}")
    return Path(done.stdout.strip())
