"""Conditional tables: which facts they ask for, and where they stand among the layers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.configuration import PROJECT_TABLE, Sources, shown
from support.machines import LINUX_CP311, LINUX_CP313T, LINUX_PP310, WINDOWS_CP311

from py_build_cmake.config.load import load_config
from py_build_cmake.config.schema import ProjectConfig
from py_build_cmake.config.settings import parse_config_settings
from py_build_cmake.platforms.build_machine import BuildMachine

MAC_UNIVERSAL = replace(LINUX_CP311, os="mac", platform_tag="macosx_11_0_universal2")
MAC_ARM = replace(LINUX_CP311, os="mac", platform_tag="macosx_11_0_arm64")
WINDOWS_32 = replace(WINDOWS_CP311, platform_tag="win32")
FREEBSD = replace(LINUX_CP311, os="freebsd", platform_tag="freebsd_14_1_release_amd64")
PYODIDE = replace(LINUX_CP311, os="pyodide", platform_tag="emscripten_3_1_58_wasm32")
WHEN = "[[tool.py-build-cmake.when]]\n"


def load(
    sources: Sources,
    *overrides: str,
    machine: BuildMachine = LINUX_CP311,
    editable: bool = False,
    **settings: str,
) -> ProjectConfig:
    parsed = parse_config_settings({**settings, "o": list(overrides)}, {})
    return load_config(sources.directory, parsed, machine, editable=editable)


def applies(sources: Sources, match: str, *overrides: str, tables: str = "", **more: Any) -> bool:
    sources.pyproject(f"{tables}\n{WHEN}match = {match}\ncmake.build_type = 'Applied'\n")
    config = load(sources, *overrides, **more)
    return any(cmake.build_type == "Applied" for _, cmake in config.host_tables.cmake)


@pytest.mark.parametrize(
    ("machine", "facts"),
    [
        (LINUX_CP311, 'os = "linux"'),
        (LINUX_CP311, 'os = ["windows", "linux"]'),
        (LINUX_CP311, 'os = "!windows"'),
        (LINUX_CP311, 'arch = "x86_64"'),
        (LINUX_CP311, 'arch = ["amd64", "arm64"]'),
        (LINUX_CP311, 'python = ">=3.9,<3.12"'),
        (LINUX_CP311, 'python = "==3.11"'),
        (LINUX_CP311, 'python = "~=3.11"'),
        (LINUX_CP311, 'implementation = "cpython"'),
        (LINUX_CP311, 'implementation = "cp"'),
        (LINUX_CP311, 'implementation = ["!pypy", "!graalpy"]'),
        (LINUX_CP311, 'abiflags = ""'),
        (LINUX_CP311, "free_threaded = false"),
        (LINUX_CP311, "cross = false"),
        (LINUX_CP311, "editable = false"),
        (LINUX_CP311, "from_sdist = false"),
        (LINUX_CP311, 'platform = "linux_*"'),
        (LINUX_CP311, 'env.PATH = "/nowhere"'),
        (LINUX_CP311, 'env.PATH = ["/x", "/no*"]'),
        (LINUX_CP311, "env = { PATH = true, NOT_SET = false }"),
        (LINUX_CP311, 'os = "linux", arch = "x86_64", python = ">3.10", cross = false'),
        (LINUX_CP313T, "free_threaded = true"),
        (LINUX_CP313T, 'abiflags = "t*"'),
        (LINUX_CP313T, 'python = ">=3.13"'),
        (LINUX_PP310, 'implementation = "pypy"'),
        (LINUX_PP310, 'implementation = "pp"'),
        (LINUX_PP310, 'abiflags = ""'),
        (WINDOWS_CP311, 'os = "windows", arch = "x86_64"'),
        (WINDOWS_CP311, 'arch = "amd64"'),
        (WINDOWS_32, 'arch = "x86"'),
        (WINDOWS_32, 'arch = "i686"'),
        (WINDOWS_32, 'platform = "win32"'),
        (MAC_ARM, 'os = "mac", arch = "arm64"'),
        (MAC_ARM, 'arch = "aarch64"'),
        (MAC_UNIVERSAL, 'arch = "universal2"'),
        (FREEBSD, 'os = "freebs?", arch = "x86_64"'),
        (PYODIDE, 'os = "pyodide", arch = "wasm32"'),
    ],
)
def test_native_facts(sources: Sources, machine: BuildMachine, facts: str) -> None:
    assert applies(sources, f"{{ {facts} }}", machine=machine)


@pytest.mark.parametrize(
    ("machine", "facts"),
    [
        (LINUX_CP311, 'os = "windows"'),
        (LINUX_CP311, 'os = "!linux"'),
        (LINUX_CP311, 'os = ["lin*", "!linux"]'),
        (LINUX_CP311, 'arch = "aarch64"'),
        (LINUX_CP311, 'arch = "!amd64"'),
        (LINUX_CP311, 'python = ">3.11"'),
        (LINUX_CP311, 'python = ">=3.12"'),
        (LINUX_CP311, 'implementation = "pypy"'),
        (LINUX_CP311, "free_threaded = true"),
        (LINUX_CP311, "cross = true"),
        (LINUX_CP311, "editable = true"),
        (LINUX_CP311, "from_sdist = true"),
        (LINUX_CP311, 'platform = ["musllinux_*", "manylinux_*"]'),
        (LINUX_CP311, "env.PATH = false"),
        (LINUX_CP311, 'env.PATH = "/no"'),
        (LINUX_CP311, "env.NOT_SET = true"),
        (LINUX_CP311, 'env.NOT_SET = "*"'),
        (LINUX_CP311, 'os = "linux", arch = "aarch64"'),
        (MAC_UNIVERSAL, 'arch = "arm64"'),
    ],
)
def test_facts_that_are_not_true(sources: Sources, machine: BuildMachine, facts: str) -> None:
    assert not applies(sources, f"{{ {facts} }}", machine=machine)


@pytest.mark.parametrize(
    ("arch", "facts"),
    [
        ("linux_aarch64", 'os = "linux", arch = "aarch64"'),
        ("manylinux_2_28_aarch64", 'os = "linux", arch = "arm64"'),
        ("manylinux2014_x86_64", 'arch = "x86_64"'),
        ("musllinux_1_2_ppc64le", 'arch = "ppc64le", platform = "musllinux_1_*"'),
        ("manylinux_2_17_aarch64.manylinux2014_aarch64", 'platform = "manylinux2014_*"'),
        ("linux_armv7l", 'arch = "armv7*"'),
        ("win_arm64", 'os = "windows", arch = "aarch64"'),
        ("macosx_11_0_x86_64", 'os = "mac", arch = "x86_64"'),
        ("android_24_arm64_v8a", 'os = "android", arch = "aarch64"'),
        ("ios_13_0_arm64_iphoneos", 'os = "ios", arch = "arm64"'),
        ("pyodide_2025_0_wasm32", 'os = "pyodide", arch = "wasm32"'),
        ("freebsd_14_1_release_amd64", 'os = "freebsd*", arch = "amd64"'),
    ],
)
def test_cross_facts(sources: Sources, arch: str, facts: str) -> None:
    """The host system counts, whatever the machine is that builds."""
    for build in (LINUX_CP311, WINDOWS_CP311):
        match = f"{{ {facts}, cross = true, python = '==3.12', implementation = 'cp' }}"
        assert applies(sources, match, f'cross.arch="{arch}"', "cross.abi=cp312", machine=build)
        assert not applies(sources, match, machine=build)


def test_free_threaded_host(sources: Sources) -> None:
    overrides = ["cross.arch=linux_aarch64", "cross.abi=cp313t"]
    assert applies(sources, '{ free_threaded = true, abiflags = "t" }', *overrides)


def test_editable(sources: Sources) -> None:
    assert applies(sources, "{ editable = true }", editable=True)


def test_from_sdist(sources: Sources) -> None:
    sources.write("PKG-INFO", "")
    assert applies(sources, "{ from_sdist = true }")


BASE = """
cmake.args = ["base"]
linux.cmake.args = ["linux"]
wheel.build_tag = "1"
linux.wheel.build_tag = "2"
[[tool.py-build-cmake.when]]
match = { os = "linux" }
cmake.args = ["when1"]
[[tool.py-build-cmake.when]]
match = { cross = false }
[tool.py-build-cmake.when.cmake]
args = ["when2"]
options.A = { append = ["x"] }
[[tool.py-build-cmake.when]]
match = { os = "windows" }
cmake.args = ["never"]
"""


def args(config: ProjectConfig) -> tuple[str, ...]:
    return dict(config.host_tables.cmake)[0].args


def test_conditional_tables_come_after_those_of_the_os(sources: Sources) -> None:
    sources.pyproject(BASE)
    config = load(sources)
    assert args(config) == ("base", "linux", "when1", "when2")
    assert shown(dict(config.host_tables.cmake)[0].options) == {"A": "x"}
    assert config.host_tables.wheel.build_tag == "2"


def test_local_files_and_overrides_come_after_conditional_tables(sources: Sources) -> None:
    sources.pyproject(BASE)
    sources.write(
        "py-build-cmake.local.toml", 'cmake.args = ["local"]\nlinux.cmake.args = ["local-linux"]\n'
    )
    config = load(sources, 'cmake.args+=["o"]', 'wheel.build_tag="3"')
    assert args(config) == ("base", "linux", "when1", "when2", "local", "o", "local-linux")
    # A table that no condition touches is what it is without conditions.
    assert config.host_tables.wheel.build_tag == "2"
    assert args(load(sources, 'cmake.args=["o"]')) == ("o", "local-linux")
    assert args(load(sources, "linux=!")) == ("base", "when1", "when2", "local")


def test_cross_tables_come_after_conditional_tables(sources: Sources) -> None:
    sources.pyproject(BASE + '[tool.py-build-cmake.cross]\ncmake.args = ["cross"]\n')
    sources.write("py-build-cmake.cross.toml", 'arch = "linux_aarch64"\ncmake.args = ["file"]\n')
    assert args(load(sources)) == ("base", "when1", "cross", "file")
    assert args(load(sources, "cross.os=linux")) == ("base", "linux", "when1", "cross", "file")
    assert args(load(sources, "cross.arch=win_arm64")) == ("base", "never", "cross", "file")


def test_the_native_pre_build_is_for_the_build_system(sources: Sources) -> None:
    sources.pyproject(BASE)
    config = load(sources, "cross.arch=win_arm64", "cross.native_build=true")
    assert args(config) == ("base", "never")
    assert dict(config.native_tables.cmake)[0].args == ("base", "linux", "when1", "when2")


def test_a_conditional_table_brings_cmake_into_being(sources: Sources) -> None:
    sources.pyproject(f'{WHEN}match = {{ os = "windows" }}\ncmake.build_type = "x"\n')
    assert load(sources).host_tables.cmake == ()
    assert load(sources, machine=WINDOWS_CP311).host_tables.cmake != ()


def test_a_list_is_replaced_in_order(sources: Sources) -> None:
    sources.pyproject(
        'cmake.config = ["a"]\n'
        f'{WHEN}match.os = "linux"\ncmake.config = ["b"]\n'
        f'{WHEN}match.os = "linux"\ncmake.0.config = {{ append = ["c"] }}\n'
    )
    assert dict(load(sources).host_tables.cmake)[0].config == ("b", "c")


@pytest.mark.parametrize(
    ("when", "key", "message", "hint"),
    [
        ("", "when[1]", "condition is missing", "match"),
        ("match = {}", "when[1]", "condition is missing", "match"),
        ("match = 1", "when[1].match", "must be a table", ""),
        ('match.oss = "linux"', "when[1].match.oss", "not an option", "`os`"),
        ('match.os = "lynux"', "when[1].match.os", "'lynux'", "`linux`"),
        ('match.os = ["linux", "macos"]', "when[1].match.os", "'macos'", "`mac`"),
        ('match.os = "!beos"', "when[1].match.os", "'beos'", "'ios'"),
        ("match.os = []", "when[1].match.os", "empty list", ""),
        ("match.os = 1", "when[1].match.os", "integer 1", ""),
        ('match.python = "3.12"', "when[1].match.python", "'3.12'", "'>=3.12'"),
        ("match.python = 3.12", "when[1].match.python", "float 3.12", '"3.12"'),
        ('match.cross = "yes"', "when[1].match.cross", "true or false", "quotes"),
        ("match.env.X = 1", "when[1].match.env.X", "integer 1", "not empty"),
        ("match.env = 1", "when[1].match.env", "must be a table", ""),
        ('match.os = "linux"\ncmak.args = []', "when[1].cmak", "not an option", "`cmake`"),
        ('match.os = "linux"\nmodule.name = "x"', "when[1].module", "not an option", ""),
        ('match.os = "mac"\ncmake.args = 1', "when[1].cmake.args", "integer 1", ""),
        (f'match.os = "mac"\n{WHEN}cmake.args = 1', "when[2].cmake.args", "integer 1", ""),
    ],
)
def test_mistakes(sources: Sources, when: str, key: str, message: str, hint: str) -> None:
    sources.pyproject(WHEN + when)
    problem = sources.problem()
    assert problem.where == f"pyproject.toml: `tool.py-build-cmake.{key}`"
    assert message in problem.message
    assert hint in problem.hint


@pytest.mark.parametrize("when", ["when = 1", 'when = { match = { os = "linux" } }'])
def test_conditions_are_an_array(sources: Sources, when: str) -> None:
    sources.write("pyproject.toml", f"{PROJECT_TABLE}[tool.py-build-cmake]\n{when}\n")
    problem = sources.problem()
    assert problem.where == "pyproject.toml: `tool.py-build-cmake.when`"
    assert "[[tool.py-build-cmake.when]]" in problem.hint


@pytest.mark.parametrize("name", ["py-build-cmake.local.toml", "py-build-cmake.cross.toml"])
def test_conditions_stand_in_pyproject(sources: Sources, name: str) -> None:
    sources.write(name, '[[when]]\nmatch = { os = "linux" }\n')
    problem = sources.problem()
    assert problem.where == f"{name}: `when`"
    assert "pyproject.toml" in problem.hint


def test_paths_of_conditional_tables_are_looked_at_only_if_they_hold(sources: Sources) -> None:
    sources.pyproject(f'{WHEN}match.os = "windows"\ncmake.source_path = "nowhere"\n')
    assert load(sources).host_tables.cmake == ()
    problem = sources.problem(os_name="windows")
    assert problem.where == "pyproject.toml: `tool.py-build-cmake.when[1].cmake.source_path`"


def test_conditions_add_build_requirements(sources: Sources) -> None:
    sources.pyproject(
        f'{WHEN}match.os = "linux"\nbuild_requires = ["a>=1", "b"]\n'
        f'{WHEN}match.os = "windows"\nbuild_requires = ["c"]\n'
        f'{WHEN}match.cross = true\nbuild_requires = ["d", "b"]\n'
        f'{WHEN}match.cross = false\nbuild_requires = ["e"]\n'
    )
    assert load(sources).build_requires == ("a>=1", "b", "e")
    arch = "cross.arch=win_amd64"
    assert sources.load(arch).build_requires == ("c", "d", "b")
    # A native pre-build has those of the build machine, too.
    sources.write("CMakeLists.txt", "")
    with (sources.directory / "pyproject.toml").open("a") as file:
        file.write("[tool.py-build-cmake.cmake]\n")
    both = sources.load(arch, "cross.native_build=true").build_requires
    assert both == ("c", "d", "b", "a>=1", "e")


def test_build_requirements_are_requirements(sources: Sources) -> None:
    sources.pyproject(f'{WHEN}match.os = "linux"\nbuild_requires = ["a >> 1"]\n')
    problem = sources.problem()
    assert problem.where == "pyproject.toml: `tool.py-build-cmake.when[1].build_requires`"
    assert "'a >> 1' is not a requirement" in problem.message
