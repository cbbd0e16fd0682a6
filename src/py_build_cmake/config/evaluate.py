"""Evaluating merged tables to records: defaults, paths, and where every value comes from."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..base.errors import Problem
from ..base.places import Place
from ..base.records import dataclass
from .dictionaries import Dictionary
from .kinds import UNSET, AnyPath, PathKind
from .layers import Mismatch
from .schema import options_of
from .sources import PYPROJECT, TOOL

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from .kinds import Kind
    from .layers import Edit, Origin, Table
    from .schema import Option

Record = TypeVar("Record")


@dataclass(frozen=True)
class Explanation:
    """The value of one option, and the edits that it comes from, the earliest first.

    ``default`` says where the value comes from if no edit gave it one.
    """

    path: tuple[str, ...]
    value: object
    edits: tuple[Edit, ...]
    default: str


@dataclass
class Evaluator:
    """Evaluates tables to records. Mistakes are added to ``problems``. ``explanations`` collects
    all values, ``warnings`` what may be a mistake.
    """

    project_dir: Path
    environ: Mapping[str, str]
    problems: list[Problem]
    warnings: list[str] = field(default_factory=list)
    explanations: list[Explanation] = field(default_factory=list)

    def record(  # noqa: PLR0913 - what differs between the tables
        self,
        record: type[Record],
        table: Table,
        path: tuple[str, ...],
        *,
        defaults: Mapping[str, object] | None = None,
        in_use: bool = True,
        hidden: Container[str] = (),
    ) -> Record:
        """Evaluate all options of a record, whose table is shown as ``path``.

        ``defaults`` replace those of the schema. Paths are looked at only if they are
        ``in_use``. What is ``hidden`` is no option of this table: it is not shown.
        """
        values: dict[str, Any] = dict(defaults or {})
        for name, option in options_of(record).items():
            here = (*path, name)
            if isinstance(option.kind, Dictionary):
                entries = list(self._dictionary(option.kind, table.table(name), here))
                values[name] = {entry.path[-1]: entry.value for entry in entries}
                self.explanations += entries if in_use else []
                continue
            edits = table.edits(name)
            value, said = self._fold(option.kind, edits), ""
            if value is UNSET:
                value, said = self._default(option, name, values)
            if (
                isinstance(option.kind, PathKind)
                and isinstance(value, str)
                and not (isinstance(option.kind, AnyPath) and value == option.kind.or_word)
            ):
                origin = None if said else edits[-1].origin
                value = self._path(option.kind, value, origin, here, in_use=in_use)
            values[name] = value
            if in_use and name not in hidden:
                self.explanations.append(Explanation(here, value, edits, said))
        return record(**values)

    def _dictionary(
        self, kind: Dictionary, table: Table, path: tuple[str, ...]
    ) -> Iterator[Explanation]:
        for key, edits in table.leaves():
            value = self._fold(kind.element(key), edits)
            if value is not UNSET:
                yield Explanation((*path, key), value, edits, "")

    def _default(self, option: Option, name: str, known: Mapping[str, Any]) -> tuple[object, str]:
        """Return a default, and what it is."""
        if option.default_from:
            other = known[option.default_from]
            as_list = (other,) if isinstance(other, str) else other
            if as_list:
                return as_list, f"follows `{option.default_from}`"
        environ = self.environ.get(option.default_environ)
        if environ:
            return environ, f"environment variable {option.default_environ}"
        return known.get(name, option.default), "default"

    def _fold(self, kind: Kind, edits: Sequence[Edit]) -> object:
        try:
            value = kind.fold(edits)
        except Mismatch as e:
            e = e.without_secret(edits[-1].origin.place.key.rpartition(".")[2])
            self.problems.append(Problem(str(e), edits[-1].origin.place, e.hint))
            return UNSET
        self.warnings += kind.warnings(edits)
        return value

    def _path(
        self, kind: PathKind, value: str, origin: Origin | None, key: Sequence[str], *, in_use: bool
    ) -> Path:
        """Make a path absolute, and look at what is there. Without ``origin``, it is a default."""
        base = self._base(kind, value, origin)
        table = ".".join((TOOL, *key[:-1]))
        where = origin.place if origin else Place(PYPROJECT, f"{table}")
        if Path(value).is_absolute() and not kind.absolute:
            hint = f"paths here are relative to the project directory {base}"
            self.problems.append(Problem(f"{value!r} must not be absolute", where, hint))
        # A missing default is often the consequence of another mistake.
        wanted = kind.must_exist and in_use and (origin is not None or not self.problems)
        path, missing = Path(base, value), ""
        try:
            path = path.resolve()
            missing = _what_is_missing(kind, path) if wanted else ""
        except (OSError, ValueError, RuntimeError) as e:
            # The name is too long, or a link leads to itself.
            missing = f"{path} ({getattr(e, 'strerror', None) or e})"
        if missing:
            hint = f"relative paths here begin at the {_name(base, self.project_dir)}"
            if origin is None:
                hint = f"set `{key[-1]}`, which is {value!r} if it is not given"
            self.problems.append(Problem(f"there is no {missing}", where, hint))
        return path

    def _base(self, kind: PathKind, value: str, origin: Origin | None) -> Path:
        """Return the directory that a path is relative to."""
        if kind.base != "file" or origin is None:
            return self.project_dir
        start = origin.started_in
        try:
            is_there = start is not None and (start / value).exists()
        except (OSError, ValueError):
            is_there = False
        return start.absolute() if start is not None and is_there else origin.directory


def _what_is_missing(kind: PathKind, path: Path) -> str:
    if isinstance(kind, AnyPath):
        return "" if path.exists() else f"file or directory {path}"
    if kind.is_directory and not path.is_dir():
        return f"directory {path}"
    if not kind.is_directory and not path.is_file():
        return f"file {path}"
    if kind.contains and not (path / kind.contains).is_file():
        return f"file {path / kind.contains}"
    return ""


def _name(directory: Path, project_dir: Path) -> str:
    is_project = directory == project_dir
    return f"project directory {directory}" if is_project else f"directory {directory}"
