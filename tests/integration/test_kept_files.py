"""Builds that keep what is up to date make the wheel that a build in an empty directory makes, over
random sequences of changes, with the real CMake.
"""

from __future__ import annotations

import os
import random
import shutil
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from py_build_cmake import build
from py_build_cmake.building import kept

STEPS = int(os.environ.get("PY_BUILD_CMAKE_TEST_CHANGES", "16"))
PYPROJECT = """\
[build-system]
requires = ["py-build-cmake"]
build-backend = "py_build_cmake.build"
[project]
name = "pkg"
version = "1"
[tool.py-build-cmake.cmake]
0.install_components = {components}
0.strip = true
0.options = {{ CALLS_CODE = {code}, NAME = "first" }}
1.options = {{ NAME = "second" }}
1.source_path = "second"
[tool.py-build-cmake.wheel]
verify_ignore = ["*"]
"""
NAMES = ("a.txt", "b.txt", "c.txt")
FIRST_RULE = "install(DIRECTORY data/one DESTINATION pkg)\n"
FOLDERS = ("one", "two", "one/inner")


@dataclass
class Project:
    """A project whose files and rules are changed at random."""

    root: Path
    random: random.Random
    rules: list[str] = field(default_factory=list)
    second: list[str] = field(default_factory=list)
    components: list[str] = field(default_factory=lambda: [""])
    calls_code: bool = False
    fails: bool = False

    def write(self) -> None:
        head = "cmake_minimum_required(VERSION 3.15)\nproject(p %s)\n"
        lines = [
            head % "C",
            "add_library(_m MODULE m.c)\ninstall(TARGETS _m DESTINATION lib.d COMPONENT x)\n",
            "if(CALLS_CODE)\ninstall(CODE [[file(WRITE ${CMAKE_INSTALL_PREFIX}/one/b.txt made)]])\n"
            "endif()\n",
            *self.rules,
        ]
        if self.fails:
            lines.append("install(FILES missing.txt DESTINATION one)\n")
        (self.root / "CMakeLists.txt").write_text("".join(lines))
        (self.root / "second").mkdir(exist_ok=True)
        (self.root / "second/CMakeLists.txt").write_text(head % "NONE" + "".join(self.second))
        code = "true" if self.calls_code else "false"
        components = "[" + ", ".join(f'"{name}"' for name in self.components) + "]"
        text = PYPROJECT.format(components=components, code=code)
        (self.root / "pyproject.toml").write_text(text)

    def source(self) -> Path:
        folder = self.root / "data" / self.random.choice(FOLDERS)
        folder.mkdir(parents=True, exist_ok=True)
        return folder / self.random.choice(NAMES)

    def change(self) -> str:
        """Make one change; return what was changed."""
        change = self.random.choice(
            [
                *(self.new_file, self.same_times, self.same_times, self.remove, self.swap),
                *(self.mode, self.link, self.folder_or_file, self.older, self.module),
                *(self.add_rule, self.add_rule, self.remove_rule, self.choose_components),
                self.compile,
            ]
        )
        change()
        return change.__name__

    def new_file(self) -> None:
        path = self.source()
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.write_text(f"{self.random.random()}")
        os.utime(path, (1_000_000_000, 1_000_000_000))

    def _any(self) -> Path | None:
        found = sorted(p for p in (self.root / "data").rglob("*") if p.is_file())
        return self.random.choice(found) if found else None

    def same_times(self) -> None:
        if path := self._any():
            status = path.stat()
            path.write_text(f"{self.random.random()}"[: status.st_size].ljust(status.st_size))
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    def older(self) -> None:
        if path := self._any():
            path.write_text(f"{self.random.random()}")
            os.utime(path, (900_000_000, 900_000_000))

    def remove(self) -> None:
        if path := self._any():
            path.unlink()

    def swap(self) -> None:
        one, two = self.root / "data/one", self.root / "data/two"
        if one.is_dir() and two.is_dir():
            one.rename(self.root / "data/three")
            two.rename(one)
            (self.root / "data/three").rename(two)

    def mode(self) -> None:
        if path := self._any():
            path.chmod(self.random.choice([0o644, 0o755, 0o600]))

    def link(self) -> None:
        path = self.source()
        if not path.exists() and not path.is_symlink() and (other := self._any()):
            path.symlink_to(other)

    def folder_or_file(self) -> None:
        path = self.source()
        if path.is_dir():
            shutil.rmtree(path)
            path.write_text("a file")
        else:
            path.unlink(missing_ok=True)
            path.mkdir()
            (path / "inside.txt").write_text("in a directory")

    def module(self) -> None:
        """A file that is in the wheel before CMake installs, perhaps at the same place."""
        path = self.root / "pkg" / self.random.choice(NAMES)
        path.write_text(f"{self.random.random()}")
        os.utime(path, (1_000_000_000, 1_000_000_000))

    def compile(self) -> None:
        (self.root / "m.c").write_text(f"int PyInit__m = {self.random.randrange(1000)};\n")

    def add_rule(self) -> None:
        place = self.random.choice(["pkg", "pkg/one", "one", "one/a.txt", "."])
        component = self.random.choice(["", " COMPONENT x", " COMPONENT y"])
        options = self.random.choice(["", " PERMISSIONS OWNER_READ OWNER_EXECUTE OWNER_WRITE"])
        if self.random.random() < 0.5:
            folder = self.random.choice(["one", "one/", "two/"])
            patterns = self.random.choice(["", ' PATTERN "b.txt" EXCLUDE'])
            rule = f"DIRECTORY {{root}}/data/{folder} DESTINATION {place}{component}{patterns}"
        else:
            source = self.source().relative_to(self.root).as_posix()
            rename = self.random.choice(["", " RENAME a.txt", " RENAME inner"])
            rule = (
                f"FILES {{root}}/{source} DESTINATION {place}{options}{component}{rename} OPTIONAL"
            )
        rules = self.random.choice([self.rules, self.rules, self.second])
        where = "${CMAKE_CURRENT_SOURCE_DIR}" + ("" if rules is self.rules else "/..")
        rules.append(f"install({rule.replace('{root}', where)})\n")

    def remove_rule(self) -> None:
        rules = self.random.choice([self.rules, self.second])
        if rules:
            rules.pop(self.random.randrange(len(rules)))

    def choose_components(self) -> None:
        self.components = self.random.choice([[""], ["x"], ["x", "y"], ["Unspecified", "x"]])


def wheel_of(root: Path, monkeypatch: pytest.MonkeyPatch) -> bytes | None:
    """Build in a directory; return the wheel, or None if that failed."""
    # Longer than a tick of the file system's clock: of two changes, the first one is not seen.
    time.sleep(0.02)
    monkeypatch.chdir(root)
    shutil.rmtree(root / "dist", ignore_errors=True)
    try:
        name = build.build_wheel("dist")
    except SystemExit:
        return None
    return (root / "dist" / name).read_bytes()


@pytest.mark.parametrize("seed", range(int(os.environ.get("PY_BUILD_CMAKE_TEST_SEEDS", "1"))))
def test_random_changes(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Sources can be kept at once, in place of after seconds.
    monkeypatch.setattr(kept, "UNCERTAIN", -3600)
    # The compiled module is the same in every directory.
    project = Project(tmp_path / "project", random.Random(seed))
    (project.root / "pkg").mkdir(parents=True)
    (project.root / "pkg/__init__.py").touch()
    project.compile()
    for _ in range(8):
        project.new_file()
    project.rules.append(FIRST_RULE)
    cache, history = project.root / ".py-build-cmake_cache", []
    cache.mkdir()
    made = passed_over = 0
    for step in range(STEPS):
        history.append([project.change() for _ in range(project.random.randrange(1, 4))])
        project.fails = project.random.random() < 0.1
        project.calls_code = project.random.random() < 0.1
        project.write()
        kept_wheel = wheel_of(project.root, monkeypatch)
        cache.rename(tmp_path / "cache")
        fresh_wheel = wheel_of(project.root, monkeypatch)
        shutil.rmtree(cache, ignore_errors=True)
        (tmp_path / "cache").rename(cache)
        if kept_wheel != fresh_wheel:
            places = [set(_places(wheel, tmp_path)) for wheel in (kept_wheel, fresh_wheel)]
            pytest.fail(f"seed {seed}, step {step}: {places[0] ^ places[1]}\n{history}")
        made += kept_wheel is not None
        passed_over += sum("-- Up-to-date" in log.read_text() for log in cache.glob("*/*.log"))
        if kept_wheel is None:
            project.rules, project.second = [FIRST_RULE], []
    assert made > STEPS / 2
    assert passed_over


def _places(wheel: bytes | None, directory: Path) -> list[tuple[str, int, int]]:
    if wheel is None:
        return [("failed", 0, 0)]
    (directory / "x.whl").write_bytes(wheel)
    with zipfile.ZipFile(directory / "x.whl") as opened:
        return [(i.filename, i.CRC, i.external_attr) for i in opened.infolist()]
