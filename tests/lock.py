"""Lock what the tests install: ``python3 tests/lock.py [--upgrade]``.

Every ``*.in`` of ``tests/requirements`` becomes a ``*.txt`` with versions and hashes for all
Pythons from 3.9 on and all systems. They agree in the version of what several of them have, as
they are resolved together. Those of ``versions`` (older versions of something) and ``benchmarks``
(backends to compare with) are resolved each by itself. ``npm`` has what npm brings. Without
``--upgrade``, a version changes only where it must.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from support import clean
from support.environments import REPOSITORY, REQUIREMENTS, make_environment

PYPROJECT = REPOSITORY / "pyproject.toml"
ALL_PYTHONS = "--python-version=3.9"
# What is used on newer Pythons only.
NEWER_PYTHONS = "--python-version=3.10"
# Each of these is resolved by itself: older versions of something, and backends to compare with.
APART = ("benchmarks", "versions")
HASHES = "--generate-hashes"
# These have, besides their own file, what the project itself requires at run time.
WITH_PROJECT = ("tests", "builds", "benchmarks/py-build-cmake")


@dataclass(frozen=True)
class Resolver:
    """The program that resolves, and what its processes see."""

    uv: Path
    env: Mapping[str, str]

    def compile(self, sources: Sequence[Path], output: Path, *options: str) -> None:
        """Write the lock of `sources`; what `output` has already is kept where possible."""
        words = [
            *(str(self.uv), "pip", "compile", "--quiet", "--universal", "--no-annotate"),
            *("--custom-compile-command", "python3 tests/lock.py"),
            *("--output-file", str(output), *options, *map(str, sources)),
        ]
        subprocess.run(words, cwd=REPOSITORY, env={**self.env}, check=True)


def make_resolver(directory: Path) -> Resolver:
    """Return the resolver of an environment in `directory`, which is made if need be."""
    env = clean.network(os.environ)
    lock = REQUIREMENTS / "uv.txt"
    python = make_environment(directory, "--require-hashes", "-r", lock, env=env)
    return Resolver(python.with_name("uv"), env)


def write_locks(
    resolver: Resolver, output: Path, *, upgrade: bool = False, lowest: bool = False
) -> None:
    """Write all locks into the directory `output`.

    With `lowest`, the project's own requirements are of the lowest versions that it allows.
    """
    output.mkdir(parents=True, exist_ok=True)
    names = [path.stem for path in _sources("")]
    with tempfile.TemporaryDirectory() as scratch:
        together = Path(scratch, "together.txt")
        if not upgrade:
            together.write_text("\n".join(_read_pins(REQUIREMENTS)), encoding="utf-8")
        constraints = _lowest(resolver, Path(scratch, "lowest.txt")) if lowest else ()
        sources = [PYPROJECT, *(REQUIREMENTS / f"{name}.in" for name in names)]
        resolver.compile(
            sources, together, ALL_PYTHONS, "--extra=cli", "--extra=report", *constraints
        )
        for name in names:
            (output / f"{name}.txt").unlink(missing_ok=True)
            _write(resolver, name, output, ALL_PYTHONS, f"--constraints={together}")
    for name in (f"{folder}/{p.stem}" for folder in APART for p in _sources(folder)):
        known, lock = REQUIREMENTS / f"{name}.txt", output / f"{name}.txt"
        lock.parent.mkdir(exist_ok=True)
        if known.exists() and known != lock:
            shutil.copy(known, lock)
        _write(resolver, name, output, NEWER_PYTHONS, *(["--upgrade"] if upgrade else []))
    _write_npm(output / "npm", upgrade=upgrade)


def _lowest(resolver: Resolver, pins: Path) -> tuple[str]:
    """Return the option that holds the project's direct requirements to their lowest versions."""
    options = ("--extra=cli", "--extra=report", "--resolution=lowest-direct", "--no-deps")
    resolver.compile([PYPROJECT], pins, ALL_PYTHONS, *options)
    return (f"--constraints={pins}",)


def _write(resolver: Resolver, name: str, output: Path, *options: str) -> None:
    """Write the lock of one name into the directory `output`."""
    sources, extra = [REQUIREMENTS / f"{name}.in"], [HASHES]
    if name in WITH_PROJECT:
        sources.append(PYPROJECT)
        extra += ["--extra=cli", "--extra=report"]
    resolver.compile(sources, output / f"{name}.txt", *options, *extra)


def _sources(folder: str) -> list[Path]:
    return sorted((REQUIREMENTS / folder).glob("*.in"))


def _write_npm(output: Path, *, upgrade: bool) -> None:
    npm = shutil.which("npm")
    for source in sorted((REQUIREMENTS / "npm").iterdir()):
        target = output / source.name
        if target != source:
            shutil.copytree(source, target)
        if upgrade and npm:
            # The lock must not name the registry of this machine.
            options = ("--package-lock-only", "--omit-lockfile-registry-resolved", "--no-audit")
            env = clean.network(os.environ)
            subprocess.run([npm, "update", *options], cwd=target, env=env, check=True)


def moved(before: Path, after: Path) -> list[str]:
    """Return a line for each package whose versions differ between two directories of locks."""
    old, new = _versions(before), _versions(after)
    return [
        f"{name}: {', '.join(old.get(name, ['none']))} -> {', '.join(new.get(name, ['none']))}"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


def _versions(directory: Path) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    pins = (line.partition(";")[0].strip() for line in _read_pins(directory))
    for name, version in itertools.chain((pin.split("==") for pin in pins), _read_npm(directory)):
        found.setdefault(name, set()).add(version)
    return {name: sorted(versions) for name, versions in found.items()}


def _read_pins(directory: Path) -> list[str]:
    """Return what the locks of a directory have: names, versions and markers, without hashes."""
    texts = (path.read_text("utf-8") for path in directory.glob("*.txt"))
    return sorted({line for text in texts for line in re.findall(r"^([^#\s].*?) \\$", text, re.M)})


def _read_npm(directory: Path) -> Iterator[tuple[str, str]]:
    """Yield the packages of npm and their versions."""
    for path in sorted(directory.glob("npm/*/package-lock.json")):
        for place, package in json.loads(path.read_text("utf-8"))["packages"].items():
            if place:
                yield place.rpartition("node_modules/")[2], package["version"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the locks; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest of everything")
    options = parser.parse_args(arguments)
    resolver = make_resolver(REPOSITORY / ".cache" / "lock")
    write_locks(resolver, REQUIREMENTS, upgrade=options.upgrade)
    return 0


if __name__ == "__main__":
    sys.exit(main())
