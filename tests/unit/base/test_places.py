"""Where something was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from py_build_cmake.base.errors import Problem
from py_build_cmake.base.places import Place


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place("x.toml"), "x.toml"),
        (Place("x.toml", "a.b"), "x.toml: `a.b`"),
        (Place("x.pbc", "a", line=3), "x.pbc, line 3: `a`"),
        (Place("x.pbc", line=3, column=7), "x.pbc, line 3, column 7"),
        (Place("x.toml", "a", more_files=("y.toml",)), "x.toml, y.toml: `a`"),
        (Place(elsewhere="<cli:1>", key="a"), "<cli:1>: `a`"),
        (Place(elsewhere="-C cmake.jobs", key="cmake.jobs"), "-C cmake.jobs"),
        (Place(elsewhere="-C", key="cross").at("arch"), "-C cross.arch"),
        (Place(), ""),
    ],
)
def test_places_are_printed(place: Place, text: str) -> None:
    assert str(place) == text
    assert Problem("wrong", place).where == text


def test_keys_stand_in_tables() -> None:
    assert Place("x.toml").at("a") == Place("x.toml", "a")
    assert Place("x.toml", "t").at("a") == Place("x.toml", "t.a")


def test_from_outside_of_the_project(tmp_path: Path) -> None:
    place = Place("x.toml", "a", more_files=("sub/y.toml", "/etc/z.toml"))
    found = place.below(tmp_path)
    assert found.file == str(tmp_path / "x.toml")
    assert found.more_files == (str(tmp_path / "sub" / "y.toml"), str(tmp_path / "/etc/z.toml"))
    assert found.key == "a"
    option = Place(elsewhere="<cli:1>", key="a")
    assert option.below(tmp_path) == option


def test_json() -> None:
    problem = Problem("wrong", Place("x.toml", "a"), "write b")
    assert problem.as_json() == {"message": "wrong", "where": "x.toml: `a`", "hint": "write b"}
