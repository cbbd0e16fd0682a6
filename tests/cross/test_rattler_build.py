"""The tutorial's recipe with the real rattler-build, offline from a channel made here.

It takes minutes. `test_cpp_math.py` does the same in an imitated environment, in seconds.
"""

from __future__ import annotations

import json
import os
import platform
import tarfile
from pathlib import Path

import pytest
from host_python import Unavailable
from support.builds import EXAMPLES, run
from support.conda_channel import BUILD_PLATFORM, SITE_PACKAGES, Rattler, make_rattler
from support.examples import copy_directory
from support.hosts import Host, without
from support.wheels import elf_machine

CHOSEN = ("PY_BUILD_CMAKE_TEST_RATTLER", "PY_BUILD_CMAKE_REQUIRE_CROSS")

pytestmark = [
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the channel is for linux-64"),
    pytest.mark.skipif(
        all(os.environ.get(name) != "1" for name in CHOSEN),
        reason="PY_BUILD_CMAKE_TEST_RATTLER=1 builds conda packages, in minutes",
    ),
]

ADD = "import cpp_math; print(cpp_math.add(1, 2))"
STUBS = {"cpp_math-stubs/__init__.pyi", "cpp_math-stubs/_core.pyi"}


@pytest.fixture
def rattler(tmp_path: Path, aarch64: Host, wheelhouse: Path, build_env: dict[str, str]) -> Rattler:
    (wheel,) = wheelhouse.glob("*.whl")
    try:
        return make_rattler(tmp_path / "conda", aarch64, wheel, build_env)
    except Unavailable as reason:
        without(reason)


def read(package: Path) -> dict[str, bytes]:
    """Return the contents of a conda package."""
    with tarfile.open(package) as archive:
        return {
            member.name: archive.extractfile(member).read()  # type: ignore[union-attr]
            for member in archive
            if member.isfile()
        }


def read_stubs(out: Path) -> dict[str, bytes]:
    """Return the stubs package of a build, which must have one, without the time of the build."""
    (package,) = out.glob("noarch/cpp_math-stubs-0.1.0-*.tar.bz2")
    files = read(package)
    index = json.loads(files.pop("info/index.json"))
    del index["timestamp"]
    return {**files, "info/index.json": json.dumps(index).encode(), "name": package.name.encode()}


def import_extension(package: Path, python: Path, directory: Path) -> str:
    """Unpack a package and return what a program prints that uses it."""
    with tarfile.open(package) as archive:
        archive.extractall(directory)
    environment = {"PYTHONPATH": str(directory / SITE_PACKAGES)}
    return run(python, "-c", ADD, cwd=directory, env=environment)


def test_both_platforms(rattler: Rattler, aarch64: Host, tmp_path: Path) -> None:
    project = copy_directory(EXAMPLES / "cpp-math", tmp_path / "project")
    text = (project / "CMakeLists.txt").read_text(encoding="utf-8")
    assert "CMAKE_CROSSCOMPILING" not in text
    assert "PREFIX" not in text
    recipe = project / "recipe" / "recipe.yaml"
    hosts = {
        BUILD_PLATFORM: ("x86_64", ".cpython-311-x86_64-linux-gnu.so", rattler.build_python),
        "linux-aarch64": ("aarch64", aarch64.suffix, aarch64.python),
    }
    stubs = []
    for target, (machine, suffix, python) in hosts.items():
        out = tmp_path / target
        log = rattler.build(recipe, target, out)
        cross = target != BUILD_PLATFORM
        reason = "cross-compiling for linux_aarch64: host_platform=linux-aarch64"
        assert (reason in log) == cross, log
        (package,) = out.glob(f"{target}/cpp-math-0.1.0-*.tar.bz2")
        files = read(package)
        # A directory of the build would be named there. (rattler-build itself compiles modules.)
        assert not [name for name in files if name.endswith("direct_url.json")]
        binaries = {name: elf_machine(data) for name, data in files.items()}
        module = str(SITE_PACKAGES / f"cpp_math/_core{suffix}")
        assert {name: found for name, found in binaries.items() if found} == {module: machine}
        assert import_extension(package, python, tmp_path / f"unpacked-{target}") == "3\n"
        stubs.append(read_stubs(out))
    native, cross_built = stubs
    (constraint,) = json.loads(native["info/index.json"])["constrains"]
    assert constraint.startswith("cpp-math >=0.1.0,<")
    assert not [name for name in native if name.endswith("direct_url.json")]
    assert {name.partition("/")[2] for name in native if name.endswith(".pyi")} == STUBS
    assert native == cross_built
