"""``py-build-cmake wheels`` for several real hosts at once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from support.backend import Backend, path_of
from support.builds import make_venv, run
from support.examples import MINIMAL, copy_example
from support.hosts import Host

TARGET = """
[[targets]]
name = "{0.name}"
python = "../sysroots/{0.triplet}"
toolchain_file = "{0.name}.toolchain.cmake"
"""


def test_wheels_for_two_hosts_and_this_machine(
    aarch64: Host, armhf: Host, wheelhouse: Path, build_python: Path, tmp_path: Path
) -> None:
    """They are those of single builds, byte by byte, and work on their hosts."""
    (wheel,) = wheelhouse.glob("*.whl")
    tools = [name for name in ("cmake", "ninja") if not shutil.which(name)]
    python = make_venv(tmp_path / "build", f"{wheel}[cli]", *tools)
    backend = Backend(python, {"PATH": path_of(python.parent)})
    project = copy_example(MINIMAL, tmp_path, aarch64)
    (tmp_path / "sysroots" / armhf.triplet).symlink_to(armhf.sysroot)
    hosts = (aarch64, armhf)
    text = "native = true\n[common]\nnative_build = true\n"
    (project / "wheels.toml").write_text(text + "".join(map(TARGET.format, hosts)))
    log = run(
        *(python.parent / "py-build-cmake", "--directory", project, "wheels", "--json"),
        *("--matrix", project / "wheels.toml", "-o", tmp_path / "many"),
        cwd=tmp_path,
        env=backend.env,
    )
    native, *cross = json.loads(log[log.index("\n[\n") :])
    assert {outcome["verified"] for outcome in (native, *cross)} == {"yes"}
    assert log.count("[1/3] configure for the build machine (native pre-build)") == 1
    shutil.rmtree(project / ".py-build-cmake_cache")
    for host, outcome in zip(hosts, cross):
        made = Path(outcome["wheel"])
        assert made.name == f"{MINIMAL.distribution}-{host.tag}.whl"
        lines = TARGET.format(host).partition("\npython")[2]
        (project / "one.cross.toml").write_text(f"native_build = true\npython{lines}")
        single = backend.build_wheel(project, {"cross": "one.cross.toml"})
        assert made.read_bytes() == single.path.read_bytes()
        interpreter = host.make_venv(tmp_path / host.name, made, build_python)
        code = f"import {MINIMAL.package}.{MINIMAL.extension} as m; print(m.__file__)"
        assert run(interpreter, "-c", code, cwd=tmp_path).strip().endswith(host.suffix)
    single = backend.build_wheel(project)
    assert Path(native["wheel"]).read_bytes() == single.path.read_bytes()
    assert set(single.wheel.machines.values()) == {"x86_64"}
