"""Commands that the guides have for a CI service, run as they are written."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from support.backend import path_of
from support.builds import EXAMPLES, REPOSITORY, run
from support.examples import MINIMAL, copy_example
from support.hosts import Host
from support.projects import edit
from support.wheels import Wheel

GUIDE = (REPOSITORY / "docs" / "how-to" / "cibuildwheel.md").read_text("utf-8")


def test_cross_build_beside_cibuildwheel(
    aarch64: Host, build_python: Path, build_env: Mapping[str, str], tmp_path: Path
) -> None:
    """From the project with a copy of the script to the wheel, tested, with an exact tag."""
    (job,) = (job for job in re.findall(r"```yaml\n(.*?)```", GUIDE, re.S) if "debian:12" in job)
    commands = re.findall(r"^      - run: (.+)$", job, re.MULTILINE)
    wanted = [command for command in commands if not command.startswith("apt-get ")]
    assert len(wanted) == 5
    # Debian 12's pip has the long option only.
    assert " -C " not in job

    project = copy_example(MINIMAL, tmp_path)
    for name in ("cross.toml", "toolchain.cmake"):
        edit(project / f"aarch64.{name}", "../sysroots/", "sysroots/")
    shutil.copy(EXAMPLES / "sysroots" / "host_python.py", project)
    # Unpacked before: it takes its time.
    (project / "sysroots").mkdir()
    (project / "sysroots" / aarch64.triplet).symlink_to(aarch64.sysroot)
    env = {**build_env, "PATH": path_of(build_python.parent)}
    for command in wanted:
        run("sh", "-c", command.replace("my_package", MINIMAL.package), cwd=project, env=env)
    (wheel,) = (project / "wheels").glob("*.whl")
    assert re.fullmatch(r"minimal-1\.2\.3-cp311-cp311-manylinux_2_\d+_aarch64\.whl", wheel.name)
    assert Wheel.read(wheel).machines == {f"minimal/_add_module{aarch64.suffix}": "aarch64"}
