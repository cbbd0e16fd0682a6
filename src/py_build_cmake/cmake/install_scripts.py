"""What the installation scripts that CMake generated copy, as far as that is certain.

A script of which every command is known says which source a file in the staging directory can have
come from. A command that is not known, as ``install(CODE)`` adds them, could do anything: then
nothing is certain. Source: ``cmInstallGenerator`` and its like write the scripts; what they mean is
in cmake-commands(7): ``file(INSTALL)`` is described under ``file(COPY)``.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_SCRIPT = "cmake_install.cmake"
_PREFIX = "${CMAKE_INSTALL_PREFIX}"
# A string, a parenthesis, a word or a comment; the manual's bracket arguments are not generated.
_TOKEN = re.compile(
    r'\s+|#(?!\[)[^\n]*|(?P<text>"(?:[^"\\]|\\.)*")|(?P<sign>[()])|(?P<word>[^\s()#"\\\[]+)',
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\([^A-Za-z0-9;])")
_DESTINATION = re.compile(r"(?:\$ENV\{DESTDIR\})?\$\{CMAKE_INSTALL_PREFIX\}(/[^$;]*)?")
_CONDITIONS = frozenset({"if", "elseif", "else", "endif", "message"})
# The variables that the scripts set, and that do not decide where anything is copied from or to.
_VARIABLES = frozenset(
    {
        *("CMAKE_INSTALL_CONFIG_NAME", "CMAKE_INSTALL_COMPONENT", "CMAKE_INSTALL_SO_NO_EXE"),
        *("CMAKE_CROSSCOMPILING", "CMAKE_OBJDUMP", "CMAKE_INST_COMP_HASH"),
        *("CMAKE_INSTALL_MANIFEST", "CMAKE_INSTALL_MANIFEST_CONTENT"),
        *("CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS", "CMAKE_ABSOLUTE_DESTINATION_FILES"),
        *("_cmake_export_file_changed", "_cmake_old_config_files", "_cmake_old_config_files_text"),
    }
)
_WITHOUT_END = ["REGEX", "REPLACE", "/$", "", "CMAKE_INSTALL_PREFIX", _PREFIX]
# Where string() has the variable that it sets.
_RESULT = {"REGEX": 4, "REPLACE": 3, "MD5": 1}
_OLD_FILES = "_cmake_old_config_files"
# Programs that change what was installed.
_PROGRAM = re.compile(r"(.*[-_])?(strip|ranlib|install_name_tool|codesign)(-[\d.]+)?(\.exe)?")
_BEHIND_FILES = frozenset({"FILES_MATCHING", "REGEX", "PATTERN"})
# Variables of the environment that make file(INSTALL) do something else.
_OTHER_WAYS = ("DESTDIR", "CMAKE_INSTALL_MODE")


class _UnknownError(Exception):
    """A script has a command whose effect is not known."""


class InstallScripts:
    """What installation scripts copy, for all components and configurations. All paths are
    absolute. ``files`` are the sources of a file by its place, ``directories`` those of a
    directory; ``touched`` are places that another command looks at or changes. Places are compared
    without regard to case, as some file systems do.
    """

    def __init__(
        self,
        files: Mapping[str, Collection[str]],
        directories: Mapping[str, Collection[str]],
        touched: Collection[str],
    ) -> None:
        self.files = files
        self.directories = directories
        self.touched = touched
        self._plain: dict[str, bool] = {}

    def only_source(self, place: str) -> str | None:
        """Return the one file that ``place`` can be a copy of; None if there is none, if there are
        several, or if it is not certain that the file there stays a copy.
        """
        if not place.isascii() or place.casefold() in self.touched:
            return None
        sources = self._sources(place)
        is_plain = len(sources) == 1 and self._is_plain_directory(os.path.dirname(place))  # noqa: PTH120
        return sources.pop() if is_plain else None

    def _is_plain_directory(self, place: str) -> bool:
        """Whether there can be nothing else at a place, nor at those that it is in."""
        parent = os.path.dirname(place)  # noqa: PTH120 - a text, thousands of times
        if parent == place:
            return True
        if place not in self._plain:
            self._plain[place] = (
                place.casefold() not in self.touched
                and self._is_plain_directory(parent)
                and all(map(_is_real_directory, self._sources(place)))
            )
        return self._plain[place]

    def _sources(self, place: str) -> set[str]:
        """Return the files and directories that are copied to a place, and exist."""
        found = set(self.files.get(place.casefold(), ()))
        parent = place
        while True:
            for directory in self.directories.get(parent.casefold(), ()):
                found.add(directory + place[len(parent) :])
            above = os.path.dirname(parent)  # noqa: PTH120
            if above == parent:
                return {source for source in found if os.path.lexists(source)}
            parent = above


def read_install_scripts(
    build_dir: Path, prefix: Path, environ: Mapping[str, str]
) -> InstallScripts | None:
    """Read the scripts that install a configured build directory into ``prefix``.

    Returns None if it is not certain what they do: there is a command in them that is not known, or
    ``environ``, which they will have, changes what they do.
    """
    if any(environ.get(name) for name in _OTHER_WAYS):
        return None
    reader = _Reader(str(prefix))
    try:
        reader.read(str(build_dir / _SCRIPT))
    except (_UnknownError, OSError):
        return None
    return InstallScripts(reader.files, reader.directories, reader.touched)


def _is_real_directory(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)  # noqa: PTH112, PTH114


class _Reader:
    """Reads scripts and those that they include. :raises _UnknownError: a command is not known."""

    def __init__(self, prefix: str) -> None:
        self.files: dict[str, set[str]] = {}
        self.directories: dict[str, set[str]] = {}
        self.touched: set[str] = set()
        self._prefix = prefix
        self._read: set[str] = set()

    def read(self, script: str) -> None:
        if script in self._read:
            return
        self._read.add(script)
        before: tuple[str, list[str]] = ("", [])
        for name, arguments in _commands(os.fsdecode(Path(script).read_bytes())):
            self._command(name, arguments, before)
            before = name, arguments

    def _command(self, name: str, arguments: list[str], before: tuple[str, list[str]]) -> None:
        if name == "file" and arguments[:1] == ["INSTALL"]:
            self._install(arguments[1:])
            return
        if name != "message":
            self._touch(arguments)
        if name == "include":
            self._include(arguments)
        elif name not in _CONDITIONS and not _is_known(name, arguments, before):
            raise _UnknownError(name)

    def _include(self, arguments: list[str]) -> None:
        path, *options = arguments or [""]
        if "$" in path or not path.startswith("/") or options not in ([], ["OPTIONAL"]):
            raise _UnknownError("include")
        if not options or os.path.exists(path):  # noqa: PTH110 - a text
            self.read(path)

    def _touch(self, arguments: list[str]) -> None:
        for argument in arguments:
            if _PREFIX not in argument or argument == _PREFIX:
                continue
            place = self._place(argument)
            # Of a pattern, the directory with all that is in it.
            self.touched.add(place[: place.rindex("/")] if "*" in place else place)

    def _place(self, text: str) -> str:
        """Return a place below the prefix, which must be there in full."""
        match = _DESTINATION.fullmatch(text)
        if match is None or ".." in text:
            raise _UnknownError(text)
        return os.path.normpath(self._prefix + (match[1] or "")).casefold()

    def _install(self, arguments: list[str]) -> None:
        words = iter(arguments)
        single: dict[str, str] = {}
        sources: list[str] = []
        for word in words:
            if word in ("DESTINATION", "TYPE", "RENAME"):
                single[word] = next(words, "")
            elif word == "FILES":
                for source in words:
                    if source in _BEHIND_FILES:
                        break
                    sources.append(source)
                break
            elif not re.fullmatch(r"[A-Z_]+", word):
                raise _UnknownError(word)
        if any(re.search(r"[$;\\]|\.\.", text) for text in (*sources, single.get("RENAME", ""))):
            raise _UnknownError("file")
        folder = self._place(single.get("DESTINATION", ""))
        is_directory = single.get("TYPE") == "DIRECTORY"
        rules = self.directories if is_directory else self.files
        if not all(source.startswith("/") for source in sources) or (
            is_directory and "RENAME" in single
        ):
            raise _UnknownError("file")
        for source in sources:
            # A directory with a slash at the end is copied without its own name.
            name = single.get("RENAME") or source.rpartition("/")[2]
            place = os.path.normpath(f"{folder}/{name}").casefold()
            rules.setdefault(place, set()).add(os.path.normpath(source))


def _is_known(name: str, arguments: list[str], before: tuple[str, list[str]]) -> bool:
    """Whether a command, which copies nothing, has no effect on what others copy."""
    if name in ("set", "unset", "string"):
        return _sets_known(name, arguments, before)
    if name == "list":
        return arguments[:2] == ["APPEND", "CMAKE_ABSOLUTE_DESTINATION_FILES"]
    if name == "execute_process":
        *options, last = arguments or [""]
        return (
            options[:1] == ["COMMAND"]
            and len(options) > 1
            and _PROGRAM.fullmatch(options[1].rpartition("/")[2]) is not None
            and _DESTINATION.fullmatch(last) is not None
            and not {"-o", "OUTPUT_FILE", "COMMAND"} & set(options[2:])
        )
    return name == "file" and _is_known_of_files(arguments)


def _is_known_of_files(arguments: list[str]) -> bool:
    verb, *rest = arguments or [""]
    if verb in ("RPATH_CHECK", "RPATH_CHANGE", "RPATH_REMOVE"):
        return rest[:1] == ["FILE"] and _DESTINATION.fullmatch("".join(rest[1:2])) is not None
    if verb == "DIFFERENT":
        return rest[:1] == ["_cmake_export_file_changed"]
    if verb == "GLOB":
        return rest[:1] == [_OLD_FILES]
    if verb == "REMOVE":
        # Found by a pattern beside the file that replaces the old one, if that exists.
        return rest == [f"${{{_OLD_FILES}}}"]
    manifests = ("/${CMAKE_INSTALL_MANIFEST}", "/install_local_manifest.txt")
    return verb == "WRITE" and bool(rest) and rest[0].endswith(manifests)


def _sets_known(name: str, arguments: list[str], before: tuple[str, list[str]]) -> bool:
    if arguments == _WITHOUT_END:
        return True
    if name == "set" and arguments[:1] == ["CMAKE_INSTALL_PREFIX"]:
        # It is given on the command line, so the value is not used.
        return before == ("if", ["NOT", "DEFINED", "CMAKE_INSTALL_PREFIX"])
    position = _RESULT.get(arguments[0], -1) if name == "string" and arguments else 0
    return 0 <= position < len(arguments) and arguments[position] in _VARIABLES


def _commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the commands of a script, with their arguments."""
    name, depth = "", 0
    arguments: list[str] = []
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise _UnknownError(text[position : position + 20])
        position = token.end()
        if token["sign"]:
            depth += 1 if token["sign"] == "(" else -1
            if depth == 0:
                yield name.lower(), arguments
                name, arguments = "", []
            elif depth < 0 or not name:
                raise _UnknownError("(")
        elif token["text"] or token["word"]:
            word = token["word"] or _ESCAPED.sub(r"\1", token["text"][1:-1])
            if depth:
                arguments.append(word)
            elif name:
                raise _UnknownError(word)
            else:
                name = word
    if name:
        raise _UnknownError(name)
