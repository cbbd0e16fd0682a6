"""The kinds of modules: packages, files, namespaces, generated ones; pure wheels with CMake."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend
from support.builds import make_venv, run
from support.projects import LOCAL, edit, write
from support.wheels import Wheel

Package = Callable[[str], Path]

PURE = "py3-none-any"


def _check_pure(wheel: Wheel) -> None:
    assert wheel.name.endswith(f"-{PURE}.whl")
    assert wheel.header("Tag") == [PURE]
    assert wheel.header("Root-Is-Purelib") == ["true"]


def test_package(backend: Backend, package: Package) -> None:
    project = package("pure-package")
    built = backend.build_wheel(project)
    _check_pure(built.wheel)
    assert list(built.wheel.payload) == ["pure_package/__init__.py", "pure_package/data/table.csv"]
    assert not (project / ".py-build-cmake_cache").exists()
    assert [line.partition("] ")[2].split()[0] for line in built.log.splitlines()] == [
        "verify",
        "pack",
    ]


def test_single_file(backend: Backend, package: Package) -> None:
    wheel = backend.build_wheel(package("pure-module")).wheel
    _check_pure(wheel)
    assert list(wheel.payload) == ["pure_module.py"]


def test_namespace_package(backend: Backend, package: Package, tmp_path: Path) -> None:
    """Two distributions share the namespace."""
    project = package("namespace-package")
    built = backend.build_wheel(project)
    _check_pure(built.wheel)
    assert list(built.wheel.payload) == ["shared_namespace/part/__init__.py"]
    edit(project / "pyproject.toml", 'name = "namespace-package"', 'name = "another-package"')
    namespace = project / "src" / "shared_namespace"
    (namespace / "part").rename(namespace / "other")
    other = backend.build_wheel(project)
    python = make_venv(tmp_path / "venv", "--no-deps", "--no-index", built.path, other.path)
    code = "import shared_namespace.part, shared_namespace.other; print(shared_namespace.__file__)"
    assert run(python, "-I", "-c", code, cwd=tmp_path).strip() == "None"


def test_generated_module_in_a_pure_wheel(
    backend: Backend, package: Package, tmp_path: Path
) -> None:
    """CMake runs, but what it makes is for every system."""
    project = package("generated-module")
    built = backend.build_wheel(project)
    _check_pure(built.wheel)
    assert built.wheel.files["generated_module.py"] == b"name = 'generated_module'\n"
    # Systems and Pythons that share a checkout do not share a build directory.
    (directory,) = (path for path in (project / ".py-build-cmake_cache").iterdir() if path.is_dir())
    assert directory.name.startswith("cp")
    python = make_venv(tmp_path / "venv", "--no-deps", "--no-index", built.path)
    code = "import generated_module as m; print(m.name)"
    assert run(python, "-I", "-c", code, cwd=tmp_path).strip() == "generated_module"


def test_generated_package(backend: Backend, package: Package) -> None:
    wheel = backend.build_wheel(package("components")).wheel
    assert not wheel.name.endswith(f"-{PURE}.whl")
    assert wheel.header("Root-Is-Purelib") == ["false"]


def test_dynamic_metadata_of_a_generated_module(backend: Backend, package: Package) -> None:
    project = package("generated-module")
    edit(project / "pyproject.toml", 'version = "1.0"', 'dynamic = ["version"]')
    message = backend.refusal(project)
    for part in ("project.dynamic", "version", "CMake generates", "hint: "):
        assert part in message


def test_compiled_file_in_a_pure_wheel(backend: Backend, make: None, package: Package) -> None:
    """What is for one machine cannot be in a wheel for all."""
    project = package("configurations")
    message = backend.refusal(project, {"wheel.pure_python": "true"})
    assert "configurations/which.so" in message
    assert "any" in message


def test_platform_wheel_without_cmake(backend: Backend, package: Package) -> None:
    project = package("pure-package")
    built = backend.build_wheel(project, {"wheel.pure_python": "false"})
    assert not built.path.name.endswith(f"-{PURE}.whl")
    assert built.wheel.header("Root-Is-Purelib") == ["false"]
    assert list(built.wheel.payload) == ["pure_package/__init__.py", "pure_package/data/table.csv"]


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ("name = 'other-name'", "other_name/__init__.py"),
        ("directory = 'lib'\nname = 'inner'", "lib/inner.py"),
        ("directory = 'lib'\nname = 'deep'", "lib/src/deep/__init__.py"),
        ("directory = '../elsewhere'\nname = 'far'", "../elsewhere/far.py"),
    ],
)
def test_places_of_the_module(backend: Backend, package: Package, table: str, place: str) -> None:
    project = package("pure-package")
    write(project / place, '"""Here."""\n')
    write(project / LOCAL, f"[module]\n{table}\n")
    wheel = backend.build_wheel(project).wheel
    name = place.rpartition("src/")[2].rpartition("lib/")[2].rpartition("elsewhere/")[2]
    assert list(wheel.payload) == [name]
    assert wheel.files[name] == b'"""Here."""\n'


def test_module_outside_of_the_project_makes_no_sdist(backend: Backend, package: Package) -> None:
    project = package("pure-package")
    write(project / "../elsewhere/far.py", '"""Here."""\n')
    write(project / LOCAL, "[module]\ndirectory = '../elsewhere'\nname = 'far'\n")
    with pytest.raises(Exception, match="py-build-cmake: error: ") as failure:
        backend.build_sdist(project)
    assert "far.py" in str(failure.value)
    assert "Traceback" not in str(failure.value)


def test_linked_files_belong_to_the_package(backend: Backend, package: Package) -> None:
    """Linked directories do, too, as where the module is imported from the sources."""
    project = package("pure-package")
    folder = project / "pure_package"
    (folder / "link.csv").symlink_to("data/table.csv")
    (folder / "linked").symlink_to("data")
    wheel = backend.build_wheel(project).wheel
    assert wheel.files["pure_package/link.csv"] == b"1,2\n"
    assert wheel.files["pure_package/linked/table.csv"] == b"1,2\n"
