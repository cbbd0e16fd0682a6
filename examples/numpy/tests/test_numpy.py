from __future__ import annotations

import numpy
import numpy_example
import pytest


def test_total() -> None:
    assert numpy_example.total(numpy.arange(6.0).reshape(2, 3)) == 15


def test_whatever_becomes_an_array() -> None:
    assert numpy_example.total([[1, 2], [3, 4]]) == 10
    with pytest.raises(ValueError):
        numpy_example.total("text")
