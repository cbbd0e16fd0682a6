"""Emulators, and the import of what was built on the host system's Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support.configs import cmake_config, cmake_plan, cross_config
from support.machines import LINUX_CP311

from py_build_cmake.base.console import Console
from py_build_cmake.base.errors import CommandError, ConfigError, WheelError
from py_build_cmake.base.places import Place
from py_build_cmake.building.import_test import extension_modules, import_modules
from py_build_cmake.cmake.emulator import emulator_command, find_host_python
from py_build_cmake.cmake.inputs import cache_entries
from py_build_cmake.cmake.runner import Purpose
from py_build_cmake.platforms.build_machine import BuildMachine
from py_build_cmake.platforms.host import HostPlatform

SUFFIX = ".cpython-311-aarch64-linux-gnu.so"
AARCH64 = HostPlatform(
    "cp", "311", "cp311", ("linux_aarch64",), is_cross=True, soabi="cpython-311-aarch64-linux-gnu"
)


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path) -> BuildMachine:
    environ = {"PATH": str(tmp_path / "bin"), "PYTHONHOME": "/of/this/machine"}
    return replace(LINUX_CP311, environ=environ, scripts_dir=tmp_path / "nowhere")


@pytest.fixture
def sysroot(tmp_path: Path) -> Path:
    touch(tmp_path / "sysroot" / "usr" / "bin" / "python3.11")
    (tmp_path / "sysroot" / "usr" / "lib").mkdir()
    return tmp_path / "sysroot"


def test_words_of_the_configuration(machine: BuildMachine) -> None:
    cross = cross_config(emulator=("ssh", "board with blank"))
    assert emulator_command(cross, AARCH64, machine, Place("x")) == ("ssh", "board with blank")
    assert emulator_command(cross_config(), AARCH64, machine, Place("x")) == ()


@pytest.mark.parametrize("name", ["qemu-aarch64-static", "qemu-aarch64"])
def test_auto(tmp_path: Path, machine: BuildMachine, sysroot: Path, name: str) -> None:
    program = str(touch(tmp_path / "bin" / name))
    cross = cross_config(emulator=("auto",))
    assert emulator_command(cross, AARCH64, machine, Place("x")) == (program,)
    cross = replace(cross, python=sysroot)
    assert emulator_command(cross, AARCH64, machine, Place("x")) == (program, "-L", str(sysroot))
    for python in ("build", tmp_path / "include"):
        assert emulator_command(replace(cross, python=python), AARCH64, machine, Place("x")) == (
            program,
        )


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("linux_riscv64", "tried qemu-riscv64-static and qemu-riscv64"),
        ("linux_i686", "tried qemu-i386-static and qemu-i386"),
        ("macosx_11_0_arm64", "no emulator is known for 'macosx_11_0_arm64'"),
        ("linux_sparc", "no emulator is known"),
    ],
)
def test_none_is_found(machine: BuildMachine, tag: str, message: str) -> None:
    host = replace(AARCH64, platform_tags=(tag,))
    with pytest.raises(ConfigError, match=message) as e:
        emulator_command(cross_config(emulator=("auto",)), host, machine, Place("x.toml"))
    assert e.value.problems[0].where == "x.toml: `emulator`"


@pytest.mark.parametrize("name", ["wine", "wine64"])
def test_wine(tmp_path: Path, machine: BuildMachine, name: str) -> None:
    """It runs what the processor of this machine can run."""
    auto = cross_config(emulator=("auto",))
    for tag in ("win_amd64", "win32"):
        host = replace(AARCH64, platform_tags=(tag,))
        with pytest.raises(ConfigError, match="tried wine and wine64") as e:
            emulator_command(auto, host, machine, Place("x"))
        assert "install wine" in e.value.problems[0].hint
    program = str(touch(tmp_path / "bin" / name))
    for tag in ("win_amd64", "win32"):
        host = replace(AARCH64, platform_tags=(tag,))
        assert emulator_command(auto, host, machine, Place("x")) == (program,)
    with pytest.raises(ConfigError, match="no emulator is known for 'win_arm64'"):
        emulator_command(auto, replace(AARCH64, platform_tags=("win_arm64",)), machine, Place("x"))


def test_python_of_an_installation_for_windows(tmp_path: Path) -> None:
    host = replace(AARCH64, platform_tags=("win_amd64",))
    free = replace(host, version="313", abi_tag="cp313t")
    cross = cross_config(python=tmp_path / "tools")
    assert find_host_python(cross, host) is None
    python = touch(tmp_path / "tools" / "python.exe")
    assert find_host_python(cross, host) == find_host_python(cross, free) == python
    free_threaded = touch(tmp_path / "tools" / "python3.13t.exe")
    assert find_host_python(cross, host) == python
    assert find_host_python(cross, free) == free_threaded


def test_cmake_is_told(machine: BuildMachine) -> None:
    def told(**keys: object) -> list[str]:
        cross = cross_config(**keys) if keys else None
        plan = cmake_plan(cmake_config(), machine, host=AARCH64, cross=cross)
        name = "CMAKE_CROSSCOMPILING_EMULATOR"
        return [entry.value for entry in cache_entries(*plan) if entry.name == name]

    assert told(emulator=("qemu", "-L", "/a b")) == ["qemu;-L;/a b"]
    assert told(arch="linux_aarch64") == []
    assert told() == []


def test_host_python(sysroot: Path) -> None:
    python = sysroot / "usr" / "bin" / "python3.11"
    for keys in ({"python": sysroot}, {"prefix": sysroot / "usr"}):
        assert find_host_python(cross_config(**keys), AARCH64) == python
    free_threaded = replace(AARCH64, version="313", abi_tag="cp313t")
    assert find_host_python(cross_config(python=sysroot), free_threaded) is None
    touch(sysroot / "usr" / "bin" / "python3.13t")
    found = find_host_python(cross_config(python=sysroot), free_threaded)
    assert found == sysroot / "usr" / "bin" / "python3.13t"
    pypy = replace(AARCH64, implementation="pp", version="39")
    touch(sysroot / "bin" / "pypy3.9")
    assert find_host_python(cross_config(python=sysroot), pypy) == sysroot / "bin" / "pypy3.9"


def test_extension_modules() -> None:
    places = [f"pkg/_b{SUFFIX}", f"_a{SUFFIX}", "pkg/sub/c.abi3.so", "pkg/libx.so", "pkg/m.py"]
    places += [f"pkg-1.data/platlib/_d{SUFFIX}", "pkg/plain.so", "e.cp311-win_amd64.pyd"]
    assert extension_modules(places) == ["_a", "e", "pkg._b", "pkg.sub.c"]


class Recorder:
    """Runs nothing, and remembers what was to be run."""

    def __init__(self, status: int = 0) -> None:
        self.status = status
        self.commands: list[list[str]] = []
        self.environ: Mapping[str, str] = {}

    def __call__(
        self,
        command: Sequence[str],
        *,
        purpose: Purpose,
        cwd: Path,
        environ: Mapping[str, str],
        log: Path,
    ) -> None:
        self.commands.append(list(command))
        self.environ = environ
        if self.status:
            raise CommandError(purpose.value, command, self.status, log=log)


def smoke(
    machine: BuildMachine,
    runner: Recorder,
    places: Sequence[str] = (f"p/_m{SUFFIX}",),
    **keys: object,
) -> None:
    cross = cross_config(**keys) if keys else None
    plan, _, _ = cmake_plan(cmake_config(), machine, host=AARCH64, cross=cross)
    import_modules(plan, Path("/staging"), places, runner, Console())


def test_import(tmp_path: Path, machine: BuildMachine, sysroot: Path) -> None:
    program = touch(tmp_path / "bin" / "qemu-aarch64-static")
    runner = Recorder()
    smoke(machine, runner, test_import=True, python=sysroot)
    ((*start, _, name),) = runner.commands
    python = sysroot / "usr" / "bin" / "python3.11"
    assert start == [str(program), "-L", str(sysroot), str(python), "-B", "-c"]
    assert name == "p._m"
    assert runner.environ == {"PATH": str(tmp_path / "bin"), "PYTHONPATH": "/staging"}
    smoke(machine, runner, test_import=True, python=sysroot, emulator=("run", "it"))
    assert runner.commands[1][:3] == ["run", "it", str(python)]


def test_nothing_to_import(
    machine: BuildMachine, sysroot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runner = Recorder()
    smoke(machine, runner)
    smoke(machine, runner, python=sysroot)
    assert capsys.readouterr().out == ""
    smoke(machine, runner, places=["p/data.so"], test_import=True)
    assert "there are no extension modules" in capsys.readouterr().out
    assert runner.commands == []


def test_no_python_to_import_on(machine: BuildMachine) -> None:
    with pytest.raises(ConfigError, match=r"there is no python3\.11 of the host system"):
        smoke(machine, Recorder(), test_import=True, python="build")


def test_import_fails(machine: BuildMachine, sysroot: Path) -> None:
    with pytest.raises(WheelError, match="cannot be imported on linux_aarch64") as e:
        smoke(machine, Recorder(1), test_import=True, python=sysroot, emulator=("run",))
    assert "exit status 1" in str(e.value)
