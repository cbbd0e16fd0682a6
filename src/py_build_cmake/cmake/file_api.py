"""CMake's own description of a build directory.

Source: cmake-file-api(7), client stateless queries and the object kinds "codemodel", "cmakeFiles"
and "toolchains".
"""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

_API = Path(".cmake", "api", "v1")
# CMake before 3.20 ignores the last one.
_KINDS = ("codemodel-v2", "cmakeFiles-v1", "toolchains-v1")


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


def mentions(build_dir: Path, directory: str) -> bool:
    """Whether targets, directories or scripts of a build lie in a directory, or refer to it."""
    text = json.dumps(directory.rstrip("/"))[1:-1].encode()
    replies = (build_dir / _API / "reply").glob("*.json")
    return any(re.search(re.escape(text) + rb'["/]', reply.read_bytes()) for reply in replies)


def linked_directories(build_dir: Path) -> list[Path]:
    """Return the directories of libraries in the link commands of all targets, then those that the
    compilers search by themselves, in this order, whether they exist or not.
    """
    found: dict[Path, None] = {}
    for reply in sorted((build_dir / _API / "reply").glob("target-*.json")):
        for fragment in json.loads(reply.read_bytes()).get("link", {}).get("commandFragments", ()):
            for text in _words(fragment["fragment"]):
                if fragment["role"] == "libraryPath":
                    found[build_dir / _path(text.removeprefix("-L"))] = None
                elif fragment["role"] == "libraries" and not text.startswith("-"):
                    found[(build_dir / _path(text)).parent] = None
    for reply in (build_dir / _API / "reply").glob("toolchains-*.json"):
        for toolchain in json.loads(reply.read_bytes())["toolchains"]:
            implicit = toolchain["compiler"].get("implicit", {})
            found.update((_path(name), None) for name in implicit.get("linkDirectories", ()))
    return list(found)


def _words(fragment: str) -> list[str]:
    """Split a fragment of a command line, which is quoted for the shell."""
    try:
        return shlex.split(fragment, posix=os.name == "posix")
    except ValueError:
        return [fragment]


def _path(name: str) -> Path:
    """Return a path as the file API writes it, in UTF-8, whatever the encoding of the locale is."""
    return Path(os.fsdecode(name.encode("utf-8", "surrogateescape")))
