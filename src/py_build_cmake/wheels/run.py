"""Building all targets: as many at once as there are processors, each with its share of them."""

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
    """How to build: ``jobs`` is how many processors all targets may use together."""

    directory: Path
    jobs: int
    fail_fast: bool = False
    incremental: bool = False


class Progress(Protocol):
    """Is told what happens while targets are built."""

    def started(self, name: str) -> None:
        """Say that a build began."""

    def step(self, name: str, step: str) -> None:
        """Say that a build announced a step."""

    def tick(self, running: Mapping[str, Worker], waiting: Sequence[str]) -> None:
        """Show what runs, and what does not yet; called several times in a second."""

    def finished(self, outcome: Outcome) -> None:
        """Say what came of a target."""


@dataclass(frozen=True)
class _Queued:
    """A process to be run: a native pre-build that several targets share, or a target."""

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
    """Build the targets and return what came of each, in their order.

    Wheels appear in the output directory whole. When this is interrupted, all processes are
    ended, and the wheels that are complete remain.
    """
    options.directory.mkdir(parents=True, exist_ok=True)
    with _temporary(options.directory) as folder:
        batch = _Batch(session, options, progress, folder)
        try:
            _prepare(batch, planned)
            _run(batch)
        finally:
            end_all(worker for _, worker, _ in batch.running.values())
    return [batch.outcomes[each.target.name] for each in planned]


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
            # Of the first: its native pre-build is at its own place.
            name = "native pre-build" + (f" {len(native) + 1}" if native else "")
            order = _order(batch, group[0], name, native_to=batch.folder / f"native-{len(native)}")
            native[key] = _Queued(name, order, logs / f"{name.replace(' ', '-')}.log")
    batch.waiting += native.values()
    for each in to_do:
        name, before = each.target.name, native.get(each.native_key)
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
    """Reuse the wheel of a target if nothing changed since it was built."""
    name = planned.target.name
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
        batch.progress.tick(names, [job.name for job in batch.waiting])
        time.sleep(_INTERVAL)
        for name, (job, worker, _) in list(batch.running.items()):
            ended = worker.process.poll() is not None
            for step in worker.steps():
                batch.progress.step(name, step)
            if ended:
                del batch.running[name]
                _finish(batch, job, worker)


def _start_what_can(batch: _Batch) -> None:
    """Start the jobs that wait for nothing but a processor; divide those that are free."""
    ready = [job for job in batch.waiting if not job.needs or job.needs in batch.done]
    free = batch.options.jobs - sum(jobs for _, _, jobs in batch.running.values())
    while ready and free > 0:
        share = max(1, free // len(ready))
        job = ready.pop(0)
        batch.waiting.remove(job)
        free -= share
        folder = job.order.answer.parent
        folder.mkdir(parents=True)
        replace(job.order, jobs=share).write(folder / "order.json")
        environ = {**batch.session.machine.environ, _LEVEL: str(share)}
        empty = folder / "empty"
        empty.mkdir()
        worker = start(
            worker_command(folder / "order.json"),
            empty,
            environ,
            log=job.log,
            events=job.order.events,
        )
        batch.running[job.name] = (job, worker, share)
        batch.progress.started(job.name)


def _finish(batch: _Batch, job: _Queued, worker: Worker) -> None:
    """Take note of how a job ended; what needs it cannot be built if it failed."""
    seconds, status = worker.seconds, release(worker)
    if job.planned is None:
        batch.done[job.name] = status == 0
        if status:
            for other in [other for other in batch.waiting if other.needs == job.name]:
                batch.waiting.remove(other)
                message = f"the {job.name} failed"
                _report(batch, Outcome(other.name, FAILED, log=job.log, message=message))
        return
    if status == 0:
        outcome = _deliver(batch, job, seconds)
    else:
        ended = f"exit status {status}" if status > 0 else f"killed by signal {-status}"
        outcome = Outcome(job.name, FAILED, seconds=seconds, log=job.log, message=ended)
    _report(batch, outcome)


def _deliver(batch: _Batch, job: _Queued, seconds: float) -> Outcome:
    """Move a wheel to where it belongs, unless another target made one of this name."""
    answer = json.loads(job.order.answer.read_text())
    name: str = answer["wheel"]
    path = batch.options.directory / name
    others = [o.target for o in batch.outcomes.values() if o.status == BUILT and o.wheel == path]
    if others:
        message = f"the target {others[0]} made a wheel of the same name, {name}"
        return Outcome(job.name, FAILED, seconds=seconds, log=job.log, message=message)
    (job.order.directory / name).replace(path)
    record = batch.records[job.name]
    assert job.planned is not None
    record.complete(job.planned.plan, path, answer["verified"]).write(job.log.with_suffix(".json"))
    before = batch.outcomes.get(job.name)
    return Outcome(
        job.name,
        BUILT,
        wheel=path,
        tag=_tag_of(name),
        size=path.stat().st_size,
        seconds=seconds,
        verified=answer["verified"],
        log=job.log,
        message=before.message if before else "",
    )


def _tag_of(wheel_name: str) -> str:
    return "-".join(wheel_name.removesuffix(".whl").split("-")[-3:])


def _report(batch: _Batch, outcome: Outcome) -> None:
    batch.outcomes[outcome.target] = outcome
    batch.progress.finished(outcome)
    if outcome.status == FAILED and batch.options.fail_fast:
        message = f"stopped because {outcome.target} failed"
        running = [(job, worker) for job, worker, _ in batch.running.values()]
        end_all(worker for _, worker in running)
        stopped = [job for job, _ in running] + batch.waiting
        batch.running.clear()
        batch.waiting.clear()
        for job in stopped:
            if job.planned:
                batch.outcomes[job.name] = Outcome(job.name, STOPPED, message=message)
                batch.progress.finished(batch.outcomes[job.name])
