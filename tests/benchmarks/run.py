"""Compare this backend with others: ``python3 tests/benchmarks/run.py`` (Python 3.10 or newer).

The other backends are installed as their locks have them (``tests/requirements/benchmarks``), each
into an environment of its own below ``.cache/benchmarks``. Commands that are compared run in turn
(see measure.py). The results are ``results.json``, a Markdown page with tables of ratios, and
plots, in the directory given with ``--output``. With ``--quick``, everything is small and runs
once, which shows that it works and nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests"))
sys.path.append(str(Path(__file__).resolve().parents[2] / "examples" / "sysroots"))

from backends import BACKENDS, OURS, install, version_of
from bench import Bench, Row
from cases import cold_build, hooks, packing, rebuild, sdists
from cross_cases import cross_build, many_targets
from install_cases import reinstall, repack
from measure import growth
from report import write_page
from support.environments import REPOSITORY, build_backend, make_environment

WORK = REPOSITORY / ".cache" / "benchmarks"
CASES: tuple[Callable[[Bench], Iterator[Row]], ...] = (
    hooks,
    cold_build,
    rebuild,
    reinstall,
    repack,
    cross_build,
    many_targets,
    sdists,
    packing,
)


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
        "machine": _machine(pythons[OURS].with_name("cmake")),
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


def _machine(cmake: Path) -> dict[str, object]:
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "processors": len(os.sched_getaffinity(0)),
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "cmake": subprocess.run(
            [cmake, "--version"], capture_output=True, text=True, check=True
        ).stdout.split()[2],
    }


if __name__ == "__main__":
    main()
