"""The archive is what the standard library would have written."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from py_build_cmake.archive.tar import TarWriter

TIME = 1_600_000_000
NAMES = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=130
)


def written(files: dict[str, bytes], mode: int, timestamp: int = TIME) -> bytes:
    output = io.BytesIO()
    writer = TarWriter(output, timestamp)
    for name, data in files.items():
        writer.add_file(name, mode, len(data), io.BytesIO(data))
    writer.add_link("link", 0o644, "to/there")
    writer.finish()
    return output.getvalue()


def written_by_tarfile(files: dict[str, bytes], mode: int, timestamp: int = TIME) -> bytes:
    output = io.BytesIO()
    with tarfile.open(
        fileobj=output, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8"
    ) as archive:
        for name, data in [*files.items(), ("link", b"")]:
            info = tarfile.TarInfo(name)
            info.mode = 0o644 if name == "link" else mode
            info.mtime = timestamp
            info.uname = info.gname = ""
            info.size = len(data)
            if name == "link":
                info.type, info.linkname = tarfile.SYMTYPE, "to/there"
            archive.addfile(info, io.BytesIO(data))
    return output.getvalue()


@given(
    st.dictionaries(NAMES.filter(lambda name: name != "link"), st.binary(max_size=1100)),
    st.sampled_from([0o644, 0o755]),
    st.sampled_from([0, TIME, 4354819198]),
)
def test_the_bytes_are_those_of_tarfile(files: dict[str, bytes], mode: int, timestamp: int) -> None:
    assert written(files, mode, timestamp) == written_by_tarfile(files, mode, timestamp)


def test_large_files_are_copied_in_pieces() -> None:
    data = bytes(range(256)) * (5 << 12)  # 5 MiB
    assert written({"large": data}, 0o644) == written_by_tarfile({"large": data}, 0o644)


def test_sizes_beyond_the_plain_header_are_pax_records() -> None:
    output = io.BytesIO()
    writer = TarWriter(output, TIME)
    with pytest.raises(OSError, match="huge became shorter while it was packed"):
        writer.add_file("huge", 0o644, 1 << 33, io.BytesIO())
    writer._write(writer._header("huge", 0o644, 1 << 33))
    output.seek(0)
    with tarfile.open(fileobj=output) as archive:
        member = archive.next()
        assert member is not None
        assert member.size == 1 << 33
        assert member.pax_headers == {"size": str(1 << 33)}


def test_names_that_are_not_utf8_come_back() -> None:
    name = b"\xff.txt".decode(errors="surrogateescape")
    output = io.BytesIO(written({name: b"x"}, 0o644))
    with tarfile.open(fileobj=output, encoding="utf-8", errors="surrogateescape") as archive:
        assert archive.getnames() == [name, "link"]
