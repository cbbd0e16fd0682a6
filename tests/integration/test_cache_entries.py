"""What CMake is told natively: cache entries, environment variables, and that they work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable

import pytest
from support.backend import Backend
from support.builds import run
from support.projects import CROSS, LOCAL, write
from support.wheels import Wheel

Package = Callable[[str], Path]

# Asked of the interpreter that runs the backend.
_QUESTION = """
import json, platform, sys, sysconfig
suffix = sysconfig.get_config_var("EXT_SUFFIX")
prefixes = [sys.exec_prefix, sys.prefix, sys.base_exec_prefix, sys.base_prefix]
print(json.dumps({
    "executable": sys.executable,
    "version": platform.python_version(),
    "version_info": list(sys.version_info),
    "prefixes": list(dict.fromkeys(prefixes)),
    "include": sysconfig.get_path("platinclude"),
    "soabi": suffix[1:].rpartition(".")[0],
    "platform": sysconfig.get_platform().replace("-", "_").replace(".", "_"),
}))
"""


@pytest.fixture(scope="module")
def python(backend: Backend) -> dict[str, Any]:
    """What the interpreter that runs the backend says of itself."""
    told: dict[str, Any] = json.loads(run(backend.python, "-c", _QUESTION))
    return told


def _dumped(wheel: Wheel) -> dict[str, tuple[str, str]]:
    """Return type and value of the cache entries."""
    return {
        name[len("dump/cache/") :]: (
            wheel.files[name.replace("/cache/", "/type/")].decode(),
            data.decode(),
        )
        for name, data in wheel.files.items()
        if name.startswith("dump/cache/")
    }


def _check(entries: Mapping[str, tuple[str, str]], expected: Mapping[str, str], kind: str) -> None:
    found = {name: entries.get(name) for name in expected}
    assert found == {name: (kind, value) for name, value in expected.items()}


def _interpreter_entries(python: Mapping[str, Any]) -> dict[str, str]:
    major, minor, patch, level, _ = python["version_info"]
    values = {
        "VERSION": python["version"],
        "VERSION_MAJOR": str(major),
        "VERSION_MINOR": str(minor),
        "VERSION_PATCH": str(patch),
        "RELEASE_LEVEL": level,
        "ABIFLAGS": "",
    }
    return {
        f"PY_BUILD_CMAKE_{build}PYTHON_{name}": value
        for name, value in values.items()
        for build in ("", "BUILD_")
    }


def _native_hints(prefix: str, python: Mapping[str, Any]) -> dict[str, str]:
    major, minor = python["version_info"][:2]
    roots = ";".join(python["prefixes"])
    return {
        f"{prefix}_ROOT": roots,
        f"{prefix}_ROOT_DIR": roots,
        f"{prefix}_FIND_REGISTRY": "NEVER",
        f"{prefix}_FIND_FRAMEWORK": "NEVER",
        f"{prefix}_FIND_STRATEGY": "LOCATION",
        f"{prefix}_FIND_VIRTUALENV": "FIRST",
        f"{prefix}_FIND_VERSION_COUNT": "2",
        f"{prefix}_FIND_VERSION_EXACT": "TRUE",
        f"{prefix}_FIND_VERSION": f"{major}.{minor}",
        f"{prefix}_FIND_VERSION_MAJOR": str(major),
        f"{prefix}_FIND_VERSION_MINOR": str(minor),
        f"{prefix}_FIND_IMPLEMENTATIONS": "CPython",
        f"{prefix}_INCLUDE_DIR": python["include"],
        f"{prefix}_SOABI": python["soabi"],
        f"{prefix}_SOSABI": "abi3",
    }


def test_native_build(backend: Backend, package: Package, python: dict[str, Any]) -> None:
    project = package("dump")
    built = backend.build_wheel(project)
    entries = _dumped(built.wheel)
    tag = f"cp{python['version_info'][0]}{python['version_info'][1]}"
    strings = {
        **_interpreter_entries(python),
        "PY_BUILD_CMAKE_PACKAGE_PYTHON_TAG": tag,
        "PY_BUILD_CMAKE_PACKAGE_ABI_TAG": tag,
        "PY_BUILD_CMAKE_PROJECT_NAME": "dump_everything",
        "PY_BUILD_CMAKE_PACKAGE_NAME": "dump_everything",
        "PY_BUILD_CMAKE_PROJECT_VERSION": "1.2.3",
        "PY_BUILD_CMAKE_PROJECT_VERSION_NUMERIC": "1.2.3",
        "PY_BUILD_CMAKE_PACKAGE_VERSION": "1.2.3",
        "PY_BUILD_CMAKE_PACKAGE_VERSION_NUMERIC": "1.2.3",
        "PY_BUILD_CMAKE_IMPORT_NAME": "dump",
        "PY_BUILD_CMAKE_MODULE_NAME": "dump",
        "PY_BUILD_CMAKE_PLATLIB_DIR": ".",
        "PY_BUILD_CMAKE_SCRIPTS_DIR": "dump_everything-1.2.3.data/scripts",
        "PY_BUILD_CMAKE_DATA_DIR": "dump_everything-1.2.3.data/data",
        "PY_BUILD_CMAKE_HEADERS_DIR": "dump_everything-1.2.3.data/headers",
        "PY_BUILD_CMAKE_METADATA_DIR": "dump_everything-1.2.3.dist-info",
        "PY_BUILD_CMAKE_VERSION": built.wheel.header("Generator")[0].partition(" ")[2],
        **_native_hints("Python", python),
        **_native_hints("Python3", python),
    }
    _check(entries, strings, "STRING")
    executables = (
        *("PY_BUILD_CMAKE_PYTHON_INTERPRETER", "PY_BUILD_CMAKE_BUILD_PYTHON_INTERPRETER"),
        *("Python_EXECUTABLE", "Python3_EXECUTABLE"),
    )
    _check(entries, dict.fromkeys(executables, python["executable"]), "FILEPATH")
    _check(entries, {"CMAKE_FIND_NO_INSTALL_PREFIX": "On"}, "BOOL")
    (build_dir,) = (project / ".py-build-cmake_cache").glob("cp*")
    prefix = str(build_dir / "py-build-cmake" / "staging")
    _check(entries, {"CMAKE_INSTALL_PREFIX": prefix}, "PATH")
    # And nothing else, which could be in the way of a project.
    others = ("CMAKE_INSTALL_PREFIX", "CMAKE_FIND_NO_INSTALL_PREFIX", *executables)
    ours = {name for name in entries if name.startswith(("PY_BUILD_CMAKE_", "Python"))}
    assert ours <= {*strings, *others}


def test_environment(backend: Backend, package: Package) -> None:
    project = package("dump")
    build_dir = project / "build"
    expected = {
        "PY_BUILD_CMAKE_VERSION": None,
        "PY_BUILD_CMAKE_PROJECT_VERSION": "1.2.3",
        "PY_BUILD_CMAKE_PROJECT_VERSION_NUMERIC": "1.2.3",
        "PY_BUILD_CMAKE_PACKAGE_VERSION": "1.2.3",
        "PY_BUILD_CMAKE_PACKAGE_VERSION_NUMERIC": "1.2.3",
        "PY_BUILD_CMAKE_PROJECT_NAME": "dump_everything",
        "PY_BUILD_CMAKE_PACKAGE_NAME": "dump_everything",
        "PY_BUILD_CMAKE_IMPORT_NAME": "dump",
        "PY_BUILD_CMAKE_MODULE_NAME": "dump",
        "PY_BUILD_CMAKE_BINARY_DIR": str(build_dir),
        "PY_BUILD_CMAKE_INSTALL_PREFIX": str(build_dir / "py-build-cmake" / "staging"),
    }
    write(
        project / LOCAL,
        f"[cmake]\nbuild_path = 'build'\noptions.DUMP_ENVIRONMENT = {json.dumps(list(expected))}\n",
    )
    wheel = backend.build_wheel(project).wheel
    expected["PY_BUILD_CMAKE_VERSION"] = wheel.header("Generator")[0].partition(" ")[2]
    for step in ("configure", "build", "install"):
        folder = f"dump/environment/{step}/"
        found = {
            name[len(folder) :]: data.decode()
            for name, data in wheel.files.items()
            if name.startswith(folder)
        }
        assert found == expected, step


@pytest.mark.parametrize(("module", "other"), [("Python", "Python3"), ("Python3", "Python")])
def test_hints_can_be_switched_off(
    backend: Backend, package: Package, module: str, other: str
) -> None:
    built = backend.build_wheel(package("dump"), {f"cmake.find_{module.lower()}": "false"})
    entries = _dumped(built.wheel)
    assert not [name for name in entries if name.startswith(f"{module}_")]
    assert f"{other}_EXECUTABLE" in entries


def test_artifacts_prefix(backend: Backend, package: Package, python: dict[str, Any]) -> None:
    """The interpreter is then looked for under the prefix, in a second call of find_package."""
    settings = {"cmake.find_python_build_artifacts_prefix": "_BUILD"}
    entries = _dumped(backend.build_wheel(package("dump"), settings).wheel)
    _check(entries, {**_native_hints("Python_BUILD", python)}, "STRING")
    _check(entries, {"Python_BUILD_EXECUTABLE": python["executable"]}, "FILEPATH")
    _check(entries, {**_native_hints("Python", python)}, "STRING")
    assert "Python_EXECUTABLE" not in entries
    assert "Python3_EXECUTABLE" in entries
    assert not [name for name in entries if name.startswith("Python3_BUILD")]


def test_stable_abi(backend: Backend, package: Package) -> None:
    settings = {"wheel.python_abi": "abi3", "wheel.abi3_minimum_cpython_version": "38"}
    built = backend.build_wheel(package("dump"), settings)
    entries = _dumped(built.wheel)
    expected = {
        "PY_BUILD_CMAKE_PACKAGE_PYTHON_TAG": "cp38",
        "PY_BUILD_CMAKE_PACKAGE_ABI_TAG": "abi3",
        "PY_BUILD_CMAKE_PACKAGE_LIMITED_API": "0x03080000",
        "PY_BUILD_CMAKE_PACKAGE_USE_SABI": "3.8",
    }
    _check(entries, expected, "STRING")
    assert "-cp38-abi3-" in built.path.name


def test_several_tags(backend: Backend, package: Package, python: dict[str, Any]) -> None:
    settings = {
        "wheel.python_tag": '["py3", "auto"]',
        "wheel.python_abi": "none",
        "wheel.platform_tag": f'["{python["platform"]}", "manylinux_2_17_x86_64"]',
        "wheel.build_tag": '"1x"',
        "wheel.verify": "off",
    }
    built = backend.build_wheel(package("dump"), settings)
    entries = _dumped(built.wheel)
    cp = f"cp{python['version_info'][0]}{python['version_info'][1]}"
    expected = {
        "PY_BUILD_CMAKE_PACKAGE_PYTHON_TAG": f"py3;{cp}",
        "PY_BUILD_CMAKE_PACKAGE_ABI_TAG": "none",
    }
    _check(entries, expected, "STRING")
    platform = f"{python['platform']}.manylinux_2_17_x86_64"
    assert built.path.name == f"dump_everything-1.2.3-1x-py3.{cp}-none-{platform}.whl"
    assert len(built.wheel.header("Tag")) == 4
    assert built.wheel.header("Build") == ["1x"]


def test_cross_build(backend: Backend, package: Package, python: dict[str, Any]) -> None:
    """Of the host's Python it is told what the cross file says, and nothing of the build's."""
    project = package("dump")
    for name in (
        "toolchain.cmake",
        "lib/libpython3.so",
        "lib/libpython3.10.so",
        "include/Python.h",
    ):
        write(project / "host" / name, "")
    write(project / "host" / "toolchain.cmake", "set(CMAKE_SYSTEM_NAME Linux)\n")
    write(
        project / CROSS,
        """
        implementation = "cp"
        version = "310"
        arch = "linux_s390x"
        soabi = "cpython-310-s390x-linux-gnu"
        toolchain_file = "host/toolchain.cmake"
        prefix = "host"
        library = "host/lib/libpython3.10.so"
        sabi_library = "host/lib/libpython3.so"
        include_dir = "host/include"
        """,
    )
    built = backend.build_wheel(project)
    assert built.path.name == "dump_everything-1.2.3-cp310-cp310-linux_s390x.whl"
    entries = _dumped(built.wheel)
    host = project / "host"
    strings, paths, files = {}, {}, {}
    for module in ("Python", "Python3"):
        strings[f"{module}_SOABI"] = "cpython-310-s390x-linux-gnu"
        strings[f"{module}_INTERPRETER_ID"] = "Python"
        paths[f"{module}_ROOT"] = paths[f"{module}_ROOT_DIR"] = str(host)
        paths[f"{module}_INCLUDE_DIR"] = str(host / "include")
        files[f"{module}_LIBRARY"] = str(host / "lib" / "libpython3.10.so")
        files[f"{module}_SABI_LIBRARY"] = str(host / "lib" / "libpython3.so")
        files[f"{module}_EXECUTABLE"] = python["executable"]
        for search in ("REGISTRY", "FRAMEWORK"):
            strings[f"{module}_FIND_{search}"] = "NEVER"
        strings[f"{module}_FIND_STRATEGY"] = "LOCATION"
        strings[f"{module}_FIND_VIRTUALENV"] = "FIRST"
    files["CMAKE_TOOLCHAIN_FILE"] = str(host / "toolchain.cmake")
    strings.update(_interpreter_entries(python))
    strings["PY_BUILD_CMAKE_PACKAGE_PYTHON_TAG"] = "cp310"
    strings["PY_BUILD_CMAKE_PACKAGE_ABI_TAG"] = "cp310"
    _check(entries, strings, "STRING")
    _check(entries, paths, "PATH")
    _check(entries, files, "FILEPATH")
    hints = {name for name in entries if name.startswith(("Python_", "Python3_"))}
    assert hints <= {*strings, *paths, *files}


@pytest.mark.parametrize("module", ["Python", "Python3"])
def test_find_package_finds_the_python_that_runs_the_build(
    backend: Backend, package: Package, python: dict[str, Any], module: str
) -> None:
    """And not another one, newer or nearer, whatever version the call asks for."""
    project = package("c-extension")
    write(
        project / "CMakeLists.txt",
        f"""
        cmake_minimum_required(VERSION 3.18...4.1)
        project(found LANGUAGES C)
        find_package({module} REQUIRED COMPONENTS Interpreter Development.Module)
        {module}_add_library(_native MODULE WITH_SOABI src/_native.c)
        install(TARGETS _native DESTINATION c_extension)
        file(WRITE "${{CMAKE_CURRENT_BINARY_DIR}}/found.txt"
             "${{{module}_EXECUTABLE}}\\n${{{module}_VERSION}}\\n${{{module}_INCLUDE_DIRS}}\\n")
        install(FILES "${{CMAKE_CURRENT_BINARY_DIR}}/found.txt" DESTINATION c_extension)
        """,
    )
    if backend.hooks(project).get_requires_for_build_wheel({"cmake.minimum_version": "3.18"}):
        pytest.skip("no CMake 3.18")
    wheel = backend.build_wheel(project).wheel
    found = wheel.files["c_extension/found.txt"].decode().splitlines()
    expected = [python["executable"], python["version"].partition("+")[0], python["include"]]
    assert found == expected
    # CMake up to 3.25 has no platform in the SOABI that it computes; here it is given.
    assert f"c_extension/_native.{python['soabi']}.so" in wheel.files
