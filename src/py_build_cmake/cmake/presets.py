"""The build presets in the preset files of a project.

``cmake --build --preset`` builds in the directory that the configure preset names. That one is the
same for every tag, and for the native pre-build of a cross build. So the settings of a build preset
are read here, and given to ``cmake --build DIRECTORY``. Everything in a configure preset is read by
CMake itself.

Source: cmake-presets(7), versions 2 to 10 of the format.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import Error, Problem
from ..base.records import dataclass
from .commands import BuildPreset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..config.schema import CMakeConfig

_NAMES = ("CMakePresets.json", "CMakeUserPresets.json")
_MACRO = re.compile(r"\$(\w*)\{([^{}]*)\}")
_WHERE = {
    "configurePresets": "`cmake.preset`",
    "buildPresets": "`cmake.build_presets`",
    "workflowPresets": "`cmake.workflow_preset`",
}
_HOST_NAMES = {"linux": "Linux", "windows": "Windows", "mac": "Darwin"}


def preset_files(source: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the preset files in a source directory, and the files that they include.

    :raises Error: one of them cannot be read.
    """
    return tuple(_Files.read(source, environ).contents)


def build_presets(
    config: CMakeConfig, environ: Mapping[str, str], build_os: str
) -> tuple[BuildPreset, ...]:
    """Return the build presets of a configuration.

    ``build_os`` is the system that runs the build, by the name of its table.

    :raises Error: a preset does not exist, or cannot be used.
    """
    reader = _Reader.of(config, environ, build_os)
    found: list[BuildPreset] = []
    problems: list[Problem] = []
    for name in config.build_presets:
        try:
            found.append(reader.build_preset(name))
        except Error as e:
            problems += e.problems
    if problems:
        raise Error.from_problems(problems)
    return tuple(found)


def with_workflow(config: CMakeConfig, environ: Mapping[str, str], build_os: str) -> CMakeConfig:
    """Return a configuration with the presets of its workflow preset, where it names none itself.

    Source: cmake-presets(7), "Workflow Preset": the first step configures.

    :raises Error: there is no such preset, or the files cannot be read.
    """
    if config.workflow_preset is None:
        return config
    steps = _Reader.of(config, environ, build_os).steps(config.workflow_preset)
    configures = [name for kind, name in steps if kind == "configure"]
    builds = tuple(name for kind, name in steps if kind == "build")
    return replace(
        config,
        preset=config.preset or next(iter(configures), None),
        build_presets=config.build_presets or builds,
    )


def preset_generator(config: CMakeConfig, environ: Mapping[str, str], build_os: str) -> str | None:
    """Return the generator of the configure preset of a configuration, which it may inherit.

    None if it names none, or if there is no such preset: CMake says so when it configures.
    """
    try:
        reader = _Reader.of(config, environ, build_os)
        return reader.generator(str(config.preset))
    except Error:
        return None


@dataclass(frozen=True)
class _Files:
    """The files, each with its contents."""

    contents: Mapping[Path, Mapping[str, Any]]

    @classmethod
    def read(cls, source: Path, environ: Mapping[str, str]) -> _Files:
        contents: dict[Path, Mapping[str, Any]] = {}
        waiting = [path for name in _NAMES if (path := source / name).is_file()]
        while waiting:
            path = waiting.pop()
            if path in contents:
                continue
            contents[path] = _read(path)
            macros = {"sourceDir": str(source), "sourceParentDir": str(source.parent)}
            macros["dollar"] = "$"
            for include in _strings(contents[path].get("include")):
                text = _expand(include, macros, {"penv": environ, "env": environ})
                waiting.append(Path(os.path.normpath(path.parent / text)))
        return cls(contents)

    def presets(self, kind: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        for path, contents in self.contents.items():
            for preset in contents.get(kind) or ():
                if isinstance(preset, dict):
                    yield path, preset


def _read(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text("utf-8-sig")
        # It means the directory of the file it is written in, also if another preset inherits it.
        contents = json.loads(text.replace("${fileDir}", json.dumps(path.parent.as_posix())[1:-1]))
    except (OSError, ValueError) as e:
        raise Error(f"presets cannot be read: {e}", where=str(path)) from None
    if not isinstance(contents, dict):
        raise Error("presets cannot be read: the file must contain an object", where=str(path))
    return contents


@dataclass(frozen=True)
class _Reader:
    """Looks presets up by their names, and fills in what they inherit."""

    files: _Files
    source: Path
    environ: Mapping[str, str]
    host_name: str

    @classmethod
    def of(cls, config: CMakeConfig, environ: Mapping[str, str], build_os: str) -> _Reader:
        """Read the files of a configuration. :raises Error: one of them cannot be read."""
        files = _Files.read(config.source_path, environ)
        return cls(files, config.source_path, environ, _HOST_NAMES.get(build_os, build_os))

    def generator(self, name: str) -> str | None:
        """Return the generator of a configure preset, None if it leaves it to CMake.

        :raises Error: there is none of this name.
        """
        generator = self._complete("configurePresets", name, ()).get("generator")
        return str(generator) if generator else None

    def steps(self, name: str) -> list[tuple[str, str]]:
        """Return the kinds and the names of the presets in a workflow preset.

        :raises Error: there is none of this name.
        """
        steps = self._complete("workflowPresets", name, ()).get("steps") or ()
        return [(str(s.get("type")), str(s.get("name"))) for s in steps if isinstance(s, dict)]

    def build_preset(self, name: str) -> BuildPreset:
        """Return a build preset.

        :raises Error: there is none of this name, or it cannot be used.
        """
        preset = self._complete("buildPresets", name, ())
        if preset.get("hidden"):
            raise self._refusal(name, "is hidden: others can inherit from it")
        environment: dict[str, Any] = {}
        generator = ""
        if configure := preset.get("configurePreset"):
            above = self._complete("configurePresets", str(configure), ())
            generator = str(above.get("generator", ""))
            if preset.get("inheritConfigureEnvironment", True):
                environment.update(above["environment"])
        environment.update(preset["environment"])
        macros = {
            "sourceDir": self.source.as_posix(),
            "sourceParentDir": self.source.parent.as_posix(),
            "sourceDirName": self.source.name,
            "presetName": name,
            "generator": generator,
            "hostSystemName": self.host_name,
            "dollar": "$",
            "pathListSep": os.pathsep,
        }
        values = self._environment(environment, macros)
        known = {**self.environ, **{n: v for n, v in values.items() if v is not None}}
        if not self._holds(preset.get("condition"), macros, known):
            raise self._refusal(name, "is disabled by its condition")

        def expand(text: object) -> str:
            return _expand(str(text), macros, {"penv": self.environ, "env": known})

        more: list[str] = []
        if preset.get("cleanFirst"):
            more.append("--clean-first")
        if preset.get("verbose"):
            more.append("--verbose")
        if resolve := preset.get("resolvePackageReferences"):
            more.append(f"--resolve-package-references={resolve}")
        configuration, jobs = preset.get("configuration"), preset.get("jobs")
        return BuildPreset(
            name,
            configuration=expand(configuration) if configuration else None,
            jobs=jobs if isinstance(jobs, int) and jobs > 0 else None,
            targets=tuple(map(expand, _strings(preset.get("targets")))),
            more_arguments=tuple(more),
            tool_arguments=tuple(map(expand, _strings(preset.get("nativeToolOptions")))),
            environ=values,
        )

    def _complete(self, kind: str, name: str, below: Sequence[str]) -> dict[str, Any]:
        """Return a preset with what it inherits: the first preset with a value counts."""
        presets = [(path, preset) for path, preset in self.files.presets(kind)]
        found = next(((path, p) for path, p in presets if p.get("name") == name), None)
        if found is None or name in below:
            names = sorted(str(p.get("name")) for _, p in presets if not p.get("hidden"))
            why = "inherits from itself" if found else "does not exist"
            raise self._refusal(name, why, names, kind)
        _, preset = found
        complete: dict[str, Any] = {}
        environment: dict[str, Any] = {}
        for parent in reversed(_strings(preset.get("inherits"))):
            inherited = self._complete(kind, parent, (*below, name))
            environment.update(inherited["environment"])
            complete.update(inherited)
        # A condition of null means that there is no condition. Children do not inherit it.
        complete.pop("hidden", None)
        complete.update(preset)
        environment.update(preset.get("environment") or {})
        return {**complete, "environment": environment}

    def _environment(
        self, environment: Mapping[str, Any], macros: Mapping[str, str]
    ) -> dict[str, str | None]:
        """Expand the variables, which may refer to each other."""
        values: dict[str, str | None] = {}
        pending: set[str] = set()

        def value(name: str) -> str:
            if name in pending or name not in environment:
                return self.environ.get(name, "")
            if name not in values:
                pending.add(name)
                text = environment[name]
                values[name] = None if text is None else _expand(str(text), macros, kinds)
                pending.discard(name)
            return values[name] or ""

        kinds = {"penv": self.environ, "env": _Lookup(value)}
        for name in environment:
            value(name)
        return values

    def _holds(self, condition: Any, macros: Mapping[str, str], environ: Mapping[str, str]) -> bool:
        """Evaluate a condition, as "Condition" in cmake-presets(7) says."""
        if condition is None or isinstance(condition, bool):
            return condition is not False

        def text(key: str) -> str:
            return _expand(str(condition[key]), macros, {"penv": self.environ, "env": environ})

        def listed(key: str) -> list[str]:
            kinds = {"penv": self.environ, "env": environ}
            return [_expand(str(item), macros, kinds) for item in condition[key]]

        def holds(inner: Any) -> bool:
            return self._holds(inner, macros, environ)

        kinds = {
            "const": lambda: bool(condition["value"]),
            "equals": lambda: text("lhs") == text("rhs"),
            "notEquals": lambda: text("lhs") != text("rhs"),
            "inList": lambda: text("string") in listed("list"),
            "notInList": lambda: text("string") not in listed("list"),
            "matches": lambda: re.search(text("regex"), text("string")) is not None,
            "notMatches": lambda: re.search(text("regex"), text("string")) is None,
            "anyOf": lambda: any(map(holds, condition["conditions"])),
            "allOf": lambda: all(map(holds, condition["conditions"])),
            "not": lambda: not holds(condition["condition"]),
        }
        try:
            return kinds[condition["type"]]()
        except (KeyError, TypeError, re.error) as e:
            raise Error(
                f"a condition of a preset cannot be evaluated: {e!r}", where=str(self.source)
            ) from None

    def _refusal(
        self, name: str, why: str, names: Sequence[str] = (), kind: str = "buildPresets"
    ) -> Error:
        hint = f"there is: {', '.join(names)}" if names else ""
        return Error.from_problems([Problem(f"the preset {name!r} {why}", _WHERE[kind], hint)])


class _Lookup:
    """A mapping that computes its values, which may refer to each other."""

    def __init__(self, function: Any) -> None:
        self.get = lambda name, default="": function(name) or default


def _expand(text: str, macros: Mapping[str, str], kinds: Mapping[str, Any]) -> str:
    def replacement(match: re.Match[str]) -> str:
        kind, name = match.groups()
        if kind in kinds:
            return str(kinds[kind].get(name, "") or "")
        return macros.get(name, match[0]) if not kind else match[0]

    return _MACRO.sub(replacement, text)


def _strings(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(item) for item in value]
