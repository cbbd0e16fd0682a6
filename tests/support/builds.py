"""Build and install wheels as a user does: with pip, in an isolated build environment."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Union

from support import locked

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLES = REPOSITORY / "examples"

ConfigSettings = Mapping[str, Union[str, Sequence[str]]]


class CommandFailed(Exception):  # noqa: N818 (like subprocess's, and not what is tested)
    """A command ended with a `status` other than 0; `log` is all that it printed."""

    def __init__(self, command: Sequence[object], status: int, log: str) -> None:
        super().__init__(f"{' '.join(map(str, command))}: exit status {status}\n{log}")
        self.status = status
        self.log = log


def clean_environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of the tests (`support.clean`) with `env`.

    The sources that the tests themselves run on are not for what they start.
    """
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return {**inherited, **(env or {})}


def run(*command: object, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run `command` with `env` added to a clean environment; return all that it printed."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=clean_environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise CommandFailed(command, done.returncode, done.stdout)
    return done.stdout


def make_venv(
    directory: Path,
    *requirements: object,
    python: str | Path = sys.executable,
    locks: Sequence[str] = (),
) -> Path:
    """Make a virtual environment with pip and `requirements`; return its interpreter.

    By virtualenv, because venv needs ensurepip, which distributions leave out. What is required
    comes from the wheels that are offered everywhere, and from those of `locks`.
    """
    run(sys.executable, "-m", "virtualenv", "--quiet", "--python", python, directory)
    interpreter = directory / ("Scripts" if os.name == "nt" else "bin") / "python"
    locked.provide_all(interpreter)
    if requirements:
        env = find_links(*(locked.provide(name, interpreter) for name in locks))
        run(interpreter, "-m", "pip", "install", "--quiet", *requirements, env=env)
    return interpreter


def find_links(*directories: Path) -> dict[str, str]:
    """Return the environment that offers `directories` to pip and uv, besides what they have."""
    # pip separates by spaces; in a URL a space of the path is escaped.
    offered = [directory.resolve().as_uri() for directory in directories]
    return {
        name: separator.join([*filter(None, [os.environ.get(name)]), *offered])
        for name, separator in (("PIP_FIND_LINKS", " "), ("UV_FIND_LINKS", ","))
    }


def pip_wheel(
    project: Path,
    out: Path,
    *,
    python: Path,
    config_settings: ConfigSettings | None = None,
    env: Mapping[str, str] | None = None,
    isolated: bool = True,
) -> tuple[Path, str]:
    """Build the wheel of `project` into the directory `out`; return the wheel and the log.

    `env` must offer the backend's own wheel (`find_links`), as the fixture `wheelhouse` does it.
    If not `isolated`, the environment of `python` must have what the build requires.
    """
    options = [f"--config-settings={setting}" for setting in _flatten(config_settings or {})]
    if not isolated:
        options.append("--no-build-isolation")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as fresh:
        log = run(
            *(python, "-m", "pip", "wheel", "--verbose", "--no-deps", "--no-cache-dir"),
            *("--wheel-dir", fresh, *options, project),
            env=env,
        )
        (wheel,) = Path(fresh).glob("*.whl")
        return wheel.replace(out / wheel.name), log


def _flatten(settings: ConfigSettings) -> list[str]:
    pairs = []
    for key, value in settings.items():
        values = [value] if isinstance(value, str) else value
        pairs += [f"{key}={one}" for one in values]
    return pairs


def build_wheelhouse(directory: Path, python: Path) -> Path:
    """Build the backend's own wheel from the repository into `directory`; return that."""
    pip_wheel(REPOSITORY, directory, python=python)
    return directory


def install_and_run(wheel: Path, code: str, venv: Path) -> str:
    """Install `wheel` alone into a fresh environment at `venv` and return what `code` prints."""
    python = make_venv(venv, "--no-deps", "--no-index", wheel)
    return run(python, "-I", "-c", code, cwd=venv)
