"""One time stamp, two modes, and files that are written whole or not at all."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from py_build_cmake.archive.reproducible import (
    EARLIEST_TIME,
    LATEST_TIME,
    archive_mode,
    archive_time,
    written_whole,
)
from py_build_cmake.base.errors import ConfigError


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, EARLIEST_TIME),
        ({"SOURCE_DATE_EPOCH": ""}, EARLIEST_TIME),
        ({"SOURCE_DATE_EPOCH": "1700000000"}, 1700000000),
        # A zip archive begins in 1980 and ends in 2107.
        ({"SOURCE_DATE_EPOCH": "0"}, EARLIEST_TIME),
        ({"SOURCE_DATE_EPOCH": "-1"}, EARLIEST_TIME),
        ({"SOURCE_DATE_EPOCH": "9" * 15}, LATEST_TIME),
    ],
)
def test_the_time_of_all_members(environ: dict[str, str], expected: int) -> None:
    assert archive_time(environ) == expected


def test_the_range_is_that_of_a_zip_archive() -> None:
    assert time.gmtime(EARLIEST_TIME)[:6] == (1980, 1, 1, 0, 0, 0)
    # Its seconds are even.
    assert time.gmtime(LATEST_TIME)[:6] == (2107, 12, 31, 23, 59, 58)


@pytest.mark.parametrize("value", ["now", "1.5", "2023-11-14"])
def test_a_time_must_be_a_number(value: str) -> None:
    with pytest.raises(ConfigError, match="is not a number of seconds") as e:
        archive_time({"SOURCE_DATE_EPOCH": value})
    assert e.value.problems[0].where == "environment variable SOURCE_DATE_EPOCH"


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (0o100644, 0o644),
        (0o600, 0o644),
        (0o444, 0o644),
        (0o666, 0o644),
        (0o100755, 0o755),
        (0o700, 0o755),
        (0o4711, 0o755),
        (0o011, 0o644),
    ],
)
def test_only_executability_is_kept(mode: int, expected: int) -> None:
    assert archive_mode(mode) == expected


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    path.write_bytes(b"old")
    with written_whole(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="no modes")
def test_a_file_can_be_read_by_everybody(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    with written_whole(path):
        pass
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, SystemExit])
def test_an_interrupted_write_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), written_whole(tmp_path / "archive") as file:
        file.write(b"half")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="full"), written_whole(path) as file:
        file.write(b"half")
        raise OSError("full")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_killed_builds_left_is_removed(tmp_path: Path) -> None:
    """Also for another version; but not what another build is writing, or of another project."""
    left = [tmp_path / f".pkg-{name}.abc.part" for name in ("1.0-py3-none-any.whl", "0.9.tar.gz")]
    others = [tmp_path / ".pkg_other-1.0.abc.part", tmp_path / "pkg-1.0.part"]
    for path in (*left, *others):
        path.touch()
    with written_whole(tmp_path / "pkg-2.0.whl"):
        assert not any(path.exists() for path in left)
        (written,) = tmp_path.glob(".pkg-2.0.whl.*.part")
        with written_whole(tmp_path / "pkg-2.0.tar.gz"):
            assert written.exists()
    assert all(path.exists() for path in others)
    assert (tmp_path / "pkg-2.0.whl").exists()
