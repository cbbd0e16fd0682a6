"""Choosing and planning targets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.fake_cmake import FakeCMake
from support.machines import LINUX_CP311

from py_build_cmake.base.console import Console
from py_build_cmake.base.errors import ConfigError, Error, Problem
from py_build_cmake.building.session import Session
from py_build_cmake.config.settings import parse_config_settings
from py_build_cmake.config.sources import stated_requirements
from py_build_cmake.wheels.jobs import Job, Matrix, settings_as_json, settings_from_json
from py_build_cmake.wheels.matrix import read_matrix
from py_build_cmake.wheels.prepare import (
    Planned,
    check_requirements,
    choose_jobs,
    missing,
    plan_jobs,
)

PYPROJECT = """
[build-system]
requires = ["py-build-cmake>=1", "nanobind"]
[project]
name = "pkg"
version = "1.0"
[tool.py-build-cmake.cmake]
env = { A = "b" }
"""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(PYPROJECT)
    (project / "pkg.py").write_text('"""A module."""\n')
    (project / "CMakeLists.txt").touch()
    settings = parse_config_settings({}, {})
    return Session(project, settings, LINUX_CP311, Console(), FakeCMake())


def plan(session: Session, text: str, *, native: bool = False) -> list[Planned]:
    path = session.project_dir / "wheels.toml"
    path.write_text(text)
    return plan_jobs(session, choose_jobs((), [read_matrix(path)], native=native))


@pytest.mark.parametrize(
    ("cross", "native", "of_matrix", "names"),
    [
        ((), False, False, ["native"]),
        (("a.cross.toml", "b/a.toml"), False, False, ["a", "a-2"]),
        ((".cross.toml",), True, False, ["native", ".cross"]),
        (("a.pbc",), False, True, ["native", "a", "m"]),
    ],
)
def test_choice(cross: tuple[str, ...], native: bool, of_matrix: bool, names: list[str]) -> None:
    matrices = [Matrix((Job("m"),), native=True)] if of_matrix else []
    assert [t.name for t in choose_jobs(cross, matrices, native=native)] == names


def test_a_matrix_is_like_cross_files(session: Session) -> None:
    (session.project_dir / "tc.cmake").touch()
    (session.project_dir / "a.cross.toml").write_text(
        'arch = "linux_aarch64"\ntoolchain_file = "tc.cmake"\n[cmake]\nbuild_type = "Debug"\n'
    )
    (from_matrix,) = plan(
        session,
        """
        [[targets]]
        arch = "linux_aarch64"
        toolchain_file = "tc.cmake"
        cmake.build_type = "Debug"
        """,
    )
    file = str(session.project_dir / "a.cross.toml")
    (from_file,) = plan_jobs(session, choose_jobs([file], (), native=False))
    where = {"cross_where": ""}
    assert replace(from_matrix.plan.config, **where) == replace(from_file.plan.config, **where)
    assert from_matrix.tag == "cp311-cp311-linux_aarch64"


def test_targets_that_share_a_native_build(session: Session) -> None:
    planned = plan(
        session,
        """
        native = true
        [common]
        native_build = true
        cmake.env = { C = "of the cross build" }
        [[targets]]
        arch = ["linux_aarch64", "linux_riscv64"]
        [[targets]]
        arch = "linux_s390x"
        native_build = false
        """,
    )
    native, first, second, third = (each.native_key for each in planned)
    assert native == third == ""
    assert first == second != ""
    # Another configuration of the build machine is another native pre-build.
    settings = parse_config_settings({"cmake.env.A": "c"}, {})
    other = plan_jobs(replace(session, settings=settings), [planned[1].job])
    assert other[0].native_key not in ("", first)


def test_mistakes_of_all_targets(session: Session) -> None:
    with pytest.raises(ConfigError) as e:
        plan(
            session,
            """
            [common]
            versio = "311"
            [[targets]]
            arch = ["linux_aarch64", "linux_riscv64"]
            [[targets]]
            arch = 1
            name = "bad"
            """,
        )
    message = str(e.value)
    assert "wheels.toml: `common.versio`: is not an option" in message
    assert "(target linux_aarch64, linux_riscv64, bad)" in message
    assert "wheels.toml: `targets[2].arch`: must be a string, not the integer 1" in message


def test_two_wheels_of_one_name(session: Session) -> None:
    with pytest.raises(ConfigError, match=r"a and b make wheels of one name, pkg-1.0-cp311"):
        plan(
            session,
            """
            [[targets]]
            name = "a"
            arch = "linux_aarch64"
            [[targets]]
            name = "b"
            arch = "linux_aarch64"
            """,
        )


def test_the_project_is_always_cross_compiled(session: Session) -> None:
    (session.project_dir / "py-build-cmake.cross.toml").write_text('arch = "linux_aarch64"\n')
    (planned,) = plan_jobs(session, choose_jobs((), (), native=False))
    assert planned.job.name == "default"


def test_a_tag_that_is_found_by_the_build(session: Session) -> None:
    (planned,) = plan(
        session, '[[targets]]\narch = "linux_aarch64"\nwheel.platform_tag = ["auto"]\n'
    )
    assert planned.tag == ""


def test_settings_arrive_in_other_processes(session: Session) -> None:
    settings = parse_config_settings({"cmake.jobs": "2", "verbose": "", "local": "a.toml"}, {})
    target = plan(session, '[[targets]]\narch = "linux_aarch64"\n')[0].job
    settings = target.settings(settings)
    assert settings_from_json(settings_as_json(settings)) == settings


def test_requirements(session: Session) -> None:
    problems: list[Problem] = []
    listed = stated_requirements(session.project_dir, problems)
    assert not problems
    assert listed == ["py-build-cmake>=1", "nanobind"]
    assert missing(listed, {}) == ["nanobind"]
    installed = {"nanobind": "2.0", "py-build-cmake": "0.5"}
    assert missing([*listed, "nanobind>=2", "nanobind>2"], installed) == [
        "py-build-cmake>=1",
        "nanobind>2",
    ]
    assert missing(["x; python_version < '3'", "a b c"], {}) == ["a b c"]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", ""),
        ("build-system = 1", "`build-system`: must be a table"),
        ("build-system.requires = 1", "`build-system.requires`: must be a list of strings"),
        ("build-system.requires = [1]", "`build-system.requires`: must be a list of strings"),
        ("[", "the file is not valid TOML"),
    ],
)
def test_no_requirements(tmp_path: Path, text: str, mistake: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    problems: list[Problem] = []
    assert stated_requirements(tmp_path, problems) == []
    assert [mistake in str(problem) for problem in problems] == ([True] if mistake else [])


def test_the_command_that_installs_requirements() -> None:
    check_requirements(["a"], {"a": "1"})
    with pytest.raises(Error, match=r"the environment lacks .* a>=2, b") as e:
        check_requirements(["a>=2", "b"], {"a": "1"})
    assert "-m pip install 'a>=2' b" in str(e.value)
