"""This program's own wheel and source distribution: they have all that it reads when it runs."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest
from support.builds import REPOSITORY

import py_build_cmake
from py_build_cmake import build

PACKAGE = Path(py_build_cmake.__file__).parent
# Modules are not all: templates, scripts of CMake, schemas, data.
FILES = {
    f"{PACKAGE.name}/{path.relative_to(PACKAGE).as_posix()}"
    for path in PACKAGE.rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
}


def test_everything_is_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    assert "py_build_cmake/platforms/templates/pyconfig.h.in" in FILES
    assert "py_build_cmake/py.typed" in FILES
    with zipfile.ZipFile(tmp_path / build.build_wheel(str(tmp_path))) as wheel:
        assert set(wheel.namelist()) >= FILES
    with tarfile.open(tmp_path / build.build_sdist(str(tmp_path))) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
        assert names >= {f"src/{file}" for file in FILES}
