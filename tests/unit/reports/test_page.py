"""The page: it has all that its JSON has, and needs nothing but itself."""

from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.doctored import BASES, Contents
from support.packed import write_packed

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.reports.in_wheel import WheelContents, contents_of
from py_build_cmake.reports.page import (
    Report,
    need_libraries,
    page_of,
    size_text,
    write_report,
)
from py_build_cmake.reports.timing import Made, Span
from py_build_cmake.verify.inspect import inspect_wheel

EVIL = '</script><script>alert("x")</script>'


class Page(HTMLParser):
    """Collects the texts of a page, its elements with their attributes, and its JSON."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.elements, self.json = "", [], ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.json += data
        elif self._inside != "style":
            self.text += data


def contents(directory: Path) -> WheelContents:
    path = Contents(BASES[0]).write(directory)
    return contents_of(path, inspect_wheel(path))


@pytest.fixture
def report(tmp_path: Path) -> Report:
    steps = {"native": [Span("start", 0.0, 0.5), Span(f"[1/1] {EVIL}", 0.5, 4.0)]}
    made = (Made("native", "fast.o", 0.25), Made("native", "slow.o", 3.25))
    outcome = {"target": "native", "status": "built", "tag": "t", "size": 1234567, "seconds": 4.0}
    outcome |= {"verified": "yes", "message": EVIL}
    return Report(f"Wheels of {EVIL}", (contents(tmp_path),), (outcome,), steps, made)


def test_every_number_of_the_json_is_shown(report: Report) -> None:
    page = Page(page_of(report))
    data = json.loads(page.json)
    assert data == json.loads(json.dumps(report.as_json()))
    (wheel,) = data["wheels"]
    numbers = [size_text(member["size"]) for member in wheel["members"]]
    numbers += [size_text(member["packed"]) for member in wheel["members"]]
    numbers += [size_text(wheel["size"]), size_text(wheel["unpacked"]), "1.2 MB"]
    numbers += [f"{s['seconds']:.1f} s" for spans in data["steps"].values() for s in spans]
    numbers += [f"{made['seconds']:.1f} s" for made in data["slowest"]]
    assert len(numbers) > 10
    assert [number for number in numbers if number not in page.text] == []
    for member in wheel["members"]:
        assert member["place"] in page.text
    assert [made["file"] for made in data["slowest"]] == ["slow.o", "fast.o"]


def test_texts_cannot_add_elements(report: Report) -> None:
    text = page_of(report)
    assert "alert(" in text
    assert [tag for tag, _ in Page(text).elements].count("script") == 1
    assert EVIL in Page(text).text


def test_the_page_needs_nothing_else(report: Report) -> None:
    text = page_of(report)
    addresses = re.findall(r"(?:src|href)=\"([^\"]*)\"|url\(([^)]*)\)", text)
    assert addresses == [("data:,", "")]
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text


def test_where_libraries_are_found(report: Report) -> None:
    (wheel,) = report.wheels
    found = {need.library: need.found for need in wheel.needs}
    assert found["libx.so.1"] == "in the wheel: p/lib/libx.so.1"
    assert found["libc.so.6"] == "on every system of the tag"


def test_findings_are_there_with_their_codes(tmp_path: Path) -> None:
    path = write_packed(tmp_path / "p-1-cp312-cp312-linux_x86_64.whl", {"p/m.abi3.so": b"text"})
    report = inspect_wheel(path)
    assert not report.is_sound
    wheel = contents_of(path, report)
    page = Page(page_of(Report("p", (wheel,)))).text
    for found in report.findings:
        assert found.code.text in page
    assert "does not fit the tag" in page


def test_many_files_share_a_rectangle(tmp_path: Path) -> None:
    files = {f"p/{number}.txt": b"x" * (number + 1) for number in range(400)}
    path = write_packed(tmp_path / "p-1-py3-none-any.whl", files)
    page = Page(page_of(Report("p", (contents_of(path, inspect_wheel(path)),))))
    assert "all other files" in page.text
    assert [tag for tag, _ in page.elements].count("rect") == 251


def test_an_empty_wheel_has_no_map() -> None:
    wheel = WheelContents("p", "py3-none-any", True, 0, (), (), ())
    assert "<svg" not in page_of(Report("p", (wheel,)))


def test_without_the_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    need_libraries()
    monkeypatch.setitem(sys.modules, "squarify", None)
    with pytest.raises(ConfigError) as caught:
        need_libraries()
    assert "squarify" in str(caught.value)
    assert "py-build-cmake[report]" in str(caught.value)


def test_the_file_appears_whole(tmp_path: Path, report: Report) -> None:
    write_report(report, tmp_path / "new" / "report.html")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["report.html"]
