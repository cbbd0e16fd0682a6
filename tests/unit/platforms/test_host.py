"""Completing and checking the description of the host system."""

from __future__ import annotations

import pytest
from support.machines import LINUX_CP311, LINUX_CP313T, LINUX_PP310

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.base.places import Place
from py_build_cmake.platforms.build_machine import BuildMachine
from py_build_cmake.platforms.host import cross_host, native_host


def complete(machine: BuildMachine = LINUX_CP311, **keys: str | None) -> tuple[str, ...]:
    host, _ = cross_host(machine, where=Place("cross.toml"), **{"arch": "linux_aarch64", **keys})
    assert host.is_cross
    return (host.implementation, host.version, host.abi_tag, *host.platform_tags)


@pytest.mark.parametrize(
    ("machine", "keys", "expected"),
    [
        (LINUX_CP311, {}, ("cp", "311", "cp311", "linux_aarch64")),
        (LINUX_CP311, {"version": "39"}, ("cp", "39", "cp39", "linux_aarch64")),
        (LINUX_CP311, {"version": "3.12"}, ("cp", "312", "cp312", "linux_aarch64")),
        (LINUX_CP311, {"abi": "cp313t"}, ("cp", "313", "cp313t", "linux_aarch64")),
        (
            LINUX_CP311,
            {"abi": "pypy39_pp73"},
            ("pp", "39", "pypy39_pp73", "linux_aarch64"),
        ),
        (
            LINUX_CP311,
            {"implementation": "cp", "version": "39", "abi": "cp39"},
            ("cp", "39", "cp39", "linux_aarch64"),
        ),
        (LINUX_CP313T, {}, ("cp", "313", "cp313t", "linux_aarch64")),
        (LINUX_CP313T, {"abi": "cp313"}, ("cp", "313", "cp313", "linux_aarch64")),
        (LINUX_PP310, {}, ("pp", "310", "pypy310_pp73", "linux_aarch64")),
        (LINUX_CP311, {"abi": "abi3"}, ("cp", "311", "abi3", "linux_aarch64")),
        (
            LINUX_CP311,
            {"version": "313", "abiflags": "t"},
            ("cp", "313", "cp313t", "linux_aarch64"),
        ),
        (LINUX_CP311, {"abiflags": "d"}, ("cp", "311", "cp311d", "linux_aarch64")),
        (LINUX_CP311, {"abi": "cp313t", "abiflags": "t"}, ("cp", "313", "cp313t", "linux_aarch64")),
        (LINUX_CP313T, {"abiflags": ""}, ("cp", "313", "cp313", "linux_aarch64")),
        (
            LINUX_CP311,
            {"arch": "manylinux_2_17_aarch64.manylinux2014_aarch64"},
            ("cp", "311", "cp311", "manylinux_2_17_aarch64", "manylinux2014_aarch64"),
        ),
    ],
)
def test_missing_halves_are_completed(
    machine: BuildMachine, keys: dict[str, str], expected: tuple[str, ...]
) -> None:
    assert complete(machine, **keys) == expected


@pytest.mark.parametrize(
    ("abi", "flags"), [("cp313t", "t"), ("cp313", ""), ("cp37m", "m"), ("pypy310_pp73", "")]
)
def test_abi_flags_of_the_host(abi: str, flags: str) -> None:
    host, _ = cross_host(LINUX_CP311, where=Place("f"), arch="linux_aarch64", abi=abi)
    assert host.abi_flags == flags


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"abi": "cp313", "abiflags": "t"}, "`abiflags` 't' and `abi` 'cp313' contradict"),
        ({"abi": "cp313t", "abiflags": ""}, "`abiflags` '' and `abi` 'cp313t' contradict"),
        ({"implementation": "pp", "abi": "pypy310_pp73", "abiflags": "d"}, "not of 'pp'"),
    ],
)
def test_abi_flags_that_contradict(keys: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        complete(**keys)


def test_what_was_filled_in_is_said() -> None:
    _, said = cross_host(LINUX_CP311, where=Place("f"), arch="linux_aarch64")
    assert tuple(map(str, said)) == (
        "cross: implementation 'cp' (from the Python that runs the build)",
        "cross: version '311' (from the Python that runs the build)",
        "cross: abi 'cp311' (from implementation and version)",
        "cross: soabi 'cpython-311-aarch64-linux-gnu' (from abi and arch)",
    )
    _, said = cross_host(LINUX_CP311, where=Place("f"), arch="linux_aarch64", abi="cp312")
    assert tuple(map(str, said)) == (
        "cross: implementation 'cp' (from abi 'cp312')",
        "cross: version '312' (from abi 'cp312')",
        "cross: soabi 'cpython-312-aarch64-linux-gnu' (from abi and arch)",
    )


@pytest.mark.parametrize(
    ("keys", "messages"),
    [
        ({"arch": None}, ["`arch` is missing"]),
        ({"arch": ""}, ["`arch` is missing"]),
        ({"arch": "aarch64"}, ["is an architecture, not a platform tag"]),
        ({"arch": "linux-aarch64"}, ["'linux-aarch64' is not a platform tag"]),
        ({"arch": "any"}, ["'any' is not a platform tag"]),
        ({"version": "three"}, ["'three' is not a Python version"]),
        ({"version": "312", "abi": "cp311"}, ["`version` '312' and `abi` 'cp311'"]),
        ({"implementation": "pp", "abi": "cp311"}, ["`implementation` 'pp' and `abi` 'cp311'"]),
        (
            {"version": "312", "soabi": "cpython-311-aarch64-linux-gnu"},
            ["is not that of Python '312'"],
        ),
        ({"implementation": "pp", "version": "39"}, ["ABI tag of pp39 does not follow"]),
        (
            {"arch": "arm64", "version": "312", "abi": "cp311"},
            ["is an architecture", "contradict"],
        ),
    ],
)
def test_contradictions_and_gaps_are_errors(
    keys: dict[str, str | None], messages: list[str]
) -> None:
    with pytest.raises(ConfigError) as e:
        complete(**keys)
    problems = e.value.problems
    assert len(problems) == len(messages)
    for problem, message in zip(problems, messages):
        assert message in problem.message
        assert problem.where.startswith("cross.toml")
        assert problem.hint


def test_a_dash_in_the_platform_tag_is_corrected_in_the_hint() -> None:
    with pytest.raises(ConfigError) as e:
        complete(arch="linux-aarch64")
    assert e.value.problems[0].hint == "write 'linux_aarch64'"


def test_the_native_host_is_the_build_system() -> None:
    host = native_host(LINUX_CP311)
    assert (host.python_tag, host.abi_tag, host.platform_tags) == (
        "cp311",
        "cp311",
        ("linux_x86_64",),
    )
    assert not host.is_cross


def test_sources_of_contradicting_values_are_named() -> None:
    keys = {"abi": "cp312", "version": "311", "soabi": "cpython-312-x86_64-linux-gnu"}
    sources = {"abi": "/s/pyconfig.h", "soabi": "/s/_sysconfigdata.py"}
    with pytest.raises(ConfigError) as e:
        cross_host(LINUX_CP311, where=Place("f"), arch="linux_aarch64", sources=sources, **keys)
    messages = [problem.message for problem in e.value.problems]
    assert messages == [
        "`version` '311' and `abi` 'cp312' (from /s/pyconfig.h) contradict each other",
        "`soabi` 'cpython-312-x86_64-linux-gnu' (from /s/_sysconfigdata.py) is not that of Python"
        " '311'",
        "`arch` 'linux_aarch64' and `soabi` 'cpython-312-x86_64-linux-gnu' (from"
        " /s/_sysconfigdata.py) contradict each other",
    ]


@pytest.mark.parametrize(
    ("keys", "suffix", "stable", "sosabi"),
    [
        ({}, ".cpython-311-aarch64-linux-gnu.so", ".abi3.so", "abi3"),
        ({"abi": "cp313t"}, ".cpython-313t-aarch64-linux-gnu.so", None, "abi3"),
        ({"abi": "cp312d"}, ".cpython-312d-aarch64-linux-gnu.so", ".abi3.so", "abi3"),
        ({"abi": "pypy310_pp73"}, ".pypy310-pp73-aarch64-linux-gnu.so", None, "abi3"),
        ({"arch": "win_arm64"}, ".cp311-win_arm64.pyd", ".pyd", ""),
        ({"arch": "win32", "abi": "cp313t"}, ".cp313t-win32.pyd", None, ""),
        ({"arch": "macosx_11_0_arm64"}, ".cpython-311-darwin.so", ".abi3.so", "abi3"),
        (
            {"arch": "macosx_11_0_universal2", "abi": "pypy310_pp73"},
            *(".pypy310-pp73-darwin.so", None, "abi3"),
        ),
        ({"arch": "ios_13_0_arm64_iphoneos"}, ".so", ".abi3.so", "abi3"),
    ],
)
def test_names_of_extension_modules(
    keys: dict[str, str], suffix: str, stable: str | None, sosabi: str
) -> None:
    host, _ = cross_host(LINUX_CP311, where=Place("f"), **{"arch": "linux_aarch64", **keys})
    assert (host.ext_suffix, host.stable_abi_suffix, host.sosabi) == (suffix, stable, sosabi)
    assert host.dotted_version == f"3.{host.version[1:]}"


@pytest.mark.parametrize(
    ("keys", "right"),
    [
        ({"soabi": "cpython-3.11-aarch64-linux-gnu"}, "'cpython-311-aarch64-linux-gnu'"),
        ({"soabi": "cpython311-aarch64-linux-gnu"}, "'cpython-311-aarch64-linux-gnu'"),
        ({"soabi": "cpython-311-aarch64-linux"}, "'cpython-311-aarch64-linux-musl'"),
        ({"soabi": "cp311-linux_aarch64"}, "'cpython-311-aarch64-linux-gnu'"),
        ({"soabi": "cpython-311t-aarch64-linux-gnu"}, "'cpython-311-aarch64-linux-gnu'"),
        ({"soabi": "abi3"}, "'cpython-311-aarch64-linux-gnu'"),
        ({"soabi": "cpython-311-x86_64-linux-gnux32", "arch": "linux_x86_64"}, "linux-gnu'"),
        ({"soabi": "cp311_win_amd64", "arch": "win_amd64"}, "'cp311-win_amd64'"),
        ({"soabi": "cpython-311.mips64", "arch": "linux_mips64"}, "a form such as"),
    ],
)
def test_a_soabi_that_the_host_does_not_have(keys: dict[str, str], right: str) -> None:
    with pytest.raises(ConfigError) as e:
        cross_host(LINUX_CP311, where=Place("f"), **{"arch": "linux_aarch64", **keys})
    (problem,) = e.value.problems
    assert f"`soabi` {keys['soabi']!r} is not the middle of the names" in problem.message
    assert right in problem.hint
    # What the host's own files say is true.
    sources = {"soabi": "/s/_sysconfigdata.py"}
    host, _ = cross_host(
        LINUX_CP311, where=Place("f"), sources=sources, **{"arch": "linux_aarch64", **keys}
    )
    assert host.soabi == keys["soabi"]
