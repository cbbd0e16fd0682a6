"""Where the CMake packages of build requirements are searched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.cmake_packages import install_packages
from support.configs import PROJECT, cmake_config, cmake_plan, cross_config
from support.machines import LINUX_CP311
from support.projects import write

from py_build_cmake.cmake.includes import project_includes
from py_build_cmake.cmake.packages import PackageSearch, find_packages, packages_script


def search(*paths: Path) -> PackageSearch:
    machine = replace(LINUX_CP311, import_paths=paths, prefixes=(Path("/opt"), Path("/opt")))
    return find_packages(machine)


def test_all_places(tmp_path: Path) -> None:
    site = install_packages(tmp_path / "site")
    (tmp_path / "library").mkdir()
    found = search(tmp_path / "library", site, tmp_path / "missing")
    assert found.prefixes == (site, site / "prefixed")
    assert found.roots == {"AtRoot": site / "rooted" / "deep"}
    assert found.modules == (site / "of_modules" / "cmake",)
    assert found.distributions == ("packages-1.0",)
    assert found.problems == ()


def test_distributions_without_packages_do_not_matter(tmp_path: Path) -> None:
    write(tmp_path / "other-2.0.dist-info" / "RECORD", "other/__init__.py,,\n")
    write(tmp_path / "other-2.0.dist-info" / "entry_points.txt", "[console_scripts]\na = other:a\n")
    (tmp_path / "old-1.0.egg-info").mkdir()
    assert search(tmp_path) == PackageSearch(prefixes=(tmp_path,))


def test_an_entry_point_that_leads_nowhere(tmp_path: Path) -> None:
    points = "[cmake.root]\nGone = not_installed_anywhere.at_all\n"
    write(tmp_path / "gone-1.0.dist-info" / "entry_points.txt", points)
    (problem,) = search(tmp_path).problems
    assert "Gone = not_installed_anywhere.at_all of gone-1.0 in the group cmake.root" in problem
    assert "message(WARNING" in packages_script(search(tmp_path), is_cross=True)


def test_a_requirement_that_is_installed_editably(tmp_path: Path) -> None:
    """It is imported by a finder of its own: here, that of this program's own tests."""
    points = "[cmake.root]\nOwn = py_build_cmake.cmake\n"
    write(tmp_path / "own-1.0.dist-info" / "entry_points.txt", points)
    assert search(tmp_path).roots["Own"].parts[-2:] == ("py_build_cmake", "cmake")


@pytest.mark.parametrize("is_isolated", [False, True])
def test_environments_are_prefixes(tmp_path: Path, is_isolated: bool) -> None:
    """But that of the system is none: it has libraries of the build machine."""
    environment = tmp_path / "pip-build-env-abc" / "overlay" if is_isolated else tmp_path / "venv"
    site = install_packages(environment / "lib" / "python3.11" / "site-packages")
    machine = replace(LINUX_CP311, import_paths=(site,), prefixes=(tmp_path / "venv", Path("/usr")))
    assert find_packages(machine).prefixes[-1] == environment


def test_the_script_of_builds_for_the_build_machine(tmp_path: Path) -> None:
    found = search(install_packages(tmp_path))
    script = packages_script(found, lambda path: Path("/link") / path.name, is_cross=False)
    assert "# packages-1.0" in script
    assert "if(NOT DEFINED AtRoot_ROOT AND NOT DEFINED ENV{AtRoot_ROOT})" in script
    assert "set(AtRoot_ROOT [=[/link/deep]=])" in script
    assert "list(APPEND CMAKE_PREFIX_PATH [=[/link/prefixed]=])" in script
    assert "list(APPEND CMAKE_MODULE_PATH [=[/link/cmake]=])" in script


def test_the_script_of_cross_builds_sets_no_prefix(tmp_path: Path) -> None:
    script = packages_script(search(install_packages(tmp_path)), is_cross=True)
    assert "CMAKE_PREFIX_PATH" not in script
    assert (
        f"_PY_BUILD_CMAKE_ROOT_AtRoot [=[{(tmp_path / 'rooted' / 'deep').as_posix()}]=])" in script
    )
    assert "function(_py_build_cmake_find_requirement name)" in script


@pytest.mark.parametrize("is_cross", [False, True])
@pytest.mark.parametrize("wanted", [False, True])
def test_which_files_are_included(is_cross: bool, wanted: bool) -> None:
    """Cross builds need what replaces find_package(), also without hints for Python."""
    config = cmake_config(find_python=False, find_python3=False, search_build_requirements=wanted)
    plan = cmake_plan(config, cross=cross_config() if is_cross else None)
    names = {p.relative_to(PROJECT / "build").as_posix() for p in project_includes(*plan).files}
    assert ("py-build-cmake/packages.cmake" in names) == wanted
    assert ("py-build-cmake/cross/project_include.cmake" in names) == (wanted and is_cross)
