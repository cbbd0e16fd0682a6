"""Lock what the tests install: ``python3 tests/lock.py [--upgrade]``.

Every ``*.in`` of ``tests/requirements`` becomes a ``*.txt`` with versions and hashes for all
Pythons from 3.9 on and all systems. They agree in the version of what several of them have, as
they are resolved together. Those of ``versions`` are older versions of something; each is resolved
by itself. Without ``--upgrade``, a version changes only where it must.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from support import clean  # noqa: E402
from support.environments import REPOSITORY, REQUIREMENTS, make_environment  # noqa: E402

ALL_PYTHONS = "--python-version=3.9"
# Of an old version, whatever Pythons it was for: it has no requirements of its own.
ANY_PYTHON = "--python-version=3.11"
HASHES = "--generate-hashes"
PYPROJECT = REPOSITORY / "pyproject.toml"
# These have, besides their own file, what the project itself requires at run time.
WITH_PROJECT = ("tests", "builds")


@dataclass(frozen=True)
class Resolver:
    """The program that resolves, and what its processes see."""

    uv: Path
    env: Mapping[str, str]

    def compile(self, sources: Sequence[Path], output: Path, *options: str) -> None:
        """Write the lock of `sources`; what `output` has already is kept where possible."""
        words: list[str | Path] = [
            *(self.uv, "pip", "compile", "--quiet", "--universal"),
            *("--no-annotate", "--custom-compile-command", "python3 tests/lock.py"),
            *("--output-file", output, *options, *sources),
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
    (output / "versions").mkdir(parents=True, exist_ok=True)
    known = {} if upgrade else read_pins(REQUIREMENTS)
    names = sorted(path.stem for path in REQUIREMENTS.glob("*.in"))
    sources = [REQUIREMENTS / f"{name}.in" for name in names]
    with tempfile.TemporaryDirectory() as scratch:
        together = Path(scratch, "together.txt")
        together.write_text("".join(f"{line}\n" for line in sorted(set(sum(known.values(), [])))))
        constraints = _lowest(resolver, Path(scratch)) if lowest else []
        options = (ALL_PYTHONS, "--extra=cli", *constraints)
        resolver.compile([*sources, PYPROJECT], together, *options)
        for name, source in zip(names, sources):
            own = [PYPROJECT] if name in WITH_PROJECT else []
            extra = ["--extra=cli"] if own else []
            lock = output / f"{name}.txt"
            lock.unlink(missing_ok=True)
            options = (ALL_PYTHONS, HASHES, *extra, f"--constraints={together}")
            resolver.compile([source, *own], lock, *options)
    for source in sorted((REQUIREMENTS / "versions").glob("*.in")):
        lock = output / "versions" / f"{source.stem}.txt"
        if lowest or (not upgrade and output != REQUIREMENTS):
            shutil.copy(REQUIREMENTS / "versions" / lock.name, lock)
        else:
            options = (ANY_PYTHON, HASHES, "--no-deps", *(["--upgrade"] if upgrade else []))
            resolver.compile([source], lock, *options)


def _lowest(resolver: Resolver, scratch: Path) -> list[str]:
    """Return the option that holds the project's direct requirements to their lowest versions."""
    pins = scratch / "lowest.txt"
    options = (ALL_PYTHONS, "--extra=cli", "--resolution=lowest-direct", "--no-deps")
    resolver.compile([PYPROJECT], pins, *options)
    return [f"--constraints={pins}"]


def read_pins(directory: Path) -> dict[str, list[str]]:
    """Return for each lock of a directory its requirements: names, versions and markers."""
    return {
        path.stem: re.findall(r"^(\S+==[^\\\n]*[^\\\s])", path.read_text("utf-8"), re.MULTILINE)
        for path in sorted(directory.glob("*.txt"))
    }


def moved(before: Path, after: Path) -> list[str]:
    """Return a line for each package whose versions differ between two directories of locks."""
    old, new = (_versions(read_pins(directory)) for directory in (before, after))
    return [
        f"{name}: {', '.join(old.get(name, ['none']))} -> {', '.join(new.get(name, ['none']))}"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


def _versions(pins: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for line in (line for lines in pins.values() for line in lines):
        name, _, version = line.partition(";")[0].strip().partition("==")
        found.setdefault(name, set()).add(version)
    return {name: sorted(versions) for name, versions in found.items()}


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
