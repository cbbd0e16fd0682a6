from __future__ import annotations

import pybind11_example
import pytest


def test_divides() -> None:
    assert pybind11_example.divide(1, divisor=2) == 0.5


def test_exceptions_of_cpp_become_those_of_python() -> None:
    with pytest.raises(ValueError, match="the divisor is zero"):
        pybind11_example.divide(1, 0)
