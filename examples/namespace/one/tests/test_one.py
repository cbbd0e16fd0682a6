from __future__ import annotations

import namespace_example.one


def test_number() -> None:
    assert namespace_example.one.NUMBER == 1
