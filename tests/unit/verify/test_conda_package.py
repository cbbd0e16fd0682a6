"""Packages of conda: architecture, Python and macOS, as their index says."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import compiled as c
from support.packed import write_conda

from py_build_cmake.base.errors import Error, WheelError
from py_build_cmake.verify.contents import WheelReport
from py_build_cmake.verify.finding import Code, Severity
from py_build_cmake.verify.ignored import Ignored
from py_build_cmake.verify.inspect import inspect_package

NAME = "m-1.0-py312h1234_0.conda"
SITE = "lib/python3.12/site-packages"
MODULE = f"{SITE}/m/x.cpython-312-x86_64-linux-gnu.so"
MAC_MODULE = f"{SITE}/m/x.cpython-312-darwin.so"
PYTHON = ("python >=3.12,<3.13.0a0", "python_abi 3.12.* *_cp312")
X86_64 = c.elf(c.X86_64, exports=["PyInit_x"])
AARCH64 = c.elf(c.AARCH64)


def index(subdir: str = "linux-64", *depends: str, **changes: Any) -> dict[str, Any]:
    fields = {"name": "m", "version": "1.0", "build": "py312h1234_0", "subdir": subdir}
    return {**fields, "depends": list(depends), **changes}


def inspect(
    directory: Path, about: object, files: dict[str, bytes], name: str = NAME, *ignored: str
) -> WheelReport:
    return inspect_package(write_conda(directory / name, about, files), Ignored.of(ignored))


@pytest.mark.parametrize(
    ("subdir", "depends", "tag"),
    [
        ("linux-64", PYTHON, "cp312-cp312-linux_x86_64"),
        ("linux-aarch64", ("python >=3.12,<3.13.0a0",), "cp312-cp312-linux_aarch64"),
        ("linux-64", ("python 3.12.*",), "cp312-cp312-linux_x86_64"),
        ("linux-64", ("python >=3.9,<4",), "py3-none-linux_x86_64"),
        ("linux-64", ("python >=3.9,<3.13",), "py3-none-linux_x86_64"),
        ("linux-64", ("python_abi 3.13.* *_cp313t",), "cp313-cp313t-linux_x86_64"),
        ("linux-64", ("python_abi 3.9 *_pypy39_pp73",), "pp39-pypy39_pp73-linux_x86_64"),
        ("linux-64", ("python", "cpython >=3.9"), "cp39-abi3-linux_x86_64"),
        ("linux-64", ("libzlib >=1.3",), "py3-none-linux_x86_64"),
        ("noarch", ("python >=3.9",), "py3-none-any"),
        ("osx-64", PYTHON, "cp312-cp312-macosx_10_13_x86_64"),
        ("osx-arm64", (*PYTHON, "__osx >=12.3"), "cp312-cp312-macosx_12_3_arm64"),
        ("osx-arm64", ("__osx >=11",), "py3-none-macosx_11_0_arm64"),
        ("win-64", PYTHON, "cp312-cp312-win_amd64"),
    ],
)
def test_what_a_package_promises(
    tmp_path: Path, subdir: str, depends: tuple[str, ...], tag: str
) -> None:
    found = inspect(tmp_path, index(subdir, *depends), {f"{SITE}/m/__init__.py": b""})
    assert (found.name, str(found.tag), found.findings) == (NAME, tag, ())


def test_a_package_that_fits(tmp_path: Path) -> None:
    embeds = c.elf(c.X86_64, needed=["libc.so.6", "libpython3.12.so.1.0"])
    found = inspect(tmp_path, index("linux-64", *PYTHON), {MODULE: X86_64, "lib/libm.so": embeds})
    assert found.findings == ()
    assert [file.place for file in found.files] == [MODULE, "lib/libm.so"]


@pytest.mark.parametrize(
    ("about", "files", "code"),
    [
        (index("linux-64", *PYTHON), {MODULE: AARCH64}, Code.WRONG_MACHINE),
        (index("linux-aarch64"), {"lib/libm.so": X86_64}, Code.WRONG_MACHINE),
        (index("win-64"), {"Library/bin/m.dll": X86_64}, Code.WRONG_MACHINE),
        (index("noarch"), {"lib/libm.so": X86_64}, Code.BINARY_IN_ANY_WHEEL),
        (
            index("linux-64", "python_abi 3.11.* *_cp311"),
            {MODULE: X86_64},
            Code.WRONG_SUFFIX,
        ),
        (index("linux-64"), {MODULE: X86_64}, Code.NO_PYTHON_REQUIRED),
        (
            index("osx-arm64", *PYTHON, "__osx >=11.0"),
            {MAC_MODULE: c.mach(c.MAC_ARM64, platforms=[(1, 14, 0)], exports=["PyInit_x"])},
            Code.NEWER_SYSTEM,
        ),
        (index("linux-64", version="2.0"), {}, Code.OTHER_METADATA),
    ],
)
def test_doctored_packages(
    tmp_path: Path, about: dict[str, Any], files: dict[str, bytes], code: Code
) -> None:
    found = inspect(tmp_path, about, files)
    assert [f.code for f in found.findings] == [code]
    assert found.is_sound == (code.severity is not Severity.ERROR)
    assert inspect(tmp_path, about, files, NAME, code.text).is_sound


@pytest.mark.parametrize(
    "about",
    [[], 1, None, {}, {"name": "m"}, index(depends=1), index("linux-99"), index("unknown")],
)
def test_what_no_index_says(tmp_path: Path, about: object) -> None:
    with pytest.raises(WheelError, match="cannot be read: its"):
        inspect(tmp_path, about, {})


@pytest.mark.parametrize("data", [b"", b"PK", b"text"])
def test_what_is_no_package(tmp_path: Path, data: bytes) -> None:
    (tmp_path / NAME).write_bytes(data)
    with pytest.raises(WheelError, match="cannot be read"):
        inspect_package(tmp_path / NAME, Ignored.of(()))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_damaged_packages(tmp_path: Path, data: st.DataObject) -> None:
    path = write_conda(tmp_path / NAME, index("linux-64", *PYTHON), {MODULE: X86_64})
    contents = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        contents[data.draw(st.integers(0, len(contents) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(contents[: data.draw(st.integers(0, len(contents)) | st.just(len(contents)))])
    try:
        inspect_package(path, Ignored.of(()))
    except WheelError as e:
        assert "\n" not in e.problems[0].message


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_conda(tmp_path / NAME, index(), {})
    real = builtins.__import__

    def missing(name: str, *arguments: Any) -> Any:
        if name in ("backports", "compression"):
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", missing)
    monkeypatch.delitem(sys.modules, "backports.zstd", raising=False)
    with pytest.raises(Error, match=r"py-build-cmake\[cli\]"):
        inspect_package(path, Ignored.of(()))
