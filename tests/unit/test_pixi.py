"""The tutorial's ``pixi.toml``, for what can be said without pixi, which no package index has.

The keys are those of pixi's manual for a workspace that has one environment.
"""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = Path(__file__).resolve().parents[2] / "examples" / "cpp-math"
RECIPE = (PROJECT / "recipe" / "recipe.yaml").read_text("utf-8")
# The keys of that table, with the types of their values.
WORKSPACE = {"name": str, "channels": list, "platforms": list}
PLATFORMS = {"linux-64", "linux-aarch64", "osx-64", "osx-arm64"}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return tomllib.loads((PROJECT / "pixi.toml").read_text("utf-8"))


def test_tables_and_keys(manifest: dict[str, Any]) -> None:
    assert set(manifest) == {"workspace", "dependencies", "tasks"}
    workspace = manifest["workspace"]
    assert {key: type(value) for key, value in workspace.items()} == WORKSPACE
    assert all(isinstance(channel, str) for channel in workspace["channels"])
    # Specifications of versions, and commands: strings, both.
    for table in ("dependencies", "tasks"):
        assert all(isinstance(value, str) for value in manifest[table].values())


def test_platforms_have_the_shell_of_the_recipe(manifest: dict[str, Any]) -> None:
    """On Windows, ``$BUILD_PREFIX/bin/python`` is neither expanded nor there."""
    assert "$BUILD_PREFIX/bin/python" in RECIPE
    assert set(manifest["workspace"]["platforms"]) == PLATFORMS


def test_tasks_build_the_recipe(manifest: dict[str, Any]) -> None:
    for command in manifest["tasks"].values():
        program, verb, *options = shlex.split(command)
        assert program in manifest["dependencies"]
        assert verb == "build"
        given = dict(zip(options[::2], options[1::2]))
        assert (PROJECT / given.pop("--recipe") / "recipe.yaml").is_file()
        target = given.pop("--target-platform", "linux-64")
        assert target in manifest["workspace"]["platforms"]
        assert given == {}


def test_the_tutorial_names_the_tasks(manifest: dict[str, Any]) -> None:
    tutorial = PROJECT.parents[1] / "docs" / "tutorials" / "cpp-math.md"
    named = re.findall(r"^pixi run (\S+)", tutorial.read_text("utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(manifest["tasks"])


def test_name_is_that_of_an_output(manifest: dict[str, Any]) -> None:
    outputs = re.findall(r"- package:\n\s+name: (\S+)", RECIPE)
    assert len(outputs) == 2
    assert manifest["workspace"]["name"] in outputs


def test_the_guide_has_the_recipe_that_is_tested() -> None:
    guide = (PROJECT.parents[1] / "docs" / "how-to" / "conda.md").read_text("utf-8")
    block = guide.partition("```yaml\n")[2].partition("```\n")[0]
    outputs = RECIPE.replace("  - package:", "    package:").splitlines()
    assert block in "\n".join(line[4:] for line in outputs)
    # What would be of the build: a package that is empty, files of another Python, and paths.
    assert "--no-compile --target $SP_DIR" in block
    assert "rm $SP_DIR/*.dist-info/direct_url.json" in block
    assert "py-build-cmake >=1" in block
