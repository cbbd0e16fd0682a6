"""The proof for wheels that are packed."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import compiled as c
from support.packed import member, wheel_text, write_packed

from py_build_cmake.base.errors import WheelError
from py_build_cmake.verify import members as module
from py_build_cmake.verify.finding import Code, Severity
from py_build_cmake.verify.ignored import Ignored
from py_build_cmake.verify.inspect import inspect_wheel

GOOD = "m-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"
MODULE = "m/x.cpython-312-x86_64-linux-gnu.so"
INIT = ["PyInit_x"]
FITS = c.elf(c.X86_64, needed=["libc.so.6"], versions={"libc.so.6": ["GLIBC_2.17"]}, exports=INIT)


def write(path: Path, files: dict[str, bytes], tags: str | None = None) -> Path:
    name, version, *_ = path.name.split("-")
    changed = (
        {} if tags is None else {f"{name}-{version}.dist-info/WHEEL": wheel_text(tags.split())}
    )
    return write_packed(path, files, changed=changed, members=[(member("m/", 0o40755), b"")])


def test_a_good_wheel(tmp_path: Path) -> None:
    found = inspect_wheel(write(tmp_path / GOOD, {MODULE: FITS, "m/x.py": b"pass\n"}))
    assert (found.name, str(found.tag)) == (GOOD, "cp312-cp312-manylinux_2_17_x86_64")
    assert found.is_sound
    assert (found.errors, found.warnings) == ((), ())
    assert [file.place for file in found.files] == [MODULE]


@pytest.mark.parametrize(
    ("name", "place", "data", "message"),
    [
        (GOOD, MODULE, c.elf(c.AARCH64), "is ELF for aarch64"),
        (GOOD, "m/x.cpython-311-x86_64-linux-gnu.so", FITS, "its suffix is that of cp311"),
        (
            GOOD,
            MODULE,
            c.elf(
                c.X86_64,
                needed=["libc.so.6"],
                versions={"libc.so.6": ["GLIBC_2.34"]},
                exports=INIT,
            ),
            "needs GLIBC_2.34",
        ),
        ("m-1.0-1-cp312-abi3-linux_x86_64.whl", MODULE, FITS, "its suffix is that of cp312 alone"),
        ("m-1.0-py3-none-any.whl", "m/data.bin", FITS, "promises to work on every machine"),
        ("m-1.0-py3-none-win_amd64.whl", "m-1.0.data/scripts/x", FITS, "is ELF for x86_64"),
    ],
)
def test_doctored_wheels(tmp_path: Path, name: str, place: str, data: bytes, message: str) -> None:
    found = inspect_wheel(write(tmp_path / name, {place: data}))
    assert not found.is_sound
    (problem,) = found.errors
    assert message in problem.message
    assert problem.where == place


def test_large_members_are_unpacked_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_IN_MEMORY", 100)
    found = inspect_wheel(write(tmp_path / GOOD, {MODULE: c.elf(c.AARCH64) + bytes(10_000)}))
    assert not found.is_sound


def test_ignored_files(tmp_path: Path) -> None:
    wheel = write(tmp_path / GOOD, {"m/firmware.elf": c.elf(c.AARCH64), MODULE: FITS})
    assert not inspect_wheel(wheel).is_sound
    found = inspect_wheel(wheel, ignored=Ignored.of(["*.elf"]))
    assert found.is_sound
    assert len(found.files) == 1
    assert [(f.code, f.problem.where) for f in found.findings] == [
        (Code.NOT_CHECKED, "m/firmware.elf")
    ]
    by_code = inspect_wheel(wheel, ignored=Ignored.of(["wrong-machine"]))
    assert by_code.is_sound
    assert [(f.code, f.severity) for f in by_code.findings] == [(Code.WRONG_MACHINE, Severity.NOTE)]


LAUNCHERS = {"m/t32.exe": c.pe(c.PE_I386), "m/t64.exe": c.pe(c.PE_AMD64)}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, Code.FOREIGN_DATA),
        ({"m/x.so": FITS}, Code.BINARY_IN_ANY_WHEEL),
        ({"m/x.pyd": c.pe(c.PE_AMD64)}, Code.BINARY_IN_ANY_WHEEL),
        ({"m-1.0.data/scripts/x": FITS}, Code.BINARY_IN_ANY_WHEEL),
    ],
)
def test_launchers_in_a_wheel_for_every_machine(
    tmp_path: Path, more: dict[str, bytes], code: Code
) -> None:
    found = inspect_wheel(write(tmp_path / "m-1.0-py3-none-any.whl", {**LAUNCHERS, **more}))
    assert {f.code for f in found.findings} == {code}
    assert found.is_sound == (not more)


def test_one_launcher_is_not_for_every_machine(tmp_path: Path) -> None:
    path = write(tmp_path / "m-1.0-py3-none-any.whl", {"m/t64.exe": c.pe(c.PE_AMD64)})
    assert not inspect_wheel(path).is_sound


def test_tags_in_the_metadata(tmp_path: Path) -> None:
    found = inspect_wheel(write(tmp_path / GOOD, {}, "py3-none-any"))
    assert found.is_sound
    assert "has the tags py3-none-any" in found.warnings[0].message
    tags = "cp312-cp312-manylinux_2_17_x86_64 cp312-cp312-manylinux2014_x86_64"
    name = "m-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    assert inspect_wheel(write(tmp_path / name, {}, tags)).warnings == ()


def test_a_wheel_without_metadata(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / GOOD, "w") as archive:
        archive.writestr("m/x.py", "")
    (error,) = inspect_wheel(tmp_path / GOOD).errors
    assert error.message.startswith("there is no directory m-1.0.dist-info")


@pytest.mark.parametrize(
    "name", ["m.whl", "m-1.0.whl", "m-1.0.tar.gz", "m-1.0-py3-none.whl", "m-1.0-b-py3-none-any.whl"]
)
def test_what_is_not_called_like_a_wheel(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(WheelError, match="not that of a wheel"):
        inspect_wheel(tmp_path / name)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"text"])
def test_what_is_not_an_archive(tmp_path: Path, data: bytes) -> None:
    (tmp_path / GOOD).write_bytes(data)
    with pytest.raises(WheelError, match="cannot be read"):
        inspect_wheel(tmp_path / GOOD)


def test_a_wheel_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(WheelError, match="cannot be read"):
        inspect_wheel(tmp_path / GOOD)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_archives(tmp_path: Path, data: st.DataObject) -> None:
    """They have an error, or are refused; what raises is always the same."""
    path = write(tmp_path / GOOD, {MODULE: FITS, "m/y.so": c.elf(c.X86_64)})
    contents = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        contents[data.draw(st.integers(0, len(contents) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(contents[: data.draw(st.integers(0, len(contents)) | st.just(len(contents)))])
    try:
        inspect_wheel(path)
    except WheelError as e:
        assert str(e)


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("cp312-cp312-manylinux2_17_x86_64", "'manylinux2_17_x86_64' is not a platform tag"),
        ("cp312-cp312-linux_amd64", "no Python calls a machine amd64 on Linux"),
        ("cp312-cp311-linux_x86_64", "no Python looks for 'cp312' with the ABI cp311"),
        ("py3-none-any.linux_x86_64", "'any' beside linux_x86_64"),
    ],
)
def test_tags_that_no_installer_accepts(tmp_path: Path, tag: str, message: str) -> None:
    found = inspect_wheel(write(tmp_path / f"m-1.0-{tag}.whl", {"m/x.py": b"pass\n"}))
    assert message in found.errors[0].message
    assert found.findings[0].code is Code.NO_SUCH_TAG


def test_tags_that_are_not_known(tmp_path: Path) -> None:
    path = write(tmp_path / "m-1.0-py3-none-linux_sparc64.whl", {"m/x.so": FITS})
    found = inspect_wheel(path)
    assert "`--allow-unknown-tags`" in found.errors[0].hint
    allowed = inspect_wheel(path, allow_unknown_tags=True)
    assert allowed.is_sound
    (problem,) = allowed.warnings
    assert "not proved" in problem.message


def test_a_set_promises_all_of_its_members(tmp_path: Path) -> None:
    name = "m-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux_2_17_aarch64.whl"
    found = inspect_wheel(write(tmp_path / name, {MODULE: FITS}))
    assert found.findings[0].code is Code.WRONG_MACHINE
