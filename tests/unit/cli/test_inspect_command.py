"""``py-build-cmake inspect``, in this process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support import compiled
from support.packed import write_packed

from py_build_cmake.cli.program import program

INIT = ["PyInit_[x]"]
X86_64 = compiled.elf(compiled.X86_64, exports=INIT)
AARCH64 = compiled.elf(compiled.AARCH64, exports=INIT)
TAG = "cp312-cp312-linux_x86_64"
MODULE = "m/[x].cpython-312-x86_64-linux-gnu.so"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(program, ["inspect", *map(str, arguments)])


def wheel(directory: Path, data: bytes, tag: str = TAG) -> Path:
    return write_packed(directory / f"m-1.0-{tag}.whl", {MODULE if data else "m/x.py": data})


def test_a_wheel_that_fits(tmp_path: Path) -> None:
    path = wheel(tmp_path, X86_64)
    result = run(path)
    assert result.exit_code == 0
    for part in (path.name, MODULE, "ELF library", "x86_64", "cp312", f"fits the tag {TAG}"):
        assert part in result.output
    assert "lowest honest platform tag: manylinux_2_5_x86_64" in result.output


def test_a_wheel_that_does_not_fit(tmp_path: Path) -> None:
    good = wheel(tmp_path, X86_64)
    bad = wheel(tmp_path, AARCH64, "cp312-cp312-win_amd64")
    result = run(good, bad)
    assert result.exit_code == 1
    assert "error: m/[x].cpython" in result.output
    assert "does not fit the tag cp312-cp312-win_amd64" in result.output
    assert f"fits the tag {TAG}" in result.output
    assert run(bad, "--ignore", "*.so").exit_code == 0


def test_a_pure_wheel(tmp_path: Path) -> None:
    result = run(wheel(tmp_path, b"", "py3-none-any"))
    assert result.exit_code == 0
    assert "fits the tag py3-none-any" in result.output
    assert "format" not in result.output


def test_json(tmp_path: Path) -> None:
    result = run("--json", wheel(tmp_path, X86_64), wheel(tmp_path, AARCH64, "py3-none-any"))
    assert result.exit_code == 1
    good, bad = json.loads(result.output)
    assert good["name"] == f"m-1.0-{TAG}.whl"
    assert (good["tag"], good["is_sound"], good["errors"], good["warnings"]) == (TAG, True, [], [])
    assert good["lowest_platform_tags"] == ["manylinux_2_5_x86_64"]
    (file,) = good["files"]
    assert file["place"] == MODULE
    assert (file["format"], file["machines"], file["python"]) == ("ELF", ["x86_64"], "cp312")
    assert bad["is_sound"] is False
    assert bad["lowest_platform_tags"] is None
    (error,) = bad["errors"]
    assert set(error) == {"code", "message", "where", "hint"}
    assert error["code"] == "binary-in-any-wheel"
    assert good["format_version"] == bad["format_version"] == 1
    assert good["notes"] == []


@pytest.mark.parametrize("name", ["m.whl", "m-1.0-py3-none-any.whl"])
def test_what_is_not_a_wheel(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"text")
    result = run(tmp_path / name)
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_wrong_usage(tmp_path: Path) -> None:
    assert run().exit_code == 2
    assert run(tmp_path / "absent.whl").exit_code == 2


def test_inspect_with_libraries_from_elsewhere(tmp_path: Path) -> None:
    """What is said of the lowest tag agrees with what is said of the wheel's own."""
    data = compiled.elf(compiled.X86_64, needed=["libcuda.so.1", "libc.so.6"], exports=INIT)
    path = wheel(tmp_path, data, "cp312-cp312-manylinux_2_28_x86_64")
    result = run(path)
    assert result.exit_code == 1
    assert "lowest honest platform tag: linux_x86_64" in result.output
    result = run("--external-library", "libcuda.so.*", path)
    assert result.exit_code == 0
    assert "lowest honest platform tag: manylinux_2_5_x86_64" in result.output
    assert "from elsewhere" in result.output
