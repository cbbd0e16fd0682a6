"""Tags that installers accept, and what is said of those that none does."""

from __future__ import annotations

import re

import packaging.tags
import pytest
from hypothesis import given
from hypothesis import strategies as st

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.platforms.accepted import (
    BY_OPTION,
    refusals,
    refuse_abi,
    refuse_implementation,
    refuse_platform,
    refuse_python,
)
from py_build_cmake.platforms.host import HostPlatform
from py_build_cmake.platforms.machines import MACHINES
from py_build_cmake.platforms.tags import WheelTag
from py_build_cmake.platforms.wheel_tags import TagOptions, wheel_tag

CP312 = HostPlatform("cp", "312", "cp312", ("linux_x86_64",), is_cross=False)


@pytest.mark.parametrize(
    ("tag", "right"),
    [
        ("linux_arm64", "linux_aarch64"),
        ("linux_amd64", "linux_x86_64"),
        ("linux_x64", "linux_x86_64"),
        ("linux_i386", "linux_i686"),
        ("linux_i586", "linux_i686"),
        ("linux_386", "linux_i686"),
        ("linux_ppc64el", "linux_ppc64le"),
        ("linux_armhf", "linux_armv7l"),
        ("linux_mips64el", "linux_mips64"),
        ("linux-x86_64", "linux_x86_64"),
        ("linuxx86_64", "linux_x86_64"),
        ("Linux_x86_64", "linux_x86_64"),
        ("LINUX_AARCH64", "linux_aarch64"),
        ("LINUX_ARM64", "linux_aarch64"),
        ("linux_2_28_x86_64", "manylinux_2_28_x86_64"),
        ("manylinux_2_28_arm64", "manylinux_2_28_aarch64"),
        ("manylinux2_28_x86_64", "manylinux_2_28_x86_64"),
        ("manylinux_2_28", "manylinux_2_28_x86_64"),
        ("manylinux2014", "manylinux2014_x86_64"),
        ("manylinux", "manylinux_2_28_x86_64"),
        ("manylinux_2", "manylinux_2_28_x86_64"),
        ("manylinux_x86_64", "manylinux_2_28_x86_64"),
        ("manylinux_2014_x86_64", "manylinux2014_x86_64"),
        ("manylinux_3_1_x86_64", "manylinux_2_28_x86_64"),
        ("manylinux_2_028_x86_64", "manylinux_2_28_x86_64"),
        # Older than the first glibc of the machine, or than what installers look for.
        ("manylinux_2_5_aarch64", "manylinux_2_17_aarch64"),
        ("manylinux1_aarch64", "manylinux_2_17_aarch64"),
        ("manylinux2010_aarch64", "manylinux_2_17_aarch64"),
        ("manylinux_2_12_s390x", "manylinux_2_17_s390x"),
        ("manylinux2014_riscv64", "manylinux_2_27_riscv64"),
        ("manylinux_2_17_loongarch64", "manylinux_2_36_loongarch64"),
        ("manylinux_2_4_x86_64", "manylinux_2_5_x86_64"),
        ("manylinux_2_31_armv6l", "linux_armv6l"),
        ("manylinux_2_28_sparc64", "linux_sparc64"),
        ("musllinux_1_2", "musllinux_1_2_x86_64"),
        ("musllinux_x86_64", "musllinux_1_2_x86_64"),
        ("musllinux_1_x86_64", "musllinux_1_2_x86_64"),
        ("musllinux_1_2_arm64", "musllinux_1_2_aarch64"),
        ("musllinux_2_28_x86_64", "manylinux_2_28_x86_64"),
        ("win_x86_64", "win_amd64"),
        ("win64", "win_amd64"),
        ("win_x64", "win_amd64"),
        ("windows_x86_64", "win_amd64"),
        ("win_32", "win32"),
        ("win_x86", "win32"),
        ("win_aarch64", "win_arm64"),
        ("win_arm", "win_arm32"),
        ("win", "win_amd64"),
        ("macosx_11_arm64", "macosx_11_0_arm64"),
        ("macosx_11_0_aarch64", "macosx_11_0_arm64"),
        ("macosx_11_universal2", "macosx_11_0_universal2"),
        ("macosx_11_0_amd64", "macosx_11_0_x86_64"),
        ("macosx_10_9_arm64", "macosx_11_0_arm64"),
        ("macosx_12_3_x86_64", "macosx_13_0_x86_64"),
        ("macosx_10_x86_64", "macosx_10_13_x86_64"),
        ("macosx_11_0", "macosx_11_0_arm64"),
        ("macosx_arm64", "macosx_11_0_arm64"),
        ("macos_11_0_arm64", "macosx_11_0_arm64"),
        ("ios_13_0_arm64", "ios_13_0_arm64_iphoneos"),
        ("ios_13_arm64_iphoneos", "ios_13_0_arm64_iphoneos"),
        ("ios_13_0_iphoneos", "ios_13_0_arm64_iphoneos"),
        ("ios_13_0_x86_64_iphoneos", "ios_13_0_arm64_iphoneos"),
        ("ios_11_0_arm64_iphoneos", "ios_12_0_arm64_iphoneos"),
        ("android_24_arm64", "android_24_arm64_v8a"),
        ("android_24_armv7l", "android_24_armeabi_v7a"),
        ("android_x86", "android_24_arm64_v8a"),
        ("android_24", "android_24_arm64_v8a"),
        ("android_10_x86", "android_16_x86"),
        ("android_24_riscv64", "arm64_v8a"),
        ("wasm32", "pyemscripten_2026_0_wasm32"),
        ("pyodide_wasm32", "pyemscripten_2026_0_wasm32"),
        ("emscripten_3_1_wasm32", "pyemscripten_2026_0_wasm32"),
        ("freebsd_14_0_RELEASE_amd64", "freebsd_14_0_release_amd64"),
        ("aarch64", "linux_aarch64"),
        ("any", "linux_aarch64"),
        ("manylinux-2014-x86_64", "manylinux2014_x86_64"),
        ("manylinux_2.28", "manylinux_2_28_x86_64"),
        ("28_x86_64", "with underscores"),
    ],
)
def test_platforms_that_no_installer_accepts(tag: str, right: str) -> None:
    found = refuse_platform(tag)
    assert found is not None
    assert not found.is_unknown
    assert right in found.hint
    assert found.advice() == found.hint
    assert tag in found.message or "there is no musl 2.28" in found.message


@pytest.mark.parametrize(
    "tag",
    [
        *("linux_sparc64", "win_ia64", "macosx_10_6_fat3", "mingw_x86_64", "plan9_mystery"),
        *("musllinux_1_2_sparc64", "aix_7_2_ppc64", "linux_wasm32"),
    ],
)
def test_platforms_that_are_not_known_here(tag: str) -> None:
    found = refuse_platform(tag)
    assert found is not None
    assert found.is_unknown
    assert "`wheel.allow_unknown_tags = true`" in found.advice()
    assert "`--allow-unknown-tags`" in found.advice(BY_OPTION)


def manylinux(machine: str) -> list[str]:
    """What *packaging* looks for, without the C library of this machine."""
    oldest = 5 if machine in ("x86_64", "i686") else 17
    return [f"manylinux_2_{minor}_{machine}" for minor in range(oldest, 43)]


def yielded(function: str, *arguments: object) -> list[str]:
    """Return the platform tags of a function of ``packaging.tags``; older versions lack some."""
    generate = getattr(packaging.tags, function, None)
    return list(generate(*arguments)) if generate else []


@pytest.mark.parametrize(
    "tag",
    [
        *packaging.tags.mac_platforms((26, 0), "arm64"),
        *packaging.tags.mac_platforms((26, 0), "x86_64"),
        *yielded("ios_platforms", (18, 2), "arm64_iphoneos"),
        *yielded("ios_platforms", (18, 2), "x86_64_iphonesimulator"),
        *yielded("android_platforms", 35, "arm64-v8a"),
        *yielded("android_platforms", 35, "armeabi-v7a"),
        *(tag for m in ("x86_64", "i686", "aarch64", "s390x", "ppc64le") for tag in manylinux(m)),
        *(f"manylinux1_{m}" for m in ("x86_64", "i686")),
        *(f"manylinux2010_{m}" for m in ("x86_64", "i686")),
        *(f"manylinux2014_{m}" for m in ("x86_64", "aarch64", "armv7l", "ppc64", "s390x")),
        *(f"linux_{row.linux}" for row in MACHINES.values() if row.elf and not row.uname),
        *(f"musllinux_1_2_{row.linux}" for row in MACHINES.values() if row.multiarch),
        *(row.windows for row in MACHINES.values() if row.windows),
        *("pyodide_2024_0_wasm32", "pyemscripten_2026_0_wasm32", "emscripten_3_1_58_wasm32"),
        *("freebsd_14_0_release_amd64", "openbsd_7_4_amd64", "linux_armv8l"),
    ],
)
def test_platforms_that_installers_look_for(tag: str) -> None:
    found = refuse_platform(tag)
    # Some of what *packaging* looks for on macOS is of machines of the past.
    assert found is None or (
        found.is_unknown and tag.endswith(("fat3", "fat32", "fat64", "universal"))
    )


@pytest.mark.parametrize(
    ("tag", "right"),
    [
        ("cp3.9", "cp39"),
        ("cpython39", "cp39"),
        ("py3.9", "py39"),
        ("python3", "py3"),
        ("pypy310", "pp310"),
        ("CP312", "cp312"),
        ("cp3", "cp312"),
        ("cp39m", "cp39"),
        ("py4", "py3"),
        ("abi3", "py3"),
        ("none", "py3"),
        ("312", "py3"),
    ],
)
def test_python_tags_that_no_installer_accepts(tag: str, right: str) -> None:
    found = refuse_python(tag)
    assert found is not None
    assert not found.is_unknown
    assert f"'{right}'" in found.hint


@pytest.mark.parametrize("tag", ["py3", "py2", "py312", "cp39", "pp310", "pp3", "graalpy311"])
def test_python_tags(tag: str) -> None:
    assert refuse_python(tag) is None


@pytest.mark.parametrize(
    ("tag", "right", "why"),
    [
        ("cp39m", "cp39", "no flag m since 3.8"),
        ("cp38u", "cp38", "no flag u since 3.3"),
        ("cp310t", "cp310", "from CPython 3.13 on"),
        ("cp313dt", "cp313td", ""),
        ("cp312x", "cp312", ""),
        ("abi4", "abi3", ""),
        ("ABI3", "abi3", ""),
        ("None", "none", ""),
        ("CP312", "cp312", ""),
        ("py39", "cp39", ""),
        ("cpython-312-x86_64-linux-gnu", "cp312", ""),
        ("pypy310-pp73", "pypy310_pp73", ""),
        ("pp73", "pypy311_pp73", ""),
        ("any", "cp312", ""),
    ],
)
def test_abi_tags_that_no_installer_accepts(tag: str, right: str, why: str) -> None:
    found = refuse_abi(tag)
    assert found is not None
    assert not found.is_unknown
    assert f"'{right}'" in found.hint
    assert why in found.message


@pytest.mark.parametrize(
    "tag",
    [
        *("none", "abi3", "abi3t", "cp39", "cp37m", "cp27mu", "cp312d", "cp313t", "cp313td"),
        *("pypy310_pp73", "graalpy242_311_native"),
    ],
)
def test_abi_tags(tag: str) -> None:
    assert refuse_abi(tag) is None


def test_pythons_that_are_not_known_here() -> None:
    for found in (
        refuse_python("rustpython312"),
        refuse_abi("rust_1_2"),
        refuse_implementation("rustpython"),
    ):
        assert found is not None
        assert found.is_unknown


def test_implementations() -> None:
    assert refuse_implementation("pp") is None
    for name, right in {"cpython": "cp", "py": "cp", "pypy": "pp", "CP": "cp"}.items():
        found = refuse_implementation(name)
        assert found is not None
        assert found.hint == f"write '{right}'"


@pytest.mark.parametrize(
    ("options", "key", "message"),
    [
        (TagOptions(python_tag=("py3",)), "python_tag", "no Python looks for 'py3'"),
        (TagOptions(abi_tag=("cp311",)), "python_tag", "no Python looks for 'cp312'"),
        (TagOptions(abi_tag=("cp312", "cp311")), "abi_tag", "no Python looks for the ABI 'cp311'"),
        (TagOptions(abi_tag=("pypy310_pp73", "abi3")), "abi_tag", "'pypy310_pp73'"),
        (TagOptions(platform_tag=("any", "auto")), "platform_tag", "'any' beside linux_x86_64"),
        (TagOptions(platform_tag=("any",)), "platform_tag", "'any' with the ABI cp312"),
    ],
)
def test_tags_that_do_not_go_together(options: TagOptions, key: str, message: str) -> None:
    with pytest.raises(ConfigError) as e:
        wheel_tag(CP312, options)
    assert e.value.problems[0].where == f"`wheel.{key}`"
    assert message in e.value.problems[0].message


@pytest.mark.parametrize("minimum", [40, 100, 212, 300, 412])
def test_versions_of_the_stable_abi(minimum: int) -> None:
    options = TagOptions(python_abi="abi3", abi3_minimum_cpython_version=minimum)
    with pytest.raises(ConfigError, match=f"there is no CPython {minimum}"):
        wheel_tag(CP312, options)


@pytest.mark.parametrize(
    ("tag", "count"),
    [
        ("cp312-cp312-linux_x86_64", 0),
        ("py2.py3-none-any", 0),
        ("cp312.pp311-cp312.pypy311_pp73-linux_x86_64", 0),
        ("cp315-abi3.abi3t-linux_x86_64", 0),
        ("cp312-cp312-any", 1),
        ("cp3-cp39m-linux_arm64", 4),
    ],
)
def test_whole_tags(tag: str, count: int) -> None:
    assert len(list(refusals(WheelTag.parse(tag)))) == count


_PARTS = [
    *("linux", "many", "musl", "win", "windows", "macosx", "macos", "ios", "android", "darwin"),
    *(
        "pyodide",
        "emscripten",
        "1",
        "2",
        "2014",
        "28",
        "17",
        "10",
        "11",
        "0",
        "9",
        "24",
        "32",
        "64",
    ),
    *("iphoneos", "iphonesimulator", "any", "universal2", "freebsd", "_", "-", ".", "__", "X"),
    *MACHINES,
    *(name for row in MACHINES.values() for name in row.synonyms),
]


@given(st.lists(st.sampled_from(_PARTS), min_size=1, max_size=7).map("".join))
def test_what_is_proposed_is_right(text: str) -> None:
    """Whatever is written, the hint names tags that installers accept, or that may be right."""
    found = refuse_platform(text)
    if found is None or found.is_unknown or not found.hint.startswith("write"):
        return
    for proposed in re.findall(r"'([^']+)'", found.hint):
        again = refuse_platform(proposed)
        assert again is None or again.is_unknown, (text, found)


@given(st.text(max_size=12) | st.from_regex(r"\A(cp|py|pp|abi|cpython|pypy)[-_.0-9a-z]{0,8}\Z"))
def test_what_is_proposed_for_pythons_is_right(text: str) -> None:
    for refuse in (refuse_python, refuse_abi):
        found = refuse(text)
        for proposed in re.findall(r"'([^']+)'", found.hint) if found else ():
            assert refuse(proposed) is None, (text, found)
