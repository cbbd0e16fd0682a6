"""The cases of native builds, and those of packing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from backends import BACKENDS, OURS, many_files, one_file, write_data, write_extension
from bench import BARE_ZIP, Bench, Row, only_sources, rows_of
from measure import Command, measure

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
        yield from rows_of(hook, None, measure(commands, bench.rounds * 2))


def cold_build(bench: Bench) -> Iterator[Row]:
    """A wheel of a project with one C file, built for the first time."""
    yield from _builds(bench, "cold build", keep=False)


def rebuild(bench: Bench) -> Iterator[Row]:
    """The same wheel again, nothing changed."""
    yield from _builds(bench, "rebuild", keep=True)


def _builds(bench: Bench, case: str, *, keep: bool) -> Iterator[Row]:
    commands = []
    for with_scripts in (False, True):
        project = bench.fresh(f"{case}-bare-{with_scripts}")
        write_extension(BACKENDS[0], project)
        build, prefix = project / "build", project / "prefix"
        command = bench.bare(
            *(BARE_BUILD, project, project, build, prefix),
            prepare=prefix if keep else build,
            with_scripts=with_scripts,
        )
        commands.append(command)
    for backend in bench.backends():
        own = bench.fresh(f"{case}-{backend.name}")
        write_extension(backend, own)
        command = bench.hook(backend, own, "build_wheel", str(own / "out"), out=own / "out")
        prepare = command.prepare if keep else partial(only_sources, backend, own)
        commands.append(Command(command.name, command.words, own, command.environ, prepare))
    yield from rows_of(case, None, measure(commands, bench.rounds))


def sdists(bench: Bench) -> Iterator[Row]:
    """Source distributions of many small files, by their number."""
    for count in bench.sizes(2000, 8000, 20_000):
        commands = []
        for backend in bench.backends(with_data=True):
            project = bench.fresh(f"sdist-{backend.name}")
            write_data(backend, project, many_files(count))
            out = project.with_name(f"{project.name}-out")
            commands.append(bench.hook(backend, project, "build_sdist", str(out), out=out))
        yield from rows_of("sdist of small files", count, measure(commands, bench.rounds))


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
            # What takes a minute runs once.
            is_long = case != "small files" and size >= 1000
            runs = measure(commands, 1 if is_long else bench.rounds, warms_up=not is_long)
            yield from rows_of(f"wheel of {case}", size, runs)
