"""What the process of a hook imports: each module is a cost of every installation of a project.

Whoever adds a module here should know that the hook cannot do without it; otherwise the import
belongs into the function that needs it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PYPROJECT = """\
[build-system]
requires = ["py-build-cmake"]
build-backend = "py_build_cmake.build"
[project]
name = "pkg"
version = "1.0"
"""
CODE = """\
import dataclasses, json, sys
before = set(sys.modules)
import py_build_cmake.build
getattr(py_build_cmake.build, sys.argv[1])(*sys.argv[2:])
own = {n: m for n, m in sys.modules.items() if n.startswith("py_build_cmake.")}
slow = [
    f"{name}.{key}"
    for name, module in own.items()
    for key, value in vars(module).items()
    if isinstance(value, type)
    and dataclasses.is_dataclass(value)
    and value.__module__ == name
    and "__record_fields__" not in vars(value)
]
print("\\n" + json.dumps({"imported": sorted(set(sys.modules) - before), "slow": slow}))
"""

ALWAYS = """
base base.console base.errors base.masking base.places base.records build building
building.session building.wheel cmake cmake.runner config config.conan_tables config.conditions
config.cross config.dictionaries config.evaluate config.kinds config.layers config.load
config.near_misses config.overrides config.read config.schema config.settings config.sources
platforms platforms.build_headers platforms.build_machine platforms.environments
platforms.environments.registry platforms.host platforms.machines platforms.python_files
platforms.pythons platforms.tags
"""
REQUIRES = "cmake.emulator cmake.programs toolchains toolchains.registry"
METADATA = """
archive archive.dist_info platforms platforms.wheel_tags project project.completion
project.dynamic project.import_names project.metadata project.module project.plan
project.project_table
"""
SDIST = """
archive archive.deflate archive.reproducible archive.sdist_writer config.checkouts editable
editable.runtime editable.runtime.lock platforms platforms.build_machine platforms.wheel_tags
project project.completion project.dynamic project.files project.import_names project.metadata
project.module project.plan project.project_table project.sdist_files
"""
WHEEL = """
archive archive.copies archive.deflate archive.dist_info archive.last_wheel archive.reproducible
archive.wheel_writer archive.zip base.identity base.tables building building.import_test
building.selection building.staging cmake cmake.build_dir cmake.emulator cmake.install_rules
cmake.programs editable editable.runtime editable.runtime.lock platforms platforms.build_machine
platforms.stable_symbols platforms.wheel_tags project project.completion project.dynamic
project.files project.import_names project.metadata project.module project.plan
project.project_table toolchains toolchains.registry verify verify.checks
verify.checks.destinations verify.checks.libraries verify.checks.loading verify.checks.modules
verify.checks.names verify.checks.paths verify.checks.processor verify.checks.python
verify.checks.runtimes verify.checks.scripts verify.checks.signature verify.checks.stable_abi
verify.checks.symbols verify.checks.system verify.contents verify.expectation verify.finding
verify.formats verify.formats.ar verify.formats.elf verify.formats.elf_image
verify.formats.elf_processors verify.formats.elf_symbols verify.formats.macho
verify.formats.macho_signature verify.formats.macho_symbols verify.formats.pe
verify.formats.reading verify.formats.report verify.formats.view verify.formats.wasm
verify.ignored verify.loader verify.loader.exported verify.loader.manylinux verify.loader.promised
verify.loader.search verify.lowest verify.promise verify.staged verify.suffix verify.triplet
"""
# What CMake, and nothing else, needs.
DRIVING = """
building building.cmake_build building.kept building.shared_native building.steps cmake
cmake.build_dir cmake.cache cmake.commands cmake.file_api cmake.find_python cmake.host_environment
cmake.includes cmake.inputs cmake.install_scripts cmake.memory cmake.packages cmake.requirements
cmake.shim editable.isolation editable.runtime.afresh editable.runtime.dependencies
editable.runtime.stamp editable.runtime.times platforms platforms.host_numpy
platforms.host_variables platforms.toolchain_files project.cmake_lists toolchains.toolchain_file
verify.checks.headers
"""
# Imported by what `[project]` is read with.
LIBRARIES = {"packaging", "pyproject_metadata"}
FAKE_CMAKE = """\
#!/bin/sh
case "$*" in
  *--version*) echo "cmake version 3.30.1" ;;
  *--install*) mkdir -p "$4/pkg" && echo text > "$4/pkg/data.txt" ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    return tmp_path


def imported(
    project: Path, *hook: str, path: str = "", allowed: str = ""
) -> tuple[set[str], set[str]]:
    """Run a hook; return the modules of this program that it imports, and the others' roots."""
    run = subprocess.run(
        [sys.executable, "-c", CODE, *hook],
        cwd=project,
        env={"PYTHONPATH": ":".join(p for p in sys.path if p), "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout.splitlines()[-1])
    assert answer["slow"] == [], "these compile methods when they are imported; see records.py"
    names = answer["imported"]
    # It takes 60 ms, and only commands that read finished wheels need it.
    assert "distlib" not in names
    prefix = "py_build_cmake."
    own = {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
    return own, {name.partition(".")[0] for name in names} - {"py_build_cmake"}


def words(*lists: str) -> set[str]:
    return {word for text in lists for word in text.split()}


# Where there is no TOML in the standard library, tomli reads it.
DEPENDENCIES = {"packaging", "pathspec", "pyproject_metadata", "distlib", "email"}
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the PATH of the test is Unix's")


def test_requirements(project: Path) -> None:
    own, others = imported(project, "get_requires_for_build_wheel")
    assert own == words(ALWAYS, REQUIRES)
    unused = {"tempfile", "json", "hashlib", "logging", "concurrent"}
    assert not others & (DEPENDENCIES | unused)


def test_requirements_with_cmake(project: Path) -> None:
    with_cmake(project)
    own, others = imported(project, "get_requires_for_build_wheel", path=str(project / "bin"))
    assert own == words(ALWAYS, REQUIRES, "project platforms.toolchain_files project.cmake_lists")
    assert "subprocess" in others  # for `cmake --version`
    assert not others & (DEPENDENCIES | {"tempfile", "json", "hashlib", "logging"})


@pytest.mark.parametrize("cmake", [False, True])
def test_metadata(project: Path, cmake: bool) -> None:
    if cmake:
        with_cmake(project)
    own, others = imported(project, "prepare_metadata_for_build_wheel", str(project))
    assert own == words(ALWAYS, METADATA)
    assert others & DEPENDENCIES == {*LIBRARIES, "email"}
    assert not others & {"tempfile", "json", "hashlib", "concurrent"}


def test_source_distributions(project: Path) -> None:
    own, others = imported(project, "build_sdist", str(project / "dist"))
    assert own == words(ALWAYS, SDIST)
    assert others & DEPENDENCIES == {*LIBRARIES, "email"}
    assert not others & {"hashlib", "concurrent"}


def test_wheels_without_cmake(project: Path) -> None:
    own, others = imported(project, "build_wheel", str(project / "dist"))
    assert own == words(ALWAYS, WHEEL)
    assert others & DEPENDENCIES == {*LIBRARIES, "email"}
    assert "concurrent" not in others


def test_wheels_with_cmake(project: Path) -> None:
    with_cmake(project)
    hook = ("build_wheel", str(project / "dist"))
    own, others = imported(project, *hook, path=f"{project / 'bin'}:/usr/bin:/bin")
    assert own == words(ALWAYS, WHEEL, DRIVING)
    assert others & DEPENDENCIES == {*LIBRARIES, "email"}
    assert "concurrent" not in others


def with_cmake(project: Path) -> None:
    """Make it a project with CMake, which does nothing but install a file."""
    with (project / "pyproject.toml").open("a") as file:
        file.write("[tool.py-build-cmake.cmake]\ngenerator = 'Unix Makefiles'\n")
    (project / "CMakeLists.txt").touch()
    (project / "bin").mkdir()
    (project / "bin" / "cmake").write_text(FAKE_CMAKE)
    (project / "bin" / "cmake").chmod(0o755)
