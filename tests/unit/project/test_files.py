"""Selecting files by patterns, and listing what was installed."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from py_build_cmake.base.errors import ConfigError, ProjectError
from py_build_cmake.project.files import (
    anchored,
    check_files,
    compile_patterns,
    followed_files,
    matching_files,
    skipped_places,
    tree_files,
    walk_files,
)


def make_files(root: Path, *places: str) -> None:
    for place in places:
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(place)


TREE = (
    "a.c",
    "docs/index.md",
    "docs/img/a.png",
    "sub/docs/other.md",
    "sub/a.c",
    "!odd",
    "#odd",
)


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        # Anchored at the project directory, whether or not there is a slash.
        ("docs", {"docs/index.md", "docs/img/a.png"}),
        ("/docs", {"docs/index.md", "docs/img/a.png"}),
        ("./docs", {"docs/index.md", "docs/img/a.png"}),
        ("docs/", {"docs/index.md", "docs/img/a.png"}),
        ("docs//./img", {"docs/img/a.png"}),
        ("docs/*", {"docs/index.md", "docs/img/a.png"}),
        ("*.c", {"a.c"}),
        ("*/*.c", {"sub/a.c"}),
        ("**/*.c", {"a.c", "sub/a.c"}),
        ("**/docs", {"docs/index.md", "docs/img/a.png", "sub/docs/other.md"}),
        (".", set(TREE)),
        ("", set(TREE)),
        ("**", set(TREE)),
        ("nothing", set()),
        ("../a.c", set()),
        # What gitwildmatch would take for a negation or a comment is a name.
        ("!odd", {"!odd"}),
        ("#odd", {"#odd"}),
    ],
)
def test_anchored_patterns(tmp_path: Path, pattern: str, matched: set[str]) -> None:
    make_files(tmp_path, *TREE)
    assert set(matching_files(tmp_path, [anchored(pattern)])) == matched


@pytest.mark.parametrize(
    ("patterns", "matched"),
    [
        (["*.c"], {"a.c", "sub/a.c"}),
        (["docs"], {"docs/index.md", "docs/img/a.png", "sub/docs/other.md"}),
        (["docs/img"], {"docs/img/a.png"}),
        (["/docs"], {"docs/index.md", "docs/img/a.png"}),
        (["docs/**", "!*.png"], {"docs/index.md"}),
        (["*.c", "*.png"], {"a.c", "sub/a.c", "docs/img/a.png"}),
        ([], set()),
    ],
)
def test_patterns_that_are_not_anchored(
    tmp_path: Path, patterns: list[str], matched: set[str]
) -> None:
    make_files(tmp_path, *TREE)
    found = matching_files(tmp_path, patterns)
    assert found == {place: tmp_path / place for place in matched}


@pytest.mark.parametrize("pattern", ["!", "a\\", "[z-a]"])
def test_what_is_no_pattern_is_the_users_to_mend(pattern: str) -> None:
    with pytest.raises(ConfigError, match="is not a valid pattern") as e:
        compile_patterns(["*.c", pattern])
    assert repr(pattern) in str(e.value)
    assert e.value.problems[0].hint


def test_byte_code_and_build_directories_are_never_selected(tmp_path: Path) -> None:
    make_files(
        tmp_path,
        "m.py",
        "m.pyc",
        "sub/m.pyo",
        "sub/__pycache__/m.txt",
        ".git/config",
        "sub/.git/config",
        ".py-build-cmake_cache/cp311/build.ninja",
        ".github/workflow.yml",
        "sub/.gitignore",
    )
    assert dict(walk_files(tmp_path)) == {
        place: tmp_path / place for place in ("m.py", ".github/workflow.yml", "sub/.gitignore")
    }


def test_what_belongs_to_a_checkout_is_never_selected(tmp_path: Path) -> None:
    make_files(
        tmp_path,
        "m.py",
        "sub/.git",
        ".hg/x",
        "py-build-cmake.local.toml",
        "sub/py-build-cmake.local.pbc",
        "py-build-cmake.cross.toml",
        "build/CMakeCache.txt",
        "build/CMakeFiles/x",
        "other/build/py-build-cmake-preload.cmake",
        "third/py-build-cmake/lock",
        "fixture/CMakeCache.txt",
    )
    places = {"m.py", "py-build-cmake.cross.toml", "fixture/CMakeCache.txt"}
    assert {place for place, _ in walk_files(tmp_path)} == places
    assert {place for place, _ in followed_files(tmp_path)} == places
    assert set(matching_files(tmp_path, ["*"])) == places
    assert {place for place, _ in skipped_places(tmp_path)} == {
        *("sub/.git", ".hg/", "py-build-cmake.local.toml", "sub/py-build-cmake.local.pbc"),
        *("build/", "other/build/", "third/"),
    }


@pytest.mark.parametrize(
    ("pattern", "reaches"),
    [
        ("/secret", True),
        ("/secret/sub", True),
        ("/se*", True),
        ("/**/x", True),
        ("*.md", True),
        ("/docs", False),
        ("/docs/*.md", False),
    ],
)
def test_directories_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, reaches: bool
) -> None:
    make_files(tmp_path, "secret/x", "docs/a.md")
    refuse_to_list(monkeypatch, tmp_path / "secret")
    if reaches:
        with pytest.raises(PermissionError):
            matching_files(tmp_path, [pattern])
    else:
        assert set(matching_files(tmp_path, [pattern])) == {"docs/a.md"}
    with pytest.raises(PermissionError):
        tree_files(tmp_path)
    # Who only looks at what there is, need not see everything.
    assert [place for place, _ in walk_files(tmp_path)] == ["docs/a.md"]


def refuse_to_list(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Have the system refuse a directory, which it does not for the administrator."""
    scandir = os.scandir

    def scan(path: object = ".") -> object:
        if Path(str(path)) == folder:
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(path)  # type: ignore[call-overload]

    stat = os.stat

    def status(path: object, **more: object) -> object:
        if isinstance(path, (str, Path)) and folder in Path(path).parents:
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", scan)
    monkeypatch.setattr(os, "stat", status)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_named_pipe_in_a_tree_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    os.mkfifo(tmp_path / "m" / "pipe")
    with pytest.raises(ProjectError, match="is not a file but a named pipe") as e:
        tree_files(tmp_path)
    assert e.value.problems[0].where == "m/pipe"


def test_links_are_listed_and_not_followed(tmp_path: Path) -> None:
    make_files(tmp_path / "elsewhere", "x.txt")
    root = tmp_path / "project"
    make_files(root, "real/y.txt")
    (root / "file").symlink_to("real/y.txt")
    (root / "directory").symlink_to("../elsewhere")
    (root / "dangling").symlink_to("nowhere")
    (root / "loop").symlink_to(".")
    places = {"real/y.txt", "file", "directory", "dangling", "loop"}
    assert {place for place, _ in walk_files(root)} == places


def test_a_tree_holds_what_links_lead_to(tmp_path: Path) -> None:
    make_files(tmp_path / "elsewhere", "x.txt", "sub/y.txt", "z.pyc", "__pycache__/z.txt")
    root = tmp_path / "staging"
    make_files(root, "m/__init__.py", "m/__pycache__/a.txt", "m/b.pyc", "m/b.pyo")
    (root / "m" / "file").symlink_to(tmp_path / "elsewhere" / "x.txt")
    (root / "twice").symlink_to("m")
    (root / "directory").symlink_to("../elsewhere")
    files = tree_files(root)
    assert {place: path.read_text() for place, path in files.items()} == {
        "m/__init__.py": "m/__init__.py",
        "m/file": "x.txt",
        "twice/__init__.py": "m/__init__.py",
        "twice/file": "x.txt",
        "directory/x.txt": "x.txt",
        "directory/sub/y.txt": "sub/y.txt",
    }


def test_a_dangling_link_in_a_tree_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "link").symlink_to("nowhere")
    with pytest.raises(ProjectError, match="leads nowhere") as e:
        tree_files(tmp_path)
    assert e.value.problems[0].where == "m/link"


@pytest.mark.parametrize("target", [".", "..", "../.."])
def test_a_circular_link_in_a_tree_is_an_error(tmp_path: Path, target: str) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "link").symlink_to(target)
    with pytest.raises(ProjectError, match="a directory that contains it") as e:
        tree_files(tmp_path)
    assert e.value.problems[0].where == "a/b/link"


def test_an_empty_tree_is_empty(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert tree_files(tmp_path) == {}


def test_files_can_be_packed_from_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    (tmp_path / "link.py").symlink_to("a.py")
    files = {name: tmp_path / name for name in ("a.py", "link.py")}
    assert check_files(files) == files


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_what_is_no_file_cannot_be_packed(tmp_path: Path) -> None:
    pipe, dangling = tmp_path / "pipe", tmp_path / "dangling"
    os.mkfifo(pipe)
    dangling.symlink_to("nowhere")
    for path, said in ((pipe, "is not a file"), (dangling, "is a link that leads nowhere")):
        with pytest.raises(ProjectError, match=said):
            check_files({path.name: path})
    with pytest.raises(ProjectError, match="the name is not UTF-8"):
        check_files({"\udcff.py": tmp_path / "a.py"})


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="the system has no sockets in files")
def test_what_programs_leave_behind_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe that is opened would wait for its other end; all such files are named at once."""
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with pytest.raises(ProjectError) as e:
            tree_files(tmp_path)
    assert {problem.where: problem.message for problem in e.value.problems} == {
        "pipe": "is not a file but a named pipe, which no archive can hold",
        "socket": "is not a file but a socket, which no archive can hold",
    }
    assert not (tmp_path / "absent").exists()
    with pytest.raises(FileNotFoundError):
        check_files({"absent": tmp_path / "absent"})


def test_no_patterns_match_nothing() -> None:
    nothing = compile_patterns([])
    assert not nothing.match_file("a")
    assert nothing.match_files(["a"]) == []
    assert nothing.index_of("a") is None


def test_the_last_pattern_decides() -> None:
    patterns = compile_patterns(["*.py", "!b.py", "a.*"])
    assert patterns.match_files(["a.py", "b.py", "c.py"]) == ["a.py", "c.py"]
    assert [patterns.index_of(name) for name in ("a.py", "b.py", "c.py")] == [2, None, 0]
