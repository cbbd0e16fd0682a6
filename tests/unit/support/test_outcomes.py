"""A test that is skipped because nothing is served is counted by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = """
import pytest
from support.outcomes import UNAVAILABLE, Recorder, annotate, is_unavailable

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(call):
    outcome = yield
    annotate(outcome.get_result(), call)

def pytest_report_teststatus(report):
    if report.skipped and is_unavailable(report):
        return UNAVAILABLE, "u", "UNAVAILABLE"

def pytest_configure(config):
    from pathlib import Path
    config.pluginmanager.register(Recorder(Path("outcome.json")))
"""
TESTS = """
import pytest
from support.outcomes import NotServed, used

@pytest.fixture(scope="session")
def host():
    raise NotServed("out of step")

def test_one(host): ...
def test_two(host): ...
def test_skipped(): pytest.skip("no")
def test_used(): used("aarch64", "c")
def test_failed():
    used("armhf", "c")
    assert False
def test_after(): ...
@pytest.fixture
def broken():
    raise ValueError
def test_error(broken): ...
"""


def test_outcomes(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["*2 unavailable*"])
    assert json.loads(Path(pytester.path, "outcome.json").read_text("utf-8")) == {
        "counts": {"unavailable": 2, "skipped": 1, "passed": 2, "failed": 2},
        "used": ["aarch64 c"],
        "unavailable": ["out of step"],
    }
