"""What the names of extension modules say."""

from __future__ import annotations

import pytest

from py_build_cmake.platforms.tags import WheelTag
from py_build_cmake.verify.suffix import ModuleSuffix, fits_python, read_suffix


@pytest.mark.parametrize(
    ("name", "python", "abi", "platform"),
    [
        ("cpython-312-aarch64-linux-gnu.so", "cp312", "cp312", ("aarch64", "linux", "glibc")),
        ("cpython-312-aarch64-linux-musl.so", "cp312", "cp312", ("aarch64", "linux", "musl")),
        ("cpython-312-arm-linux-gnueabihf.so", "cp312", "cp312", ("arm", "linux", "glibc")),
        ("cpython-312-i386-linux-gnu.so", "cp312", "cp312", ("i686", "linux", "glibc")),
        ("cpython-312-powerpc64le-linux-gnu.so", "cp312", "cp312", ("ppc64le", "linux", "glibc")),
        (
            "cpython-312-mips64el-linux-gnuabi64.so",
            "cp312",
            "cp312",
            ("mips64el", "linux", "glibc"),
        ),
        ("cpython-313t-x86_64-linux-gnu.so", "cp313", "cp313t", ("x86_64", "linux", "glibc")),
        ("cpython-313td-x86_64-linux-gnu.so", "cp313", "cp313td", ("x86_64", "linux", "glibc")),
        ("cpython-37m-x86_64-linux-gnu.so", "cp37", "cp37m", ("x86_64", "linux", "glibc")),
        ("cpython-312.so", "cp312", "cp312", ("", "", "")),
        ("cpython-312-darwin.so", "cp312", "cp312", ("", "macos", "")),
        ("cpython-313-iphoneos.so", "cp313", "cp313", ("", "ios", "")),
        ("cpython-313-iphonesimulator.so", "cp313", "cp313", ("", "ios-simulator", "")),
        ("cpython-313-aarch64-linux-android.so", "cp313", "cp313", ("aarch64", "android", "")),
        ("cpython-312-wasm32-emscripten.so", "cp312", "cp312", ("wasm32", "emscripten", "")),
        ("pypy310-pp73-x86_64-linux-gnu.so", "pp310", "pypy310_pp73", ("x86_64", "linux", "glibc")),
        ("pypy310-pp73-darwin.so", "pp310", "pypy310_pp73", ("", "macos", "")),
        ("pypy310-pp73-win_amd64.pyd", "pp310", "pypy310_pp73", ("win_amd64", "windows", "")),
        ("pypy310.so", "pp310", "", ("", "", "")),
        ("cp312-win_amd64.pyd", "cp312", "cp312", ("win_amd64", "windows", "")),
        ("cp313t-win32.pyd", "cp313", "cp313t", ("win32", "windows", "")),
        ("cp312-mingw_x86_64_ucrt_gnu.pyd", "cp312", "cp312", ("", "", "")),
        ("abi3.so", "", "abi3", ("", "", "")),
        ("abi3t.so", "", "abi3t", ("", "", "")),
        ("abi3-x86_64-linux-gnu.so", "", "abi3", ("x86_64", "linux", "glibc")),
    ],
)
def test_suffixes(name: str, python: str, abi: str, platform: tuple[str, str, str]) -> None:
    found = read_suffix(f"p/x.{name}")
    assert found is not None
    assert (found.python, found.abi) == (python, abi)
    assert (found.machine, found.system, found.libc) == platform
    assert found.is_stable is abi.startswith("abi3")


@pytest.mark.parametrize(
    "name",
    [
        *("x.so", "x.pyd", "libx.so.1.cpython", "x.cpython-39-x86_64-linux-gnu.txt"),
        *("libx.1.2.so", "x.cpython.so", "x.cp.pyd", ".cpython-312.so", "x"),
    ],
)
def test_names_that_say_nothing(name: str) -> None:
    assert read_suffix(name) is None


@pytest.mark.parametrize(
    ("name", "float_abi"),
    [
        ("x.cpython-312-arm-linux-gnueabihf.so", "hard"),
        ("x.cpython-312-arm-linux-musleabihf.so", "hard"),
        ("x.cpython-312-arm-linux-gnueabi.so", "soft"),
        ("x.cpython-312-x86_64-linux-gnu.so", ""),
    ],
)
def test_floating_point(name: str, float_abi: str) -> None:
    found = read_suffix(name)
    assert found is not None
    assert found.float_abi == float_abi


@pytest.mark.parametrize(
    ("tag", "name", "fits"),
    [
        ("cp312-cp312-any", "cpython-312", True),
        ("cp312-cp312-any", "cpython-311", False),
        ("cp312-cp312-any", "cpython-312t", False),
        ("cp312-cp312-any", "cpython-312d", False),
        ("cp312-cp312-any", "abi3", True),
        ("cp37-cp37m-any", "cpython-37m", True),
        ("cp37-cp37m-any", "cp37-win32", True),
        ("cp313-cp313t-any", "cpython-313t", True),
        ("cp313-cp313t-any", "cpython-313", False),
        ("pp310-pypy310_pp73-any", "pypy310-pp73", True),
        ("pp310-pypy310_pp73-any", "pypy310", True),
        ("pp310-pypy310_pp73-any", "pypy39-pp73", False),
        ("pp310-pypy310_pp73-any", "cpython-310", False),
        ("cp312-abi3-any", "abi3", True),
        # All builds load modules for abi3t from 3.15 on, free-threaded ones no others.
        ("cp315-abi3.abi3t-any", "abi3t", True),
        ("cp315-abi3.abi3t-any", "abi3", False),
        ("cp312-abi3-any", "abi3t", False),
        ("cp312-abi3-any", "cpython-312", False),
        ("cp312-abi3-any", "cpython-313", False),
        # A set promises all of its members.
        ("cp312.cp313-abi3.cp313t-any", "cpython-313t", False),
        ("cp312.cp313-abi3-any", "abi3", True),
        ("cp313.pp310-cp313t.pypy310_pp73-any", "pypy310-pp73", False),
        ("cp311.cp312-cp311.cp312-any", "cpython-312", False),
        # Pairs that no Python looks for are there because a set is a product.
        ("cp313-cp313t.cp312-any", "cpython-313t", True),
        ("py3-none-any", "cpython-312", True),
        ("py2.py3-none-any", "pypy310-pp73", True),
        ("cp312.cp313-none-any", "cpython-313", False),
        ("cp312.cp313-none-any", "cpython-311", False),
    ],
)
def test_pythons_that_load_a_module(tag: str, name: str, fits: bool) -> None:
    end = "pyd" if "win" in name else "so"
    suffix = read_suffix(f"x.{name}.{end}")
    assert isinstance(suffix, ModuleSuffix)
    assert fits_python(suffix, WheelTag.parse(tag)) is fits
