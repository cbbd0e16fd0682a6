"""The environment variable ``CMAKE_ARGS``: arguments of configure commands.

conda's compiler packages set it, and installation instructions of many projects have their users
set it. CMake itself does not read it.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ...base.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

VARIABLE = "CMAKE_ARGS"
_WHERE = f"environment variable {VARIABLE}"
_PREFIX = "CMAKE_INSTALL_PREFIX"
# These options of cmake(1) name directories and files that this backend gives.
_DIRECTORIES = ("-S", "-B", "--preset")


def cmake_args(environ: Mapping[str, str], *, windows: bool) -> list[str]:
    """Divide the variable into arguments, as a POSIX shell does.

    On Windows a backslash is a separator of directories, and nothing else.

    :raises ConfigError: a quote is not closed.
    """
    text = environ.get(VARIABLE, "")
    try:
        return shlex.split(text.replace("\\", "\\\\") if windows else text)
    except ValueError as e:
        raise ConfigError(
            f"cannot be divided into arguments: {e}", where=_WHERE, hint="close the quote"
        ) from e


def definitions(arguments: Sequence[str]) -> Iterator[str]:
    """Yield what is defined: ``NAME=VALUE`` or ``NAME:TYPE=VALUE`` behind each ``-D``."""
    for option, value in _options(arguments):
        if option == "-D":
            yield value


def configure_args(arguments: Sequence[str]) -> tuple[list[str], str | None]:
    """Return the arguments for a configure command in which this backend sets the directories, and
    the generator, None if there is none.

    Without the installation prefix: a wheel's is the staging directory.

    :raises ConfigError: one of the arguments is another directory, or a preset.
    """
    kept: list[str] = []
    generator = None
    for option, value in _options(arguments):
        if option in _DIRECTORIES:
            raise ConfigError(
                f"`{option} {value}` cannot be set there",
                where=_WHERE,
                hint="remove it; `cmake.source_path`, `cmake.build_path` and `cmake.preset` say it",
            )
        if option == "-G":
            generator = value
        elif option == "-D" and value.partition("=")[0].partition(":")[0] != _PREFIX:
            kept += ["-D", value]
        elif option not in ("-D", "-G"):
            kept.append(value)
    return kept, generator


def _options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the options with their values, in one word or two; other words without an option."""
    rest = iter(arguments)
    for word in rest:
        name, equals, value = word.partition("=")
        if word in ("-D", "-G", *_DIRECTORIES):
            yield word, next(rest, "")
        elif equals and name == "--preset":
            yield name, value
        elif word[:2] in ("-D", "-G", "-S", "-B"):
            yield word[:2], word[2:]
        else:
            yield "", word
