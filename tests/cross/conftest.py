from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from host_python import Unavailable
from support import plain, windows
from support.backend import Backend
from support.builds import make_venv, run
from support.examples import Build, Builder, Example, ExampleBuilds, copy_example
from support.hosts import CPYTHON_311, Host, HostPython, find_host, without

HOSTS = ("aarch64", "armhf")


def _get_host(name: str, python: HostPython = CPYTHON_311) -> Host:
    """Return the host called `name`; without it skip, or fail where cross tests are required."""
    try:
        return find_host(name, python)
    except Unavailable as reason:
        without(reason)


@pytest.fixture(scope="session", params=HOSTS)
def host(request: pytest.FixtureRequest) -> Host:
    """Each host in turn."""
    return _get_host(request.param)


@pytest.fixture(scope="session")
def aarch64() -> Host:
    """One host, for what does not depend on which."""
    return _get_host("aarch64")


@pytest.fixture(scope="session")
def armhf() -> Host:
    """A host with 32 bits, whose data model is not that of the machine that builds."""
    return _get_host("armhf")


@pytest.fixture(scope="session")
def windows_python() -> windows.WindowsPython:
    """A Python for Windows, of the version of the one that runs the tests."""
    try:
        return windows.find_windows_python()
    except windows.NotHere as reason:
        if windows.VERSION not in windows.VERSIONS:
            pytest.skip(str(reason))
        without(str(reason))


@pytest.fixture(scope="session")
def backend(
    tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path, build_env: dict[str, str]
) -> Backend:
    """The backend beside all that projects of named toolchains require, except for zig."""
    (wheel,) = wheelhouse.glob("*.whl")
    python = make_venv(
        tmp_path_factory.mktemp("bindings") / "venv",
        *(wheel, "nanobind>=2.4", "pybind11>=2.13", "typing-extensions", "cmake", "ninja"),
    )
    return Backend(python, build_env)


@pytest.fixture(scope="session")
def get_host() -> Callable[[str, HostPython], Host]:
    """Hosts with other Pythons."""
    return _get_host


@pytest.fixture(scope="session")
def make_backend(wheelhouse: Path) -> Callable[..., Backend]:
    """Environments that stay between runs, with the backend and one version of CMake."""
    (wheel,) = wheelhouse.glob("*.whl")
    return partial(plain.make_backend, wheel)


@pytest.fixture(scope="session")
def builder(build_python: Path, build_env: dict[str, str]) -> Builder:
    """Builds in isolation, as ``pip wheel`` does by default."""
    return Builder(build_python, build_env)


@pytest.fixture(scope="session")
def unisolated_builder(
    tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path, build_env: dict[str, str]
) -> Builder:
    """Builds in one environment that stays, so that paths in it are the same every time."""
    (backend,) = wheelhouse.glob("*.whl")
    python = make_venv(
        tmp_path_factory.mktemp("unisolated") / "venv",
        *(backend, "nanobind>=2.4", "typing-extensions", "cmake", "ninja"),
    )
    # The programs of an environment are found on PATH once it is activated.
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    return Builder(python, {**build_env, "PATH": path}, isolated=False)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, builder: Builder) -> ExampleBuilds:
    """Builds of the examples that are made once in a session."""
    done: dict[tuple[str, str], Build] = {}

    def build(example: Example, host: Host | None = None) -> Build:
        key = (example.directory, host.name if host else "native")
        if key not in done:
            project = copy_example(example, tmp_path_factory.mktemp("-".join(key)), host)
            done[key] = builder.build(example, project, host)
        return done[key]

    return build


@pytest.fixture(scope="session")
def host_pytest(tmp_path_factory: pytest.TempPathFactory, build_python: Path) -> Path:
    """A directory with a pytest for the hosts' Python, which nothing there has to install."""
    target = tmp_path_factory.mktemp("host-pytest")
    run(
        *(build_python, "-m", "pip", "install", "--quiet", "--target", target),
        *("--python-version", "3.11", "--implementation", "py", "--abi", "none"),
        *("--platform", "any", "--only-binary", ":all:", "pytest"),
    )
    return target
