"""What installation scripts copy. The text was written by CMake 3.25; only paths are changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from py_build_cmake.cmake.install_scripts import InstallScripts, read_install_scripts

PREFIX = "/staging"
HEAD = r"""# Install script for directory: /project

# Set the install prefix
if(NOT DEFINED CMAKE_INSTALL_PREFIX)
  set(CMAKE_INSTALL_PREFIX "/usr/local")
endif()
string(REGEX REPLACE "/$" "" CMAKE_INSTALL_PREFIX "${CMAKE_INSTALL_PREFIX}")

# Set the install configuration name.
if(NOT DEFINED CMAKE_INSTALL_CONFIG_NAME)
  if(BUILD_TYPE)
    string(REGEX REPLACE "^[^A-Za-z0-9_]+" ""
           CMAKE_INSTALL_CONFIG_NAME "${BUILD_TYPE}")
  else()
    set(CMAKE_INSTALL_CONFIG_NAME "")
  endif()
  message(STATUS "Install configuration: \"${CMAKE_INSTALL_CONFIG_NAME}\"")
endif()

# Is this installation the result of a crosscompile?
if(NOT DEFINED CMAKE_CROSSCOMPILING)
  set(CMAKE_CROSSCOMPILING "FALSE")
endif()

"""
TAIL = r"""
if(CMAKE_INSTALL_COMPONENT)
  set(CMAKE_INSTALL_MANIFEST "install_manifest_${CMAKE_INSTALL_COMPONENT}.txt")
else()
  set(CMAKE_INSTALL_MANIFEST "install_manifest.txt")
endif()

string(REPLACE ";" "\n" CMAKE_INSTALL_MANIFEST_CONTENT
       "${CMAKE_INSTALL_MANIFEST_FILES}")
file(WRITE "/build/${CMAKE_INSTALL_MANIFEST}"
     "${CMAKE_INSTALL_MANIFEST_CONTENT}")
"""
LIBRARY = r"""
if(CMAKE_INSTALL_COMPONENT STREQUAL "m" OR NOT CMAKE_INSTALL_COMPONENT)
  if(EXISTS "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/pkg/libfoo.so" AND
     NOT IS_SYMLINK "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/pkg/libfoo.so")
    file(RPATH_CHECK
         FILE "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/pkg/libfoo.so"
         RPATH "")
  endif()
  file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/pkg" TYPE SHARED_LIBRARY FILES "SOURCE/a.py")
  if(EXISTS "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/pkg/libfoo.so" AND
     NOT IS_SYMLINK "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/pkg/libfoo.so")
    if(CMAKE_INSTALL_DO_STRIP)
      execute_process(COMMAND "/usr/bin/strip" "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/pkg/libfoo.so")
    endif()
  endif()
endif()
"""
EXPORT = r"""
  if(EXISTS "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/pkg/cmake/fooTargets.cmake")
    file(DIFFERENT _cmake_export_file_changed FILES
         "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/pkg/cmake/fooTargets.cmake"
         "/build/CMakeFiles/Export/4dc2a5fb3376372976c720f6605913fe/fooTargets.cmake")
    if(_cmake_export_file_changed)
      file(GLOB _cmake_old_config_files "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/pkg/cmake/fooTargets-*.cmake")
      if(_cmake_old_config_files)
        string(REPLACE ";" ", " _cmake_old_config_files_text "${_cmake_old_config_files}")
        message(STATUS "Old export file \"$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/pkg/cmake/fooTargets.cmake\" will be replaced.  Removing files [${_cmake_old_config_files_text}].")
        unset(_cmake_old_config_files_text)
        file(REMOVE ${_cmake_old_config_files})
      endif()
      unset(_cmake_old_config_files)
    endif()
    unset(_cmake_export_file_changed)
  endif()
"""  # noqa: E501 - CMake's lines
RULES = r"""
if(CMAKE_INSTALL_COMPONENT STREQUAL "Unspecified" OR NOT CMAKE_INSTALL_COMPONENT)
  file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/pkg" TYPE FILE FILES
    "SOURCE/a.py"
    "SOURCE/missing.py"
    )
endif()
  file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/." TYPE FILE OPTIONAL RENAME "c.py" FILES "SOURCE/a.py")
  file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/data" TYPE DIRECTORY FILES "SOURCE/pkg/" FILES_MATCHING REGEX "/[^/]*\\.py$" REGEX "x\\.y$" EXCLUDE)
  file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/data" TYPE DIRECTORY PERMISSIONS OWNER_READ OWNER_WRITE FILES "SOURCE/pkg")
  file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/bin" TYPE PROGRAM FILES "SOURCE/a.py")
  file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/bin" TYPE PROGRAM RENAME "A.PY" FILES "SOURCE/b.py")
if(NOT CMAKE_INSTALL_LOCAL_ONLY)
  # Include the install script for the subdirectory.
  include("SUBDIRECTORY/cmake_install.cmake")
  include("/nowhere/install-cxx-module-bmi-noconfig.cmake" OPTIONAL)
endif()
"""  # noqa: E501


@pytest.fixture
def source(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    for place in ("a.py", "b.py", "pkg/q.py", "pkg/sub/r.py", "s.py"):
        (source / place).parent.mkdir(parents=True, exist_ok=True)
        (source / place).touch()
    (tmp_path / "sub").mkdir()
    rule = 'file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/s" TYPE FILE FILES "SOURCE/s.py")\n'
    script = tmp_path / "sub" / "cmake_install.cmake"
    script.write_text(HEAD + rule.replace("SOURCE", str(source)) + TAIL)
    return source


def read(source: Path, text: str, environ: dict[str, str] | None = None) -> InstallScripts | None:
    directory = source.parent
    text = text.replace("SOURCE", str(source)).replace("SUBDIRECTORY", str(directory / "sub"))
    (directory / "cmake_install.cmake").write_text(HEAD + text + TAIL)
    return read_install_scripts(directory, Path(PREFIX), environ or {})


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("pkg/a.py", "a.py"),
        ("pkg/missing.py", None),
        ("c.py", "a.py"),
        ("data/q.py", "pkg/q.py"),
        ("data/sub/r.py", "pkg/sub/r.py"),
        ("data/pkg/q.py", "pkg/q.py"),
        ("s/s.py", "s.py"),
        ("other.py", None),
        # On some file systems, two rules copy to one place.
        ("bin/a.py", None),
        ("pkg/ä.py", None),
    ],
)
def test_where_a_file_comes_from(source: Path, place: str, expected: str | None) -> None:
    scripts = read(source, RULES)
    assert scripts is not None
    found = scripts.only_source(f"{PREFIX}/{place}")
    assert found == (expected and str(source / expected))


def test_files_that_commands_look_at(source: Path) -> None:
    scripts = read(source, LIBRARY + EXPORT + RULES)
    assert scripts is not None
    assert scripts.only_source(f"{PREFIX}/pkg/a.py") == str(source / "a.py")
    (source / "libfoo.so").touch()
    scripts = read(source, LIBRARY.replace("a.py", "libfoo.so") + EXPORT)
    assert scripts is not None
    assert scripts.only_source(f"{PREFIX}/pkg/libfoo.so") is None
    assert f"{PREFIX}/pkg/cmake" in scripts.touched


def test_a_file_where_a_directory_was(source: Path) -> None:
    rules = (
        'file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/x" TYPE DIRECTORY FILES "SOURCE/pkg/")\n'
        'file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/x" TYPE FILE RENAME sub FILES'
        ' "SOURCE/a.py")\n'
    )
    scripts = read(source, rules)
    assert scripts is not None
    assert scripts.only_source(f"{PREFIX}/x/q.py") == str(source / "pkg/q.py")
    assert scripts.only_source(f"{PREFIX}/x/sub/r.py") is None


@pytest.mark.parametrize(
    "command",
    [
        'file(WRITE "${CMAKE_INSTALL_PREFIX}/x" "text")',
        'file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/$<x>" TYPE FILE FILES "/a")',
        'file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/../x" TYPE FILE FILES "/a")',
        'file(INSTALL DESTINATION "/elsewhere" TYPE FILE FILES "/a")',
        'file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/x" TYPE FILE FILES "${a}")',
        'file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/x" TYPE FILE FILES "a")',
        'file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/x" TYPE FILE FILES_FROM_DIR "/d" FILES)',
        'file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/x" TYPE DIRECTORY RENAME y FILES "/a")',
        'file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/x" TYPE FILE FILES "/a;/b")',
        "file(REMOVE ${other})",
        "file(GLOB other *)",
        "file(COPY a DESTINATION b)",
        "file()",
        'set(CMAKE_INSTALL_PREFIX "/elsewhere")',
        "set(CMAKE_INSTALL_MANIFEST_FILES)",
        "set(ENV{DESTDIR} x)",
        "set()",
        "string(APPEND CMAKE_INSTALL_MANIFEST x)",
        "list(REMOVE_ITEM CMAKE_INSTALL_MANIFEST_FILES x)",
        'include("${dir}/x.cmake")',
        "include(x)",
        "include()",
        'include("/nowhere/x.cmake")',
        'execute_process(COMMAND python3 "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/pkg/libfoo.so")',
        'execute_process(COMMAND /usr/bin/strip -o "/x" "${CMAKE_INSTALL_PREFIX}/pkg/libfoo.so")',
        "execute_process()",
        "foreach(x a b)",
        'cmake_language(EVAL CODE "x")',
        "set(CMAKE_INSTALL_COMPONENT [[x]])",
        "word word()",
        "(x)",
        "set(CMAKE_INSTALL_COMPONENT",
        ")",
        'if(EXISTS "${CMAKE_INSTALL_PREFIX}/${x}")',
    ],
)
def test_what_is_not_known(source: Path, command: str) -> None:
    assert read(source, RULES) is not None
    assert read(source, RULES + command + "\n") is None


@pytest.mark.parametrize("name", ["DESTDIR", "CMAKE_INSTALL_MODE"])
def test_variables_that_change_what_is_installed(source: Path, name: str) -> None:
    assert read(source, RULES, {name: "x"}) is None


def test_no_script(tmp_path: Path) -> None:
    assert read_install_scripts(tmp_path, Path(PREFIX), {}) is None
