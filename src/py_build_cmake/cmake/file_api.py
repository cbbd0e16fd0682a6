"""CMake's own description of a build directory.

Source: cmake-file-api(7), client stateless queries and the object kind "cmakeFiles".
"""

from __future__ import annotations

import json
import os
from pathlib import Path

_API = Path(".cmake", "api", "v1")
_KINDS = ("codemodel-v2", "cmakeFiles-v1")


def ask_cmake(build_dir: Path) -> None:
    """Write the query that makes CMake list, when it configures, the files it reads."""
    query = build_dir / _API / "query" / "client-py-build-cmake"
    query.mkdir(parents=True, exist_ok=True)
    for kind in _KINDS:
        (query / kind).touch()


def scripts_read(build_dir: Path) -> list[Path]:
    """Return the files of the project, and of others, that CMake ran when it configured.

    Those that came with CMake, and those that it wrote itself, are left out; so are files that it
    only copied, as `configure_file` does.
    """
    found: dict[Path, None] = {}
    for reply in (build_dir / _API / "reply").glob("cmakeFiles-*.json"):
        contents = json.loads(reply.read_bytes())
        source = _path(contents["paths"]["source"])
        for entry in contents["inputs"]:
            path = source / _path(entry["path"])
            is_script = path.name == "CMakeLists.txt" or path.suffix == ".cmake"
            if is_script and not entry.get("isCMake") and not entry.get("isGenerated"):
                found[path] = None
    return list(found)


def _path(name: str) -> Path:
    """Return a path as the file API writes it, in UTF-8, whatever the encoding of the locale is."""
    return Path(os.fsdecode(name.encode("utf-8", "surrogateescape")))
