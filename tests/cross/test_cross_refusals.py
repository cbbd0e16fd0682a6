"""Cross builds that must fail, and say why, instead of making a wheel that cannot work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.backend import Backend
from support.builds import CommandFailed
from support.examples import HOST_TOOLS, MINIMAL, NANOBIND_STUBS, Builder, Example, copy_example
from support.hosts import Host
from support.plain import NEWEST

NATIVE_BUILD = "native_build = true"


def _edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def _refusal(
    example: Example, host: Host, builder: Builder, directory: Path, edit: tuple[str, str]
) -> str:
    """Build `example` for `host` after `edit` of its cross file; return the error message."""
    project = copy_example(example, directory, host)
    _edit(project / f"{host.name}.cross.toml", *edit)
    with pytest.raises(CommandFailed) as failure:
        builder.build(example, project, host)
    assert not list((project.parent / "wheels").glob("*.whl"))
    log = failure.value.log
    assert "py-build-cmake: error: " in log
    assert "Traceback" not in log.partition("py-build-cmake: error: ")[0]
    return log.partition("py-build-cmake: error: ")[2]


def test_platform_is_never_inherited(aarch64: Host, builder: Builder, tmp_path: Path) -> None:
    edit = ('arch = "linux_aarch64"\n', "")
    assert "arch" in _refusal(MINIMAL, aarch64, builder, tmp_path, edit)


def test_contradicting_version_and_abi(aarch64: Host, builder: Builder, tmp_path: Path) -> None:
    edit = ('version = "311"', 'version = "312"')
    message = _refusal(MINIMAL, aarch64, builder, tmp_path, edit)
    assert "312" in message
    assert "cp311" in message


def test_missing_toolchain_file(aarch64: Host, builder: Builder, tmp_path: Path) -> None:
    edit = ("aarch64.toolchain.cmake", "absent.toolchain.cmake")
    message = _refusal(MINIMAL, aarch64, builder, tmp_path, edit)
    assert "absent.toolchain.cmake" in message
    assert "toolchain_file" in message


def test_module_of_the_build_system(aarch64: Host, builder: Builder, tmp_path: Path) -> None:
    """Without a toolchain file the module has the host's name, but is for this machine."""
    edit = ('toolchain_file = "aarch64.toolchain.cmake"\n', "")
    message = _refusal(MINIMAL, aarch64, builder, tmp_path, edit)
    assert f"_add_module{aarch64.suffix}" in message


def test_pattern_without_match(aarch64: Host, builder: Builder, tmp_path: Path) -> None:
    """The error lists what the native build did install."""
    edit = (NATIVE_BUILD, 'copy_from_native_build = ["**/*.pyi"]')
    message = _refusal(HOST_TOOLS, aarch64, builder, tmp_path, edit)
    assert "**/*.pyi" in message
    assert "bin/make_table" in message


def test_pattern_that_matches_a_native_binary(
    aarch64: Host, builder: Builder, tmp_path: Path
) -> None:
    edit = (NATIVE_BUILD, 'copy_from_native_build = ["bin"]')
    message = _refusal(HOST_TOOLS, aarch64, builder, tmp_path, edit)
    assert "bin/make_table" in message


def test_pattern_whose_place_is_taken(aarch64: Host, builder: Builder, tmp_path: Path) -> None:
    """Copying never replaces a file that the cross build, or the package, has already."""
    project = copy_example(NANOBIND_STUBS, tmp_path, aarch64)
    (project / "src" / "cpp_math" / "py.typed").write_text("partial\n", encoding="utf-8")
    with pytest.raises(CommandFailed) as failure:
        builder.build(NANOBIND_STUBS, project, aarch64)
    assert "cpp_math/py.typed" in failure.value.log.partition("py-build-cmake: error: ")[2]


@pytest.mark.parametrize(
    ("suffix", "said"),
    [
        ("WITH_SOABI", "ModuleNotFoundError: No module named '_add_module'"),
        ("USE_SABI 3.9 WITH_SOABI", "_add_module.abi3.so: cannot open shared object"),
    ],
)
def test_stubs_of_a_module_of_the_host(
    aarch64: Host, make_backend: Callable[..., Backend], tmp_path: Path, suffix: str, said: str
) -> None:
    """nanobind's stub generator runs on this machine, which cannot import the module."""
    project = copy_example(MINIMAL, tmp_path, aarch64)
    lists = project / "CMakeLists.txt"
    _edit(lists, "WITH_SOABI", suffix)
    _edit(lists, "Development.Module)", "Development.Module Development.SABIModule)")
    # nanobind wants to know Python under this name, and a language for itself.
    _edit(lists, "LANGUAGES C)", "LANGUAGES C CXX)")
    lists.write_text(
        lists.read_text().replace("Python3", "Python")
        + """
execute_process(COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir
    OUTPUT_VARIABLE nanobind_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE)
find_package(nanobind CONFIG REQUIRED)
nanobind_add_stub(stub MODULE _add_module OUTPUT _add_module.pyi
    PYTHON_PATH $<TARGET_FILE_DIR:_add_module> DEPENDS _add_module)
"""
    )
    with pytest.raises(CommandFailed) as failure:
        make_backend(NEWEST, "nanobind", "typing-extensions").build_wheel(
            project, {"cross": "aarch64.cross.toml"}
        )
    message = failure.value.log.partition("py-build-cmake: error: ")[2]
    assert said in message
    assert "nanobind/stubgen.py" in message
    assert "cross.copy_from_native_build = ['**/*.pyi']" in message.partition("hint: ")[2]


def test_the_environment_of_an_sdk(
    aarch64: Host, unisolated_builder: Builder, tmp_path: Path
) -> None:
    """What it sets is for the host, also while the native pre-build compiles a generator."""
    project = copy_example(HOST_TOOLS, tmp_path, aarch64)
    backend = Backend(unisolated_builder.python, dict(unisolated_builder.env)).with_env(
        CXX="aarch64-linux-gnu-g++", CXXFLAGS="-mcpu=cortex-a53", CPATH="/opt/include"
    )
    settings = {"cross": "aarch64.cross.toml"}
    built = backend.build_wheel(project, settings)
    assert "the native pre-build does not use CXX, CXXFLAGS of the environment" in built.log
    assert "also searches directories of the environment: CPATH=/opt/include" in built.log

    with pytest.raises(CommandFailed) as failure:
        backend.with_env(CXX_FOR_BUILD="aarch64-linux-gnu-g++").build_wheel(project, settings)
    assert "environment variable CXX_FOR_BUILD: the native pre-build uses" in failure.value.log
    assert "compiles for aarch64-linux-gnu" in failure.value.log

    # The build says what `cross check` knows, and what to do about a program of the host.
    with (project / "CMakeLists.txt").open("a") as lists:
        lists.write(
            "if(CMAKE_CROSSCOMPILING)\n"
            "include(CheckCXXSourceRuns)\n"
            'check_cxx_source_runs("int main() { return 0; }" RUNS)\n'
            "endif()\n"
        )
    _edit(project / "aarch64.toolchain.cmake", "set(CMAKE_SYSTEM_NAME Linux)", _FOREIGN_STRIP)
    with pytest.raises(CommandFailed) as failure:
        backend.build_wheel(project, settings)
    said = failure.value.log.partition("what it said:")[2]
    assert 'set `cross.emulator = "auto"`' in said
    assert "`cmake.options.RUNS_EXITCODE" in said
    assert "/usr/bin/strip, which the toolchain names, belongs to the machine that builds" in said


_FOREIGN_STRIP = "set(CMAKE_SYSTEM_NAME Linux)\nset(CMAKE_STRIP /usr/bin/strip)"
