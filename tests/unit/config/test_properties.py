"""Properties that hold for any configuration."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Union

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.config_strategies import VALUES, sections, toml
from support.machines import LINUX_CP311

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.base.places import Place
from py_build_cmake.cli.config import plain
from py_build_cmake.config.kinds import CMakeValue, String, StringList
from py_build_cmake.config.layers import (
    ABSENT,
    Edit,
    Leaf,
    Op,
    Origin,
    Table,
    merge,
    split_shadowed,
)
from py_build_cmake.config.load import load_config, load_explained
from py_build_cmake.config.overrides import parse_override, quote
from py_build_cmake.config.read import dotted
from py_build_cmake.config.schema import ROOT, ProjectConfig
from py_build_cmake.config.settings import ConfigSettings, parse_config_settings

try:
    import tomllib
except ModuleNotFoundError:
    import tomli as tomllib

Node = Union[Leaf, Table]


def edits(ops: st.SearchStrategy[Op], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Edit]:
    origins = st.integers(0, 9).map(lambda n: Origin(Place(elsewhere=f"<{n}>", key="key"), Path()))
    return st.builds(Edit, ops, values, origins)


LIST_OPS = st.sampled_from([Op.ASSIGN, Op.APPEND, Op.PREPEND, Op.REMOVE])
LIST_EDITS = st.one_of(
    edits(LIST_OPS, st.lists(st.sampled_from("abc"), max_size=3).map(tuple)),
    edits(st.just(Op.CLEAR), st.none()),
)
TEXT_EDITS = st.one_of(
    edits(st.sampled_from([op for op in Op if op is not Op.CLEAR]), st.text("ab", max_size=3)),
    edits(st.just(Op.CLEAR), st.none()),
)


def tables(depth: int = 2) -> st.SearchStrategy[Table]:
    """Tables in which the names say what is a table, as the schema does for real ones."""
    leaves = st.dictionaries(
        st.sampled_from("ab"), st.lists(LIST_EDITS, max_size=2).map(tuple).map(Leaf)
    )
    below = st.dictionaries(st.sampled_from("tu"), tables(depth - 1)) if depth else st.just({})
    children = st.builds(lambda a, b: {**a, **b}, leaves, below)
    return st.builds(Table, children, st.booleans(), st.booleans())


@given(tables(), tables(), tables())
def test_merging_is_associative(a: Table, b: Table, c: Table) -> None:
    assert merge(merge(a, b), c) == merge(a, merge(b, c))


@given(tables())
def test_an_absent_table_changes_nothing(table: Table) -> None:
    assert merge(table, ABSENT) == table
    assert merge(ABSENT, table) == table


def origins_of(table: Table) -> list[Origin]:
    found: list[Origin] = []
    for node in table.children.values():
        found += (
            origins_of(node) if isinstance(node, Table) else [edit.origin for edit in node.edits]
        )
    return found


def has_cleared(table: Table) -> bool:
    below = (node for node in table.children.values() if isinstance(node, Table))
    return table.cleared or any(map(has_cleared, below))


@given(tables(), tables())
def test_no_origin_is_lost(a: Table, b: Table) -> None:
    merged = origins_of(merge(a, b))
    assert set(origins_of(b)) <= set(merged)
    assert set(merged) <= set(origins_of(a)) | set(origins_of(b))
    if not has_cleared(b):
        assert sorted(map(str, merged)) == sorted(map(str, origins_of(a) + origins_of(b)))


@given(st.lists(LIST_EDITS, max_size=6), st.lists(LIST_EDITS, max_size=6))
def test_what_precedes_an_assignment_does_not_matter(a: list[Edit], b: list[Edit]) -> None:
    assign = Edit(Op.ASSIGN, ("x",), Origin(Place(), Path()))
    assert StringList().fold([*a, assign, *b]) == StringList().fold([assign, *b])
    clear = Edit(Op.CLEAR, None, Origin(Place(), Path()))
    assert StringList().fold([*a, clear, *b]) == StringList().fold(b)


@given(st.lists(TEXT_EDITS, max_size=6), st.lists(TEXT_EDITS, max_size=6))
def test_the_same_holds_for_texts(a: list[Edit], b: list[Edit]) -> None:
    assign = Edit(Op.ASSIGN, "x", Origin(Place(), Path()))
    assert String().fold([*a, assign, *b]) == String().fold([assign, *b])
    clear = Edit(Op.CLEAR, None, Origin(Place(), Path()))
    assert String().fold([*a, clear, *b]) == String().fold(b)


@given(st.lists(LIST_EDITS, max_size=6))
def test_shadowed_edits_of_a_list_do_not_matter(edits: list[Edit]) -> None:
    shadowed, in_force = split_shadowed(edits)
    assert [*shadowed, *in_force] == edits
    assert StringList().fold(in_force) == StringList().fold(edits)


@given(st.lists(TEXT_EDITS, max_size=6))
def test_shadowed_edits_of_a_text_do_not_matter(edits: list[Edit]) -> None:
    assert String().fold(split_shadowed(edits)[1]) == String().fold(edits)


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
LAYERS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "build_type": TEXTS,
            "preset": TEXTS,
            "args": st.lists(TEXTS, max_size=2),
            "config": st.lists(TEXTS, max_size=2),
            "find_python": st.booleans(),
            "options": st.dictionaries(
                TEXTS.filter(lambda t: t and not set(t) & set("=:\r\n")),
                st.one_of(TEXTS, st.booleans(), st.lists(TEXTS, max_size=2)),
                max_size=2,
            ),
        },
    ),
    min_size=1,
    max_size=3,
)


@given(LAYERS)
def test_origins_lead_to_the_values(layers: list[dict[str, Any]]) -> None:
    """What an origin says is in the file that it names, and written as overrides is the same."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name).resolve()
        (directory / "CMakeLists.txt").touch()
        project = '[project]\nname = "p"\n[tool.py-build-cmake.cmake]\n'
        (directory / "pyproject.toml").write_text(project)
        files = [f"{number}.toml" for number in range(len(layers))]
        for file, layer in zip(files, layers):
            (directory / file).write_text(f"cmake = {toml(layer)}\n", encoding="utf-8")
        explained = load_explained(directory, ConfigSettings(local=tuple(files)), LINUX_CP311)
        sources = {f: tomllib.loads((directory / f).read_text("utf-8")) for f in files}
        edits = [edit for e in explained.explanations for edit in e.edits]
        for edit in edits:
            found: Any = sources[edit.origin.place.source]
            for part in parse_override(f"{edit.origin.place.key}=!").path:
                found = found[part]
            assert plain(edit.value) == (found[0] if is_option_list(edit, found) else found)
        options = [layer.get("options", {}) for layer in layers]
        assert len(edits) == sum(len(v) - ("options" in v) for v in layers) + sum(map(len, options))

        overrides = [
            (f"<{number}>", f"{dotted(e.path)}={written(plain(e.value))}")
            for number, e in enumerate(explained.explanations)
            if e.edits and isinstance(e.value, (str, bool, tuple, CMakeValue))
        ]
        again = load_config(directory, ConfigSettings(overrides=tuple(overrides)), LINUX_CP311)
        assert again.host_tables == explained.config.host_tables


def is_option_list(edit: Edit, found: Any) -> bool:
    """Whether the list of a CMake option has one element, which is shown without brackets."""
    return isinstance(edit.value, CMakeValue) and isinstance(found, list) and len(found) == 1


def load_or_error(directory: Path, settings: ConfigSettings) -> ProjectConfig | None:
    try:
        return load_config(directory, settings, LINUX_CP311)
    except ConfigError as e:
        assert all(problem.where and problem.message for problem in e.problems)
        assert str(e)
        return None


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(sections(ROOT), sections(ROOT), sections(ROOT.sections["cross"]))
def test_any_tables_are_a_configuration_or_an_error(
    project: dict[str, Any], local: dict[str, Any], cross: dict[str, Any]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name).resolve()
        contents = {
            "pyproject.toml": {"project": {"name": "p"}, "tool": {"py-build-cmake": project}},
            "py-build-cmake.local.toml": local,
            "py-build-cmake.cross.toml": cross,
        }
        for file, tables_ in contents.items():
            lines = (f"{toml(k)} = {toml(v)}\n" for k, v in tables_.items())
            (directory / file).write_text("".join(lines), encoding="utf-8")
        (directory / "CMakeLists.txt").touch()
        load_or_error(directory, ConfigSettings())


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_any_bytes_are_a_configuration_or_an_error(project: bytes, pbc: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name).resolve()
        (directory / "pyproject.toml").write_bytes(b"[project]\nname='p'\n" + project)
        (directory / "py-build-cmake.local.pbc").write_bytes(b"cmake." + pbc)
        load_or_error(directory, ConfigSettings())


PATHS = st.lists(
    st.one_of(
        st.sampled_from(["cmake", "cross", "linux", "wheel", "options", "env", "X", "0", "args"]),
        st.sampled_from(["build_type", "build_tag", "source_path", "find_python", "mode"]),
        st.text(max_size=3),
    ),
    min_size=1,
    max_size=4,
)


@given(
    st.lists(st.tuples(PATHS, st.sampled_from([op.value for op in Op if op.value]), VALUES)),
    st.dictionaries(st.text(max_size=8), st.one_of(st.text(max_size=8), st.none())),
)
def test_any_overrides_are_a_configuration_or_an_error(
    overrides: list[tuple[list[str], str, Any]], more: dict[str, str | None]
) -> None:
    texts = [
        ".".join(map(quote, path)) + op + ("" if op == "=!" else written(value))
        for path, op, value in overrides
    ]
    try:
        parsed = parse_config_settings({**more, "o": texts}, {})
    except ConfigError:
        parsed = parse_config_settings({"o": texts}, {})
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name).resolve()
        (directory / "pyproject.toml").write_text('[project]\nname = "p"\n')
        load_or_error(directory, parsed)


def written(value: Any) -> str:
    """Write a value in the override grammar."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quote(k)} = {written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return quote(value) if isinstance(value, str) else str(value)
