"""The sources of configuration, in the order in which later ones override earlier ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Problem
from .edits import Op
from .overrides import GrammarError, Override, parse_override, parse_pbc
from .read import Layer, Reader
from .tree import ABSENT, Table, merge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .settings import ConfigSettings

PYPROJECT = "pyproject.toml"
TOOL = ("tool", "py-build-cmake")


def read_sources(
    project_dir: Path,
    settings: ConfigSettings,
    environ: Mapping[str, str],
    problems: list[Problem],
) -> tuple[Mapping[str, object], Table]:
    """Read everything; return the parsed pyproject.toml, and the merged tree of our tables.

    Mistakes are added to ``problems``.
    """
    pyproject = _parse_toml(project_dir / PYPROJECT, PYPROJECT, problems) or {}
    tool = pyproject.get(TOOL[0], {})
    tables = tool.get(TOOL[1], {}) if isinstance(tool, dict) else {}
    layer = Layer(PYPROJECT, project_dir, TOOL)
    tree = Reader(layer, problems).read((), Op.DEFAULT, tables)
    for kind, target in (("local", ()), ("cross", ("cross",))):
        given = settings.local if kind == "local" else settings.cross
        for path in _standard_files(project_dir, kind):
            tree = merge(tree, _read_file(path, path.name, target, problems))
        for name in given:
            found = _find(name, project_dir, environ, problems)
            if found is not None:
                layer_tree = _read_file(found, str(found), target, problems)
                if layer_tree == ABSENT and not problems:
                    problems.append(Problem("the file is empty", str(found)))
                tree = merge(tree, layer_tree)
    for label, text in settings.overrides:
        tree = merge(tree, _read_override(Layer(label, project_dir), text, problems))
    return pyproject, tree


def _standard_files(project_dir: Path, kind: str) -> list[Path]:
    paths = [project_dir / f"py-build-cmake.{kind}.{suffix}" for suffix in ("toml", "pbc")]
    return [path for path in paths if path.exists()]


def _find(
    name: str, project_dir: Path, environ: Mapping[str, str], problems: list[Problem]
) -> Path | None:
    """Find a file that a config setting names.

    Front ends change the directory, and leave where the user is in ``PWD``.
    """
    candidates = [Path(environ.get("PWD", "."), name).absolute(), project_dir / name]
    for path in candidates:
        if path.is_file():
            return path.resolve()
    tried = " and ".join(dict.fromkeys(map(str, candidates)))
    problems.append(Problem(f"the file was not found; tried {tried}", f"config setting {name!r}"))
    return None


def _read_file(path: Path, name: str, target: tuple[str, ...], problems: list[Problem]) -> Table:
    """Read a local or cross file, whose contents are about the table ``target``."""
    if path.suffix == ".pbc":
        return _read_pbc(path, name, target, problems)
    if path.suffix != ".toml":
        problems.append(Problem("the name of the file must end in .toml or .pbc", name))
        return ABSENT
    contents = _parse_toml(path, name, problems)
    if not contents:
        return ABSENT
    reader = Reader(Layer(name, path.parent), problems, target)
    return reader.read((), Op.DEFAULT, contents)


def _read_pbc(path: Path, name: str, target: tuple[str, ...], problems: list[Problem]) -> Table:
    text = _read_text(path, name, problems)
    tree = ABSENT
    for number, parsed in parse_pbc(text or ""):
        layer = Layer(f"{name}[{number}]", path.parent)
        if isinstance(parsed, GrammarError):
            problems.append(_grammar_problem(parsed, f"{name}, line {number}"))
        else:
            tree = merge(tree, _apply(layer, parsed, target, problems))
    return tree


def _read_override(layer: Layer, text: str, problems: list[Problem]) -> Table:
    try:
        override = parse_override(text)
    except GrammarError as e:
        problems.append(_grammar_problem(e, f"{layer.source} {text!r}"))
        return ABSENT
    return _apply(layer, override, (), problems)


def _apply(
    layer: Layer, override: Override, target: tuple[str, ...], problems: list[Problem]
) -> Table:
    return Reader(layer, problems, target).read(override.path, override.op, override.value)


def _grammar_problem(error: GrammarError, where: str) -> Problem:
    hint = 'an override is a key path, an operator and a value, such as cmake.args+=["-Wdev"]'
    return Problem(f"column {error.column}: {error}", where, hint)


def _read_text(path: Path, name: str, problems: list[Problem]) -> str | None:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as e:
        problems.append(Problem(f"the file cannot be read: {e.strerror}", name))
    except UnicodeDecodeError as e:
        problems.append(Problem(f"the file is not UTF-8: {e.reason} at byte {e.start}", name))
    return None


def _parse_toml(path: Path, name: str, problems: list[Problem]) -> dict[str, object] | None:
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    text = _read_text(path, name, problems)
    if text is None:
        return None
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as e:
        # The message has line and column.
        message = re.sub(r"\s+", " ", str(e))
        problems.append(Problem(f"the file is not valid TOML: {message}", name))
    return None
