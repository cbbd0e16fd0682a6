"""Compare this backend with others: ``python3 tests/benchmarks/run.py`` (Python 3.10 or newer).

The other backends are installed from the package index, each into an environment of its own below
``.cache/benchmarks``. Commands that are compared run in turn (see measure.py). The results are
``results.json``, a Markdown page with tables of ratios, and plots, in the directory given with
``--output``. With ``--quick``, everything is small and runs once, which shows that it works and
nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "examples"))

from backends import (
    BACKENDS,
    OURS,
    Backend,
    install,
    many_files,
    one_file,
    version_of,
    write_data,
    write_extension,
)
from bootstrap import REPOSITORY, build_backend, make_environment
from measure import Command, Run, growth, measure, median, ratios
from report import write_page

WORK = REPOSITORY / ".cache" / "benchmarks"
BARE = "bare commands"
HOOK = """
import importlib, sys
_, backend, hook, *arguments = sys.argv
getattr(importlib.import_module(backend), hook)(*arguments)
"""
BARE_BUILD = """
import shutil, subprocess, sys
source, build, prefix = sys.argv[1:]
run = lambda *words: subprocess.run(words, check=True)
run("cmake", "-S", source, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
    "-DPython_EXECUTABLE=" + sys.executable)
run("cmake", "--build", build)
run("cmake", "--install", build, "--prefix", prefix)
shutil.make_archive(prefix, "zip", prefix)
"""
BARE_ZIP = "import shutil, sys; shutil.make_archive(sys.argv[2], 'zip', sys.argv[1])"


@dataclass(frozen=True)
class Row:
    """One line of the results. ``ratio`` is to the reference of the case, 1 for that itself."""

    case: str
    size: float | None
    name: str
    seconds: float
    cpu_seconds: float
    memory_mib: float
    ratio: float


@dataclass(frozen=True)
class Bench:
    """Where and how to measure. ``pythons`` are the backends' environments."""

    pythons: dict[str, Path]
    directory: Path
    rounds: int
    is_quick: bool

    def backends(self, *, with_data: bool = False) -> list[Backend]:
        return [b for b in BACKENDS if not with_data or b.data_tables is not None]

    def sizes(self, *sizes: int) -> Sequence[int]:
        return (1, 2, 3) if self.is_quick else sizes

    def fresh(self, name: str) -> Path:
        path = self.directory / name.replace(" ", "-")
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def hook(
        self, backend: Backend, project: Path, hook: str, *arguments: str, out: Path | None = None
    ) -> Command:
        """Return the process that calls a hook as a front end does, without isolation."""
        python = self.pythons[backend.name]
        path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
        return Command(
            backend.name,
            [python, "-c", HOOK, backend.module, hook, *arguments],
            project,
            {"PATH": path},
            prepare=partial(_empty, out) if out else lambda: None,
        )

    def bare(self, script: str, cwd: Path, *arguments: Path, prepare: Path) -> Command:
        python = self.pythons[OURS]
        path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
        words = [python, "-c", script, *arguments]
        return Command(BARE, words, cwd, {"PATH": path}, prepare=partial(_empty, prepare))


def hooks(bench: Bench) -> Iterator[Row]:
    """Processes that answer a hook without building, against an interpreter that does nothing."""
    for hook in ("get_requires_for_build_wheel", "prepare_metadata_for_build_wheel"):
        commands = [Command("python -c pass", [bench.pythons[OURS], "-c", "pass"], bench.directory)]
        for backend in bench.backends():
            if hook.startswith("prepare") and not backend.announces_metadata:
                continue
            project = bench.fresh(f"hooks-{backend.name}")
            write_extension(backend, project)
            out = project / "out"
            arguments = [str(out)] if hook.startswith("prepare") else []
            commands.append(bench.hook(backend, project, hook, *arguments, out=out))
        yield from _rows(hook, None, measure(commands, bench.rounds * 2))


def cold_build(bench: Bench) -> Iterator[Row]:
    """A wheel of a project with one C file, built for the first time."""
    yield from _builds(bench, "cold build", keep=False)


def rebuild(bench: Bench) -> Iterator[Row]:
    """The same wheel again, nothing changed."""
    yield from _builds(bench, "rebuild", keep=True)


def _builds(bench: Bench, case: str, *, keep: bool) -> Iterator[Row]:
    project = bench.fresh(f"{case}-bare")
    write_extension(BACKENDS[0], project)
    build, prefix = project / "build", project / "prefix"
    commands = [
        bench.bare(BARE_BUILD, project, project, build, prefix, prepare=prefix if keep else build)
    ]
    for backend in bench.backends():
        own = bench.fresh(f"{case}-{backend.name}")
        write_extension(backend, own)
        command = bench.hook(backend, own, "build_wheel", str(own / "out"), out=own / "out")
        prepare = command.prepare if keep else partial(_only_sources, backend, own)
        commands.append(Command(command.name, command.words, own, command.environ, prepare))
    yield from _rows(case, None, measure(commands, bench.rounds))


def sdists(bench: Bench) -> Iterator[Row]:
    """Source distributions of many small files, by their number."""
    for count in bench.sizes(2000, 8000, 20_000):
        commands = []
        for backend in bench.backends(with_data=True):
            project = bench.fresh(f"sdist-{backend.name}")
            write_data(backend, project, many_files(count))
            out = project.with_name(f"{project.name}-out")
            commands.append(bench.hook(backend, project, "build_sdist", str(out), out=out))
        yield from _rows("sdist of small files", count, measure(commands, bench.rounds))


def packing(bench: Bench) -> Iterator[Row]:
    """Wheels of packages with data only, against zipping the same files in one thread."""
    for case, sizes, make in (
        ("small files", (2000, 8000, 20_000), many_files),
        ("compiled code, MiB", (64, 256, 1024), partial(one_file, compressible=True)),
        ("random bytes, MiB", (64, 128, 256), partial(one_file, compressible=False)),
    ):
        for size in bench.sizes(*sizes):
            commands = []
            for backend in bench.backends(with_data=True):
                project = bench.fresh(f"packing-{backend.name}")
                write_data(backend, project, make(size))
                out = project.with_name(f"{project.name}-out")
                if backend.name == OURS:
                    bare = out.with_name("packing-bare")
                    arguments = (project, bare / "archive")
                    commands.append(bench.bare(BARE_ZIP, project, *arguments, prepare=bare))
                commands.append(bench.hook(backend, project, "build_wheel", str(out), out=out))
            rounds = bench.rounds if size < 1000 or case == "small files" else 1
            yield from _rows(f"wheel of {case}", size, measure(commands, rounds))


CASES: tuple[Callable[[Bench], Iterator[Row]], ...] = (hooks, cold_build, rebuild, sdists, packing)


def main() -> None:
    """Measure what the arguments say and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", default=[])
    parser.add_argument("--output", type=Path, default=WORK / "results")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    wheel = build_backend(make_environment(WORK / "build"), WORK / "wheelhouse")
    pythons = {b.name: install(b, WORK / b.name.replace(" ", "-"), wheel) for b in BACKENDS}
    rounds = 1 if arguments.quick else arguments.rounds
    bench = Bench(pythons, WORK / "projects", rounds, arguments.quick)
    bench.directory.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for case in CASES:
        if not arguments.cases or case.__name__ in arguments.cases:
            for row in case(bench):
                rows.append(row)
                size = "" if row.size is None else f"{row.size:g}"
                print(
                    f"{row.case} {size}: {row.name} {row.seconds:.3f} s, {row.ratio:.2f}",
                    flush=True,
                )
    results = {
        "machine": _machine(),
        "versions": {b.name: version_of(pythons[b.name], b) for b in BACKENDS},
        "rounds": rounds,
        "rows": [asdict(row) for row in rows],
        "growth": _growth(rows),
    }
    arguments.output.mkdir(parents=True, exist_ok=True)
    data = arguments.output / "results.json"
    data.write_text(json.dumps(results, indent=1) + "\n")
    write_page(results, arguments.output / "README.md")
    plotting = make_environment(WORK / "plotting", "matplotlib")
    script = Path(__file__).with_name("plots.py")
    subprocess.run([plotting, script, data, arguments.output], check=True)
    print(f"results: {arguments.output}")


def _rows(case: str, size: float | None, runs: dict[str, list[Run]]) -> Iterator[Row]:
    """Yield the rows of a case; the first command is the reference."""
    reference = next(iter(runs.values()))
    for name, measured in runs.items():
        yield Row(
            case,
            size,
            name,
            median([run.wall for run in measured]),
            median([run.cpu for run in measured]),
            median([run.memory for run in measured]),
            median(ratios(measured, reference)),
        )


def _growth(rows: Sequence[Row]) -> list[dict[str, object]]:
    """Fit how the time of each case grows with the size."""
    series: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in rows:
        if row.size is not None:
            series.setdefault((row.case, row.name), []).append((row.size, row.seconds))
    return [
        {"case": case, "name": name, "exponent": growth(*zip(*points))}
        for (case, name), points in series.items()
    ]


def _machine() -> dict[str, object]:
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "processors": len(os.sched_getaffinity(0)),
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "cmake": subprocess.run(
            ["cmake", "--version"], capture_output=True, text=True, check=True
        ).stdout.split()[2],
    }


def _empty(directory: Path | None) -> None:
    if directory:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)


def _only_sources(backend: Backend, project: Path) -> None:
    _empty(project)
    write_extension(backend, project)
    (project / "out").mkdir()


if __name__ == "__main__":
    main()
