"""What a build read, and when a wheel has to be built again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.configs import cmake_config, cmake_plan, cross_config

from py_build_cmake.project.plan import BuildPlan
from py_build_cmake.wheels.reuse import WheelInputs, files_read_by, inputs_of


@pytest.fixture
def plan(tmp_path: Path) -> BuildPlan:
    project, outside = tmp_path / "project", tmp_path / "out side"
    for directory in (project / "src", outside / "cmake"):
        directory.mkdir(parents=True)
    (project / "pyproject.toml").touch()
    (project / "my_module").mkdir()
    (project / "my_module" / "__init__.py").touch()
    config = cmake_config(source_path=outside / "cmake")
    (outside / "toolchain.cmake").touch()
    cross = cross_config(toolchain_file=outside / "toolchain.cmake")
    made, cmake_pass, machine = cmake_plan(config, cross=cross)
    machine = replace(machine, build_dir=project / "build")
    tables = replace(made.config.host_tables, cmake=((0, config),))
    return replace(
        made,
        config=replace(made.config, project_dir=project, host_tables=tables),
        main_pass=replace(cmake_pass, configurations=(machine,)),
    )


def test_files_that_tools_list(plan: BuildPlan, tmp_path: Path) -> None:
    outside, project = tmp_path / "out side", plan.config.project_dir
    assert files_read_by(plan) == []
    build = project / "build"
    (build / "CMakeFiles" / "m.dir").mkdir(parents=True)
    names = ("cc", "a.h", "b.h", "x.cmake", "ninja")
    for name in names:
        (outside / name).write_text("")
    (project / "own.h").touch()
    (project / "link.h").symlink_to(outside / "b.h")
    # A program that cannot be run lists nothing.
    text = f"A:FILEPATH={outside}\\ x\nCMAKE_MAKE_PROGRAM:FILEPATH={outside}/ninja\n"
    (build / "CMakeCache.txt").write_text(text)
    (build / "CMakeFiles" / "3.25").mkdir()
    (build / "CMakeFiles" / "3.25" / "CMakeCCompiler.cmake").write_text(
        f'set(CMAKE_C_COMPILER "{outside}/cc")\nset(DIRECTORIES "{outside}/b.h;/usr")\n'
    )
    escaped = str(outside).replace(" ", "\\ ")
    (build / "CMakeFiles" / "m.dir" / "a.d").write_text(
        f"a.o: {escaped}/a.h \\\n {project}/own.h {project}/link.h {escaped}/missing.h\n"
    )
    ninja = str(outside).replace(" ", "$ ")
    (build / "build.ninja").write_text(f"build build.ninja: RERUN {ninja}/x.cmake | {build}/y\n")
    found = {path for path in files_read_by(plan) if path.is_relative_to(tmp_path)}
    assert found == {
        *(outside / name for name in ("a.h", "x.cmake", "ninja", "cc")),
        project / "link.h",
    }


@pytest.mark.parametrize(
    ("place", "part"),
    [
        ("project/src/new.c", "sources"),
        ("out side/cmake/CMakeLists.txt", "sources"),
        ("out side/toolchain.cmake", "sources"),
        ("project/.git/HEAD", ""),
        ("project/__pycache__/a.pyc", ""),
        ("project/dist/other.txt", ""),
        ("project/venv/lib/x.py", ""),
        ("project/old.whl", ""),
    ],
)
def test_changed_sources(plan: BuildPlan, tmp_path: Path, place: str, part: str) -> None:
    project = plan.config.project_dir
    (project / "venv" / "lib").mkdir(parents=True)
    (project / "venv" / "pyvenv.cfg").touch()
    output = project / "dist"
    before = inputs_of(plan, output)
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("changed")
    after = inputs_of(plan, output)
    differing = [name for name in before.parts if before.parts[name] != after.parts[name]]
    assert differing == ([part] if part else [])


def test_changed_links(plan: BuildPlan) -> None:
    project = plan.config.project_dir
    (project / "link").symlink_to("nowhere")
    before = inputs_of(plan, project / "dist")
    (project / "link").unlink()
    (project / "link").symlink_to("elsewhere")
    assert inputs_of(plan, project / "dist") != before


@pytest.mark.parametrize(
    ("name", "counts"), [("CFLAGS", True), ("TERM", False), ("GITHUB_RUN_ID", False), ("A", True)]
)
def test_changed_variables(plan: BuildPlan, name: str, counts: bool) -> None:
    output = plan.config.project_dir / "dist"
    changed = replace(plan.machine, environ={**plan.machine.environ, name: "x"})
    differs = inputs_of(plan, output) != inputs_of(replace(plan, machine=changed), output)
    assert differs is counts


def test_a_complete_record(plan: BuildPlan, tmp_path: Path) -> None:
    output = plan.config.project_dir / "dist"
    output.mkdir()
    wheel = output / "a.whl"
    wheel.write_bytes(b"wheel")
    now = inputs_of(plan, output)
    record = now.complete(plan, wheel, "yes")
    record.write(tmp_path / "record.json")
    read = WheelInputs.read(tmp_path / "record.json")
    assert read == record
    assert read.why_not(now, output) == ""
