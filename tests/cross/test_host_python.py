"""The script that unpacks a host Python: reading apt's sources, and what it makes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import host_python as script
import pytest
from support.builds import EXAMPLES, run
from support.hosts import Host
from support.wheels import elf_machine

SCRIPT = EXAMPLES / "sysroots" / "host_python.py"
AARCH64 = script.ARCHITECTURES["aarch64"]


@pytest.fixture(scope="module")
def host_python() -> ModuleType:
    return script


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


@dataclass(frozen=True)
class Mirror:
    """What stands in for apt: a mirror that serves some suites, under some names."""

    directory: Path
    suite: str
    served: dict[str, str]
    asked: list[str]

    def update(self, suite: str) -> None:
        self.asked.append(self.suite)
        if self.suite not in self.served:
            raise script.Unserved(f"{self.suite} is out of step")
        if suite not in (self.suite, self.served[self.suite]):
            raise script.Unavailable("another suite")

    def dependency(self, package: str, pattern: str) -> str:
        return "3.13" if package == "python3" else "14"

    def download(self, *packages: str) -> list[Path]:
        return []


Serve = Callable[[dict[str, str]], list[str]]


@pytest.fixture
def serve(host_python: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Makes the mirror serve nothing but suites of certain names; returns what it is asked for."""
    asked: list[str] = []

    def unpack(packages: list[Path], root: Path) -> None:
        for name in ("python3.11", "python3.13"):
            program = root / "usr" / "bin" / name
            program.parent.mkdir(parents=True, exist_ok=True)
            program.touch()

    def serve(names: dict[str, str]) -> list[str]:
        def create(directory: Path, _: object, suite: str) -> Mirror:
            directory.mkdir(parents=True)
            return Mirror(directory, suite, names, asked)

        monkeypatch.setattr(host_python._Apt, "create", create)
        asked.clear()
        return asked

    monkeypatch.setattr(host_python, "PAUSE", 0)
    monkeypatch.setattr(host_python, "_require_debian", lambda: None)
    monkeypatch.setattr(host_python, "unpack_packages", unpack)
    return serve


def test_a_suite_is_looked_for_under_its_other_names(
    host_python: ModuleType, serve: Serve, tmp_path: Path
) -> None:
    asked = serve({"oldstable": "trixie", "stable": "forky"})
    sysroot = host_python.unpack(AARCH64, suites=["trixie"], output=tmp_path)
    assert asked == ["trixie", "stable", "oldstable"]
    assert sysroot.version == "3.13"


def test_of_several_suites_the_first_that_is_served(
    host_python: ModuleType, serve: Serve, tmp_path: Path
) -> None:
    suites = ["trixie", "testing", "sid"]
    asked = serve({"testing": "forky", "sid": "sid"})
    host_python.unpack(AARCH64, suites=suites, version="3.13", output=tmp_path)
    assert asked[-1] == "testing"
    assert "sid" not in asked
    # The same question again, and nothing is asked for.
    asked = serve({})
    host_python.unpack(AARCH64, suites=suites, version="3.13", output=tmp_path)
    assert asked == []


def test_what_was_unpacked_before_stays_if_nothing_is_served(
    host_python: ModuleType, serve: Serve, tmp_path: Path
) -> None:
    serve({"trixie": "trixie"})
    before = host_python.unpack(AARCH64, suites=["trixie"], version="3.13", output=tmp_path)
    stamp = before.path / host_python.STAMP
    assert json.loads(stamp.read_text("utf-8"))["python"] == "3.13"
    asked = serve({})
    for version in ("3.13", None):
        assert (
            host_python.unpack(AARCH64, suites=["sid"], version=version, output=tmp_path) == before
        )
    assert asked.count("sid") == 2 * host_python.ROUNDS
    with pytest.raises(host_python.Unserved, match="sid is out of step"):
        host_python.unpack(AARCH64, suites=["sid"], version="3.14", output=tmp_path)
    assert stamp.exists()


def test_exit_status_where_nothing_is_served(
    host_python: ModuleType, serve: Serve, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serve({})
    status = host_python.main(["aarch64", "--suite=trixie", "--output", str(tmp_path)])
    assert status == host_python.TEMPORARY_FAILURE
    assert "host_python: trixie is out of step" in capsys.readouterr().err


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
