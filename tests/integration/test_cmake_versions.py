"""The oldest CMake that is supported and the newest of the index, besides the one on PATH."""

from __future__ import annotations

import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend, path_of
from support.builds import make_venv, run
from support.projects import LOCAL, edit, write

Package = Callable[[str], Path]


@dataclass(frozen=True)
class OfVersion:
    """The backend with a certain CMake in front of all others on ``PATH``."""

    version: str
    backend: Backend


@pytest.fixture(scope="module", params=["cmake==3.15.*", "cmake>=4"], ids=["oldest", "newest"])
def cmake(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, backend: Backend
) -> OfVersion:
    locks = ["versions/cmake-3.15"] if "==" in request.param else []
    python = make_venv(tmp_path_factory.mktemp("cmake") / "venv", request.param, locks=locks)
    version = run(python.parent / "cmake", "--version").split()[2]
    return OfVersion(version, backend.with_env(PATH=path_of(python.parent)))


def test_extension_module(cmake: OfVersion, make: None, package: Package) -> None:
    project = package("c-extension")
    generator = "Unix Makefiles" if cmake.version.startswith("3.") else "Ninja"
    settings = {"cmake.generator": generator}
    hooks = cmake.backend.hooks(project)
    assert hooks.get_requires_for_build_wheel(settings) == []
    wheel = cmake.backend.build_wheel(project, settings)
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    assert f"c_extension/_native{suffix}" in wheel.wheel.files
    again = cmake.backend.build_wheel(project, settings)
    assert again.path.read_bytes() == wheel.path.read_bytes()
    assert "Building C object" in wheel.log
    assert "Building C object" not in again.log


def test_all_is_told(cmake: OfVersion, package: Package) -> None:
    project = package("dump")
    value = 'a "b" \\ ${c} ]] $<d> '
    write(project / LOCAL, f"[cmake.options]\nHOSTILE = '{value}'\n")
    files = cmake.backend.build_wheel(project).wheel.files
    assert files["dump/version"].decode() == cmake.version
    assert files["dump/cache/HOSTILE"].decode() == value
    assert files["dump/cache/Python3_FIND_STRATEGY"] == b"LOCATION"


def test_no_warnings_of_cmake(cmake: OfVersion, package: Package) -> None:
    """Neither of the policies of the preload cache nor of variables that were not used."""
    for name in ("dump", "native-first"):
        log = cmake.backend.build_wheel(package(name)).log
        assert "CMake Warning" not in log
        assert "CMake Deprecation Warning" not in log


def test_install_rules_are_understood(cmake: OfVersion, package: Package, tmp_path: Path) -> None:
    """Their form differs between the versions of CMake."""
    project = package("installs-outside")
    outside = tmp_path / "outside"
    write(project / LOCAL, f"[cmake.options]\nOUTSIDE = '{outside}'\n")
    message = cmake.backend.refusal(project)
    assert f"{outside}/CMakeLists.txt" in message
    assert str(project / "sub" / "CMakeLists.txt") in message
    assert not outside.exists()


@pytest.mark.parametrize(
    ("components", "refused"), [(["runtime"], False), (["optional"], True), ([""], False)]
)
def test_rules_of_components_that_are_not_installed(
    cmake: OfVersion, package: Package, tmp_path: Path, components: list[str], refused: bool
) -> None:
    project = package("components")
    outside = tmp_path / "outside"
    edit(project / "CMakeLists.txt", "DESTINATION components/optional", f"DESTINATION {outside}")
    write(project / LOCAL, f"[cmake]\ninstall_components = {components}\n")
    if refused:
        assert str(outside) in cmake.backend.refusal(project)
    else:
        cmake.backend.build_wheel(project)
    assert not outside.exists()


def test_presets(cmake: OfVersion, package: Package) -> None:
    """CMake 3.15 has no presets; the project says so, and a newer CMake is asked for."""
    project = package("presets")
    required = cmake.backend.hooks(project).get_requires_for_build_wheel()
    if cmake.version.startswith("3.15"):
        assert "cmake>=3.20" in required
    else:
        assert cmake.backend.build_wheel(project).wheel.files["presets/option"] == b"yes"
