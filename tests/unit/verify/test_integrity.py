"""Wheels whose archive or metadata is wrong: each with what is found."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import compiled as c
from support.packed import Rows, member, metadata, record_hash, wheel_text, write_packed

from py_build_cmake.base.errors import WheelError
from py_build_cmake.verify import inspect as inspection
from py_build_cmake.verify.finding import Code
from py_build_cmake.verify.inspect import inspect_wheel
from py_build_cmake.verify.integrity import check_metadata, is_proof, read_record

PURE = "demo-1.0-py3-none-any.whl"
NATIVE = "demo-1.0-cp312-cp312-linux_x86_64.whl"
INFO = "demo-1.0.dist-info"
FILES = {"demo/__init__.py": b"", "demo/data.txt": b"data " * 1000}
SYMBOLIC_LINK = 0o120777


def record_with(place: str, checksum: str | None = None, size: str | None = None) -> Any:
    """Return what changes the line of a file in RECORD."""

    def change(rows: Rows) -> Rows:
        return [
            [p, h if checksum is None else checksum, s if size is None else size]
            if p == place
            else [p, h, s]
            for p, h, s in rows
        ]

    return change


def without(place: str) -> Callable[[Rows], Rows]:
    return lambda rows: [row for row in rows if row[0] != place]


def moved(directory: str) -> dict[str, bytes | None]:
    """Return the metadata in another directory."""
    return {
        f"{INFO}/METADATA": None,
        f"{INFO}/WHEEL": None,
        f"{directory}/METADATA": metadata("demo", "1.0"),
        f"{directory}/WHEEL": wheel_text(["py3-none-any"], is_pure=True),
    }


def renamed(directory: str) -> dict[str, Any]:
    """Return the arguments of a wheel whose metadata is in another directory."""
    return {
        "changed": moved(directory),
        "record": None,
        "members": [(member(f"{directory}/RECORD"), record_of(moved(directory)))],
    }


def record_of(metadata_files: dict[str, bytes | None]) -> bytes:
    files = {**FILES, **{place: data for place, data in metadata_files.items() if data}}
    return "".join(f"{p},{record_hash(d)},{len(d)}\n" for p, d in files.items()).encode()


def changed(place: str, data: bytes | None) -> dict[str, Any]:
    return {"changed": {place: data}}


def extra(place: str, data: bytes = b"") -> dict[str, Any]:
    """Return the arguments of a wheel with one file more, which RECORD has."""
    return {"changed": {place: data}}


DOCTORED = {
    # RECORD
    "other contents": (
        {"record": record_with("demo/data.txt", record_hash(b""))},
        "contents-differ",
    ),
    "other size": ({"record": record_with("demo/data.txt", size="7")}, "size-differs"),
    "size is no number": ({"record": record_with("demo/data.txt", size="x")}, "size-differs"),
    "not in RECORD": ({"record": without("demo/data.txt")}, "not-in-record"),
    "only in RECORD": (
        {"record": lambda rows: [*rows, ["demo/gone.py", record_hash(b""), "0"]]},
        "missing-file",
    ),
    "no RECORD": ({"record": None}, "no-record"),
    "no hash": ({"record": record_with("demo/data.txt", "", "")}, "no-hash"),
    "a weak hash": ({"record": record_with("demo/data.txt", "md5=abc")}, "no-hash"),
    "an unknown hash": ({"record": record_with("demo/data.txt", "__doc__=abc")}, "no-hash"),
    "twice in RECORD": ({"record": lambda rows: [rows[0], *rows]}, "duplicate-entry"),
    "a short line": ({"record": lambda rows: [*rows, ["demo/x"]]}, "bad-record"),
    # Names
    "two members": (
        {"members": [(member("demo/data.txt"), FILES["demo/data.txt"])]},
        "duplicate-name",
    ),
    "case": (extra("demo/DATA.txt"), "names-differ-in-case"),
    "case of a directory": (extra("Demo/x.txt"), "names-differ-in-case"),
    "another letter for Unicode": (
        {"changed": {"demo/\u00e9.txt": b"", "demo/e\u0301.txt": b""}},
        "names-differ-in-case",
    ),
    "absolute": (extra("/etc/demo"), "unsafe-name"),
    "drive": (extra("C:/demo.txt"), "unsafe-name"),
    "above": (extra("../demo.txt"), "unsafe-name"),
    "above and back": (extra("demo/../x.txt"), "unsafe-name"),
    "backslash": (extra("demo\\x.txt"), "backslash-in-name"),
    "control character": (extra("demo/a\nb.txt"), "impossible-name"),
    "empty part": (extra("demo//x.txt"), "impossible-name"),
    "dot": (extra("./demo/x.txt"), "impossible-name"),
    "long name": (extra(f"demo/{'n' * 256}"), "impossible-name"),
    "file and directory": (extra("demo/data.txt/x"), "file-and-directory"),
    "link": (
        {
            "members": [(member("demo/link", SYMBOLIC_LINK), b"data.txt")],
            "record": lambda rows: [*rows, ["demo/link", record_hash(b"data.txt"), "8"]],
        },
        "symbolic-link",
    ),
    # .dist-info
    "no .dist-info": (
        {"changed": {f"{INFO}/METADATA": None, f"{INFO}/WHEEL": None}, "record": None},
        "no-dist-info",
    ),
    "two .dist-info": (extra("other-1.0.dist-info/LICENSE"), "several-dist-info"),
    ".dist-info of another name": (renamed("other-1.0.dist-info"), "wrong-dist-info"),
    ".dist-info of another version": (renamed("demo-2.0.dist-info"), "wrong-dist-info"),
    "a file of installers": (extra(f"{INFO}/INSTALLER", b"cmake"), "installer-file"),
    "no METADATA": (changed(f"{INFO}/METADATA", None), "no-metadata"),
    "empty METADATA": (changed(f"{INFO}/METADATA", b"\n"), "no-metadata"),
    "METADATA of another name": (
        changed(f"{INFO}/METADATA", metadata("other", "1.0")),
        "other-metadata",
    ),
    "METADATA of another version": (
        changed(f"{INFO}/METADATA", metadata("demo", "2.0")),
        "other-metadata",
    ),
    "METADATA is a list": (changed(f"{INFO}/METADATA", b"[]"), "bad-metadata"),
    "no WHEEL": (changed(f"{INFO}/WHEEL", None), "no-wheel-file"),
    "another version of the format": (
        changed(f"{INFO}/WHEEL", b"Wheel-Version: 2.0\nTag: py3-none-any\n"),
        "wheel-version",
    ),
    "no version of the format": (changed(f"{INFO}/WHEEL", b"Tag: py3-none-any\n"), "wheel-version"),
    # .data
    "unknown scheme": (extra("demo-1.0.data/script/run"), "unknown-scheme"),
    "no scheme": (extra("demo-1.0.data/run"), "file-in-data"),
    "a scheme is a file": (extra("demo-1.0.data/scripts"), "file-in-data"),
    ".data of another version": (extra("demo-2.0.data/scripts/run"), "wrong-data-directory"),
    ".data of another name": (extra("other-1.0.data/scripts/run"), "wrong-data-directory"),
    ".data in other case": (extra("Demo-1.0.data/scripts/run"), "wrong-data-directory"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("arguments", "code"), DOCTORED.values(), ids=DOCTORED)
def test_doctored_wheels(tmp_path: Path, arguments: dict[str, Any], code: str) -> None:
    found = inspect_wheel(write_packed(tmp_path / PURE, FILES, **arguments))
    assert not found.is_sound
    assert [f.code.text for f in found.findings] == [code]


def test_a_name_with_a_null(tmp_path: Path) -> None:
    """Up to Python 3.10, RECORD cannot be read then, either."""
    found = inspect_wheel(write_packed(tmp_path / PURE, FILES, **extra("demo/a\0b.txt")))
    assert Code.IMPOSSIBLE_NAME in {f.code for f in found.findings}


def test_what_is_only_doubtful(tmp_path: Path) -> None:
    no_tags = changed(f"{INFO}/WHEEL", b"Wheel-Version: 1.0\n")
    found = inspect_wheel(write_packed(tmp_path / PURE, FILES, **no_tags))
    assert [(f.code, f.is_error) for f in found.findings] == [(Code.WHEEL_TAGS, False)]
    pure = changed(f"{INFO}/WHEEL", wheel_text(["cp312-cp312-linux_x86_64"], is_pure=True))
    files = {**FILES, "demo/x.so": c.elf(c.X86_64)}
    found = inspect_wheel(write_packed(tmp_path / NATIVE, files, **pure))
    assert [(f.code, f.is_error) for f in found.findings] == [(Code.COMPILED_IN_PURELIB, False)]
    files = {**FILES, "demo-1.0.data/platlib/x.so": c.elf(c.X86_64)}
    assert not inspect_wheel(write_packed(tmp_path / NATIVE, files, **pure)).findings


def test_what_is_right(tmp_path: Path) -> None:
    """Signatures, other spellings of one name and one version, other good hashes."""
    name = "Demo_x.y-1.0.0-py3-none-any.whl"
    files = {"demo_x.y-1.0.data/scripts/run": b"#!python\n"}
    directory = "demo_x.y-1.0.dist-info"
    metadata_files: dict[str, bytes | None] = {
        "Demo_x.y-1.0.0.dist-info/METADATA": None,
        "Demo_x.y-1.0.0.dist-info/WHEEL": None,
        f"{directory}/METADATA": metadata("demo-x-y", "1.0"),
        f"{directory}/WHEEL": wheel_text(["py3-none-any"]),
    }
    lines = {**files, **{place: data for place, data in metadata_files.items() if data}}
    text = "".join(f"{place},{record_hash(data)}=,\n" for place, data in lines.items())
    members = [
        (member(f"{directory}/RECORD"), f"\n{text}".encode()),
        (member(f"{directory}/RECORD.jws"), b"signature"),
        (member("demo/", 0o40755), b""),
    ]
    path = tmp_path / name
    write_packed(path, files, changed=metadata_files, record=None, members=members)
    assert inspect_wheel(path).findings == ()


def test_a_damaged_member(tmp_path: Path) -> None:
    path = write_packed(tmp_path / PURE, {"demo/data.txt": bytes(range(256))})
    contents = bytearray(path.read_bytes())
    contents[contents.index(bytes(range(100)))] ^= 1
    path.write_bytes(contents)
    (found,) = inspect_wheel(path).findings
    assert (found.code, found.problem.where) == (Code.DAMAGED_MEMBER, "demo/data.txt")
    assert "\n" not in found.problem.message


def test_lines_that_end_as_on_windows(tmp_path: Path) -> None:
    texts = {
        f"{INFO}/METADATA": metadata("demo", "1.0"),
        f"{INFO}/WHEEL": wheel_text(["py3-none-any"], is_pure=True),
    }
    endings = {place: text.replace(b"\n", b"\r\n") for place, text in texts.items()}
    assert inspect_wheel(write_packed(tmp_path / PURE, FILES, changed=endings)).findings == ()


@pytest.mark.parametrize("name", ["METADATA", "WHEEL", "RECORD"])
def test_metadata_that_cannot_be_unpacked(tmp_path: Path, name: str) -> None:
    """It is damaged, which is not said again in other words."""
    path = write_packed(tmp_path / PURE, FILES)
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo(f"{INFO}/{name}").header_offset
    contents = bytearray(path.read_bytes())
    contents[start + 30 + len(f"{INFO}/{name}")] = 0xFF  # no type of deflate's blocks
    path.write_bytes(contents)
    (found,) = inspect_wheel(path).findings
    assert (found.code, found.problem.where) == (Code.DAMAGED_MEMBER, f"{INFO}/{name}")


def test_a_bomb_is_not_read_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "_LONGEST_TEXT", 1 << 20)
    bomb = changed(f"{INFO}/METADATA", metadata("demo", "1.0") + bytes(2 << 20))
    (found,) = inspect_wheel(write_packed(tmp_path / PURE, FILES, **bomb)).findings
    assert found.code is Code.DAMAGED_MEMBER
    assert "it has more than 1 MiB" in found.problem.message


def test_a_member_with_a_password(tmp_path: Path) -> None:
    path = write_packed(tmp_path / PURE, FILES)
    contents = bytearray(path.read_bytes())
    place = contents.rindex(b"PK\1\2", 0, contents.rindex(b"demo/data.txt"))
    contents[place + 8] |= 1
    path.write_bytes(contents)
    (found,) = inspect_wheel(path).findings
    assert found.code is Code.DAMAGED_MEMBER


def test_what_is_not_a_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / PURE).mkdir()
    with pytest.raises(WheelError, match="cannot be read: it is not a file"):
        inspect_wheel(tmp_path / PURE)


@given(st.binary())
def test_any_record_and_any_metadata(data: bytes) -> None:
    read_record(data, INFO)
    for found in check_metadata(data, INFO, "demo-1.0"):
        assert "\n" not in found.problem.message


def test_hashes_that_prove_contents() -> None:
    assert all(map(is_proof, ("sha256", "sha512", "sha3_256", "blake2b")))
    assert not any(map(is_proof, ("", "md5", "sha1", "sha224", "shake_128", "new", "sha256 ")))
