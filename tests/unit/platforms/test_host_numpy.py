"""Which NumPy a directory of packages has."""

from __future__ import annotations

from pathlib import Path

import pytest

from py_build_cmake.platforms.host_numpy import find_numpy

SOABI = "cpython-311-aarch64-linux-gnu"


def make(site: Path, core: str = "_core", **files: str) -> Path:
    """Make what is looked at of a NumPy; names of ``files`` have dots for double underscores."""
    header = site / "numpy" / core / "include" / "numpy" / "arrayobject.h"
    header.parent.mkdir(parents=True)
    header.touch()
    for name, text in files.items():
        (site / "numpy" / name.replace("__", ".")).write_text(text)
    return site


def module(site: Path, name: str, core: str = "_core") -> None:
    (site / "numpy" / core / name).touch()


@pytest.mark.parametrize("core", ["core", "_core"])
@pytest.mark.parametrize(
    "metadata", ["numpy-2.2.6.dist-info", "numpy-2.2.6.egg-info", "numpy-2.2.6-py3.11.egg-info"]
)
def test_headers_and_version(tmp_path: Path, core: str, metadata: str) -> None:
    make(tmp_path, core)
    (tmp_path / metadata).mkdir()
    (tmp_path / "numpy_financial-1.0.dist-info").mkdir()
    module(tmp_path, f"_multiarray_umath.{SOABI}.so", core)
    found = find_numpy(tmp_path, SOABI)
    assert found.include_dir == tmp_path / "numpy" / core / "include"
    assert (found.version, found.problem) == ("2.2.6", "")


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        ("version__py", 'version = "2.1.0"\n__version__ = version\n', "2.1.0"),
        ("version__py", "short_version='1.26.4'\nversion='1.26.4'\n", "1.26.4"),
        ("_version__py", '{\n "version": "1.24.2"\n}\n', "1.24.2"),
        ("version__py", "version = compute()\n", ""),
    ],
)
def test_version_without_metadata(tmp_path: Path, name: str, text: str, version: str) -> None:
    found = find_numpy(make(tmp_path, **{name: text}), SOABI)
    assert found.version == version
    assert bool(found.include_dir) == bool(version)
    assert ("cannot be read" in found.problem) == (not version)


def test_two_versions_are_none(tmp_path: Path) -> None:
    make(tmp_path, version__py="version = '2.0'\n")
    for version in ("1.0", "2.0"):
        (tmp_path / f"numpy-{version}.dist-info").mkdir()
    assert find_numpy(tmp_path, SOABI).version == "2.0"


def test_nothing_named() -> None:
    found = find_numpy(None, SOABI)
    assert found.include_dir is None
    assert "`cross.site_packages`" in found.problem


def test_no_numpy_there(tmp_path: Path) -> None:
    found = find_numpy(tmp_path, SOABI)
    assert found.include_dir is None
    assert f"no numpy/core/include/numpy/arrayobject.h in {tmp_path}" in found.problem


def test_a_numpy_for_another_machine(tmp_path: Path) -> None:
    make(tmp_path, version__py="version = '2.0'\n")
    module(tmp_path, "_multiarray_umath.cpython-311-x86_64-linux-gnu.so")
    found = find_numpy(tmp_path, SOABI)
    assert found.include_dir is None
    assert (
        "x86_64-linux-gnu.so does not end with .cpython-311-aarch64-linux-gnu.so" in found.problem
    )
    module(tmp_path, f"_multiarray_umath.{SOABI}.so")
    assert find_numpy(tmp_path, SOABI).version == "2.0"


def test_an_unknown_soabi_is_not_compared(tmp_path: Path) -> None:
    make(tmp_path, version__py="version = '2.0'\n")
    module(tmp_path, "_multiarray_umath.cp311-win_amd64.pyd")
    assert find_numpy(tmp_path, "").version == "2.0"
