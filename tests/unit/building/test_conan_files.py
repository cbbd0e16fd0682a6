"""What Conan is told of the host, and how the toolchain files include each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from py_build_cmake.building.conan_files import (
    Known,
    build_profile,
    conan_architecture,
    cxx_standard,
    inner_toolchain,
    outer_toolchain,
    profile,
)
from py_build_cmake.config.kinds import CMakeValue
from py_build_cmake.toolchains.toolchain_file import Compilers

GNU = Compilers("gcc", {"C": "/c/gcc", "CXX": "/c/g++"}, "aarch64-linux-gnu with its libc")
ZIG = Compilers("clang", {"C": "/z/cc"}, "zig for aarch64-linux-gnu.2.28", "libc++")


@pytest.mark.parametrize(
    ("tag", "settings"),
    [
        ("linux_x86_64", ["os=Linux", "arch=x86_64"]),
        ("manylinux_2_28_aarch64", ["os=Linux", "arch=armv8"]),
        ("linux_armv7l", ["os=Linux", "arch=armv7hf"]),
        ("linux_armv6l", ["os=Linux", "arch=armv6"]),
        ("linux_i686", ["os=Linux", "arch=x86"]),
        ("linux_armv8l", ["os=Linux"]),
        ("win_arm64", ["os=Windows", "arch=armv8"]),
        ("win_arm32", ["os=Windows", "arch=armv7"]),
        ("macosx_11_0_arm64", ["os=Macos", "arch=armv8", "os.version=11.0"]),
        ("macosx_10_9_universal2", ["os=Macos", "arch=armv8|x86_64", "os.version=10.9"]),
        ("ios_13_0_arm64_iphoneos", ["os=iOS", "arch=armv8", "os.version=13.0", "os.sdk=iphoneos"]),
        ("android_24_armeabi_v7a", ["os=Android", "arch=armv7", "os.api_level=24"]),
        ("pyodide_2025_0_wasm32", ["os=Emscripten", "arch=wasm"]),
        ("unknown_x", []),
    ],
)
def test_settings_follow_from_the_tag(tag: str, settings: list[str]) -> None:
    lines = profile(Known((tag,))).splitlines()
    assert lines[lines.index("[settings]") + 1 : lines.index("[conf]")] == settings


def test_several_machines_of_linux_have_no_name() -> None:
    assert conan_architecture(("linux_aarch64", "linux_x86_64")) == ""
    assert conan_architecture(("manylinux_2_17_aarch64", "manylinux2014_aarch64")) == "armv8"


def test_a_profile_has_all_that_is_known() -> None:
    known = Known(
        ("manylinux_2_28_aarch64",),
        GNU,
        Path("/b/host.cmake"),
        "Ninja",
        cxx_standard="gnu20",
        jobs=3,
    )
    lines = profile(known).splitlines()
    assert (
        '{% set compiler, version, program = detect_api.detect_gcc_compiler("/c/g++") %}' in lines
    )
    assert "compiler=gcc" in lines
    assert "compiler.cppstd=gnu20" in lines
    assert "compiler.libcxx={{ detect_api.detect_libcxx(compiler, version, program) }}" in lines
    assert lines[lines.index("[conf]") + 1 :] == [
        'tools.build:compiler_executables={"c": "/c/gcc", "cpp": "/c/g++"}',
        "user.py-build-cmake:toolchain=aarch64-linux-gnu with its libc",
        'tools.info.package_id:confs=+["user.py-build-cmake:toolchain"]',
        "tools.cmake.cmaketoolchain:user_presets=",
        'tools.cmake.cmaketoolchain:user_toolchain=+["/b/host.cmake"]',
        "tools.cmake.cmaketoolchain:generator=Ninja",
        "tools.build:jobs=3",
    ]
    assert "compiler.cppstd=17" in profile(Known(("linux_x86_64",), cxx_standard="17"))


def test_tools_are_built_with_the_same_compilers_natively() -> None:
    text = build_profile(Known(("linux_x86_64",), ZIG, Path("/b/host.cmake")))
    assert 'detect_clang_compiler("/z/cc")' in text
    assert "compiler.libcxx=libc++" in text
    assert "user_toolchain" not in text
    assert build_profile(Known(("linux_x86_64",))).splitlines()[1:] == ["[settings]", "[conf]"]


@pytest.mark.parametrize(
    ("options", "has_extensions", "expected"),
    [
        ({}, True, ""),
        ({"CMAKE_CXX_STANDARD": ("17",)}, True, "gnu17"),
        ({"CMAKE_CXX_STANDARD:STRING": ("20",)}, False, "20"),
        ({"CMAKE_CXX_STANDARD": ("17",), "CMAKE_CXX_EXTENSIONS": (False,)}, True, "17"),
        ({"CMAKE_CXX_STANDARD": ("17",), "CMAKE_CXX_EXTENSIONS": (True,)}, True, "gnu17"),
    ],
)
def test_the_standard_follows_from_the_options(
    options: dict[str, tuple[str | bool, ...]], has_extensions: bool, expected: str
) -> None:
    values = {name: CMakeValue(elements) for name, elements in options.items()}
    assert cxx_standard(values, has_extensions=has_extensions) == expected


def test_toolchain_files_include_each_other(tmp_path: Path) -> None:
    inner = tmp_path / "host.cmake"
    assert "include([=[/t/aarch64.cmake]=])" in inner_toolchain(Path("/t/aarch64.cmake"))
    # Without Conan's toolchain file, that for the host is included all the same.
    text = outer_toolchain(inner, tmp_path, [Path("/p/shapes")])
    assert f"include([=[{inner}]=])" in text
    assert f"list(APPEND CMAKE_FIND_ROOT_PATH [=[{tmp_path}]=] [=[/p/shapes]=])" in text
    (tmp_path / "conan_toolchain.cmake").touch()
    text = outer_toolchain(inner, tmp_path, [])
    assert f"include([=[{tmp_path}/conan_toolchain.cmake]=])" in text
    assert "host.cmake" not in text
    assert "include([" not in outer_toolchain(None, tmp_path / "empty", [])
