from __future__ import annotations

import pytest
import swig_example


def test_area() -> None:
    assert swig_example.area(2, 3.5) == 7


def test_only_numbers() -> None:
    with pytest.raises(TypeError):
        swig_example.area("2", 3)
