"""The version from a file of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from py_build_cmake.base.errors import MetadataError
from py_build_cmake.project.dynamic import dynamic_fields
from py_build_cmake.project.metadata import read_metadata
from py_build_cmake.project.module import Module


def version(directory: Path, name: str, content: str) -> str:
    path = directory / name
    path.write_bytes(content.encode())
    # The module does not exist, and nobody asks for it.
    return dynamic_fields(["version"], Module("m", directory / "m.py", directory), path)["version"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("VERSION", "1.2.3\n", "1.2.3"),
        ("VERSION", "1.2.3", "1.2.3"),
        ("VERSION", "\ufeff\r\n 1.2.3 \r\n\r\n", "1.2.3"),
        ("version.txt", "v1.2-RC1\n", "1.2rc1"),
        ("_version.py", '"""Made by a tool."""\n__version__ = version = "1.2.3"\n', "1.2.3"),
        ("_version.pyi", '__version__ = "1.2.3"\n', "1.2.3"),
        ("_version.py", 'import nowhere\n__version__ = "1.2.3"\n', "1.2.3"),
    ],
)
def test_version(tmp_path: Path, name: str, content: str, expected: str) -> None:
    assert version(tmp_path, name, content) == expected


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("VERSION", "", "has 0 lines"),
        ("VERSION", "version\n1.2.3\n", "has 2 lines"),
        ("VERSION", "one\n", "'one' is not a version"),
        ("_version.py", "__version__ = '1' + '2'\n", "has no `__version__`"),
        ("_version.py", "if 1:\n  __version__ = '1'\n", "it is bound in line 2"),
        ("_version.py", "__version__ = '1'\n__version__ += '2'\n", "in line 1 and 2"),
        ("_version.py", "VERSION = '1'\n", "has no `__version__`"),
        ("_version.py", "__version__ = 'one'\n", "'one' is not a version"),
        ("_version.py", "1 = 2", "cannot be parsed"),
    ],
)
def test_what_is_no_version(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(MetadataError) as caught:
        version(tmp_path, name, content)
    (problem,) = caught.value.problems
    assert problem.where == str(tmp_path / name)
    assert message in problem.message


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "VERSION"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MetadataError, match="cannot be read"):
        dynamic_fields(["version"], Module("m", tmp_path / "m.py", tmp_path), path)


def test_the_description_still_comes_from_the_module(tmp_path: Path) -> None:
    main, file = tmp_path / "m.py", tmp_path / "VERSION"
    main.write_text('"""Does a lot."""\n__version__ = "9"\n')
    file.write_text("1.2")
    module = Module("m", main, tmp_path)
    fields = dynamic_fields(["version", "description"], module, file)
    assert fields == {"version": "1.2", "description": "Does a lot."}


def test_the_metadata_name_the_file(tmp_path: Path) -> None:
    file = tmp_path / "VERSION"
    file.write_text("1.2")
    module = Module("m", None, tmp_path)
    metadata = read_metadata({"name": "m", "dynamic": ["version"]}, tmp_path, module, file)
    assert metadata.version == "1.2"
    assert metadata.files == (file,)
