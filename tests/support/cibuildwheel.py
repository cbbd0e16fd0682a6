"""The real cibuildwheel, for Linux, in containers of an image made here."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support import locked
from support.builds import make_venv
from support.caches import cache_directory, exclusive
from support.cibuildwheel_image import (
    Unavailable,
    cibuildwheel_environment,
    download_wheels,
    make_image,
)
from support.hosts import without
from support.podman import Image
from support.pythons import MINORS, find_python

# What builds of the examples need, from their requirements to those of their tests.
_REQUIREMENTS = ("nanobind", "typing-extensions", "cmake", "ninja", "pytest")


@dataclass(frozen=True)
class Run:
    """What cibuildwheel made of a project, all that it printed, and the seconds that it took."""

    wheel: Path
    log: str
    seconds: float


@dataclass(frozen=True)
class Pipeline:
    """cibuildwheel, which starts containers of `image`; `wheels` is the package index there."""

    program: Path
    image: Image
    wheels: Path

    @property
    def pip_environment(self) -> dict[str, str]:
        """What makes pip in a container take the wheels, without a network."""
        return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": f"/host{self.wheels}"}

    def build(self, project: Path, out: Path, env: Mapping[str, str]) -> Run:
        """Build, repair and test the wheel of `project` into the directory `out`.

        `env` has options of cibuildwheel. Raises `CommandFailed`.
        """
        settings = " ".join(f"{name}={value}" for name, value in self.pip_environment.items())
        options = {**cibuildwheel_environment(self.image), "CIBW_ENVIRONMENT": settings}
        options["CIBW_DEPENDENCY_VERSIONS"] = "latest"
        command = (self.program, "--platform", "linux", "--output-dir", out, project)
        start = time.monotonic()
        log = self.image.run(command, cwd=project, env={**options, **env})
        seconds = time.monotonic() - start
        (wheel,) = out.glob("*.whl")
        return Run(wheel, log, seconds)


def make_pipeline(
    architecture: str, directory: Path, backend: Path, pip: Path, *more: str
) -> Pipeline:
    """Return cibuildwheel for an architecture; without what it needs skip, or fail.

    `directory` is for the package index of the containers, `backend` the wheel to be tested,
    `pip` an interpreter with pip, and `more` what else the builds require.
    """
    try:
        program = _install()
        image = make_image(architecture, cache_directory() / "cibuildwheel", pip)
    except Unavailable as reason:
        without(reason)
    download_wheels(architecture, (backend, *_REQUIREMENTS, *more), directory, pip)
    return Pipeline(program, image, directory)


def _install() -> Path:
    """Return the program in an environment of its own, which stays between runs."""
    newest = (find_python(minor) for minor in reversed(MINORS) if minor >= 11)
    python = sys.executable if sys.version_info >= (3, 11) else next(filter(None, newest), None)
    if python is None:
        raise Unavailable("cibuildwheel needs Python 3.11 or newer")
    directory = cache_directory() / f"cibuildwheel-{locked.digest('cibuildwheel')}"
    stamp = directory / "installed"
    with exclusive(directory):
        if not stamp.exists():
            make_venv(directory, "cibuildwheel", python=python, locks=["cibuildwheel"])
            stamp.touch()
    return directory / "bin" / "cibuildwheel"
