"""Which files a source distribution holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from py_build_cmake.base.errors import ConfigError, Error, ProjectError
from py_build_cmake.config.schema import SdistConfig
from py_build_cmake.project.metadata import CoreMetadata
from py_build_cmake.project.module import Module
from py_build_cmake.project.sdist_files import missing_cmake_lists, sdist_files

MODULE = {"src/m/__init__.py", "src/m/data/x.txt"}
NEEDED = {"pyproject.toml", "README.md", "licenses/MIT.txt"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for place in (
        *MODULE,
        *NEEDED,
        "CMakeLists.txt",
        "src/m.c",
        "docs/index.md",
        "docs/old/index.md",
        "src/m/__pycache__/x.pyc",
        "src/m/stale.pyc",
        "../above.md",
    ):
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(place)
    return root


def select(
    root: Path,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    *,
    module: Module | None = None,
    named: tuple[str, ...] = ("README.md", "licenses/MIT.txt"),
) -> set[str]:
    metadata = CoreMetadata("p", "1", "", {}, {}, tuple(root / place for place in named))
    module = module or Module("m", root / "src" / "m", root / "src")
    found = sdist_files(root, SdistConfig(include, exclude), module, metadata)
    assert all(path == root / place for place, path in found.items())
    return set(found)


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        # Nothing of CMake's without being asked for.
        ((), (), MODULE | NEEDED),
        (("CMakeLists.txt", "src/*.c"), (), MODULE | NEEDED | {"CMakeLists.txt", "src/m.c"}),
        (("docs",), (), MODULE | NEEDED | {"docs/index.md", "docs/old/index.md"}),
        (("docs",), ("docs/old",), MODULE | NEEDED | {"docs/index.md"}),
        (("docs",), ("**/*.md~", "old"), MODULE | NEEDED | {"docs/index.md", "docs/old/index.md"}),
        ((), ("src/m/data",), (MODULE - {"src/m/data/x.txt"}) | NEEDED),
        (("no/such/file",), ("nor/this",), MODULE | NEEDED),
    ],
)
def test_selection(
    root: Path, include: tuple[str, ...], exclude: tuple[str, ...], expected: set[str]
) -> None:
    assert select(root, include, exclude) == expected


def test_a_generated_module_has_no_files(root: Path) -> None:
    assert select(root, module=Module("m", None, None)) == NEEDED


@pytest.mark.parametrize(
    ("exclude", "needed"),
    [
        ("pyproject.toml", ["pyproject.toml"]),
        ("src", ["src/m/__init__.py"]),
        ("**/*.md", ["README.md"]),
        ("licenses", ["licenses/MIT.txt"]),
        (".", ["pyproject.toml", "README.md", "licenses/MIT.txt", "src/m/__init__.py"]),
    ],
)
def test_what_is_needed_cannot_be_excluded(root: Path, exclude: str, needed: list[str]) -> None:
    with pytest.raises(ConfigError) as e:
        select(root, exclude=(exclude,))
    assert [p.message for p in e.value.problems] == [
        f"a source distribution needs {place}, but it is excluded" for place in needed
    ]
    assert {p.where for p in e.value.problems} == {"`sdist.exclude`"}


def test_files_beside_the_project_cannot_be_packed(root: Path) -> None:
    with pytest.raises(ProjectError, match="is not below the project directory"):
        select(root, module=Module("m", root.parent / "above.md", root.parent))
    above = (root.parent / "above.md").as_posix()
    with pytest.raises(ProjectError, match="is not below the project directory"):
        select(root, named=(above,))


@pytest.mark.parametrize("patterns", [(("!\\",), ()), ((), ("[z-a]",))])
def test_invalid_patterns_are_the_users_to_mend(
    root: Path, patterns: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    with pytest.raises(Error, match="is not a valid pattern"):
        select(root, *patterns)


def test_missing_cmake_lists(root: Path) -> None:
    sources = [root, root / "sub", root]
    found = {"CMakeLists.txt": root / "CMakeLists.txt"}
    assert missing_cmake_lists(root, sources, found) == ["sub/CMakeLists.txt"]
    assert missing_cmake_lists(root, sources, {}) == ["CMakeLists.txt", "sub/CMakeLists.txt"]
    assert missing_cmake_lists(root, [], {}) == []
    with pytest.raises(ProjectError, match="is not below the project directory"):
        missing_cmake_lists(root, [root.parent], {})
