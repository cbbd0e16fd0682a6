from __future__ import annotations

from importlib.resources import files

import cpp_math
import pytest


def test_adds() -> None:
    assert cpp_math.add(1, 2) == 3
    assert cpp_math.add(a=-1, b=1) == 0


def test_sum_larger_than_int() -> None:
    assert cpp_math.add(2**31 - 1, 1) == 2**31


def test_only_integers() -> None:
    with pytest.raises(TypeError):
        cpp_math.add(1, "2")  # type: ignore[arg-type]


def test_stubs_are_installed() -> None:
    package = files("cpp_math")
    assert "def add(a: int, b: int) -> int" in package.joinpath("_core.pyi").read_text()
    assert package.joinpath("py.typed").is_file()
