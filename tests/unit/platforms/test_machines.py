"""The table of machines, and what compilers call the systems of platform tags."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which

import packaging._manylinux
import pytest
from support.machines import LINUX_CP311

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.base.places import Place
from py_build_cmake.platforms.machines import (
    CMAKE_SYSTEMS,
    MACHINES,
    Machine,
    machine_named,
    machine_of_compiler,
)
from py_build_cmake.platforms.pythons import platform_of_soabi
from py_build_cmake.platforms.tags import PlatformTag
from py_build_cmake.platforms.targets import find_target
from py_build_cmake.toolchains.zig import find_zig


@pytest.mark.parametrize(
    ("tags", "zig"),
    [
        ("manylinux_2_28_aarch64", "aarch64-linux-gnu.2.28"),
        ("manylinux2014_x86_64", "x86_64-linux-gnu.2.17"),
        ("manylinux_2_34_x86_64.manylinux_2_17_x86_64", "x86_64-linux-gnu.2.17"),
        ("manylinux_2_9_x86_64", None),
        ("musllinux_1_2_x86_64", "x86_64-linux-musl"),
        ("musllinux_1_2_armv7l", "arm-linux-musleabihf"),
        ("linux_armv7l", "arm-linux-gnueabihf.2.17"),
        ("linux_riscv64", "riscv64-linux-gnu.2.27"),
        ("manylinux_2_39_riscv64", "riscv64-linux-gnu.2.39"),
        ("linux_ppc64le", "powerpc64le-linux-gnu.2.19"),
        ("manylinux2014_ppc64le", "powerpc64le-linux-gnu.2.19"),
        ("manylinux_2_28_ppc64le", "powerpc64le-linux-gnu.2.28"),
        ("linux_s390x", "s390x-linux-gnu.2.17"),
        ("linux_i686", "x86-linux-gnu.2.17"),
        ("linux_loongarch64", "loongarch64-linux-gnu.2.36"),
        ("win_amd64", "x86_64-windows-gnu"),
        ("win_arm64", "aarch64-windows-gnu"),
        ("win32", "x86-windows-gnu"),
    ],
)
def test_zig_target(tags: str, zig: str | None) -> None:
    if zig is None:
        with pytest.raises(ConfigError, match="oldest glibc for x86_64 is 2"):
            find_target(tags.split("."), Place("here"), "zig")
    else:
        assert find_target(tags.split("."), Place("here"), "zig").zig == zig


@pytest.mark.parametrize(
    ("tags", "message", "hint"),
    [
        ("macosx_10_6_i386", "not known to compile for 'macosx_10_6_i386'", "universal2"),
        ("win_ia64", "not known to compile for 'win_ia64'", "win_arm64, win32, win_amd64"),
        ("win_arm32", "not known to compile for 'win_arm32'", "toolchain_file"),
        ("win_amd64.win32", "are of different systems", "one wheel for each"),
        ("win_amd64.linux_x86_64", "are of different systems", "one wheel for each"),
        ("android_24_arm64_v8a", "it is not tested there", "toolchain_file"),
        ("linux_sparc64", "not known to compile for 'sparc64'", "aarch64, armv7l"),
        ("musllinux_1_1_x86_64", "zig has musl 1.2", "musllinux_1_2"),
        ("manylinux_2_17_riscv64", "oldest glibc for riscv64 is 2.27", "manylinux_2_27_riscv64"),
        ("linux_aarch64.linux_x86_64", "are of different systems", "one wheel for each"),
        ("manylinux_2_17_x86_64.musllinux_1_2_x86_64", "are of different systems", "one wheel"),
    ],
)
def test_what_zig_does_not_do(tags: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as e:
        find_target(tags.split("."), Place("x.toml"), "zig")
    (problem,) = e.value.problems
    assert message in problem.message
    assert hint in problem.hint
    assert problem.where.startswith("x.toml: ")


def test_all_tags_are_looked_at() -> None:
    with pytest.raises(ConfigError) as e:
        find_target(["win_ia64", "linux_sparc"], Place("here"), "zig")
    assert len(e.value.problems) == 2


def test_gnu_may_be_older() -> None:
    assert find_target(["musllinux_1_1_x86_64"], Place("here"), "gnu").libc == "musl"
    assert find_target(["manylinux1_x86_64"], Place("here"), "gnu").glibc == (2, 5)


@pytest.mark.parametrize(
    ("tag", "triples"),
    [
        (
            "linux_aarch64",
            "aarch64-linux-gnu aarch64-redhat-linux-gnu aarch64-conda-linux-gnu"
            " aarch64-unknown-linux-gnu aarch64-buildroot-linux-gnu",
        ),
        (
            "musllinux_1_2_x86_64",
            "x86_64-linux-musl x86_64-redhat-linux-musl x86_64-conda-linux-musl"
            " x86_64-unknown-linux-musl x86_64-buildroot-linux-musl",
        ),
    ],
)
def test_triples_in_order(tag: str, triples: str) -> None:
    assert find_target([tag], Place("here"), "gnu").gnu_triples == tuple(triples.split())


@pytest.mark.parametrize(
    ("tag", "triple"),
    [
        ("linux_armv7l", "arm-linux-gnueabihf"),
        ("linux_armv7l", "armv7l-unknown-linux-gnueabihf"),
        ("linux_armv7l", "armv7l-conda-linux-gnueabihf"),
        ("linux_i686", "i686-linux-gnu"),
        ("linux_ppc64le", "powerpc64le-linux-gnu"),
        ("linux_ppc64le", "ppc64le-redhat-linux-gnu"),
        ("linux_riscv64", "riscv64-conda-linux-gnu"),
        ("linux_s390x", "s390x-linux-gnu"),
        ("win_amd64", "x86_64-w64-mingw32"),
        ("win32", "i686-w64-mingw32"),
        ("win_arm64", "aarch64-w64-mingw32"),
    ],
)
def test_triple(tag: str, triple: str) -> None:
    assert triple in find_target([tag], Place("here"), "gnu").gnu_triples


def test_directories_of_libraries() -> None:
    directory = {
        tag: find_target([tag], Place("here"), "gnu").library_architecture
        for tag in ("linux_i686", "linux_armv7l", "linux_ppc64le")
    }
    assert directory == {
        "linux_i686": "i386-linux-gnu",
        "linux_armv7l": "arm-linux-gnueabihf",
        "linux_ppc64le": "powerpc64le-linux-gnu",
    }


@pytest.mark.parametrize("row", MACHINES.values(), ids=str)
def test_every_machine_is_found_under_its_names(row: Machine) -> None:
    assert machine_named(row.name) is row
    assert all(machine_named(name) in (row, MACHINES.get(name)) for name in row.synonyms)
    if row.multiarch and row.name != "armv6l":
        assert machine_of_compiler(row.multiarch) in (row, MACHINES["armv7l"])
    tags = [f"linux_{row.linux}"] if row.elf and not row.uname else []
    tags += [row.windows] if row.windows else []
    tags += [f"macosx_11_0_{row.apple}"] if row.apple else []
    tags += [f"android_24_{row.android}"] if row.android else []
    for tag in tags:
        assert PlatformTag.parse(tag).machines == (row,)


def test_no_name_has_two_meanings() -> None:
    names = [name for row in MACHINES.values() for name in row.synonyms]
    assert len(names) == len({*names, *MACHINES}) - len(MACHINES)


def test_manylinux_machines_are_those_of_packaging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaging._manylinux, "_is_linux_armhf", lambda _: True)
    monkeypatch.setattr(packaging._manylinux, "_is_linux_i686", lambda _: True)
    for row in MACHINES.values():
        found = packaging._manylinux._have_compatible_abi("python", [row.linux])
        if not row.uname:
            assert found is (row.first_glibc is not None), row.name


def test_soabis_name_the_machine() -> None:
    for row in MACHINES.values():
        if row.multiarch:
            tag = platform_of_soabi(f"cpython-312-{row.triplet('gnu')}")
            assert tag is not None
            assert PlatformTag.parse(tag).kind == ("linux", row.elf_name)


@pytest.mark.skipif(not which("qemu-aarch64-static"), reason="qemu is not here")
def test_qemu_has_these_names() -> None:
    missing = [r.name for r in MACHINES.values() if r.qemu and not which(f"qemu-{r.qemu}-static")]
    assert missing == []


def test_cmake_has_these_systems() -> None:
    cmake = which("cmake")
    if cmake is None:
        pytest.skip("CMake is not here")
    (modules,) = Path(cmake).resolve().parents[1].glob("share/cmake*/Modules/Platform")
    for name in CMAKE_SYSTEMS.values():
        assert (modules / f"{name}.cmake").is_file() or name == "Emscripten"


@pytest.mark.skipif(find_zig(LINUX_CP311) is None, reason="zig is not here")
def test_zig_has_these_machines() -> None:
    done = subprocess.run(
        [str(find_zig(LINUX_CP311)), "targets"], capture_output=True, text=True, check=True
    )
    for row in MACHINES.values():
        if row.zig:
            assert f'"{row.zig}-linux-gnu{row.abi}"' in done.stdout


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("manylinux2014_x86_64", ("linux", "x86_64", "glibc", (2, 17), "")),
        ("musllinux_1_2_armv7l", ("linux", "armv7l", "musl", (1, 2), "")),
        ("win32", ("windows", "32", "", None, "")),
        ("macosx_11_0_universal2", ("mac", "universal2", "", (11, 0), "")),
        ("android_24_arm64_v8a", ("android", "arm64_v8a", "bionic", (24, 0), "")),
        ("ios_13_0_arm64_iphoneos", ("ios", "arm64", "", (13, 0), "iphoneos")),
        ("pyodide_2024_0_wasm32", ("pyodide", "wasm32", "", None, "")),
        ("freebsd_14_0_release_amd64", ("freebsd", "amd64", "", None, "")),
        ("plan9_mystery", ("plan9", "mystery", "", None, "")),
    ],
)
def test_platform_tags(tag: str, expected: tuple[object, ...]) -> None:
    found = PlatformTag.parse(tag)
    parts = (found.system, found.architecture, found.libc, found.version, found.sdk)
    assert parts == expected
    assert PlatformTag.parse(tag) is found
