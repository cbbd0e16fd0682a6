"""The files that a forge reads: workflows, forms, and texts for people who join."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
FORGE = REPOSITORY / ".github"
WORKFLOWS = sorted((FORGE / "workflows").glob("*.yml"))
TEXTS = sorted(FORGE.glob("*.md"))
_PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")


def test_all_are_there() -> None:
    assert {path.stem for path in WORKFLOWS} == {"tests", "hosts", "weekly", "release"}
    assert {"CODE_OF_CONDUCT", "CONTRIBUTING", "SECURITY", "SUPPORT"} <= {p.stem for p in TEXTS}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_ask_for_little(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text("utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 120
        for step in job["steps"]:
            assert "uses" not in step or _PINNED.fullmatch(step["uses"])


@pytest.mark.skipif(sys.version_info < (3, 10), reason="zizmor needs Python 3.10")
def test_nothing_is_found_in_workflows() -> None:
    zizmor = shutil.which("zizmor", path=sysconfig.get_path("scripts"))
    assert zizmor
    done = subprocess.run(
        [zizmor, "--offline", "--no-progress", str(FORGE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No findings to report" in done.stdout


@pytest.mark.parametrize("path", sorted(FORGE.glob("ISSUE_TEMPLATE/[0-9]*.yml")), ids=str)
def test_forms_have_what_forms_need(path: Path) -> None:
    form = yaml.safe_load(path.read_text("utf-8"))
    assert form["name"] and form["description"]
    ids = [field["id"] for field in form["body"]]
    assert len(ids) == len(set(ids))
    assert all(field["attributes"]["label"] for field in form["body"])


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        assert target.startswith("https://") or (path.parent / target).exists(), target


def test_hooks_of_commits_are_stages_of_the_tests() -> None:
    config = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text("utf-8"))
    (hook,) = config["repos"][0]["hooks"]
    command = hook["entry"].split()
    listed = subprocess.run(
        [sys.executable, REPOSITORY / "tests/run.py", "--list"],
        capture_output=True,
        text=True,
        check=True,
    )
    known = {line.split()[0] for line in listed.stdout.splitlines()}
    stages = {word for flag, word in zip(command, command[1:]) if flag == "--stage"}
    assert stages and stages <= known
