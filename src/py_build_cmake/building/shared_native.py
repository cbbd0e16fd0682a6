"""One native pre-build for several cross builds.

Each cross build expects its native pre-build in a directory of its own. A copy must be equal to
what a pre-build in that directory would have installed, but files can contain the path of the
directory. In texts the path is replaced. In programs and libraries, only debuggers use it. If
another file that goes into the wheel has the path, the pre-build is not shared.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ..project.files import compile_patterns, tree_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.plan import BuildPlan

_FILES = "files"
_PLACE = "place"


def copy_native_build(prefix: Path, copy: Path) -> None:
    """Copy what a native pre-build installed into ``prefix``, and record the original path."""
    shutil.copytree(prefix, copy / _FILES, symlinks=True)
    (copy / _PLACE).write_bytes(os.fsencode(prefix.parent))


def is_of_use(copy: Path, plan: BuildPlan) -> bool:
    """Whether a build can use the copy without a difference in the wheel."""
    cross = plan.main_pass.cross if plan.main_pass else None
    patterns = (cross.copy_from_native_build if cross else None) or ()
    place, spec = (copy / _PLACE).read_bytes(), compile_patterns(patterns)
    installed = tree_files(copy / _FILES)
    wanted = (path.read_bytes() for name, path in installed.items() if spec.match_file(name))
    return not any(place in data and not _is_text(data) for data in wanted)


def take_native_build(copy: Path, prefix: Path) -> None:
    """Put a copy where this build's own native pre-build would have installed."""
    if prefix.exists():
        shutil.rmtree(prefix)
    prefix.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(copy / _FILES, prefix, symlinks=True)
    old, new = (copy / _PLACE).read_bytes(), os.fsencode(prefix.parent)
    for path in _everything(prefix):
        if path.is_symlink():
            target = os.fsencode(path.readlink())
            if old in target:
                path.unlink()
                path.symlink_to(os.fsdecode(target.replace(old, new)))
        elif path.is_file() and old in (data := path.read_bytes()) and _is_text(data):
            status = path.stat()
            path.write_bytes(data.replace(old, new))
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _everything(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        yield from (Path(folder, name) for name in (*folders, *names))


def _is_text(data: bytes) -> bool:
    return b"\0" not in data
