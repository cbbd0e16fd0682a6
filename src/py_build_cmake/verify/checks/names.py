"""Whether every installer puts each member of a wheel where its name says, and nothing elsewhere.

Sources: the binary distribution format specification; PKWARE's APPNOTE.TXT, 4.4.10 and 4.4.17;
what pip 26.3, uv 0.13 and `installer` 1.1 did with such wheels.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..finding import Code, finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..finding import Finding

DIST_INFO = ".dist-info"
_DATA = ".data"
_SCHEMES = ("purelib", "platlib", "headers", "scripts", "data")
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# A name's length has 16 bits in an archive, and file systems have 255 bytes for each part.
_LONGEST_NAME, _LONGEST_PART = 0xFFFF, 255
# The specification of recorded projects gives these to the installer.
_OF_INSTALLERS = ("INSTALLER", "REQUESTED", "direct_url.json")
_IN_CMAKE = "look for the install rule in CMakeLists.txt that has this name or DESTINATION"


def check_names(names: Iterable[str], base_name: str) -> Iterator[Finding]:
    """Check the names of a wheel's members as they are stored.

    ``base_name`` is the name and the version as they begin the wheel's file name. Names of
    directories end with a slash.
    """
    listed = tuple(names)
    yield from _check_each(listed)
    yield from _check_together(listed)
    dist_infos = dist_info_directories(listed)
    yield from _check_dist_infos(dist_infos, base_name)
    for directory in dist_infos:
        for name in _OF_INSTALLERS:
            if (place := f"{directory}/{name}") in listed:
                yield finding(
                    Code.INSTALLER_FILE,
                    place,
                    "is a file that installers write, to say how the wheel was installed",
                    _IN_CMAKE,
                )
    # uv takes the directory that is called like the dist-info directory, `installer` like the
    # wheel; that these are the same is checked above.
    own = dist_infos[0][: -len(DIST_INFO)] if len(dist_infos) == 1 else base_name
    yield from _check_data(listed, f"{own}{_DATA}")


def dist_info_directories(names: Iterable[str]) -> tuple[str, ...]:
    """Return what installers take for ``.dist-info`` directories: there should be one."""
    tops = dict.fromkeys(name.partition("/")[0] for name in names)
    return tuple(top for top in tops if top.endswith(DIST_INFO))


def is_of_wheel(directory: str, base_name: str) -> bool:
    """Whether a ``.dist-info`` directory has the name and the version of the wheel's file name.

    Installers compare them in their normal forms.
    """
    name, _, version = directory[: -len(DIST_INFO)].partition("-")
    own_name, _, own_version = base_name.partition("-")
    return same_name(name, own_name) and same_version(version, own_version)


def same_name(a: str, b: str) -> bool:
    """Whether two texts name the same project."""
    from packaging.utils import canonicalize_name

    return canonicalize_name(a) == canonicalize_name(b)


def same_version(a: str, b: str) -> bool:
    """Whether two texts are the same version, in metadata or, with underscores, in file names."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(a.replace("_", "-")) == Version(b.replace("_", "-"))
    except InvalidVersion:
        return a.replace("_", "-") == b.replace("_", "-")


def _check_each(names: Sequence[str]) -> Iterator[Finding]:
    for name in names:
        parts = name.rstrip("/").split("/")
        if "\\" in name:
            yield finding(
                Code.BACKSLASH_IN_NAME,
                _shown(name),
                "has a backslash in its name, which is a separator on Windows only",
                f"write slashes between directories: {_IN_CMAKE}",
            )
        elif name.startswith("/") or _DRIVE.match(name) or ".." in parts:
            yield finding(
                Code.UNSAFE_NAME,
                _shown(name),
                "is not a place below the directory that the wheel is unpacked into; pip refuses"
                " most of such names, uv leaves most of them out without a word",
                f"use relative places without `..`: {_IN_CMAKE}",
            )
        elif what := _impossible(name, parts):
            yield finding(
                Code.IMPOSSIBLE_NAME, _shown(name), what, f"use another name: {_IN_CMAKE}"
            )


def _shown(name: str) -> str:
    return name if name.isprintable() else ascii(name)[1:-1]


def _impossible(name: str, parts: Sequence[str]) -> str:
    """Return why some archive or file system cannot have a name, if that is so."""
    if _CONTROL.search(name):
        return "has a control character in its name, which uv and Windows refuse"
    if any(part in ("", ".") for part in parts):
        return "has an empty part or a dot in its name, so that RECORD does not name what is there"
    encoded = [part.encode(errors="surrogatepass") for part in parts]
    if name != name.encode(errors="replace").decode():
        return "has a name that is not UTF-8, as names in a wheel are"
    if any(len(part) > _LONGEST_PART for part in encoded) or sum(map(len, encoded)) > _LONGEST_NAME:
        return f"has a part of more than {_LONGEST_PART} bytes in its name"
    return ""


def _check_together(names: Sequence[str]) -> Iterator[Finding]:
    """Check whether two members would be at one place, on this or on other systems."""
    files = [name for name in names if not name.endswith("/")]
    folders = dict.fromkeys(folder for name in names for folder in _folders(name))
    seen: set[str] = set()
    for name in files:
        if name in seen:
            yield finding(
                Code.DUPLICATE_NAME,
                name,
                "is in the wheel more than once: which of the files is installed depends on the"
                " installer, and indexes refuse such wheels",
                "RECORD is written when a wheel is packed, and nothing may install it"
                if name.endswith(f"{DIST_INFO}/RECORD")
                else "",
            )
        elif name in folders:
            yield finding(
                Code.FILE_AND_DIRECTORY,
                name,
                "is a file, and a directory that has other files: no file system has both",
                _IN_CMAKE,
            )
        seen.add(name)
    spellings: dict[str, str] = {}
    for name in dict.fromkeys((*folders, *files)):
        first = spellings.setdefault(_folded(name), name)
        # What is below directories that differ is not listed as well.
        if first != name and _parent(first) == _parent(name):
            yield finding(
                Code.NAMES_DIFFER_IN_CASE,
                name,
                f"differs only in case from {first}: on Windows and macOS, one replaces the other",
                "use names that differ in more than case",
            )


def _folders(name: str) -> Iterator[str]:
    while name := _parent(name):
        yield name


def _parent(name: str) -> str:
    return name.rpartition("/")[0]


def _folded(name: str) -> str:
    """Return what the names have in common that are one for the file systems of some systems."""
    if name.isascii():
        return name.lower()
    from unicodedata import normalize

    return normalize("NFC", name).casefold()


def _check_dist_infos(directories: Sequence[str], base_name: str) -> Iterator[Finding]:
    own = f"{base_name}{DIST_INFO}"
    if not directories:
        yield finding(
            Code.NO_DIST_INFO, "", f"there is no directory {own}, without which nothing installs it"
        )
    elif len(directories) > 1:
        strange = [directory for directory in directories if directory != own]
        for directory in strange[-(len(directories) - 1) :]:
            yield finding(
                Code.SEVERAL_DIST_INFO,
                directory,
                "is a second .dist-info directory: pip, uv and `installer` refuse such wheels",
                f"what belongs to this wheel's metadata goes into {own}; {_IN_CMAKE}",
            )
    elif not is_of_wheel(directories[0], base_name):
        yield finding(
            Code.WRONG_DIST_INFO,
            directories[0],
            f"has another name or version than the wheel, {base_name}: installers refuse another"
            " name; some take another version",
            "a wheel is renamed by building it with other metadata",
        )


def _check_data(names: Sequence[str], own: str) -> Iterator[Finding]:
    for name in names:
        top, *below = name.rstrip("/").split("/")
        if not top.endswith(_DATA) or (not below and name.endswith("/")):
            continue
        scheme = below[0] if below else ""
        if top != own:
            yield finding(
                Code.WRONG_DATA_DIRECTORY,
                name,
                f"is in {top}, but the data directory of this wheel is {own}: pip installs from"
                f" both, uv and `installer` leave {top} in site-packages",
                f"use {own}/{scheme or _SCHEMES[0]} as DESTINATION",
            )
        elif len(below) < 2 and not name.endswith("/"):
            yield finding(
                Code.FILE_IN_DATA,
                name,
                f"lies directly in {top}: pip and uv refuse such wheels",
                f"use a directory in it as DESTINATION: {', '.join(_SCHEMES)}",
            )
        elif scheme not in _SCHEMES:
            yield finding(
                Code.UNKNOWN_SCHEME,
                name,
                f"is in {top}/{scheme}, which is no scheme: pip and uv refuse such wheels",
                f"the schemes are {', '.join(_SCHEMES)}",
            )
