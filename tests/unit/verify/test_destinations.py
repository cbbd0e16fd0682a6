"""Whether files are where somebody looks for them once a wheel is installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from support import compiled as c
from support.packed import metadata, write_packed
from support.reports import reports_of

from py_build_cmake.platforms.tags import WheelTag
from py_build_cmake.verify.contents import check_wheel
from py_build_cmake.verify.expectation import Circumstances
from py_build_cmake.verify.finding import Finding
from py_build_cmake.verify.ignored import Ignored
from py_build_cmake.verify.inspect import inspect_wheel

TAG = "cp311-cp311-manylinux_2_28_x86_64"
SUFFIX = ".cpython-311-x86_64-linux-gnu.so"
PROJECT = Circumstances(project_module="pkg", import_names=frozenset({"pkg", "declared"}))


def module(name: str) -> bytes:
    return c.elf(c.X86_64, needed=["libc.so.6"], exports=[f"PyInit_{name}"])


LIBRARY = c.elf(c.X86_64, needed=["libc.so.6"], exports=["f"])


def findings(files: Mapping[str, bytes], known: Circumstances = PROJECT) -> tuple[Finding, ...]:
    reports = reports_of(files)
    return check_wheel(
        WheelTag.parse(TAG), reports, places=files, circumstances=known
    ).findings  # fmt: skip


@pytest.mark.parametrize(
    "files",
    [
        {f"pkg{SUFFIX}": module("pkg")},
        {f"declared{SUFFIX}": module("declared")},
        {f"pkg/_m{SUFFIX}": module("_m"), "pkg/lib/libx.so": LIBRARY, "pkg/bin/tool": b""},
        {"libx.so": LIBRARY, "pkg.libs/liby-0123abcd.so.1": LIBRARY},
        {"pkg-1.data/scripts/tool": LIBRARY, "pkg-1.data/data/share/x.txt": b""},
        {"bin": b"", "share.py": b""},
        # A package of that name.
        {"lib/__init__.py": b"", f"lib/_m{SUFFIX}": module("_m")},
        {f"share/__init__{SUFFIX}": module("share")},
    ],
)
def test_what_is_right(files: dict[str, bytes]) -> None:
    assert findings(files) == ()


@pytest.mark.parametrize(
    ("place", "hint"),
    [
        (f"_m{SUFFIX}", "DESTINATION pkg;"),
        ("_m.so", 'module.generated = "module"'),
        (f"pkg-1.data/platlib/_m{SUFFIX}", "`import-names`"),
        (f"lib/_m{SUFFIX}", "DESTINATION (such as pkg)"),
        (f"lib/python3.11/site-packages/pkg/_m{SUFFIX}", "DESTINATION pkg"),
        (f"lib64/python3/dist-packages/_m{SUFFIX}", "DESTINATION ."),
    ],
)
def test_modules_that_are_misplaced(place: str, hint: str) -> None:
    (found,) = findings({place: module("_m"), "pkg/__init__.py": b""})
    assert found.code.text == "misplaced-file"
    assert found.is_error
    assert found.problem.where in place
    assert hint in found.problem.hint


def test_directories_that_are_misplaced() -> None:
    files = {"bin/tool": b"", "include/a.h": b"", "include/b.h": b"", "share/x": b"", "lib/y": b""}
    found = findings(files)
    assert [f.problem.where for f in found] == ["bin/tool", "include/a.h", "lib/y", "share/x"]
    assert all(f.is_error for f in found)
    assert "(and 1 more in include)" in found[1].problem.message
    for finding, scheme in zip(found, ("scripts", "headers", "the modules that need", "share")):
        assert scheme in finding.problem.hint
    # The maker of a wheel may know why; nobody loads a library from there.
    other = findings(files, Circumstances())
    assert [f.severity.value for f in other] == ["warning"] * 4
    assert findings({"lib/libx.so.1": LIBRARY}, Circumstances())[0].is_error


def test_in_conda_the_root_is_the_prefix() -> None:
    files = {"lib/libx.so.1": LIBRARY, "bin/tool": b""}
    assert findings(files, replace(PROJECT, shared_with_packages=True)) == ()


NAME = f"m-1.0-{TAG}.whl"
PACKAGE = {"m/__init__.py": b"from . import _m\nimport m._m\n"}


@pytest.mark.parametrize(
    ("more", "is_right"),
    [
        ({}, True),  # nothing else to import
        ({"m.py": b"import _m\n"}, True),
        (PACKAGE, False),
        ({"m/__init__.py": b"import os, _m as core\n"}, True),
        ({"m/__init__.py": b"try:\n    from _m import f\nexcept ImportError: pass\n"}, True),
        ({"m/__init__.py": b"importlib.import_module('_m')"}, True),
        ({"m/__init__.py": b"import _more\n"}, False),
        ({**PACKAGE, "m-1.0.dist-info/top_level.txt": b"_m\nm\n"}, True),
        ({**PACKAGE, "m-1.0.dist-info/top_level.txt": b"m\n"}, False),
        ({**PACKAGE, "m-1.0.dist-info/entry_points.txt": b"[x]\nname = _m:f\n"}, True),
        (
            {
                **PACKAGE,
                "m-1.0.dist-info/METADATA": metadata("m", "1.0") + b"Import-Name: _m ; private\n",
            },
            True,
        ),
    ],
)
def test_modules_at_the_root_of_published_wheels(
    tmp_path: Path, more: dict[str, bytes], is_right: bool
) -> None:
    path = write_packed(tmp_path / NAME, {f"_m{SUFFIX}": module("_m")}, changed=more)
    found = inspect_wheel(path)
    assert [f.code.text for f in found.findings] == ([] if is_right else ["misplaced-file"])
    if not is_right:
        assert "neither declares nor imports it" in found.findings[0].problem.message


def test_the_common_library_of_modules_that_mypyc_made(tmp_path: Path) -> None:
    name = "3f0a__mypyc"
    files = {f"{name}{SUFFIX}": module(name), **PACKAGE}
    assert inspect_wheel(write_packed(tmp_path / NAME, files)).findings == ()


def test_files_that_are_ignored(tmp_path: Path) -> None:
    path = write_packed(tmp_path / NAME, {"lib/libx.so": LIBRARY, "m/__init__.py": b""})
    assert not inspect_wheel(path).is_sound
    for entry in ("lib/", "misplaced-file"):
        found = inspect_wheel(path, ignored=Ignored.of([entry]))
        assert found.is_sound
        assert [f.severity.value for f in found.findings] == ["note"]


@pytest.mark.parametrize(
    "place",
    [
        f"pkg-1.data/data/pkg/_m{SUFFIX}",
        f"pkg-1.data/scripts/_m{SUFFIX}",
        f"usr/lib/python3/dist-packages/pkg/_m{SUFFIX}",
        f"Lib/site-packages/pkg/_m{SUFFIX}",
        f"opt/pkg/_m{SUFFIX}",
    ],
)
def test_modules_outside_of_the_packages(place: str) -> None:
    (found,) = findings({place: module("_m")}, Circumstances())
    assert (found.code.text, found.is_error) == ("misplaced-file", True)
    assert "DESTINATION" in found.problem.hint


def test_packages_in_the_prefix() -> None:
    """Where the prefix has such a directory, Python finds what is there."""
    place = f"pkg-1.data/data/lib/python3.11/site-packages/pkg/_m{SUFFIX}"
    assert findings({place: module("_m")}) == ()
