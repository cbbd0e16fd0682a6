"""cibuildwheel's platform "linux" with the real cibuildwheel, podman and auditwheel.

It runs where PY_BUILD_CMAKE_TEST_CIBUILDWHEEL is 1; where that is ``aarch64``, also for aarch64 in
emulated containers, which takes minutes. Needed are root, podman and runc; the image is made by
`support/cibuildwheel_image.py`, whose documentation says how.
"""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from support.builds import REPOSITORY, pip_wheel, run
from support.cibuildwheel import make_pipeline
from support.examples import MINIMAL, NANOBIND_STUBS, STUBS_PYPROJECT, copy_example
from support.hosts import Host
from support.projects import write
from support.wheels import Wheel

from py_build_cmake.toolchains.zig import REQUIREMENT

CHOSEN = os.environ.get("PY_BUILD_CMAKE_TEST_CIBUILDWHEEL")

pytestmark = [
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the machine is emulated otherwise"),
    pytest.mark.skipif(
        CHOSEN not in ("1", "aarch64"),
        reason="PY_BUILD_CMAKE_TEST_CIBUILDWHEEL=1 (or aarch64) runs cibuildwheel with podman",
    ),
]

for_aarch64 = pytest.mark.skipif(
    CHOSEN != "aarch64", reason="PY_BUILD_CMAKE_TEST_CIBUILDWHEEL is not aarch64"
)

GUIDE = (REPOSITORY / "docs" / "how-to" / "cibuildwheel.md").read_text("utf-8")
# What the guide's job has in its environment.
GUIDE_ENVIRONMENT = dict(re.findall(r"^      (CIBW_\w+): \"(.*)\"$", GUIDE, re.MULTILINE))

TESTS = {"CIBW_TEST_EXTRAS": "test", "CIBW_TEST_COMMAND": "python -m pytest {project}/tests"}


def read_files(path: Path) -> Wheel:
    """Read a wheel without the entries of directories, which auditwheel makes."""
    wheel = Wheel.read(path)
    files = {name: data for name, data in wheel.files.items() if not name.endswith("/")}
    return replace(wheel, files=files)


def split_tag(wheel: Path) -> tuple[str, str, str]:
    """Return a wheel's name up to the platform, the policy of that, and the machine."""
    found = re.fullmatch(r"(.+-cp311-cp311)-(\w*linux(?:_2_\d+)?)_(\w+)\.whl", wheel.name)
    assert found, wheel.name
    return found[1], found[2], found[3]


def test_x86_64(
    wheelhouse: Path, build_python: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The wheel is repaired and tested; what is in it is what we put there."""
    (backend,) = wheelhouse.glob("*.whl")
    pipeline = make_pipeline("x86_64", tmp_path / "wheels", backend, build_python)
    project = copy_example(NANOBIND_STUBS, tmp_path)
    done = pipeline.build(project, tmp_path / "out", TESTS)
    with capsys.disabled():
        print(f"\ncibuildwheel, x86_64: {done.seconds:.0f} s")
    name, policy, machine = split_tag(done.wheel)
    assert name == f"{NANOBIND_STUBS.distribution}-cp311-cp311"
    assert policy.startswith("manylinux_2_")
    assert machine == "x86_64"
    wheel = read_files(done.wheel)
    assert set(wheel.payload) == NANOBIND_STUBS.payload(".cpython-311-x86_64-linux-gnu.so")
    assert set(wheel.machines.values()) == {"x86_64"}
    assert b"def add(a: int, b: int) -> int:" in wheel.files["cpp_math/_core.pyi"]
    assert "cpp_math-0.3.0-cp311-cp311-linux_x86_64.whl" in done.log
    assert "cross-compiling" not in done.log
    assert "4 passed" in done.log


@for_aarch64
def test_cross_build_in_the_container_of_this_machine(
    wheelhouse: Path, build_python: Path, aarch64: Host, tmp_path: Path
) -> None:
    """The guide's way without emulation: cibuildwheel's own loop, for another machine."""
    (backend,) = wheelhouse.glob("*.whl")
    index = tmp_path / "wheels"
    pipeline = make_pipeline("x86_64", index, backend, build_python, REQUIREMENT)
    project = copy_example(MINIMAL, tmp_path)
    done = pipeline.build(project, tmp_path / "out", GUIDE_ENVIRONMENT)
    assert done.wheel.name == f"{MINIMAL.distribution}-cp311-cp311-manylinux_2_28_aarch64.whl"
    wheel = Wheel.read(done.wheel)
    assert set(wheel.payload) == MINIMAL.payload(aarch64.suffix)
    assert wheel.machines == {f"minimal/_add_module{aarch64.suffix}": "aarch64"}
    python = aarch64.make_venv(tmp_path / "venv", done.wheel, build_python)
    assert run(python, "-c", "import minimal; print(minimal.add(1, 2))", cwd=tmp_path) == "3\n"


@for_aarch64
def test_emulated_is_what_we_cross_compile(
    *,
    wheelhouse: Path,
    build_python: Path,
    build_env: Mapping[str, str],
    aarch64: Host,
    host_pytest: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The same files, tag and stubs."""
    (backend,) = wheelhouse.glob("*.whl")
    pipeline = make_pipeline("aarch64", tmp_path / "wheels", backend, build_python)
    project = copy_example(NANOBIND_STUBS, tmp_path / "emulated")
    emulated = pipeline.build(project, tmp_path / "emulated" / "out", TESTS)
    assert "4 passed" in emulated.log

    crossed = copy_example(NANOBIND_STUBS, tmp_path / "cross", aarch64)
    start = time.monotonic()
    path, _ = pip_wheel(
        crossed,
        tmp_path / "cross" / "out",
        python=build_python,
        config_settings={"cross": "aarch64.cross.toml", "wheel.platform_tag": "auto"},
        env=build_env,
    )
    python = aarch64.make_venv(tmp_path / "venv", path, build_python)
    tests = ("-m", "pytest", "-p", "no:cacheprovider", crossed / "tests")
    said = run(python, *tests, cwd=tmp_path, env={"PYTHONPATH": str(host_pytest)})
    seconds = time.monotonic() - start
    assert "4 passed" in said
    with capsys.disabled():
        print(f"\ncibuildwheel, aarch64 emulated: {emulated.seconds:.0f} s", end="; ")
        print(f"cross-compiled, and tested under emulation: {seconds:.0f} s")

    assert split_tag(path) == split_tag(emulated.wheel)
    ours, theirs = Wheel.read(path), read_files(emulated.wheel)
    assert ours.files.keys() == theirs.files.keys()
    assert ours.machines == theirs.machines
    of_the_tag = {f"{ours.dist_info}{name}" for name in ("WHEEL", "RECORD")}
    for name in ours.files.keys() - ours.machines.keys() - of_the_tag:
        assert ours.files[name] == theirs.files[name], name


@for_aarch64
def test_stubs_are_the_same_wheel(
    wheelhouse: Path, build_python: Path, build_env: Mapping[str, str], tmp_path: Path
) -> None:
    """As a wheel of their own, made on both machines."""
    (backend,) = wheelhouse.glob("*.whl")
    pipeline = make_pipeline("aarch64", tmp_path / "wheels", backend, build_python)
    emulated, native = (copy_example(MINIMAL, tmp_path / name) for name in ("there", "here"))
    for project in (emulated, native):
        write(project / "stubs" / "pyproject.toml", STUBS_PYPROJECT)
    out = tmp_path / "emulated"
    command = f"python -m pip wheel --no-deps --wheel-dir /host{out} /host{emulated}/stubs"
    pipeline.image.run_in_container(command.split(), pipeline.pip_environment)
    (there,) = out.glob("*.whl")
    here, _ = pip_wheel(native / "stubs", tmp_path / "native", python=build_python, env=build_env)
    assert here.name == there.name == "minimal_stubs-1.2.3-py3-none-any.whl"
    assert "minimal-stubs/_add_module.pyi" in Wheel.read(here).files
    assert here.read_bytes() == there.read_bytes()
