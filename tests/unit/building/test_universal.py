"""Files for several machines of macOS, joined to universal ones."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from support import compiled as c
from support.configs import cmake_config, cmake_plan, cross_config

from py_build_cmake.base.errors import WheelError
from py_build_cmake.building.universal import join_machines, universal_file
from py_build_cmake.project.plan import BuildPlan
from py_build_cmake.verify.formats.reading import read_binary, read_stream

ARM64, X86_64 = c.mach(c.MAC_ARM64, exports=["PyInit_m"]), c.mach(c.MAC_X86_64)


def test_a_universal_file() -> None:
    data = universal_file({"arm64": ARM64, "x86_64": X86_64})
    words = [int.from_bytes(data[at : at + 4], "big") for at in range(0, 48, 4)]
    assert words[:2] == [0xCAFEBABE, 2]
    # In the order of the numbers of machines, and aligned to pages.
    assert words[2:7] == [0x01000007, 3, 0x1000, len(X86_64), 12]
    assert words[7:] == [0x0100000C, 0, 0x4000, len(ARM64), 14]
    assert data[0x1000 : 0x1000 + len(X86_64)] == X86_64
    assert data[0x4000:] == ARM64
    report = read_stream(io.BytesIO(data))
    assert report is not None
    assert report.machines == {"arm64", "x86_64"}
    assert dict(report.signatures) == {"arm64": "valid"}


@pytest.fixture
def plan(tmp_path: Path) -> BuildPlan:
    """Two passes, which have installed nothing yet."""
    plan, main = cmake_plan(cmake_config(build_path=tmp_path / "build"), cross=cross_config())[:2]
    assert plan.main_pass is not None
    hosts = [
        replace(main.host, platform_tags=(f"macosx_11_0_{name}",)) for name in ("arm64", "x86_64")
    ]
    first = replace(main, host=hosts[0], install_prefix=tmp_path / "staging")
    more = replace(main, host=hosts[1], install_prefix=tmp_path / "more")
    return replace(plan, main_pass=first, more_passes=(more,))


def install(plan: BuildPlan, *trees: dict[str, bytes]) -> None:
    main = plan.main_pass
    assert main is not None
    for one, tree in zip(plan.main_passes, trees):
        for place, data in tree.items():
            path = one.install_prefix / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    build_dir = main.configurations[0].build_dir
    build_dir.mkdir(parents=True, exist_ok=True)
    lines = [str(main.install_prefix / place) for place in trees[0]]
    (build_dir / "install_manifest.txt").write_text("\n".join(lines))


def test_files_are_joined(plan: BuildPlan) -> None:
    archives = [c.ar(("m.o", c.mach(cpu, kind=1))) for cpu in (c.MAC_ARM64, c.MAC_X86_64)]
    install(
        plan,
        {"p/m.so": ARM64, "p/a.h": b"same", "p/l.a": archives[0]},
        {"p/m.so": X86_64, "p/a.h": b"same", "p/l.a": archives[1]},
    )
    assert plan.main_pass is not None
    staging = plan.main_pass.install_prefix
    # What is not CMake's is left alone.
    (staging / "p" / "m.py").write_text("")
    (staging / "p" / "m.so").chmod(0o755)
    join_machines(plan)
    for name in ("m.so", "l.a"):
        binary = read_binary(staging / "p" / name)
        assert binary is not None
        assert binary.machines == {"arm64", "x86_64"}
    assert os.access(staging / "p" / "m.so", os.X_OK)


def test_what_cannot_be_joined(plan: BuildPlan) -> None:
    install(
        plan,
        {"a.h": b"8", "only.txt": b"", "m.so": ARM64},
        {"a.h": b"16", "other.txt": b"", "m.so": ARM64 + b"\0"},
    )
    with pytest.raises(WheelError) as e:
        join_machines(plan)
    assert {str(problem.where): problem.message for problem in e.value.problems} == {
        "only.txt": "was installed for macosx_11_0_arm64, and not for macosx_11_0_x86_64",
        "other.txt": "was installed for macosx_11_0_x86_64, and not for macosx_11_0_arm64",
        "a.h": "differs between macosx_11_0_arm64 and macosx_11_0_x86_64",
        "m.so": "differs between macosx_11_0_arm64 and macosx_11_0_x86_64",
    }
