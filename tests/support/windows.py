"""A Python for Windows that runs here, under Wine: python.org's, as far as it can be had.

The wheels of panda3d have the DLL and the extension modules of CPython as python.org compiled them,
to be put into programs. What lacks of an installation is made: the standard library is that of the
Python that runs the tests, whose version is the same, ``python.exe`` is a program that calls the
DLL, and ``python3.dll`` forwards to it, as CPython's does. The headers and the import libraries are
those that this program makes.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

from py_build_cmake.platforms.build_headers import find_build_headers
from py_build_cmake.platforms.build_machine import detect_build_machine
from py_build_cmake.platforms.host import HostPlatform
from py_build_cmake.platforms.windows_headers import definition_files, windows_overlay
from support import locked
from support.builds import run
from support.caches import cache_directory, exclusive

TRIPLE = "x86_64-w64-mingw32"
VERSION = "{}{}".format(*sys.version_info)
# The Pythons that there are such wheels for.
VERSIONS = ("39", "310", "311", "312", "313")
HOST = HostPlatform(
    *("cp", VERSION, f"cp{VERSION}", ("win_amd64",)),
    is_cross=True,
    soabi=f"cp{VERSION}-win_amd64",
)
_IN_WHEEL = "deploy_libs/"
_PROGRAM = r"""
#include <windows.h>
int wmain(int count, wchar_t **words) {
    HMODULE python = LoadLibraryA("@DLL@");
    int (*main)(int, wchar_t **) = python ? (void *) GetProcAddress(python, "Py_Main") : 0;
    return main ? main(count, words) : 99;
}
"""


class NotHere(Exception):  # noqa: N818 (like support.hosts')
    """There is no Python for Windows: the message says why."""


@dataclass(frozen=True)
class WindowsPython:
    """An installation for Windows, and the directory that Wine keeps its system in."""

    prefix: Path
    wine_prefix: Path

    @property
    def env(self) -> dict[str, str]:
        """What Wine's processes need to see."""
        return {"WINEPREFIX": str(self.wine_prefix), "WINEDEBUG": "-all"}

    @property
    def dll(self) -> Path:
        """The DLL of CPython."""
        return self.prefix / f"python{VERSION}.dll"

    def run(self, code: str, wheel: Path, directory: Path) -> str:
        """Run code with an unpacked wheel; return what it printed."""
        shutil.unpack_archive(wheel, directory, "zip")
        python = self.prefix / "python.exe"
        env = {**self.env, "PYTHONPATH": str(directory)}
        return run("wine", python, "-c", code, cwd=directory, env=env)


def find_windows_python() -> WindowsPython:
    """Return the Python for Windows; it is made once and kept between sessions.

    :raises NotHere: there is none for this version of Python, or a program is missing.
    """
    if VERSION not in VERSIONS:
        raise NotHere(f"Python {VERSION} for Windows is in no package of the index")
    if missing := [name for name in ("wine", f"{TRIPLE}-gcc") if not shutil.which(name)]:
        raise NotHere(f"no {' and no '.join(missing)} on PATH")
    directory = cache_directory() / f"windows-{VERSION}-{locked.digest('windows')}"
    python = WindowsPython(directory / "python", directory / "wine")
    with exclusive(directory):
        if not (directory / "done").exists():
            shutil.rmtree(directory, ignore_errors=True)
            _make(python, directory)
            (directory / "done").touch()
    return python


def _make(python: WindowsPython, scratch: Path) -> None:
    prefix = python.prefix
    prefix.mkdir(parents=True)
    _unpack(prefix)
    (prefix / "Lib").symlink_to(sysconfig.get_path("stdlib"))
    headers = find_build_headers(detect_build_machine(), "tests")
    overlay = windows_overlay(headers, HOST)
    for place, text in overlay.items():
        path = prefix / "include" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(errors="surrogateescape"))
    (prefix / "libs").mkdir()
    for name, text in definition_files(overlay.values(), HOST).items():
        definitions = scratch / f"{name}.def"
        definitions.write_text(text)
        library = prefix / "libs" / f"{name}.lib"
        run(f"{TRIPLE}-dlltool", "-m", "i386:x86-64", "-d", definitions, "-l", library)
    _link(scratch / "python.c", _PROGRAM.replace("@DLL@", python.dll.name), prefix / "python.exe")
    _make_stable_dll(python, scratch)
    run("wine", prefix / "python.exe", "-c", "", env=python.env)


def _unpack(prefix: Path) -> None:
    options = ("--only-binary=:all:", "--platform", "win_amd64", "--implementation", "cp")
    abi = ("--python-version", VERSION, "--abi", f"cp{VERSION}")
    (wheel,) = locked.provide("windows", sys.executable, *options, *abi).glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith(_IN_WHEEL):
                (prefix / name.removeprefix(_IN_WHEEL)).write_bytes(archive.read(name))


def _make_stable_dll(python: WindowsPython, scratch: Path) -> None:
    """Link a DLL that has the stable ABI from the other one, as ``PC/python3dll.c`` has it."""
    names = (scratch / "python3.def").read_text().splitlines()[2:]
    forwards = [f"{name} = python{VERSION}.{name}" for name in (line.split()[0] for line in names)]
    definitions = scratch / "forwards.def"
    definitions.write_text("\n".join(["LIBRARY python3.dll", "EXPORTS", *forwards]) + "\n")
    _link(scratch / "empty.c", "", python.prefix / "python3.dll", "-shared", definitions)


def _link(source: Path, text: str, program: Path, *options: object) -> None:
    source.write_text(text)
    run(f"{TRIPLE}-gcc", "-municode", "-O1", source, *options, "-o", program)
