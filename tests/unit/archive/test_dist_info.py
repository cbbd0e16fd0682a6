"""The ``.dist-info`` directory."""

from __future__ import annotations

from email import message_from_string
from pathlib import Path

import pytest

from py_build_cmake import __version__
from py_build_cmake.archive.dist_info import (
    ANNOUNCED,
    check_announced,
    dist_info_name,
    wheel_text,
    write_dist_info,
)
from py_build_cmake.base.errors import WheelError
from py_build_cmake.platforms.tags import PURE_TAG, WheelTag
from py_build_cmake.project.metadata import CoreMetadata

TAG = WheelTag.parse("py3.cp311-none-linux_x86_64.manylinux_2_17_x86_64")


def metadata(**changes: object) -> CoreMetadata:
    fields = {
        "name": "my-project",
        "version": "1.2",
        "text": "Name: my-project\nSummary: ü\n",
        "entry_points": {"console_scripts": {"run": "m:main"}},
        "licenses": {},
        "files": (),
    }
    return CoreMetadata(**{**fields, **changes})  # type: ignore[arg-type]


def test_the_wheel_file_of_a_pure_wheel() -> None:
    assert wheel_text(PURE_TAG, None) == (
        "Wheel-Version: 1.0\n"
        f"Generator: py-build-cmake {__version__}\n"
        "Root-Is-Purelib: true\n"
        "Tag: py3-none-any\n"
    )


def test_the_wheel_file_lists_every_tag() -> None:
    message = message_from_string(wheel_text(TAG, "1x"))
    assert message["Root-Is-Purelib"] == "false"
    assert message["Build"] == "1x"
    assert message.get_all("Tag") == [
        "py3-none-linux_x86_64",
        "py3-none-manylinux_2_17_x86_64",
        "cp311-none-linux_x86_64",
        "cp311-none-manylinux_2_17_x86_64",
    ]


def test_the_name_is_that_of_the_distribution() -> None:
    assert dist_info_name(metadata()) == "my_project-1.2.dist-info"


def test_everything_is_written(tmp_path: Path) -> None:
    (tmp_path / "COPYING").write_bytes(b"do what you want \xff")
    licenses = {"licenses/a/COPYING": tmp_path / "COPYING", "LICENSE": "Texte ü\n"}
    parent = tmp_path / "some" / "where"
    name = write_dist_info(parent, metadata(licenses=licenses), TAG, None)
    assert name == "my_project-1.2.dist-info"
    assert [path.name for path in parent.iterdir()] == [name]
    written = {
        path.relative_to(parent / name).as_posix(): path.read_bytes()
        for path in (parent / name).rglob("*")
        if path.is_file()
    }
    assert written == {
        "METADATA": "Name: my-project\nSummary: ü\n".encode(),
        "WHEEL": wheel_text(TAG, None).encode(),
        "entry_points.txt": b"[console_scripts]\nrun=m:main\n\n",
        "licenses/a/COPYING": b"do what you want \xff",
        "LICENSE": "Texte ü\n".encode(),
    }


def test_entry_points_are_written_even_if_there_are_none(tmp_path: Path) -> None:
    name = write_dist_info(tmp_path, metadata(entry_points={}), TAG, None)
    assert (tmp_path / name / "entry_points.txt").read_bytes() == b""


def announce(tmp_path: Path, **changes: object) -> tuple[Path, Path]:
    name = write_dist_info(tmp_path / "announced", metadata(), TAG, None)
    write_dist_info(tmp_path / "written", metadata(**changes), TAG, None)
    return tmp_path / "announced" / name, tmp_path / "written" / name


def test_what_was_announced_is_kept(tmp_path: Path) -> None:
    announced, written = announce(tmp_path)
    (written / "RECORD").write_text("")
    check_announced(announced, written)


def test_a_front_end_need_not_keep_more_than_the_metadata(tmp_path: Path) -> None:
    announced, written = announce(tmp_path)
    (announced / "WHEEL").unlink()
    (announced / "entry_points.txt").unlink()
    check_announced(announced, written)
    (announced / "METADATA").unlink()
    with pytest.raises(WheelError, match="METADATA is not what was announced"):
        check_announced(announced, written)


def test_line_endings_do_not_matter(tmp_path: Path) -> None:
    announced, written = announce(tmp_path)
    text = (announced / "METADATA").read_bytes()
    (announced / "METADATA").write_bytes(text.replace(b"\n", b"\r\n"))
    check_announced(announced, written)


@pytest.mark.parametrize("name", ANNOUNCED)
def test_a_change_is_an_error_that_shows_the_difference(tmp_path: Path, name: str) -> None:
    announced, written = announce(tmp_path)
    before, *others = (announced / name).read_text("utf-8").splitlines()
    (written / name).write_text("".join(f"{line}\n" for line in ["Changed", *others]), "utf-8")
    with pytest.raises(WheelError, match=f"{name} is not what was announced") as e:
        check_announced(announced, written)
    assert f"-{before}; +Changed" in str(e.value)
    assert e.value.problems[0].where == f"my_project-1.2.dist-info/{name}"
    assert e.value.problems[0].hint


@pytest.mark.parametrize("name", ANNOUNCED)
def test_a_missing_file_is_an_error(tmp_path: Path, name: str) -> None:
    announced, written = announce(tmp_path)
    (written / name).unlink()
    with pytest.raises(WheelError, match=f"{name} is not what was announced"):
        check_announced(announced, written)


def test_a_long_difference_is_shortened(tmp_path: Path) -> None:
    announced, written = announce(tmp_path, text="".join(f"Line: {i}\n" for i in range(100)))
    with pytest.raises(WheelError) as e:
        check_announced(announced, written)
    assert len(e.value.problems[0].message) < 200
