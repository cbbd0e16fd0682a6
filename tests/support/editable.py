"""Editable installs: into an environment that has nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.backend import Backend, Built
from support.builds import make_venv, run


@dataclass(frozen=True)
class Environment:
    """An environment that editable wheels are installed into; the backend is not in it."""

    python: Path
    backend: Backend

    @classmethod
    def make(cls, directory: Path, backend: Backend) -> Environment:
        """Make the environment in a new directory."""
        return cls(make_venv(directory), backend)

    @property
    def site(self) -> Path:
        """The directory with the installed packages of the environment."""
        (found,) = self.python.parent.parent.glob("lib/python*/site-packages")
        return found

    def install(self, project: Path, **settings: Any) -> Built:
        """Build the editable wheel of a project in the backend's environment, and install it."""
        built = self.build(project, **settings)
        self.install_wheel(built.path)
        return built

    def build(self, project: Path, **settings: Any) -> Built:
        """Build the editable wheel; settings are options of ``editable``."""
        out = project / "dist"
        out.mkdir(exist_ok=True)
        given = {f"editable.{key}": _toml(value) for key, value in settings.items()}
        log: list[str] = []
        name = self.backend.hooks(project, log).build_editable(str(out), given)
        return Built(out / name, "".join(log))

    def install_wheel(self, wheel: Path) -> None:
        """Install a wheel, in the place of an earlier one."""
        self.pip("install", "--no-index", "--no-deps", "--force-reinstall", "--no-compile", wheel)

    def pip(self, *arguments: object) -> str:
        """Run pip in the environment."""
        return run(self.python, "-m", "pip", "--quiet", *arguments)

    def run(
        self, code: str, *, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> str:
        """Return what code prints, on standard output and standard error, without the last end."""
        directory = cwd or self.python.parent
        variables = {**self.backend.env, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})}
        return run(self.python, "-c", code, cwd=directory, env=variables).rstrip()


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def tree_of(project: Path, mode: str) -> Path:
    """Return the directory in the cache that an editable install refers to."""
    name = "editable" if mode == "symlink" else "editable-output"
    (found,) = (project / ".py-build-cmake_cache").glob(f"*/{name}")
    return found


def files_of(tree: Path) -> dict[str, str]:
    """Return every file and link below a directory by its place: its kind, or where it leads."""
    found = {}
    for path in tree.rglob("*"):
        if "__pycache__" in path.parts or (path.is_dir() and not path.is_symlink()):
            continue
        place = path.relative_to(tree).as_posix()
        found[place] = str(path.readlink()) if path.is_symlink() else "file"
    return found
