"""What pytest's reports do not tell apart, and what cross tests really used, for ``tests/run.py``.

A test that is skipped because a mirror does not serve something is `unavailable`, an outcome of
its own. A test that ran something on a host's Python says so with `used`.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from _pytest.outcomes import Skipped

UNAVAILABLE = "unavailable"
USED = "used"


class NotServed(Skipped):
    """Skips a test as unavailable: what it needs exists, and is not served at present."""


_used: list[str] = []


def used(architecture: str, binding: str) -> None:
    """Note that a host's Python has imported a module that was made with a kind of binding."""
    _used.append(f"{architecture} {binding}")


def annotate(report: pytest.TestReport, call: pytest.CallInfo[Any]) -> None:
    """Add to the report of a test's phase what its process alone knows."""
    if call.excinfo is not None and isinstance(call.excinfo.value, NotServed):
        report.user_properties.append((UNAVAILABLE, str(call.excinfo.value)))
    if report.when == "call":
        if report.passed:
            report.user_properties += [(USED, one) for one in _used]
        _used.clear()


def is_unavailable(report: pytest.TestReport) -> bool:
    """Return whether a test was skipped as unavailable."""
    return any(name == UNAVAILABLE for name, _ in report.user_properties)


@dataclass(eq=False)
class Recorder:
    """Counts the outcomes of a run, in the process that sees the reports of all others."""

    file: Path
    counts: Counter[str] = field(default_factory=Counter)
    used: set[str] = field(default_factory=set)
    unavailable: set[str] = field(default_factory=set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one report: a test has up to three, and one outcome unless its teardown fails."""
        if report.failed:
            self.counts["failed"] += 1
        elif report.skipped:
            self.counts[UNAVAILABLE if is_unavailable(report) else "skipped"] += 1
        elif report.when == "call":
            self.counts["passed"] += 1
        for name, value in report.user_properties:
            if name == USED:
                self.used.add(str(value))
            elif name == UNAVAILABLE:
                self.unavailable.add(str(value))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count a file that cannot be imported."""
        if report.failed:
            self.counts["failed"] += 1

    def pytest_sessionfinish(self) -> None:
        """Write what was counted."""
        outcome = {
            "counts": dict(self.counts),
            "used": sorted(self.used),
            UNAVAILABLE: sorted(self.unavailable),
        }
        self.file.write_text(json.dumps(outcome, indent=1) + "\n", encoding="utf-8")
