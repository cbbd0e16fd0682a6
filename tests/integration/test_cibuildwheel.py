"""The workflow that the documentation has for cibuildwheel is one that cibuildwheel accepts."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from support.builds import REPOSITORY, run

GUIDE = (REPOSITORY / "docs" / "how-to" / "cibuildwheel.md").read_text("utf-8")
PLATFORMS = re.findall(r"platform: (\w+) }", GUIDE)
(CONFIGURATION,) = (
    block
    for block in re.findall(r"```toml\n(.*?)```", GUIDE, re.S)
    if "[tool.cibuildwheel]" in block
)
# What the guide's configuration builds, for some of the platforms.
EXPECTED = {
    "linux": {"cp311-manylinux_x86_64", "cp313-manylinux_x86_64"},
    "macos": {"cp311-macosx_x86_64", "cp311-macosx_arm64", "cp313-macosx_x86_64"},
    "windows": {"cp311-win_amd64", "cp311-win_arm64", "cp313-win_arm64"},
    "ios": {"cp313-ios_arm64_iphoneos", "cp313-ios_arm64_iphonesimulator"},
    "pyodide": {"cp313-pyodide_wasm32"},
    "android": {"cp313-android_x86_64"},
}

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("cibuildwheel") is None, reason="cibuildwheel is not installed"
)


def test_the_guide_has_all_platforms() -> None:
    assert sorted(PLATFORMS) == sorted(EXPECTED)


def test_the_configuration_fits_the_schema() -> None:
    import fastjsonschema

    assert fastjsonschema.compile(_schema())(_configuration())
    # The schema is one that refuses something.
    wrong = {**_configuration(), "no-such-option": 1}
    with pytest.raises(fastjsonschema.JsonSchemaException):
        fastjsonschema.compile(_schema())(wrong)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_builds_something(platform: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION)
    # The machine of the workflow's runner, where cibuildwheel asks for it.
    command = (sys.executable, "-m", "cibuildwheel", "--print-build-identifiers")
    env = {"CIBW_ARCHS": "x86_64"} if platform == "android" else {}
    said = run(*command, "--platform", platform, tmp_path, env=env)
    assert EXPECTED[platform] <= set(said.split())


def _configuration() -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    found: dict[str, Any] = tomllib.loads(CONFIGURATION)["tool"]["cibuildwheel"]
    return found


def _schema() -> dict[str, Any]:
    spec = importlib.util.find_spec("cibuildwheel")
    assert spec
    assert spec.origin
    path = Path(spec.origin).with_name("resources") / "cibuildwheel.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return schema
