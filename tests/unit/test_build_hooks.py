"""The hooks, and where errors end."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import py_build_cmake.building.wheel
from py_build_cmake import build

PYPROJECT = '[project]\nname = "pkg"\nversion = "1.0"\n'


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "pkg.py").write_text('"""A module."""\n')
    (root / "pyproject.toml").write_text(PYPROJECT)
    monkeypatch.chdir(root)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return root


def test_the_hooks_of_a_pure_project(tmp_path: Path) -> None:
    assert build.get_requires_for_build_wheel() == []
    assert build.get_requires_for_build_sdist({"any": "thing"}) == []
    assert build.get_requires_for_build_editable() == []
    metadata = tmp_path / "metadata"
    metadata.mkdir()
    assert build.prepare_metadata_for_build_wheel(str(metadata)) == "pkg-1.0.dist-info"
    assert build.prepare_metadata_for_build_editable(str(metadata)) == "pkg-1.0.dist-info"
    wheel = build.build_wheel("../out", {}, str(metadata / "pkg-1.0.dist-info"))
    assert wheel == "pkg-1.0-py3-none-any.whl"
    with zipfile.ZipFile(tmp_path / "out" / wheel) as archive:
        assert archive.testzip() is None
    sdist = build.build_sdist("../out")
    assert sdist == "pkg-1.0.tar.gz"
    assert tarfile.is_tarfile(tmp_path / "out" / sdist)


def test_every_exposed_hook_exists_and_no_other() -> None:
    hooks = {
        name for name in dir(build) if name.startswith(("build_", "get_requires_", "prepare_"))
    }
    assert hooks == set(build.__all__)
    assert "build_editable" in hooks


def test_a_mistake_of_the_user_ends_without_a_traceback(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").write_text(f"{PYPROJECT}[tool.py-build-cmake.cmak]\n")
    with pytest.raises(SystemExit) as e:
        build.build_wheel(str(tmp_path))
    assert e.value.code == 1
    assert e.value.__suppress_context__
    err = capsys.readouterr().err
    assert err.startswith("py-build-cmake: error: pyproject.toml: `tool.py-build-cmake.cmak`: ")
    assert "`cmake`" in err
    assert not list(tmp_path.glob("*.whl"))


def test_a_wrong_config_setting_ends_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build.get_requires_for_build_wheel({"corss": "x.toml"})
    assert "`cross`" in capsys.readouterr().err


def test_errors_are_annotations_where_the_service_shows_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(SystemExit):
        build.get_requires_for_build_wheel({"local": "none.toml"})
    assert capsys.readouterr().err.startswith("::error::py-build-cmake: error: ")


def test_a_defect_keeps_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def defective(_: object) -> list[str]:
        raise ZeroDivisionError

    monkeypatch.setattr(py_build_cmake.building.wheel, "requirements_for_wheel", defective)
    with pytest.raises(ZeroDivisionError):
        build.get_requires_for_build_wheel()
    assert "this is a defect of py-build-cmake" in capsys.readouterr().err


def test_importing_the_hooks_imports_no_dependency() -> None:
    code = (
        "import sys; before = set(sys.modules); import py_build_cmake.build;"
        "print(*sorted(m for m in set(sys.modules) - before if m.startswith('py_build_cmake')));"
        "dependencies = {'packaging', 'pathspec', 'pyproject_metadata', 'tomli'};"
        "print(*sorted(dependencies & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["py_build_cmake py_build_cmake.build", ""]


def test_conditions_know_which_hook_asks(project: Path, tmp_path: Path) -> None:
    (project / "CMakeLists.txt").touch()
    when = "[[tool.py-build-cmake.when]]\nmatch = { editable = true }\n"
    (project / "pyproject.toml").write_text(
        f"{PYPROJECT}{when}cmake.minimum_version = '99.0'\nwheel.build_tag = '1e'\n"
    )
    assert build.get_requires_for_build_wheel() == []
    assert "cmake>=99.0" in build.get_requires_for_build_editable()
    build.prepare_metadata_for_build_editable(str(tmp_path))
    assert "Build: 1e" in (tmp_path / "pkg-1.0.dist-info" / "WHEEL").read_text()
