"""The kinds of findings, and the page that documents them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from py_build_cmake.verify.finding import Code, Severity, finding, grouped

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "findings.md"
SECTIONS = re.findall(
    r"^### `([^`]+)`\n\n\*\*([^*]+)\*\* \((\w+)\)\n\n(.+?)\n(?=\n|\Z)",
    PAGE.read_text("utf-8"),
    re.M | re.S,
)


def test_the_page_has_each_kind_once_and_in_order() -> None:
    documented = [(text, title, severity) for text, title, severity, _ in SECTIONS]
    assert documented == [(code.text, code.title, code.severity.value) for code in Code]


@pytest.mark.parametrize(
    ("text", "paragraph"), [(s[0], s[3]) for s in SECTIONS], ids=[s[0] for s in SECTIONS]
)
def test_each_kind_has_a_paragraph(text: str, paragraph: str) -> None:
    assert len(paragraph) > 100
    assert re.match(r"[A-Z`].*\.$", paragraph, re.S)


def test_codes_are_found_by_their_text() -> None:
    assert all(Code.of(code.text) is code for code in Code)
    assert Code.of("wrong_machine") is None


def test_a_finding_has_the_severity_of_its_kind_or_another_one() -> None:
    found = finding(Code.WRONG_MACHINE, "m/x.so", "is for another machine", "use the right one")
    assert found.is_error
    assert str(found.shown) == (
        "m/x.so: is for another machine [wrong-machine]\n    hint: use the right one"
    )
    milder = finding(Code.WRONG_MACHINE, "m/x.so", "is for another machine", severity=Severity.NOTE)
    assert not milder.is_error


def test_findings_that_say_the_same_are_one_for_readers() -> None:
    same = [finding(Code.DAMAGED_BINARY, f"m/{number}.so", "is cut off") for number in range(10)]
    other = finding(Code.DAMAGED_BINARY, "n.so", "is cut off", severity=Severity.WARNING)
    first, second = grouped([*same, other])
    assert first.problem.where.startswith("m/0.so, m/1.so, ")
    assert first.problem.where.endswith(", m/7.so, and 2 more")
    assert second == other
