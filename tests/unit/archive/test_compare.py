"""Where two wheels begin to differ."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from py_build_cmake.archive.compare import Difference, compare_wheels
from py_build_cmake.archive.reproducible import Packing
from py_build_cmake.archive.wheel_writer import write_wheel

NAME = "m-1.0-py3-none-any.whl"
ELF = b"\x7fELF" + bytes(2000)


def wheel(
    directory: Path, files: dict[str, bytes], *, timestamp: int = 1700000000, level: int = 6
) -> Path:
    paths = {}
    for number, (place, data) in enumerate(files.items()):
        paths[place] = directory / str(number)
        paths[place].parent.mkdir(exist_ok=True)
        paths[place].write_bytes(data)
        paths[place].chmod(0o755 if place.endswith(".sh") else 0o644)
    path = directory / NAME
    write_wheel(path, paths, dist_info="m-1.0.dist-info", packing=Packing(timestamp, level))
    return path


def difference(
    tmp_path: Path, before: dict[str, bytes], after: dict[str, bytes]
) -> Difference | None:
    return compare_wheels(wheel(tmp_path / "a", before), wheel(tmp_path / "b", after))


def test_equal_wheels(tmp_path: Path) -> None:
    files = {"m.py": b"pass\n", "m/x.so": ELF}
    assert difference(tmp_path, files, files) is None


@pytest.mark.parametrize(
    ("member", "contents", "offset", "cause"),
    [
        (
            "m.py",
            (b"a = 1\nb = 2\n", b"a = 1\nb = 3\n"),
            10,
            "'b = 3' in place of 'b = 2': the source differs",
        ),
        ("m.py", (b"a\n", b"a\nb\n"), 2, "'b' in place of '': the source differs"),
        (
            "m-1.0.dist-info/WHEEL",
            (b"Generator: x 1\n", b"Generator: x 2\n"),
            13,
            "'Generator: x 2' in place of 'Generator: x 1': another version of the backend",
        ),
        ("m-1.0.dist-info/METADATA", (b"Version: 1", b"Version: 2"), 9, "the project's metadata"),
        (
            "m.so",
            (ELF + b"/home/a/m.c\0", ELF + b"/home/b/m.c\0"),
            len(ELF) + 6,
            "'/home/b/m.c' in place of '/home/a/m.c': a directory is compiled in",
        ),
        (
            "m.so",
            (ELF + b"\1\0/home/a/m.c\0", ELF + b"\2\0/home/longer/m.c\0"),
            len(ELF),
            "'/home/longer/m.c' in place of '/home/a/m.c': a directory is compiled in",
        ),
        (
            "m.so",
            (ELF + b"10:11:12\0", ELF + b"10:11:13\0"),
            len(ELF) + 7,
            "a time is compiled in",
        ),
        (
            "m.so",
            (ELF + b"GCC: (Debian) 12.1\0", ELF + b"GCC: (Debian) 12.2\0"),
            len(ELF) + 17,
            "another version of the compiler",
        ),
        ("m.so", (ELF + b"\1\2\3", ELF + b"\1\2\4"), len(ELF) + 2, "the machine code differs"),
        (
            "m.bin",
            (b"x" * (1 << 20) + b"\nabc", b"x" * (1 << 20) + b"\nabd"),
            (1 << 20) + 3,
            "'abd' in place of 'abc'",
        ),
    ],
)
def test_the_first_difference_and_its_cause(
    tmp_path: Path, member: str, contents: tuple[bytes, bytes], offset: int, cause: str
) -> None:
    before, after = contents
    found = difference(
        tmp_path, {"a.py": b"same", member: before}, {"a.py": b"same", member: after}
    )
    assert found is not None
    assert (found.member, found.offset) == (member, offset)
    assert cause in found.cause
    assert str(found).startswith(f"{member}, byte {offset}: ")


def test_members_that_are_missing(tmp_path: Path) -> None:
    before = difference(tmp_path, {"a.py": b"", "b.py": b""}, {"a.py": b""})
    assert before == Difference("b.py", None, "is not in the second wheel")
    after = difference(tmp_path, {"a.py": b""}, {"a.py": b"", "c.py": b""})
    assert after == Difference("c.py", None, "is only in the second wheel")


def test_what_is_not_in_the_contents(tmp_path: Path) -> None:
    files = {"a.py": b"text " * 1000}
    first = wheel(tmp_path / "a", files)
    later = compare_wheels(first, wheel(tmp_path / "b", files, timestamp=1700000002))
    assert later is not None
    assert later.member == "a.py"
    assert "22:13:22 in place of 2023-11-14 22:13:20: SOURCE_DATE_EPOCH differs" in later.cause
    packed = compare_wheels(first, wheel(tmp_path / "c", files, level=1))
    assert packed is not None
    assert "the archive, byte " in str(packed)
    assert "compressed in another way" in packed.cause
    renamed = first.rename(tmp_path / "n-1.0-py3-none-any.whl")
    named = compare_wheels(renamed, wheel(tmp_path / "d", {"a.py": b"other"}))
    assert str(named) == f"the archive: the name is {NAME} in place of {renamed.name}"


def test_modes_and_order(tmp_path: Path) -> None:
    first = wheel(tmp_path / "a", {"a.sh": b"", "b.sh": b""})
    other = tmp_path / "b" / NAME
    other.parent.mkdir()

    def rewrite(*, reverse: bool, mode: int) -> Path:
        with zipfile.ZipFile(first) as source, zipfile.ZipFile(other, "w") as target:
            for info in sorted(source.infolist(), key=lambda i: i.filename, reverse=reverse):
                changed = zipfile.ZipInfo(info.filename, info.date_time)
                changed.external_attr = (0o100000 | mode) << 16
                target.writestr(changed, source.read(info))
        return other

    found = compare_wheels(first, rewrite(reverse=False, mode=0o600))
    assert found is not None
    assert "the mode is 100600 in place of 100" in found.cause
    with zipfile.ZipFile(first) as source, zipfile.ZipFile(other, "w") as target:
        for info in reversed(source.infolist()):
            target.writestr(info, source.read(info))
    found = compare_wheels(first, other)
    assert found == Difference("", None, "the members are in another order")
