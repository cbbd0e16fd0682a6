"""The locks of what tests install: complete, verified by hashes, and without a place of origin."""

from __future__ import annotations

import json
import re
from pathlib import Path

import lock
import pytest
from support.environments import REQUIREMENTS

SOURCES = sorted(REQUIREMENTS.rglob("*.in"))
LOCKS = sorted(REQUIREMENTS.rglob("*.txt"))


def test_every_source_is_locked() -> None:
    assert [path.with_suffix(".txt") for path in SOURCES] == LOCKS


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: str(path.relative_to(REQUIREMENTS)))
def test_every_version_has_hashes(path: Path) -> None:
    text = path.read_text("utf-8")
    requirements = re.split(r"\n(?=[^\s#])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    for requirement in requirements:
        assert re.match(r"[\w.-]+==\S+ ", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement
    assert "://" not in text


@pytest.mark.parametrize("path", sorted(REQUIREMENTS.glob("npm/*/package-lock.json")))
def test_packages_of_npm_have_hashes(path: Path) -> None:
    text = path.read_text("utf-8")
    packages = {place: one for place, one in json.loads(text)["packages"].items() if place}
    assert packages
    assert all(package["integrity"] for package in packages.values())
    assert "resolved" not in text


def test_what_moved(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for directory, text in (
        (old, "a==1 \\\n    --hash=x\nb==2 ; x < '3' \\\n    --hash=x\nc==1 \\\n"),
        (new, "a==1 \\\n    --hash=y\nb==3 ; x < '3' \\\n    --hash=x\nb==2 ; x > '3' \\\n"),
    ):
        directory.mkdir()
        (directory / "tests.txt").write_text(f"# a comment\n{text}", encoding="utf-8")
    assert lock.moved(old, new) == ["b: 2 -> 2, 3", "c: 1 -> none"]
    assert lock.moved(old, old) == []
