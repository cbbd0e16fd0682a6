"""``tests/run.py``: every stage runs, and what came of all of them is one table."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import run as tests_run
from run import Environment, Result, Stage, not_used, print_table, print_total, run_stages


def stage(name: str, code: str) -> Stage:
    """Return a stage that is a module made of `code`, in the directory of the environment."""
    return Stage(name, "", f"stage_{name}", (code,))


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setattr(tests_run, "CACHE", tmp_path)
    for name in ("one", "two", "three"):
        (tmp_path / f"stage_{name}.py").write_text("import sys; exec(sys.argv[1])\n")
    return Environment(Path(sys.executable), {"PYTHONPATH": str(tmp_path)})


STAGES = (stage("one", "raise SystemExit(1)"), stage("two", "raise SystemExit(0)"))


def test_a_failure_does_not_hide_the_next_stage(environment: Environment) -> None:
    results = list(run_stages(STAGES, environment, (), fail_fast=False))
    assert [(result.stage, result.passed) for result in results] == [("one", False), ("two", True)]


def test_fail_fast(environment: Environment) -> None:
    results = list(run_stages(STAGES, environment, (), fail_fast=True))
    assert [result.stage for result in results] == ["one"]


def test_arguments_for_pytest_go_nowhere_else(environment: Environment) -> None:
    code = "assert sys.argv[2:] == []"
    (result,) = run_stages([stage("three", code)], environment, ("-k", "x"), fail_fast=False)
    assert result.passed


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    results = [
        Result("lint", 0, 1.2),
        Result("unit", 1, 61, {"passed": 5, "failed": 2}),
        Result("cross", 0, 5, {"passed": 3, "skipped": 1, "unavailable": 4}, unavailable=("why",)),
    ]
    print_table(results)
    print_total(results)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[1:] == [
        "stage result passed failed skipped unavailable time",
        "lint passed 0:01",
        "unit FAILED 5 2 0 0 1:01",
        "cross passed 3 0 1 4 0:05",
        "unavailable: why",
        "",
        "8 passed, 2 failed, 1 skipped",
    ]


def test_hosts_that_were_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    used = ["aarch64 c", "aarch64 pybind11", "armhf nanobind", "s390x swig"]
    assert not_used(used) == ("riscv64", "numpy")
    assert not_used([*used, "riscv64 numpy"]) == ()
    result = Result("cross", 0, 1, {}, missing=not_used(used))
    assert not result.passed
    print_table([result])
    assert "which are wanted: riscv64, numpy" in capsys.readouterr().out


def test_modes_and_stages_have_names_that_exist() -> None:
    names = {stage.name for stage in (*tests_run.STAGES, *tests_run.QUICK)}
    for mode in (tests_run.LOCKED, tests_run.NEWEST, tests_run.LOWEST):
        assert set(mode.stages) <= names
