"""``cross.python``: a Python to which the configuration points."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.configuration import Sources

PATCHLEVEL = "#define PY_MAJOR_VERSION 3\n#define PY_MINOR_VERSION 12\n"
SOABI = "cpython-312-aarch64-linux-gnu"
VARIABLES = {"EXT_SUFFIX": f".{SOABI}.so", "SOABI": SOABI, "VERSION": "3.12", "Py_DEBUG": 0}


@pytest.fixture
def prefix(sources: Sources) -> Path:
    """A sysroot beside the project, with a Python 3.12 for aarch64."""
    sources.pyproject("")
    sources.write("CMakeLists.txt", "")
    sources.write("sysroot/usr/include/python3.12/patchlevel.h", PATCHLEVEL)
    sources.write(
        "sysroot/usr/lib/python3.12/_sysconfigdata__linux_aarch64-linux-gnu.py",
        f"build_time_vars = {VARIABLES!r}\n",
    )
    return sources.directory / "sysroot" / "usr"


def cross_file(sources: Sources, text: str) -> str:
    return str(sources.write("x.cross.toml", text))


def test_one_line_describes_the_host(sources: Sources, prefix: Path) -> None:
    config = sources.load(cross=cross_file(sources, "python = 'sysroot'\n"))
    host, cross = config.host_platform, config.cross
    assert (host.python_tag, host.abi_tag, host.platform_tags, host.soabi) == (
        "cp312",
        "cp312",
        ("linux_aarch64",),
        SOABI,
    )
    assert cross is not None
    assert cross.include_dir == prefix / "include" / "python3.12"
    assert cross.prefix == prefix
    notes = [note for note in config.notes if "arch" in note]
    assert notes
    assert "_sysconfigdata" in notes[0]


def test_explicit_keys_win(sources: Sources, prefix: Path) -> None:
    text = "python = 'sysroot'\narch = 'manylinux_2_28_aarch64'\ninclude_dir = 'sysroot'\n"
    config = sources.load(cross=cross_file(sources, text))
    assert config.host_platform.platform_tags == ("manylinux_2_28_aarch64",)
    assert config.cross is not None
    assert config.cross.include_dir == prefix.parent


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("version", "311", "'312'"),
        ("implementation", "pp", "'cp'"),
        ("abi", "cp312d", "'cp312'"),
        ("soabi", "cpython-312-x86_64-linux-gnu", f"'{SOABI}'"),
    ],
)
def test_a_key_that_contradicts_the_python(
    sources: Sources, prefix: Path, key: str, value: str, said: str
) -> None:
    text = f"python = 'sysroot'\n{key} = '{value}'\n"
    problems = sources.problems(cross=cross_file(sources, text))
    assert any(
        f"`{key}` '{value}' contradicts {prefix}" in p.message and said in p.message
        for p in problems
    )


def test_an_architecture_that_contradicts_the_python(sources: Sources, prefix: Path) -> None:
    assert prefix.is_dir()
    text = "python = 'sysroot'\narch = 'linux_x86_64'\n"
    problem = sources.problem(cross=cross_file(sources, text))
    assert "'linux_x86_64'" in problem.message
    assert SOABI in problem.message
    assert str(prefix / "lib") in problem.message


def test_an_architecture_that_contradicts_build_details_without_a_suffix(sources: Sources) -> None:
    sources.pyproject("")
    details = sources.write(
        "build-details.json",
        '{"schema_version": "1.0", "platform": "linux-x86_64", "base_prefix": "/usr",'
        ' "language": {"version": "3.14"}, "implementation": {"name": "cpython"}}',
    )
    text = "python = 'build-details.json'\narch = 'linux_aarch64'\n"
    problem = sources.problem(cross=cross_file(sources, text))
    assert problem.message == (
        f"`arch` 'linux_aarch64' contradicts {details}, which says 'linux_x86_64'"
    )
    assert problem.where.endswith("`arch`")
    text = "python = 'build-details.json'\narch = 'manylinux_2_28_x86_64'\n"
    config = sources.load(cross=cross_file(sources, text))
    assert config.host_platform.soabi == "cpython-314-x86_64-linux-gnu"


def test_an_architecture_and_a_soabi_that_contradict_each_other(sources: Sources) -> None:
    sources.pyproject("[tool.py-build-cmake.cross]\narch='linux_aarch64'\nversion='311'\n")
    problem = sources.problem("cross.soabi=cpython-311-x86_64-linux-gnu")
    assert "'linux_aarch64' and `soabi` 'cpython-311-x86_64-linux-gnu'" in problem.message


@pytest.mark.parametrize(
    ("path", "message"), [("none", "there is no file or directory"), (".", "")]
)
def test_a_path_without_a_python(sources: Sources, path: str, message: str) -> None:
    sources.pyproject("")
    problem = sources.problem(cross=cross_file(sources, f"python = '{path}'\n"))
    assert (message or "there is no Python in") in problem.message
    assert "python" in problem.where


def test_a_prefix_leads_to_headers_and_library(sources: Sources, prefix: Path) -> None:
    sources.write("sysroot/usr/lib/libpython3.12.so", "")
    text = "prefix = 'sysroot/usr'\narch = 'linux_aarch64'\nabi = 'cp312'\n"
    cross = sources.load(cross=cross_file(sources, text)).cross
    assert cross is not None
    assert cross.include_dir == prefix / "include" / "python3.12"
    assert cross.library == prefix / "lib" / "libpython3.12.so"
    # FindPython sees whether there is one where nothing is known.
    text = text.replace("'sysroot/usr'", "'sysroot'").replace("cp312", "cp313")
    sources.write("sysroot/include/python3.9/other.h", "")
    (sources.directory / "sysroot" / "usr").rename(sources.directory / "elsewhere")
    cross = sources.load(cross=cross_file(sources, text)).cross
    assert cross is not None
    assert cross.include_dir is None


def test_a_prefix_of_another_version(sources: Sources, prefix: Path) -> None:
    assert prefix.is_dir()
    text = "prefix = 'sysroot/usr'\narch = 'linux_aarch64'\nversion = '311'\n"
    (problem,) = sources.problems(cross=cross_file(sources, text))
    assert "`version` '311' contradicts" in problem.message
    assert problem.message.endswith("which says '312'")


TOOLCHAIN = "set(CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/sysroot)\n"


def test_the_python_in_the_sysroot_of_the_toolchain_file(sources: Sources, prefix: Path) -> None:
    sources.write("t.cmake", TOOLCHAIN)
    config = sources.load(cross=cross_file(sources, "toolchain_file = 't.cmake'\n"))
    assert config.host_platform.soabi == SOABI
    assert config.cross is not None
    assert config.cross.python == prefix.parent
    assert any("python" in note and "CMAKE_SYSROOT in" in note for note in config.notes)


@pytest.mark.parametrize(
    "keys",
    [
        # Another machine, another Python, headers from elsewhere.
        "arch = 'linux_s390x'\n",
        "arch = 'linux_aarch64'\nabi = 'cp311'\n",
        "arch = 'linux_aarch64'\nabi = 'cp312'\ninclude_dir = 'sysroot'\n",
    ],
)
def test_a_sysroot_with_another_python(sources: Sources, prefix: Path, keys: str) -> None:
    assert prefix.is_dir()
    sources.write("t.cmake", TOOLCHAIN)
    config = sources.load(cross=cross_file(sources, f"toolchain_file = 't.cmake'\n{keys}"))
    assert config.cross is not None
    assert config.cross.python is None


@pytest.mark.parametrize("text", ["", TOOLCHAIN])
def test_a_toolchain_file_without_a_python(sources: Sources, prefix: Path, text: str) -> None:
    prefix.rename(sources.directory / "elsewhere")
    sources.write("t.cmake", text)
    keys = "toolchain_file = 't.cmake'\narch = 'linux_aarch64'\n"
    config = sources.load(cross=cross_file(sources, keys))
    assert config.cross is not None
    assert config.cross.python is None
