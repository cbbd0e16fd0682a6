"""``cross.python``: the host's Python described by pointing at it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.builds import CommandFailed, run
from support.examples import MINIMAL, Builder, copy_example
from support.hosts import Host
from support.wheels import Wheel


def test_a_sysroot_and_a_toolchain_are_all_it_takes(
    host: Host, unisolated_builder: Builder, build_python: Path, tmp_path: Path
) -> None:
    project = copy_example(MINIMAL, tmp_path, host)
    (project / f"{host.name}.cross.toml").write_text(
        f"python = '../sysroots/{host.triplet}'\ntoolchain_file = '{host.name}.toolchain.cmake'\n"
    )
    build = unisolated_builder.build(MINIMAL, project, host)
    wheel = Wheel.read(build.wheel)
    assert wheel.name == f"{MINIMAL.distribution}-{host.tag}.whl"
    assert set(wheel.payload) == MINIMAL.payload(host.suffix)
    assert "patchlevel.h" in build.log
    python = host.make_venv(tmp_path / "venv", build.wheel, build_python)
    code = f"import {MINIMAL.package}.{MINIMAL.extension} as m; print(m.__file__)"
    assert run(python, "-c", code, cwd=tmp_path).strip().endswith(host.suffix)


def test_the_sysroot_of_the_toolchain_file_is_all_it_takes(
    aarch64: Host, unisolated_builder: Builder, tmp_path: Path
) -> None:
    project = copy_example(MINIMAL, tmp_path, aarch64)
    (project / "aarch64.cross.toml").write_text("toolchain_file = 'aarch64.toolchain.cmake'\n")
    build = unisolated_builder.build(MINIMAL, project, aarch64)
    assert build.wheel.name == f"{MINIMAL.distribution}-{aarch64.tag}.whl"
    assert "(from CMAKE_SYSROOT in " in build.log


def test_a_version_that_is_not_that_of_the_python(
    aarch64: Host, unisolated_builder: Builder, tmp_path: Path
) -> None:
    project = copy_example(MINIMAL, tmp_path, aarch64)
    (project / "aarch64.cross.toml").write_text(
        f"python = '../sysroots/{aarch64.triplet}'\nversion = '312'\n"
    )
    with pytest.raises(CommandFailed) as e:
        unisolated_builder.build(MINIMAL, project, aarch64)
    assert "`version` '312' contradicts" in e.value.log
    assert "patchlevel.h, which says '311'" in e.value.log
    assert "Traceback" not in e.value.log
