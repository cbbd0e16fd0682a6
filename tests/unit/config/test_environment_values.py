"""Entries of ``cmake.env``, applied to the variable that is there."""

from __future__ import annotations

import pytest
from support.configuration import Sources

from py_build_cmake.config.kinds import EnvironmentValue


def expand(text: str) -> str:
    return text.replace("${A}", "expanded")


def entry(sources: Sources, *edits: str) -> EnvironmentValue:
    config = sources.load("cmake.find_python=true", *(f"cmake.env.X{edit}" for edit in edits))
    return dict(config.host_tables.cmake)[0].env["X"]


@pytest.mark.parametrize(
    ("edits", "current", "expected"),
    [
        (["=V"], None, "V"),
        (["=V"], "C", "V"),
        (['=""'], "C", ""),
        (['="${A}"'], "C", "expanded"),
        (["+=a"], "C", "Ca"),
        (["+=a"], None, "a"),
        (["=+p"], "C", "pC"),
        (["+=(path)a"], "C", "C:a"),
        (["+=(path)a"], None, "a"),
        (["+=(path)a"], "", "a"),
        (["=+(path)p"], "C", "p:C"),
        (["=+(path)p", "=+(path)q", "+=(path)a", "+=(path)b"], "C", "q:p:C:a:b"),
        (['=+(path)"${A}"'], "${A}", "expanded:${A}"),
        (["=V", '+="${A}"'], "C", "Vexpanded"),
        (["-=b"], "abcb", "ac"),
        (['-="${A}"'], "x-expanded", "x-"),
        (["-=b"], None, None),
        (["-=b", "+=b"], "abc", "acb"),
        (["+=b", "-=b"], "abc", "ac"),
        (["-=[a, c]"], "abc", "b"),
        (["=V", "-=V"], "C", ""),
        (["=!"], "C", None),
        (["=!"], None, None),
        (["=V", "=!"], "C", None),
        (["=!", "+=a"], "C", "a"),
        (["=!", "=V"], "C", "V"),
        (["=!", "+=(path)a"], "C", "a"),
    ],
)
def test_resolution(
    sources: Sources,
    edits: list[str],
    current: str | None,
    expected: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.pathsep", ":")
    assert entry(sources, *edits).resolve(current, expand, ":") == expected


def test_what_is_inherited_is_edited(sources: Sources) -> None:
    sources.pyproject('cmake.env = { X = "base", Y = "y" }\n')
    env = dict(sources.load("linux.cmake.env.X+=+", "linux.cmake.env.Z=z").host_tables.cmake)[0].env
    assert [(name, value.resolve(None, str, ":")) for name, value in env.items()] == [
        ("X", "base+"),
        ("Y", "y"),
        ("Z", "z"),
    ]


def test_all_entries_can_be_cleared(sources: Sources) -> None:
    sources.pyproject('cmake.env = { X = "base" }\n')
    env = dict(sources.load("linux.cmake.env=!", "linux.cmake.env.Z=z").host_tables.cmake)[0].env
    assert list(env) == ["Z"]
