"""Building all wheels: as many at once as there are processors, each with its share of them."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..base.records import dataclass
from ..project.plan import CACHE_FOLDER
from .jobs import BUILT, FAILED, REUSED, STOPPED, Outcome
from .processes import Worker, end_all, release, start
from .reuse import WheelInputs, inputs_of
from .worker import Order, worker_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..building.session import Session
    from .prepare import Planned

_INTERVAL = 0.1
_LEVEL = "CMAKE_BUILD_PARALLEL_LEVEL"
_FILES_OF_RUN = "wheels"


@dataclass(frozen=True)
class Options:
    """How to build: ``processors`` is how many all jobs may use together."""

    directory: Path
    processors: int
    fail_fast: bool = False
    incremental: bool = False


class Progress(Protocol):
    """Receives the events while wheels are built."""

    def started(self, name: str) -> None:
        """A build began."""

    def step(self, name: str, step: str) -> None:
        """A build announced a step."""

    def tick(self, running: Mapping[str, Worker], waiting: Sequence[str]) -> None:
        """Show the running and the waiting builds; called several times a second."""

    def finished(self, outcome: Outcome) -> None:
        """A job ended with this outcome."""


@dataclass(frozen=True)
class _Queued:
    """A process to be run: a native pre-build that several jobs share, or a job."""

    name: str
    order: Order
    log: Path
    planned: Planned | None = None
    needs: str = ""


@dataclass
class _Batch:
    session: Session
    options: Options
    progress: Progress
    folder: Path
    waiting: list[_Queued] = field(default_factory=list)
    running: dict[str, tuple[_Queued, Worker, int]] = field(default_factory=dict)
    done: dict[str, bool] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    records: dict[str, WheelInputs] = field(default_factory=dict)


def logs_directory(project_dir: Path) -> Path:
    """Return the directory of the logs and records."""
    return project_dir / CACHE_FOLDER / _FILES_OF_RUN


def build_all(
    session: Session, planned: Sequence[Planned], options: Options, progress: Progress
) -> list[Outcome]:
    """Run the jobs and return their outcomes, in the same order.

    Wheels appear in the output directory whole. When this is interrupted, all processes are ended,
    and the wheels that are complete remain.
    """
    options.directory.mkdir(parents=True, exist_ok=True)
    with _temporary(options.directory) as folder:
        batch = _Batch(session, options, progress, folder)
        try:
            _prepare(batch, planned)
            _run(batch)
        finally:
            end_all(worker for _, worker, _ in batch.running.values())
    return [batch.outcomes[each.job.name] for each in planned]


@contextmanager
def _temporary(directory: Path) -> Iterator[Path]:
    """Provide a directory in the file system of the wheels, which are moved out of it."""
    folder = Path(tempfile.mkdtemp(prefix=".wheels-", dir=directory))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(batch: _Batch, planned: Sequence[Planned]) -> None:
    """Find out what has to be done."""
    logs = logs_directory(batch.session.project_dir)
    to_do = [each for each in planned if not _is_there(batch, each)]
    shared: dict[str, list[Planned]] = {}
    for each in to_do:
        shared.setdefault(each.native_key, []).append(each)
    native: dict[str, _Queued] = {}
    for key, group in shared.items():
        if key and len(group) > 1:
            # The native pre-build of the first job is in the job's own directory.
            name = "native pre-build" + (f" {len(native) + 1}" if native else "")
            order = _order(batch, group[0], name, native_to=batch.folder / f"native-{len(native)}")
            native[key] = _Queued(name, order, logs / f"{name.replace(' ', '-')}.log")
    batch.waiting += native.values()
    for each in to_do:
        name, before = each.job.name, native.get(each.native_key)
        order = _order(batch, each, name, native_from=before.order.native_to if before else None)
        needs = before.name if before else ""
        batch.waiting.append(_Queued(name, order, logs / f"{name}.log", each, needs))


def _order(
    batch: _Batch,
    planned: Planned,
    name: str,
    *,
    native_to: Path | None = None,
    native_from: Path | None = None,
) -> Order:
    folder = batch.folder / name
    return Order(
        project_dir=batch.session.project_dir.resolve(),
        settings=planned.settings,
        directory=folder / "wheel",
        answer=folder / "answer.json",
        events=folder / "events",
        native_to=native_to,
        native_from=native_from,
    )


def _is_there(batch: _Batch, planned: Planned) -> bool:
    """Reuse the wheel of a job if nothing changed since it was built."""
    name = planned.job.name
    path = logs_directory(batch.session.project_dir) / f"{name}.json"
    record = inputs_of(planned.plan, batch.options.directory)
    batch.records[name] = record
    if not batch.options.incremental:
        return False
    old = WheelInputs.read(path)
    reason = (
        "it was not built before" if old is None else old.why_not(record, batch.options.directory)
    )
    if old is None or reason:
        batch.outcomes[name] = Outcome(name, STOPPED, message=reason)
        return False
    outcome = Outcome(
        name,
        REUSED,
        wheel=batch.options.directory / old.wheel,
        tag=_tag_of(old.wheel),
        size=(batch.options.directory / old.wheel).stat().st_size,
        verified=old.verified,
    )
    batch.outcomes[name] = outcome
    batch.progress.finished(outcome)
    return True


def _run(batch: _Batch) -> None:
    while batch.waiting or batch.running:
        _start_what_can(batch)
        names = {name: worker for name, (_, worker, _) in batch.running.items()}
        batch.progress.tick(names, [queued.name for queued in batch.waiting])
        time.sleep(_INTERVAL)
        for name, (queued, worker, _) in list(batch.running.items()):
            ended = worker.process.poll() is not None
            for step in worker.steps():
                batch.progress.step(name, step)
            if ended:
                del batch.running[name]
                _finish(batch, queued, worker)


def _start_what_can(batch: _Batch) -> None:
    """Start the tasks that wait only for a processor, and divide the free processors among them."""
    ready = [queued for queued in batch.waiting if not queued.needs or queued.needs in batch.done]
    free = batch.options.processors - sum(share for _, _, share in batch.running.values())
    while ready and free > 0:
        share = max(1, free // len(ready))
        queued = ready.pop(0)
        batch.waiting.remove(queued)
        free -= share
        folder = queued.order.answer.parent
        folder.mkdir(parents=True)
        replace(queued.order, processors=share).write(folder / "order.json")
        environ = {**batch.session.machine.environ, _LEVEL: str(share)}
        empty = folder / "empty"
        empty.mkdir()
        worker = start(
            worker_command(folder / "order.json"),
            empty,
            environ,
            log=queued.log,
            events=queued.order.events,
        )
        batch.running[queued.name] = (queued, worker, share)
        batch.progress.started(queued.name)


def _finish(batch: _Batch, queued: _Queued, worker: Worker) -> None:
    """Record how a job ended; if it failed, jobs that need it cannot be built."""
    seconds, status = worker.seconds, release(worker)
    if queued.planned is None:
        batch.done[queued.name] = status == 0
        if status:
            for other in [other for other in batch.waiting if other.needs == queued.name]:
                batch.waiting.remove(other)
                message = f"the {queued.name} failed"
                _report(batch, Outcome(other.name, FAILED, log=queued.log, message=message))
        return
    if status == 0:
        outcome = _deliver(batch, queued, seconds)
    else:
        ended = f"exit status {status}" if status > 0 else f"killed by signal {-status}"
        outcome = Outcome(queued.name, FAILED, seconds=seconds, log=queued.log, message=ended)
    _report(batch, outcome)


def _deliver(batch: _Batch, queued: _Queued, seconds: float) -> Outcome:
    """Move a wheel to the output directory, unless another job made one of this name."""
    answer = json.loads(queued.order.answer.read_text())
    name: str = answer["wheel"]
    path = batch.options.directory / name
    others = [o.job for o in batch.outcomes.values() if o.status == BUILT and o.wheel == path]
    if others:
        message = f"the target {others[0]} made a wheel of the same name, {name}"
        return Outcome(queued.name, FAILED, seconds=seconds, log=queued.log, message=message)
    (queued.order.directory / name).replace(path)
    record = batch.records[queued.name]
    assert queued.planned is not None
    record.complete(queued.planned.plan, path, answer["verified"]).write(
        queued.log.with_suffix(".json")
    )
    before = batch.outcomes.get(queued.name)
    return Outcome(
        queued.name,
        BUILT,
        wheel=path,
        tag=_tag_of(name),
        size=path.stat().st_size,
        seconds=seconds,
        verified=answer["verified"],
        log=queued.log,
        message=before.message if before else "",
    )


def _tag_of(wheel_name: str) -> str:
    return "-".join(wheel_name.removesuffix(".whl").split("-")[-3:])


def _report(batch: _Batch, outcome: Outcome) -> None:
    batch.outcomes[outcome.job] = outcome
    batch.progress.finished(outcome)
    if outcome.status == FAILED and batch.options.fail_fast:
        message = f"stopped because {outcome.job} failed"
        running = [(queued, worker) for queued, worker, _ in batch.running.values()]
        end_all(worker for _, worker in running)
        stopped = [queued for queued, _ in running] + batch.waiting
        batch.running.clear()
        batch.waiting.clear()
        for queued in stopped:
            if queued.planned:
                batch.outcomes[queued.name] = Outcome(queued.name, STOPPED, message=message)
                batch.progress.finished(batch.outcomes[queued.name])
