"""Options about how CMake builds, and sources of configuration, in real builds."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend, Built
from support.examples import build_directories
from support.projects import LOCAL, edit, write

Package = Callable[[str], Path]


def build_command(built: Built) -> str:
    (line,) = (line for line in built.log.splitlines() if re.match(r"\+ \S*cmake --build", line))
    return line


def test_jobs_and_targets(backend: Backend, package: Package) -> None:
    project = package("configurations")
    write(project / LOCAL, "cmake.jobs = 2\ncmake.targets = ['which', 'extra']\n")
    built = backend.build_wheel(project)
    assert build_command(built).endswith(" --parallel 2 --target which extra")
    assert "the target extra was built" in built.log
    assert list(built.wheel.payload) == ["configurations/which.so"]


@pytest.mark.parametrize("level", ["3", ""])
def test_automatic_jobs(backend: Backend, package: Package, level: str) -> None:
    project = package("configurations")
    edit(project / "pyproject.toml", "make.cmake]", "make.cmake]\njobs = 'auto'\n")
    built = backend.with_env(CMAKE_BUILD_PARALLEL_LEVEL=level).build_wheel(project)
    match = re.search(r" --parallel ([1-9]\d*)$", build_command(built))
    assert match is not None
    assert match[1] == level if level else int(match[1]) <= (os.cpu_count() or 1)


def test_maximum_policy(backend: Backend, package: Package) -> None:
    project = package("configurations")
    write(project / LOCAL, "cmake.minimum_version = '3.15'\ncmake.maximum_policy = '3.20'\n")
    backend.build_wheel(project)
    ((directory, _),) = build_directories(project).items()
    script = (directory / "py-build-cmake-preload.cmake").read_text()
    assert script.startswith("cmake_minimum_required(VERSION 3.15...3.20)\n")


def test_cmake_args(backend: Backend, package: Package) -> None:
    """The variable counts for one build, as every setting does, and its prefix never."""
    project = package("configurations")
    write(project / LOCAL, 'cmake.options.FEATURE = "of the project"\n')
    lists = project / "CMakeLists.txt"
    lists.write_text(
        lists.read_text()
        + 'message(STATUS "feature <${FEATURE}> prefix <${CMAKE_INSTALL_PREFIX}>"\n'
        '  " version <${PY_BUILD_CMAKE_PROJECT_VERSION_NUMERIC}>")\n'
    )
    edit(project / "pyproject.toml", 'version = "1.0"', 'version = "1.0rc3"')
    arguments = "-DFEATURE:STRING='a b' -DCMAKE_INSTALL_PREFIX=/nowhere"
    log = backend.with_env(CMAKE_ARGS=arguments).build_wheel(project).log
    assert "-- feature <a b> prefix </" in log
    assert "prefix </nowhere>" not in log
    assert "version <1.0>" in log
    assert "feature <of the project>" in backend.build_wheel(project).log


def test_version_file(backend: Backend, package: Package) -> None:
    project = package("pure-module")
    text = (project / "pyproject.toml").read_text()
    text = re.sub(r"(?m)^(version|dynamic) = .*$", "", text)
    text = text.replace("[project]\n", '[project]\ndynamic = ["version"]\n')
    text += '\n[tool.py-build-cmake.dynamic]\nversion_file = "VERSION"\n'
    (project / "pyproject.toml").write_text(text)
    (project / "VERSION").write_text("3.2.1\n")
    assert "-3.2.1-" in backend.build_wheel(project).path.name
    sdist = backend.build_sdist(project)
    assert sdist.path.name.endswith("-3.2.1.tar.gz")


def test_the_environment_names_settings(backend: Backend, package: Package, tmp_path: Path) -> None:
    project = package("configurations")
    local = write(tmp_path / "more.toml", "cmake.build_type = 'Debug'\ncmake.jobs = 1\n")
    environ = {
        "PY_BUILD_CMAKE_LOCAL": str(local),
        "PY_BUILD_CMAKE_CONFIG_SETTINGS": "cmake.build_type=Release\ncmake.targets=which\n",
    }
    built = backend.with_env(**environ).build_wheel(project, {"cmake.jobs": "2"})
    assert list(built.wheel.payload) == ["configurations/which-release.so"]
    assert build_command(built).endswith(" --config Release --parallel 2 --target which")


def test_conditions(backend: Backend, package: Package) -> None:
    project = package("configurations")
    with (project / "pyproject.toml").open("a") as file:
        file.write(
            "\n[[tool.py-build-cmake.when]]\nmatch = { env.SANITIZE = true, cross = false }\n"
            "cmake.build_type = 'Debug'\nwheel.build_tag = '1sanitize'\n"
        )
    assert list(backend.build_wheel(project).wheel.payload) == ["configurations/which.so"]
    built = backend.with_env(SANITIZE="1").build_wheel(project)
    assert list(built.wheel.payload) == ["configurations/which-debug.so"]
    assert "-1sanitize-" in built.path.name
