"""Wheel tags."""

from __future__ import annotations

import pytest

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.platforms.host import HostPlatform
from py_build_cmake.platforms.tags import PURE_TAG, WheelTag
from py_build_cmake.platforms.wheel_tags import TagOptions, wheel_tag

LINUX = ("linux_x86_64",)
CP311 = HostPlatform("cp", "311", "cp311", LINUX, is_cross=False)
CP313T = HostPlatform("cp", "313", "cp313t", LINUX, is_cross=False)
CP313D = HostPlatform("cp", "313", "cp313d", LINUX, is_cross=False)
CP315 = HostPlatform("cp", "315", "cp315", LINUX, is_cross=False)
CP315T = HostPlatform("cp", "315", "cp315t", LINUX, is_cross=False)
PP310 = HostPlatform("pp", "310", "pypy310_pp73", LINUX, is_cross=False)
AARCH64 = HostPlatform("cp", "312", "cp312", ("linux_aarch64",), is_cross=True)


@pytest.mark.parametrize(
    ("host", "options", "expected"),
    [
        (CP311, TagOptions(), "cp311-cp311-linux_x86_64"),
        (AARCH64, TagOptions(), "cp312-cp312-linux_aarch64"),
        (CP313T, TagOptions(), "cp313-cp313t-linux_x86_64"),
        (PP310, TagOptions(), "pp310-pypy310_pp73-linux_x86_64"),
        (
            CP311,
            TagOptions(python_abi="abi3", abi3_minimum_cpython_version=38),
            "cp38-abi3-linux_x86_64",
        ),
        (
            CP311,
            TagOptions(python_abi="abi3", abi3_minimum_cpython_version=312),
            "cp311-cp311-linux_x86_64",
        ),
        (CP311, TagOptions(python_abi="abi3"), "cp32-abi3-linux_x86_64"),
        (CP313T, TagOptions(python_abi="abi3"), "cp313-cp313t-linux_x86_64"),
        (CP313T, TagOptions(python_abi="abi3t"), "cp313-cp313t-linux_x86_64"),
        (PP310, TagOptions(python_abi="abi3t"), "pp310-pypy310_pp73-linux_x86_64"),
        (CP315, TagOptions(python_abi="abi3t"), "cp315-abi3.abi3t-linux_x86_64"),
        (CP315T, TagOptions(python_abi="abi3t"), "cp315-abi3.abi3t-linux_x86_64"),
        (
            CP315T,
            TagOptions(python_abi="abi3t", abi3_minimum_cpython_version=316),
            "cp315-cp315t-linux_x86_64",
        ),
        (CP313D, TagOptions(python_abi="abi3"), "cp32-abi3-linux_x86_64"),
        (PP310, TagOptions(python_abi="abi3"), "pp310-pypy310_pp73-linux_x86_64"),
        (CP311, TagOptions(python_abi="none"), "cp311-none-linux_x86_64"),
        (
            CP311,
            TagOptions(python_abi="none", python_tag=("py3", "auto", "py3")),
            "py3.cp311-none-linux_x86_64",
        ),
        (
            CP311,
            TagOptions(platform_tag=("manylinux_2_27_x86_64", "guess")),
            "cp311-cp311-manylinux_2_27_x86_64.linux_x86_64",
        ),
        (CP311, TagOptions(abi_tag=("abi3", "none")), "cp311-abi3.none-linux_x86_64"),
    ],
)
def test_wheel_tag(host: HostPlatform, options: TagOptions, expected: str) -> None:
    tag = wheel_tag(host, options)
    assert str(tag) == expected
    assert WheelTag.parse(expected) == tag


@pytest.mark.parametrize("value", ["linux-x86_64", "", "a.b", "x y"])
def test_what_is_no_tag_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match="is not a tag") as e:
        wheel_tag(CP311, TagOptions(platform_tag=(value,)))
    assert e.value.problems[0].where == "`wheel.platform_tag`"


def test_an_empty_list_of_tags_is_refused() -> None:
    with pytest.raises(ConfigError, match="empty"):
        wheel_tag(CP311, TagOptions(python_tag=()))


def test_expanded_is_the_product() -> None:
    tag = WheelTag.parse("py3.cp311-none-a_b.c_d")
    assert tag.expanded() == ("py3-none-a_b", "py3-none-c_d", "cp311-none-a_b", "cp311-none-c_d")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cp312-abi3-linux_x86_64", (3, 12)),
        ("cp39.cp312-abi3-linux_x86_64", (3, 9)),
        ("cp312-cp312-linux_x86_64", None),
        ("py3-abi3-linux_x86_64", None),
    ],
)
def test_stable_abi_version(text: str, expected: tuple[int, int] | None) -> None:
    assert WheelTag.parse(text).stable_abi_version == expected


def test_only_the_pure_tag_is_pure() -> None:
    assert PURE_TAG.is_pure
    assert not WheelTag.parse("py3-none-linux_x86_64").is_pure


def test_abi3t_begins_with_cpython_3_15() -> None:
    options = TagOptions(python_abi="abi3t", abi3_minimum_cpython_version=314)
    with pytest.raises(ConfigError, match="CPython 314 has no stable ABI 'abi3t'"):
        wheel_tag(CP315, options)
