from __future__ import annotations

import minimal
import pytest


def test_adds() -> None:
    assert minimal.add(1, 2) == 3


def test_integers_of_any_size() -> None:
    assert minimal.add(2**64, -1) == 2**64 - 1


def test_only_integers() -> None:
    with pytest.raises(TypeError):
        minimal.add(1, "2")  # type: ignore[arg-type]
