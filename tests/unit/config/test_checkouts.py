"""Settings that a checkout has and its source distribution has not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.machines import LINUX_CP311

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.config.checkouts import check_checkout, settings_not_packed
from py_build_cmake.config.load import load_config
from py_build_cmake.config.settings import parse_config_settings

PYPROJECT = "[project]\nname = 'My.pkg'\nversion = '1'\n"
CROSS = "version = '311'\nimplementation = 'cp'\nabi = 'cp311'\narch = 'linux_aarch64'\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "docs").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    return folder


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PYPROJECT.replace("My.pkg", "my-pkg"))
    (folder / "PKG-INFO").touch()
    return folder


def check(unpacked: Path, start: Path | str, **given: str) -> list[str]:
    environ = {"PWD": str(start)}
    settings = parse_config_settings(given, environ)
    config = load_config(unpacked, settings, replace(LINUX_CP311, environ=environ))
    return check_checkout(config, settings, environ)


@pytest.mark.parametrize("suffix", ["toml", "pbc"])
@pytest.mark.parametrize("place", [".", "docs"])
def test_a_lost_cross_file_is_refused(
    checkout: Path, unpacked: Path, suffix: str, place: str
) -> None:
    (checkout / f"py-build-cmake.cross.{suffix}").write_text(CROSS.replace("'", '"'))
    with pytest.raises(ConfigError, match="turns on cross-compilation") as e:
        check(unpacked, checkout / place)
    (problem,) = e.value.problems
    assert problem.where == str(checkout / f"py-build-cmake.cross.{suffix}")
    assert f"-C cross={problem.where}" in problem.hint
    assert "--wheel" in problem.hint


def test_other_wheels_are_built(checkout: Path, unpacked: Path) -> None:
    cross = checkout / "py-build-cmake.cross.toml"
    cross.write_text(CROSS)
    assert check(unpacked, checkout, cross=str(cross)) == []
    assert check(unpacked, checkout.parent) == []
    assert check(unpacked, "relative") == []
    assert check(unpacked, unpacked) == []
    (unpacked / cross.name).write_text(CROSS)
    assert check(unpacked, checkout) == []
    for text in ("[project]\nname = 'other'\n", "project = 1\n", "not TOML"):
        (checkout / "pyproject.toml").write_text(text)
        (unpacked / cross.name).unlink(missing_ok=True)
        assert check(unpacked, checkout) == []


def test_lost_local_settings_are_said(checkout: Path, unpacked: Path) -> None:
    local = checkout / "py-build-cmake.local.toml"
    local.write_text("wheel.build_tag = '1'\n")
    (warning,) = check(unpacked, checkout)
    assert f"{local} has no effect" in warning
    assert f"-C local={local}" in warning
    assert check(unpacked, checkout, local=str(local)) == []
    # It may have the cross table, too.
    local.write_text("cross.arch = 'linux_aarch64'\n")
    with pytest.raises(ConfigError, match="turns on cross-compilation") as e:
        check(unpacked, checkout)
    assert f"-C local={local}" in e.value.problems[0].hint
    for nothing in ("", "sdist.include = ['x']\n"):
        local.write_text(nothing)
        assert check(unpacked, checkout) == []


def test_settings_that_are_not_packed(checkout: Path) -> None:
    (checkout / "py-build-cmake.local.toml").write_text("wheel.build_tag = '1'\n")
    (checkout / "py-build-cmake.local.pbc").write_text("sdist.include+=[x]\n")
    (checkout / "py-build-cmake.cross.toml").write_text(CROSS)
    (checkout / "py-build-cmake.cross.pbc").write_text("arch=linux_aarch64\n")
    warnings = settings_not_packed(checkout, {}, {"py-build-cmake.cross.pbc"})
    assert [warning.split()[0] for warning in warnings] == [
        "py-build-cmake.cross.toml",
        "py-build-cmake.local.toml",
    ]
    assert f"-C cross={checkout / 'py-build-cmake.cross.toml'}" in warnings[0]


def test_relative_paths_of_settings_begin_where_the_user_is(checkout: Path, unpacked: Path) -> None:
    for folder, names in ((checkout, ("a", "b")), (unpacked, ("b", "c"))):
        for name in names:
            (folder / f"{name}.cmake").touch()
    environ = {"PWD": str(checkout)}
    machine = replace(LINUX_CP311, environ=environ)
    for name, folder in (("a", checkout), ("b", checkout), ("c", unpacked)):
        overrides = [f"cross.toolchain_file={name}.cmake", 'cross.arch="linux_aarch64"']
        config = load_config(unpacked, parse_config_settings({"o": overrides}, environ), machine)
        assert config.cross
        assert config.cross.toolchain_file == folder / f"{name}.cmake"
    for name in ("d", "x" * 5000):
        settings = parse_config_settings({"o": f"cross.toolchain_file={name}"}, environ)
        with pytest.raises(ConfigError, match="there is no "):
            load_config(unpacked, settings, machine)
