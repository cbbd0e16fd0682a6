"""Matrix files: what they mean, and every mistake in them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.wheels.jobs import Job, Matrix
from py_build_cmake.wheels.matrix import read_matrix


def read(tmp_path: Path, text: str) -> Matrix:
    path = tmp_path / "wheels.toml"
    path.write_text(text, "utf-8")
    return read_matrix(path)


def contents(target: Job) -> dict[str, object]:
    """Return what the tables of a target say, the last one counts."""
    return {key: value for table in target.tables for key, value in table.contents.items()}


def problems(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as e:
        read(tmp_path, text)
    return str(e.value)


def test_all_combinations(tmp_path: Path) -> None:
    matrix = read(
        tmp_path,
        """
        native = true
        [common]
        native_build = true
        copy_from_native_build = ["*.pyi", "py.typed"]
        [[targets]]
        arch = ["manylinux_2_28_aarch64", "musllinux_1_2_x86_64"]
        version = ["311", "312"]
        toolchain_file = "tc.cmake"
        cmake.options = { A = ["x", "y"] }
        exclude = [{ arch = "musl*", version = "311" }]
        """,
    )
    assert matrix.native
    assert [(target.name, contents(target)["version"]) for target in matrix.jobs] == [
        ("manylinux_2_28_aarch64-311", "311"),
        ("manylinux_2_28_aarch64-312", "312"),
        ("musllinux_1_2_x86_64-312", "312"),
    ]
    assert contents(matrix.jobs[0]) == {
        "native_build": True,
        "copy_from_native_build": ["*.pyi", "py.typed"],
        "arch": "manylinux_2_28_aarch64",
        "version": "311",
        "toolchain_file": "tc.cmake",
        "cmake": {"options": {"A": ["x", "y"]}},
    }
    common, own = matrix.jobs[0].tables
    assert (common.prefix, own.prefix) == ("common", "targets[1]")
    assert {common.source, own.source} == {"wheels.toml"}
    assert {common.directory, own.directory} == {str(tmp_path.resolve())}


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ('arch = "linux_aarch64"', ["linux_aarch64"]),
        ('arch = "linux_aarch64"\npython = "roots/arm 64"', ["linux_aarch64-arm_64"]),
        ('cross = "x/a.cross.toml"', ["a"]),
        ('cross = "a.cross.toml"\nversion = ["311"]', ["311"]),
        ("native_build = true", ["targets_1"]),
        ('name = "a-{version}"\nversion = ["311", "312"]', ["a-311", "a-312"]),
        ('name = "a"\nversion = ["311", "312"]', ["a", "a-2"]),
        ("native_build = [true, false]", ["true", "false"]),
    ],
)
def test_names(tmp_path: Path, table: str, names: list[str]) -> None:
    matrix = read(tmp_path, f"[[targets]]\n{table}\n")
    assert [target.name for target in matrix.jobs] == names


def test_cross_files_are_relative_to_the_matrix(tmp_path: Path) -> None:
    (target,) = read(tmp_path, '[[targets]]\ncross = ["a.toml", "b/c.toml"]\n').jobs
    directory = tmp_path.resolve()
    assert target.cross == (str(directory / "a.toml"), str(directory / "b/c.toml"))
    assert target.tables == ()


def test_a_list_under_an_unknown_key_is_left_to_the_loader(tmp_path: Path) -> None:
    (target,) = read(tmp_path, '[[targets]]\nname = "x"\narchs = ["a", "b"]\n').jobs
    assert contents(target) == {"archs": ["a", "b"]}


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    message = problems(
        tmp_path,
        """
        natve = true
        arch = "linux_aarch64"
        native = 1
        [common]
        exclude = []
        [[targets]]
        name = 1
        arch = []
        cross = 2
        [[targets]]
        name = "{what}"
        exclude = [{ arch = "x" }]
        [[targets]]
        exclude = 3
        [[targets]]
        exclude = [{}]
        """,
    )
    path = tmp_path / "wheels.toml"
    for part in (
        f"{path}: `natve`: is not a key of a matrix file\n    hint: did you mean `native`?",
        f"{path}: `arch`: is not a key of a matrix file\n    hint: keys of cross files stand in",
        f"{path}: `native`: must be true or false, not the integer 1",
        f"{path}: `common.exclude`: is not a key of a cross file",
        f"{path}: `targets[1].arch`: the list is empty",
        f"{path}: `targets[1].cross`: must be a file or a list of files",
        f"{path}: `targets[2].name`: {{what}} is not a key of this target",
        f"{path}: `targets[2].exclude.arch`: is not the name of a list of this table",
        f"{path}: `targets[4].exclude`: an empty table excludes everything",
        f"{path}: `targets[3].exclude`: must be a list of tables",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a = [", "not valid TOML"),
        ("", "names no target"),
        ("common = 1", "`common`: must be a table"),
        ("targets = 1", "two brackets"),
        ("targets = [1]", "`targets[1]`: must be a table"),
        ("[[targets]]\nname = 1\n", "`targets[1].name`: must be a string"),
    ],
)
def test_single_mistakes(tmp_path: Path, text: str, part: str) -> None:
    assert part in problems(tmp_path, text)


def test_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_matrix(tmp_path / "x.toml")
