"""Options that have rules of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.configuration import Sources
from support.machines import LINUX_CP311

from py_build_cmake.cmake.programs import policy_version
from py_build_cmake.config.load import load_config
from py_build_cmake.config.schema import CMakeConfig
from py_build_cmake.config.settings import ConfigSettings
from py_build_cmake.platforms.host import native_host
from py_build_cmake.project.plan import installed_place

TOOL = "tool.py-build-cmake"
ARCH = "cross.arch=linux_aarch64"


def cmake(sources: Sources, *overrides: str) -> CMakeConfig:
    return dict(sources.load(*overrides).host_tables.cmake)[0]


def test_policies(sources: Sources) -> None:
    assert policy_version(cmake(sources, "cmake.minimum_version=3.20")) == "3.20"
    both = cmake(sources, "cmake.minimum_version=3.20", "cmake.maximum_policy=4.0")
    assert policy_version(both) == "3.20...4.0"
    # The versions are numbers, not texts.
    assert cmake(sources, "cmake.minimum_version=3.9", "cmake.maximum_policy=3.10")


@pytest.mark.parametrize("value", ["3.14", "3", "new"])
def test_bad_policies(sources: Sources, value: str) -> None:
    problem = sources.problem(f'cmake.maximum_policy="{value}"')
    assert problem.where == "<cli:1>: `cmake.maximum_policy`"
    assert repr(value) in problem.message
    assert problem.hint


@pytest.mark.parametrize(("value", "jobs"), [("3", 3), ("auto", "auto"), ('"auto"', "auto")])
def test_jobs(sources: Sources, value: str, jobs: object) -> None:
    assert cmake(sources, f"cmake.jobs={value}").jobs == jobs


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("0", "at least 1"),
        ("-1", "at least 1"),
        ("true", "an integer or 'auto'"),
        ("many", "an integer or 'auto'"),
        ('"3"', "an integer or 'auto'"),
        ("99999999999", "at most"),
    ],
)
def test_bad_jobs(sources: Sources, value: str, message: str) -> None:
    problem = sources.problem(f"cmake.jobs={value}")
    assert problem.where == "<cli:1>: `cmake.jobs`"
    assert message in problem.message


def test_targets(sources: Sources) -> None:
    assert cmake(sources, "cmake.targets=one").targets == ("one",)
    assert cmake(sources, "cmake.targets=[one]", "cmake.targets+=[two]").targets == ("one", "two")
    assert cmake(sources, "cmake.build_type=x").targets == ()


def test_version_file(sources: Sources) -> None:
    file = sources.write("src/VERSION", "1.2")
    sources.write("pyproject.toml", '[project]\nname = "a"\ndynamic = ["version"]\n')
    assert sources.load().dynamic.version_file is None
    assert sources.load("dynamic.version_file=src/VERSION").dynamic.version_file == file.resolve()


def test_a_version_file_of_a_static_version(sources: Sources) -> None:
    sources.write("VERSION", "1.2")
    sources.pyproject('dynamic.version_file = "VERSION"')
    problem = sources.problem()
    assert problem.where == f"pyproject.toml: `{TOOL}.dynamic.version_file`"
    assert 'dynamic = ["version"]' in problem.hint


def test_a_version_file_that_does_not_exist(sources: Sources) -> None:
    sources.write("pyproject.toml", '[project]\nname = "a"\ndynamic = ["version"]\n')
    assert "VERSION" in sources.problem("dynamic.version_file=VERSION").message
    absolute = Path(sources.directory / "VERSION").as_posix()
    sources.write("VERSION", "1.2")
    assert "absolute" in sources.problem(f"dynamic.version_file={absolute}").message


def test_abi_flags(sources: Sources) -> None:
    config = sources.load(ARCH, 'cross.version="313"', "cross.abiflags=t")
    assert config.host_platform.abi_tag == "cp313t"
    problem = sources.problem(ARCH, "cross.abiflags=dt")
    assert problem.where == "<cli:2>: `cross.abiflags`"
    problem = sources.problem(ARCH, "cross.abi=cp313", "cross.abiflags=t")
    assert "contradict" in problem.message


def test_the_host_platform(sources: Sources) -> None:
    assert sources.load().host_platform == native_host(LINUX_CP311)
    config = sources.load(ARCH, "cross.abi=cp312")
    host = config.host_platform
    assert (host.python_tag, host.platform_tags) == ("cp312", ("linux_aarch64",))
    assert config.notes


def test_mistakes_about_the_host_system_are_reported_with_others(sources: Sources) -> None:
    problems = sources.problems(ARCH, "cross.abi=cp312", 'cross.version="311"')
    assert "contradict" in problems[0].message
    sources.write("py-build-cmake.cross.toml", 'arch = "aarch64"\nversion = "3"\n')
    problems = sources.problems()
    assert [problem.where for problem in problems] == [
        "py-build-cmake.cross.toml: `arch`",
        "py-build-cmake.cross.toml: `version`",
    ]


def test_native_python(sources: Sources) -> None:
    forced = "cross.force_native_python=true"
    config = sources.load(ARCH, forced)
    assert config.cross is not None
    assert config.cross.force_native_python
    assert sources.load(ARCH, forced, "cross.abi=cp311").cross is not None
    soabi = "cpython-312-aarch64-linux-gnu"
    (one, two) = sources.problems(ARCH, forced, "cross.abi=cp312", f"cross.soabi={soabi}")
    assert one.where == two.where == "<cli:2>: `cross.force_native_python`"
    assert "cp312-cp312, not cp311-cp311" in one.message
    assert "`soabi`" in two.message


def test_settings_of_nobody(sources: Sources) -> None:
    assert sources.load_parsed(ConfigSettings()).cross is None


@pytest.mark.parametrize(
    ("directory", "place"),
    [
        (".", "."),
        ("pkg/sub", "pkg/sub"),
        ("/platlib", "."),
        ("/platlib/pkg", "pkg"),
        ("/scripts", "p-1.data/scripts"),
        ("/data/share/doc", "p-1.data/data/share/doc"),
    ],
)
def test_directories_in_the_wheel(sources: Sources, directory: str, place: str) -> None:
    config = sources.load(f'wheel.install_dir="{directory}"')
    assert installed_place(config.host_tables.wheel.install_dir, "p-1") == place


@pytest.mark.parametrize("directory", ["", "..", "a/../b", "/", "/usr/lib", "/data/../x", "a\\b"])
def test_no_directories_in_the_wheel(sources: Sources, directory: str) -> None:
    sources.pyproject(f"wheel.install_dir = '{directory}'")
    problem = sources.problem()
    assert "not a directory in a wheel" in problem.message
    assert "/data/share" in problem.hint


@pytest.mark.parametrize("place", ["..", "/data", "a//b", "a/./b", "a\\b"])
def test_no_places_for_files(sources: Sources, place: str) -> None:
    sources.pyproject(f"wheel.include.'{place}' = ['x']")
    assert sources.problem().hint


def test_files_for_places(sources: Sources) -> None:
    sources.pyproject('wheel.include."pkg/data" = "data/*.csv"\nwheel.include."." = ["a", "b"]')
    assert sources.load().host_tables.wheel.include == {
        "pkg/data": ("data/*.csv",),
        ".": ("a", "b"),
    }
    assert "negated" in sources.problem('wheel.include.x=["!a"]').message


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ('version_file = "pyproject.toml"\nversion = "cmake"', "in `version_file`, too"),
        ('version_pattern = "(x)"', "no file to search"),
        ('version_file = "pyproject.toml"\nversion_pattern = "x"', "has no group"),
        ('version_file = "pyproject.toml"\nversion_pattern = "(x"', "not a regular expression"),
        ('version = "svn"', "'svn'"),
    ],
)
def test_contradictions_about_the_version(sources: Sources, tables: str, message: str) -> None:
    sources.write(
        "pyproject.toml",
        f'[project]\nname = "a"\ndynamic = ["version"]\n[{TOOL}.dynamic]\n{tables}',
    )
    assert message in sources.problem().message


def test_what_is_used_in_place_is_not_stripped(sources: Sources) -> None:
    config = sources.load(ARCH, "cross.native_build=true", "cmake.build_type=Release")
    assert dict(config.host_tables.cmake)[0].strip is None
    assert dict(config.native_tables.cmake)[0].strip is False
    explicit = sources.load("cmake.strip=true")
    assert dict(explicit.host_tables.cmake)[0].strip is True
    machine = replace(LINUX_CP311, environ={})
    settings = ConfigSettings(overrides=(("x", "cmake.build_type=Release"),))
    editable = load_config(sources.directory, settings, machine, editable=True)
    assert dict(editable.host_tables.cmake)[0].strip is False
