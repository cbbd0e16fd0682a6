"""Values of the configuration arrive in CMake unchanged, whatever is in them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend
from support.projects import LOCAL, PACKAGES, copy_package, edit, toml_string, write
from support.wheels import Wheel

Package = Callable[[str], Path]

HOSTILE = {
    "quotes": "a \"double\" and a 'single' quote",
    "backslashes": r"C:\new\table \\ \" \n",
    "variable": "${HOME} $ENV{HOME} @HOME@ $(HOME) $HOME %HOME%",
    "brackets": "[==[ ]] ]=] ]==] [[",
    "comment": "# no comment #[[ nor this ]]",
    "command": ") message(FATAL_ERROR $(false) `false` && false | false > /dev/full",
    "semicolon-free-list": "a,b:c=d",
    "in-quotes": "'quoted'",
    "quote": "'",
    "blanks": "  two  before, two after  ",
    "tab": "a\tb\t",
    "backslash-last": "ends with a \\",
    "unicode": "ünï — 漢字 🐍",
    "generator-expression": "$<CONFIG> $<SEMICOLON> $<1:x>",
    "dash": "-D -Wdev --fresh",
    "empty": "",
}
# Not in overrides, where a value is one line.
LINES = {
    "newline": "first\nsecond\n\nfourth",
    "newline-first": "\nsecond",
    "newline-last": "first\n",
    "carriage-return": "a\rb\r\nc",
    "carriage-return-last": "a\r",
}


def _values(wheel: Wheel, folder: str) -> dict[str, str]:
    prefix = f"dump/{folder}/"
    return {
        name[len(prefix) :]: data.decode()
        for name, data in wheel.files.items()
        if name.startswith(prefix)
    }


def _table(values: dict[str, str]) -> str:
    return "".join(
        f"{toml_string(name)} = {toml_string(value)}\n" for name, value in values.items()
    )


def test_options(backend: Backend, package: Package) -> None:
    project = package("dump")
    values = {**HOSTILE, **LINES}
    write(project / LOCAL, "[cmake.options]\n" + _table(values))
    built = backend.build_wheel(project).wheel
    cache = _values(built, "cache")
    assert {name: cache[name] for name in values} == values


def test_semicolons_separate_nothing_in_a_string(backend: Backend, package: Package) -> None:
    """A TOML list is a CMake list; a semicolon in a string is part of that element."""
    project = package("dump")
    write(
        project / LOCAL,
        r"""
        [cmake.options]
        ONE = "a;b"
        LIST = ["a", "b;c", 'd\', true, false, ""]
        FLAG = true
        "TYPED:INTERNAL" = "x;y"
        NUMBER = 3
        [cmake.options.DIRECTORY]
        type = "PATH"
        append = ["/some/where", "/else where"]
        """,
    )
    wheel = backend.build_wheel(project).wheel
    cache, types = _values(wheel, "cache"), _values(wheel, "type")
    assert cache["ONE"] == r"a\;b"
    assert cache["LIST"] == r"a;b\;c;d\;On;Off;"
    assert (cache["FLAG"], types["FLAG"]) == ("On", "BOOL")
    assert (cache["TYPED"], types["TYPED"]) == (r"x\;y", "INTERNAL")
    assert (cache["NUMBER"], types["NUMBER"]) == ("3", "UNINITIALIZED")
    assert (cache["DIRECTORY"], types["DIRECTORY"]) == ("/some/where;/else where", "PATH")


def test_options_as_overrides(backend: Backend, package: Package) -> None:
    """Through pip's and build's ``-C``, with JSON's way to write a string."""
    project = package("dump")
    overrides = [
        f"cmake.options.{key}={json.dumps(v, ensure_ascii=False)}" for key, v in HOSTILE.items()
    ]
    built = backend.build_wheel(project, {"override": overrides}).wheel
    cache = _values(built, "cache")
    assert {name: cache[name] for name in HOSTILE} == HOSTILE


def test_environment(backend: Backend, package: Package) -> None:
    """Configure, build and install see the same."""
    project = package("dump")
    values = {**HOSTILE, **LINES, "semicolon": "a;b"}
    quoted = {name: value.replace("$", "$$") for name, value in values.items()}
    names = ", ".join(toml_string(name) for name in values)
    write(
        project / LOCAL,
        f"cmake.options.DUMP_ENVIRONMENT = [{names}]\n[cmake.env]\n" + _table(quoted),
    )
    built = backend.build_wheel(project).wheel
    for step in ("configure", "build", "install"):
        assert _values(built, f"environment/{step}") == values


def test_references_in_the_environment(backend: Backend, package: Package) -> None:
    """To variables of the caller, of the backend, and to those that stand before."""
    project = package("dump")
    write(
        project / LOCAL,
        """
        [cmake.options]
        DUMP_ENVIRONMENT = ["FIRST", "SECOND", "CALLER", "SEARCHED", "REMOVED", "DEFAULTED"]
        [cmake.env]
        FIRST = "one ${PY_BUILD_CMAKE_IMPORT_NAME}"
        SECOND = "${FIRST} $FIRST two $$FIRST"
        CALLER = "changed $CALLER"
        DEFAULTED = "${NOT_THERE:-instead of it}"
        """,
    )
    caller = backend.with_env(CALLER="before", SEARCHED="/there", REMOVED="still here")
    overrides = ["cmake.env.SEARCHED+=(path)/after", "cmake.env.REMOVED=!"]
    built = caller.build_wheel(project, {"override": overrides}).wheel
    expected = {
        "FIRST": "one dump",
        "SECOND": "one dump one dump two $FIRST",
        "CALLER": "changed before",
        "SEARCHED": f"/there{os.pathsep}/after",
        "DEFAULTED": "instead of it",
    }
    for step in ("configure", "build", "install"):
        assert _values(built, f"environment/{step}") == expected


def test_arguments(backend: Backend, package: Package) -> None:
    """`args` come last, so that they win; a command can be pasted from the log."""
    project = package("dump")
    write(
        project / LOCAL,
        """
        [cmake]
        args = ["-D", "FROM_ARGS=two words", "-DBOTH=args"]
        options.BOTH = "options"
        """,
    )
    built = backend.build_wheel(project)
    cache = _values(built.wheel, "cache")
    assert cache["FROM_ARGS"] == "two words"
    assert cache["BOTH"] == "args"
    (configure,) = (
        line for line in built.log.splitlines() if line.startswith("+ ") if "-S" in line
    )
    assert "'FROM_ARGS=two words'" in configure


@pytest.mark.parametrize("name", ["with blank", "naïve — 漢字", "quo'te $HOME (x) [y] & ~ %"])
def test_directory_of_the_project(backend: Backend, tmp_path: Path, name: str) -> None:
    project = copy_package("dump", tmp_path / name)
    write(project / LOCAL, "[cmake]\ngenerator = 'Ninja'\n")
    wheel = backend.build_wheel(project).wheel
    assert wheel.files["dump/source"].decode() == str(project)
    staging = Path(wheel.files["dump/cache/CMAKE_INSTALL_PREFIX"].decode())
    assert project in staging.parents
    assert "dump/cache/PY_BUILD_CMAKE_VERSION" in wheel.files


def test_locale_that_cannot_express_the_directory(backend: Backend, tmp_path: Path) -> None:
    """As in containers without a locale, where Python does not use UTF-8 by itself."""
    ascii_only = backend.with_env(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    project = copy_package("components", tmp_path / "Größe")
    built = ascii_only.build_wheel(project, out=tmp_path / "out")
    assert len(built.wheel.payload) == 2


@pytest.mark.parametrize("generator", ["Ninja", "Unix Makefiles"])
def test_compiling_in_a_directory_with_blanks(
    backend: Backend, make: None, tmp_path: Path, generator: str
) -> None:
    project = copy_package("c-extension", tmp_path / "ein Ordner für C")
    write(project / LOCAL, f"[cmake]\ngenerator = '{generator}'\n")
    wheel = backend.build_wheel(project).wheel
    assert [name for name in wheel.payload if "_native." in name]


def test_name_and_version_of_the_project(backend: Backend, package: Package) -> None:
    project = package("dump")
    edit(project / "pyproject.toml", 'name = "dump-everything"', 'name = "Dump._.Everything"')
    edit(project / "pyproject.toml", 'version = "1.2.3"', 'version = "1.0.0-RC.1+Local-5"')
    edit(project / "pyproject.toml", '\nname = "dump"', '\nname = "dump-it"')
    built = backend.build_wheel(project)
    cache = _values(built.wheel, "cache")
    assert built.path.name.startswith("dump_everything-1.0.0rc1+local.5-")
    for group in ("PROJECT", "PACKAGE"):
        assert cache[f"PY_BUILD_CMAKE_{group}_NAME"] == "dump_everything"
        assert cache[f"PY_BUILD_CMAKE_{group}_VERSION"] == "1.0.0rc1+local.5"
    for group in ("IMPORT", "MODULE"):
        assert cache[f"PY_BUILD_CMAKE_{group}_NAME"] == "dump_it"


def test_source_and_build_paths(backend: Backend, tmp_path: Path) -> None:
    """CMakeLists.txt elsewhere in the project, and a build directory outside of it."""
    project = tmp_path / "project"
    write(
        project / "pyproject.toml",
        (PACKAGES / "dump" / "pyproject.toml").read_text().replace("\n", "\n        "),
    )
    copy_package("dump", project / "native" / "source")
    outside = tmp_path / "outside" / "{build_config}" / "x"
    write(
        project / LOCAL,
        f"[cmake]\nsource_path = 'native/source'\nbuild_path = {toml_string(str(outside))}\n",
    )
    wheel = backend.build_wheel(project).wheel
    assert wheel.files["dump/source"].decode() == str(project / "native" / "source")
    tag = wheel.name[len("dump_everything-1.2.3-") : -len(".whl")]
    assert (tmp_path / "outside" / tag / "x" / "CMakeCache.txt").is_file()
    assert not (project / ".py-build-cmake_cache").exists()
