"""Which files of the staging directory need not be installed again."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from py_build_cmake.building import kept
from py_build_cmake.building.kept import KeptFiles, set_aside

FILES = '  file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/%s" TYPE FILE FILES "%s")\n'
DIRECTORY = '  file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/%s" TYPE DIRECTORY FILES "%s/")\n'
CODE = 'file(WRITE "${CMAKE_INSTALL_PREFIX}/made" "text")\n'


class Project:
    """A project whose installation is done here: ``rules`` are lines of a script, with what they
    copy. The sources were changed long ago, as far as the clock of the module says.
    """

    def __init__(self, directory: Path, configurations: int = 1, os_name: str = "linux") -> None:
        self.source = directory / "source"
        self.staging = directory / "cache" / "staging"
        self.configurations = [
            SimpleNamespace(build_dir=directory / f"build{i}", config=SimpleNamespace(fresh=False))
            for i in range(configurations)
        ]
        main = SimpleNamespace(
            install_prefix=self.staging,
            cmake_prefix=self.staging,
            configurations=self.configurations,
        )
        self.plan: Any = SimpleNamespace(machine=SimpleNamespace(os=os_name), main_pass=main)
        self.copied: list[str] = []

    def write(self, place: str, text: str, time: int = 1000) -> Path:
        path = self.source / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (time, time))
        return path

    def build(
        self, *rules: tuple[str, Iterable[tuple[str, str]]], before: Iterable[str] = ()
    ) -> dict[str, str]:
        """Build; return the contents of staging. There is a rule for each configuration: the script
        and pairs of a place and the source that is copied there. Files ``before`` are there before.
        """
        set_aside(self.plan)
        assert not any(self.staging.iterdir())
        self.copied = []
        for place in before:
            (self.staging / place).parent.mkdir(parents=True, exist_ok=True)
            (self.staging / place).write_text("before")
            os.utime(self.staging / place, (1000, 1000))
        for configuration, (script, copies) in zip(self.configurations, rules):
            configuration.build_dir.mkdir(exist_ok=True)
            (configuration.build_dir / "cmake_install.cmake").write_text(script)
            files = KeptFiles(self.plan, configuration, {})
            files.put_back()
            installed = [self._install(place, self.source / name) for place, name in copies]
            files.finish(installed)
        time.sleep(0.02)  # Longer than a tick of the file system's clock.
        return {
            path.relative_to(self.staging).as_posix(): path.read_text()
            for path in sorted(self.staging.rglob("*"))
            if path.is_file()
        }

    def _install(self, place: str, source: Path) -> Path:
        """Install a file as CMake does, which does not copy it if the times are the same."""
        target = self.staging / place
        target.parent.mkdir(parents=True, exist_ok=True)
        same = target.exists() and abs(target.stat().st_mtime - source.stat().st_mtime) < 1
        if not same:
            self.copied.append(place)
            shutil.copy2(source, target)
        return target

    def files(self, destination: str, *names: str) -> tuple[str, list[tuple[str, str]]]:
        script = "".join(FILES % (destination, self.source / name) for name in names)
        return script, [(f"{destination}/{name}", name) for name in names]

    def directory(self, destination: str, name: str) -> tuple[str, list[tuple[str, str]]]:
        root = self.source / name
        below = sorted(path for path in root.rglob("*") if path.is_file())
        copies = [
            (
                f"{destination}/{path.relative_to(root).as_posix()}",
                path.relative_to(self.source).as_posix(),
            )
            for path in below
        ]
        return DIRECTORY % (destination, root), copies


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time
    monkeypatch.setattr(kept, "time", SimpleNamespace(time=lambda: now() + 60))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    for name in ("a", "b", "data/c", "data/inner/d"):
        project.write(name, f"the first {name}")
    return project


def test_what_is_the_same_is_not_copied_again(project: Project) -> None:
    rule = project.directory("pkg", "data")
    first = project.build(rule)
    assert project.copied == ["pkg/c", "pkg/inner/d"]
    inodes = [(path, path.stat().st_ino) for path in (project.staging / "pkg").glob("*")]
    assert project.build(rule) == first
    assert project.copied == []
    assert inodes == [(path, path.stat().st_ino) for path in (project.staging / "pkg").glob("*")]
    assert not project.staging.with_name("kept-staging").exists()


def test_another_file_with_the_same_time_and_size(project: Project) -> None:
    rule = project.files("pkg", "a", "b")
    project.build(rule)
    project.write("a", "THE FIRST A")
    assert project.build(rule) == {"pkg/a": "THE FIRST A", "pkg/b": "the first b"}
    assert project.copied == ["pkg/a"]


def test_a_directory_in_place_of_another_one(project: Project) -> None:
    rule = project.directory("pkg", "data")
    project.write("other/c", "THE FIRST DATA/C")
    project.build(rule)
    (project.source / "data").rename(project.source / "gone")
    (project.source / "other").rename(project.source / "data")
    assert project.build(project.directory("pkg", "data")) == {"pkg/c": "THE FIRST DATA/C"}


def test_another_source_with_the_same_time(project: Project) -> None:
    project.build(project.files("pkg", "a"))
    project.write("other/a", "THE FIRST A")
    rule = FILES % ("pkg", project.source / "other/a"), [("pkg/a", "other/a")]
    assert project.build(rule) == {"pkg/a": "THE FIRST A"}


def test_a_rule_that_is_gone(project: Project) -> None:
    project.build(project.directory("pkg", "data"))
    assert project.build(project.files("x", "a")) == {"x/a": "the first a"}
    assert not (project.staging / "pkg").exists()


def test_a_rule_that_does_not_run(project: Project) -> None:
    script, copies = project.directory("pkg", "data")
    project.build((script, copies))
    assert project.build((script, copies[:1])) == {"pkg/c": "the first data/c"}
    assert not (project.staging / "pkg/inner").exists()


def test_a_file_that_was_changed_in_staging(project: Project) -> None:
    rule = project.files("pkg", "a", "b")
    project.build(rule)
    staged = project.staging / "pkg/a"
    staged.write_text("THE FIRST A")
    os.utime(staged, (1000, 1000))
    assert project.build(rule)["pkg/a"] == "the first a"


def test_a_file_that_is_there_before(project: Project) -> None:
    rule = project.files("pkg", "a")
    # CMake does not replace it, since it has the same time.
    assert project.build(rule, before=["pkg/a"]) == {"pkg/a": "before"}
    assert project.build(rule) == {"pkg/a": "the first a"}
    assert project.build(rule, before=["pkg/a"]) == {"pkg/a": "before"}
    assert project.build(rule, before=["pkg/x"]) == {"pkg/a": "the first a", "pkg/x": "before"}
    assert project.build(rule, before=["pkg/x"])
    assert project.copied == []


def test_a_file_in_place_of_a_directory(project: Project) -> None:
    script, copies = project.directory("pkg", "data")
    project.build((script, copies))
    more = script + FILES % ("pkg", project.source / "inner")
    project.write("inner", "a file")
    found = project.build((more, [("pkg/inner", "inner")]))
    assert found == {"pkg/inner": "a file"}


def test_code_of_the_project(project: Project) -> None:
    script, copies = project.files("pkg", "a")
    project.build((script, copies))
    project.build((script + CODE, copies))
    assert project.copied == ["pkg/a"]


def test_a_source_that_was_just_changed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "time", time)
    rule = project.files("pkg", "a")
    project.build(rule)
    project.build(rule)
    assert project.copied == ["pkg/a"]


def test_an_installation_that_failed(project: Project) -> None:
    rule = project.files("pkg", "a", "b")
    project.build(rule)
    script, _ = rule
    with pytest.raises(FileNotFoundError):
        project.build((script, [("pkg/a", "a"), ("pkg/none", "none")]))
    assert project.build(rule) == {"pkg/a": "the first a", "pkg/b": "the first b"}


def test_a_build_that_failed_before_the_installation(project: Project) -> None:
    rule = project.files("pkg", "a", "b")
    project.build(rule)
    set_aside(project.plan)
    assert project.build(rule) == {"pkg/a": "the first a", "pkg/b": "the first b"}
    assert project.copied == []


def test_a_fresh_build(project: Project) -> None:
    rule = project.files("pkg", "a")
    project.build(rule)
    project.configurations[0].config.fresh = True
    project.build(rule)
    assert project.copied == ["pkg/a"]


@pytest.mark.parametrize("damage", ["", "[]", '{"/pkg/a": 1}', '{"/pkg/a": ["x", 1, 2]}'])
def test_a_damaged_record(project: Project, damage: str) -> None:
    rule = project.files("pkg", "a")
    project.build(rule)
    [record] = project.configurations[0].build_dir.rglob("installed-staging.json")
    record.write_text(damage)
    project.build(rule)
    assert project.copied == ["pkg/a"]


def test_two_configurations(tmp_path: Path) -> None:
    project = Project(tmp_path, configurations=2)
    for name in ("a", "b", "data/c"):
        project.write(name, f"the first {name}")
    rules = project.files("pkg", "a"), project.files("pkg", "b")
    expected = {"pkg/a": "the first a", "pkg/b": "the first b"}
    assert project.build(*rules) == expected
    assert project.build(*rules) == expected
    assert project.copied == []
    # What the first one installs now is what the second one did.
    other = project.files("pkg", "a", "b"), project.directory("x", "data")
    assert project.build(*other) == {**expected, "x/c": "the first data/c"}


def test_systems_without_a_time_of_change(tmp_path: Path) -> None:
    project = Project(tmp_path, os_name="windows")
    project.write("a", "text")
    rule = project.files("pkg", "a")
    project.build(rule)
    project.build(rule)
    assert project.copied == ["pkg/a"]
