"""The preload cache: every text arrives as it is.

The reader below is written from cmake-language(7) and shares nothing with the writer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from py_build_cmake.base.masking import Mask
from py_build_cmake.cmake.build_dir import protect_cache
from py_build_cmake.cmake.cache import (
    NATIVE_INSTALL_DIR,
    CacheEntry,
    argument,
    bracket_argument,
    preload_script,
    quoted_argument,
)

Command = tuple[str, list[str]]


class CMakeReader:
    """Reads a script into commands with evaluated arguments.

    ``references`` are the variables that CMake would replace, which stand for themselves here.
    """

    def __init__(self, script: str) -> None:
        # CMake reads files in text mode, whatever the system.
        self.text = script.replace("\r\n", "\n")
        self.at = 0
        self.references: list[str] = []

    def commands(self) -> Iterator[Command]:
        while True:
            self._skip_space()
            if self.at == len(self.text):
                return
            name = self._take(r"[A-Za-z_][A-Za-z0-9_]*")
            self._take(r"[ \t]*\(")
            arguments = []
            while not self._at(")"):
                arguments.append(self._argument())
                # Arguments are separated by spaces.
                assert self._at(")") or self.text[self.at].isspace()
                self._skip_space()
            self._take(r"\)")
            yield name.lower(), arguments

    def _argument(self) -> str:
        bracket = re.compile(r"\[(=*)\[").match(self.text, self.at)
        if bracket:
            close = f"]{bracket[1]}]"
            end = self.text.index(close, bracket.end())
            content = self.text[bracket.end() : end]
            self.at = end + len(close)
            return content[1:] if content.startswith("\n") else content
        if self._at('"'):
            return self._quoted()
        return self._take(r'[^\s()#"\\$;\[\]]+')

    def _quoted(self) -> str:
        self.at += 1
        value = ""
        while not self._at('"'):
            character = self.text[self.at]
            self.at += 1
            if character == "\\":
                escaped = self.text[self.at]
                self.at += 1
                if escaped == "\n":
                    continue
                if escaped == ";":
                    value += "\\;"
                elif escaped in "trn":
                    value += {"t": "\t", "r": "\r", "n": "\n"}[escaped]
                else:
                    assert not re.match("[A-Za-z0-9]", escaped)
                    value += escaped
            else:
                if character in "$@":
                    self.references.append(re.split(r"[}@\"]", self.text[self.at :])[0].strip("{"))
                value += character
        self.at += 1
        return value

    def _skip_space(self) -> None:
        self._take(r"[ \t\n]*")

    def _at(self, text: str) -> bool:
        return self.text.startswith(text, self.at)

    def _take(self, pattern: str) -> str:
        match = re.compile(pattern).match(self.text, self.at)
        assert match, (pattern, self.text[self.at :])
        self.at = match.end()
        return match[0]


def read(script: str) -> list[Command]:
    reader = CMakeReader(script)
    commands = list(reader.commands())
    assert reader.references == []
    return commands


# CMake leaves null characters out.
ANY_TEXT = st.text().map(lambda text: text.replace("\0", ""))
HOSTILE_TEXT = st.text('[]=\\"$;{}()#@\n\r a', max_size=12)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        'a "quoted" text',
        "C:\\Program Files\\Python",
        "ends with a backslash\\",
        "a;b\\;c",
        "two\nlines\n",
        "\nstarts with a newline",
        "\n\n",
        "\r\nstarts with that of another system",
        "a\r\nb\rc\r",
        "${VARIABLE} $ENV{HOME} @AT@ $<1:x>",
        "]]",
        "]=]",
        "]==]]=]",
        "ends with ]",
        "ends with ]=",
        "[[",
        "[=[",
        "# no comment",
        ") CACHE STRING oops)",
        "Grüße \N{SNOWMAN} \N{MUSICAL SYMBOL G CLEF}",
    ],
)
@pytest.mark.parametrize("quote", [argument, quoted_argument])
def test_known_hard_texts_survive(text: str, quote: object) -> None:
    assert callable(quote)
    assert read(f"f({quote(text)})") == [("f", [text])]


@given(ANY_TEXT | HOSTILE_TEXT)
def test_any_text_survives(text: str) -> None:
    assert read(f"f({argument(text)})") == [("f", [text])]
    assert read(f"f({quoted_argument(text)})") == [("f", [text])]


@given(HOSTILE_TEXT.filter(lambda text: "\r" not in text))
def test_a_bracket_argument_ends_at_its_end(text: str) -> None:
    quoted = bracket_argument(text)
    assert read(f"f({quoted} {quoted})") == [("f", [text, text])]


ENTRIES = st.lists(
    st.builds(
        CacheEntry,
        st.from_regex("[A-Za-z_][A-Za-z0-9_]*", fullmatch=True),
        ANY_TEXT | HOSTILE_TEXT,
        st.sampled_from(["STRING", "PATH", "FILEPATH", "BOOL"]),
    )
)


@given(ENTRIES, st.booleans())
def test_the_script_forces_every_entry_into_the_cache(
    entries: list[CacheEntry], has_native_build: bool
) -> None:
    script = preload_script(entries, "3.15", has_native_build=has_native_build)
    reader = CMakeReader(script)
    policy, native, *others = reader.commands()
    assert policy == ("cmake_minimum_required", ["VERSION", "3.15"])
    if has_native_build:
        # Given with -D before, and read once, so that CMake does not call it unused.
        assert native == ("set", ["_native_install_dir", f"${{{NATIVE_INSTALL_DIR}}}"])
        assert reader.references == [NATIVE_INSTALL_DIR]
    else:
        assert native == ("unset", [NATIVE_INSTALL_DIR, "CACHE"])
        assert reader.references == []
    assert others == [("set", [e.name, e.value, "CACHE", e.type, "", "FORCE"]) for e in entries]


def test_the_script_is_plain_to_read() -> None:
    script = preload_script([CacheEntry("A", "x"), CacheEntry("B", "/p", "PATH")], "3.20")
    first, _, *others = script.splitlines()
    assert first == "cmake_minimum_required(VERSION 3.20)"
    assert others == [
        'set(A [=[x]=] CACHE STRING "" FORCE)',
        'set(B [=[/p]=] CACHE PATH "" FORCE)',
    ]
    assert script.endswith("\n")


@pytest.mark.parametrize(
    ("entries", "hidden", "is_protected"),
    [
        ("X:STRING=1\n", "", False),
        ("MY_TOKEN:STRING=abcdefg\n", "", True),
        ("MY_TOKEN:BOOL=ON\nA_KEY:FILEPATH=A_KEY-NOTFOUND\n", "", False),
        ("URL:STRING=https://abcdefg@host\n", "abcdefg", True),
    ],
)
def test_only_the_owner_reads_a_cache_with_secrets(
    tmp_path: Path, entries: str, hidden: str, is_protected: bool
) -> None:
    mask = Mask()
    mask.hide([hidden])
    protect_cache(tmp_path, mask)  # it is not there yet
    cache = tmp_path / "CMakeCache.txt"
    cache.write_text(entries)
    cache.chmod(0o644)
    protect_cache(tmp_path, mask)
    assert (cache.stat().st_mode & 0o077 == 0) is is_protected
