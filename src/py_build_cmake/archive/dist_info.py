"""The ``.dist-info`` directory of a wheel, except for RECORD, which only the packer can write.

Source: the binary distribution format and core metadata specifications.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from .. import __version__
from ..base.errors import WheelError
from ..project.metadata import entry_points_text

if TYPE_CHECKING:
    from pathlib import Path

    from ..platforms.tags import WheelTag
    from ..project.metadata import CoreMetadata

# The files that must not change after a front end has asked for the metadata.
ANNOUNCED = ("METADATA", "WHEEL", "entry_points.txt")


def wheel_text(tag: WheelTag, build_tag: str | None) -> str:
    """Write the WHEEL file."""
    lines = [
        "Wheel-Version: 1.0",
        f"Generator: py-build-cmake {__version__}",
        f"Root-Is-Purelib: {'true' if tag.is_pure else 'false'}",
        *([f"Build: {build_tag}"] if build_tag else []),
        *(f"Tag: {single}" for single in tag.expanded()),
    ]
    return "\n".join(lines) + "\n"


def dist_info_name(metadata: CoreMetadata) -> str:
    """Return the name of the directory."""
    return f"{metadata.base_name}.dist-info"


def write_dist_info(
    parent: Path, metadata: CoreMetadata, tag: WheelTag, build_tag: str | None
) -> str:
    """Write the directory into ``parent`` and return its name."""
    name = dist_info_name(metadata)
    directory = parent / name
    directory.mkdir(parents=True, exist_ok=True)
    texts = {
        "METADATA": metadata.text,
        "WHEEL": wheel_text(tag, build_tag),
        "entry_points.txt": entry_points_text(metadata.entry_points),
    }
    for file_name, text in texts.items():
        (directory / file_name).write_bytes(text.encode())
    for place, licence in metadata.licenses.items():
        path = directory / place
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(licence, str):
            path.write_bytes(licence.encode())
        else:
            shutil.copyfile(licence, path)
    return name


def check_announced(announced: Path, written: Path) -> None:
    """Compare a dist-info directory with the one that was announced to the front end.

    A front end may keep only METADATA.

    :raises WheelError: METADATA, WHEEL or the entry points differ (PEP 517: the wheel must have the
        metadata that ``prepare_metadata_for_build_wheel`` returned).
    """
    for name in ANNOUNCED:
        if name != "METADATA" and not (announced / name).exists():
            continue
        before = _lines(announced / name)
        after = _lines(written / name)
        if before == after:
            continue
        differing = [f"-{line}" for line in before if line not in after]
        differing += [f"+{line}" for line in after if line not in before]
        raise WheelError(
            f"{name} is not what was announced before the build: {'; '.join(differing[:6])}",
            where=f"{written.name}/{name}",
            hint="the metadata must not depend on the build, and CMake must not overwrite it",
        )


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []
