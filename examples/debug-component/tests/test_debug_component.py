from __future__ import annotations

import debug_component


def test_adds() -> None:
    assert debug_component.add(1, 2) == 3
