"""``cross.python = "build"``: what it says about the host system's Python, and what it excludes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.configuration import Sources
from support.machines import LINUX_CP311, LINUX_CP313T

from py_build_cmake.base.errors import ConfigError, Problem
from py_build_cmake.cmake.find_python import header_files
from py_build_cmake.config.load import load_config
from py_build_cmake.config.schema import ProjectConfig
from py_build_cmake.config.settings import parse_config_settings
from py_build_cmake.platforms.build_machine import BuildMachine
from py_build_cmake.project.plan import make_plan

BUILD = replace(LINUX_CP311, environ={})
AARCH64 = "python = 'build'\narch = 'linux_aarch64'\n"


@pytest.fixture
def machine(sources: Sources) -> BuildMachine:
    """A build Python with headers, beside a project with CMake."""
    sources.pyproject("[tool.py-build-cmake.cmake]\n")
    sources.write("CMakeLists.txt", "")
    sources.write("a_b/__init__.py", '"""A package."""\n')
    sources.write("python/include/python3.11/patchlevel.h", "")
    sources.write("python/include/python3.11/pyconfig.h", "#define SIZEOF_VOID_P 8\n")
    return replace(BUILD, include_dir=sources.directory / "python" / "include" / "python3.11")


def load(sources: Sources, machine: BuildMachine, text: str) -> ProjectConfig:
    sources.write("x.cross.toml", text)
    path = str(sources.directory / "x.cross.toml")
    settings = parse_config_settings({"cross": path}, {})
    return load_config(sources.directory, settings, machine)


def problems(sources: Sources, machine: BuildMachine, text: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        load(sources, machine, text)
    return caught.value.problems


@pytest.mark.parametrize(
    ("arch", "soabi"),
    [
        ("linux_aarch64", "cpython-311-aarch64-linux-gnu"),
        ("manylinux_2_28_riscv64", "cpython-311-riscv64-linux-gnu"),
        ("musllinux_1_2_aarch64", "cpython-311-aarch64-linux-musl"),
        ("macosx_11_0_arm64", "cpython-311-darwin"),
        (
            "manylinux_2_17_aarch64.manylinux2014_aarch64",
            "cpython-311-aarch64-linux-gnu",
        ),
    ],
)
def test_the_build_python_and_a_platform_say_all(
    sources: Sources, machine: BuildMachine, arch: str, soabi: str
) -> None:
    config = load(sources, machine, f"python = 'build'\narch = '{arch}'\n")
    host = config.host_platform
    assert (host.python_tag, host.abi_tag, host.soabi) == ("cp311", "cp311", soabi)
    assert any("the Python that runs the build" in note for note in config.notes)
    plan = make_plan(config, machine)
    assert plan.main_pass is not None
    assert plan.main_pass.cross is not None
    private = plan.main_pass.configurations[0].build_dir / "py-build-cmake"
    assert plan.main_pass.cross.include_dir == private / "cross" / "include"


def test_free_threaded(sources: Sources, machine: BuildMachine) -> None:
    free = replace(LINUX_CP313T, environ={}, include_dir=machine.include_dir)
    host = load(sources, free, AARCH64).host_platform
    assert (host.abi_tag, host.soabi) == ("cp313t", "cpython-313t-aarch64-linux-gnu")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("version", "312", "311"),
        ("implementation", "pp", "cp"),
        ("abi", "cp312", "cp311"),
        ("abi", "cp311t", "cp311"),
        ("abiflags", "t", ""),
    ],
)
def test_another_python_than_that_which_runs_the_build(
    sources: Sources, machine: BuildMachine, key: str, value: str, said: str
) -> None:
    found = problems(sources, machine, f"{AARCH64}{key} = '{value}'\n")
    expected = (
        f"`{key}` '{value}' contradicts the Python that runs the build ({machine.executable}),"
        f" which says '{said}'"
    )
    assert [p.message for p in found] == [expected]
    assert found[0].where.endswith(f"x.cross.toml: `{key}`")


def test_the_platform_is_required(sources: Sources, machine: BuildMachine) -> None:
    (problem,) = problems(sources, machine, "python = 'build'\n")
    assert "`arch` is missing" in problem.message


@pytest.mark.parametrize("arch", ["ios_13_0_arm64_iphoneos", "android_24_arm64_v8a"])
def test_other_systems(sources: Sources, machine: BuildMachine, arch: str) -> None:
    (problem,) = problems(sources, machine, f"python = 'build'\narch = '{arch}'\n")
    assert f"for Linux, Windows and macOS only, not for '{arch}'" in problem.message


@pytest.mark.parametrize("arch", ["win_amd64", "win_arm64", "win32"])
def test_windows(sources: Sources, machine: BuildMachine, arch: str) -> None:
    config = load(sources, machine, f"arch = '{arch}'\ntoolchain = 'gnu'\n")
    host = config.host_platform
    assert (host.abi_tag, host.soabi, host.ext_suffix) == (
        "cp311",
        f"cp311-{arch}",
        f".cp311-{arch}.pyd",
    )
    main = make_plan(config, machine).main_pass
    assert main is not None
    assert main.cross is not None
    made = main.configurations[0].build_dir / "py-build-cmake" / "cross"
    assert main.cross.include_dir == made / "include"
    assert main.cross.library == made / "libs" / "python311.lib"
    assert main.cross.sabi_library == made / "libs" / "python3.lib"


def test_free_threaded_windows(sources: Sources, machine: BuildMachine) -> None:
    free = replace(LINUX_CP313T, environ={}, include_dir=machine.include_dir)
    config = load(sources, free, "arch = 'win_amd64'\ntoolchain = 'zig'\n")
    assert config.host_platform.ext_suffix == ".cp313t-win_amd64.pyd"
    main = make_plan(config, free).main_pass
    assert main is not None
    assert main.cross is not None
    assert main.cross.library is not None
    assert main.cross.library.name == "python313t.lib"
    assert main.cross.sabi_library is None


def test_windows_with_a_toolchain_of_your_own(sources: Sources, machine: BuildMachine) -> None:
    """Only named toolchains make import libraries."""
    text = "python = 'build'\narch = 'win_amd64'\n"
    (problem,) = problems(sources, machine, text)
    assert "the import library of Python is missing" in problem.message
    assert problem.where.endswith("x.cross.toml: `library`")
    library = sources.write("python311.lib", "")
    main = make_plan(load(sources, machine, f"{text}library = '{library}'\n"), machine).main_pass
    assert main is not None
    assert main.cross is not None
    assert main.cross.library == library


def test_a_platform_whose_suffix_is_not_known(sources: Sources, machine: BuildMachine) -> None:
    text = "python = 'build'\narch = 'linux_mips64'\n"
    (problem,) = problems(sources, machine, text)
    assert "not known how a Python on 'linux_mips64' names extension modules" in problem.message
    soabi = "cpython-311-mips64-linux-gnuabi64"
    config = load(sources, machine, f"{text}soabi = '{soabi}'\n")
    assert config.host_platform.soabi == soabi


@pytest.mark.parametrize(
    "line", ["include_dir = 'python'", "prefix = 'python'", "force_native_python = true"]
)
def test_two_sources_of_headers(sources: Sources, machine: BuildMachine, line: str) -> None:
    key = line.partition(" ")[0]
    found = problems(sources, machine, f"{AARCH64}{line}\n")
    assert [p.message for p in found] == [
        f'`{key}` and `python` = "build" contradict each other',
    ]


def test_headers_that_are_not_installed(sources: Sources, machine: BuildMachine) -> None:
    bare = replace(machine, include_dir=Path("/nowhere/include"))
    (problem,) = problems(sources, bare, AARCH64)
    assert "are not installed" in problem.message
    assert problem.where.endswith("x.cross.toml: `python`")


def test_a_directory_called_build(sources: Sources, machine: BuildMachine) -> None:
    (problem,) = problems(sources, machine, "python = './build'\narch = 'linux_aarch64'\n")
    assert "there is no file or directory" in problem.message
    sources.write(
        "build/include/python3.12/patchlevel.h",
        "#define PY_MAJOR_VERSION 3\n#define PY_MINOR_VERSION 12\n",
    )
    config = load(sources, machine, "python = './build'\narch = 'linux_aarch64'\n")
    assert config.cross is not None
    assert not config.cross.uses_build_headers
    assert config.host_platform.version == "312"


NEWER = "#define PY_MAJOR_VERSION 3\n#define PY_MINOR_VERSION 13\n"


def newer_headers(sources: Sources, place: str, pyconfig: str) -> Path:
    """Lay out the headers of a CPython 3.13 for this machine."""
    sources.write(f"{place}/patchlevel.h", NEWER)
    return sources.write(f"{place}/pyconfig.h", pyconfig).parent


@pytest.mark.parametrize("key", ["version = '3.13'\n", "abi = 'cp313'\n"])
def test_another_version_whose_headers_a_requirement_has(
    sources: Sources, machine: BuildMachine, key: str
) -> None:
    place = "site/some_headers/include/python3.13"
    found = newer_headers(sources, place, "#define SIZEOF_VOID_P 8\n")
    machine = replace(machine, import_paths=(Path("/missing"), sources.directory / "site"))
    config = load(sources, machine, f"{AARCH64}{key}")
    assert config.host_platform.soabi == "cpython-313-aarch64-linux-gnu"
    assert config.cross is not None
    assert config.cross.include_dir == found
    plan = make_plan(config, machine)
    assert plan.main_pass is not None
    files = header_files(plan, plan.main_pass)
    assert any(text == NEWER for text in files.values())


def test_another_version_in_a_directory(sources: Sources, machine: BuildMachine) -> None:
    newer_headers(sources, "usr/include/python3.13", DISPATCHER)
    half = "#define SIZEOF_VOID_P 8\n#define Py_GIL_DISABLED 1\n"
    sources.write("usr/include/x86_64-linux-gnu/python3.13/pyconfig.h", half)
    text = f"{AARCH64}include_dir = 'usr/include/python3.13'\n"
    config = load(sources, machine, text)
    assert config.host_platform.abi_tag == "cp313t"
    plan = make_plan(config, machine)
    assert plan.main_pass is not None
    files = {path.name: text for path, text in header_files(plan, plan.main_pass).items()}
    assert files["pyconfig_of_build_python.h"] == half
    # The version is that of the headers.
    (problem,) = problems(sources, machine, f"{text}version = '312'\n")
    assert "`version` '312' contradicts" in problem.message


@pytest.mark.parametrize(
    ("patchlevel", "pyconfig", "message"),
    [
        (NEWER, "#define MS_WINDOWS 1\n#define SIZEOF_VOID_P 8\n", "CPython on Linux only"),
        (f'{NEWER}#define PYPY_VERSION "7.3"\n', "#define SIZEOF_VOID_P 8\n", "on Linux only"),
        (NEWER, "#include <x86_64-linux-gnu/python3.13/pyconfig.h>\n", "are not installed"),
    ],
)
def test_other_headers_that_are_of_no_use(
    sources: Sources, machine: BuildMachine, patchlevel: str, pyconfig: str, message: str
) -> None:
    directory = newer_headers(sources, "usr/include/python3.13", pyconfig)
    (directory / "patchlevel.h").write_text(patchlevel)
    (problem,) = problems(sources, machine, f"{AARCH64}include_dir = 'usr/include/python3.13'\n")
    assert message in problem.message


DISPATCHER = """\
#if defined(__x86_64__)
# include <x86_64-linux-gnu/python3.13/pyconfig.h>
#else
# include <aarch64-linux-gnu/python3.13/pyconfig.h>
#endif
"""


def test_both_halves_of_debians_pyconfig(sources: Sources, machine: BuildMachine) -> None:
    """Compilers find the second only below their sysroot."""
    newer_headers(sources, "usr/include/python3.13", DISPATCHER)
    sources.write("usr/include/python3.13/cpython/object.h", "")
    keys = "include_dir = 'usr/include/python3.13'\narch = 'linux_aarch64'\nabi = 'cp313'\n"
    # It may be in a sysroot that is not known here, unless the toolchain has none.
    plan = make_plan(load(sources, machine, keys), machine)
    assert plan.main_pass is not None
    assert plan.main_pass.cross is not None
    assert plan.main_pass.cross.include_dir == sources.directory / "usr/include/python3.13"
    assert header_files(plan, plan.main_pass) == {}
    with pytest.raises(ConfigError) as caught:
        make_plan(load(sources, machine, f"{keys}toolchain = 'zig'\n"), machine)
    assert "there is no" in caught.value.problems[0].message
    assert "aarch64-linux-gnu/python3.13/pyconfig.h" in caught.value.problems[0].message
    sources.write("usr/include/aarch64-linux-gnu/python3.13/pyconfig.h", "/* the second half */\n")
    for more in ("", "toolchain = 'zig'\n"):
        plan = make_plan(load(sources, machine, f"{keys}{more}"), machine)
        assert plan.main_pass is not None
        include_dir = plan.main_pass.configurations[0].build_dir / "py-build-cmake/cross/include"
        assert header_files(plan, plan.main_pass) == {
            include_dir / "patchlevel.h": NEWER,
            include_dir / "pyconfig.h": "/* the second half */\n",
            include_dir / "cpython" / "object.h": "",
        }
