"""Writes projects, loads them, and collects what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from py_build_cmake.base.errors import ConfigError, Problem
from py_build_cmake.config.load import load_config
from py_build_cmake.config.schema import ProjectConfig
from py_build_cmake.config.settings import ConfigSettings, parse_config_settings
from support.machines import LINUX_CP311

PROJECT_TABLE = '[project]\nname = "a-b"\nversion = "1"\n'


@dataclass(frozen=True)
class Sources:
    """A project directory in which sources of configuration are written, and then loaded."""

    directory: Path

    def write(self, name: str, content: str) -> Path:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    def pyproject(self, tables: str) -> None:
        """Write pyproject.toml; ``tables`` may begin with keys of our own table."""
        self.write("pyproject.toml", f"{PROJECT_TABLE}[tool.py-build-cmake]\n{tables}")

    def load(
        self,
        *overrides: str,
        os_name: str = "linux",
        environ: Mapping[str, str] | None = None,
        **settings: str | list[str],
    ) -> ProjectConfig:
        given: dict[str, Any] = {**settings, "override": list(overrides)}
        parsed = parse_config_settings(given, environ or {})
        return self.load_parsed(parsed, os_name=os_name, environ=environ)

    def load_parsed(
        self,
        settings: ConfigSettings,
        *,
        os_name: str = "linux",
        environ: Mapping[str, str] | None = None,
    ) -> ProjectConfig:
        machine = replace(LINUX_CP311, os=os_name, environ=environ or {})
        return load_config(self.directory, settings, machine)

    def problems(self, *overrides: str, **more: Any) -> tuple[Problem, ...]:
        """Load what has mistakes, and return them."""
        with pytest.raises(ConfigError) as caught:
            self.load(*overrides, **more)
        return caught.value.problems

    def problem(self, *overrides: str, **more: Any) -> Problem:
        """Load what has exactly one mistake, and return it."""
        problems = self.problems(*overrides, **more)
        assert len(problems) == 1, problems
        return problems[0]


def shown(options: Mapping[str, Any]) -> dict[str, str]:
    """Return CMake options as on the command line: ``NAME`` or ``NAME:TYPE``, and the text."""
    return {(f"{k}:{v.type}" if v.type else k): v.text for k, v in options.items()}


def wheres(problems: Sequence[Problem]) -> list[str]:
    return [problem.where for problem in problems]
