"""Tables of a configuration that are often, but not always, right."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from py_build_cmake.config.schema import Section

# Names and values that are often, but not always, right.
SCALARS = st.one_of(
    st.text(max_size=4),
    st.sampled_from(["auto", "abi3", "symlink", "linux", "BOOL", "PATH", ".", "..", "/", "a\0"]),
    st.integers(-(2**70), 2**70),
    st.booleans(),
    st.floats(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["=", "+", "-", "append", "prepend", "type", "strict", "X", "x.y", ""]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)


def sections(section: Section, depth: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    """Tables with the names of a section, and sometimes others."""
    names: dict[str, Any] = dict.fromkeys(section.options, VALUES)
    if depth:
        names |= {name: sections(s, depth - 1) for name, s in section.sections.items()}
        if section.is_indexed:
            names |= dict.fromkeys(["0", "1", "01", "-3"], sections(section.entry, 0))
    names |= {"nonsense": VALUES, "cross ": VALUES}
    some = st.lists(st.sampled_from(sorted(names)), max_size=3, unique=True)
    known = some.flatmap(lambda chosen: st.fixed_dictionaries({n: names[n] for n in chosen}))
    return st.one_of(known, known, known, VALUES.filter(lambda v: isinstance(v, dict)))


def toml(value: Any) -> str:
    """Write a value as TOML. Tables are inline, which is valid in all places."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(c):08X}" for c in value) + '"'
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)
