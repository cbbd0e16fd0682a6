from __future__ import annotations

import namespace_example.two


def test_number() -> None:
    assert namespace_example.two.NUMBER == 2
