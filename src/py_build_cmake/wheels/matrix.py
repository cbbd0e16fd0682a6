"""Matrix files: many targets in a few lines, in place of many cross files. ``[common]`` holds for
all targets; every table ``[[targets]]`` is a target, or several, one for each combination of the
values that its keys list. A key can list values if its option has one value, as `arch`, `python`
and `toolchain` do.
"""

from __future__ import annotations

import re
from dataclasses import field, replace
from fnmatch import fnmatchcase
from itertools import product
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ..base.errors import ConfigError, Problem
from ..base.places import Place
from ..base.records import dataclass
from ..config.dictionaries import Dictionary
from ..config.kinds import StringList
from ..config.layers import close_names, describe
from ..config.schema import CrossConfig, options_of
from ..config.settings import CrossTable
from ..config.sources import parse_toml
from .jobs import Job, Matrix, name_of_cross_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_KEYS = ("native", "common", "targets")
# The keys of a table of targets that are not keys of a cross file.
_OWN_KEYS = ("name", "cross", "exclude")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def read_matrix(path: Path) -> Matrix:
    """Read a matrix file.

    Keys of cross files are checked when the configuration of a target is loaded.

    :raises ConfigError: there are mistakes; all of them are reported.
    """
    reader = _Reader(path)
    contents = parse_toml(path, str(path), reader.problems)
    matrix = reader.matrix(contents) if contents is not None else Matrix(())
    if reader.problems:
        raise ConfigError.from_problems(reader.problems)
    return matrix


@dataclass
class _Reader:
    path: Path
    problems: list[Problem] = field(default_factory=list)

    def matrix(self, contents: Mapping[str, Any]) -> Matrix:
        for key in contents:
            if key not in _KEYS:
                close = close_names(key, _KEYS)
                hint = f"did you mean {close}?" if close else f"the keys are {', '.join(_KEYS)}"
                if key in options_of(CrossConfig):
                    hint = "keys of cross files stand in [common] or in [[targets]]"
                self._problem(key, "is not a key of a matrix file", hint)
        native = contents.get("native", False)
        if not isinstance(native, bool):
            self._problem("native", f"must be true or false, not the {describe(native)}")
        common, tables = contents.get("common", {}), contents.get("targets", [])
        if not isinstance(common, dict):
            self._problem("common", f"must be a table, not the {describe(common)}")
            common = {}
        for key in _OWN_KEYS:
            if key in common:
                self._problem(f"common.{key}", "is not a key of a cross file", "see [[targets]]")
        if not isinstance(tables, list):
            hint = "write [[targets]], with two brackets"
            self._problem(
                "targets", f"must be an array of tables, not the {describe(tables)}", hint
            )
            tables = []
        jobs = [
            job
            for number, table in enumerate(tables, 1)
            for job in self._jobs(f"targets[{number}]", table, common)
        ]
        if not jobs and not native and not self.problems:
            hint = "add a table [[targets]] with an `arch`, or `native = true`"
            self._problem("", "the file names no target", hint)
        return Matrix(tuple(self._with_names(jobs)), native is True)

    def _jobs(self, where: str, table: object, common: Mapping[str, Any]) -> Iterator[Job]:
        """Yield the jobs of one table, without the combinations that it excludes."""
        if not isinstance(table, dict):
            self._problem(where, f"must be a table, not the {describe(table)}")
            return
        axes = {key: value for key, value in table.items() if _is_axis(key, value)}
        for key, values in axes.items():
            if not values:
                self._problem(f"{where}.{key}", "the list is empty, so there is no target")
        cross = self._cross_files(f"{where}.cross", table.get("cross", []))
        excluded = self._excluded(f"{where}.exclude", table.get("exclude", []), axes)
        before = (CrossTable(self.path.name, "common", self._directory, common),) if common else ()
        fixed = {k: v for k, v in table.items() if k not in _OWN_KEYS}
        for combination in product(*axes.values()):
            point = dict(zip(axes, combination))
            if not any(_matches(pattern, point) for pattern in excluded):
                contents = {**fixed, **point}
                own = CrossTable(self.path.name, where, self._directory, contents)
                values = {**common, **contents}
                of_files = "-".join(map(name_of_cross_file, cross)) if cross and not point else None
                template = table.get("name", of_files)
                name = self._name(where, template, values, point)
                yield Job(name, cross, (*before, *([own] if contents else [])))

    @property
    def _directory(self) -> str:
        return str(self.path.resolve().parent)

    def _cross_files(self, where: str, value: object) -> tuple[str, ...]:
        files = [value] if isinstance(value, str) else value
        if not isinstance(files, list) or not all(isinstance(file, str) for file in files):
            self._problem(where, f"must be a file or a list of files, not the {describe(value)}")
            return ()
        return tuple(str(self.path.resolve().parent / file) for file in files)

    def _excluded(
        self, where: str, value: object, axes: Mapping[str, object]
    ) -> list[Mapping[str, object]]:
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            hint = 'write for example exclude = [{ arch = "musllinux_*", version = "39" }]'
            self._problem(where, f"must be a list of tables, not the {describe(value)}", hint)
            return []
        for entry in value:
            for key in entry:
                if key not in axes:
                    hint = f"the lists here are {', '.join(axes)}" if axes else ""
                    self._problem(f"{where}.{key}", "is not the name of a list of this table", hint)
            if not entry:
                self._problem(where, "an empty table excludes everything")
        return value

    def _name(
        self, where: str, template: object, values: Mapping[str, Any], point: Mapping[str, object]
    ) -> str:
        """Name a job after its values; those from lists distinguish it from other jobs."""
        if template is None:
            parts = point or {k: values[k] for k in ("arch", "python") if k in values}
            return _clean("-".join(map(_short, parts.values())) or where)
        if not isinstance(template, str):
            message = f"must be a string, not the {describe(template)}"
            self._problem(f"{where}.name", message)
            return where

        def text(match: re.Match[str]) -> str:
            value = values.get(match[1])
            if isinstance(value, (str, bool)):
                return _short(value)
            hint = f"it can name {', '.join(k for k in values if isinstance(values[k], str))}"
            self._problem(f"{where}.name", f"{match[0]} is not a key of this target", hint)
            return ""

        return _clean(_PLACEHOLDER.sub(text, template))

    def _with_names(self, jobs: Sequence[Job]) -> Iterator[Job]:
        """Number the jobs that have the same name."""
        seen: dict[str, int] = {}
        for job in jobs:
            count = seen[job.name] = seen.get(job.name, 0) + 1
            yield job if count == 1 else replace(job, name=f"{job.name}-{count}")

    def _problem(self, key: str, message: str, hint: str = "") -> None:
        problem = Problem(message, Place(str(self.path), key), hint)
        if problem not in self.problems:
            self.problems.append(problem)


def _is_axis(key: str, value: object) -> bool:
    """Whether a list is one value of each target, not the value of an option."""
    option = options_of(CrossConfig).get(key)
    takes_list = option is None or isinstance(option.kind, (StringList, Dictionary))
    return isinstance(value, list) and not takes_list


def _matches(pattern: Mapping[str, object], point: Mapping[str, object]) -> bool:
    return all(
        key in point and fnmatchcase(str(point[key]), str(wanted))
        for key, wanted in pattern.items()
    )


def _short(value: object) -> str:
    """Shorten a path to its last part."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return PurePath(text).name or text


def _clean(name: str) -> str:
    """Make a valid file name of any text."""
    return re.sub(r"[^\w.+-]+", "_", name).strip("_") or "target"
