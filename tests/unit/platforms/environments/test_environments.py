"""Environments at their edges: what contradicts, what is missing, what is not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from support.recordings import found, linux, mac, reason, touch, windows

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.platforms.build_machine import BuildMachine
from py_build_cmake.platforms.environments import registry
from py_build_cmake.platforms.environments.detected import (
    compilers_of_host,
    native_environ,
    pre_build_environ,
)
from py_build_cmake.platforms.environments.registry import detect_cross
from py_build_cmake.platforms.tags import PlatformTag

PYODIDE = {"PYODIDE": "1", "_PYTHON_HOST_PLATFORM": "emscripten_3_1_58_wasm32"}
VARIABLES = "_PYTHON_HOST_PLATFORM and _PYTHON_SYSCONFIGDATA_NAME (Yocto, Buildroot, Nix)"


def problems(machine: BuildMachine) -> list[tuple[str, str]]:
    with pytest.raises(ConfigError) as caught:
        detect_cross(machine)
    return [(problem.where, problem.message) for problem in caught.value.problems]


def test_an_ordinary_environment_asks_for_nothing() -> None:
    detection = detect_cross(linux({}))
    assert detection.found is None
    assert len(detection.reasons) == 8
    assert detection.lines()[0] == "the environment asks for no cross build"
    assert "not Pyodide: PYODIDE is not 1" in detection.lines()


def test_every_module_is_registered_and_its_function_is_there() -> None:
    folder = Path(registry.__file__).parent
    modules = {path.stem for path in folder.glob("*.py") if "\ndef detect(" in path.read_text()}
    assert sorted(e.module for e in registry.ENVIRONMENTS) == sorted(modules)
    assert len({environment.name for environment in registry.ENVIRONMENTS}) == len(modules)


def test_what_was_found_is_explained() -> None:
    lines = detect_cross(linux({"_PYTHON_HOST_PLATFORM": "linux-aarch64"})).lines()
    assert lines[0] == (
        f"{VARIABLES}: cross-compiling for linux_aarch64:"
        " _PYTHON_HOST_PLATFORM=linux-aarch64 on linux_x86_64"
    )
    assert len(lines) == 8


class TestPyodide:
    def test_old_variables(self, tmp_path: Path) -> None:
        environ = {
            **PYODIDE,
            "PYVERSION": "3.12.1",
            "SETUPTOOLS_EXT_SUFFIX": ".cpython-312-wasm32-emscripten.so",
            "CMAKE_TOOLCHAIN_FILE": str(touch(tmp_path / "Emscripten.cmake")),
        }
        detected = found(linux(environ))
        assert detected.platform_tag == "emscripten_3_1_58_wasm32"
        assert detected.keys["version"] == "312"
        assert detected.keys["toolchain_file"] == tmp_path / "Emscripten.cmake"
        conan = found(linux({**environ, "_PY_BUILD_CMAKE_PYODIDE_NO_TOOLCHAIN_FILE": "1"}))
        assert "toolchain_file" not in conan.keys
        assert not conan.warnings

    @pytest.mark.parametrize(
        ("legacy", "tag"),
        [
            (None, "pyodide_2025_0_wasm32"),
            ("1", "pyodide_2025_0_wasm32"),
            ("0", "pyemscripten_2025_0_wasm32"),
        ],
    )
    def test_tags_of_pep_783(self, legacy: str | None, tag: str) -> None:
        environ = {**PYODIDE, "PYODIDE_ABI_VERSION": "2025_0", "PYVERSION": "3.13.2"}
        if legacy is not None:
            environ["USE_LEGACY_PLATFORM"] = legacy
        assert found(linux(environ)).platform_tag == tag

    def test_what_is_missing_is_said(self) -> None:
        detected = found(linux(PYODIDE))
        assert detected.keys["version"] == "311"
        assert any("PYVERSION is not set; taking 3.11" in w for w in detected.warnings)
        assert any("CMAKE_TOOLCHAIN_FILE is not set" in w for w in detected.warnings)

    def test_all_contradictions_at_once(self) -> None:
        environ = {
            "PYODIDE": "1",
            "_PYTHON_HOST_PLATFORM": "linux-x86_64",
            "PYVERSION": "three",
            "SETUPTOOLS_EXT_SUFFIX": ".cpython-311-x86_64-linux-gnu.so",
        }
        assert [where.rpartition(" ")[2] for where, _ in problems(linux(environ))] == [
            "_PYTHON_HOST_PLATFORM",
            "PYVERSION",
            "SETUPTOOLS_EXT_SUFFIX",
        ]
        assert problems(linux({"PYODIDE": "1"}))[0][1] == "is not set, and PYODIDE is 1"


class TestAndroid:
    ENVIRON: Mapping[str, str] = {"CIBW_HOST_TRIPLET": "x86_64-linux-android"}

    def test_the_interpreter_knows_best(self, tmp_path: Path) -> None:
        machine = linux(
            {"ANDROID_API_LEVEL": "21"},
            os="android",
            platform_tag="android_24_x86_64",
            soabi="cpython-311-x86_64-linux-android",
            actual=linux({}),
            host_variables={"installed_base": str(tmp_path)},
        )
        detected = found(machine)
        assert detected.why.endswith("the interpreter says android_24_x86_64")
        assert detected.keys["prefix"] == tmp_path
        assert detected.options["CMAKE_SYSTEM_NAME:STRING"] == ["Android"]
        assert detected.options["CMAKE_SYSTEM_PROCESSOR:STRING"] == ["x86_64"]
        assert detected.pre_build.os == "linux"

    def test_mistakes(self) -> None:
        assert problems(linux(self.ENVIRON))[0] == (
            "environment variable ANDROID_API_LEVEL",
            "is not set",
        )
        assert "'?'" in problems(linux({**self.ENVIRON, "ANDROID_API_LEVEL": "?"}))[0][1]
        odd = {"CIBW_HOST_TRIPLET": "mips-linux-android", "ANDROID_API_LEVEL": "24"}
        assert "not a triplet" in problems(linux(odd))[0][1]

    def test_a_python_on_android_builds_natively(self) -> None:
        machine = linux({}, os="android", platform_tag="android_24_arm64_v8a")
        assert "neither" in reason(machine, "Android")


class TestIos:
    def build(self, **environ: str) -> BuildMachine:
        tag = "ios_13_0_arm64_iphonesimulator"
        return linux(environ, os="ios", platform_tag=tag, actual=mac({}, "arm64"))

    def test_a_newer_target_is_in_the_tag(self) -> None:
        detected = found(self.build(IPHONEOS_DEPLOYMENT_TARGET="15.4"))
        assert detected.platform_tag == "ios_15_4_arm64_iphonesimulator"
        assert detected.options["CMAKE_OSX_DEPLOYMENT_TARGET:STRING"] == ["15.4"]
        assert detected.env == {"IPHONEOS_DEPLOYMENT_TARGET": "15.4"}
        # Python itself needs 13.0.
        older = found(self.build(IPHONEOS_DEPLOYMENT_TARGET="12"))
        assert older.platform_tag == "ios_13_0_arm64_iphonesimulator"

    def test_mistakes(self) -> None:
        where, message = problems(self.build(IPHONEOS_DEPLOYMENT_TARGET="new"))[0]
        assert where == "environment variable IPHONEOS_DEPLOYMENT_TARGET"
        assert message == "'new' is not a version of iOS"


class TestWindows:
    def test_the_command_prompt_alone(self) -> None:
        detected = found(windows({"VSCMD_ARG_TGT_ARCH": "arm64"}))
        assert detected.why == (
            "cross-compiling for win_arm64: VSCMD_ARG_TGT_ARCH=arm64 on win_amd64"
        )
        assert "there is no library_dirs" in detected.warnings[0]
        assert detected.keys["soabi"] == "cp311-win_arm64"
        native = reason(windows({"VSCMD_ARG_TGT_ARCH": "x64"}), "Windows")
        assert native.endswith("which is what the Python that runs the build is for")
        assert "no plat_name" in reason(windows({}), "Windows")

    def test_a_command_prompt_for_another_machine(self, tmp_path: Path) -> None:
        file = touch(tmp_path / "s.cfg", "[build]\nplat_name = win-arm64\n")
        environ = {"DIST_EXTRA_CONFIG": str(file), "VSCMD_ARG_TGT_ARCH": "x64"}
        detected = found(windows(environ))
        assert detected.platform_tag == "win_arm64"
        assert "VSCMD_ARG_TGT_ARCH=x64: the compiler on PATH" in detected.warnings[-1]

    def test_several_directories_and_a_free_threaded_debug_python(self, tmp_path: Path) -> None:
        libs = tmp_path / "root" / "libs"
        touch(libs / "python313t_d.lib")
        file = touch(
            tmp_path / "s.cfg",
            f"[build_ext]\nplat_name=win-arm64\nlibrary_dirs={tmp_path};{libs}\n",
        )
        machine = replace(
            windows({"DIST_EXTRA_CONFIG": str(file)}),
            version="313",
            abi_flags="td",
            abi_tag="cp313td",
        )
        detected = found(machine)
        assert detected.keys["library"] == libs / "python313t_d.lib"
        assert detected.keys["soabi"] == "cp313t-win_arm64"
        assert "python3t_d.lib" in detected.warnings[0]

    def test_mistakes(self, tmp_path: Path) -> None:
        missing = problems(windows({"DIST_EXTRA_CONFIG": str(tmp_path / "none")}))
        assert "cannot be read" in missing[0][1]
        broken = touch(tmp_path / "broken.cfg", "plat_name\n")
        assert "no setuptools" in problems(windows({"DIST_EXTRA_CONFIG": str(broken)}))[0][1]
        odd = touch(tmp_path / "odd.cfg", "[build_ext]\nplat_name=win-ia64\n")
        where, message = problems(windows({"DIST_EXTRA_CONFIG": str(odd)}))[0]
        assert message == "'win-ia64' is not a platform of Windows"
        assert where.endswith("`plat_name`")


class TestVariables:
    """Yocto, Buildroot, Nix."""

    def module(self, directory: Path, soabi: str = "cpython-312-aarch64-linux-gnu") -> Path:
        return touch(
            directory / "_sysconfigdata_x.py",
            f"build_time_vars = {{'SOABI': '{soabi}', 'EXT_SUFFIX': '.{soabi}.so',"
            " 'VERSION': '3.12', 'INCLUDEPY': '/usr/include/python3.12'}\n",
        )

    def environ(self, path: Path, **more: str) -> dict[str, str]:
        return {
            "_PYTHON_SYSCONFIGDATA_NAME": "_sysconfigdata_x",
            "PYTHONPATH": str(path),
            **more,
        }

    def test_the_module_says_everything(self, tmp_path: Path) -> None:
        include = tmp_path / "usr" / "include" / "python3.12"
        touch(include / "patchlevel.h")
        path = self.module(tmp_path / "usr" / "lib" / "python3.12").parent
        environ = self.environ(path, BUILD_CC="gcc", CC="aarch64-gcc", CFLAGS="-mcpu=a53")
        detected = found(linux(environ))
        assert detected.keys == {
            "os": "linux",
            "implementation": "cp",
            "version": "312",
            "soabi": "cpython-312-aarch64-linux-gnu",
            "abi": "cp312",
            "include_dir": include,
            "prefix": tmp_path / "usr",
        }
        assert detected.platform_tag == "linux_aarch64"
        assert detected.options["CMAKE_SYSTEM_PROCESSOR:STRING"] == ["aarch64"]
        assert any("soabi" in note and "_sysconfigdata_x.py" in note for note in detected.notes)
        assert detected.pre_build.environ["CC"] == "gcc"
        assert "CFLAGS" not in detected.pre_build.environ

    def test_yocto_keeps_it_beside_the_library(self, tmp_path: Path) -> None:
        touch(tmp_path / "usr" / "include" / "python3.12" / "patchlevel.h")
        path = self.module(tmp_path / "usr" / "lib" / "python-sysconfigdata").parent
        assert found(linux(self.environ(path))).keys["prefix"] == tmp_path / "usr"

    def test_other_places(self, tmp_path: Path) -> None:
        module = self.module(tmp_path / "project" / "build" / "lib.linux-aarch64-3.12")
        environ = self.environ(tmp_path, _PYTHON_PROJECT_BASE=str(tmp_path / "project"))
        touch(tmp_path / "staging" / "include" / "python3.12" / "patchlevel.h")
        environ["STAGING_INCDIR"] = str(tmp_path / "staging" / "include")
        detected = found(linux(environ))
        assert str(module) in detected.notes[0]
        assert detected.keys["prefix"] == tmp_path / "staging"

    def test_headers_of_the_build_machine_are_not_taken(self, tmp_path: Path) -> None:
        path = self.module(tmp_path / "a" / "b" / "c").parent
        detected = found(linux(self.environ(path)))
        assert "include_dir" not in detected.keys
        assert "headers of the host system's Python" in detected.warnings[0]

    def test_a_toolchain_file_describes_the_system(self, tmp_path: Path) -> None:
        file = touch(tmp_path / "OEToolchainConfig.cmake")
        environ = self.environ(self.module(tmp_path).parent, CMAKE_TOOLCHAIN_FILE=str(file))
        detected = found(linux(environ))
        assert detected.keys["toolchain_file"] == file
        assert not detected.options
        missing = found(linux({**environ, "CMAKE_TOOLCHAIN_FILE": "/none"}))
        assert "there is no /none" in missing.warnings[-1]

    def test_a_toolchain_file_alone_says_nothing(self) -> None:
        why = reason(linux({"CMAKE_TOOLCHAIN_FILE": "/vcpkg.cmake"}), VARIABLES)
        assert "CMAKE_TOOLCHAIN_FILE alone does not say" in why

    def test_natively(self, tmp_path: Path) -> None:
        path = self.module(tmp_path, "cpython-311-x86_64-linux-gnu").parent
        assert "the build machine itself" in reason(linux(self.environ(path)), VARIABLES)
        own = linux({"_PYTHON_SYSCONFIGDATA_NAME": "_own"}, sysconfigdata="_own")
        assert "does not say which platform" in reason(own, VARIABLES)
        on_mac = mac({"_PYTHON_HOST_PLATFORM": "macosx-11.0-arm64"}, "arm64")
        assert "other variables" in reason(on_mac, VARIABLES)

    def test_mistakes(self, tmp_path: Path) -> None:
        where, message = problems(linux(self.environ(tmp_path)))[0]
        assert where == "environment variable _PYTHON_SYSCONFIGDATA_NAME"
        assert "there is no _sysconfigdata_x.py on PYTHONPATH" in message
        path = self.module(tmp_path).parent
        both = self.environ(path, _PYTHON_HOST_PLATFORM="linux-riscv64")
        assert "is 'linux-riscv64'" in problems(linux(both))[0][1]

    def test_names_of_arm(self, tmp_path: Path) -> None:
        path = self.module(tmp_path, "cpython-312-arm-linux-gnueabihf").parent
        environ = self.environ(path, _PYTHON_HOST_PLATFORM="linux-armv6l")
        assert found(linux(environ)).platform_tag == "linux_armv6l"


class TestCrossenv:
    def build(self, tmp_path: Path, **environ: str) -> BuildMachine:
        include = touch(tmp_path / "include" / "patchlevel.h").parent
        return linux(
            environ,
            architecture="aarch64",
            platform_tag="linux_aarch64",
            soabi="cpython-311-aarch64-linux-gnu",
            include_dir=include,
            actual=linux({}, executable=Path("/build/python")),
            host_variables={"CC": "aarch64-gcc", "CXX": "aarch64-g++"},
        )

    def test_the_interpreter_says_it(self, tmp_path: Path) -> None:
        detected = found(self.build(tmp_path, CXX="mine"))
        assert detected.why == (
            "cross-compiling for linux_aarch64: the interpreter says linux_aarch64 on linux_x86_64"
        )
        assert detected.env == {"CC": "aarch64-gcc"}
        assert detected.keys["include_dir"] == tmp_path / "include"
        assert detected.pre_build.executable == Path("/build/python")

    def test_a_toolchain_file(self, tmp_path: Path) -> None:
        file = touch(tmp_path / "t.cmake")
        detected = found(self.build(tmp_path, CMAKE_TOOLCHAIN_FILE=str(file)))
        assert not detected.options
        assert not detected.env

    def test_for_the_same_system(self) -> None:
        machine = linux({}, actual=linux({}))
        assert "as the build machine is" in reason(machine, "crossenv")


def test_an_environment_for_the_build_system() -> None:
    environ = {
        "CC": "cross",
        "CC_FOR_BUILD": "native",
        "CXX": "cross++",
        "HOSTCXX": "native++",
        "AR": "cross-ar",
        "LIB": "cross",
        "LIB_FOR_BUILD": "native",
        "CFLAGS": "-cross",
        "MAKEFLAGS": "-j2",
        "PYTHONPATH": "/p",
        "_PYTHON_HOST_PLATFORM": "x",
        "HOME": "/h",
    }
    native = native_environ(environ)
    names = ("CC", "CXX", "AR", "LIB", "CFLAGS", "MAKEFLAGS", "PYTHONPATH", "HOME")
    assert [native.get(name) for name in names] == [
        *("native", "native++", None, "native", None, "-j2", None, "/h"),
    ]
    assert native_environ(environ, python_path=True)["PYTHONPATH"] == "/p"
    assert not [name for name in native if name.startswith("_PYTHON")]


def test_the_environment_of_an_sdk_beside_a_cross_file() -> None:
    environ = {
        "CC": "aarch64-poky-linux-gcc --sysroot=/sdk",
        "CXX": "aarch64-poky-linux-g++",
        "CXX_FOR_BUILD": "clang++",
        "CFLAGS": "-mcpu=cortex-a53",
        "CXXFLAGS": "-mcpu=cortex-a53",
        "CXXFLAGS_FOR_BUILD": "-O1",
        "BUILD_LDFLAGS": "-L/native",
        "PKG_CONFIG_PATH": "/sdk/usr/lib/pkgconfig",
        "PKG_CONFIG_PATH_FOR_BUILD": "/native/lib/pkgconfig",
        "PKG_CONFIG_SYSROOT_DIR": "/sdk",
        "CMAKE_GENERATOR": "Ninja",
        "CMAKE_PREFIX_PATH": "/opt/tools",
        "PYTHONPATH": "/p",
        "CPATH": "/opt/include",
    }
    native = pre_build_environ(environ)
    names = ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "PKG_CONFIG_PATH")
    assert [native.get(name) for name in names] == [
        *(None, "clang++", None, "-O1", "-L/native", "/native/lib/pkgconfig"),
    ]
    kept = ("CMAKE_GENERATOR", "CMAKE_PREFIX_PATH", "PYTHONPATH", "CPATH")
    assert all(native[name] == environ[name] for name in kept)
    assert "PKG_CONFIG_SYSROOT_DIR" not in native
    assert compilers_of_host(environ) == ["CC", "CFLAGS"]
    del environ["PKG_CONFIG_SYSROOT_DIR"], environ["PKG_CONFIG_PATH_FOR_BUILD"]
    assert pre_build_environ(environ)["PKG_CONFIG_PATH"] == "/sdk/usr/lib/pkgconfig"


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("linux_aarch64", ("Linux", "aarch64")),
        ("musllinux_1_2_x86_64", ("Linux", "x86_64")),
        ("macosx_11_0_arm64", ("Darwin", "arm64")),
        ("win_amd64", ("Windows", "AMD64")),
        ("win32", ("Windows", "x86")),
        ("freebsd_14_0_release_amd64", ("FreeBSD", "amd64")),
        ("haiku_1_x86_64", ("haiku", "x86_64")),
    ],
)
def test_names_that_cmake_has(tag: str, expected: tuple[str, str]) -> None:
    assert PlatformTag.parse(tag).cmake_system == expected
