"""cibuildwheel's own modules that make an interpreter speak for Android or iOS, and what we see."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.builds import REPOSITORY, make_venv, run
from support.pythons import find_python

SEE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from py_build_cmake.platforms.build_machine import detect_build_machine
from py_build_cmake.platforms.environments.registry import detect_cross
build = detect_build_machine()
found, truth = detect_cross(build).found, build.truth
print(json.dumps({
    "os": build.os,
    "truth": [truth.os, truth.platform_tag, truth.abi_tag, str(truth.executable)],
    "headers": (truth.include_dir / "patchlevel.h").is_file(),
    "why": found.why if found else None,
    "keys": {key: str(value) for key, value in found.keys.items()} if found else {},
}))
"""


@pytest.fixture(scope="module")
def resources() -> Path:
    spec = importlib.util.find_spec("cibuildwheel")
    if spec is None or spec.origin is None:
        pytest.skip("cibuildwheel is not installed")
    return Path(spec.origin).with_name("resources")


@pytest.fixture
def python(tmp_path: Path) -> Path:
    found = find_python(13)
    if found is None:
        pytest.skip("there is no Python 3.13")
    return make_venv(tmp_path / "venv", python=found)


def see(python: Path, directory: Path, **env: str) -> dict[str, Any]:
    script = directory / "see.py"
    script.write_text(SEE)
    seen: dict[str, Any] = json.loads(run(python, script, REPOSITORY / "src", env=env))
    return seen


def test_android(resources: Path, python: Path, tmp_path: Path) -> None:
    own = see(python, tmp_path)
    assert own["why"] is None
    prefix = tmp_path / "prefix"
    for name in ("include/python3.13/patchlevel.h", "lib/libpython3.13.so"):
        (prefix / name).parent.mkdir(parents=True)
        (prefix / name).touch()
    packages = python.parents[1] / "lib" / "python3.13" / "site-packages"
    for suffix in ("pth", "py"):
        shutil.copy(resources / "android" / f"_cross_venv.{suffix}", packages)
    triplet, soabi = "aarch64-linux-android", "cpython-313-aarch64-linux-android"
    variables = {
        **{"prefix": str(prefix), "exec_prefix": str(prefix), "VERSION": "3.13"},
        **{"SOABI": soabi, "EXT_SUFFIX": f".{soabi}.so", "ANDROID_API_LEVEL": 24},
    }
    (packages / f"_sysconfigdata__android_{triplet}.py").write_text(
        f"build_time_vars = {variables!r}\n"
    )
    # Without the variable, the same environment builds for the machine that it is on.
    assert see(python, tmp_path) == own
    seen = see(python, tmp_path, CIBW_HOST_TRIPLET=triplet)
    assert seen["os"] == "android"
    assert seen["truth"] == own["truth"]
    assert seen["headers"] == own["headers"]
    assert seen["why"] == (f"cross-compiling for android_24_arm64_v8a: CIBW_HOST_TRIPLET={triplet}")
    assert seen["keys"] == {
        "os": "android",
        "implementation": "cp",
        "version": "313",
        "abi": "cp313",
        "soabi": soabi,
        "prefix": str(prefix),
        "include_dir": str(prefix / "include" / "python3.13"),
        "library": str(prefix / "lib" / "libpython3.13.so"),
    }
