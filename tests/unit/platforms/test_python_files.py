"""Describing a Python by its files.

The build details are the example of PEP 739, shortened, and those of Debian's CPython 3.14.10 as
they are, which is what CPython itself writes: without suffixes below ``abi``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.recordings import RECORDED

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.platforms.python_files import describe_python
from py_build_cmake.platforms.pythons import platform_of_soabi

PATCHLEVEL = """
/* Version parsed out into numeric values */
#define PY_MAJOR_VERSION        3
#define PY_MINOR_VERSION        {minor}
#define PY_MICRO_VERSION        2
"""
TEXTS = {
    name: (RECORDED / "build-details" / f"build-details-3.14.10-debian-{name}.json").read_text(
        "utf-8"
    )
    for name in ("aarch64", "armhf")
}
DEBIAN_DETAILS = "usr/lib/python3.14/build-details..aarch64-linux-gnu.json"
PYCONFIG = "#define SIZEOF_VOID_P 8\n/* #undef Py_DEBUG */\n"
DISPATCHER = (
    "#if defined(__aarch64__)\n# include <aarch64-linux-gnu/python3.11/pyconfig.h>\n#endif\n"
)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def headers(prefix: Path, minor: int, name: str = "", pyconfig: str = PYCONFIG) -> Path:
    directory = prefix / "include" / (name or f"python3.{minor}")
    write(directory / "pyconfig.h", pyconfig)
    return write(directory / "patchlevel.h", PATCHLEVEL.format(minor=minor)).parent


def sysconfigdata(prefix: Path, minor: int, triplet: str, /, **more: object) -> Path:
    flags = "t" if more.get("Py_GIL_DISABLED") else ""
    soabi = f"cpython-3{minor}{flags}-{triplet}"
    variables = {
        "EXT_SUFFIX": f".{soabi}.so",
        "SOABI": soabi,
        "VERSION": f"3.{minor}",
        "Py_DEBUG": 0,
        **more,
    }
    return write(
        prefix / "lib" / f"python3.{minor}{flags}" / f"_sysconfigdata_{flags}_linux_{triplet}.py",
        f"# generated\nbuild_time_vars = {variables!r}\n",
    )


def build_details(prefix: Path, **changes: Any) -> Path:
    details = {
        "schema_version": "1.0",
        "base_prefix": "/usr",
        "base_interpreter": "/usr/bin/python3.14",
        "platform": "linux-aarch64",
        "language": {"version": "3.14"},
        "implementation": {"name": "cpython", "cache_tag": "cpython-314"},
        "abi": {
            "flags": [],
            "extension_suffix": ".cpython-314-aarch64-linux-gnu.so",
            "stable_abi_suffix": ".abi3.so",
        },
        "libpython": {"dynamic": "/usr/lib/libpython3.14.so.1.0"},
        "c_api": {"headers": "/usr/include/python3.14"},
        **changes,
    }
    return write(prefix / "lib" / "python3.14" / "build-details.json", json.dumps(details))


def values(path: Path, version: str | None = None) -> dict[str, str]:
    facts = describe_python(path, "cross.toml: `python`", version).facts
    for fact in facts.values():
        assert Path(fact.source).exists()
    return {name: fact.value for name, fact in facts.items()}


def test_include_directory(tmp_path: Path) -> None:
    directory = headers(tmp_path, 11)
    assert values(directory) == {
        "implementation": "cp",
        "version": "311",
        "abi_flags": "",
        "include_dir": str(directory),
        "prefix": str(tmp_path),
    }


@pytest.mark.parametrize(
    ("define", "flags"), [("Py_GIL_DISABLED 1", "t"), ("Py_DEBUG 1", "d"), ("Py_DEBUG 0", "")]
)
def test_abi_flags_of_headers(tmp_path: Path, define: str, flags: str) -> None:
    directory = headers(tmp_path, 13, pyconfig=f"{PYCONFIG}# define {define}\n")
    assert values(directory)["abi_flags"] == flags


def test_a_dispatching_pyconfig_says_nothing_about_the_abi(tmp_path: Path) -> None:
    assert "abi_flags" not in values(headers(tmp_path, 11, pyconfig=DISPATCHER))


def test_pypy(tmp_path: Path) -> None:
    directory = headers(tmp_path, 9, "pypy3.9")
    with (directory / "patchlevel.h").open("a") as file:
        file.write('#define PYPY_VERSION "7.3.11"\n#define PYPY_VERSION_NUM  0x07030B00\n')
    found = values(tmp_path)
    assert (found["implementation"], found["version"]) == ("pp", "39")
    assert found["abi"] == "pypy39_pp73"
    assert "abi_flags" not in found


def test_the_layout_of_pypy(tmp_path: Path) -> None:
    """As PyPy and Debian install it: its _sysconfigdata module has to be run to say something."""
    directory = headers(tmp_path / "usr", 9, "pypy3.9")
    with (directory / "patchlevel.h").open("a") as file:
        file.write('#define PYPY_VERSION "7.3.11"\n')
    write(
        tmp_path / "usr/lib/pypy3.9/_sysconfigdata.py",
        "import _imp\nso_ext = _imp.extension_suffixes()[0]\n"
        "build_time_vars = {\n    'ABIFLAGS': '',\n    'SOABI': '-'.join(so_ext.split('.')[1]),\n"
        "    'EXT_SUFFIX': so_ext,\n    'SHLIB_SUFFIX': '.so',\n    'Py_DEBUG': 0,\n}\n"
        "build_time_vars['LDLIBRARY'] = 'libpypy3.9-c.so'\n",
    )
    assert values(tmp_path) == {
        "implementation": "pp",
        "version": "39",
        "abi": "pypy39_pp73",
        "include_dir": str(directory),
        "prefix": str(tmp_path / "usr"),
    }
    # Beside a CPython of another version, or of the same.
    headers(tmp_path / "usr", 9, "python3.9")
    with pytest.raises(ConfigError, match="cp39, pp39"):
        values(tmp_path)
    assert describe_python(tmp_path, "x", "39", "pp").get("abi") == "pypy39_pp73"
    assert describe_python(tmp_path, "x", "39", "cp").path("include_dir") != directory


def test_the_layout_of_windows(tmp_path: Path) -> None:
    """Its pyconfig.h has what Py_GIL_DISABLED and Py_DEBUG would be between conditions."""
    directory = tmp_path / "include"
    write(directory / "patchlevel.h", PATCHLEVEL.format(minor=12))
    conditional = "#ifdef _DEBUG\n# define Py_DEBUG 1\n#endif\n"
    write(directory / "pyconfig.h", f"#define MS_WIN32 /* always */\n{conditional}{PYCONFIG}")
    library = write(tmp_path / "libs" / "python312.lib", "")
    expected = {
        "implementation": "cp",
        "version": "312",
        "include_dir": str(directory),
        "prefix": str(tmp_path),
        "library": str(library),
        "abi_flags": "",
    }
    assert values(tmp_path) == values(directory) == expected


def program_for(machine: int, path: Path) -> Path:
    """Write as much of a program for Windows as says which machine it is for."""
    header = b"MZ" + bytes(0x3A) + (0x40).to_bytes(4, "little")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + b"PE\0\0" + machine.to_bytes(2, "little"))
    return path


def installation(prefix: Path, *libraries: str, pyconfig: str = "") -> None:
    """Write what an installation for Windows has."""
    write(prefix / "include" / "patchlevel.h", PATCHLEVEL.format(minor=13))
    write(prefix / "include" / "pyconfig.h", f"#define MS_WINDOWS\n{pyconfig}{PYCONFIG}")
    for library in libraries:
        write(prefix / "libs" / library, "")


@pytest.mark.parametrize(
    ("machine", "platform"), [(0x8664, "win_amd64"), (0xAA64, "win_arm64"), (0x14C, "win32")]
)
def test_an_installation_for_windows(tmp_path: Path, machine: int, platform: str) -> None:
    installation(tmp_path, "python313.lib", "python3.lib")
    program_for(machine, tmp_path / "python.exe")
    found = values(tmp_path)
    assert found["platform"] == platform
    assert found["abi_flags"] == ""
    assert found["library"] == str(tmp_path / "libs" / "python313.lib")
    assert found["sabi_library"] == str(tmp_path / "libs" / "python3.lib")


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"MZ" + bytes(0x3E), b"MZ" + bytes(99)])
def test_programs_that_are_not_for_windows(tmp_path: Path, content: bytes) -> None:
    installation(tmp_path)
    (tmp_path / "python.exe").write_bytes(content)
    assert "platform" not in values(tmp_path)
    # An embeddable Python has a DLL, too.
    program_for(0x8664, tmp_path / "python313.dll")
    assert values(tmp_path)["platform"] == "win_amd64"


def test_free_threaded_installations_for_windows(tmp_path: Path) -> None:
    installation(tmp_path / "nuget", "python313t.lib", pyconfig="#define Py_GIL_DISABLED 1\n")
    installation(tmp_path / "conda", "python313t.lib", "python3.lib")
    installation(tmp_path / "embedded", pyconfig="#define Py_GIL_DISABLED 1\n")
    for name in ("nuget", "conda", "embedded"):
        found = values(tmp_path / name)
        assert found["abi_flags"] == "t"
        assert "sabi_library" not in found
        if name != "embedded":
            assert found["library"] == str(tmp_path / name / "libs" / "python313t.lib")


def test_an_installation_of_two_pythons_for_windows(tmp_path: Path) -> None:
    """The installer's, with the free-threaded Python beside the other."""
    installation(tmp_path, "python313.lib", "python313t.lib", "python3.lib")
    with pytest.raises(ConfigError, match=r"several Pythons in .*: cp313, cp313t"):
        values(tmp_path)
    for flags in ("", "t"):
        found = describe_python(tmp_path, "x", abi_flags=flags)
        assert found.get("abi_flags") == flags
        assert found.get("library") == str(tmp_path / "libs" / f"python313{flags}.lib")
        assert (found.get("sabi_library") is None) == bool(flags)


def test_headers_of_the_same_name_of_another_program(tmp_path: Path) -> None:
    write(tmp_path / "include" / "shell" / "patchlevel.h", "#define PATCHLEVEL 15\n")
    with pytest.raises(ConfigError, match="there is no Python in"):
        values(tmp_path / "include" / "shell")
    headers(tmp_path, 12)
    assert values(tmp_path)["version"] == "312"


@pytest.mark.parametrize("below", ["", "usr", "usr/local"])
def test_prefix_and_sysroot(tmp_path: Path, below: str) -> None:
    prefix = tmp_path / below
    directory = headers(prefix, 11, pyconfig=DISPATCHER)
    sysconfigdata(prefix, 11, "aarch64-linux-gnu")
    assert values(tmp_path) == {
        "implementation": "cp",
        "version": "311",
        "abi_flags": "",
        "soabi": "cpython-311-aarch64-linux-gnu",
        "ext_suffix": ".cpython-311-aarch64-linux-gnu.so",
        "platform": "linux_aarch64",
        "include_dir": str(directory),
        "prefix": str(prefix),
    }


def test_a_merged_usr_counts_once(tmp_path: Path) -> None:
    headers(tmp_path / "usr", 13)
    sysconfigdata(tmp_path / "usr", 13, "riscv64-linux-gnu")
    (tmp_path / "lib").symlink_to("usr/lib")
    (tmp_path / "include").symlink_to("usr/include")
    assert values(tmp_path)["platform"] == "linux_riscv64"


def test_free_threaded_prefix(tmp_path: Path) -> None:
    headers(tmp_path, 13, "python3.13t", f"{PYCONFIG}#define Py_GIL_DISABLED 1\n")
    sysconfigdata(tmp_path, 13, "aarch64-linux-gnu", Py_GIL_DISABLED=1)
    found = values(tmp_path)
    assert (found["abi_flags"], found["soabi"]) == ("t", "cpython-313t-aarch64-linux-gnu")


def test_several_pythons_need_a_version(tmp_path: Path) -> None:
    for minor in (11, 12):
        headers(tmp_path, minor)
    with pytest.raises(ConfigError, match=r"several Pythons in .*: cp311, cp312") as e:
        values(tmp_path)
    assert "`version`" in e.value.problems[0].hint
    assert values(tmp_path, "312")["version"] == "312"


def test_sysconfigdata_is_not_executed(tmp_path: Path) -> None:
    path = write(
        tmp_path / "_sysconfigdata_x.py",
        f"open({str(tmp_path / 'trap')!r}, 'w')\n"
        "build_time_vars = {'EXT_SUFFIX': '.cpython-312-darwin.so', 'SOABI': 'cpython-312-darwin',"
        " 'VERSION': '3.12'}\n",
    )
    assert values(path)["soabi"] == "cpython-312-darwin"
    assert "platform" not in values(path)
    assert not (tmp_path / "trap").exists()


def test_a_module_that_computes_its_variables_says_nothing(tmp_path: Path) -> None:
    """Debian has such a second name for the module."""
    text = "from other import build_time_vars\n"
    path = write(tmp_path / "lib/python3.12/_sysconfigdata_x.py", text)
    headers(tmp_path, 12)
    assert "soabi" not in values(tmp_path)
    with pytest.raises(ConfigError, match="does not record the suffix of extension modules"):
        values(path)


def test_sysconfigdata_leads_to_headers_and_library(tmp_path: Path) -> None:
    """Its paths are those of the machine that the Python is for."""
    prefix = tmp_path / "sysroot" / "usr"
    directory = headers(prefix, 11, pyconfig=DISPATCHER)
    library = write(prefix / "lib" / "aarch64-linux-gnu" / "libpython3.11.so", "")
    paths = {"prefix": "/usr", "INCLUDEPY": "/usr/include/python3.11"}
    path = sysconfigdata(prefix, 11, "aarch64-linux-gnu", **paths)
    found = values(path)
    assert found["include_dir"] == str(directory)
    assert found["prefix"] == str(prefix)
    assert found["library"] == str(library)
    # A copy somewhere else says nothing about where the headers are.
    copied = write(tmp_path / "a" / "b" / "c" / path.name, path.read_text())
    assert not {"include_dir", "prefix", "library"} & values(copied).keys()
    # Nor does one whose headers are of another version.
    (directory / "patchlevel.h").write_text(PATCHLEVEL.format(minor=12))
    with pytest.raises(ConfigError, match=r"says that version is '311', and .* says '312'"):
        values(path)


@pytest.mark.parametrize(
    ("variables", "name", "what"),
    [
        ({"SOABI": "cpython-311-x86_64-linux-gnu"}, "", "SOABI 'cpython-311-x86_64-linux-gnu'"),
        ({"MULTIARCH": "x86_64-linux-gnu"}, "", "MULTIARCH 'x86_64-linux-gnu'"),
        ({}, "_sysconfigdata__linux_x86_64-linux-gnu.py", "the name of the file"),
        ({}, "_sysconfigdata__x86_64-linux-gnu.py", "the name of the file"),
    ],
)
def test_sysconfigdata_that_contradicts_itself(
    tmp_path: Path, variables: dict[str, str], name: str, what: str
) -> None:
    path = sysconfigdata(tmp_path, 11, "aarch64-linux-gnu", **variables)
    path = path.rename(path.with_name(name or path.name))
    for way in (path, tmp_path):
        with pytest.raises(ConfigError) as e:
            values(way)
        (problem,) = e.value.problems
        assert "EXT_SUFFIX '.cpython-311-aarch64-linux-gnu.so' and" in problem.message
        assert f"and {what} contradict each other" in problem.message


@pytest.mark.parametrize(
    "variables",
    [
        {"MULTIARCH": "aarch64-linux-gnu"},
        {"MULTIARCH": ""},
        # PyPy's.
        {"SOABI": "pypy39-pp73", "EXT_SUFFIX": ".pypy39-pp73-aarch64-linux-gnu.so"},
        # Of a system whose triplets are not known.
        {"MULTIARCH": "arm64-iphoneos", "EXT_SUFFIX": ".cpython-313-iphoneos.so", "SOABI": ""},
    ],
)
def test_sysconfigdata_that_does_not(tmp_path: Path, variables: dict[str, str]) -> None:
    path = sysconfigdata(tmp_path, 11, "aarch64-linux-gnu", **variables)
    assert values(path)["ext_suffix"]


def test_a_multiarch_system_has_one_python_for_several_machines(tmp_path: Path) -> None:
    usr = tmp_path / "usr"
    headers(usr, 11, pyconfig=DISPATCHER)
    for triplet in ("x86_64-linux-gnu", "aarch64-linux-gnu"):
        sysconfigdata(usr, 11, triplet)
        write(usr / "lib" / triplet / "libpython3.11.so", "")
    with pytest.raises(ConfigError) as e:
        values(usr)
    assert "set `arch`" in e.value.problems[0].hint
    for arch, triplet in (
        ("manylinux_2_28_aarch64", "aarch64-linux-gnu"),
        ("linux_x86_64", "x86_64-linux-gnu"),
    ):
        found = describe_python(usr, "x", arch=arch)
        assert found.get("soabi") == f"cpython-311-{triplet}"
        assert found.path("library") == usr / "lib" / triplet / "libpython3.11.so"
    # Of a machine that it is not for, it says what it is for.
    (usr / "lib/python3.11/_sysconfigdata__linux_x86_64-linux-gnu.py").unlink()
    assert describe_python(usr, "x", arch="linux_s390x").get("platform") == "linux_aarch64"


def test_the_second_half_of_debians_pyconfig_tells_the_flags(tmp_path: Path) -> None:
    directory = headers(tmp_path, 11, pyconfig=DISPATCHER)
    half = tmp_path / "include/aarch64-linux-gnu/python3.11/pyconfig.h"
    write(half, f"{PYCONFIG}#define Py_DEBUG 1\n")
    for arch in ("linux_aarch64", None):
        assert describe_python(directory, "x", arch=arch).get("abi_flags") == "d"
    assert describe_python(directory, "x", arch="linux_s390x").get("abi_flags") is None


@pytest.mark.parametrize(
    ("place", "flags"), [("lib/libpython3.13.so", ""), ("lib64/libpython3.13t.so", "t")]
)
def test_the_library_of_a_plain_prefix(tmp_path: Path, place: str, flags: str) -> None:
    defines = f"{PYCONFIG}#define Py_GIL_DISABLED 1\n" if flags else PYCONFIG
    headers(tmp_path, 13, f"python3.13{flags}", defines)
    library = write(tmp_path / place, "")
    assert values(tmp_path)["library"] == str(library)


def test_build_details_below_a_sysroot(tmp_path: Path) -> None:
    directory = headers(tmp_path / "usr", 14)
    library = write(tmp_path / "usr/lib/libpython3.14.so.1.0", "")
    path = build_details(tmp_path / "usr")
    found = values(path)
    assert found == {
        "implementation": "cp",
        "version": "314",
        "abi_flags": "",
        "soabi": "cpython-314-aarch64-linux-gnu",
        "ext_suffix": ".cpython-314-aarch64-linux-gnu.so",
        "platform": "linux_aarch64",
        "include_dir": str(directory),
        "library": str(library),
    }
    assert values(tmp_path) == {**found, "prefix": str(tmp_path / "usr")}


def test_relative_build_details(tmp_path: Path) -> None:
    directory = headers(tmp_path, 14)
    path = build_details(
        tmp_path, base_prefix="../..", c_api={"headers": "include/python3.14"}, libpython={}
    )
    found = values(path)
    assert found["include_dir"] == str(directory)
    assert "library" not in found


def test_build_details_of_debian(tmp_path: Path) -> None:
    """The file is found below the sysroot under Debian's name, and its paths begin there."""
    sysroot = tmp_path / "sysroot"
    dispatcher = DISPATCHER.replace("3.11", "3.14")
    directory = headers(sysroot / "usr", 14, pyconfig=dispatcher)
    path = write(sysroot / DEBIAN_DETAILS, TEXTS["aarch64"])
    (sysroot / "lib").symlink_to("usr/lib")
    for way in (path, sysroot / DEBIAN_DETAILS.replace("usr/lib", "lib")):
        assert values(way) == {
            "implementation": "cp",
            "version": "314",
            "abi_flags": "",
            "soabi": "cpython-314-aarch64-linux-gnu",
            "ext_suffix": ".cpython-314-aarch64-linux-gnu.so",
            "platform": "linux_aarch64",
            "include_dir": str(directory),
        }
    assert values(sysroot) == {**values(path), "prefix": str(sysroot / "usr")}
    facts = describe_python(sysroot, "cross.toml: `python`").facts
    assert facts["soabi"].source == str(path)


def test_build_details_of_debian_and_sysconfigdata_agree(tmp_path: Path) -> None:
    write(tmp_path / DEBIAN_DETAILS, TEXTS["aarch64"])
    data = sysconfigdata(tmp_path / "usr", 14, "aarch64-linux-gnu")
    assert values(tmp_path)["soabi"] == "cpython-314-aarch64-linux-gnu"
    data.unlink()
    data = sysconfigdata(tmp_path / "usr", 14, "x86_64-linux-gnu")
    with pytest.raises(ConfigError) as e:
        values(tmp_path)
    (soabi, platform) = [problem.message for problem in e.value.problems]
    assert DEBIAN_DETAILS in soabi
    assert str(data) in soabi
    assert "'linux_aarch64'" in platform
    assert "'linux_x86_64'" in platform


def test_build_details_of_32_bits(tmp_path: Path) -> None:
    """Debian's says ``linux-armv8l``: the mode that compiled it, not what it runs on."""
    triplet = "arm-linux-gnueabihf"
    path = DEBIAN_DETAILS.replace("aarch64-linux-gnu", triplet)
    found = values(write(tmp_path / path, TEXTS["armhf"]))
    assert found["platform"] == "linux_armv7l"
    assert found["soabi"] == f"cpython-314-{triplet}"
    sysconfigdata(tmp_path / "usr", 14, triplet)
    assert values(tmp_path)["platform"] == "linux_armv7l"


def test_build_details_somewhere_else(tmp_path: Path) -> None:
    """Away from the Python that it describes, it says all but where that is."""
    found = values(write(tmp_path / "build-details.json", TEXTS["aarch64"]))
    assert found["soabi"] == "cpython-314-aarch64-linux-gnu"
    assert "include_dir" not in found


def test_build_details_with_paths_outside_of_the_prefix(tmp_path: Path) -> None:
    found = values(build_details(tmp_path, c_api={"headers": "/opt/include"}))
    assert "include_dir" not in found


@pytest.mark.parametrize(
    ("suffixes", "suffix"),
    [
        ({"extensions": [".cpython-314t-aarch64-linux-gnu.so", ".so"]}, True),
        # No name of their own: what they are called is computed elsewhere.
        ({"extensions": [".so"]}, False),
        ({"extensions": []}, False),
        ({"source": [".py"]}, False),
        (None, False),
    ],
)
def test_suffixes_of_build_details(tmp_path: Path, suffixes: object, suffix: bool) -> None:
    found = values(build_details(tmp_path, abi={"flags": ["t"]}, suffixes=suffixes))
    assert found["abi_flags"] == "t"
    assert ("ext_suffix" in found) == ("soabi" in found) == suffix
    if suffix:
        assert found["soabi"] == "cpython-314t-aarch64-linux-gnu"


def test_build_details_of_the_build_machine_are_noticed(tmp_path: Path) -> None:
    """Cross-compiling CPython 3.14 can write the build machine's details."""
    headers(tmp_path, 14)
    sysconfigdata(tmp_path, 14, "aarch64-linux-gnu")
    details = build_details(
        tmp_path,
        platform="linux-x86_64",
        abi={"flags": [], "extension_suffix": ".cpython-314-x86_64-linux-gnu.so"},
    )
    with pytest.raises(ConfigError) as e:
        values(tmp_path)
    messages = [problem.message for problem in e.value.problems]
    assert any(
        str(details) in m and "'linux_x86_64'" in m and "'linux_aarch64'" in m for m in messages
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"abi": {"flags": []}, "suffixes": {"extensions": [".cpython-314-aarch64-linux-gnu.so"]}},
    ],
)
def test_build_details_that_are_half_of_the_build_machine(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    path = build_details(tmp_path, platform="linux-x86_64", **changes)
    with pytest.raises(ConfigError) as e:
        values(path)
    (problem,) = e.value.problems
    for said in (str(path), "'linux_x86_64'", "'.cpython-314-aarch64-linux-gnu.so'"):
        assert said in problem.message


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("build-details.json", "{", "not build details"),
        ("build-details.json", "[]", "not build details"),
        ("build-details.json", '{"schema_version": "2.0"}', "schema version 2.0"),
        ("_sysconfigdata_x.py", "build_time_vars = {", "cannot be read"),
        (
            "_sysconfigdata_x.py",
            "build_time_vars = {'EXT_SUFFIX': f()}",
            "computes it when it is run",
        ),
        ("python3.12", "", "does not describe a Python"),
    ],
)
def test_files_that_describe_nothing(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as e:
        values(write(tmp_path / name, text))
    assert e.value.problems[0].where == "cross.toml: `python`"


def test_an_empty_directory_is_no_python(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no Python in"):
        values(tmp_path)


@pytest.mark.parametrize(
    ("soabi", "platform"),
    [
        ("cpython-311-x86_64-linux-gnu", "linux_x86_64"),
        ("cpython-313t-aarch64-linux-gnu", "linux_aarch64"),
        ("cpython-39-arm-linux-gnueabihf", "linux_armv7l"),
        ("cpython-312-i386-linux-gnu", "linux_i686"),
        ("cpython-312-powerpc64le-linux-gnu", "linux_ppc64le"),
        ("cpython-312-x86_64-linux-musl", "linux_x86_64"),
        ("pypy39-pp73-aarch64-linux-gnu", "linux_aarch64"),
        ("pypy39-pp73", None),
        ("cpython-312-darwin", None),
        ("cp312-win_amd64", "win_amd64"),
        ("", None),
    ],
)
def test_platform_of_soabi(soabi: str, platform: str | None) -> None:
    assert platform_of_soabi(soabi) == platform
