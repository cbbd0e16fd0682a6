"""What CMake downloaded for a build, and what it found of Conan: names, versions, addresses.

FetchContent and ExternalProject leave a file with what they downloaded, and from where, in the
stamp directory of each dependency: ``<name>-gitinfo.txt``, ``<name>-urlinfo.txt`` and so on
(``Modules/ExternalProject/RepositoryInfo.txt.in`` of CMake). Conan's generator CMakeDeps writes
``<name>-<build type>-<machine>-data.cmake`` beside ``<name>-config-version.cmake``.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from ..base.records import dataclass
from ..project.cmake_lists import LISTS, project_version
from ..project.git import GitError, ask_git
from .build_dir import read_cache
from .file_api import mentions, scripts_read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_INFO = re.compile(
    r"(?P<name>.+?)(?:-populate)?-(?P<method>git|url|hg|svn|cvs|source_dir)info\.txt"
)
_LINE = re.compile(r"^(?P<key>[\w() ]+)=(?P<value>.*)$", re.MULTILINE)
_HASH = re.compile(r"(?P<algorithm>\w+)=(?P<digest>[0-9A-Fa-f]+)")
_OF_CONAN = re.compile(r"(?P<name>.+)-\w+-\w+-data\.cmake")
_PACKAGE_VERSION = re.compile(r'^set\(PACKAGE_VERSION "([^"]+)"\)', re.MULTILINE)


@dataclass(frozen=True)
class Dependency:
    """A dependency that a build took the sources or the binaries of.

    ``version`` is the one that its ``CMakeLists.txt`` or its tag says, or else its commit; empty if
    there is none of them. ``url`` is where it is from, without user names; empty for a directory of
    this machine. ``commit`` and ``checksum`` (the name of the algorithm as CMake has it, and the
    digest) are there if they are known.
    """

    name: str
    version: str
    url: str = ""
    commit: str = ""
    checksum: tuple[str, str] | None = None


def fetched_dependencies(build_dir: Path) -> list[Dependency]:
    """Return what FetchContent and ExternalProject brought into a build, sorted by name."""
    found: dict[str, Dependency] = {}
    for path in sorted(_information(build_dir)):
        match = _INFO.fullmatch(path.name)
        text = path.read_text("utf-8", errors="replace")
        values = {m["key"]: m["value"].strip("'") for m in _LINE.finditer(text)}
        if match and values.get("method", match["method"]) == match["method"]:
            found.setdefault(match["name"], _dependency(match["name"], values))
    return [found[name] for name in sorted(found)]


def conan_dependencies(build_dir: Path) -> list[Dependency]:
    """Return the packages of Conan that CMake read, by the names that ``find_package`` has."""
    found: dict[str, Dependency] = {}
    for path in scripts_read(build_dir):
        match = _OF_CONAN.fullmatch(path.name)
        if match and b"_PACKAGE_FOLDER_" in path.read_bytes():
            name = match["name"]
            versions = (f"{name}-config-version.cmake", f"{name}ConfigVersion.cmake")
            files = (path.with_name(file) for file in versions)
            texts = (file.read_text("utf-8", errors="replace") for file in files if file.is_file())
            said = next(filter(None, map(_PACKAGE_VERSION.search, texts)), None)
            found[name] = Dependency(name, said[1] if said else "")
    return [found[name] for name in sorted(found)]


def _information(build_dir: Path) -> Iterator[Path]:
    """Yield the files with what was downloaded. A directory that several builds share also has what
    others downloaded: only what this build refers to counts.
    """
    yield from _files_below(build_dir)
    base = Path(read_cache(build_dir).get("FETCHCONTENT_BASE_DIR", "") or build_dir)
    if base.is_relative_to(build_dir) or not base.is_dir():
        return
    for path in _files_below(base):
        source = re.search(r"^source_dir=(.+)$", path.read_text("utf-8", "replace"), re.MULTILINE)
        if source and mentions(build_dir, source[1]):
            yield path


def _files_below(directory: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(directory):
        # The sources of a dependency have nothing of this kind.
        folders[:] = [name for name in folders if not name.endswith("-src")]
        yield from (Path(folder, name) for name in names if _INFO.fullmatch(name))


def _dependency(name: str, values: Mapping[str, str]) -> Dependency:
    source = Path(values.get("source_dir", ""))
    url = values.get("repository") or values.get("url(s)", "").partition(";")[0]
    checksum = _HASH.fullmatch(values.get("hash", ""))
    commit = tag = ""
    if "repository" in values:
        commit = _ask_git(source, "rev-parse", "HEAD")
        tag = _ask_git(source, "tag", "--points-at", "HEAD").partition("\n")[0]
    written = project_version(source) if (source / LISTS).is_file() else None
    return Dependency(
        name,
        written or tag.removeprefix("v") or commit,
        _public(url),
        commit,
        (checksum["algorithm"].upper(), checksum["digest"].lower()) if checksum else None,
    )


def _ask_git(directory: Path, *words: str) -> str:
    """Return what git says of a checkout; nothing, if it cannot."""
    try:
        # Git would also search above it, where the project's own checkout may be.
        said = ask_git(directory, "--git-dir=.git", *words)
    except GitError:
        return ""
    return said.decode(errors="replace").strip()


def _public(url: str) -> str:
    """Return an address without user and password; nothing for a path of this machine."""
    if re.fullmatch(r"[\w.-]+@[\w.-]+:.+", url):  # ssh, as in git@example.com:name.git
        return url
    parts = urlsplit(url)
    if len(parts.scheme) < 2 or parts.scheme == "file":
        return ""
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host, query="", fragment=""))
