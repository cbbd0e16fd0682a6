"""The hooks, called as a front end calls them."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest
from support.backend import ERROR, Backend
from support.builds import CommandFailed
from support.projects import LOCAL, write

Package = Callable[[str], Path]


def _fake_program(directory: Path, name: str, output: str, status: int = 0) -> None:
    directory.mkdir(exist_ok=True)
    program = write(directory / name, f"#!/bin/sh\necho '{output}'\nexit {status}\n")
    program.chmod(0o755)


def _requirements(backend: Backend, project: Path, *path: Path) -> list[str]:
    env = {"PATH": ":".join(map(str, path))}
    return list(backend.with_env(**env).hooks(project).get_requires_for_build_wheel())


def test_nothing_is_required_of_what_is_there(backend: Backend, package: Package) -> None:
    hooks = backend.hooks(package("c-extension"))
    assert hooks.get_requires_for_build_wheel() == []
    assert hooks.get_requires_for_build_editable() == []
    assert hooks.get_requires_for_build_sdist() == []


def test_missing_programs_are_required(backend: Backend, package: Package, bare_path: Path) -> None:
    """Make cannot be installed from the index; Ninja can, and is used in its place."""
    project = package("c-extension")
    assert _requirements(backend, project, bare_path) == ["cmake>=3.15", "ninja"]


def test_make_is_enough(
    backend: Backend, package: Package, bare_path: Path, tmp_path: Path
) -> None:
    _fake_program(tmp_path / "bin", "make", "GNU Make 4.3")
    project = package("c-extension")
    assert _requirements(backend, project, bare_path, tmp_path / "bin") == ["cmake>=3.15"]


@pytest.mark.parametrize("generator", ["Ninja", "Ninja Multi-Config"])
def test_generator_decides(
    backend: Backend, package: Package, bare_path: Path, tmp_path: Path, generator: str
) -> None:
    _fake_program(tmp_path / "bin", "make", "GNU Make 4.3")
    _fake_program(tmp_path / "bin", "cmake", "cmake version 3.31.6")
    project = package("c-extension")
    write(project / LOCAL, f'[cmake]\ngenerator = "{generator}"\n')
    assert _requirements(backend, project, bare_path, tmp_path / "bin") == ["ninja"]


def test_generator_of_the_environment(
    backend: Backend, package: Package, bare_path: Path, tmp_path: Path
) -> None:
    _fake_program(tmp_path / "bin", "make", "GNU Make 4.3")
    _fake_program(tmp_path / "bin", "cmake", "cmake version 3.31.6")
    ninja = backend.with_env(CMAKE_GENERATOR="Ninja")
    assert _requirements(ninja, package("c-extension"), bare_path, tmp_path / "bin") == ["ninja"]


@pytest.mark.parametrize(
    ("version", "status", "minimum", "required"),
    [
        ("cmake version 3.15.0", 0, "3.15", []),
        ("cmake version 3.9.6", 0, "3.15", ["cmake>=3.15"]),
        ("cmake version 3.14.7", 0, "3.15", ["cmake>=3.15"]),
        ("cmake version 4.0.1-rc1", 0, "3.30", []),
        ("cmake version 3.25.1", 0, "3.26", ["cmake>=3.26"]),
        ("cmake version 3.25.1", 0, "3.10", []),
        ("CMake suite", 0, "3.15", ["cmake>=3.15"]),
        ("cmake version 3.25.1", 1, "3.15", ["cmake>=3.15"]),
    ],
)
def test_cmake_must_be_recent_enough(
    backend: Backend,
    package: Package,
    bare_path: Path,
    tmp_path: Path,
    *,
    version: str,
    status: int,
    minimum: str,
    required: list[str],
) -> None:
    _fake_program(tmp_path / "bin", "make", "GNU Make 4.3")
    _fake_program(tmp_path / "bin", "cmake", version, status)
    project = package("c-extension")
    write(project / LOCAL, f'[cmake]\nminimum_version = "{minimum}"\n')
    assert _requirements(backend, project, bare_path, tmp_path / "bin") == required


def test_newest_minimum_of_all_configurations(
    backend: Backend, package: Package, bare_path: Path
) -> None:
    project = package("c-extension")
    write(
        project / LOCAL,
        """
        [cmake.0]
        minimum_version = "3.9"
        [cmake.7]
        minimum_version = "3.28"
        generator = "Ninja"
        """,
    )
    assert _requirements(backend, project, bare_path) == ["cmake>=3.28", "ninja"]


def test_cross_configuration_decides(backend: Backend, package: Package, bare_path: Path) -> None:
    """And that of the native build, which precedes it."""
    project = package("native-first")
    write(
        project / LOCAL,
        """
        [cmake]
        minimum_version = "3.20"
        generator = "Ninja"
        [cross.cmake]
        minimum_version = "3.18"
        generator = "Unix Makefiles"
        """,
    )
    assert _requirements(backend, project, bare_path) == ["cmake>=3.20", "ninja"]
    write(project / "py-build-cmake.cross.toml", 'arch = "linux_aarch64"\n')
    assert _requirements(backend, project, bare_path) == ["cmake>=3.18"]


def test_pure_package_requires_nothing(backend: Backend, package: Package, bare_path: Path) -> None:
    assert _requirements(backend, package("pure-package"), bare_path) == []


def test_stubs_require_mypy(
    backend: Backend, package: Package, bare_path: Path, tmp_path: Path
) -> None:
    project = package("stubs")
    assert _requirements(backend, project, bare_path) == ["mypy>=1.4.0"]
    _fake_program(tmp_path / "bin", "stubgen", "usage")
    assert _requirements(backend, project, bare_path, tmp_path / "bin") == []


@pytest.mark.parametrize("name", ["all-metadata", "c-extension", "pure-module"])
def test_metadata_is_announced_without_cmake(
    backend: Backend, package: Package, bare_path: Path, tmp_path: Path, name: str
) -> None:
    project = package(name)
    before = sorted(project.rglob("*"))
    hooks = backend.with_env(PATH=str(bare_path)).hooks(project)
    announced = tmp_path / "announced"
    announced.mkdir()
    # Without the fallback, the hooks library would build a wheel.
    directory = hooks.prepare_metadata_for_build_wheel(str(announced), None, False)
    assert sorted(project.rglob("*")) == before

    built = backend.build_wheel(project, metadata=announced / directory).wheel
    assert f"{directory}/" == built.dist_info
    told = {
        f"{directory}/{path.relative_to(announced / directory).as_posix()}": path.read_bytes()
        for path in (announced / directory).rglob("*")
        if path.is_file()
    }
    in_wheel = {name: data for name, data in built.files.items() if name.startswith(directory)}
    assert {**told, f"{directory}/RECORD": built.files[f"{directory}/RECORD"]} == in_wheel


def test_editable_metadata_is_that_of_the_wheel(
    backend: Backend, package: Package, tmp_path: Path
) -> None:
    hooks = backend.hooks(package("c-extension"))
    contents = []
    for hook in (hooks.prepare_metadata_for_build_wheel, hooks.prepare_metadata_for_build_editable):
        directory = tmp_path / hook.__name__
        directory.mkdir()
        name = hook(str(directory), None, False)
        contents.append({f.name: f.read_bytes() for f in (directory / name).iterdir()})
    assert contents[0] == contents[1]


@pytest.mark.parametrize("file", ["METADATA", "WHEEL", "entry_points.txt"])
def test_other_metadata_than_announced_is_refused(
    backend: Backend, package: Package, tmp_path: Path, file: str
) -> None:
    project = package("pure-module")
    announced = tmp_path / "announced"
    announced.mkdir()
    name = backend.hooks(project).prepare_metadata_for_build_wheel(str(announced), None, False)
    doctored = announced / name / file
    doctored.write_text(doctored.read_text().replace("2.1", "2.2").replace("main", "other") + "x")
    with pytest.raises(CommandFailed) as failure:
        backend.build_wheel(project, metadata=announced / name)
    assert failure.value.status == 1
    message = failure.value.log.partition(ERROR)[2]
    assert f"{name}/{file}" in message
    assert "Traceback" not in failure.value.log
    assert not list((project / "dist").iterdir())


def test_announced_before_a_change_of_the_configuration(
    backend: Backend, package: Package, tmp_path: Path
) -> None:
    project = package("c-extension")
    announced = tmp_path / "announced"
    announced.mkdir()
    name = backend.hooks(project).prepare_metadata_for_build_wheel(str(announced), None, False)
    with pytest.raises(CommandFailed) as failure:
        settings = {"wheel.python_tag": '["py3"]', "wheel.python_abi": "none"}
        backend.build_wheel(project, settings, metadata=announced / name)
    assert "Tag: py3-" in failure.value.log
    assert not list(project.rglob("CMakeCache.txt")), "CMake ran"


def test_config_settings_are_checked_by_every_hook(
    backend: Backend, package: Package, tmp_path: Path
) -> None:
    project = package("pure-package")
    hooks = backend.hooks(project)
    settings = {"cmake.build_typ": "Release"}
    for call in (
        lambda: hooks.get_requires_for_build_wheel(settings),
        lambda: hooks.prepare_metadata_for_build_wheel(str(tmp_path), settings, False),
        lambda: hooks.build_wheel(str(tmp_path), settings),
        lambda: hooks.build_editable(str(tmp_path), settings),
        lambda: hooks.build_sdist(str(tmp_path), settings),
    ):
        with pytest.raises(CommandFailed) as failure:
            call()
        message = failure.value.log.partition(ERROR)[2]
        assert "cmake.build_typ" in message
        assert "`build_type`" in message


def test_wheel_directory_is_made(backend: Backend, package: Package, tmp_path: Path) -> None:
    project = package("pure-package")
    out = tmp_path / "some" / "where"
    assert backend.hooks(project).build_wheel(str(out)) == "pure_package-1.0-py3-none-any.whl"
    assert [path.name for path in out.iterdir()] == ["pure_package-1.0-py3-none-any.whl"]
