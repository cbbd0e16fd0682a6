"""Whether the files of a wheel fit its tag."""

from __future__ import annotations

from pathlib import Path

import binaries_of_tests as b
import pytest

from py_build_cmake.tags import PURE_TAG, WheelTag
from py_build_cmake.verify.wheel import check_files, check_machine

LINUX = "cp312-cp312-linux_aarch64"
AARCH64 = b.elf(b.AARCH64)
X86_64 = b.elf(b.X86_64)


def check(tmp_path: Path, tag: str, **contents: bytes) -> list[tuple[str, str]]:
    """Check files, which have a dot for every double underscore; return places and messages."""
    files = {}
    for name, data in contents.items():
        place = name.replace("__", ".")
        files[f"m/{place}"] = tmp_path / place
        (tmp_path / place).write_bytes(data)
    problems = check_files(files, WheelTag.parse(tag))
    return [(problem.where, problem.message) for problem in problems]


def check_name(tmp_path: Path, tag: str, name: str) -> str:
    """Check the name of an extension module alone; return the message."""
    path = tmp_path / "empty"
    path.write_bytes(b"")
    return "; ".join(p.message for p in check_files({f"m/{name}": path}, WheelTag.parse(tag)))


def test_a_wheel_that_keeps_its_promise(tmp_path: Path) -> None:
    assert (
        check(tmp_path, LINUX, lib__so=AARCH64, x__py=b"import x", lib__a=b.ar(("o", AARCH64)))
        == []
    )


def test_all_wrong_files_are_reported(tmp_path: Path) -> None:
    assert check(tmp_path, LINUX, a__so=X86_64, b__so=AARCH64, c__txt=b.pe(b.PE_AMD64)) == [
        ("m/a.so", "is ELF for x86_64, but the wheel promises ELF for aarch64"),
        ("m/c.txt", "is PE for win_amd64, but the wheel promises ELF for aarch64"),
    ]


@pytest.mark.parametrize(
    ("platforms", "data", "promised"),
    [
        (["linux_aarch64"], AARCH64, None),
        (["linux_aarch64"], X86_64, "ELF for aarch64"),
        # Any of several tags may promise it.
        (["linux_x86_64", "linux_aarch64"], AARCH64, None),
        (["linux_x86_64", "linux_armv7l"], AARCH64, "ELF for x86_64 or ELF for arm"),
        (["linux_armv6l", "linux_armv7l"], AARCH64, "ELF for arm"),
        (["linux_x86_64", "plan9_mystery"], AARCH64, None),
        (["plan9_mystery"], AARCH64, None),
        (["any"], AARCH64, None),
        ([], AARCH64, None),
        # A fat file may have more than is needed, not less.
        (["macosx_11_0_arm64"], b.fat_mach([b.MAC_ARM64, b.MAC_X86_64]), None),
        (["macosx_11_0_universal2"], b.fat_mach([b.MAC_ARM64, b.MAC_X86_64]), None),
        (["macosx_11_0_universal2"], b.mach(b.MAC_ARM64), "Mach-O for arm64 and x86_64"),
        (["macosx_11_0_x86_64"], b.mach(b.MAC_ARM64), "Mach-O for x86_64"),
        (["linux_x86_64"], b.mach(b.MAC_X86_64), "ELF for x86_64"),
        (["win_amd64"], b.pe(b.PE_AMD64), None),
        (["win32"], b.pe(b.PE_AMD64), "PE for win32"),
        (["pyodide_2024_0_wasm32"], b.WASM, None),
        (["linux_x86_64"], b.WASM, "ELF for x86_64"),
        (["linux_x86_64"], b.java_class(), None),
    ],
)
def test_machines(tmp_path: Path, platforms: list[str], data: bytes, promised: str | None) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    problem = check_machine(path, "m/file", iter(platforms))
    assert (problem is None) is (promised is None)
    if problem:
        assert problem.where == "m/file"
        assert problem.message.endswith(f", but the wheel promises {promised}")


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        (LINUX, "x.cpython-312-aarch64-linux-gnu.so"),
        (LINUX, "x.cpython-312-aarch64-linux-musl.so"),
        # Suffixes that say less.
        (LINUX, "x.so"),
        (LINUX, "x.abi3.so"),
        (LINUX, "x.cpython-312.so"),
        (LINUX, "libx.so.1.cpython"),
        (LINUX, "x.cpython-39-x86_64-linux-gnu.txt"),
        # CMake up to 3.25 leaves the platform of PyPy out.
        ("pp310-pypy310_pp73-linux_aarch64", "x.pypy310-pp73.so"),
        ("pp310-pypy310_pp73-linux_aarch64", "x.pypy310-pp73-aarch64-linux-gnu.so"),
        ("cp312-abi3-linux_aarch64", "x.cpython-313-aarch64-linux-gnu.so"),
        ("py3-none-linux_aarch64", "x.cpython-312-aarch64-linux-gnu.so"),
        ("cp312.cp313-none-linux_aarch64", "x.cpython-313-aarch64-linux-gnu.so"),
        ("cp313-cp313t-linux_aarch64", "x.cpython-313t-aarch64-linux-gnu.so"),
        ("cp313-cp313td-linux_aarch64", "x.cpython-313td-aarch64-linux-gnu.so"),
        ("cp312-cp312-linux_armv7l", "x.cpython-312-arm-linux-gnueabihf.so"),
        ("cp312-cp312-linux_i686", "x.cpython-312-i386-linux-gnu.so"),
        ("cp312-cp312-linux_ppc64le", "x.cpython-312-powerpc64le-linux-gnu.so"),
        ("cp312-cp312-linux_ppc64", "x.cpython-312-powerpc64-linux-gnu.so"),
        ("cp312-cp312-linux_ppc", "x.cpython-312-powerpc-linux-gnu.so"),
        ("cp312-cp312-linux_mips64el", "x.cpython-312-mips64el-linux-gnuabi64.so"),
        ("cp313-cp313-android_21_arm64_v8a", "x.cpython-313-aarch64-linux-android.so"),
        ("cp312-cp312-macosx_11_0_arm64", "x.cpython-312-darwin.so"),
        ("cp313-cp313-ios_13_0_arm64_iphoneos", "x.cpython-313-iphoneos.so"),
        ("cp312-cp312-win_amd64", "x.cp312-win_amd64.pyd"),
        ("cp312-cp312-win32", "x.cp312-win32.pyd"),
        ("cp312-cp312-mingw_x86_64", "x.cp312-mingw_x86_64.pyd"),
        ("cp312-cp312-pyodide_2024_0_wasm32", "x.cpython-312-wasm32-emscripten.so"),
        ("cp312-cp312-plan9_mystery", "x.cpython-312-aarch64-linux-gnu.so"),
    ],
)
def test_suffixes_that_fit(tmp_path: Path, tag: str, name: str) -> None:
    assert check_name(tmp_path, tag, name) == ""


@pytest.mark.parametrize(
    ("tag", "name", "message"),
    [
        (LINUX, "x.cpython-311-aarch64-linux-gnu.so", "that of cp311"),
        (LINUX, "x.cpython-312-x86_64-linux-gnu.so", "that of x86_64"),
        (LINUX, "x.cpython-312t-aarch64-linux-gnu.so", "that of another ABI"),
        (LINUX, "x.cpython-312d-aarch64-linux-gnu.so", "that of another ABI"),
        (LINUX, "x.pypy310-pp73-aarch64-linux-gnu.so", "that of pp310"),
        (LINUX, "x.cp312-win_amd64.pyd", "that of win_amd64"),
        ("cp313-cp313t-linux_aarch64", "x.cpython-313-aarch64-linux-gnu.so", "another ABI"),
        ("cp312-abi3-linux_aarch64", "x.cpython-312-x86_64-linux-gnu.so", "that of x86_64"),
        ("pp310-pypy310_pp73-linux_aarch64", "x.pypy39-pp73-aarch64-linux-gnu.so", "that of pp39"),
        ("pp310-pypy310_pp73-linux_aarch64", "x.pypy310-pp73-x86_64-linux-gnu.so", "x86_64"),
        ("cp312-cp312-win32", "x.cp312-win_amd64.pyd", "that of win_amd64"),
        ("cp312-cp312-linux_ppc64le", "x.cpython-312-powerpc64-linux-gnu.so", "that of ppc64,"),
    ],
)
def test_suffixes_of_something_else(tmp_path: Path, tag: str, name: str, message: str) -> None:
    found = check_name(tmp_path, tag, name)
    assert found.startswith("its suffix is that of ")
    assert message in found
    assert tag in found


def test_a_file_has_one_problem(tmp_path: Path) -> None:
    name = "x__cpython-311-x86_64-linux-gnu__so"
    assert len(check(tmp_path, LINUX, **{name: X86_64})) == 1


def test_a_pure_wheel_promises_no_machine(tmp_path: Path) -> None:
    name = "x__cpython-311-x86_64-linux-gnu__so"
    assert check(tmp_path, str(PURE_TAG), **{name: X86_64}) == []
