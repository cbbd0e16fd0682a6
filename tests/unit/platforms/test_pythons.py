"""The SOABI that follows from the ABI and the platform."""

from __future__ import annotations

import packaging.tags
import pytest
from support.machines import LINUX_CP311

from py_build_cmake.base.places import Place
from py_build_cmake.platforms.host import cross_host
from py_build_cmake.platforms.pythons import (
    IMPLEMENTATIONS,
    ext_suffix,
    implementation_tag,
    interpreter_id,
    known_soabi,
    parse_soabi,
    soabi_of_module,
)


@pytest.mark.parametrize(
    ("abi", "platform", "soabi"),
    [
        ("cp311", "linux_aarch64", "cpython-311-aarch64-linux-gnu"),
        ("cp311", "linux_armv7l", "cpython-311-arm-linux-gnueabihf"),
        ("cp39", "linux_armv6l", "cpython-39-arm-linux-gnueabihf"),
        ("cp313t", "manylinux_2_28_riscv64", "cpython-313t-riscv64-linux-gnu"),
        ("cp312d", "linux_x86_64", "cpython-312d-x86_64-linux-gnu"),
        ("cp37m", "manylinux1_i686", "cpython-37m-i386-linux-gnu"),
        ("cp312", "manylinux2014_ppc64le", "cpython-312-powerpc64le-linux-gnu"),
        ("cp312", "linux_s390x", "cpython-312-s390x-linux-gnu"),
        # Published wheels of these versions have these names.
        ("cp310", "musllinux_1_1_x86_64", "cpython-310-x86_64-linux-gnu"),
        ("cp311", "musllinux_1_1_x86_64", "cpython-311-x86_64-linux-musl"),
        ("cp39", "musllinux_1_2_armv7l", "cpython-39-arm-linux-gnueabihf"),
        ("cp313", "musllinux_1_2_armv7l", "cpython-313-arm-linux-musleabihf"),
        ("cp313", "musllinux_1_2_i686", "cpython-313-i386-linux-musl"),
        ("pypy311_pp73", "linux_aarch64", "pypy311-pp73-aarch64-linux-gnu"),
    ],
)
def test_known_platforms(abi: str, platform: str, soabi: str) -> None:
    assert known_soabi(abi, [platform]) == soabi


@pytest.mark.parametrize(
    ("abi", "platforms"),
    [
        ("abi3", ["linux_aarch64"]),
        ("none", ["linux_aarch64"]),
        ("cp311", ["linux_m68k"]),
        ("cp311", ["manylinux_2_17_aarch64", "musllinux_1_2_aarch64"]),
    ],
)
def test_what_does_not_follow_is_not_guessed(abi: str, platforms: list[str]) -> None:
    assert known_soabi(abi, platforms) is None


@pytest.mark.parametrize(
    ("abi", "platforms", "suffix"),
    [
        ("cp312", ["macosx_11_0_arm64"], ".cpython-312-darwin.so"),
        ("cp313t", ["macosx_10_13_universal2"], ".cpython-313t-darwin.so"),
        ("pypy311_pp73", ["macosx_11_0_arm64"], ".pypy311-pp73-darwin.so"),
        ("cp312", ["macosx_11_0_arm64", "macosx_10_13_x86_64"], ".cpython-312-darwin.so"),
        ("cp312", ["win_amd64"], ".cp312-win_amd64.pyd"),
        ("cp313t", ["win_arm64"], ".cp313t-win_arm64.pyd"),
        ("pypy311_pp73", ["win_amd64"], ".pyd"),
        ("cp314", ["pyemscripten_2026_0_wasm32"], ".cpython-314-wasm32-emscripten.so"),
        ("cp312", ["pyodide_2024_0_wasm32"], ".cpython-312-wasm32-emscripten.so"),
        ("cp312", ["emscripten_3_1_58_wasm32"], ".cpython-312-wasm32-emscripten.so"),
        ("abi3", ["macosx_11_0_arm64"], ".so"),
        ("cp312", ["macosx_11_0_arm64", "win_amd64"], ".so"),
    ],
)
def test_other_systems(abi: str, platforms: list[str], suffix: str) -> None:
    assert ext_suffix(known_soabi(abi, platforms) or "", platforms[0]) == suffix


def test_platforms_that_agree() -> None:
    platforms = ["manylinux_2_17_aarch64", "manylinux2014_aarch64"]
    assert known_soabi("cp311", platforms) == "cpython-311-aarch64-linux-gnu"


def test_what_is_configured_wins_and_is_not_reported() -> None:
    host, said = cross_host(
        LINUX_CP311, where=Place("f"), arch="linux_aarch64", soabi="cpython-311-aarch64-linux-musl"
    )
    assert host.soabi == "cpython-311-aarch64-linux-musl"
    assert "soabi" not in "".join(map(str, said))


def test_a_derived_one_is_reported() -> None:
    host, said = cross_host(LINUX_CP311, where=Place("f"), arch="linux_aarch64", abi="cp312")
    assert host.soabi == "cpython-312-aarch64-linux-gnu"
    assert str(said[-1]) == "cross: soabi 'cpython-312-aarch64-linux-gnu' (from abi and arch)"


def test_an_unknown_one_is_empty() -> None:
    host, _ = cross_host(LINUX_CP311, where=Place("f"), arch="freebsd_14_0_release_amd64")
    assert host.soabi == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cpython-312-aarch64-linux-gnu", ("cp312", "cp312", "aarch64-linux-gnu")),
        ("cpython-313t-darwin", ("cp313", "cp313t", "darwin")),
        ("cp312-win_amd64", ("cp312", "cp312", "win_amd64")),
        ("pypy310-pp73-x86_64-linux-gnu", ("pp310", "pypy310_pp73", "x86_64-linux-gnu")),
        ("pypy310", ("pp310", "", "")),
        (
            "graalpy242-311-native-x86_64-linux",
            ("graalpy311", "graalpy242_311_native", "x86_64-linux"),
        ),
        ("abi3", ("", "abi3", "")),
        ("abi3t-x86_64-linux-gnu", ("", "abi3t", "x86_64-linux-gnu")),
    ],
)
def test_what_a_soabi_says(text: str, expected: tuple[str, str, str]) -> None:
    found = parse_soabi(text)
    assert found is not None
    assert (found.python_tag, found.abi, found.platform) == expected
    assert found.is_stable is text.startswith("abi3")


@pytest.mark.parametrize("text", ["", "cpython", "cp", "rust-1.2", "own"])
def test_other_soabis(text: str) -> None:
    assert parse_soabi(text) is None


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("x.so", "x"),
        ("x.pyd", "x"),
        ("x.abi3.so", "x"),
        ("x.cpython-312-x86_64-linux-gnu.so", "x"),
        ("libx.so.1", None),
        ("libx.1.2.so", None),
        ("x.py", None),
    ],
)
def test_names_of_modules(name: str, module: str | None) -> None:
    found = soabi_of_module(name)
    assert (found[0] if found else None) == module


def test_implementations_are_those_of_packaging() -> None:
    for row in IMPLEMENTATIONS:
        assert packaging.tags.INTERPRETER_SHORT_NAMES.get(row.name, row.name) == row.tag
        assert implementation_tag(row.name) == row.tag
    assert implementation_tag("rustpython") == "rustpython"
    assert interpreter_id("rustpython") == ""
