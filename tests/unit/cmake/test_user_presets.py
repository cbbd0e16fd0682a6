"""Presets by which IDEs work in the build directory of the wheel."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.configs import cmake_config

from py_build_cmake.base.errors import Error
from py_build_cmake.cmake.user_presets import (
    UserPreset,
    link_compile_commands,
    user_preset,
    write_user_preset,
)
from py_build_cmake.config.schema import CMakeConfig
from py_build_cmake.project.plan import Configuration

CACHE = """\
CMAKE_BUILD_TYPE:STRING=Debug
CMAKE_GENERATOR:INTERNAL=Visual Studio 17 2022
CMAKE_GENERATOR_PLATFORM:INTERNAL=ARM64
CMAKE_GENERATOR_TOOLSET:INTERNAL=
//Found by itself
FOUND_LIBRARY:FILEPATH=/usr/lib/x.so
FROM_ARGS:UNINITIALIZED=a$b
API_TOKEN:STRING=secret
PY_BUILD_CMAKE_VERSION:STRING=1
PY_BUILD_CMAKE_OTHER_INCLUDES:INTERNAL=/x.cmake
"""
PRELOAD = """\
set(PY_BUILD_CMAKE_VERSION [=[1]=] CACHE STRING "" FORCE)
set(API_TOKEN [=[secret]=] CACHE STRING "" FORCE)
if(_others)
    set(PY_BUILD_CMAKE_OTHER_INCLUDES "${_others}" CACHE INTERNAL "")
endif()
"""


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    build_dir = tmp_path / "build"
    build_dir.mkdir()
    (build_dir / "CMakeCache.txt").write_text(CACHE)
    (build_dir / "py-build-cmake-preload.cmake").write_text(PRELOAD)
    config = cmake_config(build_type="Debug", args=("-D", "FROM_ARGS=a", "--fresh"))
    return Configuration(0, config, build_dir)


def preset_of(configuration: Configuration, **changes: object) -> UserPreset:
    config: CMakeConfig = replace(configuration.config, **changes)  # type: ignore[arg-type]
    variables = {"A": "$x", "GONE": None, "MY_PASSWORD": "secret"}
    configuration = replace(configuration, config=config)
    return user_preset("cp311-cp311-linux_x86_64", configuration, Path("/cmake"), variables, 3)


def test_what_was_given_is_in_the_preset(configuration: Configuration) -> None:
    preset = preset_of(configuration)
    assert preset.configure["cacheVariables"] == {
        "CMAKE_BUILD_TYPE": {"type": "STRING", "value": "Debug"},
        "FROM_ARGS": {"type": "UNINITIALIZED", "value": "a${dollar}b"},
        "PY_BUILD_CMAKE_VERSION": {"type": "STRING", "value": "1"},
        "PY_BUILD_CMAKE_OTHER_INCLUDES": {"type": "INTERNAL", "value": "/x.cmake"},
        "CMAKE_EXPORT_COMPILE_COMMANDS": "ON",
    }
    assert preset.configure["environment"] == {"A": "${dollar}x", "GONE": None}
    assert preset.configure["generator"] == "Visual Studio 17 2022"
    assert preset.configure["architecture"] == "ARM64"
    assert "toolset" not in preset.configure
    assert "inherits" not in preset.configure
    assert preset.name == "py-build-cmake-cp311-cp311-linux_x86_64"
    assert preset.build["jobs"] == 3
    assert "secret" not in json.dumps([preset.configure, preset.build])


def test_what_is_configured_is_built(configuration: Configuration) -> None:
    given = {"preset": "p", "config": ("Debug", "Release"), "targets": ("t",)}
    preset = preset_of(replace(configuration, index=2), **given, build_tool_args=("-k",))
    assert preset.name.endswith("_64-2")
    assert preset.configure["inherits"] == "p"
    assert preset.build["configurePreset"] == preset.name
    assert preset.build["configuration"] == "Debug"
    assert preset.build["targets"] == ["t"]
    assert preset.build["nativeToolOptions"] == ["-k"]


def test_everything_else_in_the_file_stays(configuration: Configuration, tmp_path: Path) -> None:
    file = tmp_path / "CMakeUserPresets.json"
    mine = {"version": 6, "include": ["x"], "configurePresets": [{"name": "a"}, {"name": "b"}]}
    file.write_text(json.dumps(mine))
    for jobs in (1, 2):
        preset = preset_of(configuration, targets=(str(jobs),))
        assert write_user_preset(tmp_path, preset) == file
    written = json.loads(file.read_text())
    assert written["version"] == 6
    assert written["include"] == ["x"]
    names = [p["name"] for p in written["configurePresets"]]
    assert names == ["a", "b", preset.name]
    assert [p["targets"] for p in written["buildPresets"]] == [["2"]]


@pytest.mark.parametrize("name", ["CMakeUserPresets.json", "CMakePresets.json"])
def test_what_is_not_ours_is_not_overwritten(
    name: str, configuration: Configuration, tmp_path: Path
) -> None:
    preset = preset_of(configuration)
    text = json.dumps({"version": 3, "buildPresets": [{"name": preset.name}]})
    (tmp_path / name).write_text(text)
    with pytest.raises(Error, match="that py-build-cmake has not written"):
        write_user_preset(tmp_path, preset)
    assert (tmp_path / name).read_text() == text


@pytest.mark.parametrize("text", ["{", "[]", '{"configurePresets": {}}', '{"buildPresets": [1]}'])
def test_broken_files(text: str, configuration: Configuration, tmp_path: Path) -> None:
    (tmp_path / "CMakeUserPresets.json").write_text(text)
    with pytest.raises(Error, match="presets cannot be read"):
        write_user_preset(tmp_path, preset_of(configuration))


def test_the_link_for_clangd(tmp_path: Path) -> None:
    link, build_dir = tmp_path / "compile_commands.json", tmp_path / ".py-build-cmake_cache" / "a"
    for directory in (build_dir, build_dir.with_name("b")):
        assert link_compile_commands(tmp_path, directory) == ""
        assert link.readlink() == directory / "compile_commands.json"
    link.unlink()
    link.symlink_to("build/compile_commands.json")
    assert "is kept" in link_compile_commands(tmp_path, build_dir)
    assert link_compile_commands(tmp_path, tmp_path / "build") == ""
    link.unlink()
    link.touch()
    assert "is not a link, and is kept" in link_compile_commands(tmp_path, build_dir)
    said = link_compile_commands(tmp_path / "nowhere", build_dir)
    assert "cannot be a link to" in said
