"""The version from a file of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.configs import dynamic_config

from py_build_cmake.base.errors import MetadataError
from py_build_cmake.project.dynamic import DynamicSources, dynamic_fields
from py_build_cmake.project.metadata import read_metadata
from py_build_cmake.project.module import Module


def version(directory: Path, name: str, content: str) -> str:
    path = directory / name
    path.write_bytes(content.encode())
    # The module does not exist, and nobody asks for it.
    return dynamic_fields(["version"], sources(directory, version_file=path))["version"]


def sources(directory: Path, module: Module | None = None, **config: Any) -> DynamicSources:
    module = module or Module("m", directory / "m.py", directory)
    return DynamicSources(module, directory, dynamic_config(**config))


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
        dynamic_fields(["version"], sources(tmp_path, version_file=path))


def test_the_description_still_comes_from_the_module(tmp_path: Path) -> None:
    main, file = tmp_path / "m.py", tmp_path / "VERSION"
    main.write_text('"""Does a lot."""\n__version__ = "9"\n')
    file.write_text("1.2")
    module = Module("m", main, tmp_path)
    fields = dynamic_fields(
        ["version", "description"], sources(tmp_path, module, version_file=file)
    )
    assert fields == {"version": "1.2", "description": "Does a lot."}


def test_the_metadata_name_the_file(tmp_path: Path) -> None:
    file = tmp_path / "VERSION"
    file.write_text("1.2")
    module = Module("m", None, tmp_path)
    table = {"name": "m", "dynamic": ["version"]}
    metadata = read_metadata(table, tmp_path, module, sources(tmp_path, module, version_file=file))
    assert metadata.version == "1.2"
    assert metadata.files == (file,)


HEADER = '#define VERSION "1.4.0"\n#define API_VERSION 3\n'


@pytest.mark.parametrize(
    ("content", "pattern", "expected"),
    [
        (HEADER, r'^#define VERSION "(.*)"', "1.4.0"),
        (HEADER, r'(#)define VERSION "(?P<version>[\d.]*)"', "1.4.0"),
        ("v = 1.0\nv = 1.0\n", r"v = ([\d.]+)", "1.0"),
    ],
)
def test_a_pattern(tmp_path: Path, content: str, pattern: str, expected: str) -> None:
    path = tmp_path / "version.hpp"
    path.write_text(content)
    given = sources(tmp_path, version_file=path, version_pattern=pattern)
    assert dynamic_fields(["version"], given) == {"version": expected}


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (r'^#define NAME "(.*)"', "has nothing where"),
        (r"VERSION (.*)$", "has '\"1.4.0\"', '3' where"),
        (r"(API)_VERSION", "'API' is not a version"),
    ],
)
def test_a_pattern_that_finds_no_version(tmp_path: Path, pattern: str, message: str) -> None:
    path = tmp_path / "version.hpp"
    path.write_text(HEADER)
    with pytest.raises(MetadataError) as caught:
        dynamic_fields(["version"], sources(tmp_path, version_file=path, version_pattern=pattern))
    assert message in caught.value.problems[0].message


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ("project(demo VERSION 1.2 LANGUAGES C)", "1.2"),
        ("# project(x VERSION 9)\nPROJECT(demo\n  LANGUAGES C VERSION\n  1.2.3.4)", "1.2.3.4"),
        ('project(demo VERSION "2")\nproject(other VERSION 3)', "2"),
        ("project(demo)\nproject(other VERSION 3)", None),
        ("project(demo VERSION ${v})", None),
        ("project(demo VERSION 1.2${v})", None),
        ("", None),
    ],
)
def test_the_version_of_cmake(tmp_path: Path, lists: str, expected: str | None) -> None:
    (tmp_path / "CMakeLists.txt").write_text(lists)
    given = sources(tmp_path, version="cmake")
    if expected:
        assert dynamic_fields(["version"], given) == {"version": expected}
        return
    with pytest.raises(MetadataError, match="literal version") as caught:
        dynamic_fields(["version"], given)
    assert caught.value.problems[0].where == str(tmp_path / "CMakeLists.txt")


class FakeScm(ModuleType):
    """In place of setuptools-scm, which an integration test runs."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__("setuptools_scm")
        self.error, self.asked = error, {}  # type: ignore[var-annotated]

    def get_version(self, **options: object) -> str:
        self.asked.update(options)
        if self.error:
            raise self.error
        return "1.3.dev2+gabc"


def test_the_version_of_tags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "setuptools_scm", fake := FakeScm())
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text('[tool.setuptools_scm]\nroot = ".."\n')
    given = sources(tmp_path, version="git")
    assert dynamic_fields(["version"], given) == {"version": "1.3.dev2+gabc"}
    assert fake.asked == {"root": "..", "relative_to": str(pyproject)}
    # A source distribution has no tags; it says what the version was.
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.4\nName: m\nVersion: 1.2\n\nText")
    assert dynamic_fields(["version"], given) == {"version": "1.2"}


@pytest.mark.parametrize(
    ("error", "message"),
    [(LookupError("no tags\nmore"), "setuptools-scm says: no tags"), (None, "cannot be imported")],
)
def test_no_tags(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception | None, message: str
) -> None:
    monkeypatch.setitem(sys.modules, "setuptools_scm", FakeScm(error) if error else None)
    with pytest.raises(MetadataError, match=message) as caught:
        dynamic_fields(["version"], sources(tmp_path, version="git"))
    assert caught.value.problems[0].hint
