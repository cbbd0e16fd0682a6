"""The environment variable CMAKE_ARGS: what of it reaches the configuration, and when."""

from __future__ import annotations

import pytest
from support.configuration import Sources

from py_build_cmake.base.errors import Problem
from py_build_cmake.config.schema import CMakeConfig, ProjectConfig

TABLE = '[tool.py-build-cmake.cmake]\nargs = ["-Wdev"]\n'


def load(sources: Sources, text: str, *overrides: str, table: str = TABLE) -> ProjectConfig:
    sources.pyproject(table)
    return sources.load(*overrides, environ={"CMAKE_ARGS": text})


def one(config: ProjectConfig) -> CMakeConfig:
    ((_, cmake),) = config.host_tables.cmake
    return cmake


def problem(sources: Sources, text: str) -> Problem:
    sources.pyproject(TABLE)
    return sources.problem(environ={"CMAKE_ARGS": text})


def test_arguments_are_added_at_the_end(sources: Sources) -> None:
    cmake = one(
        load(sources, "-DA='a b' -D B:BOOL=ON --log-level=debug", 'cmake.args+=["-Wno-dev"]')
    )
    expected = ("-Wdev", "-Wno-dev", "-D", "A=a b", "-D", "B:BOOL=ON", "--log-level=debug")
    assert cmake.args == expected
    assert cmake.generator is None


@pytest.mark.parametrize("text", ["-G Ninja", "-GNinja", '-G "Ninja"'])
def test_a_generator_replaces_the_projects(sources: Sources, text: str) -> None:
    cmake = one(load(sources, text, "cmake.generator=Unix Makefiles"))
    assert (cmake.generator, cmake.args) == ("Ninja", ("-Wdev",))


@pytest.mark.parametrize(
    "text", ["-DCMAKE_INSTALL_PREFIX=/usr", "-D CMAKE_INSTALL_PREFIX:PATH=/usr"]
)
def test_a_wheel_has_its_own_prefix(sources: Sources, text: str) -> None:
    assert one(load(sources, text)).args == ("-Wdev",)


def test_every_configuration_gets_them(sources: Sources) -> None:
    tables = "".join(f"[tool.py-build-cmake.cmake.{n}]\nargs = ['-W{n}']\n" for n in (0, 3))
    cmake = load(sources, "-DX=1", table=tables).host_tables.cmake
    assert [(n, c.args) for n, c in cmake] == [
        (0, ("-W0", "-D", "X=1")),
        (3, ("-W3", "-D", "X=1")),
    ]


def test_one_key_turns_it_off(sources: Sources) -> None:
    assert one(load(sources, "-DX=1 'x", "cmake.use_cmake_args=false")).args == ("-Wdev",)


def test_a_project_without_cmake_stays_without(sources: Sources) -> None:
    assert load(sources, "-DX=1", table="").host_tables.cmake == ()


def test_cross_builds_do_not_use_it_and_say_so(sources: Sources) -> None:
    config = load(sources, "-DX=1", "cross.arch=linux_aarch64", "cross.native_build=true")
    for tables in (config.native_tables, config.host_tables):
        assert [cmake.args for _, cmake in tables.cmake] == [("-Wdev",)]
    (warning,) = [text for text in config.warnings if "CMAKE_ARGS" in text]
    assert "cross.cmake.options" in warning


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-DX='a", "quotation"),
        ("-S elsewhere", "`-S elsewhere`"),
        ("-Belsewhere", "`-B elsewhere`"),
        ("--preset=mine", "`--preset mine`"),
        ("--preset mine", "`--preset mine`"),
    ],
)
def test_what_cannot_be_there(sources: Sources, text: str, message: str) -> None:
    found = problem(sources, text)
    assert found.where == "environment variable CMAKE_ARGS"
    assert message in found.message
    assert found.hint
