"""Wheels that are broken in one place are refused, and those that they are made from are not."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.doctored import (
    BASES,
    CHANGED_BYTES,
    Base,
    Contents,
    Row,
    compile_library,
    compile_module,
    doctored,
)

from py_build_cmake.platforms.tags import WheelTag
from py_build_cmake.verify.contents import check_wheel
from py_build_cmake.verify.finding import FileReport, Severity
from py_build_cmake.verify.formats.reading import read_stream
from py_build_cmake.verify.inspect import inspect_wheel

DOCTORED = {name: (row, base) for name, row, base in doctored()}


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.tag)
def test_sound_wheels(tmp_path: Path, base: Base) -> None:
    report = inspect_wheel(Contents(base).write(tmp_path))
    assert [str(f.shown) for f in report.findings if f.severity is not Severity.NOTE] == []
    assert len(report.files) == 2


@pytest.mark.parametrize(("row", "base"), DOCTORED.values(), ids=DOCTORED)
def test_doctored_wheels(tmp_path: Path, row: Row, base: Base) -> None:
    report = inspect_wheel(row.change(Contents(base)).write(tmp_path))
    found = {
        finding.code.text: str(finding.shown) for finding in report.findings if finding.is_error
    }
    assert row.code in found


def test_there_are_many() -> None:
    assert len(DOCTORED) > 150


@st.composite
def changed_binaries(draw: st.DrawFn) -> tuple[str, dict[str, bytes]]:
    """The binaries of a sound wheel with another byte somewhere, and the wheel's tag."""
    base = draw(st.sampled_from(BASES))
    files = {
        base.module_place: compile_module(base, {}),
        base.library_place: compile_library(base, {}),
    }
    place = draw(st.sampled_from(sorted(files)))
    data = bytearray(files[place])
    data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return base.tag, {**files, place: bytes(data)}


@settings(max_examples=CHANGED_BYTES)
@given(changed_binaries())
def test_no_byte_makes_a_traceback(wheel: tuple[str, dict[str, bytes]]) -> None:
    tag, files = wheel
    read = ((place, read_stream(io.BytesIO(data))) for place, data in files.items())
    reports = [FileReport(place, binary) for place, binary in read if binary]
    for finding in check_wheel(WheelTag.parse(tag), reports, places=files).findings:
        assert str(finding.shown)
