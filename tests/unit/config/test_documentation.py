"""What the documentation shows is a configuration."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.configuration import PROJECT_TABLE, Sources
from support.machines import LINUX_CP311

from py_build_cmake.config.load import load_config
from py_build_cmake.config.settings import parse_config_settings

DOCS = Path(__file__).parents[3] / "docs"
BLOCKS = [
    pytest.param(block, id=f"{path.stem}-{number}")
    for path in sorted(DOCS.rglob("*.md"))
    for number, block in enumerate(re.findall(r"```toml\n(.*?)```", path.read_text("utf-8"), re.S))
    if "[tool.py-build-cmake" in block
]
OVERRIDES = re.findall(
    r"^(?:pip|python) .*? -C '?(.+?)'?$",
    (DOCS / "how-to" / "configure.md").read_text("utf-8"),
    re.M,
)


def test_there_are_examples() -> None:
    assert len([block for block in BLOCKS if "when]]" in str(block.values)]) >= 6
    assert len(OVERRIDES) >= 5


@pytest.mark.parametrize("block", BLOCKS)
def test_tables(sources: Sources, block: str) -> None:
    sources.write("VERSION", "1.0")
    sources.write("src/version.h.in", '#define VERSION "${version}"')
    sources.write("include/version.hpp", '#define VERSION "1.0"')
    project = "" if "[project]" in block else PROJECT_TABLE
    sources.write("pyproject.toml", project + block)
    load_config(sources.directory, parse_config_settings({}, {}), LINUX_CP311)


@pytest.mark.parametrize("override", OVERRIDES)
def test_overrides(sources: Sources, override: str) -> None:
    key, _, value = override.partition("=")
    settings = parse_config_settings({key: value}, {})
    load_config(sources.directory, settings, LINUX_CP311)
