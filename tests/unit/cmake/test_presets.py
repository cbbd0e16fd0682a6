"""What the files with presets say about building."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from support.configs import cmake_config

from py_build_cmake.base.errors import Error
from py_build_cmake.cmake.commands import BuildPreset
from py_build_cmake.cmake.presets import (
    build_presets,
    preset_files,
    preset_generator,
    with_workflow,
)


def write(path: Path, **contents: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": 4, **contents}))


def read(source: Path, *names: str, **environ: str) -> tuple[BuildPreset, ...]:
    config = cmake_config(source_path=source, build_presets=names)
    return build_presets(config, environ, "linux")


def refusal(source: Path, *names: str, **environ: str) -> list[str]:
    with pytest.raises(Error) as caught:
        read(source, *names, **environ)
    return [problem.message for problem in caught.value.problems]


def test_what_a_build_preset_says(tmp_path: Path) -> None:
    configure = {
        "name": "c",
        "generator": "Ninja",
        "inherits": "base",
        "environment": {"OF_C": "$env{OF_BASE}-c", "GONE": None},
    }
    base = {"name": "base", "hidden": True, "environment": {"OF_BASE": "base", "OF_C": "x"}}
    build = {
        "name": "b",
        "configurePreset": "c",
        "configuration": "Debug",
        "jobs": 4,
        "targets": ["one", "${presetName}-${generator}-${hostSystemName}"],
        "cleanFirst": True,
        "verbose": True,
        "resolvePackageReferences": "on",
        "nativeToolOptions": ["-k", "$penv{KEEP}"],
        "environment": {"OF_B": "${sourceDirName}${dollar}$env{OF_C}$penv{OF_C}${pathListSep}"},
    }
    write(tmp_path / "CMakePresets.json", configurePresets=[base, configure], buildPresets=[build])
    (preset,) = read(tmp_path, "b", KEEP="0", OF_C="process")
    environ = preset.environment({"GONE": "x", "STAYS": "y"})
    expected = f"{tmp_path.name}$base-cprocess{os.pathsep}"
    assert environ == {"STAYS": "y", "OF_BASE": "base", "OF_C": "base-c", "OF_B": expected}
    assert preset.configuration == "Debug"
    assert preset.jobs == 4
    assert preset.targets == ("one", "b-Ninja-Linux")
    assert preset.more_arguments == (
        *("--clean-first", "--verbose"),
        "--resolve-package-references=on",
    )
    assert preset.tool_arguments == ("-k", "0")


def test_what_is_inherited(tmp_path: Path) -> None:
    """The first of several that says something is right; files can include others."""
    more = tmp_path / "more"
    base = {"name": "base", "hidden": True, "targets": "${fileDir}", "jobs": 1}
    other = {"name": "other", "targets": "x", "jobs": 2, "verbose": True}
    write(more / "more.json", include=["../CMakePresets.json"], buildPresets=[base, other])
    build = {
        "name": "b",
        "inherits": ["base", "other"],
        "environment": {"A": "$env{B}", "B": "$env{A}"},
    }
    apart = {"name": "apart", "configurePreset": "c", "inheritConfigureEnvironment": False}
    write(
        tmp_path / "CMakePresets.json",
        include=["$penv{WHERE}/more.json"],
        configurePresets=[{"name": "c", "environment": {"C": "c"}}],
        buildPresets=[build, apart, {"name": "bare", "jobs": 0}],
    )
    write(tmp_path / "CMakeUserPresets.json", buildPresets=[{"name": "mine", "inherits": "b"}])
    first, alone, bare = read(tmp_path, "mine", "apart", "bare", WHERE="more", A="outside")
    assert first.targets == (more.as_posix(),)
    assert first.jobs == 1
    assert first.more_arguments == ("--verbose",)
    assert first.environ["A"] == "outside"
    assert alone == BuildPreset("apart")
    assert bare == BuildPreset("bare")
    names = {path.name for path in preset_files(tmp_path, {"WHERE": "more"})}
    assert names == {"CMakePresets.json", "CMakeUserPresets.json", "more.json"}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (None, True),
        (True, True),
        (False, False),
        ({"type": "const", "value": False}, False),
        ({"type": "equals", "lhs": "${hostSystemName}", "rhs": "Linux"}, True),
        ({"type": "notEquals", "lhs": "$env{E}", "rhs": "e"}, False),
        ({"type": "inList", "string": "e", "list": ["a", "$penv{E}"]}, True),
        ({"type": "notInList", "string": "e", "list": ["a"]}, True),
        ({"type": "matches", "string": "abc", "regex": "^a"}, True),
        ({"type": "notMatches", "string": "abc", "regex": "^a"}, False),
        ({"type": "anyOf", "conditions": [False, True]}, True),
        ({"type": "allOf", "conditions": [False, True]}, False),
        ({"type": "not", "condition": {"type": "const", "value": False}}, True),
    ],
)
def test_conditions(tmp_path: Path, condition: Any, holds: bool) -> None:
    write(tmp_path / "CMakePresets.json", buildPresets=[{"name": "b", "condition": condition}])
    if holds:
        assert read(tmp_path, "b", E="e") == (BuildPreset("b"),)
    else:
        assert refusal(tmp_path, "b", E="e") == ["the preset 'b' is disabled by its condition"]


def test_presets_that_cannot_be_used(tmp_path: Path) -> None:
    presets = [
        {"name": "hidden", "hidden": True},
        {"name": "loop", "inherits": "pool"},
        {"name": "pool", "inherits": "loop"},
        {"name": "odd", "condition": {"type": "odd"}},
        "no table",
    ]
    write(tmp_path / "CMakePresets.json", buildPresets=presets)
    assert refusal(tmp_path, "missing", "hidden", "loop", "odd") == [
        "the preset 'missing' does not exist",
        "the preset 'hidden' is hidden: others can inherit from it",
        "the preset 'loop' inherits from itself",
        "a condition of a preset cannot be evaluated: KeyError('odd')",
    ]


@pytest.mark.parametrize("text", ["{", "[]", '{"include": ["gone.json"]}'])
def test_files_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "CMakePresets.json").write_text(text)
    (message,) = refusal(tmp_path, "b")
    assert message.startswith("presets cannot be read: ")


def test_without_files(tmp_path: Path) -> None:
    assert preset_files(tmp_path, {}) == ()
    assert refusal(tmp_path, "b") == ["the preset 'b' does not exist"]


def test_the_generator_may_be_inherited(tmp_path: Path) -> None:
    base = {"name": "base", "hidden": True, "generator": "Ninja"}
    presets = [base, {"name": "c", "inherits": ["base"]}, {"name": "none"}]
    write(tmp_path / "CMakePresets.json", configurePresets=presets)
    found = [
        preset_generator(cmake_config(source_path=tmp_path, preset=name), {}, "linux")
        for name in ("c", "none", "unknown")
    ]
    assert found == ["Ninja", None, None]


def test_the_presets_of_a_workflow(tmp_path: Path) -> None:
    steps = [("configure", "c"), ("build", "a"), ("test", "t"), ("build", "b"), ("package", "p")]
    workflow = {"name": "w", "steps": [{"type": kind, "name": name} for kind, name in steps]}
    write(tmp_path / "CMakePresets.json", workflowPresets=[workflow])

    def presets(**changes: Any) -> tuple[str | None, tuple[str, ...]]:
        config = cmake_config(source_path=tmp_path, **changes)
        config = with_workflow(config, {}, "linux")
        return config.preset, config.build_presets

    assert presets() == (None, ())
    assert presets(workflow_preset="w") == ("c", ("a", "b"))
    assert presets(workflow_preset="w", preset="d", build_presets=("e",)) == ("d", ("e",))
    with pytest.raises(Error) as caught:
        presets(workflow_preset="x")
    assert caught.value.problems[0].where == "`cmake.workflow_preset`"
    assert caught.value.problems[0].hint == "there is: w"
