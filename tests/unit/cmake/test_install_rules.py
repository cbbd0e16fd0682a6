"""Install rules with absolute destinations, read from scripts that CMake generated.

The excerpts were written by CMake 3.25, those called old by 3.15; only paths are changed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from py_build_cmake.cmake.install_rules import (
    AbsoluteRule,
    absolute_rules,
    components,
    installed_files,
)

HEAD = """\
# Install script for directory: /project

# Set the install prefix
if(NOT DEFINED CMAKE_INSTALL_PREFIX)
  set(CMAKE_INSTALL_PREFIX "/staging")
endif()

# Set the component getting installed.
if(NOT CMAKE_INSTALL_COMPONENT)
  if(COMPONENT)
    message(STATUS "Install component: \\"${COMPONENT}\\"")
    set(CMAKE_INSTALL_COMPONENT "${COMPONENT}")
  else()
    set(CMAKE_INSTALL_COMPONENT)
  endif()
endif()
"""
TARGET = """
if(CMAKE_INSTALL_COMPONENT STREQUAL "Unspecified" OR NOT CMAKE_INSTALL_COMPONENT)
  if(EXISTS "$ENV{DESTDIR}/opt/lib/libl.so" AND
     NOT IS_SYMLINK "$ENV{DESTDIR}/opt/lib/libl.so")
    file(RPATH_CHECK
         FILE "$ENV{DESTDIR}/opt/lib/libl.so"
         RPATH "")
  endif()
  list(APPEND CMAKE_ABSOLUTE_DESTINATION_FILES
   "/opt/lib/libl.so")
  if(CMAKE_WARN_ON_ABSOLUTE_INSTALL_DESTINATION)
    message(WARNING "ABSOLUTE path INSTALL DESTINATION : ${CMAKE_ABSOLUTE_DESTINATION_FILES}")
  endif()
  if(CMAKE_ERROR_ON_ABSOLUTE_INSTALL_DESTINATION)
    message(FATAL_ERROR "ABSOLUTE path INSTALL DESTINATION forbidden (by caller): \
${CMAKE_ABSOLUTE_DESTINATION_FILES}")
  endif()
  file(INSTALL DESTINATION "/opt/lib" TYPE SHARED_LIBRARY FILES "/project/build/libl.so")
endif()
"""
RELATIVE = """
if(CMAKE_INSTALL_COMPONENT STREQUAL "python" OR NOT CMAKE_INSTALL_COMPONENT)
  file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/pkg" TYPE FILE FILES "/project/a.txt")
endif()
"""
COMPONENT = """
if(CMAKE_INSTALL_COMPONENT STREQUAL "matrix" OR NOT CMAKE_INSTALL_COMPONENT)
  list(APPEND CMAKE_ABSOLUTE_DESTINATION_FILES
   "/opt/my docs/a.txt;/opt/my docs/b.txt")
  file(INSTALL DESTINATION "/opt/my docs" TYPE FILE FILES
    "/project/a.txt"
    "/project/b.txt"
    )
endif()
"""
EXCLUDED = """
if(CMAKE_INSTALL_COMPONENT STREQUAL "xlibx")
  list(APPEND CMAKE_ABSOLUTE_DESTINATION_FILES
   "/staging/pkg/b.txt")
  file(INSTALL DESTINATION "/staging/pkg" TYPE FILE FILES "/project/b.txt")
endif()
"""
OLD_COMPONENT = """
if("x${CMAKE_INSTALL_COMPONENT}x" STREQUAL "xmatrixx" OR NOT CMAKE_INSTALL_COMPONENT)
  list(APPEND CMAKE_ABSOLUTE_DESTINATION_FILES
   "/opt/old.txt")
endif()
"""
OLD_EXCLUDED = """
if("x${CMAKE_INSTALL_COMPONENT}x" STREQUAL "xdevx")
  list(APPEND CMAKE_ABSOLUTE_DESTINATION_FILES
   "/opt/old.txt")
endif()
"""
CONFIGURATIONS = """
if(CMAKE_INSTALL_COMPONENT STREQUAL "Unspecified" OR NOT CMAKE_INSTALL_COMPONENT)
  if(CMAKE_INSTALL_CONFIG_NAME MATCHES "^([Dd][Ee][Bb][Uu][Gg])$")
    list(APPEND CMAKE_ABSOLUTE_DESTINATION_FILES
     "/opt/dir/")
    file(INSTALL DESTINATION "/opt/dir" TYPE DIRECTORY FILES "/project/dir/")
  endif()
endif()
"""
MULTI_CONFIG = """
if(CMAKE_INSTALL_COMPONENT STREQUAL "Unspecified" OR NOT CMAKE_INSTALL_COMPONENT)
  if(CMAKE_INSTALL_CONFIG_NAME MATCHES "^([Dd][Ee][Bb][Uu][Gg])$")
    list(APPEND CMAKE_ABSOLUTE_DESTINATION_FILES
     "/opt/lib/libl.so")
    file(INSTALL DESTINATION "/opt/lib" TYPE SHARED_LIBRARY FILES "/project/build/Debug/libl.so")
  elseif(CMAKE_INSTALL_CONFIG_NAME MATCHES "^([Rr][Ee][Ll][Ee][Aa][Ss][Ee])$")
    list(APPEND CMAKE_ABSOLUTE_DESTINATION_FILES
     "/opt/lib/libl.so")
    file(INSTALL DESTINATION "/opt/lib" TYPE SHARED_LIBRARY FILES "/project/build/Release/libl.so")
  endif()
endif()
"""
SUBDIRECTORY = """
if(NOT CMAKE_INSTALL_LOCAL_ONLY)
  # Include the install script for the subdirectory.
  include("{build}/sub/cmake_install.cmake")
endif()
"""


def write_script(build_dir: Path, text: str) -> None:
    build_dir.mkdir(parents=True, exist_ok=True)
    (build_dir / "cmake_install.cmake").write_text(text, "utf-8")


def rules(build_dir: Path, *excerpts: str) -> list[AbsoluteRule]:
    write_script(build_dir, HEAD + "".join(excerpts))
    return list(absolute_rules(build_dir))


DEBUG = "^([Dd][Ee][Bb][Uu][Gg])$"


def rule(
    destination: str,
    component: str = "Unspecified",
    excluded: bool = False,
    configurations: str = "",
) -> AbsoluteRule:
    return AbsoluteRule(Path("/project"), Path(destination), component, excluded, configurations)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("", []),
        (RELATIVE, []),
        (TARGET, [rule("/opt/lib/libl.so")]),
        (COMPONENT, [rule("/opt/my docs/a.txt", "matrix"), rule("/opt/my docs/b.txt", "matrix")]),
        (EXCLUDED, [rule("/staging/pkg/b.txt", "xlibx", excluded=True)]),
        (OLD_COMPONENT, [rule("/opt/old.txt", "matrix")]),
        (OLD_EXCLUDED, [rule("/opt/old.txt", "dev", excluded=True)]),
        (CONFIGURATIONS, [rule("/opt/dir", configurations=DEBUG)]),
        (
            MULTI_CONFIG,
            [
                rule("/opt/lib/libl.so", configurations=DEBUG),
                rule("/opt/lib/libl.so", configurations="^([Rr][Ee][Ll][Ee][Aa][Ss][Ee])$"),
            ],
        ),
    ],
)
def test_absolute_rules_are_found(
    tmp_path: Path, script: str, expected: list[AbsoluteRule]
) -> None:
    assert rules(tmp_path, script) == expected


def test_every_rule_has_its_own_component(tmp_path: Path) -> None:
    found = rules(tmp_path, RELATIVE, TARGET, EXCLUDED, RELATIVE, COMPONENT)
    assert [(r.component, r.excluded) for r in found] == [
        ("Unspecified", False),
        ("xlibx", True),
        ("matrix", False),
        ("matrix", False),
    ]


def test_subdirectories_are_read(tmp_path: Path) -> None:
    subdirectory = SUBDIRECTORY.replace("{build}", tmp_path.as_posix())
    write_script(tmp_path / "sub", HEAD.replace("/project", "/project/sub") + TARGET)
    assert rules(tmp_path, COMPONENT, subdirectory) == [
        rule("/opt/my docs/a.txt", "matrix"),
        rule("/opt/my docs/b.txt", "matrix"),
        AbsoluteRule(Path("/project/sub"), Path("/opt/lib/libl.so"), "Unspecified", excluded=False),
    ]


@pytest.mark.parametrize(
    "text", ["", "list(APPEND CMAKE_ABSOLUTE_DESTINATION_FILES", "include(\n\udcff"]
)
def test_other_scripts_have_no_rules(tmp_path: Path, text: str) -> None:
    (tmp_path / "cmake_install.cmake").write_bytes(text.encode(errors="surrogateescape"))
    assert list(absolute_rules(tmp_path)) == []


def test_a_directory_that_is_not_configured_has_no_rules(tmp_path: Path) -> None:
    assert list(absolute_rules(tmp_path)) == []


def test_an_unusual_script_still_shows_its_rules(tmp_path: Path) -> None:
    write_script(tmp_path, 'list(APPEND CMAKE_ABSOLUTE_DESTINATION_FILES "/opt/a")\n')
    assert list(absolute_rules(tmp_path)) == [
        AbsoluteRule(tmp_path, Path("/opt/a"), "", excluded=False)
    ]


@pytest.mark.parametrize(
    ("excluded", "component", "runs"),
    [
        (False, "", True),
        (True, "", False),
        (False, "python", True),
        (True, "python", True),
        (False, "other", False),
        (True, "other", False),
    ],
)
def test_when_a_rule_runs(excluded: bool, component: str, runs: bool) -> None:
    assert rule("/opt/a", "python", excluded).runs_for(component, None) is runs


# As CMake 3.15 (first) and 3.25 to 4.4 write it for CONFIGURATIONS Debug RelWithDebInfo.
@pytest.mark.parametrize(
    "variable", ['"${CMAKE_INSTALL_CONFIG_NAME}"', "CMAKE_INSTALL_CONFIG_NAME"]
)
def test_a_rule_can_be_limited_to_configurations(tmp_path: Path, variable: str) -> None:
    (tmp_path / "cmake_install.cmake").write_text(
        'if(CMAKE_INSTALL_COMPONENT STREQUAL "Unspecified" OR NOT CMAKE_INSTALL_COMPONENT)\n'
        f'  if({variable} MATCHES "^([Dd][Ee][Bb][Uu][Gg])$")\n'
        "    list(APPEND CMAKE_ABSOLUTE_DESTINATION_FILES\n"
        '     "/opt/debug")\n'
        "  endif()\n"
        "endif()\n"
        'if(CMAKE_INSTALL_COMPONENT STREQUAL "Unspecified" OR NOT CMAKE_INSTALL_COMPONENT)\n'
        "  list(APPEND CMAKE_ABSOLUTE_DESTINATION_FILES\n"
        '   "/opt/all")\n'
    )
    debug, every = absolute_rules(tmp_path)
    for configuration, runs in (("Debug", True), ("Release", False), (None, True)):
        assert debug.runs_for("", configuration) is runs
        assert every.runs_for("", configuration) is True


def test_installed_files_are_those_of_all_manifests(tmp_path: Path) -> None:
    assert installed_files(tmp_path) == []
    (tmp_path / "install_manifest.txt").write_text("/staging/a.txt\n/staging/b c.txt", "utf-8")
    (tmp_path / "install_manifest_python.txt").write_text("/staging/ü.txt\n\n", "utf-8")
    (tmp_path / "other.txt").write_text("/no")
    assert installed_files(tmp_path) == [
        Path("/staging/a.txt"),
        Path("/staging/b c.txt"),
        Path("/staging/ü.txt"),
    ]


def test_components(tmp_path: Path) -> None:
    write_script(tmp_path / "sub", HEAD + OLD_EXCLUDED + CONFIGURATIONS)
    write_script(tmp_path, HEAD + EXCLUDED + COMPONENT + SUBDIRECTORY.format(build=tmp_path))
    assert components(tmp_path) == {"xlibx", "matrix", "dev", "Unspecified"}
    assert components(tmp_path / "missing") == set()
