"""The backend, called through its hooks as front ends call it, or by pip without isolation.

Nothing is installed or downloaded for a build, which makes it fast: what a project requires is
in the environment already.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pyproject_hooks import BuildBackendHookCaller

from support.builds import CommandFailed, run
from support.wheels import Wheel

ERROR = "py-build-cmake: error: "


@dataclass(frozen=True)
class Built:
    """What one call of ``build_wheel`` made: the wheel, and all that was printed."""

    path: Path
    log: str

    @property
    def wheel(self) -> Wheel:
        """The contents of the wheel."""
        return Wheel.read(self.path)


@dataclass(frozen=True)
class Backend:
    """The backend in the environment of ``python``; ``env`` is what its processes see besides."""

    python: Path
    env: Mapping[str, str] = field(default_factory=dict)
    module: str = "py_build_cmake.build"

    def with_env(self, **variables: str) -> Backend:
        """Return the same with more environment variables."""
        return replace(self, env={**self.env, **variables})

    def hooks(self, project: Path, log: list[str] | None = None) -> BuildBackendHookCaller:
        """Return the hooks of a project; what they print is added to ``log``."""

        def runner(
            cmd: Sequence[str],
            cwd: str | None = None,
            extra_environ: Mapping[str, str] | None = None,
        ) -> None:
            env = {**self.env, **(extra_environ or {})}
            text = run(*cmd, cwd=Path(cwd or project), env=env)
            if log is not None:
                log.append(text)

        return BuildBackendHookCaller(
            str(project), self.module, runner=runner, python_executable=str(self.python)
        )

    def build_wheel(
        self,
        project: Path,
        settings: Mapping[str, Any] | None = None,
        *,
        out: Path | None = None,
        metadata: Path | None = None,
    ) -> Built:
        """Call ``build_wheel``; the wheel goes to ``out`` or to ``dist`` in the project."""
        out = out or project / "dist"
        out.mkdir(parents=True, exist_ok=True)
        log: list[str] = []
        announced = str(metadata) if metadata else None
        name = self.hooks(project, log).build_wheel(str(out), settings, announced)
        return Built(out / name, "".join(log))

    def build_sdist(self, project: Path, settings: Mapping[str, Any] | None = None) -> Built:
        """Call ``build_sdist``; the archive goes to ``dist`` in the project."""
        out = project / "dist"
        out.mkdir(exist_ok=True)
        log: list[str] = []
        name = self.hooks(project, log).build_sdist(str(out), settings)
        return Built(out / name, "".join(log))

    def pip_wheel(self, project: Path, *options: str) -> subprocess.CompletedProcess[str]:
        """Run ``pip wheel`` on a project, without isolation, with ``dist`` for the wheel."""
        # The environment of `run`, but a failure is for the caller to look at.
        command = [
            *(self.python, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"),
            *("--no-cache-dir", "--wheel-dir", project / "dist", *options, project),
        ]
        words = [str(word) for word in command]
        try:
            return subprocess.CompletedProcess(words, 0, run(*words, env=self.env))
        except CommandFailed as e:
            return subprocess.CompletedProcess(words, e.status, e.log)

    def refusal(
        self, project: Path, settings: Mapping[str, Any] | None = None, *, pip: bool = False
    ) -> str:
        """Call ``build_wheel``, which must fail as a user's mistake does; return the messages.

        That is: a status other than 0, no wheel, no traceback, and messages of ours at the end.
        Returned are their texts without the prefix that all of them have. With ``pip``, it is
        ``pip wheel`` that fails.
        """
        if pip:
            options = [
                f"--config-settings={key}={value}" for key, value in (settings or {}).items()
            ]
            done = self.pip_wheel(project, *options)
            status, log = done.returncode, done.stdout
        else:
            try:
                built = self.build_wheel(project, settings)
            except CommandFailed as e:
                status, log = e.status, e.log
            else:
                status, log = 0, built.log
        assert status != 0, log
        assert not [path for path in project.rglob("*") if path.suffix == ".whl"]
        assert "Traceback" not in log, log
        assert ERROR in log, log
        # pip indents what a backend prints, and frames it.
        messages = ERROR + log.partition(ERROR)[2].partition("[end of output]")[0]
        return "\n".join(line.strip() for line in messages.splitlines()).replace(ERROR, "")


def with_stubgen(backend: Backend, directory: Path) -> Backend:
    """Return a backend that finds the stubgen of the environment that the tests run in.

    `directory`, which is made, has nothing else. Without stubgen the test is skipped.
    """
    program = Path(sys.executable).with_name("stubgen")
    found = program if program.is_file() else Path(shutil.which("stubgen") or "")
    if not found.is_file():
        pytest.skip("no stubgen (mypy)")
    directory.mkdir()
    (directory / "stubgen").symlink_to(found)
    path = backend.env.get("PATH", os.environ.get("PATH", os.defpath))
    return backend.with_env(PATH=os.pathsep.join([str(directory), path]))


def path_of(*directories: Path) -> str:
    """Return ``PATH`` with directories in front."""
    return os.pathsep.join([*map(str, directories), os.environ.get("PATH", os.defpath)])
