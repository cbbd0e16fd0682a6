"""The examples, built natively and for each host: what is in the wheels, and that they run."""

from __future__ import annotations

import platform
import re
import shutil
import sysconfig
from pathlib import Path

import pytest
from support.builds import EXAMPLES, make_venv, run
from support.examples import (
    ALL,
    HOST_TOOLS,
    MINIMAL,
    NANOBIND_STUBS,
    Builder,
    Example,
    ExampleBuilds,
    build_directories,
    copy_example,
    cross_build_directory,
)
from support.hosts import Host, without
from support.outcomes import used
from support.pythons import MINORS, find_python
from support.type_checkers import check_types
from support.wheels import Wheel, elf_machine

each_example = pytest.mark.parametrize("example", ALL, ids=lambda example: example.directory)
# All of them for one host; for the second, one in C and one in C++ with a native pre-build.
each_build = pytest.mark.parametrize(
    ("host", "example"),
    [
        *(("aarch64", example) for example in ALL),
        *(("armhf", example) for example in (MINIMAL, NANOBIND_STUBS)),
    ],
    indirect=["host"],
    ids=lambda value: value.directory if isinstance(value, Example) else value,
)
EXTENSION_SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")


@each_build
def test_name_and_tags(example: Example, host: Host, built: ExampleBuilds) -> None:
    wheel = Wheel.read(built(example, host).wheel)
    assert wheel.name == f"{example.distribution}-{host.tag}.whl"
    assert wheel.header("Tag") == [host.tag]
    assert wheel.header("Root-Is-Purelib") == ["false"]


@each_build
def test_exact_files(example: Example, host: Host, built: ExampleBuilds) -> None:
    wheel = Wheel.read(built(example, host).wheel)
    assert set(wheel.payload) == example.payload(host.suffix)
    # entry_points.txt may be there, and empty, for a project that has none.
    metadata = {name[len(wheel.dist_info) :] for name in wheel.files.keys() - wheel.payload.keys()}
    assert metadata - {"entry_points.txt"} == {"METADATA", "RECORD", "WHEEL"}


@each_build
def test_every_binary_is_for_the_host(example: Example, host: Host, built: ExampleBuilds) -> None:
    wheel = Wheel.read(built(example, host).wheel)
    module = f"{example.package}/{example.extension}{host.suffix}"
    assert wheel.machines == {module: host.name}


@each_build
def test_same_as_the_native_wheel(example: Example, host: Host, built: ExampleBuilds) -> None:
    """The same files but for the suffix, and, stubs included, the same bytes but for binaries."""
    cross = Wheel.read(built(example, host).wheel)
    native = Wheel.read(built(example).wheel)
    assert set(native.payload) == example.payload(EXTENSION_SUFFIX)
    assert set(cross.payload) == example.payload(host.suffix)
    for name in native.payload.keys() - native.machines.keys():
        assert cross.files[name] == native.files[name], name
    for name in ("METADATA", "entry_points.txt"):
        assert cross.files.get(cross.dist_info + name) == native.files.get(native.dist_info + name)


def test_generated_stubs_say_what_the_module_has(host: Host, built: ExampleBuilds) -> None:
    wheel = Wheel.read(built(NANOBIND_STUBS, host).wheel)
    assert b"def add(a: int, b: int) -> int:" in wheel.files["cpp_math/_core.pyi"]


CALLS = {"host_tools": ('crc32(b"a")', "crc32(1)")}


@each_example
def test_type_checkers_know_the_module(
    example: Example, built: ExampleBuilds, tmp_path: Path
) -> None:
    python = make_venv(tmp_path / "venv", "--no-index", built(example).wheel)
    good, bad = CALLS.get(example.package, ("add(1, 2)", 'add("1", 2)'))
    check_types(python, tmp_path, example.package, good, bad)


@each_example
def test_own_tests_pass_natively(example: Example, built: ExampleBuilds, tmp_path: Path) -> None:
    python = make_venv(tmp_path / "venv", "pytest", built(example).wheel)
    tests = shutil.copytree(EXAMPLES / example.directory / "tests", tmp_path / "tests")
    run(python, "-I", "-m", "pytest", "-p", "no:cacheprovider", tests, cwd=tmp_path)


@each_build
def test_own_tests_pass_on_the_host(
    example: Example,
    host: Host,
    built: ExampleBuilds,
    *,
    build_python: Path,
    host_pytest: Path,
    tmp_path: Path,
) -> None:
    """The host's own Python (emulated) accepts the wheel, imports it and calls it."""
    python = host.make_venv(tmp_path / "venv", built(example, host).wheel, build_python)
    code = f"import {example.package}.{example.extension} as module; print(module.__file__)"
    location = Path(run(python, "-c", code, cwd=tmp_path).strip())
    assert location.name == example.extension + host.suffix
    assert tmp_path / "venv" in location.parents
    tests = shutil.copytree(EXAMPLES / example.directory / "tests", tmp_path / "tests")
    run(
        *(python, "-m", "pytest", "-p", "no:cacheprovider", tests),
        cwd=tmp_path,
        env={"PYTHONPATH": str(host_pytest), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    used(host.name, example.binding)


def _steps(log: str) -> list[str]:
    """Return what each CMake command of `log` does, in order, and for which system."""
    cross_directories: set[str] = set()
    steps = []
    for line in re.findall(r"^\s*\+ (\S*cmake(?:\.exe)? .*)$", log, re.MULTILINE):
        words = line.replace("'", "").split()
        if "-S" in words:
            step, directory = "configure", words[words.index("-B") + 1]
            if any("CMAKE_TOOLCHAIN_FILE" in word for word in words):
                cross_directories.add(directory)
        else:
            option = "--build" if "--build" in words else "--install"
            step, directory = option.strip("-"), words[words.index(option) + 1]
        steps.append(f"{step} {'cross' if directory in cross_directories else 'native'}")
    return steps


@each_build
def test_order_of_steps(example: Example, host: Host, built: ExampleBuilds) -> None:
    systems = ("native", "cross") if example.native_build else ("cross",)
    expected = [f"{step} {system}" for system in systems for step in _CMAKE_STEPS]
    assert _steps(built(example, host).log) == expected


_CMAKE_STEPS = ("configure", "build", "install")


def test_generator_ran_from_the_native_install_directory(
    aarch64: Host, built: ExampleBuilds
) -> None:
    build = built(HOST_TOOLS, aarch64)
    cross, entries = cross_build_directory(build.project)
    generator = Path(entries["PY_BUILD_CMAKE_NATIVE_INSTALL_DIR"], "bin", "make_table")
    assert elf_machine(generator.read_bytes()) == platform.machine()
    assert f"make_table: {generator}" in build.log
    rules = (cross / "build.ninja").read_text(encoding="utf-8")
    assert f"{generator} {cross / 'crc32_table.hpp'}" in rules
    assert "make_table.cpp" not in rules  # the cross build does not make one of its own


def test_generator_is_in_no_wheel(aarch64: Host, built: ExampleBuilds) -> None:
    for wheel in (built(HOST_TOOLS).wheel, built(HOST_TOOLS, aarch64).wheel):
        assert not [name for name in Wheel.read(wheel).files if "make_table" in name]


def _build_products(project: Path) -> dict[str, int]:
    """Return when each object, library and generated file below `project` was made; what is
    installed is a copy.
    """
    suffixes = {".a", ".hpp", ".o", ".pyi", ".so", ".typed"}
    return {
        str(path): path.stat().st_mtime_ns
        for directory in build_directories(project)
        for path in directory.rglob("*")
        if (path.suffix in suffixes or path.name == "make_table")
        and "staging" not in path.relative_to(directory).parts
    }


@each_example
def test_second_build_compiles_and_links_nothing(
    example: Example, aarch64: Host, unisolated_builder: Builder, tmp_path: Path
) -> None:
    project = copy_example(example, tmp_path, aarch64)
    first = unisolated_builder.build(example, project, aarch64)
    products, wheel = _build_products(project), first.wheel.read_bytes()
    assert products
    assert "Linking" in first.log
    second = unisolated_builder.build(example, project, aarch64)
    assert _build_products(project) == products
    assert not re.findall(r"\] (?:Building|Linking|Generating) .*", second.log)
    assert second.wheel.read_bytes() == wheel


@pytest.mark.parametrize("example", (MINIMAL, HOST_TOOLS), ids=lambda example: example.directory)
def test_second_isolated_build_compiles_and_links_nothing(
    example: Example, aarch64: Host, builder: Builder, tmp_path: Path
) -> None:
    """The build environment is at another path the second time, which these do not depend on."""
    project = copy_example(example, tmp_path, aarch64)
    builder.build(example, project, aarch64)
    products = _build_products(project)
    second = builder.build(example, project, aarch64)
    assert _build_products(project) == products
    assert not re.findall(r"\] (?:Building|Linking|Generating) .*", second.log)


def test_native_and_cross_builds_share_a_checkout(
    aarch64: Host, builder: Builder, tmp_path: Path
) -> None:
    """Neither disturbs the other: after both, each is up to date."""
    project = copy_example(HOST_TOOLS, tmp_path, aarch64)
    builder.build(HOST_TOOLS, project)
    cross = builder.build(HOST_TOOLS, project, aarch64)
    again = builder.build(HOST_TOOLS, project)
    assert "Linking" in cross.log
    assert "Linking" not in again.log
    assert set(Wheel.read(cross.wheel).payload) == HOST_TOOLS.payload(aarch64.suffix)
    assert set(Wheel.read(again.wheel).payload) == HOST_TOOLS.payload(EXTENSION_SUFFIX)


def test_build_python_may_have_another_minor_version(
    aarch64: Host, build_env: dict[str, str], tmp_path: Path
) -> None:
    python = make_venv(tmp_path / "front-end", python=_other_python())
    project = copy_example(NANOBIND_STUBS, tmp_path, aarch64)
    build = Builder(python, build_env).build(NANOBIND_STUBS, project, aarch64)
    assert build.wheel.name == f"{NANOBIND_STUBS.distribution}-{aarch64.tag}.whl"
    assert set(Wheel.read(build.wheel).payload) == NANOBIND_STUBS.payload(aarch64.suffix)


def _other_python() -> Path:
    """Return a Python that is not the hosts' 3.11; without one skip, or fail where it must be."""
    found = (find_python(minor) for minor in MINORS if minor != 11)
    python = next(filter(None, found), None)
    if python is None:
        without("there is no other version of Python than the hosts'")
    return python
