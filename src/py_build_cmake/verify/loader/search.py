"""Which library of a wheel a loader finds for every name in its files: a model of the loaders.

What is loaded together is followed from every file that is loaded by itself: the extension
modules, the programs, and the libraries that none of these needs (they are loaded by ctypes or by
dlopen).

Sources: ``ld.so(8)`` and ``dlopen(3)``, and ``_dl_map_object`` of glibc; ``load_library`` of musl;
``dyld(1)``; Microsoft's "Dynamic-link library search order", and the documentation of
``os.add_dll_directory`` for the directories that CPython lets Windows search.
"""

from __future__ import annotations

import functools
import posixpath
import re
from typing import TYPE_CHECKING, Callable

from ...base.records import dataclass
from ..formats.report import ELF, EXECUTABLE, LIBRARY, MACH_O, MUSL, PE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..finding import FileReport
    from ..promise import Promise

# Where an installer puts a wheel, seen from the prefix of the Python; the version does not matter.
_SITE_PACKAGES = "/prefix/lib/python/site-packages"
_WINDOWS_SITE_PACKAGES = "/prefix/Lib/site-packages"
_DATA = re.compile(r"[^/]+\.data/(?P<kind>platlib|purelib|data|scripts)/(?P<rest>.+)")
_LOADING = re.compile(rb"add_dll_directory|LoadLibrary|WinDLL|CDLL|AddDllDirectory")


@dataclass(frozen=True)
class Link:
    """A library that a file names, and the place in the wheel where it is found.

    ``place`` is empty if the loader does not find it in the wheel.
    """

    file: str
    name: str
    place: str = ""
    is_optional: bool = False


@dataclass(frozen=True)
class Scope:
    """What is loaded with one file: its place first, then those of the libraries that it needs.

    ``outside`` are the libraries that are not found in the wheel.
    """

    members: tuple[str, ...]
    links: tuple[Link, ...]

    @property
    def root(self) -> str:
        """The place of the file that is loaded by itself."""
        return self.members[0]

    @property
    def outside(self) -> frozenset[str]:
        """The names of the libraries that have to come from elsewhere."""
        return frozenset(link.name for link in self.links if not link.place)

    def inside(self, file: str) -> dict[str, str]:
        """Return the places of the libraries of the wheel that a file needs, by their names."""
        return {link.name: link.place for link in self.links if link.place and link.file == file}


@dataclass(frozen=True)
class Links:
    """What the loader finds in a wheel.

    ``files`` are the compiled files by their places; ``names`` are the places of libraries by the
    names that somebody could want them by.
    """

    files: Mapping[str, FileReport]
    scopes: tuple[Scope, ...]
    names: Mapping[str, tuple[str, ...]]
    by_file: Mapping[str, tuple[Link, ...]]

    @functools.cached_property
    def exporters(self) -> Mapping[str, frozenset[str]]:
        """The places of the files that have a symbol, for every symbol that some file needs."""
        wanted = {s.name for file in self.files.values() for s in file.binary.imports}
        found: dict[str, list[str]] = {}
        for place, file in self.files.items():
            for name in file.binary.exports & wanted:
                found.setdefault(name, []).append(place)
        return {name: frozenset(places) for name, places in found.items()}

    def of(self, place: str) -> tuple[Link, ...]:
        """Return the links of a file; each is found only if it is whenever the file is loaded."""
        return self.by_file.get(place, ())

    def inside(self, place: str) -> frozenset[str]:
        """Return the names that lead a file to libraries of the wheel."""
        return frozenset(link.name for link in self.of(place) if link.place)

    def named(self, name: str) -> tuple[str, ...]:
        """Return the places of libraries that have a name, whether they are found or not."""
        return self.names.get(_key(name), ())


NO_LINKS = Links({}, (), {}, {})


def find_links(
    files: Iterable[FileReport],
    places: Iterable[str],
    promises: Sequence[Promise | None],
    *,
    adds_dll_directories: bool = False,
) -> Links:
    """Follow what the files of a wheel need.

    ``places`` are those of all files, also of those that are not read. A wheel that
    ``adds_dll_directories`` tells Windows where to look; where it does, is not known.
    """
    reports = {file.place: file for file in files if _is_loaded(file)}
    all_places = {*places, *reports}
    tree = _Tree.of(reports, all_places)
    is_musl = bool(promises) and all(p is not None and p.libc == MUSL for p in promises)
    scopes: list[Scope] = []
    for place in _in_order_of_loading(reports, scopes):
        report = reports[place].binary
        if report.format == ELF:
            scopes.append(_load(place, tree, _Elf(tree, is_musl or report.libc == MUSL)))
        elif report.format == MACH_O:
            scopes.append(_load(place, tree, _MachO(tree)))
        elif report.format == PE:
            scopes.append(_load(place, tree, _Windows(tree, place, adds_dll_directories)))
    return Links(reports, tuple(scopes), tree.names, _by_file(scopes))


def adds_dll_directories(sources: Iterable[bytes]) -> bool:
    """Whether sources of Python tell Windows where DLLs are, or load them."""
    return any(_LOADING.search(source) for source in sources)


def _is_loaded(file: FileReport) -> bool:
    return not file.binary.is_portable and file.binary.kind in (LIBRARY, EXECUTABLE)


def is_module(file: FileReport) -> bool:
    """Whether a file is an extension module, by its name or by what it exports."""
    return file.suffix is not None or bool(file.binary.init_functions)


def _in_order_of_loading(reports: Mapping[str, FileReport], scopes: list[Scope]) -> Iterator[str]:
    """Yield modules and programs, then what is in no scope that was made meanwhile.

    Of libraries that need each other, one that no other needs comes first.
    """
    first = [p for p, file in reports.items() if is_module(file) or file.binary.kind == EXECUTABLE]
    yield from first
    named = {_key(name) for file in reports.values() for name in file.binary.needed}
    others = [place for place in reports if place not in first]
    others.sort(key=lambda place: bool(_own_names(place, reports[place]) & named))
    for place in others:
        if not any(place in scope.members for scope in scopes):
            yield place


def _by_file(scopes: Iterable[Scope]) -> dict[str, tuple[Link, ...]]:
    found: dict[tuple[str, str], Link] = {}
    for scope in scopes:
        for link in scope.links:
            key = (link.file, link.name)
            if key not in found or not link.place:
                found[key] = link
    by_file: dict[str, list[Link]] = {}
    for link in found.values():
        by_file.setdefault(link.file, []).append(link)
    return {file: tuple(links) for file, links in by_file.items()}


def _key(name: str) -> str:
    """Return what two names of a library have in common; Windows does not tell cases apart."""
    return name.rpartition("/")[2].lower()


def _own_names(place: str, file: FileReport) -> set[str]:
    return {_key(place), _key(file.binary.soname)} - {""}


@dataclass(frozen=True)
class _Tree:
    """The files of a wheel where an installer puts them."""

    files: Mapping[str, FileReport]
    installed: Mapping[str, str]
    places: Mapping[str, str]
    names: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, files: Mapping[str, FileReport], places: Iterable[str]) -> _Tree:
        is_windows = any(file.binary.format == PE for file in files.values())
        root = _WINDOWS_SITE_PACKAGES if is_windows else _SITE_PACKAGES
        installed = {place: _installed(place, root) for place in sorted(places)}
        names: dict[str, list[str]] = {}
        for place in installed:
            own = _own_names(place, files[place]) if place in files else {_key(place)}
            for name in own:
                names.setdefault(name, []).append(place)
        by_path = {path: place for place, path in installed.items()}
        return cls(files, installed, by_path, {name: tuple(p) for name, p in names.items()})

    def directory(self, place: str) -> str:
        """Return the directory in which a file is installed."""
        return posixpath.dirname(self.installed[place])

    def at(self, path: str, machines: frozenset[str]) -> str:
        """Return the place of a file that a loader takes, by its path; or nothing.

        Loaders pass over libraries for other machines. What was not read is taken for right.
        """
        place = self.places.get(posixpath.normpath(path), "")
        file = self.files.get(place)
        return place if file is None or file.binary.machines & machines else ""


def _installed(place: str, root: str) -> str:
    match = _DATA.fullmatch(place)
    if match is None or match["kind"] in ("platlib", "purelib"):
        return posixpath.join(root, match["rest"] if match else place)
    if match["kind"] == "scripts":
        return posixpath.join("/prefix/bin", match["rest"])
    return posixpath.join("/prefix", match["rest"])


@dataclass(frozen=True)
class _Loaded:
    """A file that is being loaded, and those because of which it is."""

    place: str
    chain: tuple[str, ...] = ()


_Find = Callable[[_Loaded, str], str]


def _load(root: str, tree: _Tree, rules: _Elf | _MachO | _Windows) -> Scope:
    """Load a file and what it needs, breadth first, as all loaders do."""
    loaded, places = [_Loaded(root)], {root}
    known = rules.names(root, tree.files[root])
    links: list[Link] = []
    for current in loaded:  # This list grows while it is followed.
        file = tree.files.get(current.place)
        if file is None:
            continue
        for name in file.binary.needed:
            place = known.get(rules.key(name))
            if place is None:
                place = rules.find(current, name)
                if rules.is_shared(name):
                    known[rules.key(name)] = place
            links.append(Link(current.place, name, place, name in file.binary.optional))
            if place and place not in places:
                places.add(place)
                loaded.append(_Loaded(place, (current.place, *current.chain)))
                if place in tree.files:
                    for own_name, own in rules.names(place, tree.files[place]).items():
                        known.setdefault(own_name, own)  # Of two with one name, the first is found.
    return Scope(tuple(item.place for item in loaded), tuple(links))


@dataclass(frozen=True)
class _Elf:
    """The loaders of glibc and musl."""

    tree: _Tree
    is_musl: bool

    def key(self, name: str) -> str:
        """Return what a library that is loaded already is recognized by."""
        return name

    def is_shared(self, name: str) -> bool:
        """Whether a second file that wants this name gets the library of the first."""
        return "/" not in name

    def names(self, place: str, file: FileReport) -> dict[str, str]:
        """Return other names that a loaded file is recognized by: musl looks at no SONAME."""
        soname = file.binary.soname
        return {soname: place} if soname and not self.is_musl else {}

    def find(self, current: _Loaded, name: str) -> str:
        """Search for a library that is not loaded yet."""
        machines = self.tree.files[current.place].binary.machines
        if "/" in name:
            # Musl takes it as it is written.
            path = "" if self.is_musl else self._expanded(name, current.place)
            return self.tree.at(path, machines) if path else ""
        for place, directory in self._directories(current):
            path = self._expanded(directory, place)
            if path and (found := self.tree.at(posixpath.join(path, name), machines)):
                return found
        return ""

    def _directories(self, current: _Loaded) -> Iterator[tuple[str, str]]:
        """Yield the search paths, each with the file that has it.

        To glibc, a DT_RUNPATH is for the libraries of the file itself, and switches off every
        DT_RPATH, which is for those of its libraries, too. Musl makes no difference.
        """
        own = self.tree.files[current.place].binary
        if own.runpaths and not self.is_musl:
            yield from ((current.place, directory) for directory in own.runpaths)
            return
        for place in (current.place, *current.chain):
            binary = self.tree.files[place].binary
            if self.is_musl or not binary.runpaths:
                yield from ((place, path) for path in binary.runpaths or binary.rpaths)

    def _expanded(self, path: str, place: str) -> str:
        """Return a path with the directory of the file that has it; nothing if it is elsewhere."""
        match = re.match(r"\$(?:ORIGIN|\{ORIGIN\})(?=/|$)", path)
        if match is None or "$" in path[match.end() :]:
            return ""
        return self.tree.directory(place) + path[match.end() :]


@dataclass(frozen=True)
class _MachO:
    """The loader of macOS."""

    tree: _Tree

    def key(self, name: str) -> str:
        """Return what a library that is loaded already is recognized by."""
        return name

    def is_shared(self, name: str) -> bool:
        """Whether a second file that wants this name gets the library of the first."""
        return name.startswith("@rpath/")

    def names(self, place: str, file: FileReport) -> dict[str, str]:
        """Return other names that a loaded file is recognized by: its install name."""
        soname = file.binary.soname
        return {soname: place} if soname.startswith("@rpath/") else {}

    def find(self, current: _Loaded, name: str) -> str:
        """Search for a library; @rpath means the search paths of all files on the way to it."""
        machines = self.tree.files[current.place].binary.machines
        if not name.startswith("@rpath/"):
            path = self._expanded(name, current.place)
            return self.tree.at(path, machines) if path else ""
        rest = name[len("@rpath/") :]
        for place in (current.place, *current.chain):
            for directory in self.tree.files[place].binary.rpaths:
                path = self._expanded(directory, place)
                if path and (found := self.tree.at(posixpath.join(path, rest), machines)):
                    return found
        return ""

    def _expanded(self, path: str, place: str) -> str:
        if path != "@loader_path" and not path.startswith("@loader_path/"):
            return ""
        return self.tree.directory(place) + path[len("@loader_path") :]


@dataclass(frozen=True)
class _Windows:
    """The loader of Windows, as CPython asks it to load modules: it looks beside the module."""

    tree: _Tree
    root: str
    adds_directories: bool

    def key(self, name: str) -> str:
        """Return what a DLL that is loaded already is recognized by."""
        return name.lower()

    def is_shared(self, name: str) -> bool:
        """Whether a second file that wants this name gets the DLL of the first: always."""
        del name
        return True

    def names(self, place: str, file: FileReport) -> dict[str, str]:
        """Return other names that a loaded file is recognized by: that of the file."""
        del file
        return {_key(place): place}

    def find(self, current: _Loaded, name: str) -> str:
        """Search for a DLL."""
        machines = self.tree.files[current.place].binary.machines
        own = self.tree.directory(self.root)
        for place in self.tree.names.get(_key(name), ()):
            if not self.tree.at(self.tree.installed[place], machines):
                continue
            if self.adds_directories or self.tree.directory(place) == own:
                return place
        return ""
