"""Wheels and other archives that are complete, but for what a test does to them."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

Rows = list[list[str]]


def record_hash(data: bytes) -> str:
    """Return a hash in the form of RECORD."""
    digest = hashlib.sha256(data).digest()
    return f"sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def metadata(name: str, version: str) -> bytes:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()


def wheel_text(tags: Iterable[str], *, is_pure: bool = False) -> bytes:
    lines = [
        "Wheel-Version: 1.0",
        f"Root-Is-Purelib: {str(is_pure).lower()}",
        *(f"Tag: {tag}" for tag in tags),
    ]
    return ("\n".join(lines) + "\n").encode()


def write_packed(
    path: Path,
    files: Mapping[str, bytes],
    *,
    changed: Mapping[str, bytes | None] | None = None,
    record: Callable[[Rows], Rows] | None = lambda rows: rows,
    members: Iterable[tuple[zipfile.ZipInfo, bytes]] = (),
) -> Path:
    """Write the wheel ``path`` with its metadata.

    ``changed`` are other contents of files that it would have, and None for those that it shall
    lack; ``record`` changes the lines of RECORD, and None leaves that out; ``members`` are what
    RECORD does not know of.
    """
    name, version, *_, python, abi, platform = path.name.removesuffix(".whl").split("-")
    tags = [f"{p}-{a}-{s}" for p in python.split(".") for a in abi.split(".")
            for s in platform.split(".")]  # fmt: skip
    info = f"{name}-{version}.dist-info"
    contents: dict[str, bytes | None] = {
        **files,
        f"{info}/METADATA": metadata(name, version),
        f"{info}/WHEEL": wheel_text(tags, is_pure=platform == "any"),
        **(changed or {}),
    }
    kept = {place: data for place, data in contents.items() if data is not None}
    rows = [[place, record_hash(data), str(len(data))] for place, data in kept.items()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, data in kept.items():
            archive.writestr(member(place), data)
        for odd, data in members:
            archive.writestr(odd, data)
        if record:
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(
                record([*rows, [f"{info}/RECORD", "", ""]])
            )
            archive.writestr(f"{info}/RECORD", text.getvalue())
    return path


def member(place: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    """Return a member with this very name, which zipfile would make a better one of."""
    info = zipfile.ZipInfo("x")
    info.filename = place
    info.external_attr = mode << 16
    info.create_system = 3
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def write_conda(path: Path, index: object, files: Mapping[str, bytes]) -> Path:
    """Write a ``.conda`` package: two compressed tar archives in a zip archive."""
    stem = path.name.removesuffix(".conda")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", '{"conda_pkg_format_version": 2}')
        packed = {"pkg": files, "info": {"info/index.json": json.dumps(index).encode()}}
        for prefix, contents in packed.items():
            archive.writestr(f"{prefix}-{stem}.tar.zst", _compressed_tar(contents))
    return path


def _compressed_tar(files: Mapping[str, bytes]) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        link = tarfile.TarInfo("lib/link")
        link.type, link.linkname = tarfile.SYMTYPE, "elsewhere"
        tar.addfile(link)
        for place, data in files.items():
            info = tarfile.TarInfo(place)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    compressed: bytes = zstd.compress(stream.getvalue())
    return compressed
