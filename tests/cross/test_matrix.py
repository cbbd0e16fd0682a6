"""Matrices of one Linux machine, as the guide, new projects and an example have them: what they
make is imported where a Python for it runs here.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.backend import Backend, path_of
from support.builds import REPOSITORY, make_venv, run
from support.examples import NANOBIND_STUBS, copy_example
from support.hosts import Host, find_host, needs_python_of
from support.wheels import Wheel
from support.windows import WindowsPython
from support.zig import install_zig

GUIDE = (REPOSITORY / "docs" / "how-to" / "many-wheels.md").read_text("utf-8")
SECTION = GUIDE[GUIDE.index("## A matrix file") :]


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path) -> Backend:
    """The backend with its command line program, beside zig and all that the projects require."""
    (wheel,) = wheelhouse.glob("*.whl")
    python = make_venv(
        tmp_path_factory.mktemp("matrix") / "venv",
        *(f"{wheel}[cli]", "nanobind>=2.4", "typing-extensions", "cmake", "ninja"),
    )
    return Backend(python, {"PATH": path_of(python.parent), "PYTHONPATH": str(install_zig())})


def build(backend: Backend, project: Path) -> dict[str, Path]:
    """Build the wheels of ``wheels.toml``; return them by the names of their targets."""
    command = "py-build-cmake wheels --matrix wheels.toml --json"
    log = run(*shlex.split(command), cwd=project, env=backend.env)
    assert log.count("[1/3] configure for the build machine (native pre-build)") == 1
    outcomes = json.loads(log[log.index("\n[\n") :])
    assert {outcome["verified"] for outcome in outcomes} == {"yes"}
    return {outcome["target"]: Path(outcome["wheel"]) for outcome in outcomes}


def answers(
    wheels: Mapping[str, Path],
    hosts: Mapping[str, Host],
    windows: WindowsPython,
    code: str,
    directory: Path,
) -> dict[str, str]:
    """Run code with the wheels for hosts, and with the one for Windows; return what was printed."""
    said = {"win_amd64": windows.run(code, wheels["win_amd64"], directory / "win_amd64")}
    for target, host in hosts.items():
        needs_python_of(host)
        unpacked = directory / target
        shutil.unpack_archive(wheels[target], unpacked, "zip")
        said[target] = run(host.python, "-c", code, env={"PYTHONPATH": str(unpacked)})
    return said


def test_the_guide_from_an_empty_folder(
    aarch64: Host, armhf: Host, windows_python: WindowsPython, backend: Backend, tmp_path: Path
) -> None:
    commands = re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)[0].splitlines()
    assert commands[0].startswith("pip install 'py-build-cmake[cli]'")
    # What is installed is there already.
    script = "\n".join(["set -e", *commands[1:]])
    listed = run("sh", "-c", script, cwd=tmp_path, env=backend.env)
    wheels = re.findall(r"hello-0\.1\.0-\S+\.whl", listed)
    assert len(wheels) == 12
    assert "lists twelve wheels" in SECTION

    matrix = re.findall(r"```toml[^\n]*\n(.*?)```", SECTION, re.DOTALL)[0]
    project = tmp_path / "hello"
    (project / "wheels.toml").write_text(matrix)
    made = build(backend, project)
    assert len(made) == 7
    assert "builds seven wheels" in SECTION
    hosts = {"manylinux_2_28_aarch64": aarch64, "raspberry": armhf}
    code = "import hello; print(hello.add(1, 2))"
    said = answers(made, hosts, windows_python, code, tmp_path)
    assert {text.strip() for text in said.values()} == {"3"}


@pytest.mark.skipif(
    os.environ.get("PY_BUILD_CMAKE_TEST_MATRIX") != "1",
    reason="PY_BUILD_CMAKE_TEST_MATRIX is not 1: zig compiles its C++ library for eleven targets",
)
def test_the_matrix_of_the_example(
    aarch64: Host, armhf: Host, windows_python: WindowsPython, backend: Backend, tmp_path: Path
) -> None:
    """All twelve wheels of a C++ project with stubs, which are the same in all of them."""
    example = NANOBIND_STUBS
    made = build(backend, copy_example(example, tmp_path))
    assert len(made) == 12
    wheels = [Wheel.read(path) for path in made.values()]
    stubs = {wheel.files[f"{example.package}/{example.extension}.pyi"] for wheel in wheels}
    assert len(stubs) == 1
    hosts = {
        "manylinux_2_28_aarch64": aarch64,
        "manylinux_2_31_armv7l": armhf,
        "manylinux_2_28_i686": find_host("i386", needs_compilers=False),
    }
    code = "import cpp_math; print(cpp_math.add(1, 2))"
    said = answers(made, hosts, windows_python, code, tmp_path)
    assert {text.strip() for text in said.values()} == {"3"}
