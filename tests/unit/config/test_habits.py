"""What users of other build backends write, and the hints that they get."""

from __future__ import annotations

import re

import pytest
from support.configuration import Sources

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.config import habits
from py_build_cmake.config.schema import ROOT
from py_build_cmake.config.settings import parse_config_settings

SETTINGS = {"verbose", "loglevel"}


def test_every_hint_names_options_that_exist() -> None:
    words = re.findall(r"`([\w.]+)`", " ".join(hint for _, hint in habits._HINTS))
    assert len(words) > 15
    for word in words:
        section, _, option = word.partition(".")
        known = ROOT.sections[section].options if option else SETTINGS | {"__version__"}
        assert (option or word) in known, word


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("-DMY_FLAG", "`cmake.options.MY_FLAG`"),
        ("-DMY_FLAG:BOOL", "`cmake.options.MY_FLAG`"),
        ("build-dir", "`cmake.build_path`"),
        ("logging.level", "`loglevel`"),
        ("--build-type", "`cmake.build_type`"),
    ],
)
def test_config_settings(key: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config_settings({key: "x"}, {})
    (problem,) = caught.value.problems
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("override", "hint"),
    [
        ("cmake.define.X=1", "`cmake.options`"),
        ("wheel.py-api=cp312", "`wheel.python_abi`"),
        ("wheel.py_limited_api=cp312", "`wheel.python_abi`"),
        ("editable.rebuild=true", "`editable.build_hook`"),
    ],
)
def test_options(sources: Sources, override: str, hint: str) -> None:
    assert hint in sources.problem(override).hint


def test_other_keys_get_the_usual_hints() -> None:
    assert habits.habit_hint("cmake.bild_type") == ""
    assert habits.habit_hint("D") == ""
