"""The commands of Conan, and what is made of what it did; a program stands in for Conan."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support.configs import cmake_config, cmake_plan, cross_config
from support.machines import LINUX_CP311

from py_build_cmake.base.console import Console
from py_build_cmake.base.errors import CommandError, Error
from py_build_cmake.building.conan_install import ConanInstall, Installed, conan_home, conan_install
from py_build_cmake.config.schema import CMakeConfig, ConanConfig, CrossConfig
from py_build_cmake.platforms.host import HostPlatform
from py_build_cmake.toolchains.toolchain_file import Compilers, ToolchainFiles

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a program of this test is Unix's")
HOST = HostPlatform("cp", "311", "cp311", ("linux_aarch64",), is_cross=True)
CONAN = ConanConfig(Path("/p"), ("default",), ("default", "mine"), ("--build=missing",))
PROGRAM = """\
#!/bin/sh
case "$1" in
  --version) echo "Conan version {version}" ;;
  config) echo "{home}" ;;
esac
"""


def program(directory: Path, version: str = "2.34.0") -> Path:
    home = directory / "home"
    (home / "profiles").mkdir(parents=True, exist_ok=True)
    file = directory / "bin" / "conan"
    file.parent.mkdir(exist_ok=True)
    file.write_text(PROGRAM.format(version=version, home=home))
    file.chmod(0o755)
    return file


def install_of(
    directory: Path,
    config: CMakeConfig | None = None,
    cross: CrossConfig | None = None,
    toolchain: ToolchainFiles | None = None,
    **environ: str,
) -> ConanInstall:
    config = config or cmake_config(conan=CONAN)
    path = str(program(directory).parent)
    machine = replace(LINUX_CP311, environ={"PATH": path})
    host = HOST if cross else None
    plan, cmake_pass, configuration = cmake_plan(config, machine, host=host, cross=cross)
    plan = replace(plan, config=replace(plan.config, project_dir=directory))
    configuration = replace(configuration, build_dir=directory / "build")
    found = conan_install(plan, cmake_pass, configuration, toolchain, environ)
    assert found
    return found


class FakeRun:
    """Writes what Conan would; fails as often as there are texts, which it prints."""

    def __init__(self, install: ConanInstall, log: Path, *failures: str) -> None:
        self.install, self.log, self.failures = install, log, list(failures)
        self.commands: list[Sequence[str]] = []

    def __call__(self, command: Sequence[str]) -> None:
        self.commands.append(command)
        if self.failures:
            with self.log.open("a") as log:
                log.write(self.failures.pop(0))
            raise CommandError("Conan", command, 1)
        output = self.install.directory / "output"
        nodes = {
            "0": {"settings": {"os": "Linux"}, "generators_folder": str(output / "generators")},
            "1": {"ref": "a/1#r", "context": "host", "package_folder": "/c/a", "prev": "x"},
            "2": {"ref": "t/1#r", "context": "build", "package_folder": "/c/t", "prev": "y"},
        }
        graph = {"graph": {"nodes": nodes}}
        (self.install.directory / "graph.json").write_text(json.dumps(graph))


def installed(install: ConanInstall, *failures: str) -> tuple[Installed, FakeRun]:
    log = install.project_dir / "log"
    run = FakeRun(install, log, *failures)
    return install.install(run, {}, log, Console()), run


def test_without_the_table_there_is_nothing_to_do(tmp_path: Path) -> None:
    plan, cmake_pass, configuration = cmake_plan(cmake_config())
    assert conan_install(plan, cmake_pass, configuration, None, {}) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ()),
        ({"build_type": "Debug", "config": ("Debug",)}, ("Debug",)),
        ({"config": ("Debug", "Release"), "generator": "Ninja"}, ("Debug",)),
        ({"config": ("Debug", "Release"), "generator": "Ninja Multi-Config"}, ("Debug", "Release")),
    ],
)
def test_every_build_type_that_is_built(
    tmp_path: Path, changes: dict[str, object], expected: tuple[str, ...]
) -> None:
    install = install_of(tmp_path, cmake_config(conan=CONAN, **changes))
    assert install.build_types == expected
    types = [w for command in install.commands() for w in command if w.startswith("build_type")]
    assert types == [f"build_type={name}" for name in expected]


def test_profiles_of_the_user_come_first(tmp_path: Path) -> None:
    install = install_of(tmp_path)
    home = tmp_path / "home"
    (command,) = install.commands(home)
    folder = tmp_path / "build" / "py-build-cmake" / "conan"
    profiles = [after for word, after in zip(command, command[1:]) if word.startswith("-pr")]
    assert profiles == [
        *(f"{folder}/default-profile", f"{folder}/py-build-cmake-profile"),
        *(f"{folder}/default-profile", "mine", f"{folder}/py-build-cmake-profile-build"),
    ]
    assert "core.net.http:max_retries=1" in command
    assert command[-3:] == ["--build=missing", "--format=json", f"--out-file={folder}/graph.json"]
    # What the user has configured counts.
    (home / "profiles" / "default").touch()
    (home / "global.conf").write_text("core.net.http:max_retries = 5\n")
    (command,) = install.commands(home)
    assert command[command.index("-pr:h") + 1] == "default"
    assert "core.net.http:max_retries=1" not in command
    assert "core.net.http:timeout=(10, 60)" in command


def test_the_folder_is_empty_before(tmp_path: Path) -> None:
    install = install_of(tmp_path)
    (tmp_path / "conanfile.txt").touch()
    stale = install.directory / "output" / "stale.cmake"
    stale.parent.mkdir(parents=True)
    stale.touch()
    done, _ = installed(install)
    assert not stale.exists()
    assert json.loads(done.settings) == [{"os": "Linux"}]
    assert [row[0] for row in json.loads(done.packages)] == ["a/1#r", "t/1#r"]
    assert set(done.texts) == {p for p in install.directory.iterdir() if p.name != "graph.json"} - {
        install.directory / "output"
    }
    text = install.toolchain_file.read_text()
    assert "/c/a" in text
    assert "/c/t" not in text


def test_without_a_remote_the_cache_is_tried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install = install_of(tmp_path)
    (tmp_path / "conanfile.py").touch()
    _, run = installed(install, "ERROR: Unable to connect to remote center\n")
    assert [command[-1] == "--no-remote" for command in run.commands] == [False, True]
    assert "trying again" in capsys.readouterr().err
    with pytest.raises(CommandError):
        installed(install, "ERROR: something else\n")
    offline = replace(CONAN, args=("-nr",))
    install = install_of(tmp_path, cmake_config(conan=offline))
    with pytest.raises(CommandError):
        installed(install, "ERROR: Unable to connect to remote center\n")


def test_cross_builds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "conanfile.py").touch()
    (tmp_path / "flags.cmake").write_text("set(X 1)")
    files = ToolchainFiles(tmp_path / "t.cmake", {}, Compilers("gcc", {"C": "/c/gcc"}, "gnu"))
    cross = cross_config(toolchain="gnu", toolchain_include=tmp_path / "flags.cmake")
    install = install_of(tmp_path, cross=cross, toolchain=files)
    installed(install)
    profile = (install.directory / "py-build-cmake-profile").read_text()
    assert "arch=armv8" in profile
    assert "toolchain=gnu with " in profile
    assert f"include([=[{tmp_path}/t.cmake]=])" in (install.directory / "host.cmake").read_text()
    tools = install.directory / "py-build-cmake-profile-build"
    assert tools.read_text() == "[settings]\n"
    assert "names no profile" not in capsys.readouterr().err
    # A toolchain file of the user's: nothing here says which compiler that is.
    cross = cross_config(toolchain_file=tmp_path / "mine.cmake")
    installed(install_of(tmp_path, cross=cross))
    assert "`conan.profile_host` names no profile for the host" in capsys.readouterr().err
    assert "mine.cmake" in (install.directory / "host.cmake").read_text()
    install = install_of(tmp_path, CMAKE_TOOLCHAIN_FILE="/of/the/environment.cmake")
    assert install.wrapped == Path("/of/the/environment.cmake")


def test_a_machine_without_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "conanfile.py").touch()
    install = install_of(tmp_path)
    known = replace(install.known, platform_tags=("linux_armv8l",))
    installed(replace(install, known=known))
    assert "have to say `arch`" in capsys.readouterr().err


def test_refusals(tmp_path: Path) -> None:
    install = install_of(tmp_path)
    with pytest.raises(Error, match="there is no conanfile"):
        installed(install)
    with pytest.raises(Error, match="does not say where"):
        conan_home(tmp_path / "nothing", {}, tmp_path)
    path = str(program(tmp_path, "1.66.0").parent)
    machine = replace(LINUX_CP311, environ={"PATH": path})
    plan, cmake_pass, configuration = cmake_plan(cmake_config(conan=CONAN), machine)
    with pytest.raises(Error, match=r"is of version 1\.66\.0"):
        conan_install(plan, cmake_pass, configuration, None, {})
