"""Where the module is, and which files belong to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.configs import module_config
from support.machines import LINUX_CP311

from py_build_cmake.base.errors import ProjectError
from py_build_cmake.platforms.host import native_host
from py_build_cmake.project.module import (
    Module,
    find_module,
    is_compiled_module,
    without_compiled,
)


def make_files(root: Path, *places: str) -> None:
    for place in places:
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(place)


def find(root: Path, **changes: Any) -> Module:
    return find_module(module_config(**{"directory": root, **changes}))


@pytest.mark.parametrize(
    ("place", "path", "root", "main_file"),
    [
        ("m/__init__.py", "m", "", "m/__init__.py"),
        ("src/m/__init__.py", "src/m", "src", "src/m/__init__.py"),
        ("m.py", "m.py", "", "m.py"),
        ("src/m.py", "src/m.py", "src", "src/m.py"),
    ],
)
def test_the_four_places_of_a_module(
    tmp_path: Path, place: str, path: str, root: str, main_file: str
) -> None:
    make_files(tmp_path, place)
    module = find(tmp_path)
    assert module == Module("m", tmp_path / path, tmp_path / root)
    assert module.main_file == tmp_path / main_file


@pytest.mark.parametrize("place", ["m/sub.py", "src/m/sub.py"])
def test_a_namespace_package_has_no_main_file(tmp_path: Path, place: str) -> None:
    make_files(tmp_path, place, "m.py")
    module = find(tmp_path, namespace=True)
    assert module.is_namespace
    assert module.path == (tmp_path / place).parent
    assert module.main_file is None


@pytest.mark.parametrize("generated", ["module", "package"])
def test_a_generated_module_is_not_looked_for(tmp_path: Path, generated: str) -> None:
    module = find(tmp_path / "missing", generated=generated)
    assert module == Module("m", None, None)
    assert module.main_file is None
    assert list(module.files()) == []


@pytest.mark.parametrize(
    ("places", "namespace", "message"),
    [
        ((), False, "there is no directory m or m.py in"),
        (("m.pyx", "n/__init__.py"), False, "there is no directory m or m.py in"),
        (("m.py",), True, "there is no directory m in"),
        (("m/__init__.py", "src/m/__init__.py"), False, "'m' is ambiguous: .*m and .*m"),
        (("m/__init__.py", "m.py"), False, "'m' is ambiguous"),
        (("m.py", "src/m.py"), False, "'m' is ambiguous"),
        (("m/sub.py",), False, "has no __init__.py"),
        (("m/__init__.py",), True, "a namespace package has no __init__.py, but .* has one"),
    ],
)
def test_what_is_not_there_or_not_clear(
    tmp_path: Path, places: tuple[str, ...], namespace: bool, message: str
) -> None:
    make_files(tmp_path, *places)
    with pytest.raises(ProjectError, match=message) as e:
        find(tmp_path, namespace=namespace)
    assert e.value.problems[0].where.startswith("pyproject.toml: `tool.py-build-cmake.module")
    assert e.value.problems[0].hint


def test_the_files_of_a_package(tmp_path: Path) -> None:
    make_files(
        tmp_path,
        "outside.txt",
        "linked/file.txt",
        "src/m/__init__.py",
        "src/m/data.bin",
        "src/m/sub/deep/x.py",
        "src/m/__pycache__/x.cpython-311.pyc",
        "src/m/sub/__pycache__/y.txt",
        "src/m/old.pyc",
        "src/m/old.pyo",
    )
    package = tmp_path / "src" / "m"
    (package / "link.txt").symlink_to("../../outside.txt")
    (package / "dangling").symlink_to("nowhere")
    (package / "linked").symlink_to("../../linked")
    assert dict(find(tmp_path).files()) == {
        place: tmp_path / "src" / place
        for place in (
            "m/__init__.py",
            "m/data.bin",
            "m/sub/deep/x.py",
            "m/link.txt",
            "m/linked/file.txt",
            # Whoever copies it reports it.
            "m/dangling",
        )
    }


def test_a_module_is_one_file(tmp_path: Path) -> None:
    make_files(tmp_path, "src/m.py", "src/other.py")
    assert dict(find(tmp_path).files()) == {"m.py": tmp_path / "src" / "m.py"}


def test_links_to_directories_around_them_are_refused(tmp_path: Path) -> None:
    make_files(tmp_path, "m/__init__.py")
    (tmp_path / "m" / "again").symlink_to(".")
    with pytest.raises(ProjectError, match="a directory that contains it"):
        list(find(tmp_path).files())


@pytest.mark.parametrize(
    ("name", "content", "is_compiled"),
    [
        ("_core.cpython-38-x86_64-linux-gnu.so", b"", True),
        ("_core.abi3.so", b"", True),
        ("_core.pypy310-pp73-aarch64-linux-gnu.so", b"", True),
        ("_core.cp311-win_amd64.pyd", b"", True),
        ("_core.pyd", b"", True),
        ("_core.so", b"\x7fELF...PyInit__core\0", True),
        # Libraries, which somebody may have put there on purpose.
        ("_core.so", b"\x7fELF...PyInit__other\0", False),
        ("libcore.1.so", b"PyInit_libcore", False),
        ("libcore.so.1", b"PyInit_libcore", False),
        ("_core.c", b"PyInit__core", False),
    ],
)
def test_compiled_modules(tmp_path: Path, name: str, content: bytes, is_compiled: bool) -> None:
    path = tmp_path / "src" / "m" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert is_compiled_module(path) is is_compiled


def test_compiled_modules_among_the_sources(tmp_path: Path) -> None:
    host = native_host(LINUX_CP311)
    fitting = ("_a.cpython-311-x86_64-linux-gnu.so", "_b.abi3.so", "_c.so")
    make_files(tmp_path, "src/m/__init__.py", *(f"src/m/{name}" for name in fitting))
    (tmp_path / "src" / "m" / "_c.so").write_bytes(b"PyInit__c")
    files, warnings = without_compiled(dict(find(tmp_path).files()), tmp_path, host)
    assert list(files) == ["m/__init__.py"]
    assert [warning.split()[0] for warning in warnings] == [f"src/m/{name}" for name in fitting]
    others = ("_d.cpython-38-x86_64-linux-gnu.so", "_e.pyd", "_f.cpython-311-aarch64-linux-gnu.so")
    make_files(tmp_path, *(f"src/m/{name}" for name in others))
    with pytest.raises(ProjectError, match="for another Python") as e:
        without_compiled(dict(find(tmp_path).files()), tmp_path, host)
    assert [problem.where for problem in e.value.problems] == [f"m/{name}" for name in others]
    assert all("let CMake install it" in problem.hint for problem in e.value.problems)
