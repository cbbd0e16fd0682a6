"""The exception tree."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from py_build_cmake.base.errors import (
    CommandError,
    ConfigError,
    Error,
    MetadataError,
    Problem,
    ProjectError,
    WheelError,
)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("is wrong"), "is wrong"),
        (Problem("is wrong", "a.toml: `x`"), "a.toml: `x`: is wrong"),
        (Problem("is wrong", hint="do this"), "is wrong\n    hint: do this"),
        (Problem("is wrong", "a.toml", "do this"), "a.toml: is wrong\n    hint: do this"),
    ],
)
def test_a_problem_is_printed_with_what_is_known(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_an_error_has_one_problem() -> None:
    error = ConfigError("is wrong", where="a.toml", hint="do this")
    assert error.problems == (Problem("is wrong", "a.toml", "do this"),)
    assert str(error) == str(error.problems[0])


@pytest.mark.parametrize("kind", [Error, ConfigError, MetadataError, ProjectError, WheelError])
def test_several_problems_make_one_error_of_its_kind(kind: type[Error]) -> None:
    problems = [Problem("one", "a"), Problem("two", hint="b")]
    error = kind.from_problems(iter(problems))
    assert type(error) is kind
    assert isinstance(error, Error)
    assert error.problems == tuple(problems)
    assert str(error) == "a: one\ntwo\n    hint: b"


@pytest.mark.parametrize(
    ("status", "detail", "outcome"),
    [
        (1, "", "CMake build failed (exit status 1)"),
        (-9, "", "CMake build failed (killed by signal 9)"),
        (None, "no such file", "CMake build failed (not started: no such file)"),
    ],
)
def test_a_failed_command_says_how_it_ended(status: int | None, detail: str, outcome: str) -> None:
    command = ["cmake", "-D", "A=b c", "$x'y"]
    error = CommandError("CMake build", command, status, detail=detail)
    first, second = str(error).splitlines()
    assert first == outcome
    label, _, pasted = second.strip().partition(": ")
    assert label == "command"
    assert shlex.split(pasted) == command
    assert error.status == status


def test_a_failed_command_says_where_its_log_is() -> None:
    error = CommandError("CMake build", ["cmake"], 1, log=Path("some", "log"))
    assert str(error).splitlines()[-1] == f"    log: {error.log}"
