"""When steps began, and what Ninja says of the files that it made."""

from __future__ import annotations

from pathlib import Path

import pytest

from py_build_cmake.reports import timing
from py_build_cmake.reports.timing import Clock, Made, Span, TimedProgress, made_by_ninja
from py_build_cmake.wheels.jobs import BUILT, Outcome


class Inner:
    """Notes the events that are passed on."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def started(self, name: str) -> None:
        self.events.append(f"started {name}")

    def step(self, name: str, step: str) -> None:
        self.events.append(f"{name}: {step}")

    def tick(self, running: object, waiting: object) -> None:
        self.events.append("tick")

    def finished(self, outcome: Outcome) -> None:
        self.events.append(f"finished {outcome.job}")


def test_steps_end_when_others_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([100.0, 101.0, 103.0, 103.0, 104.0, 106.0])
    monkeypatch.setattr(timing.time, "monotonic", lambda: next(now))
    inner, clock = Inner(), Clock(began=100.0)
    progress = TimedProgress(inner, clock)
    progress.started("pre")  # 100
    progress.step("pre", "configure")  # 101
    progress.tick({}, [])  # the pre-build has ended: 103
    progress.started("native")  # 103
    progress.step("native", "build")  # 104
    progress.tick({"native": None}, [])  # type: ignore[dict-item]
    progress.finished(Outcome("native", BUILT))  # 106
    assert clock.spans == {
        "pre": [Span("start", 0.0, 1.0), Span("configure", 1.0, 3.0)],
        "native": [Span("start", 3.0, 4.0), Span("build", 4.0, 6.0)],
    }
    assert inner.events == [
        *("started pre", "pre: configure", "tick", "started native", "native: build", "tick"),
        "finished native",
    ]
    assert clock.spans["native"][1].seconds == 2.0


LOG = """\
# ninja log v6
0\t1500\t2000000000000000000\ta.o\thash1
1000\t1250\t2000000000000000000\tsub/b.pyi\thash2
1000\t1250\t2000000000000000000\tb.pyi\thash2
0\t90\t1000000000000000000\told.o\thash3
broken
"""


def test_what_ninja_made(tmp_path: Path) -> None:
    (tmp_path / ".ninja_log").write_text(LOG)
    made = list(made_by_ninja("native", [tmp_path / "no", tmp_path], since=1_500_000_000))
    assert made == [Made("native", "a.o", 1.5), Made("native", "b.pyi", 0.25)]
