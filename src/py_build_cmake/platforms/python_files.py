"""Facts about a Python that cannot be run here, each with the file that it was read from.

A prefix, a sysroot, an include directory, a ``build-details.json`` (PEP 739; CPython 3.14 and
newer) or a ``_sysconfigdata`` module describe a Python. Nothing of it is executed.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import ConfigError, Problem
from ..base.records import dataclass
from .machines import PE_MACHINES
from .pythons import (
    WINDOWS_LIBRARIES,
    implementation_tag,
    known_soabi,
    parse_soabi,
    platform_of_soabi,
    soabi_of_suffix,
)
from .tags import PlatformTag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..base.places import Place


# In Debian's pyconfig.h: #include <aarch64-linux-gnu/python3.11/pyconfig.h>
# These have no value.
_OF_WINDOWS = re.compile(r"^[ \t]*#[ \t]*define[ \t]+MS_WIN(?:32|DOWS)\b", re.MULTILINE)
_DISPATCHES = re.compile(r"#\s*include\s*<([^/>]+)/([^>]+)>")
# Debian's armhf is compiled on 64-bit machines. They report this name in their 32-bit mode.
_PLATFORMS = {"linux_arm": "linux_armv7l", "linux_armv8l": "linux_armv7l"}


def read_details(path: Path, where: Place | str) -> dict[str, str]:
    """Return the facts in the file at ``path``, under the names of ``PythonFacts``.

    ``where`` is the key that names the path.

    :raises ConfigError: it is not such a file, or a part of it describes the build machine.
    """
    import json

    try:
        details = json.loads(path.read_text("utf-8"))
        version = str(details["schema_version"])
        if version.partition(".")[0] != "1":
            raise ConfigError(
                f"{path} has the schema version {version}; only 1.x is known", where=where
            )
        values = dict(_values(details, path))
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise ConfigError(
            f"{path} is not build details as PEP 739 has them: {type(e).__name__}: {e}",
            where=where,
        ) from e
    _check(values, path, where)
    return values


def _check(values: Mapping[str, str], path: Path, where: Place | str) -> None:
    """Refuse details if a part of them describes the machine that compiled the Python."""
    platform, of_suffix = values["platform"], platform_of_soabi(values.get("soabi", ""))
    if of_suffix and PlatformTag.parse(platform).kind != PlatformTag.parse(of_suffix).kind:
        raise ConfigError(
            f"{path} says that the platform is {platform!r}, and that the extension suffix is"
            f" {values['ext_suffix']!r}",
            where=where,
            hint="one of the two is that of the machine that compiled this Python: name its"
            " _sysconfigdata*.py or include directory",
        )


def _values(details: Mapping[str, Any], path: Path) -> Iterator[tuple[str, str]]:
    implementation = details["implementation"]["name"]
    yield "implementation", implementation_tag(implementation)
    yield "version", details["language"]["version"].replace(".", "")
    platform = re.sub(r"[-.]", "_", details["platform"])
    yield "platform", _PLATFORMS.get(platform, platform)
    abi = details.get("abi") or {}
    yield "abi_flags", "".join(sorted(abi.get("flags", ()), key="td".find))
    # CPython writes all suffixes that it imports, its own first, and no `extension_suffix`.
    suffixes = (details.get("suffixes") or {}).get("extensions") or [""]
    suffix = abi.get("extension_suffix") or suffixes[0]
    if soabi := soabi_of_suffix(suffix):
        yield "ext_suffix", suffix
        yield "soabi", soabi
    headers = (details.get("c_api") or {}).get("headers")
    if headers and (found := _relocated(headers, details, path)):
        yield "include_dir", str(found)
    library = (details.get("libpython") or {}).get("dynamic")
    if library and (found := _relocated(library, details, path)):
        yield "library", str(found)


def _relocated(value: str, details: Mapping[str, Any], path: Path) -> Path | None:
    """Return where a path in build details is on this machine; None if it does not exist.

    Relative paths begin at ``base_prefix``, which itself may be relative to the file. Absolute
    paths are those of the machine that the Python is for: in a sysroot, the prefix has to be put in
    front of them.
    """
    prefix = str(details.get("base_prefix", ""))
    # The file is in lib/pythonX.Y of the prefix.
    here = path.resolve().parent.parent.parent
    if Path(value).is_absolute() and Path(prefix).is_absolute():
        try:
            candidate = here / Path(value).relative_to(prefix)
        except ValueError:
            return None
    else:
        base = here if Path(prefix).is_absolute() or not prefix else path.parent / prefix
        candidate = base / value
    return candidate.resolve() if candidate.exists() else None


# _sysconfigdata__linux_aarch64-linux-gnu, and Debian's _sysconfigdata__aarch64-linux-gnu
_TRIPLET_IN_NAME = re.compile(r"_sysconfigdata_[a-z]*_(?:linux_)?(\w+-linux-\w+)")
# The facts that must agree in two descriptions of one Python.
_IDENTITY = ("implementation", "version", "abi", "abi_flags", "soabi", "platform")


@dataclass(frozen=True)
class Fact:
    """A value, and the file or key that it was read from."""

    value: str
    source: str


@dataclass(frozen=True)
class Note:
    """A key of a cross configuration that was filled in, its value, and where it was read."""

    key: str
    value: str
    source: str

    def __str__(self) -> str:
        return f"cross: {self.key} {self.value!r} (from {self.source})"


@dataclass(frozen=True)
class PythonFacts:
    """The known facts about a Python; unknown ones are absent.

    The names are ``implementation`` (``cp``), ``version`` (``312``), ``abi`` (the ABI tag),
    ``abi_flags`` (``t``), ``soabi``, ``ext_suffix``, ``platform`` (``linux_aarch64``),
    ``include_dir``, ``library``, ``sabi_library`` and ``prefix``.
    """

    facts: Mapping[str, Fact]

    def get(self, name: str) -> str | None:
        """Return the value of a fact, or None."""
        fact = self.facts.get(name)
        return fact.value if fact else None

    def path(self, name: str) -> Path | None:
        """Return a fact that is a path."""
        value = self.get(name)
        return Path(value) if value else None


def describe_python(  # noqa: PLR0913 - the keys of one table
    path: Path,
    where: Place | str,
    version: str | None = None,
    implementation: str | None = None,
    arch: str | None = None,
    *,
    abi_flags: str | None = None,
) -> PythonFacts:
    """Read what ``path`` says about a Python.

    ``version`` (``312``), ``implementation`` (``pp``) and ``abi_flags`` (``t``, or an empty string)
    choose one of several Pythons in a prefix, ``arch`` (a platform tag, or several with dots) one
    of the machines that Debian's multiarch layout has it for. ``where`` is the key that names the
    path.

    :raises ConfigError: there is no Python, more than one, or the files contradict each other.
    """
    if path.is_file():
        facts = _read_file(path, where)
        directory = facts.get("include_dir")
        patchlevel = Path(directory.value) / "patchlevel.h" if directory else None
        headers = _read_headers(patchlevel, where) if patchlevel and patchlevel.is_file() else {}
        completed = dict(_complete(_merge([facts, headers], where), arch).facts)
        if "prefix" not in facts:
            # What says where its files are need not be in the prefix.
            completed.pop("prefix", None)
        return PythonFacts(completed)
    if (path / "patchlevel.h").is_file():
        found = describe_headers(path, where)
        if found.facts:
            return _complete(found, arch)
    groups = _pythons_in(path, where).values()
    pythons = [_merge(_of_machine(group, arch), where) for group in groups]
    for name, value in (
        ("version", version),
        ("implementation", implementation),
        ("abi_flags", abi_flags),
    ):
        if value is not None:
            pythons = [facts for facts in pythons if facts.get(name) == value] or pythons
    if not pythons:
        raise ConfigError(
            f"there is no Python in {path}: no include/python3.*/patchlevel.h, no"
            " lib/python3.*/build-details.json, no lib/python3.*/_sysconfigdata*.py",
            where=where,
            hint="name an installation prefix, a sysroot, one of these files, or the directory of"
            " patchlevel.h",
        )
    if len(pythons) > 1:
        versions = ", ".join(
            sorted(
                "".join(f.get(name) or "" for name in ("implementation", "version", "abi_flags"))
                for f in pythons
            )
        )
        raise ConfigError(
            f"there are several Pythons in {path}: {versions}",
            where=where,
            hint="set `version`, `implementation` or `abi`, or name the include directory of one of"
            " them",
        )
    return _complete(pythons[0], arch)


def describe_headers(directory: Path, where: Place | str) -> PythonFacts:
    """Read what the headers in a directory say about their Python; nothing if they are others."""
    return PythonFacts(_read_headers(directory / "patchlevel.h", where))


def _of_machine(
    descriptions: Iterable[Mapping[str, Fact]], arch: str | None
) -> list[Mapping[str, Fact]]:
    """Drop the descriptions for other machines than ``arch``, if there is one for it."""
    descriptions = list(descriptions)
    if not arch:
        return descriptions
    wanted = {PlatformTag.parse(tag).kind for tag in arch.split(".")}
    of_others = [
        facts
        for facts in descriptions
        if "platform" in facts and PlatformTag.parse(facts["platform"].value).kind not in wanted
    ]
    says_platform = [facts for facts in descriptions if "platform" in facts]
    if len(of_others) == len(says_platform):
        return descriptions
    return [facts for facts in descriptions if facts not in of_others]


def _complete(python: PythonFacts, arch: str | None) -> PythonFacts:
    """Add the shared library and, of Debian's headers, what their second half says."""
    facts = dict(python.facts)
    version, directory = python.get("version"), python.path("include_dir")
    if python.get("implementation") != "cp" or not version:
        return python
    soabi = (
        python.get("soabi") or known_soabi(f"cp{version}", arch.split(".") if arch else ()) or ""
    )
    if "abi_flags" not in facts and directory and (pyconfig := second_half(directory, soabi)):
        facts["abi_flags"] = _abi_flags(pyconfig, header_defines(pyconfig))
    prefix = facts.get("prefix")
    if prefix and "library" not in facts:
        flags = facts["abi_flags"].value if "abi_flags" in facts else ""
        name = f"libpython{version[0]}.{version[1:]}{flags}.so"
        named = parse_soabi(soabi)
        folders = [f"lib/{named.platform}"] if named and named.platform else []
        for folder in (*folders, "lib", "lib64"):
            if (library := Path(prefix.value) / folder / name).is_file():
                facts["library"] = Fact(str(library), prefix.source)
                break
    return PythonFacts(facts)


def second_half(directory: Path, soabi: str | None) -> Path | None:
    """Return the ``pyconfig.h`` that the one in a directory includes, as Debian's does.

    It is that of the machine in ``soabi``; if this is None or empty, that of any machine. None: the
    header includes none, or the one of the machine is not there.
    """
    pyconfig = directory / "pyconfig.h"
    if not pyconfig.is_file():
        return None
    text = pyconfig.read_text("utf-8", errors="replace")
    for triplet, rest in _DISPATCHES.findall(text):
        other: Path = directory.parent / triplet / rest
        if (not soabi or soabi.endswith(f"-{triplet}")) and other.is_file():
            return other
    return None


def is_for_windows(pyconfig: Path) -> bool:
    """Whether a ``pyconfig.h`` is that of CPython for Windows."""
    text = pyconfig.read_text("utf-8", errors="replace") if pyconfig.is_file() else ""
    return _OF_WINDOWS.search(text) is not None


def is_dispatcher(pyconfig: Path) -> bool:
    """Whether a ``pyconfig.h`` only includes others, as Debian's does."""
    text = pyconfig.read_text("utf-8", errors="replace") if pyconfig.is_file() else ""
    return bool(_DISPATCHES.search(text)) and "SIZEOF_VOID_P" not in header_defines(pyconfig)


def _read_file(path: Path, where: Place | str) -> dict[str, Fact]:
    if path.suffix == ".json":
        return _read_build_details(path, where)
    if path.name.startswith("_sysconfigdata") and path.suffix == ".py":
        if facts := _read_sysconfigdata(path, where):
            return facts
        raise ConfigError(
            f"{path} does not record the suffix of extension modules; that of PyPy computes it "
            "when"
            " it is run",
            where=where,
            hint="name the prefix or the include directory of the Python",
        )
    raise ConfigError(
        f"{path} does not describe a Python",
        where=where,
        hint="name a prefix, an include directory, a build-details.json or a _sysconfigdata*.py",
    )


def _pythons_in(root: Path, where: Place | str) -> dict[Path, list[dict[str, Fact]]]:
    """Return what the files of each Python below a prefix or sysroot say.

    The keys are made of the prefix and the name that the directories of one Python share
    (``python3.13t``). The same file under two names, as ``/lib`` and ``/usr/lib``, counts once.
    """
    pythons: dict[Path, list[dict[str, Fact]]] = {}
    seen = set()
    for prefix in (root, root / "usr", root / "usr" / "local"):
        for pattern, read in (
            ("include/*/patchlevel.h", _read_headers),
            # The layout on Windows.
            ("include/patchlevel.h", _read_headers),
            # With flags and triplet in Debian: build-details..aarch64-linux-gnu.json
            ("lib/p*3*/build-details*.json", _read_build_details),
            ("lib/p*3*/_sysconfigdata*.py", _read_sysconfigdata),
        ):
            for file in sorted(prefix.glob(pattern)):
                real = file.resolve()
                facts = read(real, where) if real not in seen else {}
                seen.add(real)
                if facts:
                    key = real.parents[2] / real.parent.name
                    pythons.setdefault(key, []).append(facts)
                    if twin := _free_threaded_twin(facts):
                        pythons[key / "t"] = [twin]
    return pythons


def _merge(descriptions: Iterable[Mapping[str, Fact]], where: Place | str) -> PythonFacts:
    """Join several descriptions of one Python; the first one that has a fact is used."""
    merged: dict[str, Fact] = {}
    problems = []
    for description in descriptions:
        for name, fact in description.items():
            earlier = merged.setdefault(name, fact)
            if name in _IDENTITY and earlier.value != fact.value:
                problems.append(
                    Problem(
                        f"{earlier.source} says that {name} is {earlier.value!r}, and"
                        f" {fact.source} says {fact.value!r}",
                        where,
                        "name the file that is right, or set `arch` if there is one for each of"
                        " several machines; that of a cross-compiled Python may describe the"
                        " machine that compiled it",
                    )
                )
    if problems:
        raise ConfigError.from_problems(problems)
    return PythonFacts(merged)


def _read_headers(patchlevel: Path, where: Place | str) -> dict[str, Fact]:
    """Read ``patchlevel.h``, and ``pyconfig.h`` beside it."""
    del where  # these facts cannot contradict others
    directory = patchlevel.parent
    defines = header_defines(patchlevel)
    if "PY_MAJOR_VERSION" not in defines:
        # Other programs have a header of this name.
        return {}
    version = f"{defines['PY_MAJOR_VERSION']}{defines.get('PY_MINOR_VERSION', '')}"
    pypy = re.match(r'"?(\d+)\.(\d+)', defines.get("PYPY_VERSION", ""))
    pyconfig = directory / "pyconfig.h"
    config = header_defines(pyconfig) if pyconfig.exists() and not pypy else {}
    is_windows = not pypy and is_for_windows(pyconfig)
    prefix = directory if directory.name == "include" else directory.parent
    values = {
        "implementation": "pp" if pypy else "cp",
        "version": version,
        "abi": f"pypy{version}_pp{pypy[1]}{pypy[2]}" if pypy else "",
        "include_dir": str(directory),
        "prefix": str(prefix.parent) if prefix.name == "include" else "",
    }
    facts = {name: Fact(value, str(patchlevel)) for name, value in values.items() if value}
    if is_windows:
        flags = "t" if config.get("Py_GIL_DISABLED") == "1" else ""
        facts.update(_of_installation(prefix.parent, version, flags, str(pyconfig)))
    # A header that only includes others (Debian's) says nothing about the ABI by itself, and that
    # of Windows is for builds with all flags.
    if "SIZEOF_VOID_P" in config and not is_windows:
        facts["abi_flags"] = _abi_flags(pyconfig, config)
    return facts


def _abi_flags(pyconfig: Path, defines: Mapping[str, str]) -> Fact:
    flags = ("t" if defines.get("Py_GIL_DISABLED") == "1" else "") + (
        "d" if defines.get("Py_DEBUG") == "1" else ""
    )
    return Fact(flags, str(pyconfig))


def _of_installation(prefix: Path, version: str, flags: str, pyconfig: str) -> dict[str, Fact]:
    """Return what an installation for Windows says besides its headers.

    ``flags`` are those of ``pyconfig.h``. If the installation has the library of a free-threaded
    Python only, it is one.
    """
    libraries, facts = prefix / WINDOWS_LIBRARIES, {}
    library = libraries / f"python{version}{flags}.lib"
    if not library.is_file() and (libraries / f"python{version}t.lib").is_file():
        flags, library = "t", libraries / f"python{version}t.lib"
    if library.is_file():
        # Extension modules are linked with it.
        facts["library"] = Fact(str(library), str(library))
        facts["abi_flags"] = Fact(flags, str(library))
    elif flags:
        facts["abi_flags"] = Fact(flags, pyconfig)
    stable = libraries / "python3.lib"
    if stable.is_file() and not flags:
        facts["sabi_library"] = Fact(str(stable), str(stable))
    for program in (prefix / "python.exe", prefix / f"python{version}{flags}.dll"):
        if platform := _platform_of_program(program):
            facts["platform"] = Fact(platform, str(program))
            break
    return facts


def _platform_of_program(program: Path) -> str:
    """Return the platform tag of a program or DLL; empty if there is none. Source: "PE Format"."""
    if not program.is_file():
        return ""
    with program.open("rb") as file:
        start = file.read(0x40)
        if start[:2] != b"MZ" or len(start) < 0x40:
            return ""
        file.seek(int.from_bytes(start[0x3C:], "little"))
        header = file.read(6)
    is_known = header[:4] == b"PE\0\0"
    return PE_MACHINES.get(int.from_bytes(header[4:], "little"), "") if is_known else ""


def _free_threaded_twin(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """Return the facts of the free-threaded Python beside one on Windows that is not; nothing if
    there is none. The two share their headers, and modules define ``Py_GIL_DISABLED`` themselves.
    """
    library, flags = facts.get("library"), facts.get("abi_flags")
    if library is None or flags is None or flags.value:
        return {}
    twin = Path(library.value).with_name(f"{Path(library.value).stem}t.lib")
    if not twin.is_file():
        return {}
    changed = {"library": Fact(str(twin), str(twin)), "abi_flags": Fact("t", str(twin))}
    return {name: fact for name, fact in {**facts, **changed}.items() if name != "sabi_library"}


def header_defines(header: Path) -> dict[str, str]:
    """Return the macros that a header defines as one word, without regard to `#if`."""
    text = header.read_text("utf-8", errors="replace")
    return dict(re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(\S+)", text, re.MULTILINE))


def _read_sysconfigdata(path: Path, where: Place | str) -> dict[str, Fact]:
    """Read the variables of a ``_sysconfigdata`` module, which are a dictionary of literals.

    A module that computes them when it is run gives none: PyPy's, and Debian's second name for it.
    """
    try:
        variables = sysconfigdata_variables(path)
    except (SyntaxError, ValueError) as e:
        raise ConfigError(f"{path} cannot be read: {e}", where=where) from e
    facts = _facts_of_variables(variables, str(path))
    if problems := list(_contradictions(variables, path, where)) if facts else []:
        raise ConfigError.from_problems(problems)
    return {**facts, **_paths_of_variables(variables, path)} if facts else {}


def _contradictions(
    variables: Mapping[str, Any], path: Path, where: Place | str
) -> Iterator[Problem]:
    """Compare what the suffix of a ``_sysconfigdata`` says with the SOABI, the triplet
    (``MULTIARCH``), and the triplet in the name of the file.
    """
    suffix = str(variables["EXT_SUFFIX"])
    soabi = soabi_of_suffix(suffix)
    said = str(variables.get("SOABI") or "")
    # PyPy's SOABI lacks the platform.
    if said and said != soabi and not soabi.startswith(f"{said}-"):
        yield _contradiction(path, where, suffix, f"SOABI {said!r}")
    of_suffix = platform_of_soabi(soabi)
    in_name = _TRIPLET_IN_NAME.fullmatch(path.stem)
    triplets = {
        f"MULTIARCH {variables.get('MULTIARCH')!r}": str(variables.get("MULTIARCH") or ""),
        "the name of the file": in_name[1] if in_name else "",
    }
    for what, triplet in triplets.items():
        platform = platform_of_soabi(f"cpython-30-{triplet}") if triplet else None
        if of_suffix and platform and _kind(platform) != _kind(of_suffix):
            yield _contradiction(path, where, suffix, what)


def _kind(platform: str) -> object:
    return PlatformTag.parse(platform).kind


def _contradiction(path: Path, where: Place | str, suffix: str, what: str) -> Problem:
    return Problem(
        f"{path}: EXT_SUFFIX {suffix!r} and {what} contradict each other",
        where,
        "a part of it is that of the machine that compiled this Python; name another file, or"
        " set the keys of `cross` without `python`",
    )


def _paths_of_variables(variables: Mapping[str, Any], path: Path) -> dict[str, Fact]:
    """Return the directories that belong to a ``_sysconfigdata`` in ``PREFIX/lib/python3.x``.

    The paths in it are those of the machine that the Python is for.
    """
    prefix, folder = path.resolve().parents[2], str(variables.get("prefix") or "")
    include = str(variables.get("INCLUDEPY") or "")
    if not include or not folder or not Path(include).is_relative_to(folder):
        return {}
    directory = prefix / Path(include).relative_to(folder)
    if not (directory / "patchlevel.h").is_file():
        return {}
    return {"include_dir": Fact(str(directory), str(path)), "prefix": Fact(str(prefix), str(path))}


def sysconfigdata_variables(path: Path) -> dict[str, Any]:
    """Return the variables of a ``_sysconfigdata`` module that are literals, without running it.

    :raises ValueError: there is a zero byte in it.
    :raises SyntaxError: it is not Python.
    """
    tree = ast.parse(path.read_bytes(), str(path))
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            return {
                str(key.value): value.value
                for key, value in zip(node.value.keys, node.value.values)
                if isinstance(key, ast.Constant) and isinstance(value, ast.Constant)
            }
    return {}


def _facts_of_variables(variables: Mapping[str, Any], source: str) -> dict[str, Fact]:
    if not variables.get("EXT_SUFFIX"):
        return {}
    # That of PyPy lacks the platform under the name SOABI.
    soabi = soabi_of_suffix(str(variables["EXT_SUFFIX"]))
    named = parse_soabi(soabi)
    flags = ("t" if variables.get("Py_GIL_DISABLED") else "") + (
        "d" if variables.get("Py_DEBUG") else ""
    )
    values = {
        "implementation": (named.implementation if named else "") or "cp",
        "version": str(variables.get("VERSION") or "").replace(".", ""),
        "abi_flags": flags,
        "soabi": soabi,
        "ext_suffix": str(variables["EXT_SUFFIX"]),
        "platform": platform_of_soabi(soabi) or "",
    }
    # An empty set of flags is a fact, too.
    return {n: Fact(v, source) for n, v in values.items() if v or n == "abi_flags"}


def _read_build_details(path: Path, where: Place | str) -> dict[str, Fact]:
    return {name: Fact(value, str(path)) for name, value in read_details(path, where).items()}
