"""The cases of builds after a small change: what is installed and packed again."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from backends import BACKENDS, OURS, Backend, many_files, one_file, write_installed
from bench import Bench, Row, empty, rows_of
from cases import BARE_BUILD
from measure import Command, measure

_NUMBERS = itertools.count()


def reinstall(bench: Bench) -> Iterator[Row]:
    """A wheel again, of many files that CMake or Meson installs, of which none has changed."""
    for count in bench.sizes(1000, 5000, 20_000):
        fill = many_files(count)
        project = bench.fresh("reinstall-bare")
        write_installed(BACKENDS[0], project, fill)
        build, prefix = project / "build", project / "prefix"
        commands = [bench.bare(BARE_BUILD, project, project, build, prefix, prepare=prefix)]
        commands += [installing(bench, backend, fill) for backend in _with_install_rules(bench)]
        yield from rows_of("nothing changed, files", count, measure(commands, bench.rounds))


def repack(bench: Bench) -> Iterator[Row]:
    """A wheel again, with a file of compiled code, after a small file has changed."""
    for size in bench.sizes(16, 64, 256):
        fill = one_file(size, compressible=True)
        commands = [changing(installing(bench, b, fill)) for b in _with_install_rules(bench)]
        anew = bench.fresh("repack-anew")
        own = next(command for command in commands if command.name == OURS)
        first = replace(installing(bench, BACKENDS[0], fill, anew), name=f"{OURS}, all packed")
        first = changing(replace(first, prepare=partial(_forget, first)))
        runs = measure([first, own, *(c for c in commands if c is not own)], bench.rounds)
        yield from rows_of("a small file changed, MiB", size, runs)


def installing(
    bench: Bench, backend: Backend, fill: Callable[[Path], None], project: Path | None = None
) -> Command:
    """Write a project that installs what ``fill`` writes; return what builds its wheel."""
    project = project or bench.fresh(f"installing-{backend.name}")
    write_installed(backend, project, fill)
    return bench.hook(backend, project, "build_wheel", str(project / "out"), out=project / "out")


def changing(command: Command) -> Command:
    """Return the command with a small change of the project before each run."""

    def prepare() -> None:
        command.prepare()
        (command.cwd / "data" / "small.txt").write_text(f"{next(_NUMBERS)}\n")

    return replace(command, prepare=prepare)


def _with_install_rules(bench: Bench) -> list[Backend]:
    return [backend for backend in bench.backends() if backend.name != "setuptools"]


def _forget(command: Command) -> None:
    """Remove the last wheel, so that everything is packed again."""
    empty(command.cwd / "out")
    for wheel in command.cwd.rglob("last.whl"):
        wheel.unlink()
