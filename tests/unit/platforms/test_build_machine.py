"""Describing the interpreter that runs the build."""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
from pathlib import Path
from types import SimpleNamespace

import packaging.tags
import pytest
from support.machines import LINUX_CP311, LINUX_CP313T

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.platforms.build_machine import (
    _abi_flags,
    _platform_tag,
    detect_build_machine,
)
from py_build_cmake.platforms.mac_target import MacTarget, mac_platform_tag, mac_target
from py_build_cmake.platforms.pythons import abi_tag_of, soabi_of_suffix


def test_the_tag_is_one_that_this_interpreter_installs() -> None:
    machine = detect_build_machine()
    tag = f"{machine.implementation}{machine.version}-{machine.abi_tag}-{machine.platform_tag}"
    assert tag in map(str, packaging.tags.sys_tags())
    assert machine.implementation == packaging.tags.interpreter_name()
    assert machine.version == packaging.tags.interpreter_version()


def test_the_running_interpreter_is_described() -> None:
    machine = detect_build_machine()
    assert machine.executable == Path(sys.executable)
    assert machine.version_info == sys.version_info[:3]
    assert machine.python_version == platform.python_version()
    assert machine.release_level == sys.version_info.releaselevel
    assert machine.implementation_name == sys.implementation.name
    assert machine.architecture == platform.machine()
    assert machine.scripts_dir == Path(sysconfig.get_path("scripts"))
    assert machine.include_dir == Path(sysconfig.get_path("platinclude"))
    assert f".{machine.soabi}." in str(sysconfig.get_config_var("EXT_SUFFIX"))
    assert machine.free_threaded == bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    assert set(machine.prefixes) == {
        Path(prefix)
        for prefix in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    }
    assert len(machine.prefixes) == len(set(machine.prefixes))
    assert machine.prefixes[0] == Path(sys.exec_prefix)


def test_the_environment_is_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PY_BUILD_CMAKE_UNIT_TEST", "before")
    machine = detect_build_machine()
    monkeypatch.setenv("PY_BUILD_CMAKE_UNIT_TEST", "after")
    assert machine.environ["PY_BUILD_CMAKE_UNIT_TEST"] == "before"
    assert set(machine.environ) == set(os.environ)


@pytest.mark.parametrize(
    ("system", "name"),
    [
        ("Linux", "linux"),
        ("Windows", "windows"),
        ("Android", "android"),
        ("FreeBSD", "freebsd"),
        ("CYGWIN_NT-10.0", "cygwin_nt-10.0"),
    ],
)
def test_every_system_has_a_name(monkeypatch: pytest.MonkeyPatch, system: str, name: str) -> None:
    monkeypatch.delenv("PYODIDE", raising=False)
    monkeypatch.setattr(platform, "system", lambda: system)
    machine = detect_build_machine()
    assert machine.os == name
    assert machine.mac is None


@pytest.mark.parametrize(("value", "name"), [("1", "pyodide"), ("0", "linux"), ("", "linux")])
def test_pyodide_says_so_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, value: str, name: str
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setenv("PYODIDE", value)
    assert detect_build_machine().os == name


def test_a_mac_is_tagged_for_what_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    # A simulation: only what the operating system and the interpreter would say.
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setattr(platform, "mac_ver", lambda: ("14.5", ("", "", ""), "arm64"))
    monkeypatch.delenv("PYODIDE", raising=False)
    monkeypatch.delenv("MACOSX_DEPLOYMENT_TARGET", raising=False)
    monkeypatch.setenv("ARCHFLAGS", "-arch x86_64 -arch arm64")
    machine = detect_build_machine()
    assert machine.os == "mac"
    assert machine.mac == MacTarget(("arm64", "x86_64"), "14.5")
    assert machine.platform_tag == "macosx_14_0_universal2"


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("cpython", "cp"),
        ("pypy", "pp"),
        ("ironpython", "ip"),
        ("jython", "jy"),
        ("graalpy", "graalpy"),
    ],
)
def test_implementations_have_the_names_of_python_tags(
    monkeypatch: pytest.MonkeyPatch, name: str, short: str
) -> None:
    monkeypatch.setattr(sys, "implementation", SimpleNamespace(name=name))
    assert detect_build_machine().implementation == short


@pytest.mark.parametrize(("value", "flags"), [(1, "t"), (0, ""), (None, "")])
def test_the_flags_of_a_free_threaded_build(
    monkeypatch: pytest.MonkeyPatch, value: object, flags: str
) -> None:
    config_var = sysconfig.get_config_var
    monkeypatch.setattr(
        sysconfig, "get_config_var", lambda n: value if n == "Py_GIL_DISABLED" else config_var(n)
    )
    monkeypatch.setattr(sys, "implementation", SimpleNamespace(name="cpython"))
    monkeypatch.delattr(sys, "gettotalrefcount", raising=False)
    machine = detect_build_machine()
    assert machine.abi_flags == flags
    assert machine.abi_tag == f"cp{machine.version}{flags}"


def test_other_implementations_keep_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    suffix = ".graalpy242-311-native-x86_64-linux.so"
    config_var = sysconfig.get_config_var
    monkeypatch.setattr(sys, "implementation", SimpleNamespace(name="graalpy"))
    monkeypatch.setattr(
        sysconfig, "get_config_var", lambda n: suffix if n == "EXT_SUFFIX" else config_var(n)
    )
    monkeypatch.setattr(sysconfig, "get_path", lambda name: "" if "include" in name else "/bin")
    machine = detect_build_machine()
    assert machine.implementation == machine.implementation_name == "graalpy"
    assert machine.abi_tag == "graalpy242_311_native"
    assert machine.include_dir is None


@pytest.mark.parametrize(
    ("suffix", "soabi"),
    [
        (".cpython-311-x86_64-linux-gnu.so", "cpython-311-x86_64-linux-gnu"),
        (".cpython-313t-darwin.so", "cpython-313t-darwin"),
        (".cp311-win_amd64.pyd", "cp311-win_amd64"),
        (".pypy311-pp73-x86_64-linux-gnu.so", "pypy311-pp73-x86_64-linux-gnu"),
        (".so", ""),
        (".pyd", ""),
        ("", ""),
    ],
)
def test_soabi_is_what_stands_between_the_dots(suffix: str, soabi: str) -> None:
    assert soabi_of_suffix(suffix) == soabi


@pytest.mark.parametrize(
    ("name", "version", "flags", "soabi", "tag"),
    [
        ("cpython", "311", "", "cpython-311-x86_64-linux-gnu", "cp311"),
        ("cpython", "313", "t", "cpython-313t-x86_64-linux-gnu", "cp313t"),
        ("cpython", "313", "td", "cpython-313td-x86_64-linux-gnu", "cp313td"),
        ("cpython", "312", "d", "", "cp312d"),
        ("pypy", "311", "", "pypy311-pp73-x86_64-linux-gnu", "pypy311_pp73"),
        ("pypy", "311", "", "pypy311-pp73", "pypy311_pp73"),
        ("pypy", "311", "", "", "none"),
        ("graalpy", "311", "", "graalpy242-311-native-x86_64-linux", "graalpy242_311_native"),
        ("rustpython", "312", "", "rust-1.2", "rust_1_2"),
        ("rustpython", "312", "", "", "none"),
    ],
)
def testabi_tag_of(name: str, version: str, flags: str, soabi: str, tag: str) -> None:
    assert abi_tag_of(name, version, flags, soabi) == tag


@pytest.mark.parametrize(
    ("free_threaded", "debug", "flags"),
    [(False, False, ""), (True, False, "t"), (False, True, "d"), (True, True, "td")],
)
def test_abi_flags_have_the_order_of_the_tag(free_threaded: bool, debug: bool, flags: str) -> None:
    assert _abi_flags(free_threaded=free_threaded, debug=debug) == flags


@pytest.mark.parametrize(
    ("name", "is_32_bit", "tag"),
    [
        ("linux-x86_64", False, "linux_x86_64"),
        ("linux-x86_64", True, "linux_i686"),
        ("linux-aarch64", True, "linux_armv8l"),
        ("linux-armv7l", True, "linux_armv7l"),
        ("win32", True, "win32"),
        ("win-amd64", False, "win_amd64"),
        ("freebsd-14.0-RELEASE-amd64", False, "freebsd_14_0_RELEASE_amd64"),
    ],
)
def test_platform_tag(name: str, is_32_bit: bool, tag: str) -> None:
    assert _platform_tag(name, is_32_bit=is_32_bit) == tag


def test_free_threaded() -> None:
    assert LINUX_CP313T.free_threaded
    assert not LINUX_CP311.free_threaded


@pytest.mark.parametrize(
    ("environ", "configured", "system", "architecture", "expected"),
    [
        ({}, "11.0", "14.5", "arm64", ("11.0", "macosx_11_0_arm64")),
        ({}, "10.9", "14.5", "x86_64", ("10.9", "macosx_10_9_x86_64")),
        # arm64 exists from 11.0 on.
        ({}, "10.9", "14.5", "arm64", ("11.0", "macosx_11_0_arm64")),
        ({}, "", "14.5", "arm64", ("14.5", "macosx_14_0_arm64")),
        ({}, "11.3", "14.5", "x86_64", ("11.3", "macosx_11_0_x86_64")),
        ({}, "", "", "arm64", ("11.0", "macosx_11_0_arm64")),
        (
            {"MACOSX_DEPLOYMENT_TARGET": "12"},
            "10.9",
            "14.5",
            "x86_64",
            ("12.0", "macosx_12_0_x86_64"),
        ),
        (
            {"MACOSX_DEPLOYMENT_TARGET": "13.3.1"},
            "10.9",
            "14.5",
            "arm64",
            ("13.3", "macosx_13_0_arm64"),
        ),
        ({"MACOSX_DEPLOYMENT_TARGET": "?"}, "10.9", "14", "x86_64", ("10.9", "macosx_10_9_x86_64")),
        ({"ARCHFLAGS": "-arch x86_64"}, "11.0", "14", "arm64", ("11.0", "macosx_11_0_x86_64")),
        ({"ARCHFLAGS": ""}, "11.0", "14", "arm64", ("11.0", "macosx_11_0_arm64")),
        (
            {"ARCHFLAGS": "-arch arm64  -arch x86_64 -arch arm64"},
            "10.13",
            "14",
            "arm64",
            ("10.13", "macosx_10_13_universal2"),
        ),
    ],
)
def test_mac_target_and_tag(
    environ: dict[str, str],
    configured: str,
    system: str,
    architecture: str,
    expected: tuple[str, str],
) -> None:
    decided = mac_target(
        environ, configured=configured, system_version=system, architecture=architecture
    )
    assert (decided.deployment_target, mac_platform_tag(decided)) == expected


@pytest.mark.parametrize("flags", ["-arch ppc", "-arch arm64 -arch i386"])
def test_architectures_without_a_tag_are_refused(flags: str) -> None:
    with pytest.raises(ConfigError, match="no platform tag") as e:
        mac_target(
            {"ARCHFLAGS": flags}, configured="11.0", system_version="14", architecture="arm64"
        )
    assert e.value.problems[0].where == "environment variable ARCHFLAGS"


def test_the_truth_beside_what_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = detect_build_machine()
    assert truth.actual is None
    assert truth.truth is truth
    config_var = sysconfig.get_config_var
    answers = {"EXT_SUFFIX": ".cpython-311-riscv64-linux-gnu.so", "CC": "riscv64-gcc"}
    monkeypatch.setenv("_PYTHON_HOST_PLATFORM", "linux-riscv64")
    monkeypatch.setattr(sysconfig, "get_config_var", lambda n: answers.get(n) or config_var(n))
    machine = detect_build_machine()
    assert machine.platform_tag == "linux_riscv64"
    assert machine.soabi == "cpython-311-riscv64-linux-gnu"
    assert machine.host_variables["CC"] == "riscv64-gcc"
    assert machine.actual
    assert machine.truth is machine.actual
    for name in (
        "os",
        "architecture",
        "platform_tag",
        "soabi",
        "abi_tag",
        "executable",
        "include_dir",
    ):
        assert getattr(machine.truth, name) == getattr(truth, name), name


def test_an_interpreter_that_pretends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    truth = detect_build_machine()
    packages = tmp_path / "build" / "lib" / "python3.11" / "site-packages"
    python = tmp_path / "build" / "bin" / "python3.11"
    python.parent.mkdir(parents=True)
    python.touch()
    base = Path(sys.base_prefix)
    (tmp_path / "build" / "pyvenv.cfg").write_text(f"home = {base / 'bin'}\nversion = 3\n")
    monkeypatch.setattr(sys, "cross_compiling", True, raising=False)
    monkeypatch.setattr(sys, "build_path", ["/usr/lib", str(packages)], raising=False)
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setattr(platform, "system", lambda: "Android")
    monkeypatch.setattr(sysconfig, "get_platform", lambda: "android-24-arm64_v8a")
    machine = detect_build_machine()
    assert (machine.os, machine.platform_tag) == ("android", "android_24_arm64_v8a")
    actual = machine.truth
    assert (actual.os, actual.architecture) == (truth.os, truth.architecture)
    assert actual.platform_tag == truth.platform_tag
    assert actual.executable == python
    assert actual.prefixes == (tmp_path / "build", base)
    assert actual.include_dir == truth.include_dir
    # Without an environment of its own, the interpreter is what there is.
    monkeypatch.setattr(sys, "build_path", [str(tmp_path / "none" / "site-packages")])
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert detect_build_machine().truth.executable == Path(sys.executable)


@pytest.mark.parametrize(
    ("suffix", "expected"),
    [
        (".cpython-313t-darwin.so", ("mac", "arm64", "macosx_11_0_arm64", "cp313t")),
        (".cp313-win_amd64.pyd", ("windows", "arm64", "win_amd64", "cp313")),
    ],
)
def test_what_is_compiled_into_an_interpreter_that_pretends(
    monkeypatch: pytest.MonkeyPatch, suffix: str, expected: tuple[str, ...]
) -> None:
    import _imp

    uname = os.uname_result(("Darwin", "build", "23", "", "arm64"))
    monkeypatch.setattr(sys, "cross_compiling", True, raising=False)
    monkeypatch.setattr(_imp, "extension_suffixes", lambda: [suffix])
    monkeypatch.setattr(os, "uname", lambda: uname)
    monkeypatch.delenv("MACOSX_DEPLOYMENT_TARGET", raising=False)
    actual = detect_build_machine().truth
    abi = actual.abi_tag.replace(actual.version, "313")
    assert (actual.os, actual.architecture, actual.platform_tag, abi) == expected
    assert (actual.mac is not None) == (expected[0] == "mac")
