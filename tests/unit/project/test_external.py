"""What a project says that it needs from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.project.external import ExternalNeed, read_external

TABLE = """\
[external]
build-requires = [
    "dep:virtual/compiler/c", "dep:virtual/compiler/cpp", "dep:generic/pkg-config@>=1.8"
]
host-requires = ["dep:generic/zlib", "dep:github/some/one; sys_platform == 'nowhere'"]
dependencies = ["dep:generic/git?x=y#z"]
[external.optional-build-requires]
docs = ["no identifier is looked at here"]
"""


def read(directory: Path, text: str) -> tuple[ExternalNeed, ...]:
    (directory / "pyproject.toml").write_text(text)
    return read_external(directory)


def test_what_is_needed(tmp_path: Path) -> None:
    needs = read(tmp_path, TABLE)
    assert [(need.key, need.type, need.name, need.language) for need in needs] == [
        ("build-requires", "virtual", "c", "c"),
        ("build-requires", "virtual", "cpp", "cxx"),
        ("build-requires", "generic", "pkg-config", ""),
        ("host-requires", "generic", "zlib", ""),
        ("dependencies", "generic", "git", ""),
    ]
    assert needs[2].text == "dep:generic/pkg-config@>=1.8"


def test_nothing_is_needed_without_the_table(tmp_path: Path) -> None:
    assert read(tmp_path, "[project]\nname = 'p'\n") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("external = 1\n", ["must be a table"]),
        ('[external]\nbuild-requires = "dep:generic/x"\n', ["must be a list of strings"]),
        (
            '[external]\nbuild_requires = []\nhost-requires = ["zlib", "dep:generic/z; x y"]\n',
            ["unknown key", "'zlib' is no identifier", "the marker of 'dep:generic/z; x y'"],
        ),
    ],
)
def test_mistakes_are_said_at_once(tmp_path: Path, text: str, said: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert all(words in str(caught.value) for words in said)
