"""Stub generation, with a runner in the place of stubgen."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from support.configs import cmake_config, cmake_plan, cross_config
from support.machines import LINUX_CP311, LINUX_CP313T, LINUX_PP310

from py_build_cmake.base.console import Console
from py_build_cmake.base.errors import Error
from py_build_cmake.building.session import Session
from py_build_cmake.building.stubgen import generate_stubs
from py_build_cmake.building.wheel import build_wheel
from py_build_cmake.cmake.runner import Purpose
from py_build_cmake.config.schema import StubgenConfig
from py_build_cmake.config.settings import parse_config_settings
from py_build_cmake.platforms.build_machine import BuildMachine

PYPROJECT = '[project]\nname = "pkg"\nversion = "1.0"\n[tool.py-build-cmake.stubgen]\n'


@dataclass
class FakeStubgen:
    """Writes ``stubs`` where the command wants them, and records what it was given."""

    stubs: Sequence[str] = ("pkg/__init__.pyi", "pkg/a.pyi")
    commands: list[Sequence[str]] = field(default_factory=list)
    environ: Mapping[str, str] = field(default_factory=dict)

    def __call__(
        self,
        command: Sequence[str],
        *,
        purpose: Purpose,
        cwd: Path,
        environ: Mapping[str, str],
        log: Path,
    ) -> None:
        self.commands.append(command)
        self.environ = environ
        if "-o" in command:
            for stub in self.stubs:
                path = Path(command[command.index("-o") + 1], stub)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("generated\n")


@pytest.fixture
def stubgen() -> FakeStubgen:
    return FakeStubgen()


@pytest.fixture
def session(tmp_path: Path, stubgen: FakeStubgen) -> Session:
    root, programs = tmp_path / "project", tmp_path / "bin"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "__init__.py").touch()
    (root / "pyproject.toml").write_text(PYPROJECT)
    programs.mkdir()
    (programs / "stubgen").write_text("#!/bin/sh\n")
    (programs / "stubgen").chmod(0o755)
    machine = replace(LINUX_CP311, environ={"PATH": str(programs), "MYPYPATH": "/mine"})
    return Session(root, parse_config_settings({}, {}), machine, Console(), stubgen)


def files_of_wheel(session: Session) -> dict[str, bytes]:
    out = session.project_dir.parent / "out"
    with zipfile.ZipFile(out / build_wheel(session, out, None)) as wheel:
        return {name: wheel.read(name) for name in wheel.namelist() if ".dist-info" not in name}


def test_the_package_is_the_default(session: Session, stubgen: FakeStubgen) -> None:
    files = files_of_wheel(session)
    assert set(files) == {"pkg/__init__.py", "pkg/__init__.pyi", "pkg/a.pyi"}
    (command,) = stubgen.commands
    assert command[1:3] == ["-p", "pkg"]
    staging = command[command.index("--search-path") + 1]
    assert stubgen.environ["MYPYPATH"].split(":") == [staging, "/mine"]
    assert stubgen.environ["MYPY_CACHE_DIR"]


def test_a_module_is_named_as_one(session: Session, stubgen: FakeStubgen) -> None:
    root = session.project_dir
    (root / "pkg" / "__init__.py").rename(root / "pkg.py")
    (root / "pkg").rmdir()
    stubgen.stubs = ("pkg.pyi",)
    assert set(files_of_wheel(session)) == {"pkg.py", "pkg.pyi"}
    assert stubgen.commands[0][1:3] == ["-m", "pkg"]


def test_what_is_configured_is_passed(session: Session, stubgen: FakeStubgen) -> None:
    with (session.project_dir / "pyproject.toml").open("a") as file:
        file.write('packages=["p"]\nmodules=["m", "n"]\nfiles=["f.py"]\nargs=["--no-import"]\n')
    files_of_wheel(session)
    words = ["--no-import", "-p", "p", "-m", "m", "-m", "n", "f.py", "-o"]
    assert stubgen.commands[0][1 : 1 + len(words)] == words


@pytest.mark.parametrize("argument", ["--output=/tmp/there", "--output"])
def test_stubs_stay_where_the_user_wants_them(
    session: Session, stubgen: FakeStubgen, argument: str
) -> None:
    with (session.project_dir / "pyproject.toml").open("a") as file:
        file.write(f'args=["{argument}", "--search-path=x"]\n')
    assert set(files_of_wheel(session)) == {"pkg/__init__.py"}
    assert "-o" not in stubgen.commands[0]
    assert "--search-path" not in stubgen.commands[0]


def test_existing_stubs_win(session: Session, stubgen: FakeStubgen) -> None:
    package = session.project_dir / "pkg"
    (package / "a.pyi").write_text("mine\n")
    (package / "b").mkdir()
    (package / "b" / "__init__.pyi").write_text("mine\n")
    (package / "c.pyi").write_text("mine\n")
    stubgen.stubs = ("pkg/a.pyi", "pkg/b.pyi", "pkg/c/d.pyi", "pkg/e.pyi")
    files = files_of_wheel(session)
    stubs = {name: text for name, text in files.items() if name.endswith(".pyi")}
    assert stubs == {
        "pkg/a.pyi": b"mine\n",
        "pkg/b/__init__.pyi": b"mine\n",
        "pkg/c.pyi": b"mine\n",
        "pkg/e.pyi": b"generated\n",
    }


@pytest.mark.parametrize("machine", [LINUX_PP310, LINUX_CP313T])
def test_pythons_that_mypy_does_not_run_on(
    session: Session,
    stubgen: FakeStubgen,
    machine: BuildMachine,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files_of_wheel(replace(session, machine=replace(machine, environ=session.machine.environ)))
    assert stubgen.commands == []
    assert "no stubs" in capsys.readouterr().out


def test_no_stubs_are_no_secret(
    session: Session, stubgen: FakeStubgen, capsys: pytest.CaptureFixture[str]
) -> None:
    """stubgen itself only says that it skips what it cannot import."""
    stubgen.stubs = ()
    assert set(files_of_wheel(session)) == {"pkg/__init__.py"}
    assert "stubgen made no stubs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (("my_module/__init__.py", "my_module/_native.so"), ["my_module"]),
        (("my_module.py",), ["my_module.py"]),
        # A namespace package, whose modules would get the wrong names, and nothing in Python.
        (("my_module/part.py",), None),
        (("my_module.so",), None),
    ],
)
def test_only_sources_are_read_for_a_host_without_a_native_build(
    session: Session,
    stubgen: FakeStubgen,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    files: Sequence[str],
    expected: list[str] | None,
) -> None:
    cross = cross_config(native_build=False)
    plan, *_ = cmake_plan(cmake_config(build_path=tmp_path), session.machine, cross=cross)
    staging = tmp_path / "staging"
    for name in files:
        (staging / name).parent.mkdir(parents=True, exist_ok=True)
        (staging / name).touch()
    generate_stubs(plan, StubgenConfig(None, None, None, ()), staging, stubgen, Console())
    assert [command[1:-4] for command in stubgen.commands] == ([expected] if expected else [])
    told = "no stubs: the host's modules cannot be imported here" in capsys.readouterr().err
    assert told == (expected is None)


def test_stubgen_is_missing(session: Session) -> None:
    build = replace(session.machine, environ={"PATH": ""})
    with pytest.raises(Error, match="stubgen was not found"):
        files_of_wheel(replace(session, machine=build))
