"""Headers of Python for macOS, made from those of the Python that runs the build."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from support.configs import cmake_config, cmake_plan, cross_config
from support.machines import LINUX_CP311

from py_build_cmake.cmake.find_python import header_files
from py_build_cmake.platforms.host import HostPlatform
from py_build_cmake.platforms.mac_headers import mac_pyconfig
from py_build_cmake.platforms.python_files import header_defines

HOST = HostPlatform("cp", "313", "cp313", ("macosx_11_0_arm64",), is_cross=True)
ORIGINAL = """\
#define HAVE_EPOLL 1
/* #undef HAVE_KQUEUE */
#  define HAVE_UNISTD_H 1
#define SIZEOF_LONG_DOUBLE 16
#define THREAD_STACK_SIZE 0
/* # undef _POSIX_SOURCE */
"""


def test_what_macos_has_of_what_the_version_knows(tmp_path: Path) -> None:
    header = tmp_path / "pyconfig.h"
    text = mac_pyconfig(ORIGINAL, HOST)
    header.write_text(text)
    defines = header_defines(header)
    assert defines["HAVE_KQUEUE"] == "1"
    assert defines["HAVE_UNISTD_H"] == "1"
    assert defines["THREAD_STACK_SIZE"] == "0x1000000"
    assert not {"HAVE_EPOLL", "HAVE_PTHREAD_H", "Py_GIL_DISABLED"} & defines.keys()
    assert "#  define SIZEOF_LONG_DOUBLE 8" in text
    for name in ("LONG_DOUBLE", "WCHAR_T", "TIME_T", "PTHREAD_T"):
        assert f"PY_BUILD_CMAKE_CHECK(SIZEOF_{name}, sizeof(" in text
    assert "@" not in text


def test_free_threaded() -> None:
    assert "#define Py_GIL_DISABLED 1\n" in mac_pyconfig("", replace(HOST, abi_tag="cp313t"))


def test_files_of_a_cross_build(tmp_path: Path) -> None:
    (tmp_path / "patchlevel.h").write_text("#define PY_VERSION_HEX 0\n")
    (tmp_path / "pyconfig.h").write_text("#define SIZEOF_VOID_P 8\n")
    machine = replace(LINUX_CP311, include_dir=tmp_path)
    cross = cross_config(python="build", include_dir=Path("/b/include"), arch="macosx_11_0_arm64")
    plan, main_pass = cmake_plan(cmake_config(), machine, cross=cross)[:2]
    host = replace(main_pass.host, platform_tags=("macosx_11_0_arm64",))
    files = header_files(plan, replace(main_pass, host=host))
    assert set(files) == {Path("/b/include/patchlevel.h"), Path("/b/include/pyconfig.h")}
    assert "for macOS" in files[Path("/b/include/pyconfig.h")]
