"""Rebuilding an editable install when it is imported.

With ``PY_BUILD_CMAKE_TEST_FULL=1``, the tests that try one thing again and again do so as often as
a release needs it, which takes many minutes.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend
from support.builds import CommandFailed, run
from support.editable import Environment, tree_of
from support.projects import edit, write

Package = Callable[[str], Path]

MODES = ("symlink", "hook", "wrapper")
CODE = "import edit_me, edit_me.sub._inner as i; print(edit_me.answer(), i.answer())"
FULL = os.environ.get("PY_BUILD_CMAKE_TEST_FULL") == "1"
REBUILT = "py-build-cmake: edit_me: rebuilt, "

posix = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> Environment:
    backend = backend.with_env(CMAKE_GENERATOR="Ninja")
    return Environment.make(tmp_path_factory.mktemp("environment") / "venv", backend)


@pytest.fixture
def project(package: Package, environment: Environment) -> Path:
    """A project whose installation rebuilds, in the mode ``symlink``."""
    project = package("editable")
    environment.install(project, build_hook=True)
    return project


def set_level(project: Path, level: int) -> None:
    """Change what both compiled modules answer: 42 and the level."""
    (project / "src" / "level.h").write_text(f"#define LEVEL {level}\n")


@pytest.mark.parametrize(
    ("mode", "generator"),
    [*((mode, "Ninja") for mode in MODES), ("symlink", "Unix Makefiles")],
)
def test_rebuilds_what_changed(
    environment: Environment, package: Package, mode: str, generator: str
) -> None:
    if "Make" in generator and not shutil.which("make"):
        pytest.skip("no make on PATH")
    ours = Environment(environment.python, environment.backend.with_env(CMAKE_GENERATOR=generator))
    project = package("editable")
    ours.install(project, mode=mode, build_hook=True)
    stamp = tree_of(project, mode).with_name(f"{tree_of(project, mode).name}.json.stamp")
    assert stamp.exists(), "the check would start a process every time"
    assert ours.run(CODE) == "42 42", "nothing changed, and nothing is said"

    set_level(project, 1)  # a header
    first = ours.run(CODE).splitlines()
    assert first[-1] == "43 43"
    assert [line for line in first if line.startswith(REBUILT)]

    # CMakeLists.txt, with a source that is new, and a stub.
    edit(project / "CMakeLists.txt", "set(LEVEL 1)", "set(LEVEL 2)")
    write(project / "src" / "_added.c", "int added(void) { return 5; }\n")
    edit(project / "CMakeLists.txt", "SOABI src/_inner.c)", "SOABI src/_inner.c src/_added.c)")
    edit(project / "src" / "_inner.c", "42 + LEVEL", "added()")
    edit(
        project / "src" / "_inner.c", "#include <Python.h>", "#include <Python.h>\nint added(void);"
    )
    edit(project / "src" / "_native.pyi", "int", "float")
    more = f"{CODE}; import edit_me.made as m; print(m.LEVEL)"
    assert ours.run(more).splitlines()[-2:] == ["43 5", "2"]
    stub = tree_of(project, mode) / "edit_me" / "_native.pyi"
    assert stub.read_text() == "def answer() -> float: ...\n"
    edit(project / "CMakeLists.txt", "set(LEVEL 2)", "set(LEVEL 3)")
    # The same size within the same second, and byte code of the old form.
    assert ours.run(more, env={"PYTHONDONTWRITEBYTECODE": ""}).splitlines()[-1] == "3"


def test_compile_error(environment: Environment, project: Path) -> None:
    source = project / "src" / "_native.c"
    edit(source, "42 + LEVEL", "42 + LEVLE")
    with pytest.raises(CommandFailed) as failed:
        environment.run(CODE)
    log = failed.value.log
    for part in ("ImportError: 'edit_me'", "CMake build failed", "LEVLE", "error:"):
        assert part in log
    (command,) = re.findall(r"command: (cd .* && .*cmake --build .*)", log)
    repeated = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert repeated.returncode != 0
    assert "LEVLE" in repeated.stdout + repeated.stderr
    for name in ("edit_me", "other,edit-me", "*"):
        assert environment.run(CODE, env={"PY_BUILD_CMAKE_EDITABLE_SKIP": name}) == "42 42"
    with pytest.raises(CommandFailed, match="LEVLE"):
        environment.run(CODE, env={"PY_BUILD_CMAKE_EDITABLE_SKIP": "other"})
    edit(source, "LEVLE", "1")
    assert environment.run(CODE).splitlines()[-1] == "43 42"
    set_level(project, 2)
    verbose = environment.run(CODE, env={"PY_BUILD_CMAKE_EDITABLE_VERBOSE": "1"})
    assert "cmake --build" in verbose
    assert "Building C object" in verbose
    assert verbose.endswith("43 44")


def test_a_build_that_imports_the_package(environment: Environment, project: Path) -> None:
    """The import during the rebuild does not wait for the rebuild."""
    with (project / "CMakeLists.txt").open("a") as file:
        code = "import edit_me; print(edit_me.__name__)"
        file.write(
            f'add_custom_target(imports ALL COMMAND "{environment.python}" -c "{code}" VERBATIM)\n'
        )
    assert environment.run(CODE).splitlines()[-1] == "42 42"
    # The target always runs, so there is no stamp; and nothing is said when nothing changes.
    assert environment.run(CODE) == "42 42"
    assert not list(project.rglob("editable.json.stamp"))


def test_rebuild_by_hand(
    environment: Environment, project: Path, scripts: Path, tmp_path: Path
) -> None:
    """The program rebuilds without an import; what is not installed is an error."""
    set_level(project, 1)
    program = scripts / "py-build-cmake"
    assert REBUILT in run(program, "rebuild", project)
    skip = {"PY_BUILD_CMAKE_EDITABLE_SKIP": "edit_me"}
    assert environment.run(CODE, env=skip) == "43 43"
    with pytest.raises(CommandFailed) as caught:
        run(program, "rebuild", tmp_path)
    assert caught.value.status == 1
    assert "there is no editable install" in caught.value.log
    assert "Traceback" not in caught.value.log


@posix
def test_many_interpreters_during_changes(environment: Environment, project: Path) -> None:
    """Every import is of the old or of the new form, whole, and one process builds at a time."""
    count = 200 if FULL else 32
    command = [str(environment.python), "-c", CODE]
    levels = iter(range(1, 1000))

    def one(number: int) -> str:
        if number % (count // 4) == count // 8:
            set_level(project, next(levels))
        done = subprocess.run(
            command, cwd=project.parent, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(one, range(count)))
    answers = {f"{42 + a} {42 + b}" for a in range(5) for b in range(5) if abs(a - b) <= 1}
    assert set(said) <= answers
    assert environment.run(CODE).splitlines()[-1] == "46 46"


@posix
@pytest.mark.parametrize("generator", ["Ninja", "Unix Makefiles"])
def test_killed_at_any_moment(environment: Environment, package: Package, generator: str) -> None:
    """The power is cut during a rebuild; the next import is right."""
    if "Make" in generator and not shutil.which("make"):
        pytest.skip("no make on PATH")
    ours = Environment(environment.python, environment.backend.with_env(CMAKE_GENERATOR=generator))
    project = package("editable")
    ours.install(project, build_hook=True)
    set_level(project, 1)
    begin = time.monotonic()
    ours.run(CODE)
    duration = time.monotonic() - begin
    chance = random.Random(20)
    for number in range(50 if FULL else 3):
        level = number % 7 + 2
        set_level(project, level)
        process = subprocess.Popen(
            [str(ours.python), "-c", CODE],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(chance.uniform(0, duration))
        if number % 2:
            os.killpg(process.pid, signal.SIGKILL)  # with the compilers
        else:
            process.kill()  # and the build goes on by itself
        process.wait()
        said = ours.run(CODE).splitlines()[-1]
        assert said == f"{42 + level} {42 + level}", f"after kill {number}"


def test_the_check_is_cheap(environment: Environment, project: Path) -> None:
    """When nothing changed, no process is started, and it takes less than the build tool does."""
    for number in range(500):
        write(project / "docs" / f"{number}.txt", "x")
    time.sleep(0.2)  # files that were written right before a build are looked at once more
    environment.run(CODE)
    hook = environment.site / "edit_me_build_hook"
    state = tree_of(project, "symlink").with_name("editable.json")
    code = f"""
import importlib.util, subprocess, sys, time
sys.modules["subprocess"] = None
spec = importlib.util.spec_from_file_location("stamp", {str(hook / "stamp.py")!r})
stamp = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stamp)
def measured():
    begin = time.perf_counter()
    assert stamp.is_fresh({str(state)!r})
    return time.perf_counter() - begin
print(min(measured() for _ in range(20)))
"""
    check = float(environment.run(code))
    command = ["cmake", "--build", str(state.parent)]
    path = environment.backend.env["PATH"]
    begin = time.perf_counter()
    subprocess.run(command, env={**os.environ, "PATH": path}, check=True, capture_output=True)
    tool = time.perf_counter() - begin
    assert check < tool / 2, f"{check} s for the stamp, {tool} s for the build tool"
