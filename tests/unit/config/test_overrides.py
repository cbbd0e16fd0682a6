"""The override grammar."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from py_build_cmake.config.layers import Op
from py_build_cmake.config.overrides import GrammarError, Override, parse_override, parse_pbc, quote


@pytest.mark.parametrize(
    ("text", "path", "op", "value"),
    [
        ("a.b=c", ("a", "b"), Op.ASSIGN, "c"),
        ("a.b+=c", ("a", "b"), Op.APPEND, "c"),
        ("a.b=+c", ("a", "b"), Op.PREPEND, "c"),
        ("a.b-=c", ("a", "b"), Op.REMOVE, "c"),
        ("a.b+=(path)c", ("a", "b"), Op.APPEND_PATH, "c"),
        ("a.b=+(path)c", ("a", "b"), Op.PREPEND_PATH, "c"),
        ("a=!", ("a",), Op.CLEAR, None),
        ("a=!  ", ("a",), Op.CLEAR, None),
        ("a=! # why", ("a",), Op.CLEAR, None),
        ("a.b-c=d", ("a", "b-c"), Op.ASSIGN, "d"),
        ("a.-b=c", ("a", "-b"), Op.ASSIGN, "c"),
        ("a.1=c", ("a", "1"), Op.ASSIGN, "c"),
        ('"a b".c=z', ("a b", "c"), Op.ASSIGN, "z"),
        ('a."b.c"=z', ("a", "b.c"), Op.ASSIGN, "z"),
        (r'"a\"b"=z', ('a"b',), Op.ASSIGN, "z"),
        (" a =c", ("a",), Op.ASSIGN, "c"),
        ("a +=c", ("a",), Op.APPEND, "c"),
        ("\ta=c", ("a",), Op.ASSIGN, "c"),
    ],
)
def test_keys_and_operators(text: str, path: tuple[str, ...], op: Op, value: object) -> None:
    assert parse_override(text) == Override(path, op, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # A bare string keeps its blanks.
        ("c", "c"),
        (" c", " c"),
        ("c ", "c "),
        ("x y,z", "x y,z"),
        ("x;y", "x;y"),
        ("-DFOO=1", "-DFOO=1"),
        ("=x", "=x"),
        ("x#y", "x"),
        ("b # c", "b "),
        (r"C:\dir", r"C:\dir"),
        ("it's $HOME", "it's $HOME"),
        ("(path)x", "(path)x"),
        # Literals follow the operator, and stand alone.
        ("1", 1),
        ("-1", -1),
        ("0", 0),
        ("1 ", 1),
        ("1 # one", 1),
        ("true", True),
        ("True", True),
        ("false", False),
        ("False", False),
        ("false  ", False),
        (" 1", " 1"),
        (" true", " true"),
        ("TRUE", "TRUE"),
        ("1.5", "1.5"),
        ("1a", "1a"),
        ("3x", "3x"),
        ("0x10", "0x10"),
        ("007", "007"),
        ("-0", "-0"),
        ("9" * 5000, "9" * 5000),
        ("trueish", "trueish"),
        ("1 2", "1 2"),
        # Quoted strings.
        ('""', ""),
        ('"x"', "x"),
        (' "x"', "x"),
        ('"x" ', "x"),
        ('"x" # y', "x"),
        ('"a#b[c]{d}"', "a#b[c]{d}"),
        ('"1"', "1"),
        (r'"a\"b\\c\n\t\x41\u00e4\U0001f600\101\0"', 'a"b\\c\n\tA\u00e4\U0001f600A\0'),
        # As in Python, what is no escape stands for itself.
        (r'"C:\dir"', r"C:\dir"),
        # Arrays.
        ("[]", []),
        ("[ ]", []),
        ("[x]", ["x"]),
        (" [x] ", ["x"]),
        ('[x, "y z", 1, true,]', ["x", "y z", 1, True]),
        ("[x,y]", ["x", "y"]),
        ("[-DA=b, 1.5, 3x]", ["-DA=b", "1.5", "3x"]),
        ("[[a], []]", [["a"], []]),
        ('["a", "b"] # c', ["a", "b"]),
        # Tables.
        ("{k=v}", {"k": "v"}),
        ("{ k = v, l = 1 }", {"k": "v", "l": 1}),
        ('{"+"=[x]}', {"+": ["x"]}),
        ("{+=[x]}", {"+": ["x"]}),
        ("{-=[x],}", {"-": ["x"]}),
        ("{k=-DA=b}", {"k": "-DA=b"}),
        ('{"a b"={c=[d]}}', {"a b": {"c": ["d"]}}),
    ],
)
def test_values(text: str, value: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parsed = parse_override(f"a={text}").value
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "key"),
        ("=x", 1, "key"),
        ("a", 2, "operator"),
        ("a.", 3, "key"),
        ("a.=x", 3, "key"),
        ("a b=x", 3, "operator"),
        ("a-=", 4, "value"),
        ("a=", 3, "value"),
        ("a= # nothing", 0, "value"),
        ("a={}", 0, "empty"),
        ("a=!x", 4, "no value"),
        ('a=x"y', 4, "quotes"),
        ("a=x[1]", 4, "quotes"),
        ("a=${A}", 4, "quotes"),
        ('a="x', 3, "does not end"),
        ('a=[x, "y]', 7, "does not end"),
        ('a="x"y', 6, "end"),
        ("a=[x]y", 6, "end"),
        ("a=[x,,y]", 6, "value"),
        ("a=[x y]", 6, "','"),
        ("a=[x", 5, "','"),
        ("a=[x, ", 7, "value"),
        ("a={k}", 5, "'='"),
        ("a={k=}", 6, "value"),
        ("a={=v}", 4, "key"),
        ("a={k=v, k=w}", 9, "twice"),
        ("a={k=v", 7, "','"),
        ("a=x\ny", 4, "line"),
        (r'a="\U00110000"', 0, "escape"),
        (r'a="\x4"', 0, "escape"),
        (r'a="\xzz"', 0, "escape"),
        ("a=" + "[" * 5000, 0, "nested"),
        ("a=" + "{a=" * 5000, 0, "nested"),
    ],
)
def test_what_is_no_override(text: str, column: int, message: str) -> None:
    with pytest.raises(GrammarError, match=message) as caught:
        parse_override(text)
    # Zero: any place in what is wrong will do.
    assert column in (0, caught.value.column)


def test_lines_of_a_file() -> None:
    text = (
        "# comment\n\n  \t\na=b\n  c+=[d] # e\r\nf=\n"
        'g="a\u2028b"\nh="c\x0cd"\n'
        "i=!"  # No newline at the end.
    )
    lines = parse_pbc(text)
    assert [number for number, _ in lines] == [4, 5, 6, 7, 8, 9]
    overrides = [line for _, line in lines if isinstance(line, Override)]
    assert [(o.path, o.op, o.value) for o in overrides] == [
        (("a",), Op.ASSIGN, "b"),
        (("c",), Op.APPEND, ["d"]),
        (("g",), Op.ASSIGN, "a\u2028b"),
        (("h",), Op.ASSIGN, "c\x0cd"),
        (("i",), Op.CLEAR, None),
    ]
    assert isinstance(lines[2][1], GrammarError)


@given(st.text(st.characters()))
@example("\\")
@example('"')
@example("\r\n\0\x85\u2028\ud800")
@example("\\u0041")
def test_what_is_quoted_is_read_back(text: str) -> None:
    quoted = quote(text)
    assert parse_override(f"a={quoted}") == Override(("a",), Op.ASSIGN, text)
    assert parse_override(f"{quoted}.b=!") == Override((text, "b"), Op.CLEAR)
    assert parse_override(f"a=[{quoted}, {{{quoted}={quoted}}}]").value == [text, {text: text}]
    assert [override for _, override in parse_pbc(f"a={quoted}\n")] == [
        Override(("a",), Op.ASSIGN, text)
    ]


@given(st.text(st.sampled_from('ab.=+-!()path"[]{}#,\\1 \n'), max_size=20))
def test_any_text_is_an_override_or_an_error(text: str) -> None:
    try:
        override = parse_override(text)
    except GrammarError as e:
        assert 1 <= e.column <= len(text) + 1
    else:
        assert override.path
