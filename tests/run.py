"""Run all checks and all tests, from nothing but Python (3.9 or newer), pip and a C++ compiler.

Every stage runs, whatever an earlier one found; the end is one table, and the exit status is that
of all of them. The environment is made in `.cache/tests` of this repository, of the versions in
`tests/requirements`, or of others (``--newest``, ``--lowest``).

What is no option goes to pytest, which then runs alone, as in
``python3 tests/run.py tests/unit -k tags``. With ``--stage`` it is added to what that stage gives
to pytest.

Cross tests need Debian's cross compilers and qemu-user; where those are missing, the tests are
skipped with the reason, unless PY_BUILD_CMAKE_REQUIRE_CROSS=1 makes that a failure. Tests that
need what a mirror does not serve at present are counted as unavailable.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "tests"))

import lock  # noqa: E402
from support import clean  # noqa: E402
from support.environments import (  # noqa: E402
    REQUIREMENTS,
    build_backend,
    make_locked_environment,
    run,
)

CACHE = REPOSITORY / ".cache" / "tests"
# Configuring keeps one processor busy; tests of one file share what they build. The files that take
# longest, those of cross builds, begin.
BUILDS = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "--durations=10")
# Per cent of lines and branches.
UNIT = ("-q", "-n", "2", "--cov", "--cov-report=term:skip-covered", "--cov-fail-under=95")
SMALL_BUILDS = (
    "tests/cross/test_examples.py::test_own_tests_pass_natively[minimal]",
    "tests/cross/test_examples.py::test_own_tests_pass_on_the_host[aarch64-minimal]",
)
# Where something was unavailable, each of these must have been used all the same.
ARCHITECTURES = ("aarch64", "armhf", "riscv64", "s390x")
BINDINGS = ("c", "nanobind", "numpy", "pybind11", "swig")


@dataclass(frozen=True)
class Stage:
    """One part of a run: a module of the environment and its arguments."""

    name: str
    about: str
    module: str
    arguments: tuple[str, ...]

    @property
    def is_pytest(self) -> bool:
        """Whether it counts tests."""
        return self.module == "pytest"


STAGES = (
    Stage("format", "sources are formatted", "ruff", ("format", "--check", ".")),
    Stage("lint", "sources have no mistakes that ruff finds", "ruff", ("check", ".")),
    Stage("types", "types agree, strictly", "mypy", ()),
    Stage("docs", "the site is made, and its links lead somewhere", "docs.make", ()),
    Stage("unit", "units, without CMake and compilers", "pytest", (*UNIT, "tests/unit")),
    Stage("integration", "builds for this machine", "pytest", (*BUILDS, "tests/integration")),
    Stage("cross", "builds for other machines", "pytest", (*BUILDS, "tests/cross")),
)
QUICK = (*STAGES[:5], Stage("builds", "one native and one cross build", "pytest", SMALL_BUILDS))


@dataclass(frozen=True)
class Mode:
    """Which versions are tested: locks, a cache of their own, and stages that depend on them.

    `variables` ask for tests that others have to ask for.
    """

    name: str
    locks: Path
    cache: Path
    stages: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)


ALL = tuple(stage.name for stage in (*STAGES, QUICK[-1]))
LOCKED = Mode("locked", REQUIREMENTS, CACHE, ALL)
NEWEST = Mode(
    *("newest", CACHE / "newest" / "requirements", CACHE / "newest", ALL),
    variables={f"PY_BUILD_CMAKE_TEST_{name}": "1" for name in ("MATRIX", "PAGES", "PUBLISHED")},
)
# Linters, type checkers and Sphinx are not of the lowest versions: there is nothing new to find.
LOWEST = Mode("lowest", CACHE / "lowest" / "requirements", CACHE / "lowest", ALL[4:])


@dataclass(frozen=True)
class Environment:
    """An interpreter with all that the stages need, and what its processes see."""

    python: Path
    env: Mapping[str, str]


@dataclass(frozen=True)
class Result:
    """What came of a stage: counts of tests where it has tests, and why it failed."""

    stage: str
    status: int
    seconds: float
    counts: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    unavailable: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return self.status == 0 and not self.missing


def main(arguments: Sequence[str]) -> int:
    """Prepare the environment and run what the arguments say; return the exit status."""
    options, others = _parse(arguments)
    if options.list:
        print("\n".join(f"{stage.name:12} {stage.about}" for stage in STAGES))
        return 0
    mode = NEWEST if options.newest else LOWEST if options.lowest else LOCKED
    if mode is LOWEST and sys.version_info[:2] != (3, 9):
        return _start_again(_find_python_39(), arguments)
    moved = _resolve(mode)
    environment = prepare(mode)
    if others and not options.stage:
        command = [str(environment.python), "-m", "pytest", *others]
        return subprocess.run(command, cwd=REPOSITORY, env=environment.env, check=False).returncode
    results = list(run_stages(_chosen(options, mode), environment, others, options.fail_fast))
    print_table(results)
    failed = not all(result.passed for result in results)
    if failed and moved:
        print(f"\nVersions that are not those of the lock ({len(moved)}):", *moved, sep="\n  ")
    print_total(results)
    return int(failed)


def _parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Return the options, and what is for pytest."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0], allow_abbrev=False
    )
    parser.usage = "%(prog)s [options] [arguments of pytest]"
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--newest", action="store_true", help="the newest of everything")
    modes.add_argument(
        "--lowest", action="store_true", help="the lowest that pyproject.toml allows, on Python 3.9"
    )
    names = [stage.name for stage in STAGES]
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument(
        "--stage", action="append", choices=names, help="run this stage (can be repeated)"
    )
    chosen.add_argument("--quick", action="store_true", help="all but most of the builds")
    parser.add_argument("--fail-fast", action="store_true", help="end with the first failed stage")
    parser.add_argument("--list", action="store_true", help="show the stages")
    place = arguments.index("--") if "--" in arguments else len(arguments)
    options, others = parser.parse_known_args(arguments[:place])
    return options, [*others, *arguments[place + 1 :]]


def _chosen(options: argparse.Namespace, mode: Mode) -> list[Stage]:
    stages = QUICK if options.quick else STAGES
    wanted = options.stage or mode.stages
    return [stage for stage in stages if stage.name in wanted]


def _start_again(python: str, arguments: Sequence[str]) -> int:
    command = [python, str(Path(__file__).resolve()), *arguments]
    return subprocess.run(command, env=clean.network(os.environ), check=False).returncode


def _find_python_39() -> str:
    """Return Python 3.9, which is on PATH or was installed by pyenv."""
    from support.pythons import find_python

    found = find_python(9)
    if not found:
        sys.exit("--lowest needs Python 3.9, with its headers; see PY_BUILD_CMAKE_TEST_PYTHONS")
    return str(found)


def _resolve(mode: Mode) -> list[str]:
    """Write the locks of a mode that has its own; return which packages are not those locked."""
    if mode is LOCKED:
        return []
    shutil.rmtree(mode.locks, ignore_errors=True)
    resolver = lock.make_resolver(mode.cache / "resolver")
    lock.write_locks(resolver, mode.locks, upgrade=mode is NEWEST, lowest=mode is LOWEST)
    moved = lock.moved(REQUIREMENTS, mode.locks)
    print(f"{mode.name}: {len(moved)} packages have other versions than the lock", flush=True)
    for line in moved:
        print(f"  {line}", flush=True)
    return moved


def prepare(mode: Mode) -> Environment:
    """Make the environment of a mode: the locked packages and this repository's wheel."""
    known = clean.clean({**mode.variables, **os.environ})
    known.update(
        PY_BUILD_CMAKE_TEST_LOCKS=str(mode.locks),
        # What is unpacked from Debian's packages is the same in every mode.
        PY_BUILD_CMAKE_TEST_CACHE=os.environ.get("PY_BUILD_CMAKE_TEST_CACHE", str(CACHE)),
    )
    network = clean.network(known)
    version = "{}.{}".format(*sys.version_info)
    directory = mode.cache / f"venv-{version}"
    python = make_locked_environment(directory, mode.locks / "tests.txt", env=network)
    # All that the backend's own build requires is in the environment.
    wheel = build_backend(python, mode.cache / "wheelhouse", "--no-build-isolation", env=known)
    install = (python, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall")
    run([*install, wheel], env=known)
    # Tests of the sources use the sources; what is built with the backend uses its wheel.
    return Environment(python, {**known, "PYTHONPATH": str(REPOSITORY / "src")})


def run_stages(
    stages: Sequence[Stage], environment: Environment, more: Sequence[str], fail_fast: bool
) -> Iterator[Result]:
    """Run stages in turn and yield what came of each; `more` is for pytest."""
    for stage in stages:
        result = run_stage(stage, environment, more if stage.is_pytest else ())
        yield result
        if fail_fast and not result.passed:
            return


def run_stage(stage: Stage, environment: Environment, more: Sequence[str]) -> Result:
    """Run one stage, whose output goes where this program's goes."""
    outcomes = CACHE / f"outcomes-{stage.name}.json"
    outcomes.unlink(missing_ok=True)
    words = [str(environment.python), "-m", stage.module, *stage.arguments, *more]
    if stage.is_pytest:
        words.append(f"--outcomes={outcomes}")
    print(f"\n== {stage.name}: {shlex.join(words[1:])}", flush=True)
    start = time.monotonic()
    done = subprocess.run(words, cwd=REPOSITORY, env=environment.env, check=False)
    seconds = time.monotonic() - start
    found = json.loads(outcomes.read_text("utf-8")) if outcomes.exists() else {}
    unavailable = tuple(found.get("unavailable", ()))
    return Result(
        stage.name,
        done.returncode,
        seconds,
        found.get("counts", {}),
        not_used(found.get("used", ())) if stage.name == "cross" and unavailable else (),
        unavailable,
    )


def not_used(used: Sequence[str]) -> tuple[str, ...]:
    """Return which architectures and kinds of binding no host's Python was used for."""
    words = {word for pair in used for word in pair.split()}
    return tuple(name for name in (*ARCHITECTURES, *BINDINGS) if name not in words)


COUNTED = ("passed", "failed", "skipped", "unavailable")


def print_table(results: Sequence[Result]) -> None:
    """Print a row for each stage, what was unavailable, and what should have been used."""
    print(f"\n{'stage':12} {'result':8}", *(f"{name:>12}" for name in COUNTED), f"{'time':>8}")
    for result in results:
        row = (_cell(result.counts, name) for name in COUNTED)
        time_taken = f"{result.seconds // 60:.0f}:{result.seconds % 60:02.0f}"
        said = "passed" if result.passed else "FAILED"
        print(f"{result.stage:12} {said:8}", *(f"{cell:>12}" for cell in row), f"{time_taken:>8}")
    for result in results:
        for reason in result.unavailable:
            print(f"unavailable: {reason}")
        if result.missing:
            wanted = ", ".join(result.missing)
            print(f"no host's Python was used for these, which are wanted: {wanted}")


def _cell(counts: Mapping[str, int], name: str) -> str:
    return str(counts.get(name, 0)) if counts else ""


def print_total(results: Sequence[Result]) -> None:
    """Print the line that sums up all tests."""
    total = {name: sum(r.counts.get(name, 0) for r in results) for name in COUNTED}
    print(f"\n{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
