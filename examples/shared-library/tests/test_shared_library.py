from __future__ import annotations

import pytest
import shared_library_example


def test_area() -> None:
    assert shared_library_example.area(2, 3.5) == 7


def test_only_numbers() -> None:
    with pytest.raises(TypeError):
        shared_library_example.area("2", 3)
