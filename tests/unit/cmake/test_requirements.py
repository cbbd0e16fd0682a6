"""Stable paths of what an isolated build requires."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from support.machines import LINUX_CP311

from py_build_cmake.cmake.requirements import (
    Requirements,
    find_requirements,
    is_temporary,
    without_names,
)


def install(site: Path, version: str = "1.0", script_hash: str = "abc") -> Path:
    """Lay out what pip installs: a package with a header, a script elsewhere, byte code."""
    header = site / "headers" / "include" / "h.h"
    header.parent.mkdir(parents=True, exist_ok=True)
    header.write_text(version)
    (site / "headers" / "__init__.py").write_text("")
    info = site / f"headers-{version}.dist-info"
    info.mkdir()
    (info / "RECORD").write_text(
        f"../../../bin/tool,sha256={script_hash},10\n"
        "headers/__pycache__/__init__.cpython-311.pyc,,\n"
        "headers/__init__.py,sha256=empty,0\n"
        f"headers/include/h.h,sha256={version},3\n"
        f"headers-{version}.dist-info/RECORD,,\n"
        '"headers/missing, with a comma",sha256=x,0\n'
    )
    (site / "cmake-4.0.dist-info").mkdir()
    (site / "cmake-4.0.dist-info" / "RECORD").write_text(f"cmake/data,sha256={os.urandom(3)!r},1\n")
    return header


def requirements(*paths: Path) -> Requirements:
    return find_requirements(replace(LINUX_CP311, import_paths=paths))


def test_the_same_requirements_have_the_same_paths(tmp_path: Path) -> None:
    first, second = tmp_path / "pip-build-env-a" / "overlay", tmp_path / "pip-build-env-b" / "site"
    install(first)
    header = install(second, script_hash="other")
    before, after = requirements(first), requirements(Path("/usr/lib"), second)
    assert before.digest == after.digest
    build_dir = tmp_path / "build"
    assert before.environment(build_dir, {}) == after.environment(build_dir, {})
    link = build_dir / "py-build-cmake" / "requirements" / before.digest / "0"
    assert after.environment(build_dir, {"PYTHONPATH": "/mine"}) == {
        "PYTHONPATH": f"{link}{os.pathsep}/mine"
    }
    before.link(build_dir)
    assert link.resolve() == first
    after.link(build_dir)
    assert link.resolve() == second
    assert header.stat().st_mtime == 1
    assert (second / "headers" / "__init__.py").stat().st_mtime > 1


def test_other_requirements_have_other_paths(tmp_path: Path) -> None:
    first, second = tmp_path / "build-env-a", tmp_path / "build-env-b"
    install(first)
    install(second, "2.0")
    before, after = requirements(first), requirements(second)
    assert before.digest != after.digest
    for found in (before, after):
        found.link(tmp_path / "build")
    folder = tmp_path / "build" / "py-build-cmake" / "requirements"
    assert [path.name for path in folder.iterdir()] == [after.digest]
    Requirements().link(tmp_path / "build")
    assert list(folder.iterdir()) == []
    assert (second / "headers" / "include" / "h.h").read_text() == "2.0"


def test_files_that_a_cache_shares_are_left_alone(tmp_path: Path) -> None:
    site = tmp_path / "builds-v0" / ".tmpAb12" / "site"
    header = install(site)
    os.link(header, tmp_path / "cached.h")
    assert requirements(site).directories == (site,)
    assert header.stat().st_mtime > 1


def test_environments_that_stay_are_used_as_they_are(tmp_path: Path) -> None:
    site = tmp_path / "venv" / "site"
    header = install(site)
    found = requirements(site, tmp_path / "pip-build-env-gone")
    assert found == Requirements()
    assert found.environment(tmp_path, {"PYTHONPATH": "/mine"}) == {}
    assert header.stat().st_mtime > 1


def test_where_links_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("a privilege is not held")

    site = tmp_path / "pip-build-env-a"
    install(site)
    monkeypatch.setattr(Path, "symlink_to", refuse)
    requirements(site).link(tmp_path / "build")


def test_programs_have_stable_paths(tmp_path: Path) -> None:
    """The whole environment has a link: programs look for their data beside themselves."""
    places = [tmp_path / f"pip-build-env-{name}" / "overlay" for name in "ab"]
    found = []
    for place in places:
        site = place / "lib" / "python3.11" / "site-packages"
        install(site)
        tool = place / "bin" / "tool"
        tool.parent.mkdir()
        tool.write_text(f"#!{place}/bin/python\nimport tool\n")
        environ = {"PATH": os.pathsep.join((str(tool.parent), "/usr/bin"))}
        machine = replace(LINUX_CP311, import_paths=(site,), environ=environ)
        found.append(find_requirements(machine))
        assert tool.stat().st_mtime == 1
    assert found[0].digest == found[1].digest
    build_dir = tmp_path / "build"
    folder = build_dir / "py-build-cmake" / "requirements" / found[0].digest
    for requirement, place in zip(found, places):
        requirement.link(build_dir)
        assert (folder / "environment-0").resolve() == place
        path = os.pathsep.join((str(place / "bin"), "", "/usr/bin"))
        expected = (str(folder / "environment-0" / "bin"), str(place / "bin"), "", "/usr/bin")
        assert requirement.environment(build_dir, {"PATH": path}) == {
            "PYTHONPATH": str(folder / "0"),
            "PATH": os.pathsep.join(expected),
        }


def test_another_program_makes_other_requirements(tmp_path: Path) -> None:
    digests = set()
    for name, code in (("a", "1"), ("b", "2"), ("c", "2")):
        environment = tmp_path / f"build-env-{name}"
        site = environment / "lib" / "python3.11" / "site-packages"
        install(site)
        (environment / "bin").mkdir()
        (environment / "bin" / "tool").write_text(f"#!{environment}/bin/python\n{code}")
        digests.add(requirements(site).digest)
    assert len(digests) == 2


def test_names_of_temporary_environments() -> None:
    for text in (
        "/tmp/pip-build-env-x1/overlay/bin",
        "-I/t/build-env-y/x;z",
        '"/c/builds-v0/.tmpQ"',
    ):
        assert is_temporary(text)
        assert not is_temporary(without_names(text))
    assert without_names("/tmp/pip-build-env-x1/overlay/bin") == without_names(
        "/tmp/pip-build-env-y2/overlay/bin"
    )
    assert not is_temporary("/home/me/my-build-env/bin")
