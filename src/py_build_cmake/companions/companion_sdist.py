"""Source distributions of companions. They have a copy of the main project, to build from."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ..building.wheel import pack_sdist, write_generated_sources
from ..config.companions import MAIN_COPY
from ..project.files import anchored, compile_patterns, matching_files
from ..project.sdist_files import included_files, sdist_warnings, select_sdist

if TYPE_CHECKING:
    from ..building.session import Session
    from ..config.companions import Companion
    from ..project.metadata import CoreMetadata
    from ..project.plan import BuildPlan


def write_companion_sdist(
    session: Session, companion: Companion, metadata: CoreMetadata, main: BuildPlan, directory: Path
) -> str:
    """Pack the companion and, below ``main-project``, what the main project's own would have.

    :raises Error: a file that is needed is excluded or lies elsewhere.
    """
    write_generated_sources(main)
    selected = select_sdist(main, directory)
    for warning in sdist_warnings(main, selected):
        session.console.warning(f"main project: {warning}")
    main_files = included_files(selected)
    with tempfile.TemporaryDirectory() as temporary:
        pkg_info = Path(temporary, "PKG-INFO")
        pkg_info.write_bytes(main.metadata.text.encode())
        main_files["PKG-INFO"] = pkg_info
        files = {
            **_own_files(companion, metadata),
            **{f"{MAIN_COPY}/{place}": path for place, path in main_files.items()},
        }
        records = main.sdist_records
        copied = {f"{MAIN_COPY}/{place}": text for place, text in records.items()}
        return pack_sdist(session, metadata, files, directory, copied)


def _own_files(companion: Companion, metadata: CoreMetadata) -> dict[str, Path]:
    root = companion.project_dir
    excluded = compile_patterns(map(anchored, companion.sdist.exclude))
    patterns = [anchored(pattern) for pattern in companion.sdist.include]
    files = {
        place: path
        for place, path in matching_files(root, patterns).items()
        if not excluded.match_file(place) and not place.startswith(f"{MAIN_COPY}/")
    }
    for path in (root / "pyproject.toml", *metadata.files):
        if path.is_relative_to(root):
            files[path.relative_to(root).as_posix()] = path
        else:
            place = path.relative_to(companion.main_dir).as_posix()
            files[f"{MAIN_COPY}/{place}"] = path
    return files
