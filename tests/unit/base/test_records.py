from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import ClassVar

import pytest

from py_build_cmake.base.records import dataclass


@dataclass(frozen=True)
class Point:
    """A point."""

    unit: ClassVar[str] = "m"

    x: int
    y: int = 2
    names: list[str] = dataclasses.field(default_factory=list)


@dataclass(frozen=True)
class Named(Point):
    """A point with a name."""

    name: str = "origin"


@dataclass
class Counter:
    """A record that changes."""

    count: int = 0


@dataclass(frozen=True, init=False)
class Words:
    """A record with methods of its own."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        object.__setattr__(self, "words", words)

    def __repr__(self) -> str:
        return " ".join(self.words)


def standard(cls: type) -> type:
    """Return the class that the standard decorator makes of the same fields."""
    fields = [(f.name, f.type, copy.copy(f)) for f in dataclasses.fields(cls)]
    return dataclasses.make_dataclass(cls.__name__, fields, frozen=True)


@pytest.mark.parametrize(
    ("arguments", "values"),
    [((1,), {}), ((1, 3), {"names": ["a"]}), ((), {"x": 1}), ((), {"names": [], "x": 1, "y": 0})],
)
@pytest.mark.parametrize("cls", [Point, Named])
def test_instances_are_those_of_the_standard_decorator(
    cls: type, arguments: tuple[int, ...], values: dict[str, object]
) -> None:
    made, wanted = cls(*arguments, **values), standard(cls)(*arguments, **values)
    assert dataclasses.asdict(made) == dataclasses.asdict(wanted)
    assert repr(made) == repr(wanted)
    assert made == cls(*arguments, **values)
    assert made != wanted
    assert dataclasses.replace(made, y=9) == cls(made.x, 9, *dataclasses.astuple(made)[2:])
    assert pickle.loads(pickle.dumps(made)) == made == copy.deepcopy(made)


@pytest.mark.parametrize(
    ("arguments", "values", "says"),
    [
        ((), {}, "needs the field 'x'"),
        ((), {"y": 1}, "needs the field 'x'"),
        ((1, 2, [], "a", 5), {}, "too many arguments"),
        ((1,), {"x": 1}, "too many arguments"),
        ((1,), {"z": 1}, "has no field 'z'"),
        ((1,), {"y": 1, "names": [], "name": "", "z": 1}, "has no field 'z'"),
        ((1,), {"unit": "km"}, "has no field 'unit'"),
    ],
)
def test_wrong_arguments(
    arguments: tuple[object, ...], values: dict[str, object], says: str
) -> None:
    with pytest.raises(TypeError, match=says):
        Named(*arguments, **values)  # type: ignore[arg-type]


def test_defaults_are_not_shared() -> None:
    assert Point(1).names is not Point(1).names


def test_frozen_records_do_not_change() -> None:
    point = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    assert point == Point(1)


def test_hashes_follow_the_values() -> None:
    assert hash(Words("a", "b")) == hash(Words("a", "b"))
    assert len({Words("a"), Words("a"), Words("b")}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(Point(1))  # its list is not


def test_other_records_change_and_have_no_hash() -> None:
    counter = Counter()
    counter.count += 1
    assert counter == Counter(1) != Counter(2)
    with pytest.raises(TypeError, match="unhashable"):
        hash(counter)


def test_methods_of_the_class_stay() -> None:
    assert repr(Words("a", "b")) == "a b"
    assert Words("a").words == ("a",)


def test_type_checkers_and_libraries_see_dataclasses() -> None:
    assert dataclasses.is_dataclass(Point)
    assert [f.name for f in dataclasses.fields(Named)] == ["x", "y", "names", "name"]
