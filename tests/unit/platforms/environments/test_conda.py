"""The environments of conda-build, rattler-build and pixi."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from support.recordings import found, linux, mac, reason, touch, windows

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.platforms.build_machine import BuildMachine
from py_build_cmake.platforms.environments.cmake_args import cmake_args
from py_build_cmake.platforms.environments.conda import toolchain_options
from py_build_cmake.platforms.environments.registry import detect_cross

NAME = "conda-build, rattler-build, pixi"
CONDA = {"CONDA_BUILD": "1", "CONDA_BUILD_STATE": "BUILD", "build_platform": "linux-64"}


def sysconfigdata(soabi: str, version: str = "3.12", **more: object) -> str:
    variables = {"SOABI": soabi, "EXT_SUFFIX": f".{soabi}.so", "VERSION": version, **more}
    return f"build_time_vars = {variables!r}\n"


def prefix(
    directory: Path, soabi: str, name: str = "_sysconfigdata_aarch64_conda_cos7_linux_gnu"
) -> Path:
    root = directory / "prefix"
    touch(root / "lib" / "python3.12" / f"{name}.py", sysconfigdata(soabi))
    touch(root / "include" / "python3.12" / "Python.h")
    return root


def environ(root: Path, host: str = "linux-aarch64", **more: str) -> dict[str, str]:
    return {
        **CONDA,
        "host_platform": host,
        "target_platform": host,
        "PREFIX": str(root),
        "PY_VER": "3.12",
        "STDLIB_DIR": str(root / "lib" / "python3.12"),
        "CONDA_BUILD_CROSS_COMPILATION": "1",
        **more,
    }


def problem(machine: BuildMachine) -> tuple[str, str]:
    with pytest.raises(ConfigError) as caught:
        detect_cross(machine)
    (only,) = caught.value.problems
    return only.where, only.message


def test_linux(tmp_path: Path) -> None:
    root = prefix(tmp_path, "cpython-312-aarch64-linux-gnu")
    # What compiled that Python has a module as well.
    touch(
        root / "lib" / "python3.12" / "_sysconfigdata__linux_x86_64-linux-gnu.py",
        sysconfigdata("cpython-312-x86_64-linux-gnu"),
    )
    args = (
        f"-DCMAKE_FIND_ROOT_PATH={root};/sysroot -DCMAKE_SYSTEM_NAME=Linux"
        " -DCMAKE_INSTALL_PREFIX=/p -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=Release"
        " -DCMAKE_AR:FILEPATH=/ar -DOTHER=1"
    )
    detected = found(linux(environ(root, CMAKE_ARGS=args, CC="cross", CC_FOR_BUILD="native")))
    assert detected.why == (
        "cross-compiling for linux_aarch64: host_platform=linux-aarch64, build_platform=linux-64"
    )
    assert detected.keys == {
        "os": "linux",
        "implementation": "cp",
        "version": "312",
        "soabi": "cpython-312-aarch64-linux-gnu",
        "abi": "cp312",
        "include_dir": root / "include" / "python3.12",
        "prefix": root,
    }
    assert detected.options == {
        "CMAKE_FIND_ROOT_PATH": [str(root), "/sysroot"],
        "CMAKE_SYSTEM_NAME": ["Linux"],
        "CMAKE_AR": ["/ar"],
        "CMAKE_SYSTEM_PROCESSOR": ["aarch64"],
    }
    native = detected.pre_build.environ
    assert native["CC"] == "native"
    assert "CMAKE_ARGS" not in native
    assert detected.pre_build.platform_tag == "linux_x86_64"
    assert "conda_cos7" in detected.notes[0]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, "neither CONDA_BUILD is 1"),
        ({"CONDA_BUILD_STATE": "TEST", "CONDA_BUILD": "1"}, "is TEST"),
        ({"CONDA_BUILD": "1"}, "host_platform is not set"),
        ({"CONDA_BUILD": "1", "target_platform": "noarch"}, "host_platform is not set"),
        (
            # Packages without a platform have this natively, too.
            {**CONDA, "host_platform": "linux-64", "CONDA_BUILD_CROSS_COMPILATION": "1"},
            "host_platform=linux-64, build_platform=linux-64: a native build",
        ),
        (
            {"CONDA_BUILD_STATE": "BUILD", "target_platform": "linux-64"},
            "host_platform=linux-64, build_platform=linux-64: a native build",
        ),
    ],
)
def test_native(more: Mapping[str, str], why: str) -> None:
    assert why in reason(linux(more), NAME)


def test_a_native_build_of_conda_is_native_whatever_else_is_set() -> None:
    machine = linux(
        {**CONDA, "host_platform": "linux-64", "_PYTHON_HOST_PLATFORM": "linux-aarch64"}
    )
    assert detect_cross(machine).found is None


def test_a_package_without_platform_for_another_one(tmp_path: Path) -> None:
    root = prefix(tmp_path, "cpython-312-aarch64-linux-gnu")
    detected = found(linux(environ(root, target_platform="noarch")))
    assert detected.platform_tag == "linux_aarch64"


def test_without_arguments_the_prefix_is_searched(tmp_path: Path) -> None:
    root = prefix(tmp_path, "cpython-312-aarch64-linux-gnu")
    detected = found(linux(environ(root)))
    assert detected.options == {
        "CMAKE_FIND_ROOT_PATH": [str(root)],
        "CMAKE_FIND_ROOT_PATH_MODE_PROGRAM": ["NEVER"],
        "CMAKE_SYSTEM_NAME": ["Linux"],
        "CMAKE_SYSTEM_PROCESSOR": ["aarch64"],
    }


def test_mac(tmp_path: Path) -> None:
    name = "_sysconfigdata_arm64_apple_darwin20_0_0"
    root = prefix(tmp_path, "cpython-312-darwin", name)
    args = "-DCMAKE_OSX_DEPLOYMENT_TARGET=10.9 -DCMAKE_SYSTEM_PROCESSOR=arm64"
    given = environ(
        *(root, "osx-arm64"),
        build_platform="osx-64",
        MACOSX_DEPLOYMENT_TARGET="11.0",
        CMAKE_ARGS=args,
    )
    detected = found(mac(given))
    assert detected.platform_tag == "macosx_11_0_arm64"
    assert detected.options["CMAKE_OSX_DEPLOYMENT_TARGET"] == ["11.0"]
    assert detected.options["CMAKE_OSX_ARCHITECTURES"] == ["arm64"]
    assert detected.options["CMAKE_SYSTEM_NAME"] == ["Darwin"]
    assert detected.env == {"MACOSX_DEPLOYMENT_TARGET": "11.0"}
    assert detected.pre_build.platform_tag == "macosx_11_0_x86_64"
    assert detected.pre_build.architecture == "x86_64"
    odd = {**given, "MACOSX_DEPLOYMENT_TARGET": "big sur"}
    assert problem(mac(odd))[1] == "'big sur' is not a version of macOS"


def test_mac_takes_the_version_that_python_has(tmp_path: Path) -> None:
    root = tmp_path / "prefix"
    touch(
        root / "lib" / "python3.12" / "_sysconfigdata_arm64_apple_darwin20_0_0.py",
        sysconfigdata("cpython-312-darwin", MACOSX_DEPLOYMENT_TARGET="12.3"),
    )
    detected = found(mac(environ(root, "osx-arm64", build_platform="osx-64")))
    assert detected.platform_tag == "macosx_12_0_arm64"
    assert detected.options["CMAKE_OSX_DEPLOYMENT_TARGET"] == ["12.3"]
    assert "there is no" in detected.warnings[0]


def test_windows(tmp_path: Path) -> None:
    root = tmp_path / "prefix"
    for library in ("python312.lib", "python3.lib"):
        touch(root / "libs" / library)
    touch(root / "include" / "Python.h")
    given = environ(root, "win-arm64", build_platform="win-64")
    given["CMAKE_ARGS"] = "-DCMAKE_SYSTEM_NAME=Windows -DPython_FIND_REGISTRY=NEVER -DCMAKE_X=C:\\y"
    detected = found(windows(given))
    assert detected.platform_tag == "win_arm64"
    assert detected.keys == {
        "os": "windows",
        "implementation": "cp",
        "version": "312",
        "abi": "cp312",
        "soabi": "cp312-win_arm64",
        "sosabi": "",
        "library": root / "libs" / "python312.lib",
        "sabi_library": root / "libs" / "python3.lib",
        "prefix": root,
        "include_dir": root / "include",
    }
    assert detected.options["Python_FIND_REGISTRY"] == ["NEVER"]
    assert detected.options["CMAKE_X"] == ["C:\\y"]
    assert detected.options["CMAKE_SYSTEM_PROCESSOR"] == ["ARM64"]
    assert detected.pre_build.architecture == "AMD64"
    touch(root / "libs" / "python312t.lib")
    assert found(windows(given)).keys["abi"] == "cp312t"


def test_windows_without_python(tmp_path: Path) -> None:
    given = environ(tmp_path, "win-arm64", build_platform="win-64")
    assert "python is missing from the host requirements" in problem(windows(given))[1]
    del given["PY_VER"]
    assert problem(windows(given)) == ("environment variable PY_VER", "is not set")


def test_a_free_threaded_python_with_build_details(tmp_path: Path) -> None:
    root = tmp_path / "prefix"
    details = """{"schema_version": "1.0", "base_prefix": "/x", "platform": "linux-aarch64",
        "language": {"version": "3.14"}, "implementation": {"name": "cpython"},
        "abi": {"flags": ["t"], "extension_suffix": ".cpython-314t-aarch64-linux-gnu.so"}}"""
    touch(root / "lib" / "python3.14t" / "build-details.json", details)
    touch(root / "include" / "python3.14t" / "Python.h")
    given = environ(root, PY_VER="3.14", STDLIB_DIR="")
    detected = found(linux(given))
    assert detected.keys["abi"] == "cp314t"
    assert detected.keys["include_dir"] == root / "include" / "python3.14t"


def test_the_version_is_found_if_it_is_not_said(tmp_path: Path) -> None:
    root = prefix(tmp_path, "cpython-312-aarch64-linux-gnu")
    assert found(linux(environ(root, PY_VER="", STDLIB_DIR=""))).keys["version"] == "312"


def test_an_interpreter_that_claims_to_be_the_host(tmp_path: Path) -> None:
    root = prefix(tmp_path, "cpython-312-aarch64-linux-gnu")
    build_prefix = tmp_path / "build"
    python = touch(build_prefix / "bin" / "python3.11")
    touch(build_prefix / "include" / "python3.11" / "Python.h")
    machine = linux(
        environ(root, BUILD_PREFIX=str(build_prefix)),
        architecture="aarch64",
        platform_tag="linux_aarch64",
        soabi="cpython-311-aarch64-linux-gnu",
        actual=linux({}),
    )
    native = found(machine).pre_build
    assert (native.architecture, native.platform_tag) == ("x86_64", "linux_x86_64")
    assert native.soabi == "cpython-311-x86_64-linux-gnu"
    assert native.executable == python
    assert native.prefixes[0] == build_prefix
    assert native.include_dir == build_prefix / "include" / "python3.11"


def test_mistakes(tmp_path: Path) -> None:
    root = prefix(tmp_path, "cpython-312-x86_64-linux-gnu")
    where, message = problem(linux(environ(root)))
    assert where == "environment variable PREFIX"
    assert "is for cpython-312-x86_64-linux-gnu, not for Python 3.12 on linux-aarch64" in message
    empty = environ(tmp_path / "empty")
    assert "python is missing from the host requirements" in problem(linux(empty))[1]
    assert "'wasi-wasm32' is not a platform" in problem(linux(environ(root, "wasi-wasm32")))[1]
    nowhere = environ(root)
    del nowhere["PREFIX"]
    assert problem(linux(nowhere))[1] == "is not set, and host_platform is linux-aarch64"
    good = prefix(tmp_path / "good", "cpython-312-aarch64-linux-gnu")
    where, message = problem(linux(environ(good, CMAKE_ARGS="-D'")))
    assert where == "environment variable CMAKE_ARGS"
    other = environ(good, PY_VER="3.13", STDLIB_DIR=str(good / "lib" / "python3.12"))
    assert "not for Python 3.13" in problem(linux(other))[1]


@pytest.mark.parametrize(
    "name", ["_sysconfigdata_x86_64_apple_darwin13_4_0", "_sysconfigdata__linux_x86_64-linux-gnu"]
)
def test_the_python_of_another_mac(tmp_path: Path, name: str) -> None:
    soabi = "cpython-312-darwin" if "apple" in name else "cpython-312-x86_64-linux-gnu"
    root = prefix(tmp_path, soabi, name)
    assert "on osx-arm64" in problem(mac(environ(root, "osx-arm64", build_platform="osx-64")))[1]


def test_arguments_in_two_words() -> None:
    text = "-D CMAKE_AR=/a -D 'CMAKE_C_FLAGS=-O2 -g' -GNinja -DCMAKE_INSTALL_NAME_TOOL=/i"
    assert toolchain_options(cmake_args({"CMAKE_ARGS": text}, windows=False)) == {
        "CMAKE_AR": ["/a"],
        "CMAKE_C_FLAGS": ["-O2 -g"],
        "CMAKE_INSTALL_NAME_TOOL": ["/i"],
    }


def test_a_native_build_by_a_python_of_another_version() -> None:
    native = {"CONDA_BUILD": "1", "host_platform": "linux-64", "build_platform": "linux-64"}
    where, message = problem(linux({**native, "PY_VER": "3.12"}))
    assert where == "environment variable PY_VER"
    assert "is 3.12, and the build is run by Python 3.11" in message
    assert "a native build" in reason(linux({**native, "PY_VER": "3.11"}), NAME)
