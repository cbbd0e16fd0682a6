"""The environment of CMake commands."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.configs import cmake_config

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.cmake.inputs import cmake_environment, expand
from py_build_cmake.config.kinds import EnvironmentValue

ENVIRONMENT = {"HOME": "/home/me", "EMPTY": "", "ODD": "${HOME} $$", "a.b": "dotted"}


def environment(base: dict[str, str], **env: EnvironmentValue) -> dict[str, str]:
    own = {"PY_BUILD_CMAKE_VERSION": "1"}
    result = cmake_environment(base, own, cmake_config(env=env))
    assert result.pop("PY_BUILD_CMAKE_VERSION") == "1"
    return result


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("${HOME}/x", "/home/me/x"),
        ("$HOME/x", "/home/me/x"),
        ("$HOME$HOME", "/home/me/home/me"),
        ("${a.b}", "dotted"),
        ("$$HOME", "$HOME"),
        ("$${HOME}", "${HOME}"),
        ("$$$HOME", "$/home/me"),
        # What a value holds is not expanded again.
        ("${ODD}", "${HOME} $$"),
        ("[${EMPTY}]", "[]"),
        ("${EMPTY:-default}", "default"),
        ("${MISSING:-default}", "default"),
        ("${MISSING:-}", ""),
        ("${HOME:-default}", "/home/me"),
        # No references.
        ("100$", "100$"),
        ("$ {HOME}", "$ {HOME}"),
        ("${}", "${}"),
        ("$1", "$1"),
        ("%HOME%", "%HOME%"),
        ("${HOME", "${HOME"),
    ],
)
def test_expansion(text: str, expected: str) -> None:
    assert expand(text, ENVIRONMENT, "") == expected


@pytest.mark.parametrize("text", ["${MISSING}", "$MISSING", "${HOME}$MISSING"])
def test_a_variable_that_does_not_exist_is_an_error(text: str) -> None:
    with pytest.raises(ConfigError, match="'MISSING' does not exist") as e:
        expand(text, ENVIRONMENT, "pyproject.toml: `cmake.env.X`")
    assert e.value.problems[0].where == "pyproject.toml: `cmake.env.X`"
    assert "${MISSING:-default}" in e.value.problems[0].hint


@given(st.text())
def test_any_text_can_be_escaped(text: str) -> None:
    assert expand(text.replace("$", "$$"), {}, "") == text


def test_later_layers_win() -> None:
    base = {"PATH": "/bin", "PY_BUILD_CMAKE_VERSION": "0", "KEPT": "x"}
    assert environment(base, PATH=EnvironmentValue(value="/opt")) == {"PATH": "/opt", "KEPT": "x"}
    assert base["PATH"] == "/bin"


def test_entries_see_what_was_set_before_them() -> None:
    result = environment(
        {"HOME": "/home/me"},
        FIRST=EnvironmentValue(value="${HOME}/${PY_BUILD_CMAKE_VERSION}"),
        SECOND=EnvironmentValue(value="${FIRST}/b"),
    )
    assert result["SECOND"] == "/home/me/1/b"
    with pytest.raises(ConfigError, match="'SECOND'"):
        environment({}, FIRST=EnvironmentValue(value="$SECOND"), SECOND=EnvironmentValue(value=""))


def test_paths_are_added_to_what_is_there() -> None:
    prepended = EnvironmentValue(prepend_path=("${HOME}/bin",))
    there = environment({"HOME": "/h", "PATH": "/bin"}, PATH=prepended)
    assert there["PATH"] == os.pathsep.join(["/h/bin", "/bin"])
    missing = environment({"HOME": "/h"}, PATH=prepended)
    assert missing["PATH"] == "/h/bin"


def test_a_cleared_variable_is_removed() -> None:
    cleared = EnvironmentValue(cleared=True)
    assert environment({"A": "1", "B": "2"}, A=cleared, MISSING=cleared) == {"B": "2"}


def test_an_error_says_where_the_entry_stands() -> None:
    value = EnvironmentValue(value="$MISSING", where="x.toml: `cmake.env.A`")
    with pytest.raises(ConfigError) as e:
        environment({}, A=value)
    assert e.value.problems[0].where == "x.toml: `cmake.env.A`"


def test_nothing_outside_diverts_the_installation() -> None:
    assert environment({"DESTDIR": "/somewhere"}) == {}
    chosen = EnvironmentValue(value="/chosen")
    assert environment({"DESTDIR": "/somewhere"}, DESTDIR=chosen) == {"DESTDIR": "/chosen"}
