"""The parts of a cross build one by one, from the command line."""

from __future__ import annotations

from pathlib import Path

from support.builds import run
from support.examples import HOST_TOOLS, build_directories, copy_example, cross_build_directory
from support.hosts import Host
from support.wheels import elf_machine


def test_configure_build_install(aarch64: Host, scripts: Path, tmp_path: Path) -> None:
    project = copy_example(HOST_TOOLS, tmp_path, aarch64)

    def program(*arguments: object) -> str:
        words = (scripts / "py-build-cmake", "--cross", "aarch64.cross.toml", *arguments)
        return run(*words, cwd=project, env={"PWD": str(project)})

    # The native pre-build alone, and then the cross build, which uses its tool.
    for verb in ("configure", "build", "install"):
        program(verb, "--native")
    (native,) = build_directories(project)
    assert native.name == "native-build-0"
    (tool,) = (native.parent / "native-install").rglob("make_table")
    assert elf_machine(tool.read_bytes()) != aarch64.name
    program("configure")
    cross, entries = cross_build_directory(project)
    assert "PY_BUILD_CMAKE_NATIVE_INSTALL_DIR" in entries
    program("build")
    out = tmp_path / "out"
    program("install", "--", "--prefix", out)
    (module,) = out.rglob("*.so")
    assert module.name == f"{HOST_TOOLS.extension}{aarch64.suffix}"
    assert elf_machine(module.read_bytes()) == aarch64.name
    code = f"import sys; sys.path.insert(0, {str(module.parent)!r}); import {HOST_TOOLS.extension}"
    run(aarch64.python, "-c", code)
    # All of it again: nothing is compiled a second time.
    assert "Building" not in program("build", "--all")
    assert program("tags").startswith(f"tag:   {aarch64.tag}\n")
    program("clean", "--yes")
    assert not cross.exists()
