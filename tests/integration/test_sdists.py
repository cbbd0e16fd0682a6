"""Which files a source distribution holds, and what it looks like."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend, Built
from support.projects import CROSS, LOCAL, edit, write

Package = Callable[[str], Path]

WARNING = "py-build-cmake: warning: "


def _members(built: Built) -> list[tarfile.TarInfo]:
    with tarfile.open(built.path) as archive:
        return archive.getmembers()


def _names(built: Built) -> list[str]:
    """Return the places of the members below the top directory, in the order of the archive."""
    top = built.path.name[: -len(".tar.gz")]
    names = [member.name for member in _members(built)]
    assert all(name.startswith(f"{top}/") for name in names)
    return [name[len(top) + 1 :] for name in names]


def _include(project: Path, include: list[str], exclude: list[str] | None = None) -> None:
    write(project / LOCAL, f"[sdist]\ninclude = {include}\nexclude = {exclude or []}\n")


def test_files(backend: Backend, package: Package) -> None:
    built = backend.build_sdist(package("archive"))
    assert built.path.name == "archive_of_files-1.0.tar.gz"
    assert _names(built) == [
        "CMakeLists.txt",
        "LICENSE",
        "README.md",
        "files/a.txt",
        "files/header.h",
        "files/with blank, and comma.txt",
        "files/z.txt",
        "pyproject.toml",
        "src/archive/__init__.py",
        "src/archive/data.bin",
        "src/archive/sub/__init__.py",
        "tools/greet",
        "PKG-INFO",
    ]
    assert WARNING not in built.log


def test_form(backend: Backend, package: Package) -> None:
    built = backend.build_sdist(package("archive"))
    members = _members(built)
    assert {(m.uid, m.gid, m.uname, m.gname) for m in members} == {(0, 0, "", "")}
    assert {m.mtime for m in members} == {315532800}, "1980-01-01, as in wheels"
    modes = {m.name.partition("/")[2]: m.mode for m in members}
    assert modes.pop("tools/greet") == 0o755
    assert set(modes.values()) == {0o644}
    data = built.path.read_bytes()
    assert data[4:8] == (315532800).to_bytes(4, "little"), "the time of gzip's header"
    assert gzip.decompress(data)[257:262] == b"ustar"


def test_source_date_epoch(backend: Backend, package: Package) -> None:
    built = backend.with_env(SOURCE_DATE_EPOCH="1700000000").build_sdist(package("archive"))
    assert {m.mtime for m in _members(built)} == {1_700_000_000}


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        ([], [], []),
        (["docs"], [], ["docs/a.md", "docs/b.txt", "docs/deep/c.md"]),
        (["docs/"], [], ["docs/a.md", "docs/b.txt", "docs/deep/c.md"]),
        (["./docs/*.md"], [], ["docs/a.md"]),
        (["docs/**/*.md"], [], ["docs/a.md", "docs/deep/c.md"]),
        (["**/*.md"], [], ["docs/a.md", "docs/deep/c.md", "other.md"]),
        (["docs"], ["docs/deep"], ["docs/a.md", "docs/b.txt"]),
        (["docs"], ["**/*.md"], ["docs/b.txt"]),
        (["*.md", "docs/?.txt"], [], ["docs/b.txt", "other.md"]),
        (["docs/[ab].*"], [], ["docs/a.md", "docs/b.txt"]),
        (["a.md"], [], []),
        (["absent", "*.nothing"], [], []),
        (["."], ["data", "notes", "dist", LOCAL], ["docs/a.md", "docs/b.txt", "docs/deep/c.md",
                                                  "other.md"]),
    ],
)  # fmt: skip
def test_patterns(
    backend: Backend,
    package: Package,
    include: list[str],
    exclude: list[str],
    expected: list[str],
) -> None:
    project = package("pure-package")
    for place in ("docs/a.md", "docs/b.txt", "docs/deep/c.md", "other.md"):
        write(project / place, "text\n")
    _include(project, include, exclude)
    # Options of lists replace those of pyproject.toml, which includes `notes`.
    always = [
        "PKG-INFO",
        "pure_package/__init__.py",
        "pure_package/data/table.csv",
        "pyproject.toml",
    ]
    assert sorted(_names(backend.build_sdist(project))) == sorted([*always, *expected])


def test_exclude_takes_files_of_the_module(backend: Backend, package: Package) -> None:
    project = package("pure-package")
    _include(project, [], ["pure_package/data"])
    assert "pure_package/data/table.csv" not in _names(backend.build_sdist(project))


@pytest.mark.parametrize("pattern", ["LICENSE", "README.*", "pyproject.toml", "src", "**/*.py"])
def test_crucial_files_cannot_be_excluded(backend: Backend, package: Package, pattern: str) -> None:
    project = package("archive")
    _include(project, ["CMakeLists.txt"], [pattern])
    with pytest.raises(Exception, match="py-build-cmake: error: ") as failure:
        backend.build_sdist(project)
    message = str(failure.value)
    assert "sdist.exclude" in message
    assert "Traceback" not in message
    assert list((project / "dist").iterdir()) == []


def test_missing_cmake_lists_is_warned_about(backend: Backend, package: Package) -> None:
    project = package("archive")
    _include(project, ["files"])
    built = backend.build_sdist(project)
    (warning,) = (line for line in built.log.splitlines() if line.startswith(WARNING))
    assert "CMakeLists.txt" in warning
    assert "`sdist.include`" in warning


def test_missing_cmake_lists_in_another_directory(backend: Backend, package: Package) -> None:
    project = package("archive")
    (project / "native").mkdir()
    (project / "CMakeLists.txt").rename(project / "native" / "CMakeLists.txt")
    table = "[tool.py-build-cmake.cmake]"
    edit(project / "pyproject.toml", table, f"{table}\nsource_path = 'native'")
    log = backend.build_sdist(project).log
    assert f"{WARNING}the source distribution lacks native/CMakeLists.txt" in log
    write(project / LOCAL, "[sdist]\ninclude = ['native', 'files', 'tools']\n")
    assert WARNING not in backend.build_sdist(project).log


def test_no_warning_without_cmake(backend: Backend, package: Package) -> None:
    assert WARNING not in backend.build_sdist(package("pure-package")).log


def test_byte_code_and_caches_are_never_included(backend: Backend, package: Package) -> None:
    project = package("archive")
    backend.build_wheel(project)
    for place in ("files/__pycache__/x.py", "src/archive/__pycache__/x.pyc", "files/x.pyc"):
        write(project / place, "")
    write(project / ".git" / "config", "")
    _include(project, ["**", "."])
    names = _names(backend.build_sdist(project))
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    assert not [name for name in names if name.startswith((".git/", ".py-build-cmake_cache"))]
    assert "files/a.txt" in names


def test_files_of_the_user_are_not_included(backend: Backend, package: Package) -> None:
    project = package("archive")
    write(project / LOCAL, "[cmake]\nbuild_type = 'Debug'\n")
    assert LOCAL not in _names(backend.build_sdist(project))


def test_rules_of_a_system_and_of_a_cross_build(backend: Backend, package: Package) -> None:
    project = package("pure-package")
    write(project / "cross.txt", "")
    write(
        project / LOCAL,
        """
        [linux.sdist]
        include = ["notes", "pyproject.toml"]
        [mac.sdist]
        include = ["notes", "pyproject.toml"]
        [cross.sdist]
        include = ["cross.txt"]
        """,
    )
    # The table `cross` makes every build of this project a cross build.
    write(project / CROSS, "arch = 'linux_aarch64'\n")
    names = _names(backend.build_sdist(project))
    assert "cross.txt" in names
    assert "notes/one.txt" not in names


def test_links(backend: Backend, package: Package) -> None:
    """A link stays one if its target is in the archive, else it becomes a copy."""
    project = package("pure-package")
    folder = project / "pure_package"
    (folder / "inside.csv").symlink_to("data/table.csv")
    (folder / "outside.txt").symlink_to(write(project.parent / "outside.txt", "outside\n"))
    built = backend.build_sdist(project)
    members = {m.name.partition("/")[2]: m for m in _members(built)}
    assert members["pure_package/inside.csv"].issym()
    assert members["pure_package/inside.csv"].linkname == "data/table.csv"
    assert members["pure_package/outside.txt"].isreg()
    with tarfile.open(built.path) as archive:
        file = archive.extractfile("pure_package-1.0/pure_package/outside.txt")
        assert file
        assert file.read() == b"outside\n"


@pytest.mark.parametrize("target", ["absent.txt", "../../..", "."])
def test_links_that_cannot_be_packed(backend: Backend, package: Package, target: str) -> None:
    project = package("pure-package")
    write(project / "notes" / "two.txt", "two\n")
    (project / "notes" / "link").symlink_to(target)
    _include(project, ["notes"])
    if target == ".":
        assert "notes/link" in _names(backend.build_sdist(project))
        return
    with pytest.raises(Exception, match=r"py-build-cmake: error: notes/link") as failure:
        backend.build_sdist(project)
    assert "hint: " in str(failure.value)
    assert list((project / "dist").iterdir()) == []


def test_dynamic_version_names_the_archive(backend: Backend, package: Package) -> None:
    built = backend.build_sdist(package("pure-module"))
    assert built.path.name == "pure_module-2.1.tar.gz"
    assert _names(built) == ["pyproject.toml", "src/pure_module.py", "PKG-INFO"]


def test_no_cmake_is_run(backend: Backend, package: Package, bare_path: Path) -> None:
    project = package("c-extension")
    backend.with_env(PATH=str(bare_path)).build_sdist(project)
    assert not (project / ".py-build-cmake_cache").exists()


def test_names_outside_of_ascii(backend: Backend, package: Package) -> None:
    """Long ones, too: the format of the archive takes them as they are."""
    project = package("pure-package")
    place = f"pure_package/{'ordner-ü' * 20}/{'漢字' * 20}.txt"
    write(project / place, "")
    edit(project / "pyproject.toml", 'version = "1.0"', 'version = "1.0"\ndescription = "ü"')
    built = backend.build_sdist(project)
    assert place in _names(built)
    assert place in backend.build_wheel(project).wheel.files


def test_what_a_source_distribution_lacks_is_named(backend: Backend, package: Package) -> None:
    """Of CMake, of the compiler, and of an installation."""
    project = package("c-extension")
    write(project / "PKG-INFO", "Metadata-Version: 2.1\n")
    lists = project / "CMakeLists.txt"
    text = lists.read_text("utf-8")
    said = "is not in this source distribution: add it to `sdist.include`"
    for line, missing in (
        ("add_subdirectory(lib)", "lib/CMakeLists.txt"),
        ('install(FILES "${CMAKE_CURRENT_SOURCE_DIR}/data.txt" DESTINATION .)', "data.txt"),
    ):
        lists.write_text(f"{text}\n{line}\n")
        assert f"{missing} {said}" in backend.refusal(project)
    lists.write_text(text)
    source = next((project / "src").rglob("*.c"))
    source.write_text('#include "private.h"\n' + source.read_text("utf-8"))
    assert f"private.h {said}" in backend.refusal(project)
