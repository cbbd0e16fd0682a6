"""Compare two commits of this program: ``python3 tests/benchmarks/compare.py REV [CASE...]``.

What is in the working tree is measured against the commit ``REV``, in one environment: only the
source differs. The commands of both run in turn (see measure.py). Each line has the median of the
ratios within a round, of the time on the clock and of processor time, and the quartiles of the
latter: if 1 lies between them, nothing can be said. Nothing fails because something is slower.
"""

from __future__ import annotations

import argparse
import io
import shutil
import statistics
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests"))

from backends import BACKENDS, OURS, install, many_files, one_file, write_data, write_extension
from bench import Bench, only_sources
from install_cases import changing, installing
from measure import Command, Run, measure
from support.environments import REPOSITORY, build_backend, make_environment

WORK = REPOSITORY / ".cache" / "benchmarks"
BACKEND = BACKENDS[0]


def main() -> None:
    """Measure what the arguments say, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rev", metavar="REV", help="a commit, a branch or a tag")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--rounds", type=int, default=11)
    arguments = parser.parse_intermixed_args()
    if unknown := [name for name in arguments.cases if name not in CASES]:
        parser.error(f"no case is called {', '.join(unknown)}; there are {', '.join(CASES)}")
    sources = {arguments.rev: source_of(arguments.rev), "working tree": REPOSITORY / "src"}
    wheel = build_backend(make_environment(WORK / "build"), WORK / "wheelhouse")
    pythons = {OURS: install(BACKEND, WORK / OURS, wheel)}
    print(f"\nworking tree in place of {arguments.rev}\n")
    print("| | wall | processor | from | to |\n|---|---|---|---|---|")
    for name in arguments.cases or CASES:
        directory = WORK / "compare" / "projects"
        runs = measure(
            [
                _with_source(
                    CASES[name](Bench(pythons, directory / str(number), arguments.rounds, False)),
                    side,
                    source,
                )
                for number, (side, source) in enumerate(sources.items())
            ],
            arguments.rounds,
        )
        print(line(name, *runs.values()), flush=True)


def source_of(rev: str) -> Path:
    """Unpack the source of a commit; return the directory for PYTHONPATH."""
    command = ["git", "-C", str(REPOSITORY), "archive", rev, "src"]
    packed = subprocess.run(command, check=True, capture_output=True).stdout
    directory = WORK / "compare" / "source"
    shutil.rmtree(directory, ignore_errors=True)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(directory, filter="data")
    return directory / "src"


def line(name: str, before: list[Run], after: list[Run]) -> str:
    """Return the row of a case: the medians of the ratios, and the quartiles."""
    wall = statistics.median(b.wall / a.wall for a, b in zip(before, after))
    ratios = [b.cpu / a.cpu for a, b in zip(before, after)]
    low, middle, high = statistics.quantiles(ratios) if len(ratios) > 1 else ratios * 3
    return f"| {name} | {wall:.2f} | {middle:.2f} | {low:.2f} | {high:.2f} |"


def _with_source(command: Command, side: str, source: Path) -> Command:
    environ = {**command.environ, "PYTHONPATH": str(source)}
    return replace(command, name=side, environ=environ)


def _hook(bench: Bench, hook: str) -> Command:
    project = bench.fresh("hook")
    write_extension(BACKEND, project)
    out = project / "out"
    arguments = [str(out)] if hook.startswith("prepare") else []
    return bench.hook(BACKEND, project, hook, *arguments, out=out)


def _build(bench: Bench, *, keep: bool) -> Command:
    project = bench.fresh("build")
    write_extension(BACKEND, project)
    command = bench.hook(BACKEND, project, "build_wheel", str(project / "out"), out=project / "out")
    return command if keep else replace(command, prepare=partial(only_sources, BACKEND, project))


def _reinstall(bench: Bench) -> Command:
    return installing(bench, BACKEND, many_files(5000))


def _repack(bench: Bench) -> Command:
    return changing(installing(bench, BACKEND, one_file(64, compressible=True)))


def _data(bench: Bench, hook: str) -> Command:
    project = bench.fresh("data")
    write_data(BACKEND, project, many_files(2000))
    out = project.with_name("data-out")
    return bench.hook(BACKEND, project, hook, str(out), out=out)


CASES: dict[str, Callable[[Bench], Command]] = {
    "requires": partial(_hook, hook="get_requires_for_build_wheel"),
    "metadata": partial(_hook, hook="prepare_metadata_for_build_wheel"),
    "cold": partial(_build, keep=False),
    "rebuild": partial(_build, keep=True),
    "reinstall": _reinstall,
    "repack": _repack,
    "wheel": partial(_data, hook="build_wheel"),
    "sdist": partial(_data, hook="build_sdist"),
}


if __name__ == "__main__":
    main()
