"""Conan for tests: the locked one, with a home of its own and the recipes of the example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support import locked
from support.builds import EXAMPLES, run

EXAMPLE = EXAMPLES / "conan"
# A remote that refuses at once, wherever the tests run.
_UNREACHABLE = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Conan:
    """Conan's program in the environment of an interpreter, and the environment to run it in."""

    program: Path
    env: Mapping[str, str]

    def __call__(self, *words: object) -> str:
        """Run a command; return what it printed."""
        return run(self.program, *words, env=self.env)

    def export(self, recipe: Path) -> None:
        """Put a recipe into the cache."""
        self("export", recipe)


def make_conan(python: Path, home: Path) -> Conan:
    """Return the Conan beside an interpreter, with the example's recipes in a new home.

    Its only remote cannot be reached.
    """
    env = {"CONAN_HOME": str(home)}
    conan = Conan(python.parent / "conan", env)
    conan("remote", "remove", "*")
    conan("remote", "add", "unreachable", _UNREACHABLE)
    for name in ("units", "shapes"):
        conan.export(EXAMPLE / "recipes" / name)
    return conan


def wheels() -> Path:
    """Return the directory with the wheels of Conan and of all that it needs."""
    return locked.provide("conan")
