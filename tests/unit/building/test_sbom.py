"""Bills of materials: the project's own, and which build requirement the one made here has."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.configs import cmake_config, cmake_plan, wheel_config
from support.machines import LINUX_CP311

from py_build_cmake.base.console import Console
from py_build_cmake.base.errors import WheelError
from py_build_cmake.building.sbom import REQUIREMENT, add_sboms
from py_build_cmake.building.session import Session
from py_build_cmake.building.wheel import program_requirements
from py_build_cmake.cmake.runner import DryRunner
from py_build_cmake.config.settings import parse_config_settings
from py_build_cmake.project.plan import BuildPlan

SBOMS = "m-1.0.dist-info/sboms"


def plan_of(project: Path, *, sbom: bool = False, files: tuple[str, ...] = ()) -> BuildPlan:
    plan, _, _ = cmake_plan(cmake_config())
    tables = replace(plan.config.host_tables, wheel=wheel_config(sbom=sbom, sbom_files=files))
    return replace(plan, config=replace(plan.config, host_tables=tables, project_dir=project))


def added(project: Path, plan: BuildPlan, *there: str, editable: bool = False) -> dict[str, Path]:
    console = Console()
    session = Session(
        project,
        parse_config_settings({}, {}),
        LINUX_CP311,
        console,
        DryRunner(console),
        editable=editable,
    )
    files = {place: Path("/staging", place) for place in there}
    return add_sboms(session, plan, files, (), project / "staging" / "m-1.0.dist-info")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for place in ("boms/a.spdx.json", "boms/deep/b.cdx.json", "other/a.spdx.json"):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def test_files_of_the_project(project: Path) -> None:
    plan = plan_of(project, files=("boms",), sbom=True)
    assert added(project, plan, "m.py", editable=True) == {
        "m.py": Path("/staging/m.py"),
        f"{SBOMS}/a.spdx.json": project / "boms/a.spdx.json",
        f"{SBOMS}/b.cdx.json": project / "boms/deep/b.cdx.json",
    }


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        (("nothing",), "the pattern 'nothing' matches no file of the project"),
        (("boms", "other"), f"two files would be {SBOMS}/a.spdx.json"),
        (("boms/deep",), f"two files would be {SBOMS}/b.cdx.json"),
    ],
)
def test_mistakes(project: Path, patterns: tuple[str, ...], message: str) -> None:
    with pytest.raises(WheelError) as caught:
        added(project, plan_of(project, files=patterns), f"{SBOMS}/b.cdx.json")
    assert message in [problem.message for problem in caught.value.problems]


def test_without_the_library(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cyclonedx.model.bom", None)
    with pytest.raises(WheelError, match="cannot be imported") as caught:
        added(project, plan_of(project, sbom=True))
    assert REQUIREMENT in caught.value.problems[0].hint


def test_the_library_is_asked_for(project: Path) -> None:
    config = plan_of(project, sbom=True).config
    machine = replace(LINUX_CP311, environ={"PATH": ""})
    assert REQUIREMENT in program_requirements(config, machine)
    assert REQUIREMENT not in program_requirements(config, machine, makes_wheel=False)
