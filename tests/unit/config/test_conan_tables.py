"""The tables `conan`: CMake configurations with Conan before them."""

from __future__ import annotations

import pytest
from support.configuration import Sources

from py_build_cmake.config.schema import CMakeConfig, ConanConfig, SystemTables

CONAN = "[tool.py-build-cmake.conan]\n"


def one(tables: SystemTables) -> tuple[CMakeConfig, ConanConfig]:
    ((_, cmake),) = tables.cmake
    assert cmake.conan
    return cmake, cmake.conan


def test_an_empty_table_is_a_configuration(sources: Sources) -> None:
    sources.pyproject(CONAN)
    cmake, conan = one(sources.load().host_tables)
    cache = sources.directory / ".py-build-cmake_cache" / "{build_config}"
    assert (cmake.build_path, cmake.minimum_version) == (cache, "CMakeLists.txt")
    assert (conan.profile_host, conan.profile_build) == (("default",), ("default",))
    assert conan.args == ("--build=missing",)


@pytest.mark.parametrize(
    ("folder", "expected"),
    [("build", "build/{build_config}"), ("b/{build_config}/py", "b/{build_config}/py")],
)
def test_every_tag_has_its_own_folder(sources: Sources, folder: str, expected: str) -> None:
    sources.pyproject(f'{CONAN}output_folder = "{folder}"\n')
    cmake, _ = one(sources.load().host_tables)
    assert cmake.build_path == sources.directory / expected


def test_it_is_inherited_as_cmake_is(sources: Sources) -> None:
    sources.pyproject(
        """\
[tool.py-build-cmake.conan]
profile_host = "mine"
args = ["--build=missing"]
[tool.py-build-cmake.conan.cmake]
options.A = "base"
[tool.py-build-cmake.linux.conan]
args = ["-u"]
[tool.py-build-cmake.linux.conan.cmake.options]
B = "linux"
[[tool.py-build-cmake.when]]
match = { cross = true }
conan.args = ["--lockfile=x"]
[tool.py-build-cmake.cross]
os = "linux"
arch = "linux_aarch64"
[tool.py-build-cmake.cross.conan]
profile_host = ["aarch64"]
cmake.args = ["-Wdev"]
"""
    )
    config = sources.load("cross.native_build=true")
    cmake, conan = one(config.host_tables)
    assert conan.profile_host == ("aarch64",)
    assert conan.args == ("--build=missing", "-u", "--lockfile=x")
    assert (set(cmake.options), cmake.args) == ({"A", "B"}, ("-Wdev",))
    cmake, conan = one(config.native_tables)
    assert (conan.profile_host, conan.args) == (("mine",), ("--build=missing", "-u"))
    assert (set(cmake.options), cmake.args) == ({"A", "B"}, ())


def test_several_configurations(sources: Sources) -> None:
    sources.pyproject(
        f"{CONAN}cmake.build_type = 'Release'\n"
        "[tool.py-build-cmake.conan.1]\ncmake.build_type = 'Debug'\nargs = ['-x']\n"
        "[tool.py-build-cmake.conan.2]\n"
    )
    found = sources.load(environ={"CMAKE_ARGS": "-DX=1"}).host_tables.cmake
    assert [(n, c.build_type, c.conan and c.conan.args, c.args) for n, c in found] == [
        (1, "Debug", ("-x",), ("-D", "X=1")),
        (2, "Release", ("--build=missing",), ("-D", "X=1")),
    ]


def test_options_of_profiles_are_ignored(sources: Sources) -> None:
    sources.pyproject(
        f"{CONAN}[tool.py-build-cmake.conan.cmake.options]\n"
        '"CMAKE_BUILD_TYPE:STRING" = "Debug"\nCMAKE_SYSTEM_NAME = "X"\nOTHER = true\n'
        'CMAKE_TOOLCHAIN_FILE = "t.cmake"\n'
    )
    config = sources.load()
    assert list(one(config.host_tables)[0].options) == ["OTHER"]
    assert len(config.warnings) == 3
    assert "belongs into `build_type`" in config.warnings[0]


def test_refusals(sources: Sources) -> None:
    sources.pyproject(f"{CONAN}[tool.py-build-cmake.linux.cmake]\nbuild_type = 'Release'\n")
    problem = sources.problem()
    assert "for the same system" in problem.message
    assert "`conan.cmake`" in problem.hint
    for key in ("build_path", "preset"):
        sources.pyproject(f"{CONAN}cmake.{key} = 'x'\n")
        problem = sources.problem()
        assert problem.where.endswith(f"conan.cmake.{key}`")
        assert "`cmake`" in problem.hint
