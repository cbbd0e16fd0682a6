"""The sources of configuration, in the order in which later ones override earlier ones."""

from __future__ import annotations

import re
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import Problem
from ..base.places import Place
from ..base.records import dataclass
from .layers import ABSENT, Op, Table, describe, merge
from .near_misses import check_tables
from .overrides import GrammarError, Override, parse_override, parse_pbc
from .read import Layer, Reader
from .schema import ROOT, WHEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .schema import Section
    from .settings import ConfigSettings

PYPROJECT = "pyproject.toml"
PKG_INFO = "PKG-INFO"
# The table, below `tool`, of plugins for metadata.
PLUGINS = "dynamic-metadata"
TOOL = "tool.py-build-cmake"
# The options have at most six levels. The limit bounds all recursion over these tables.
_MAXIMUM_DEPTH = 64


@dataclass(frozen=True)
class Sources:
    """The contents of all sources.

    ``contents`` is pyproject.toml as parsed, or None if it could not be; ``project`` are its tables
    for this program, ``whens`` its conditional tables in order, and ``above`` are the tables of
    everything that overrides them.
    """

    contents: Mapping[str, object] | None
    project: Table
    whens: tuple[Table, ...]
    above: Table


def read_sources(
    project_dir: Path,
    settings: ConfigSettings,
    environ: Mapping[str, str],
    problems: list[Problem],
) -> Sources:
    """Read everything. Mistakes are added to ``problems``."""
    finder = ConfigFiles(project_dir, environ, problems)
    contents = parse_toml(project_dir / PYPROJECT, PYPROJECT, problems)
    check_tables(contents or {}, problems)
    project, whens = _read_pyproject(contents or {}, project_dir, problems)
    above = ABSENT
    for path in finder.standard("local"):
        above = merge(above, read_file(path, path.name, problems))
    for path in finder.given("local", settings.local):
        above = merge(above, read_file(path, finder.shown(path), problems))
    for path in finder.standard("cross"):
        above = merge(above, _read_cross_file(path, path.name, problems))
    for path in finder.given("cross", settings.cross):
        name, before = finder.shown(path), len(problems)
        tree = _read_cross_file(path, name, problems)
        if tree == ABSENT and len(problems) == before:
            hint = "describe the host system in it, at least its `arch`"
            problems.append(Problem("the file is empty", Place(name), hint))
        above = merge(above, tree)
    for table in settings.cross_tables:
        place = Place(table.source, table.prefix)
        layer = Layer(place, Path(table.directory))
        tree = Reader(layer, problems, ROOT.sections["cross"]).read((), Op.DEFAULT, table.contents)
        above = merge(above, Table({"cross": tree}, present=tree.present))
    for label, text in settings.overrides:
        layer = Layer(Place(elsewhere=label), project_dir, finder.started_in)
        above = merge(above, _read_override(layer, text, problems))
    return Sources(contents, project, whens, above)


def is_unpacked_sdist(project_dir: Path) -> bool:
    """Whether a directory is an unpacked source distribution: only these have a ``PKG-INFO``."""
    return (project_dir / PKG_INFO).is_file()


def tool_contents(project_dir: Path, name: str) -> object:
    """Return what pyproject.toml has below ``tool`` for another program; None if there is nothing.

    A file that cannot be read has nothing; whoever reads this program's tables reports that.
    """
    path = project_dir / PYPROJECT
    if not path.is_file() or name.encode() not in path.read_bytes():
        return None
    tool = (parse_toml(path, PYPROJECT, []) or {}).get("tool", {})
    return tool.get(name) if isinstance(tool, dict) else None


def has_plugins(project_dir: Path) -> bool:
    """Whether plugins compute metadata of a project."""
    return bool(tool_contents(project_dir, PLUGINS))


def recorded_version(project_dir: Path) -> str:
    """Return the version of an unpacked source distribution; empty in other directories."""
    if not is_unpacked_sdist(project_dir):
        return ""
    from email import message_from_bytes

    contents = (project_dir / PKG_INFO).read_bytes()
    return str(message_from_bytes(contents).get("Version", ""))


def stated_requirements(project_dir: Path, problems: list[Problem]) -> list[str]:
    """Return what pyproject.toml says that builds require (PEP 518: ``build-system.requires``).

    Mistakes are added to ``problems``.
    """
    path = project_dir / PYPROJECT
    system = (parse_toml(path, str(path), problems) or {}).get("build-system", {})
    requires = system.get("requires", []) if isinstance(system, dict) else None
    if isinstance(requires, list) and all(isinstance(text, str) for text in requires):
        return requires
    key = "build-system" if requires is None else "build-system.requires"
    kind = "table" if requires is None else "list of strings"
    problems.append(Problem(f"must be a {kind}", Place(str(path), key)))
    return []


def tool_table(project_dir: Path, name: str) -> dict[str, object]:
    """Return another program's table in pyproject.toml; empty if there is none."""
    table = tool_contents(project_dir, name)
    return table if isinstance(table, dict) else {}


def _read_pyproject(
    contents: Mapping[str, object], project_dir: Path, problems: list[Problem]
) -> tuple[Table, tuple[Table, ...]]:
    tool = contents.get("tool", {})
    if not isinstance(tool, dict):
        where = Place(PYPROJECT, "tool")
        problems.append(Problem(f"must be a table, not the {describe(tool)}", where))
        return ABSENT, ()
    tables = tool.get("py-build-cmake", {})
    whens: object = []
    if isinstance(tables, dict):
        tables = dict(tables)
        whens = tables.pop("when", [])
    project = Reader(Layer(Place(PYPROJECT, TOOL), project_dir), problems).read(
        (), Op.DEFAULT, tables
    )
    if not isinstance(whens, list):
        message = f"must be an array of tables, not the {describe(whens)}"
        hint = f"write [[{TOOL}.when]], with two brackets"
        problems.append(Problem(message, Place(PYPROJECT, f"{TOOL}.when"), hint))
        return project, ()
    places = (Place(PYPROJECT, f"{TOOL}.when[{n}]") for n in range(1, len(whens) + 1))
    readers = (Reader(Layer(place, project_dir), problems, WHEN) for place in places)
    return project, tuple(reader.read((), Op.DEFAULT, when) for reader, when in zip(readers, whens))


@dataclass(frozen=True)
class ConfigFiles:
    """Finds local and cross files."""

    project_dir: Path
    environ: Mapping[str, str]
    problems: list[Problem] = field(repr=False)

    def standard(self, kind: str) -> list[Path]:
        """Return the files that are read although no setting names them."""
        names = (f"py-build-cmake.{kind}.{suffix}" for suffix in ("toml", "pbc"))
        return [path for path in (self.project_dir / name for name in names) if path.exists()]

    @property
    def started_in(self) -> Path:
        """The directory of the user. Front ends change to another one, but keep this one in
        ``PWD``.
        """
        return Path(self.environ.get("PWD", "."))

    def given(self, kind: str, names: tuple[str, ...]) -> list[Path]:
        """Return the files that settings name."""
        found = []
        for name in names:
            candidates = [self.started_in / name, self.project_dir / name]
            candidates = [path.absolute() for path in candidates]
            path = next(filter(_is_file, candidates), None)
            if path is not None:
                found.append(path.resolve())
                continue
            tried = " and ".join(dict.fromkeys(map(str, candidates)))
            message = f"the file {name!r} was not found; tried {tried}"
            self.problems.append(Problem(message, f"config setting `{kind}`"))
        return found

    def shown(self, path: Path) -> str:
        """Name a file: by its path in the project, or in full."""
        if path.is_relative_to(self.project_dir):
            return path.relative_to(self.project_dir).as_posix()
        return str(path)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _read_cross_file(path: Path, name: str, problems: list[Problem]) -> Table:
    """Read a file whose contents are about the table ``cross``; ABSENT if there is nothing."""
    tree = read_file(path, name, problems, ROOT.sections["cross"])
    return ABSENT if tree == ABSENT else Table({"cross": tree}, present=tree.present)


def read_file(path: Path, name: str, problems: list[Problem], root: Section = ROOT) -> Table:
    """Read a local or cross file."""
    if path.suffix not in (".toml", ".pbc"):
        problems.append(Problem("the name of the file must end in .toml or .pbc", Place(name)))
        return ABSENT
    if path.suffix == ".pbc":
        return _read_pbc(path, name, problems, root)
    contents = parse_toml(path, name, problems)
    if not contents:
        return ABSENT
    return Reader(Layer(Place(name), path.parent), problems, root).read((), Op.DEFAULT, contents)


def _read_pbc(path: Path, name: str, problems: list[Problem], root: Section) -> Table:
    tree = ABSENT
    for number, parsed in parse_pbc(_read_text(path, name, problems) or ""):
        layer = Layer(Place(name, line=number), path.parent)
        tree = merge(tree, _apply(layer, parsed, problems, root))
    return tree


def _read_override(layer: Layer, text: str, problems: list[Problem]) -> Table:
    try:
        return _apply(layer, parse_override(text), problems)
    except GrammarError as e:
        return _apply(layer, e, problems)


def _apply(
    layer: Layer,
    parsed: Override | GrammarError,
    problems: list[Problem],
    root: Section = ROOT,
) -> Table:
    if isinstance(parsed, Override):
        return Reader(layer, problems, root).read(parsed.path, parsed.op, parsed.value)
    place = replace(layer.place, column=parsed.column)
    problems.append(Problem(str(parsed), place, parsed.hint))
    return ABSENT


def _is_deeper(value: object, limit: int) -> bool:
    """Whether tables and arrays are nested more than ``limit`` deep. This function is not
    recursive.
    """
    level = [value]
    for _ in range(limit + 1):
        inner: list[object] = []
        for one in level:
            if isinstance(one, dict):
                inner += one.values()
            elif isinstance(one, list):
                inner += one
        level = [one for one in inner if isinstance(one, (dict, list))]
        if not level:
            return False
    return True


def _read_text(path: Path, name: str, problems: list[Problem]) -> str | None:
    try:
        if path.is_fifo():
            # Opening it would wait for its other end.
            problems.append(Problem("is not a file but a named pipe", Place(name)))
            return None
        data = path.read_bytes()
    except OSError as e:
        problems.append(Problem(f"the file cannot be read: {e.strerror}", Place(name)))
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        problems.append(Problem(f"the file is not UTF-8: {e.reason} in line {line}", Place(name)))
        return None


def parse_toml(path: Path, name: str, problems: list[Problem]) -> dict[str, object] | None:
    """Read a TOML file; return None if that is not possible, which is added to ``problems``."""
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    text = _read_text(path, name, problems)
    if text is None:
        return None
    try:
        contents = tomllib.loads(text)
        if _is_deeper(contents, _MAXIMUM_DEPTH):
            raise ValueError(f"tables or arrays are nested more than {_MAXIMUM_DEPTH} deep")
        return contents
    except (ValueError, RecursionError) as e:
        # The message has line and column. A number with too many digits has its own error.
        message = re.sub(r"\s+", " ", str(e))
        problems.append(Problem(f"the file is not valid TOML: {message}", Place(name)))
        return None
