"""What ``py-build-cmake wheels`` shows while it runs, and at the end."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING

import click
import rich.box
import rich.live
import rich.table
import rich.text

from ..base.records import dataclass
from ..reports.page import size_text
from ..wheels.jobs import BUILT, FAILED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import rich.console

    from ..wheels.jobs import Outcome
    from ..wheels.prepare import Planned
    from ..wheels.processes import Worker
    from ..wheels.run import Progress

LINES_OF_LOG = 30
# Where the width of the terminal is not known, as in logs.
_WIDTH = 160


@contextmanager
def progress_on(screen: rich.console.Console) -> Iterator[Progress]:
    """Provide live lines on a terminal, and plain lines elsewhere."""
    if not screen.is_terminal:
        yield PlainProgress(screen)
        return
    with rich.live.Live(console=screen, transient=True, refresh_per_second=5) as live:
        yield LiveProgress(screen, live)


@dataclass
class PlainProgress:
    """A line for every event."""

    screen: rich.console.Console

    def started(self, name: str) -> None:
        """Say that a build began."""
        self._print(name, "started")

    def step(self, name: str, step: str) -> None:
        """Say that a build announced a step."""
        self._print(name, step)

    def tick(self, running: Mapping[str, Worker], waiting: Sequence[str]) -> None:
        """Show nothing: what does not change needs no line."""

    def finished(self, outcome: Outcome) -> None:
        """Say what came of a target."""
        self._print(outcome.job, _said(outcome))

    def _print(self, name: str, text: str) -> None:
        self.screen.print(f"{name}: {text}", soft_wrap=True)


@dataclass
class LiveProgress(PlainProgress):
    """One line for each target that is being built; it changes. What ended stays above."""

    live: rich.live.Live = field(repr=False)

    def started(self, name: str) -> None:
        """Show nothing; the next tick does."""

    def step(self, name: str, step: str) -> None:
        """Show nothing; the next tick does."""

    def tick(self, running: Mapping[str, Worker], waiting: Sequence[str]) -> None:
        """Show what runs, since when, and the step it is at."""
        table = rich.table.Table.grid(padding=(0, 2))
        for name, worker in running.items():
            step = rich.text.Text(worker.step, overflow="ellipsis", no_wrap=True)
            table.add_row(name, f"{worker.seconds:.0f} s", step)
        if waiting:
            table.add_row("", "", f"waiting: {len(waiting)}")
        self.live.update(table)


def _said(outcome: Outcome) -> str:
    """Say in one line what came of a target."""
    name = outcome.wheel.name if outcome.wheel else ""
    why = f" ({outcome.message})" if outcome.message else ""
    took = f" in {outcome.seconds:.1f} s" if outcome.seconds else ""
    return f"{outcome.status}{f' {name}' if name else ''}{took}{why}"


def print_failures(outcomes: Sequence[Outcome], screen: rich.console.Console) -> None:
    """Print the end of the log of every target that failed."""
    for outcome in outcomes:
        if outcome.status != FAILED:
            continue
        screen.print(f"\n{outcome.job} failed: {outcome.message}", style="bold", soft_wrap=True)
        if outcome.log and outcome.log.is_file():
            lines = outcome.log.read_text("utf-8", errors="replace").splitlines()
            screen.print(f"the end of {outcome.log}:", soft_wrap=True)
            for line in lines[-LINES_OF_LOG:]:
                screen.print(rich.text.Text(f"    {line}".rstrip()), soft_wrap=True)


def print_outcomes(outcomes: Sequence[Outcome], screen: rich.console.Console) -> None:
    """Print the table of all targets."""
    table = rich.table.Table(box=rich.box.SIMPLE)
    for title in ("target", "wheel", "size", "tag", "seconds", "verified"):
        is_number = title in ("size", "seconds")
        table.add_column(title, overflow="fold", justify="right" if is_number else "left")
    for outcome in outcomes:
        name = outcome.wheel.name if outcome.wheel else ""
        note = outcome.status if outcome.status != BUILT else ""
        if note and not name:
            note = f"{note}: {outcome.message}"
        table.add_row(
            outcome.job,
            rich.text.Text(f"{name} ({note})" if name and note else name or note),
            size_text(outcome.size) if outcome.size else "",
            outcome.tag,
            f"{outcome.seconds:.1f}" if outcome.seconds else "",
            outcome.verified,
        )
    if not screen.is_terminal:
        screen.width = _WIDTH
    screen.print(table)


def print_jobs(
    planned: Sequence[Planned], screen: rich.console.Console, *, wants_json: bool
) -> None:
    """Print the targets and the wheels that would be built."""
    if wants_json:
        rows = [{"target": p.job.name, "wheel": _wheel(p), "tag": p.tag} for p in planned]
        click.echo(json.dumps(rows, indent=2))
        return
    for each in planned:
        screen.print(f"{each.job.name}: {_wheel(each) or 'tag found by the build'}", soft_wrap=True)


def _wheel(planned: Planned) -> str | None:
    return planned.plan.wheel_name if planned.tag else None
