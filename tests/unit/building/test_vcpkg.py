"""What CMake is given for vcpkg: its toolchain file, that for the host, and a triplet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.configs import cmake_config, cmake_plan, cross_config

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.building.vcpkg import VcpkgFiles, vcpkg_files
from py_build_cmake.platforms.host import HostPlatform

VCPKG = Path("/opt/vcpkg")
FOLDER = Path("/project/build/py-build-cmake/vcpkg")


def files(tag: str, toolchain: Path | None, **changes: Any) -> VcpkgFiles:
    host = HostPlatform("cp", "311", "cp311", (tag,), is_cross=True)
    config = cmake_config(vcpkg=VCPKG, build_path=Path("/project/build"), **changes)
    found = vcpkg_files(*cmake_plan(config, host=host, cross=cross_config(arch=tag)), toolchain)
    assert found
    assert found.toolchain_file == VCPKG / "scripts/buildsystems/vcpkg.cmake"
    return found


def test_without_vcpkg() -> None:
    assert vcpkg_files(*cmake_plan(cmake_config()), Path("/t.cmake")) is None


def test_natively_vcpkg_chooses() -> None:
    assert files("linux_x86_64", None).entries == ()
    (entry,) = files("linux_x86_64", None, vcpkg_triplet="x64-linux-release").entries
    assert (entry.name, entry.value) == ("VCPKG_TARGET_TRIPLET", "x64-linux-release")


@pytest.mark.parametrize(
    ("tag", "architecture", "system"),
    [
        ("manylinux_2_28_aarch64", "arm64", "Linux"),
        ("linux_armv7l", "arm", "Linux"),
        ("win_amd64", "x64", "MinGW"),
    ],
)
def test_a_triplet_for_the_host(tag: str, architecture: str, system: str) -> None:
    found = files(tag, Path("/t.cmake"), build_type="Release")
    names = {path.name: text for path, text in found.files.items()}
    triplet = names["py-build-cmake.cmake"].splitlines()
    assert f"set(VCPKG_TARGET_ARCHITECTURE {architecture})" in triplet
    assert f"set(VCPKG_CMAKE_SYSTEM_NAME {system})" in triplet
    assert "set(VCPKG_BUILD_TYPE release)" in triplet
    assert "include([=[/t.cmake]=])" in names["chainload.cmake"]
    assert ("-fPIC" in names["chainload.cmake"]) == (system == "Linux")
    values = {entry.name: entry.value for entry in found.entries}
    assert values["VCPKG_TARGET_TRIPLET"] == "py-build-cmake"
    folders = {str(path.parent) for path in found.files}
    assert values["VCPKG_OVERLAY_TRIPLETS"] in folders
    assert values["VCPKG_CHAINLOAD_TOOLCHAIN_FILE"] in map(str, found.files)


def test_a_triplet_of_the_users() -> None:
    found = files("macosx_11_0_arm64", Path("/t.cmake"), vcpkg_triplet="mine")
    assert [path.name for path in found.files] == ["chainload.cmake"]
    names = {entry.name for entry in found.entries}
    assert names == {"VCPKG_CHAINLOAD_TOOLCHAIN_FILE", "VCPKG_TARGET_TRIPLET"}
    debug = files("linux_aarch64", Path("/t.cmake"), build_type="Debug")
    assert not any("VCPKG_BUILD_TYPE" in text for text in debug.files.values())


@pytest.mark.parametrize("tag", ["macosx_11_0_arm64", "linux_armv6l"])
def test_hosts_without_a_triplet(tag: str) -> None:
    with pytest.raises(ConfigError, match=f"no triplet of vcpkg can be made for {tag}") as caught:
        files(tag, Path("/t.cmake"))
    assert "`cmake.vcpkg_triplet`" in caught.value.problems[0].hint
