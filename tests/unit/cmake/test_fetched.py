"""What CMake downloaded, as files in build directories say."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from py_build_cmake.cmake.fetched import Dependency, conan_dependencies, fetched_dependencies

SHA256 = "59dddd7d6704e2cd3dc12f3e7d746b7c7dd03b9d650b498879eaa70ed4ef233f"
HEADER = "# This is a generated file and its contents are an internal implementation detail.\n"


def information(path: Path, **values: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (f"{key.replace('urls', 'url(s)')}={value}\n" for key, value in values.items())
    path.write_text(HEADER + "".join(lines))


def checkout(path: Path, *, tag: str = "") -> str:
    path.mkdir(parents=True)
    names = ("-c", "user.name=x", "-c", "user.email=x@x")
    for words in (["init", "-q"], ["commit", "-qm", "x", "--allow-empty"]):
        subprocess.run(["git", *names, *words], cwd=path, check=True)
    if tag:
        subprocess.run(["git", "tag", tag], cwd=path, check=True)
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=path, check=True, capture_output=True)
    return asked.stdout.decode().strip()


def test_sub_builds_and_stamps(tmp_path: Path) -> None:
    """Before CMake 3.30, and from then on."""
    deps = tmp_path / "_deps"
    tagged = checkout(deps / "fmt-src", tag="v12.0.0")
    commit = checkout(deps / "other-src")
    (deps / "zlib-src").mkdir()
    (deps / "zlib-src" / "CMakeLists.txt").write_text("project(zlib VERSION 1.3.1)\n")
    stamps = deps / "fmt-subbuild" / "fmt-populate-prefix" / "src" / "fmt-populate-stamp"
    information(
        stamps / "fmt-populate-gitinfo.txt",
        method="git",
        source_dir=str(deps / "fmt-src"),
        repository="https://user:secret@github.com/fmtlib/fmt.git",
    )
    information(
        tmp_path / "CMakeFiles" / "fc-stamp" / "zlib" / "zlib-urlinfo.txt",
        method="url",
        source_dir=str(deps / "zlib-src"),
        urls="https://zlib.net/zlib-1.3.1.tar.gz?token=1;https://mirror",
        hash=f"SHA256={SHA256.upper()}",
    )
    information(
        tmp_path / "other-prefix" / "src" / "other-stamp" / "other-gitinfo.txt",
        source_dir=str(deps / "other-src"),
        repository="'git@example.com:me/other.git'",
    )
    information(
        tmp_path / "CMakeFiles" / "fc-stamp" / "local" / "local-source_dirinfo.txt",
        method="source_dir",
        source_dir=str(tmp_path / "nowhere"),
    )
    information(
        tmp_path / "file-urlinfo.txt", method="url", source_dir="", urls="/home/me/file.zip"
    )
    assert fetched_dependencies(tmp_path) == [
        Dependency("file", ""),
        Dependency("fmt", "12.0.0", "https://github.com/fmtlib/fmt.git", tagged),
        Dependency("local", ""),
        Dependency("other", commit, "git@example.com:me/other.git", commit),
        Dependency(
            "zlib", "1.3.1", "https://zlib.net/zlib-1.3.1.tar.gz", checksum=("SHA256", SHA256)
        ),
    ]


def test_directories_that_builds_share(tmp_path: Path) -> None:
    build, deps = tmp_path / "build", tmp_path / "deps"
    reply = build / ".cmake" / "api" / "v1" / "reply"
    reply.mkdir(parents=True)
    source = str(deps / "used-src")
    (reply / "target-m.json").write_text(json.dumps({"sources": [f"{source}/a.c"]}))
    (build / "CMakeCache.txt").write_text(f"FETCHCONTENT_BASE_DIR:PATH={deps}\n")
    for name in ("used", "use"):
        path = deps / f"{name}-subbuild" / f"{name}-populate-urlinfo.txt"
        information(path, method="url", source_dir=str(deps / f"{name}-src"), urls="https://x/y")
    assert [one.name for one in fetched_dependencies(build)] == ["used"]


def test_no_git(tmp_path: Path) -> None:
    information(
        tmp_path / "a-gitinfo.txt", method="git", source_dir=str(tmp_path), repository="https://x/a"
    )
    information(tmp_path / "not-this-info.txt", method="git")
    information(tmp_path / "b-urlinfo.txt", method="svn")
    assert fetched_dependencies(tmp_path) == [Dependency("a", "", "https://x/a")]


def test_conan(tmp_path: Path) -> None:
    """As Conan 2 writes them, in both forms of names."""
    reply = tmp_path / ".cmake" / "api" / "v1" / "reply"
    reply.mkdir(parents=True)
    generators = tmp_path / "generators"
    generators.mkdir()
    inputs = []
    for data, version in (
        ("ZLIB-release-x86_64-data.cmake", "ZLIBConfigVersion.cmake"),
        ("fmt-release-armv8-data.cmake", "fmt-config-version.cmake"),
        ("none-debug-x86_64-data.cmake", ""),
    ):
        (generators / data).write_text('set(zlib_PACKAGE_FOLDER_RELEASE "/home/me/.conan2/p")\n')
        inputs.append({"path": str(generators / data)})
        if version:
            (generators / version).write_text('set(PACKAGE_VERSION "1.2")\n')
    other = generators / "other-release-x86_64-data.cmake"
    other.write_text("")
    inputs.append({"path": str(other)})
    contents = {"paths": {"source": str(tmp_path)}, "inputs": inputs}
    (reply / "cmakeFiles-v1.json").write_text(json.dumps(contents))
    assert conan_dependencies(tmp_path) == [
        Dependency("ZLIB", "1.2"),
        Dependency("fmt", "1.2"),
        Dependency("none", ""),
    ]
