from __future__ import annotations

import re

import pytest

from py_build_cmake.lazy import lazy_pattern


def test_it_does_what_the_pattern_does() -> None:
    lazy, pattern = lazy_pattern("(a)(?P<n>b)?", re.IGNORECASE), re.compile("(a)(?P<n>b)?", re.I)
    for text in ("AB", "xa", ""):
        for method in ("fullmatch", "match", "search"):
            for _ in range(2):
                assert str(getattr(lazy, method)(text)) == str(getattr(pattern, method)(text))
    assert lazy.sub("-", "abab") == "--"
    assert lazy.groupindex == {"n": 2}
    assert lazy_pattern(rb"\d").findall(b"a1b2") == [b"1", b"2"]


def test_it_is_compiled_when_it_is_used() -> None:
    wrong = lazy_pattern("(")
    with pytest.raises(re.error):
        wrong.match("")
