"""The script that unpacks a host Python: reading apt's sources, and what it makes."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
from support.builds import EXAMPLES, run
from support.hosts import Host
from support.wheels import elf_machine

SCRIPT = EXAMPLES / "sysroots" / "host_python.py"


@pytest.fixture(scope="module")
def host_python() -> ModuleType:
    spec = importlib.util.spec_from_file_location("host_python", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb [ arch=amd64 signed-by=/usr/share/keyrings/tool.gpg ] https://tool.example/apt stable tool
deb-src http://mirror.example/debian bookworm main
deb [signed-by=/keys/debian.gpg trusted=yes] http://mirror.example/debian bookworm main contrib # x
"""

DEB822 = """\
# A comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: stable stable-updates
Components: main
Enabled: no

Types: deb
URIs: http://mirror.example/debian http://other.example/debian
Suites: stable stable-updates
# between
Components: main non-free-firmware
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----
"""


def test_mirror_of_one_line_sources(
    host_python: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_python, "_os_release", lambda: {"VERSION_CODENAME": "bookworm"})
    mirror = host_python._find_mirror(host_python._parse_one_line(ONE_LINE))
    assert host_python._stanza(mirror, "trixie").splitlines() == [
        "Types: deb",
        "URIs: http://mirror.example/debian",
        "Suites: trixie",
        "Components: main",
        "signed-by: /keys/debian.gpg",
        "trusted: yes",
    ]


def test_mirror_of_deb822_sources_with_embedded_key(host_python: ModuleType) -> None:
    (entry,) = host_python._parse_deb822(DEB822)
    stanza = host_python._stanza(host_python._find_mirror([entry]), "bookworm")
    assert "URIs: http://mirror.example/debian http://other.example/debian\n" in stanza
    assert stanza.endswith(
        "signed-by: \n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n"
        " -----END PGP PUBLIC KEY BLOCK-----\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "deb https://tool.example/apt bookworm tool",
        "deb https://tool.example/apt bookworm-tool main",
        "deb cdrom:[Debian]/ bookworm main",
    ],
)
def test_other_sources_are_not_debians_mirror(
    host_python: ModuleType, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setattr(host_python, "_os_release", lambda: {"VERSION_CODENAME": "bookworm"})
    with pytest.raises(host_python.Unavailable):
        host_python._find_mirror(host_python._parse_one_line(line))


def test_absolute_links_become_relative(host_python: ModuleType, tmp_path: Path) -> None:
    library = tmp_path / "usr" / "lib" / "here"
    library.mkdir(parents=True)
    (library / "libz.so").symlink_to("/lib/here/libz.so.1")
    (library / "libm.so").symlink_to("libm.so.6")
    host_python._make_links_relative(tmp_path)
    assert (library / "libz.so").readlink() == Path("../../../lib/here/libz.so.1")
    assert (library / "libm.so").readlink() == Path("libm.so.6")


def test_one_line_reason_where_it_cannot_work(tmp_path: Path) -> None:
    """As on a machine without apt: no program is found at all."""
    done = subprocess.run(
        [sys.executable, SCRIPT, "aarch64", "--output", tmp_path],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("host_python: ")
    assert list(tmp_path.iterdir()) == []


def test_unknown_architecture() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "pdp11"], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "pdp11" in done.stderr
    assert "aarch64" in done.stderr


def test_second_call_is_instant_and_needs_no_apt(host: Host, tmp_path: Path) -> None:
    before = time.monotonic()
    done = subprocess.run(
        [sys.executable, SCRIPT, host.name, "--output", host.sysroot.parent],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()) == host.sysroot
    assert time.monotonic() - before < 5


def test_sysroot_is_of_the_host_and_closed(host: Host) -> None:
    interpreter = host.sysroot / "usr" / "bin" / "python3.11"
    assert elf_machine(interpreter.read_bytes()) == host.name
    assert (host.sysroot / "usr" / "include" / "python3.11" / "Python.h").is_file()
    escaping = [
        link
        for link in host.sysroot.rglob("*")
        if link.is_symlink() and link.readlink().is_absolute()
    ]
    assert escaping == []


def test_run_python_is_a_python(host: Host) -> None:
    code = (
        "import subprocess, sys, sysconfig\n"
        "print(sys.executable, sys.prefix, sysconfig.get_config_var('SOABI'))\n"
        "print(subprocess.check_output([sys.executable, '-c', 'print(6 * 7)'], text=True))"
    )
    output = run(host.python, "-c", code).split()
    soabi = host.suffix[len(".") : -len(".so")]
    usr = host.sysroot / "usr"
    assert output == [str(usr / "bin" / "run-python"), str(usr), soabi, "42"]


def test_run_python_makes_virtual_environments(host: Host, tmp_path: Path) -> None:
    run(host.python, "-m", "venv", "--without-pip", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    code = "import os, sys; print(sys.executable, sys.prefix, os.__file__)"
    library = host.sysroot / "usr" / "lib" / "python3.11"
    expected = [str(python), str(tmp_path / "venv"), str(library / "os.py")]
    assert run(python, "-c", code).split() == expected


def test_run_python_has_pip(host: Host) -> None:
    assert "(python 3.11)" in run(host.python, "-m", "pip", "--version")
