from __future__ import annotations

import abi3_example
import pytest


def test_counts() -> None:
    assert abi3_example.count_zeros(b"\0a\0") == 2
    assert abi3_example.count_zeros(bytearray(3)) == 3


def test_only_buffers() -> None:
    with pytest.raises(TypeError):
        abi3_example.count_zeros(1)
