"""Front ends as users call them: pip, build and uv, with and without build isolation."""

from __future__ import annotations

import sys
import sysconfig
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend
from support.builds import find_links, make_venv, pip_wheel, run
from support.projects import LOCAL, copy_package, write
from support.wheels import Wheel

Package = Callable[[str], Path]

TAG = "cp{0}{1}-cp{0}{1}-".format(*sys.version_info[:2])
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
CODE = "import c_extension; print(c_extension.answer())"


@dataclass(frozen=True)
class FrontEnds:
    """An environment that has the front ends, the backend, and CMake and Ninja if need be."""

    python: Path
    env: Mapping[str, str]


@pytest.fixture(scope="session")
def front_ends(
    tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path, tools: dict[str, str]
) -> FrontEnds:
    (wheel,) = wheelhouse.glob("*.whl")
    python = make_venv(tmp_path_factory.mktemp("front-ends") / "venv", "build", wheel)
    return FrontEnds(python, {**tools, **find_links(wheelhouse)})


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory, front_ends: FrontEnds) -> Path:
    """The wheel that ``pip wheel .`` makes in isolation, with which others are compared."""
    project = copy_package("c-extension", tmp_path_factory.mktemp("reference") / "project")
    wheel, log = pip_wheel(project, project / "dist", python=front_ends.python, env=front_ends.env)
    assert "Installing build dependencies" in log
    return wheel


def _check(wheel: Path, reference: Path) -> None:
    """Check that a wheel is the same file as the one of ``pip wheel``."""
    assert wheel.name == reference.name
    assert wheel.read_bytes() == reference.read_bytes()


def test_pip_wheel(reference: Path) -> None:
    wheel = Wheel.read(reference)
    assert wheel.name.startswith(f"c_extension-1.2.3-{TAG}")
    assert list(wheel.payload) == ["c_extension/__init__.py", f"c_extension/_native{SUFFIX}"]


def test_pip_wheel_without_isolation(
    package: Package, front_ends: FrontEnds, reference: Path
) -> None:
    project = package("c-extension")
    wheel, log = pip_wheel(
        project, project / "dist", python=front_ends.python, env=front_ends.env, isolated=False
    )
    assert "Installing build dependencies" not in log
    assert "Preparing metadata (pyproject.toml)" in log
    _check(wheel, reference)


def test_pip_install(package: Package, front_ends: FrontEnds, tmp_path: Path) -> None:
    site = tmp_path / "site"
    run(
        *(front_ends.python, "-m", "pip", "install", "--no-build-isolation", "--target", site),
        package("c-extension"),
        env=front_ends.env,
    )
    code = f"import sys; sys.path.insert(0, {str(site)!r}); {CODE}"
    assert run(front_ends.python, "-I", "-c", code, cwd=tmp_path).strip() == "42"
    assert (site / "c_extension-1.2.3.dist-info" / "METADATA").is_file()


def test_pip_download_needs_no_cmake(
    package: Package, front_ends: FrontEnds, bare_path: Path, tmp_path: Path
) -> None:
    """It needs the metadata only, and must not compile for that."""
    project = package("c-extension")
    run(
        *(front_ends.python, "-m", "pip", "download", "--no-build-isolation", "--no-deps"),
        *("--dest", tmp_path / "downloads", project),
        env={**front_ends.env, "PATH": str(bare_path)},
    )
    assert not (project / ".py-build-cmake_cache").exists()


def test_build(package: Package, front_ends: FrontEnds, reference: Path) -> None:
    """The source distribution first, and the wheel from that: it is the checkout's wheel."""
    project = package("c-extension")
    log = run(front_ends.python, "-m", "build", project, env=front_ends.env)
    assert "py-build-cmake: warning" not in log
    sdist, wheel = sorted((project / "dist").iterdir())[::-1]
    if sdist.suffix == ".whl":
        sdist, wheel = wheel, sdist
    assert sdist.name == "c_extension-1.2.3.tar.gz"
    _check(wheel, reference)
    assert not (project / ".py-build-cmake_cache").exists(), "built in the checkout"


def test_build_of_a_wheel(package: Package, front_ends: FrontEnds, reference: Path) -> None:
    project = package("c-extension")
    run(
        *(front_ends.python, "-m", "build", "--wheel", "--no-isolation", project),
        env=front_ends.env,
    )
    (wheel,) = (project / "dist").iterdir()
    _check(wheel, reference)


def test_build_with_settings(package: Package, front_ends: FrontEnds) -> None:
    project = package("dump")
    run(
        *(front_ends.python, "-m", "build", "--wheel", "--no-isolation", project),
        *("-C", "override=cmake.options.A=first", "-Co=cmake.options.B=second"),
        *("--config-setting=--override=cmake.options.C=third", "-Ccmake.options.D=fourth"),
        env=front_ends.env,
    )
    (path,) = (project / "dist").iterdir()
    files = Wheel.read(path).files
    values = [files[f"dump/cache/{name}"] for name in "ABCD"]
    assert values == [b"first", b"second", b"third", b"fourth"]


def test_pip_with_settings(package: Package, front_ends: FrontEnds) -> None:
    """Repeated keys add up, and files are looked for where the user is."""
    project = package("dump")
    write(project.parent / "mine.toml", "[cmake.options]\nB = 'of a file'\n")
    run(
        *(front_ends.python, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "./dump"),
        *("-C", "override=cmake.options.A=first", "-C", "override=cmake.options.C=second"),
        *("-C", "local=mine.toml", "--wheel-dir", project / "dist"),
        cwd=project.parent,
        env={**front_ends.env, "PWD": str(project.parent)},
    )
    (path,) = (project / "dist").iterdir()
    files = Wheel.read(path).files
    values = [files[f"dump/cache/{name}"] for name in "ABC"]
    assert values == [b"first", b"of a file", b"second"]


def test_uv_build(package: Package, front_ends: FrontEnds, reference: Path) -> None:
    project = package("c-extension")
    run(
        *(sys.executable, "-m", "uv", "build", "--no-cache", "--python", front_ends.python),
        *("--no-config", project),
        env=front_ends.env,
    )
    (wheel,) = (project / "dist").glob("*.whl")
    _check(wheel, reference)
    assert (project / "dist" / "c_extension-1.2.3.tar.gz").is_file()


def test_uv_build_without_isolation(
    package: Package, front_ends: FrontEnds, reference: Path
) -> None:
    project = package("c-extension")
    run(
        *(sys.executable, "-m", "uv", "build", "--no-cache", "--no-config", "--wheel"),
        *("--no-build-isolation", "--python", front_ends.python, project),
        env=front_ends.env,
    )
    (wheel,) = (project / "dist").glob("*.whl")
    _check(wheel, reference)


def test_isolation_provides_cmake_and_ninja(
    package: Package, front_ends: FrontEnds, bare_path: Path, tmp_path: Path
) -> None:
    """On a machine that has neither, nor Make, the index has them."""
    project = package("dump")
    programs = []
    # The second time, the environment of the first is gone: its paths must not be in the way.
    for _ in range(2):
        log = run(
            *(sys.executable, "-m", "uv", "build", "--no-config", "--wheel", project),
            *("--cache-dir", tmp_path / "cache", "--python", front_ends.python),
            env={**front_ends.env, "PATH": str(bare_path)},
        )
        assert "configuring afresh" not in log
        # Not the script of the package, which takes longer to start than what it starts.
        assert "/site-packages/cmake/data/bin/cmake -S " in log
        (wheel,) = (project / "dist").glob("*.whl")
        files = Wheel.read(wheel).files
        assert files["dump/generator"] == b"Ninja"
        programs.append(files["dump/cache/CMAKE_MAKE_PROGRAM"].decode())
    assert str(tmp_path / "cache") in programs[0]
    assert programs[0] != programs[1]


def test_sdist_holds_what_the_wheel_needs(
    backend: Backend, package: Package, tmp_path: Path
) -> None:
    """Files that no rule includes are in the checkout only, and in no wheel either."""
    project = package("archive")
    write(project / "notes.txt", "not for others\n")
    write(project / LOCAL, "[cmake.options]\nLOCAL = 'yes'\n")
    sdist = backend.build_sdist(project)
    with tarfile.open(sdist.path) as archive:
        # Python 3.14 filters by itself, and some releases of 3.9 do not know how.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(tmp_path / "unpacked")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert not (unpacked / LOCAL).exists()
    from_checkout = backend.build_wheel(project)
    from_sdist = backend.build_wheel(unpacked)
    _check(from_sdist.path, from_checkout.path)
