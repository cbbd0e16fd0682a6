"""What the documentation shows is a configuration."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import fastjsonschema
import pytest
from generators.json_schema import TITLES, generate_schema
from support.configuration import PROJECT_TABLE, Sources
from support.machines import LINUX_CP311
from support.pages import DOCS, Block, Role, blocks, pages

from py_build_cmake.config.load import load_config
from py_build_cmake.config.settings import parse_config_settings
from py_build_cmake.wheels.matrix import read_matrix

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# By which name the files that TOML blocks are end; a word behind the language says the same.
ENDS = {
    "cross": ".cross.toml",
    "local": ".local.toml",
    "matrix": "wheels.toml",
    "pyproject": "pyproject.toml",
}
OTHER = "other"
OVERRIDES = re.findall(
    r"^(?:pip|python) .*? -C '?(.+?)'?$",
    (DOCS / "how-to" / "configure.md").read_text("utf-8"),
    re.M,
)


def _kind(block: Block) -> str | None:
    if block.kind:
        return block.kind
    if block.file:
        found = (kind for kind, end in ENDS.items() if block.file.endswith(end))
        return next(found, OTHER)
    is_pyproject = re.search(r"^\[+(tool\.|project\]|build-system\])", block.text, re.M)
    return "pyproject" if is_pyproject else None


ALL = [block for page in pages() for block in blocks(page, "toml")]
# Parts of the examples are tested with those.
PYPROJECTS = [b for b in ALL if _kind(b) == "pyproject" and b.role is not Role.PART]
TABLES = [block for block in ALL if _kind(block) in ("cross", "local")]
MATRICES = [block for block in ALL if _kind(block) == "matrix"]


def place(block: Block) -> str:
    return block.place


def test_there_are_examples() -> None:
    assert len([block for block in PYPROJECTS if "when]]" in block.text]) >= 6
    assert len(OVERRIDES) >= 5
    assert len(TABLES) >= 15
    assert MATRICES


@pytest.mark.parametrize("block", ALL, ids=place)
def test_every_block_says_what_it_is(block: Block) -> None:
    assert _kind(block) in (*ENDS, OTHER)
    assert tomllib.loads(block.text)


@pytest.mark.parametrize("block", PYPROJECTS, ids=place)
def test_tables(sources: Sources, block: Block) -> None:
    sources.write("VERSION", "1.0")
    sources.write("src/version.h.in", '#define VERSION "${version}"')
    sources.write("include/version.hpp", '#define VERSION "1.0"')
    sources.write("CMakeLists.txt", "project(example VERSION 1.0)")
    project = "" if "[project]" in block.text else PROJECT_TABLE
    sources.write("pyproject.toml", project + block.text)
    load_config(sources.directory, parse_config_settings({}, {}), LINUX_CP311)


@pytest.fixture(scope="session")
def schemas() -> dict[str, object]:
    return {name: fastjsonschema.compile(generate_schema(name)) for name in TITLES}


@pytest.mark.parametrize("block", TABLES, ids=place)
def test_other_files(schemas: dict[str, object], block: Block) -> None:
    """What a cross or local file of a page has is allowed there."""
    validate = schemas[str(_kind(block))]
    assert callable(validate)
    # Dates and the like, which no option has, are none of JSON either.
    validate(json.loads(json.dumps(tomllib.loads(block.text))))


@pytest.mark.parametrize("block", MATRICES, ids=place)
def test_matrices(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "wheels.toml"
    file.write_text(block.text)
    assert read_matrix(file)


@pytest.mark.parametrize("override", OVERRIDES)
def test_overrides(sources: Sources, override: str) -> None:
    key, _, value = override.partition("=")
    settings = parse_config_settings({key: value}, {})
    load_config(sources.directory, settings, LINUX_CP311)
