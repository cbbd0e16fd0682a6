from __future__ import annotations

import cython_example
import pytest


def test_counts() -> None:
    assert [cython_example.count_primes(limit) for limit in (2, 3, 100)] == [0, 1, 25]


def test_only_integers() -> None:
    with pytest.raises(TypeError):
        cython_example.count_primes("x")
