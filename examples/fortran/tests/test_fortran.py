from __future__ import annotations

import fortran_example


def test_means_of_neighbours() -> None:
    assert fortran_example.smooth([0, 3, 6, 0]).tolist() == [1.5, 3, 3, 3]


def test_empty() -> None:
    assert fortran_example.smooth([]).tolist() == []
