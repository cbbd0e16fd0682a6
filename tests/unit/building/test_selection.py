"""Which staged files, and which of the project's, a wheel has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from support.configs import wheel_config

from py_build_cmake.base.console import Console
from py_build_cmake.base.errors import ProjectError, WheelError
from py_build_cmake.building.selection import wheel_contents

STAGED = ("pkg/__init__.py", "pkg/core.so", "lib/libx.a", "p-1.dist-info/METADATA")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for place in ("data/a.csv", "data/deep/b.csv", "data/deep/c.txt", "README.md"):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def select(
    project: Path, include: Mapping[str, tuple[str, ...]] | None = None, *exclude: str
) -> dict[str, str]:
    staged = {place: Path("/staging", place) for place in STAGED}
    config = wheel_config(include=include or {}, exclude=exclude)
    files = wheel_contents(staged, config, project, "p", Console())
    return {place: path.as_posix() for place, path in files.items()}


def added(project: Path, include: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    files = select(project, include)
    assert set(STAGED) <= files.keys()
    root = f"{project.as_posix()}/"
    return {p: files[p].removeprefix(root) for p in files if p not in STAGED}


def test_directories_below_the_literal_part_are_kept(project: Path) -> None:
    assert added(project, {"pkg/tables": ("data/**/*.csv",)}) == {
        "pkg/tables/a.csv": "data/a.csv",
        "pkg/tables/deep/b.csv": "data/deep/b.csv",
    }
    assert added(project, {"pkg": ("data/deep",)}) == {
        "pkg/b.csv": "data/deep/b.csv",
        "pkg/c.txt": "data/deep/c.txt",
    }
    assert added(project, {".": ("README.md",)}) == {"README.md": "README.md"}
    assert added(project, {"pkg/": ("data/deep/c.txt",)}) == {"pkg/c.txt": "data/deep/c.txt"}


def test_exclude(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "lib/libx.a" not in select(project, None, "lib")
    left = select(project, {"pkg": ("data/**/*.csv",)}, "*.csv", "!pkg/a.csv")
    assert "pkg/a.csv" in left
    assert "pkg/deep/b.csv" not in left
    assert capsys.readouterr().err == ""
    select(project, None, "*.pdb")
    assert "`wheel.exclude`: '*.pdb' matches nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("include", "exclude", "message"),
    [
        ({"pkg": ("nothing/*",)}, (), "'nothing/\\*' matches no file"),
        ({"pkg": ("data/a.csv", "README.md"), ".": ("x",)}, (), "'x' matches no file"),
        ({}, ("METADATA",), "p-1.dist-info/METADATA"),
    ],
)
def test_mistakes(
    project: Path, include: Mapping[str, tuple[str, ...]], exclude: tuple[str, ...], message: str
) -> None:
    with pytest.raises(WheelError, match=message):
        select(project, include, *exclude)


def test_a_place_that_is_taken(project: Path) -> None:
    (project / "core.so").touch()
    with pytest.raises(WheelError, match=r"pkg/core\.so is in the wheel already"):
        select(project, {"pkg": ("core.so",)})


def test_what_builds_left_is_not_included(project: Path) -> None:
    """A wheel would have the last one in it, and grow by it each time."""
    for place in ("dist/p-1.tar.gz", "dist/other.whl", "p-0.9-py3-none-any.whl", "data/q-1.whl"):
        path = project / place
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = set(added(project, {"pkg": ("*",)}).values())
    assert "data/q-1.whl" in found
    assert not [p for p in found if p.startswith(("dist/", "p-"))]
    with pytest.raises(WheelError, match="'dist/\\*' matches no file"):
        select(project, {"pkg": ("dist/*",)})


def test_linked_directories_are_included(project: Path) -> None:
    (project / "all").mkdir()
    (project / "all" / "link").symlink_to("../data")
    assert added(project, {"pkg": ("all/**",)}) == {
        "pkg/link/a.csv": "all/link/a.csv",
        "pkg/link/deep/b.csv": "all/link/deep/b.csv",
        "pkg/link/deep/c.txt": "all/link/deep/c.txt",
    }
    (project / "all" / "loop").symlink_to(".")
    with pytest.raises(ProjectError, match="link to a directory that contains it"):
        select(project, {"pkg": ("all",)})


def test_an_unpacked_source_distribution_may_lack_it(project: Path) -> None:
    (project / "PKG-INFO").touch()
    with pytest.raises(WheelError) as caught:
        select(project, {"pkg": ("nothing",)})
    assert "sdist.exclude" in caught.value.problems[0].hint
