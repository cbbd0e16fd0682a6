"""What is detected in the environments that other tools make, as they were recorded."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
from packaging.version import Version
from support.recordings import ENVIRONMENTS, found, linux, mac, reason, recorded, touch, windows

RECORDER = Path(__file__).parents[3] / "support" / "record_environments.py"


@pytest.mark.parametrize("name", sorted(file.stem for file in ENVIRONMENTS.glob("*.json")))
def test_installed_tools_set_what_was_recorded(name: str) -> None:
    data = json.loads((ENVIRONMENTS / f"{name}.json").read_text("utf-8"))
    recorder = _recorder()
    tool = data["tool"]
    if importlib.util.find_spec(tool.replace("-", "_")) is None:
        pytest.skip(f"{tool} is not installed; recorded from version {data['version']}")
    if Version(importlib.metadata.version(tool)) < Version(data["version"]):
        pytest.skip(f"{tool} is older than {data['version']}, from which this was recorded")
    now = recorder.record(name)
    assert now["environment"] == data["environment"], (
        f"{tool} {now['version']} sets something else than {data['version']}: check the module for"
        f" it in platforms/environments, then run {RECORDER.name}"
    )


def _recorder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("record_environments", RECORDER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(spec.name, module)
    spec.loader.exec_module(module)
    return module


def test_every_recording_is_used() -> None:
    assert set(_recorder().RECORDINGS) == {file.stem for file in ENVIRONMENTS.glob("*.json")}


def test_mac_for_another_architecture(tmp_path: Path) -> None:
    machine = mac(recorded("macos-arm64", tmp_path))
    detected = found(machine)
    assert detected.why == (
        "cross-compiling for macosx_11_0_arm64: ARCHFLAGS=-arch arm64 on x86_64"
    )
    assert detected.options == {
        "CMAKE_SYSTEM_NAME:STRING": ["Darwin"],
        "CMAKE_SYSTEM_PROCESSOR:STRING": ["arm64"],
        "CMAKE_OSX_ARCHITECTURES:STRING": ["arm64"],
        "CMAKE_OSX_DEPLOYMENT_TARGET:STRING": ["11.0"],
    }
    assert detected.env == {
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "SETUPTOOLS_EXT_SUFFIX": ".cpython-311-darwin.so",
    }
    assert detected.keys["soabi"] == "cpython-311-darwin"
    assert detected.pre_build.mac
    assert detected.pre_build.mac.architectures == ("x86_64",)
    assert detected.pre_build.platform_tag == "macosx_11_0_x86_64"
    assert "ARCHFLAGS" not in detected.pre_build.environ
    assert not detected.warnings


def test_mac_the_other_way_round(tmp_path: Path) -> None:
    environ = recorded("macos-x86_64", tmp_path)
    detected = found(mac(environ, architecture="arm64"))
    assert detected.platform_tag == "macosx_10_13_x86_64"
    assert detected.options["CMAKE_OSX_DEPLOYMENT_TARGET:STRING"] == ["10.13"]


@pytest.mark.parametrize(
    ("name", "machine", "tag"),
    [
        ("macos-arm64", "arm64", "macosx_11_0_arm64"),
        ("macos-x86_64", "x86_64", "macosx_10_13_x86_64"),
        ("macos-universal2", "arm64", "macosx_10_13_universal2"),
        ("macos-universal2", "x86_64", "macosx_10_13_universal2"),
    ],
)
def test_mac_is_native_with_its_own_architecture(
    tmp_path: Path, name: str, machine: str, tag: str
) -> None:
    why = reason(mac(recorded(name, tmp_path), machine), "macOS")
    assert why.startswith("ARCHFLAGS=-arch")
    assert why.endswith(f"on {machine}: a native build for {tag}")


def test_mac_with_contradicting_variables(tmp_path: Path) -> None:
    environ = recorded("macos-arm64", tmp_path)
    detected = found(mac({**environ, "_PYTHON_HOST_PLATFORM": "macosx-10.9-x86_64"}))
    assert detected.platform_tag == "macosx_11_0_arm64"
    assert "contradicts ARCHFLAGS=-arch arm64" in detected.warnings[0]
    assert "ARCHFLAGS is not set" in reason(mac({}), "macOS")


def test_windows_for_arm(tmp_path: Path) -> None:
    environ = recorded("windows-arm64", tmp_path)
    root = tmp_path / "pythonarm64" / "tools"
    for library in ("python311.lib", "python3.lib"):
        touch(root / "libs" / library)
    touch(root / "include" / "patchlevel.h")
    detected = found(windows({**environ, "SETUPTOOLS_EXT_SUFFIX": ".cp311-win_arm64.pyd"}))
    assert detected.why.startswith("cross-compiling for win_arm64: ")
    assert detected.why.endswith("extra-setup.cfg says plat_name=win-arm64 on win_amd64")
    assert detected.keys == {
        "os": "windows",
        "implementation": "cp",
        "version": "311",
        "abi": "cp311",
        "generator_platform": "ARM64",
        "sosabi": "",
        "soabi": "cp311-win_arm64",
        "library": root / "libs" / "python311.lib",
        "sabi_library": root / "libs" / "python3.lib",
        "prefix": root,
        "include_dir": root / "include",
    }
    assert detected.options == {
        "CMAKE_SYSTEM_NAME:STRING": ["Windows"],
        "CMAKE_SYSTEM_PROCESSOR:STRING": ["ARM64"],
    }
    assert not detected.warnings


def test_windows_without_libraries(tmp_path: Path) -> None:
    detected = found(windows(recorded("windows-x86", tmp_path)))
    assert detected.platform_tag == "win32"
    assert detected.keys["generator_platform"] == "Win32"
    assert "there is no python311.lib, which would be `library`" in detected.warnings[0]
    assert "there is no python3.lib" in detected.warnings[1]


def test_android(tmp_path: Path) -> None:
    environ = recorded("android-arm64", tmp_path)
    prefix = tmp_path / "python" / "prefix"
    touch(prefix / "include" / "python3.11" / "patchlevel.h")
    touch(prefix / "lib" / "libpython3.11.so")
    detected = found(linux(environ))
    assert detected.why == (
        "cross-compiling for android_24_arm64_v8a: CIBW_HOST_TRIPLET=aarch64-linux-android"
    )
    assert detected.keys == {
        "os": "android",
        "implementation": "cp",
        "version": "311",
        "abi": "cp311",
        "soabi": "cpython-311-aarch64-linux-android",
        "prefix": prefix,
        "include_dir": prefix / "include" / "python3.11",
        "library": prefix / "lib" / "libpython3.11.so",
        "toolchain_file": tmp_path / "toolchain.cmake",
    }
    assert not detected.options
    native = detected.pre_build.environ
    assert not {"CIBW_HOST_TRIPLET", "CC", "CFLAGS", "CMAKE_TOOLCHAIN_FILE"} & set(native)


def test_ios(tmp_path: Path) -> None:
    actual = mac({}, "arm64")
    root = tmp_path / "ios-arm64"
    touch(root / "include" / "python3.11" / "patchlevel.h")
    machine = linux(
        recorded("ios-arm64", tmp_path),
        os="ios",
        architecture="arm64",
        platform_tag="ios_13_0_arm64_iphoneos",
        soabi="cpython-311-iphoneos",
        actual=actual,
        host_variables={"installed_base": str(root)},
    )
    detected = found(machine)
    assert detected.why == (
        "cross-compiling for ios_13_0_arm64_iphoneos: the interpreter says ios_13_0_arm64_iphoneos"
    )
    assert detected.keys["include_dir"] == root / "include" / "python3.11"
    assert detected.options["CMAKE_OSX_SYSROOT:STRING"] == ["iphoneos"]
    assert detected.options["CMAKE_OSX_DEPLOYMENT_TARGET:STRING"] == ["13.0"]
    assert detected.pre_build.platform_tag == actual.platform_tag


def test_pyodide(tmp_path: Path) -> None:
    environ = recorded("pyodide", tmp_path)
    include = Path(environ["PYTHONINCLUDE"])
    touch(include / "patchlevel.h")
    wrappers = environ["COMPILER_WRAPPER_DIR"]
    machine = linux({**environ, "PATH": f"{wrappers}:/usr/bin"}, os="pyodide", actual=linux({}))
    detected = found(machine)
    assert detected.why == (
        "cross-compiling for pyemscripten_2025_0_wasm32: PYODIDE=1,"
        " _PYTHON_HOST_PLATFORM=emscripten_4_0_9_wasm32"
    )
    assert detected.keys == {
        "os": "pyodide",
        "implementation": "cp",
        "version": "313",
        "abi": "cp313",
        "soabi": "cpython-313-wasm32-emscripten",
        "include_dir": include,
        "toolchain_file": Path(environ["CMAKE_TOOLCHAIN_FILE"]),
        "prefix": Path(environ["PYODIDE_ROOT"]),
    }
    assert detected.env == {"SETUPTOOLS_EXT_SUFFIX": ".cpython-313-wasm32-emscripten.so"}
    assert not detected.warnings
    native = detected.pre_build
    assert native.os == "linux"
    assert native.environ["PATH"] == "/usr/bin"
    assert not {"CC", "PYODIDE", "_PYTHON_HOST_PLATFORM"} & set(native.environ)
