"""What a user would miss is packed or said, and what nobody should see is neither."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend
from support.builds import CommandFailed, run
from support.projects import CROSS, edit, write

Package = Callable[[str], Path]

WARNING = "py-build-cmake: warning: "
SECRET = "hunter2hunter2"


@pytest.mark.parametrize("with_secret", [True, False])
def test_secrets(backend: Backend, package: Package, with_secret: bool) -> None:
    """Whatever form they have, no log shows them, and nobody else reads CMake's cache."""
    project = package("components")
    edit(
        project / "CMakeLists.txt",
        "set(PART",
        'message(STATUS "args $ENV{CMAKE_ARGS} index $ENV{INDEX} db $ENV{DB}")\n'
        'message(STATUS "url ${URL} ${LOGIN}")\n'
        "set(PART",
    )
    settings = {"verbose": "", "cmake.options.PART": "x"}
    environment = {}
    if with_secret:
        settings |= {
            "cmake.options.URL": f"https://{SECRET}1@example.org/x",
            "cmake.options.LOGIN": f"Server=db;Pwd={SECRET}2;Timeout=3",
            "cmake.env.SIGNING_KEY": f"{SECRET}3",
        }
        environment = {
            "CMAKE_ARGS": f"-DMY_TOKEN={SECRET}4 -DCMAKE_BUILD_TYPE=Debug",
            "CIBW_ENVIRONMENT": f'DB_PASS="{SECRET}5"',
            "INDEX": f"https://me:{SECRET}6@example.org/simple",
            "DB": f"postgres://me:{SECRET}7@db/x",
        }
    built = backend.with_env(**environment).build_wheel(project, settings)
    (log,) = (project / ".py-build-cmake_cache").glob("*/*.log")
    for text in (built.log, log.read_text("utf-8")):
        assert SECRET not in text
        assert "-- args " in text
        assert not with_secret or "url https://***@example.org/x Server=db" in text
    (cache,) = (project / ".py-build-cmake_cache").glob("*/CMakeCache.txt")
    assert (SECRET in cache.read_text("utf-8")) is with_secret
    assert bool(cache.stat().st_mode & 0o044) is not with_secret


def test_a_component_without_rules(backend: Backend, package: Package) -> None:
    settings = {"cmake.install_components": '["runtime", "developmnet"]'}
    built = backend.build_wheel(package("components"), settings)
    assert (
        f"{WARNING}`cmake.install_components`: no install rule belongs to 'developmnet'"
        in built.log
    )
    assert "'development'" in built.log or "`development`" in built.log
    assert "'runtime';" not in built.log


def test_a_wheel_from_the_sdist_of_a_checkout_with_a_cross_file(
    backend: Backend, package: Package, tmp_path: Path
) -> None:
    """As ``python -m build`` and ``uv build`` do; PWD is where they were started."""
    checkout = package("archive")
    write(checkout / CROSS, 'version = "311"\narch = "linux_aarch64"\n')
    sdist = backend.build_sdist(checkout)
    assert f"{WARNING}{CROSS} is not in the source distribution" in sdist.log
    with tarfile.open(sdist.path) as archive:
        archive.extractall(tmp_path / "unpacked")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    started = backend.with_env(PWD=str(checkout))
    assert "turns on cross-compilation in" in started.refusal(unpacked)
    # Elsewhere, it is a source distribution like any other.
    built = backend.with_env(PWD=str(tmp_path)).build_wheel(unpacked)
    assert "linux_aarch64" not in built.path.name


def test_links_licences_and_leftovers(backend: Backend, package: Package, tmp_path: Path) -> None:
    """Wheels from the checkout and from its source distribution hold the same."""
    project = package("archive")
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text("utf-8").replace('license-files = ["LICENSE"]\n', ""))
    write(project / "NOTICE", "Made by somebody.\n")
    write(tmp_path / "elsewhere" / "sub" / "linked.txt", "linked\n")
    module = project / "src" / "archive"
    (module / "linked").symlink_to(tmp_path / "elsewhere")
    (module / "again").symlink_to("sub")
    write(module / "build" / "CMakeCache.txt", "MY_TOKEN:STRING=hunter2\n")
    (module / "build" / "CMakeFiles").mkdir()
    write(module / "py-build-cmake.local.toml", "")
    write(module / ".git", "gitdir: /home/me/x\n")
    code = "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))"
    left_over = module / f"_gone{run(backend.python, '-c', code).split()[-1]}"
    left_over.touch()
    built = backend.build_wheel(project)
    names = list(built.wheel.files)
    assert f"{WARNING}src/archive/{left_over.name} is a compiled module among" in built.log
    assert {"archive/linked/sub/linked.txt", "archive/again/__init__.py"} <= set(names)
    assert {name.rpartition("/")[2] for name in names if "/licenses/" in name} == {
        "LICENSE",
        "NOTICE",
    }
    unwanted = ("_gone", "CMakeCache", "local.toml", ".git")
    assert not [name for name in names if any(word in name for word in unwanted)]
    sdist = backend.build_sdist(project)
    assert f"{WARNING}src/archive/{left_over.name} is left out" in sdist.log
    with tarfile.open(sdist.path) as archive:
        assert not [n for n in archive.getnames() if any(word in n for word in unwanted)]
        archive.extractall(tmp_path / "unpacked")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert sorted(backend.build_wheel(unpacked).wheel.files) == sorted(names)
    (module / "_gone.cpython-38-x86_64-linux-gnu.so").touch()
    with pytest.raises(CommandFailed) as e:
        backend.build_wheel(project)
    assert "src/archive/_gone.cpython-38-x86_64-linux-gnu.so is a compiled module" in e.value.log
