"""What the CMake project is told: the exact cache entries and environment variables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.configs import cmake_config, cmake_plan, cross_config
from support.machines import LINUX_CP311, LINUX_CP313T, LINUX_PP310, WINDOWS_CP311

from py_build_cmake import __version__
from py_build_cmake.cmake.cache import CacheEntry
from py_build_cmake.cmake.find_python import find_python_entries
from py_build_cmake.cmake.inputs import (
    cache_entries,
    generator_of,
    own_environment,
)
from py_build_cmake.config.schema import CMakeConfig, CrossConfig
from py_build_cmake.platforms.build_machine import BuildMachine
from py_build_cmake.platforms.host import HostPlatform, native_host
from py_build_cmake.platforms.mac_target import MacTarget
from py_build_cmake.platforms.tags import PURE_TAG, WheelTag
from py_build_cmake.project.metadata import CoreMetadata

Entries = dict[str, tuple[str, str]]

AARCH64 = HostPlatform("cp", "312", "cp312", ("linux_aarch64",), is_cross=True)
NO_FIND_PYTHON = cmake_config(find_python=False, find_python3=False)

SEARCH = {
    "FIND_REGISTRY": ("STRING", "NEVER"),
    "FIND_FRAMEWORK": ("STRING", "NEVER"),
    "FIND_STRATEGY": ("STRING", "LOCATION"),
    "FIND_VIRTUALENV": ("STRING", "FIRST"),
}
EXECUTABLE = {"EXECUTABLE": ("FILEPATH", "/opt/python/bin/python3.11")}
NATIVE = {
    "ROOT": ("STRING", "/venv;/opt/python"),
    "ROOT_DIR": ("STRING", "/venv;/opt/python"),
    "FIND_VERSION_COUNT": ("STRING", "2"),
    "FIND_VERSION_EXACT": ("STRING", "TRUE"),
    "FIND_VERSION": ("STRING", "3.11"),
    "FIND_VERSION_MAJOR": ("STRING", "3"),
    "FIND_VERSION_MINOR": ("STRING", "11"),
    "FIND_IMPLEMENTATIONS": ("STRING", "CPython"),
    "INCLUDE_DIR": ("STRING", "/opt/python/include/python3.11"),
    "SOABI": ("STRING", "cpython-311-x86_64-linux-gnu"),
    "SOSABI": ("STRING", "abi3"),
}


def by_name(entries: list[CacheEntry]) -> Entries:
    assert len(entries) == len({entry.name for entry in entries})
    return {entry.name: (entry.type, entry.value) for entry in entries}


def prefixed(prefix: str, *groups: Entries) -> Entries:
    return {f"{prefix}_{name}": value for group in groups for name, value in group.items()}


def hints(
    config: CMakeConfig,
    machine: BuildMachine = LINUX_CP311,
    cross: CrossConfig | None = None,
    host: HostPlatform = AARCH64,
) -> Entries:
    system = host if cross else native_host(machine)
    return by_name(list(find_python_entries(config, machine, system, cross)))


def entries(config: CMakeConfig = NO_FIND_PYTHON, **surroundings: object) -> Entries:
    plan = cmake_plan(config, **surroundings)  # type: ignore[arg-type]
    return by_name(cache_entries(*plan))


@pytest.mark.parametrize(
    ("find_python", "find_python3", "modules"),
    [
        (True, True, ["Python", "Python3"]),
        (True, False, ["Python"]),
        (False, True, ["Python3"]),
        (False, False, []),
    ],
)
def test_native_hints(find_python: bool, find_python3: bool, modules: list[str]) -> None:
    expected: Entries = {}
    for module in modules:
        expected |= prefixed(module, SEARCH, EXECUTABLE, NATIVE)
    assert hints(cmake_config(find_python=find_python, find_python3=find_python3)) == expected


def test_native_hints_of_other_pythons() -> None:
    config = cmake_config(find_python3=False)
    assert hints(config, WINDOWS_CP311)["Python_SOSABI"] == ("STRING", "")
    assert hints(config, LINUX_PP310)["Python_FIND_IMPLEMENTATIONS"] == ("STRING", "PyPy")
    assert hints(config, LINUX_CP313T)["Python_SOABI"] == (
        "STRING",
        "cpython-313t-x86_64-linux-gnu",
    )
    unknown = hints(config, replace(LINUX_CP311, implementation_name="graalpy"))
    assert "Python_FIND_IMPLEMENTATIONS" not in unknown
    assert "Python_INCLUDE_DIR" not in unknown
    assert "Python_INCLUDE_DIR" not in hints(config, replace(LINUX_CP311, include_dir=None))


def test_cross_hints_are_only_what_is_configured() -> None:
    id_of_host = {"INTERPRETER_ID": ("STRING", "Python")}
    assert hints(cmake_config(), cross=cross_config()) == {
        **prefixed("Python", SEARCH, EXECUTABLE, id_of_host),
        **prefixed("Python3", SEARCH, EXECUTABLE, id_of_host),
    }


@pytest.mark.parametrize("sosabi", ["abi3", ""])
def test_stable_abi_suffix_of_the_host(sosabi: str) -> None:
    found = hints(cmake_config(find_python3=False), cross=cross_config(sosabi=sosabi))
    assert found["Python_SOSABI"] == ("STRING", sosabi)


def test_the_native_python_can_be_the_hosts_too() -> None:
    found = hints(cmake_config(find_python=False), cross=cross_config(force_native_python=True))
    assert found == prefixed("Python3", SEARCH, EXECUTABLE, NATIVE)


def test_cross_hints() -> None:
    cross = cross_config(
        prefix=Path("/sys/usr"),
        library=Path("/sys/usr/lib/libpython3.12.so"),
        sabi_library=Path("/sys/usr/lib/libpython3.so"),
        include_dir=Path("/sys/usr/include/python3.12"),
    )
    host = replace(AARCH64, soabi="cpython-312-aarch64-linux-gnu")
    assert hints(cmake_config(find_python=False), cross=cross, host=host) == prefixed(
        "Python3",
        SEARCH,
        EXECUTABLE,
        {
            "ROOT": ("PATH", "/sys/usr"),
            "ROOT_DIR": ("PATH", "/sys/usr"),
            "LIBRARY": ("FILEPATH", "/sys/usr/lib/libpython3.12.so"),
            "SABI_LIBRARY": ("FILEPATH", "/sys/usr/lib/libpython3.so"),
            "INCLUDE_DIR": ("PATH", "/sys/usr/include/python3.12"),
            "INTERPRETER_ID": ("STRING", "Python"),
            "SOABI": ("STRING", "cpython-312-aarch64-linux-gnu"),
        },
    )


@pytest.mark.parametrize(
    ("implementation", "identifier"),
    [("cp", "Python"), ("py", "Python"), ("pp", "PyPy"), ("ip", "IronPython"), ("jy", "Jython")],
)
def test_cmake_has_its_own_names_for_implementations(implementation: str, identifier: str) -> None:
    host = replace(AARCH64, implementation=implementation)
    found = hints(cmake_config(find_python3=False), cross=cross_config(), host=host)
    assert found["Python_INTERPRETER_ID"] == ("STRING", identifier)


def test_an_implementation_that_cmake_does_not_know_is_not_named() -> None:
    host = replace(AARCH64, implementation="graalpy")
    found = hints(cmake_config(find_python3=False), cross=cross_config(), host=host)
    assert "Python_INTERPRETER_ID" not in found


def test_the_python_of_the_build_system_can_have_its_own_prefix() -> None:
    config = cmake_config(
        find_python3=False,
        find_python_build_artifacts_prefix="_BUILD",
        find_python3_build_artifacts_prefix="_IGNORED",
    )
    of_build_system = prefixed("Python_BUILD", SEARCH, EXECUTABLE, NATIVE)
    assert hints(config) == {**prefixed("Python", SEARCH, NATIVE), **of_build_system}
    host = replace(AARCH64, soabi="x")
    assert hints(config, cross=cross_config(), host=host) == {
        **prefixed(
            "Python", SEARCH, {"INTERPRETER_ID": ("STRING", "Python"), "SOABI": ("STRING", "x")}
        ),
        **of_build_system,
    }
    config = cmake_config(find_python=False, find_python3_build_artifacts_prefix="B")
    found = hints(config)
    assert "Python3_EXECUTABLE" not in found
    assert found["Python3B_EXECUTABLE"] == EXECUTABLE["EXECUTABLE"]


PYTHON = {
    "INTERPRETER": ("FILEPATH", "/opt/python/bin/python3.11"),
    "VERSION": ("STRING", "3.11.7"),
    "VERSION_MAJOR": ("STRING", "3"),
    "VERSION_MINOR": ("STRING", "11"),
    "VERSION_PATCH": ("STRING", "7"),
    "RELEASE_LEVEL": ("STRING", "final"),
    "ABIFLAGS": ("STRING", ""),
}
COMMON = {
    **prefixed("PY_BUILD_CMAKE_PYTHON", PYTHON),
    **prefixed("PY_BUILD_CMAKE_BUILD_PYTHON", PYTHON),
    **prefixed(
        "PY_BUILD_CMAKE",
        {
            "VERSION": ("STRING", __version__),
            "PROJECT_VERSION": ("STRING", "1.2.3"),
            "PACKAGE_VERSION": ("STRING", "1.2.3"),
            "PROJECT_VERSION_NUMERIC": ("STRING", "1.2.3"),
            "PACKAGE_VERSION_NUMERIC": ("STRING", "1.2.3"),
            "PROJECT_NAME": ("STRING", "my_project"),
            "PACKAGE_NAME": ("STRING", "my_project"),
            "IMPORT_NAME": ("STRING", "my_module"),
            "MODULE_NAME": ("STRING", "my_module"),
            "PLATLIB_DIR": ("STRING", "."),
            "SCRIPTS_DIR": ("STRING", "my_project-1.2.3.data/scripts"),
            "DATA_DIR": ("STRING", "my_project-1.2.3.data/data"),
            "HEADERS_DIR": ("STRING", "my_project-1.2.3.data/headers"),
            "METADATA_DIR": ("STRING", "my_project-1.2.3.dist-info"),
        },
    ),
    "CMAKE_INSTALL_PREFIX": ("PATH", "/project/staging"),
    "CMAKE_FIND_NO_INSTALL_PREFIX": ("BOOL", "On"),
}
MAKE = cmake_config(find_python=False, find_python3=False, generator="Unix Makefiles")


def tags(python: str, abi: str) -> Entries:
    return prefixed(
        "PY_BUILD_CMAKE_PACKAGE",
        {"PYTHON_TAG": ("STRING", python), "ABI_TAG": ("STRING", abi)},
    )


def test_the_entries_of_every_build() -> None:
    assert entries(MAKE) == {**COMMON, **tags("cp311", "cp311")}


def test_a_cross_build_is_told_about_both_pythons() -> None:
    found = entries(MAKE, host=AARCH64, cross=cross_config())
    assert found == {**COMMON, **tags("cp312", "cp312")}


def test_hints_are_among_the_entries() -> None:
    config = replace(MAKE, find_python3=True)
    expected = prefixed("Python3", SEARCH, EXECUTABLE, NATIVE)
    assert entries(config) == {**COMMON, **tags("cp311", "cp311"), **expected}


@pytest.mark.parametrize(
    ("tag", "python", "abi", "stable"),
    [
        ("cp38-abi3-linux_x86_64", "cp38", "abi3", ("0x03080000", "3.8")),
        ("cp312-abi3-linux_x86_64", "cp312", "abi3", ("0x030C0000", "3.12")),
        ("cp312.cp39-cp312.abi3-any", "cp312;cp39", "cp312;abi3", ("0x03090000", "3.9")),
        ("py3-none-linux_x86_64", "py3", "none", None),
        ("py3-abi3-linux_x86_64", "py3", "abi3", None),
        (str(PURE_TAG), "py3", "none", None),
    ],
)
def test_tags_and_the_stable_abi(
    tag: str, python: str, abi: str, stable: tuple[str, str] | None
) -> None:
    expected = {**COMMON, **tags(python, abi)}
    if stable:
        expected["PY_BUILD_CMAKE_PACKAGE_LIMITED_API"] = ("STRING", stable[0])
        expected["PY_BUILD_CMAKE_PACKAGE_USE_SABI"] = ("STRING", stable[1])
    assert entries(MAKE, tag=WheelTag.parse(tag)) == expected


MAC = replace(
    LINUX_CP311,
    os="mac",
    architecture="arm64",
    platform_tag="macosx_12_0_arm64",
    mac=MacTarget(("arm64",), "12.3"),
)


@pytest.mark.parametrize(
    ("architectures", "machine", "expected"),
    [
        (("arm64",), "arm64", {}),
        (("x86_64",), "arm64", {"CMAKE_OSX_ARCHITECTURES": ("STRING", "x86_64")}),
        (
            ("arm64", "x86_64"),
            "x86_64",
            {"CMAKE_OSX_ARCHITECTURES": ("STRING", "arm64;x86_64")},
        ),
    ],
)
def test_a_mac_compiles_for_what_the_tag_promises(
    architectures: tuple[str, ...], machine: str, expected: Entries
) -> None:
    build = replace(MAC, architecture=machine, mac=MacTarget(architectures, "12.3"))
    found = entries(MAKE, machine=build)
    mac = {name: value for name, value in found.items() if name.startswith("CMAKE_OSX")}
    assert mac == {"CMAKE_OSX_DEPLOYMENT_TARGET": ("STRING", "12.3"), **expected}
    environment = own_environment(*cmake_plan(cmake_config(), build))
    assert environment["MACOSX_DEPLOYMENT_TARGET"] == "12.3"


def test_a_cross_build_on_a_mac_decides_for_itself() -> None:
    found = entries(MAKE, machine=MAC, host=AARCH64, cross=cross_config())
    assert not any(name.startswith("CMAKE_OSX") for name in found)


def with_programs(directory: Path, *names: str) -> BuildMachine:
    for name in names:
        program = directory / name
        program.write_text("")
        program.chmod(0o755)
    return replace(LINUX_CP311, environ={"PATH": str(directory)}, scripts_dir=directory / "none")


@pytest.mark.parametrize("generator", ["Ninja", "Ninja Multi-Config", "ninja"])
def test_ninja_generators_get_the_ninja_of_this_build(tmp_path: Path, generator: str) -> None:
    build = with_programs(tmp_path, "ninja")
    found = entries(replace(MAKE, generator=generator), machine=build)
    assert found["CMAKE_MAKE_PROGRAM"] == ("FILEPATH", (tmp_path / "ninja").as_posix())


def test_without_ninja_cmake_looks_for_it(tmp_path: Path) -> None:
    build = with_programs(tmp_path)
    assert "CMAKE_MAKE_PROGRAM" not in entries(replace(MAKE, generator="Ninja"), machine=build)


@pytest.mark.parametrize(
    ("programs", "config", "generator"),
    [
        (["make", "ninja"], {}, None),
        (["gmake"], {}, None),
        (["ninja"], {}, "Ninja"),
        ([], {}, "Ninja"),
        ([], {"generator": "Unix Makefiles"}, "Unix Makefiles"),
        # A preset says it itself.
        ([], {"preset": "p"}, None),
        ([], {"preset": "p", "generator": "Xcode"}, "Xcode"),
    ],
)
def test_the_default_generator(
    tmp_path: Path, programs: list[str], config: dict[str, str], generator: str | None
) -> None:
    build = with_programs(tmp_path, *programs)
    plan, _, cmake_build = cmake_plan(cmake_config(**config), build)
    assert generator_of(plan, cmake_build) == generator


def test_windows_has_its_own_default(tmp_path: Path) -> None:
    build = replace(with_programs(tmp_path), os="windows")
    plan, _, cmake_build = cmake_plan(cmake_config(), build)
    assert generator_of(plan, cmake_build) is None


def test_environment_variables() -> None:
    found = own_environment(*cmake_plan(MAKE))
    assert found == {
        f"PY_BUILD_CMAKE_{name}": value
        for name, value in {
            "VERSION": __version__,
            "PROJECT_VERSION": "1.2.3",
            "PACKAGE_VERSION": "1.2.3",
            "PROJECT_VERSION_NUMERIC": "1.2.3",
            "PACKAGE_VERSION_NUMERIC": "1.2.3",
            "PROJECT_NAME": "my_project",
            "PACKAGE_NAME": "my_project",
            "IMPORT_NAME": "my_module",
            "MODULE_NAME": "my_module",
            "BINARY_DIR": str(Path("/project/build")),
            "INSTALL_PREFIX": str(Path("/project/staging")),
        }.items()
    }


@pytest.mark.parametrize(
    ("version", "numbers"),
    [
        ("1.2.3rc1", "1.2.3"),
        ("2!1.0.post2.dev3+local.7", "1.0"),
        ("20261125", "20261125"),
        ("1.2.3.4.5.6", "1.2.3.4"),
        ("0.1.dev0", "0.1"),
    ],
)
def test_the_numbers_of_a_version(version: str, numbers: str) -> None:
    metadata = CoreMetadata("pkg", version, "", {}, {}, ())
    assert metadata.numeric_version == numbers


def test_the_stable_abi_of_both_kinds_of_builds() -> None:
    plan, cmake_pass, configuration = cmake_plan(
        cmake_config(), tag=WheelTag(("cp315",), ("abi3", "abi3t"), ("linux_x86_64",))
    )
    entries = by_name(cache_entries(plan, cmake_pass, configuration))
    assert entries["Python_SOSABI"] == entries["Python3_SOSABI"] == ("STRING", "abi3t")
    assert entries["PY_BUILD_CMAKE_PACKAGE_LIMITED_API"] == ("STRING", "0x030F0000")
    assert entries["PY_BUILD_CMAKE_PACKAGE_TARGET_ABI3T"] == ("STRING", "0x030F0000")
