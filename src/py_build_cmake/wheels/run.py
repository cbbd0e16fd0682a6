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
from .inputs import Record, inputs_of
from .jobs import BUILT, FAILED, REUSED, STOPPED, Outcome
from .processes import Worker, end_all, release, start
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
class _Job:
    """A process to be run: a native pre-build that several targets share, or a target."""

    name: str
    order: Order
    log: Path
    planned: Planned | None = None
    needs: str = ""


@dataclass
class _Build:
    session: Session
    options: Options
    progress: Progress
    folder: Path
    waiting: list[_Job] = field(default_factory=list)
    running: dict[str, tuple[_Job, Worker, int]] = field(default_factory=dict)
    done: dict[str, bool] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)


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
        build = _Build(session, options, progress, folder)
        try:
            _prepare(build, planned)
            _run(build)
        finally:
            end_all(worker for _, worker, _ in build.running.values())
    return [build.outcomes[each.target.name] for each in planned]


@contextmanager
def _temporary(directory: Path) -> Iterator[Path]:
    """Provide a directory in the file system of the wheels, which are moved out of it."""
    folder = Path(tempfile.mkdtemp(prefix=".wheels-", dir=directory))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(build: _Build, planned: Sequence[Planned]) -> None:
    """Find out what has to be done."""
    logs = logs_directory(build.session.project_dir)
    to_do = [each for each in planned if not _is_there(build, each)]
    shared: dict[str, list[Planned]] = {}
    for each in to_do:
        shared.setdefault(each.native_key, []).append(each)
    native: dict[str, _Job] = {}
    for key, group in shared.items():
        if key and len(group) > 1:
            # Of the first: its native pre-build is at its own place.
            name = "native pre-build" + (f" {len(native) + 1}" if native else "")
            order = _order(build, group[0], name, native_to=build.folder / f"native-{len(native)}")
            native[key] = _Job(name, order, logs / f"{name.replace(' ', '-')}.log")
    build.waiting += native.values()
    for each in to_do:
        name, before = each.target.name, native.get(each.native_key)
        order = _order(build, each, name, native_from=before.order.native_to if before else None)
        needs = before.name if before else ""
        build.waiting.append(_Job(name, order, logs / f"{name}.log", each, needs))


def _order(
    build: _Build,
    planned: Planned,
    name: str,
    *,
    native_to: Path | None = None,
    native_from: Path | None = None,
) -> Order:
    folder = build.folder / name
    return Order(
        project_dir=build.session.project_dir.resolve(),
        settings=planned.settings,
        directory=folder / "wheel",
        answer=folder / "answer.json",
        native_to=native_to,
        native_from=native_from,
    )


def _is_there(build: _Build, planned: Planned) -> bool:
    """Reuse the wheel of a target if nothing changed since it was built."""
    name = planned.target.name
    path = logs_directory(build.session.project_dir) / f"{name}.json"
    record = inputs_of(planned.plan, build.options.directory)
    build.records[name] = record
    if not build.options.incremental:
        return False
    old = Record.read(path)
    reason = (
        "it was not built before" if old is None else old.why_not(record, build.options.directory)
    )
    if old is None or reason:
        build.outcomes[name] = Outcome(name, STOPPED, message=reason)
        return False
    outcome = Outcome(
        name,
        REUSED,
        wheel=build.options.directory / old.wheel,
        tag=_tag_of(old.wheel),
        size=(build.options.directory / old.wheel).stat().st_size,
        verified=old.verified,
    )
    build.outcomes[name] = outcome
    build.progress.finished(outcome)
    return True


def _run(build: _Build) -> None:
    while build.waiting or build.running:
        _start_what_can(build)
        names = {name: worker for name, (_, worker, _) in build.running.items()}
        build.progress.tick(names, [job.name for job in build.waiting])
        time.sleep(_INTERVAL)
        for name, (job, worker, _) in list(build.running.items()):
            ended = worker.process.poll() is not None
            for step in worker.steps():
                build.progress.step(name, step)
            if ended:
                del build.running[name]
                _finish(build, job, worker)


def _start_what_can(build: _Build) -> None:
    """Start the jobs that wait for nothing but a processor; divide those that are free."""
    ready = [job for job in build.waiting if not job.needs or job.needs in build.done]
    free = build.options.jobs - sum(jobs for _, _, jobs in build.running.values())
    while ready and free > 0:
        share = max(1, free // len(ready))
        job = ready.pop(0)
        build.waiting.remove(job)
        free -= share
        folder = job.order.answer.parent
        folder.mkdir(parents=True)
        replace(job.order, jobs=share).write(folder / "order.json")
        environ = {**build.session.build.environ, _LEVEL: str(share)}
        empty = folder / "empty"
        empty.mkdir()
        worker = start(worker_command(folder / "order.json"), empty, environ, job.log)
        build.running[job.name] = (job, worker, share)
        build.progress.started(job.name)


def _finish(build: _Build, job: _Job, worker: Worker) -> None:
    """Take note of how a job ended; what needs it cannot be built if it failed."""
    seconds, status = worker.seconds, release(worker)
    if job.planned is None:
        build.done[job.name] = status == 0
        if status:
            for other in [other for other in build.waiting if other.needs == job.name]:
                build.waiting.remove(other)
                message = f"the {job.name} failed"
                _report(build, Outcome(other.name, FAILED, log=job.log, message=message))
        return
    if status == 0:
        outcome = _deliver(build, job, seconds)
    else:
        ended = f"exit status {status}" if status > 0 else f"killed by signal {-status}"
        outcome = Outcome(job.name, FAILED, seconds=seconds, log=job.log, message=ended)
    _report(build, outcome)


def _deliver(build: _Build, job: _Job, seconds: float) -> Outcome:
    """Move a wheel to where it belongs, unless another target made one of this name."""
    answer = json.loads(job.order.answer.read_text())
    name: str = answer["wheel"]
    path = build.options.directory / name
    others = [o.target for o in build.outcomes.values() if o.status == BUILT and o.wheel == path]
    if others:
        message = f"the target {others[0]} made a wheel of the same name, {name}"
        return Outcome(job.name, FAILED, seconds=seconds, log=job.log, message=message)
    (job.order.directory / name).replace(path)
    record = build.records[job.name]
    assert job.planned is not None
    record.complete(job.planned.plan, path, answer["verified"]).write(job.log.with_suffix(".json"))
    before = build.outcomes.get(job.name)
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


def _report(build: _Build, outcome: Outcome) -> None:
    build.outcomes[outcome.target] = outcome
    build.progress.finished(outcome)
    if outcome.status == FAILED and build.options.fail_fast:
        message = f"stopped because {outcome.target} failed"
        running = [(job, worker) for job, worker, _ in build.running.values()]
        end_all(worker for _, worker in running)
        stopped = [job for job, _ in running] + build.waiting
        build.running.clear()
        build.waiting.clear()
        for job in stopped:
            if job.planned:
                build.outcomes[job.name] = Outcome(job.name, STOPPED, message=message)
                build.progress.finished(build.outcomes[job.name])
