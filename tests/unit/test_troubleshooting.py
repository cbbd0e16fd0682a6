"""The page with messages and their cures: it has what the program says, and what it knows."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest
from support.configs import cross_config
from support.environments import REPOSITORY
from support.pages import DOCS

from py_build_cmake.cmake import advice
from py_build_cmake.cmake.advice import FailedCommand, find_advice

PAGE = (DOCS / "troubleshooting.md").read_text("utf-8")
PART = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
PARTS = dict(PART.findall(PAGE))
# What other programs print, with the text that explains it.
OTHERS = re.findall(
    r"^### (.+?)\n\n```text\n(.*?)```\n\n(.*?)(?=^### |\Z)",
    PARTS["Messages of compilers and CMake"],
    re.MULTILINE | re.DOTALL,
)
# A heading is a message as it is, or in backticks (two, if the message has some itself).
OWN = [
    re.fullmatch(r"(`*)(.*)\1", heading)[2]
    for heading in re.findall(r"^### (.+)$", PARTS["Messages of py-build-cmake"], re.MULTILINE)
]


@pytest.fixture
def failed(tmp_path: Path) -> FailedCommand:
    # Messages about Apple's SDK are for builds with zig for macOS.
    cross = cross_config(toolchain="zig", arch="macosx_11_0_arm64")
    return FailedCommand(tmp_path / "build", "module", cross, sdist=tmp_path, sdist_remedy="add it")


def test_every_message_of_others_is_advised_on(failed: FailedCommand) -> None:
    assert PARTS["Messages of compilers and CMake"].count("\n### ") == len(OTHERS)
    for title, output, _ in OTHERS:
        assert find_advice(output, failed), title


@pytest.mark.parametrize("rule", advice._RULES, ids=lambda rule: rule.__name__)
def test_the_page_has_every_rule_for_messages(
    rule: Callable[[str, FailedCommand], Iterator[str]], failed: FailedCommand
) -> None:
    assert any(list(rule(output, failed)) for _, output, _ in OTHERS)


@pytest.mark.parametrize("message", OWN)
def test_the_program_says_it(message: str) -> None:
    assert any(message in text for text in _texts())


@functools.cache
def _texts() -> set[str]:
    """Return the texts of the program, with ``…`` for what is filled in."""
    return {
        text
        for path in (REPOSITORY / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (text := _text(node))
    }


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(value) or "…" for value in node.values)
    return ""
