"""Commands of the installed command line program, with real CMake and compilers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend, path_of
from support.builds import CommandFailed, make_venv, pip_wheel, run
from support.projects import edit

Package = Callable[[str], Path]
Program = Callable[..., str]


@pytest.fixture
def program(scripts: Path, tools: dict[str, str]) -> Program:
    """Runs the program in a directory; returns what it prints."""

    def call(directory: Path, *arguments: object) -> str:
        return run(scripts / "py-build-cmake", *arguments, cwd=directory, env=tools)

    return call


@pytest.mark.parametrize("template", ["c", "pybind11", "nanobind"])
def test_a_new_project_builds_at_once(
    template: str,
    program: Program,
    build_python: Path,
    build_env: dict[str, str],
    tmp_path: Path,
) -> None:
    printed = program(tmp_path, "init", "--template", template, f"my-{template}-project")
    assert "pip wheel" in printed
    project = tmp_path / f"my-{template}-project"
    wheel, _ = pip_wheel(project, tmp_path / "wheels", python=build_python, env=build_env)
    python = make_venv(tmp_path / "venv", f"{wheel}[test]")
    command = (python, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    passed = run(*command, cwd=project)
    assert "2 passed" in passed
    # IDEs configure without the backend, for a Python that has the build requirements.
    bindings = [template] if template != "c" else []
    run(python, "-m", "pip", "install", "--quiet", *bindings, "pip")
    paths = {"PATH": path_of(python.parent)}
    configured = run("cmake", "--preset", "dev", cwd=project, env=paths)
    assert (project / "build" / "dev" / "compile_commands.json").is_file(), configured
    if template == "c":
        run("cmake", "--build", "--preset", "dev", cwd=project, env=paths)
    # What has to be in a source distribution for a wheel of it is there.
    listed = json.loads(program(project, "sdist", "--list", "--json"))
    assert {entry["file"] for entry in listed if not entry["included"]} == {
        ".github/workflows/wheels.yml",
        ".gitignore",
        ".py-build-cmake_cache/",
        "build/dev/",
    }


def test_the_parts_of_a_build(
    program: Program, backend: Backend, package: Package, tmp_path: Path
) -> None:
    project = package("c-extension")
    announced = json.loads(program(project, "tags", "--json"))
    assert not (project / ".py-build-cmake_cache").exists()
    dry = program(project, "--dry", "configure", "-DCMAKE_EXPORT_COMPILE_COMMANDS=On")
    assert not (project / ".py-build-cmake_cache").exists()
    printed = program(project, "configure", "-DCMAKE_EXPORT_COMPILE_COMMANDS=On")
    command = next(line for line in printed.splitlines() if line.startswith("+ "))
    assert command in dry
    (directory,) = (project / ".py-build-cmake_cache").glob("cp*")
    assert (directory / "compile_commands.json").is_file()
    # What was said once, and is not said again, is taken back: a build is what it is told now.
    again = program(project, "configure")
    assert "configuring afresh: option CMAKE_EXPORT_COMPILE_COMMANDS changed" in again
    assert not (directory / "compile_commands.json").exists()
    assert "Building C object" in program(project, "build")
    out = tmp_path / "out"
    program(project, "install", "--", "--prefix", out)
    (installed,) = [path for path in out.rglob("*") if path.is_file()]

    # The wheel is built in the same directory, and has the same module in it.
    built = backend.build_wheel(project)
    assert built.path.name == announced["wheel"]
    assert "Building C object" not in built.log
    assert built.wheel.payload[installed.relative_to(out).as_posix()] == installed.read_bytes()

    assert "nothing was removed" in program(project, "clean")
    assert directory.is_dir()
    program(project, "clean", "--yes")
    assert not (project / ".py-build-cmake_cache").exists()
    assert (project / "CMakeLists.txt").is_file()


def test_build_directories_of_the_user(program: Program, package: Package, tmp_path: Path) -> None:
    project = package("c-extension")
    elsewhere = tmp_path / "build {x}"
    program(project, "-B", elsewhere / "a-{build_config}", "configure")
    (directory,) = elsewhere.iterdir()
    assert (directory / "CMakeCache.txt").is_file()
    (elsewhere / "a-not-ours").mkdir()
    program(project, "-B", elsewhere / "a-{build_config}", "clean", "--yes")
    assert [path.name for path in elsewhere.iterdir()] == ["a-not-ours"]


def test_exit_statuses(program: Program, package: Package, tmp_path: Path) -> None:
    project = package("c-extension")
    edit(project / "CMakeLists.txt", "project(", "mistake(")
    for arguments, status in (
        (["configure"], 1),
        (["build", "--index", "7"], 1),
        (["build", "--all", "--native"], 2),
        (["tags", "--nonsense"], 2),
        (["--directory", "nowhere", "tags"], 2),
        (["nonsense"], 2),
    ):
        with pytest.raises(CommandFailed) as caught:
            program(project, *arguments)
        assert caught.value.status == status, arguments
        assert "Traceback" not in caught.value.log


def _accept_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_interrupted(scripts: Path, tools: dict[str, str], package: Package) -> None:
    project = package("slow-build")
    command: Sequence[str] = [str(scripts / "py-build-cmake")]
    environ = {**os.environ, **tools}
    run(*command, "configure", cwd=project, env=tools)
    (project / "wait").touch()
    process = subprocess.Popen(
        [*command, "build"],
        cwd=project,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_accept_interrupts,  # noqa: PLW1509 - there are no threads
    )
    deadline = time.monotonic() + 60
    while not (project / "started").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    printed, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in printed
    assert printed.endswith(b"py-build-cmake: interrupted\n")


@pytest.mark.skipif(sys.platform != "linux", reason="expects the tools of a Linux machine")
def test_doctor(program: Program, package: Package, tmp_path: Path) -> None:
    project = package("c-extension")
    report = json.loads(program(project, "doctor", "--json"))
    found = {finding["name"]: finding for finding in report["findings"]}
    assert found["cmake"]["version"]
    assert found["click"]["purpose"] == "the command line"
    assert found["packaging"]["purpose"] == "this program"
    assert found["C compiler"]["is_needed"]
    assert report["project_requires"] == []
    assert "nothing that every build needs is missing" in program(tmp_path, "doctor")


def test_completion(scripts: Path, tmp_path: Path) -> None:
    words = {"COMP_WORDS": "py-build-cmake cle", "COMP_CWORD": "1"}
    environ = {"_PY_BUILD_CMAKE_COMPLETE": "bash_complete", **words}
    assert run(scripts / "py-build-cmake", cwd=tmp_path, env=environ) == "plain,clean\n"
