"""A project with CMake presets: the native pre-build, the cross build and the native build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.examples import HOST_TOOLS, Builder, build_directories, copy_example
from support.hosts import Host
from support.projects import edit
from support.wheels import Wheel

# Presets, and what a build preset of each sets.
GENERATORS = {
    "multi": ("Ninja Multi-Config", {"configuration": "Release"}),
    "make": ("Unix Makefiles", {"targets": ["all"], "jobs": 2}),
}


def write_presets(project: Path) -> None:
    """Let the example use presets, whose directory is one for everything, and lies in `build`."""
    base = {"name": "base", "hidden": True, "binaryDir": "${sourceDir}/build/shared"}
    configure = [
        {
            "name": name,
            "inherits": "base",
            "generator": generator,
            "cacheVariables": {"CMAKE_BUILD_TYPE": "Release"},
        }
        for name, (generator, _) in GENERATORS.items()
    ]
    build = [{"name": n, "configurePreset": n, **more} for n, (_, more) in GENERATORS.items()]
    (project / "more.json").write_text(json.dumps({"version": 4, "configurePresets": [base]}))
    presets = {"version": 4, "include": ["more.json"], "configurePresets": configure}
    (project / "CMakePresets.json").write_text(json.dumps({**presets, "buildPresets": build}))
    edit(project / "pyproject.toml", 'generator = "Ninja"\nbuild_type = "Release"\n', "PRESET")


@pytest.mark.parametrize("preset", GENERATORS)
def test_native_and_cross_in_turn(
    unisolated_builder: Builder, aarch64: Host, tmp_path: Path, preset: str
) -> None:
    project = copy_example(HOST_TOOLS, tmp_path, aarch64)
    write_presets(project)
    edit(
        project / "pyproject.toml",
        "PRESET",
        f'preset = "{preset}"\nbuild_presets = ["{preset}"]\n',
    )
    native = unisolated_builder.build(HOST_TOOLS, project).wheel.read_bytes()
    for _ in range(2):
        cross = unisolated_builder.build(HOST_TOOLS, project, aarch64)
        wheel = Wheel.read(cross.wheel)
        module = f"{HOST_TOOLS.package}/{HOST_TOOLS.extension}{aarch64.suffix}"
        assert wheel.machines == {module: aarch64.name}
    assert "configuring afresh" not in cross.log
    again = unisolated_builder.build(HOST_TOOLS, project)
    assert "configuring afresh" not in again.log
    assert again.wheel.read_bytes() == native
    assert len(build_directories(project)) == 3
    assert not (project / "build").exists()
