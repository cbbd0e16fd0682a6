"""Which files a source distribution holds."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.configs import cmake_config, cmake_plan

from py_build_cmake.base.errors import ConfigError, Error, ProjectError
from py_build_cmake.config.schema import SdistConfig
from py_build_cmake.project.metadata import CoreMetadata
from py_build_cmake.project.module import Module
from py_build_cmake.project.plan import BuildPlan
from py_build_cmake.project.sdist_files import (
    Built,
    explain_sdist,
    missing_cmake_lists,
    sdist_files,
    sdist_notes,
    sdist_warnings,
    select_sdist,
)

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
    found = sdist_files(root, SdistConfig(include, exclude, "explicit"), module, metadata)
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


def test_what_builds_leave_is_not_packed(root: Path) -> None:
    for place in ("dist/x.txt", "out/y.txt", "old/p-0.9.tar.gz", "docs/p-1-py3-none-any.whl"):
        (root / place).parent.mkdir(exist_ok=True)
        (root / place).touch()
    (root / "docs" / "q-1.tar.gz").touch()
    (root / "src" / "m" / "_m.abi3.so").touch()
    metadata = CoreMetadata("p", "1", "", {}, {}, ())
    module = Module("m", root / "src" / "m", root / "src")

    def selected(built: Built) -> set[str]:
        found = sdist_files(root, SdistConfig(("*",), (), "explicit"), module, metadata, built)
        return {place for place in found if not place.startswith(("src/m/data", "licenses"))}

    everything = selected(Built())
    assert {"docs/q-1.tar.gz", "out/y.txt", "src/m/_m.abi3.so"} <= everything
    assert not {p for p in everything if p.startswith("dist/") or "/p-" in p}
    assert everything - selected(Built(root / "out", is_compiled=True)) == {
        "out/y.txt",
        "src/m/_m.abi3.so",
    }
    assert selected(Built(root)) == everything


def test_linked_directories(root: Path) -> None:
    elsewhere = root.parent / "elsewhere"
    (elsewhere / "sub").mkdir(parents=True)
    (elsewhere / "sub" / "a.txt").touch()
    (elsewhere / "b.bak").touch()
    (root / "src" / "m" / "linked").symlink_to("../../../elsewhere")
    (root / "src" / "m" / "docs").symlink_to("../../docs")
    (root / "src" / "m" / "same").symlink_to("data")
    metadata = CoreMetadata("p", "1", "", {}, {}, ())
    module = Module("m", root / "src" / "m", root / "src")

    def below(*include: str) -> dict[str, Path]:
        config = SdistConfig(include, ("**/*.bak",), "explicit")
        found = sdist_files(root, config, module, metadata)
        return {
            place.removeprefix("src/m/"): path
            for place, path in found.items()
            if place.startswith("src/m/") and place not in MODULE
        }

    # Copies of what is elsewhere, or not packed; a link to what is.
    found = below()
    assert set(found) == {"linked/sub/a.txt", "docs/index.md", "docs/old/index.md", "same"}
    assert set(below("docs", "src")) == {"linked/sub/a.txt", "docs", "same"}
    (root / "docs" / "loop").symlink_to(".")
    with pytest.raises(ProjectError, match="contains it") as e:
        below()
    assert e.value.problems[0].where == "src/m/docs/loop"
    (root / "docs" / "loop").unlink()
    (root / "docs" / "loop").symlink_to("..")
    with pytest.raises(ProjectError, match="contains it"):
        below("docs")


def test_licence_texts_cannot_be_excluded(root: Path) -> None:
    licence = root / "licenses" / "MIT.txt"
    metadata = CoreMetadata("p", "1", "", {}, {"licenses/MIT.txt": licence}, (licence,))
    module = Module("m", root / "src" / "m", root / "src")
    with pytest.raises(ConfigError, match=r"needs licenses/MIT\.txt") as e:
        sdist_files(root, SdistConfig((), ("licenses",), "explicit"), module, metadata)
    assert "`project.license-files`" in e.value.problems[0].hint


def plan_of(
    root: Path,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    mode: str = "explicit",
    **cmake: Any,
) -> BuildPlan:
    plan, _, _ = cmake_plan(cmake_config(source_path=root, **cmake))
    tables = replace(plan.config.host_tables, sdist=SdistConfig(include, exclude, mode))
    return replace(
        plan,
        config=replace(plan.config, project_dir=root, host_tables=tables),
        module=Module("m", root / "src" / "m", root / "src"),
        metadata=CoreMetadata("p", "1", "", {}, {}, ()),
    )


def warnings_of(plan: BuildPlan) -> list[str]:
    return sdist_warnings(plan, select_sdist(plan))


def test_what_a_source_distribution_lacks(root: Path) -> None:
    for name, text in {
        "CMakeLists.txt": (
            "# add_subdirectory(no)\n#[[ include(no.cmake) ]]\n"
            'add_subdirectory("src")\nInclude(${CMAKE_CURRENT_SOURCE_DIR}/tools/a.cmake)\n'
            "include(FindPython)\nadd_subdirectory(${WHERE})\nadd_subdirectory(missing)\n"
            "include()\n"
        ),
        "src/CMakeLists.txt": (
            "include(${PROJECT_SOURCE_DIR}/tools/b.cmake)\ninclude(tools/c.cmake)"
        ),
        "tools/a.cmake": "include(${CMAKE_CURRENT_LIST_DIR}/d.cmake)\n",
        "tools/b.cmake": "",
        "tools/c.cmake": "",
        "tools/d.cmake": "add_subdirectory(../..)\n",
        "CMakePresets.json": '{"include": ["tools/more.json", 1]}',
        "tools/more.json": "not JSON",
        "CMakeUserPresets.json": '{"configurePresets": [{"name": "mine"}, 1]}',
    }.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    cmake = {"src/CMakeLists.txt", *(f"tools/{name}.cmake" for name in "abcd")}
    presets = {"CMakePresets.json", "tools/more.json"}

    def lacking(plan: BuildPlan) -> set[str]:
        said = [warning.split("lacks ")[1].split(",")[0] for warning in warnings_of(plan)]
        assert len(set(said)) == len(said)
        return set(said)

    assert lacking(plan_of(root)) == {"CMakeLists.txt"} | cmake
    assert lacking(plan_of(root, ("CMakeLists.txt", "tools"))) == {"src/CMakeLists.txt"}
    assert lacking(plan_of(root, preset="x")) == {"CMakeLists.txt"} | cmake | presets
    mine = lacking(plan_of(root, preset="mine"))
    assert mine == {"CMakeLists.txt", "CMakeUserPresets.json"} | cmake | presets
    assert lacking(plan_of(root, ("*",), preset="mine")) == set()


def test_patterns_that_match_nothing(root: Path) -> None:
    include = ("CMakeLists.txt", "no/such", "*.nothing", ".git")
    plan = plan_of(root, include, ("gone", "docs", "**/__pycache__", "src/m/data"))
    (root / ".git").mkdir()
    (root / ".git" / "config").touch()
    assert warnings_of(plan) == [
        f"`sdist.include`: {pattern!r} matches nothing that could be packed"
        for pattern in ("no/such", "*.nothing", ".git")
    ]
    notes = [f"`sdist.exclude`: {pattern!r} matches nothing" for pattern in ("gone", "docs")]
    assert sdist_notes(plan, select_sdist(plan)) == notes
    assert sdist_notes(plan_of(root), []) == []
    (root / "PKG-INFO").touch()
    assert sdist_notes(plan, select_sdist(plan)) == []


def test_patterns_of_which_nothing_is_left(root: Path) -> None:
    (root / "extern" / "lib").mkdir(parents=True)
    (root / "extern" / "lib" / "x.cpp").touch()
    (root / "extern" / "y.cpp").touch()
    plan = plan_of(root, ("CMakeLists.txt", "extern/lib", "extern"), ("extern/lib/**",))
    assert warnings_of(plan) == [
        "`sdist.include`: everything that 'extern/lib' matches is left out, by `sdist.exclude` or"
        " because builds made it"
    ]


def test_compiled_modules_are_left_out_and_said(root: Path) -> None:
    (root / "src" / "m" / "_m.cpython-311-x86_64-linux-gnu.so").touch()
    plan = plan_of(root, ("CMakeLists.txt",))
    (warning,) = warnings_of(plan)
    assert "src/m/_m.cpython-311-x86_64-linux-gnu.so is left out" in warning
    listed = {file.place: file.rule for file in explain_sdist(plan)}
    assert "compiled" in listed["src/m/_m.cpython-311-x86_64-linux-gnu.so"]
    assert listed["src/m.c"] == "no rule includes it"
    assert listed["src/m/__pycache__/"] == "never part of a source distribution"


def git(root: Path, *arguments: str) -> None:
    names = ("-c", "user.name=x", "-c", "user.email=x@x", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *names, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def checkout(root: Path) -> Path:
    """The project in a subdirectory of a repository, with a submodule."""
    other = root.parent / "other"
    other.mkdir()
    (other / "sub.h").touch()
    for repository in (other, root.parent):
        git(repository, "init", "-q")
    git(other, "add", ".")
    git(other, "commit", "-qm", "x")
    git(root.parent, "submodule", "add", "-q", str(other), "project/vendored")
    git(root.parent, "add", "-f", "project")
    return root


def test_what_git_tracks(checkout: Path) -> None:
    (checkout / "src" / "m" / "new.py").touch()
    (checkout / "notes").touch()
    (checkout / "docs" / "index.md").unlink()
    plan = plan_of(checkout, exclude=("docs/old",), include=("notes",), mode="git")
    selected = select_sdist(plan)
    places = {file.place for file in selected if file.is_included}
    expected = {"pyproject.toml", "README.md", "licenses/MIT.txt", "CMakeLists.txt", "src/m.c"}
    assert places == {*expected, *MODULE, "notes", "vendored/sub.h"}
    assert {f.rule for f in selected if f.place == "src/m.c"} == {"tracked by git"}
    (warning,) = sdist_warnings(plan, selected)
    assert "src/m/new.py of the module is not tracked" in warning


def test_what_is_never_packed_is_not_packed_because_git_tracks_it(checkout: Path) -> None:
    for place in ("build/CMakeCache.txt", "build/CMakeFiles/x", "src/.hg/y", "z/__pycache__/q.txt"):
        path = checkout / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("secret")
    git(checkout, "add", "-f", ".")
    selected = select_sdist(plan_of(checkout, mode="git"))
    places = {file.place for file in selected if file.is_included}
    assert not [p for p in places if p.startswith(("build", "src/.hg", "z"))]
    assert "vendored/sub.h" in places


def test_a_source_distribution_of_one(root: Path) -> None:
    """Everything that is there was tracked; git is not asked."""
    (root / "PKG-INFO").touch()
    plan = plan_of(root, mode="git")
    places = {file.place for file in select_sdist(plan)}
    assert places == {*MODULE, *NEEDED, "CMakeLists.txt", "src/m.c", "docs/index.md"} | {
        "docs/old/index.md"
    }


def test_without_a_checkout(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(root, mode="git")
    with pytest.raises(ProjectError, match="not a git repository") as caught:
        select_sdist(plan)
    assert "explicit" in caught.value.problems[0].hint
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ProjectError, match="cannot be run"):
        select_sdist(plan)
