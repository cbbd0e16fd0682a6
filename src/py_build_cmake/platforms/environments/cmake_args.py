"""``CMAKE_ARGS`` of conda's compiler packages: arguments for a ``cmake`` that a recipe runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...lazy import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOOLCHAIN = lazy_pattern(r"CMAKE_\w+|Python\w*_FIND_REGISTRY")
# Where to install is not the recipe's decision here, and what to build is the project's.
_NOT_TOOLCHAIN = lazy_pattern(
    r"CMAKE_BUILD_TYPE|CMAKE_INSTALL_(PREFIX|\w*DIR)|CMAKE_TOOLCHAIN_FILE"
)


def toolchain_options(text: str, *, windows: bool = False) -> dict[str, list[str]]:
    """Return the definitions that describe the toolchain: ``NAME:TYPE`` and the elements.

    :raises ValueError: a quote is not closed.
    """
    options = {}
    for definition in _definitions(text, windows=windows):
        name, _, value = definition.partition("=")
        bare = name.partition(":")[0]
        if _TOOLCHAIN.fullmatch(bare) and not _NOT_TOOLCHAIN.fullmatch(bare):
            options[name] = value.split(";")
    return options


def _definitions(text: str, *, windows: bool) -> Iterator[str]:
    import shlex

    # A backslash is a separator of directories there.
    words = iter(shlex.split(text.replace("\\", "\\\\") if windows else text))
    for word in words:
        if word == "-D":
            yield next(words, "")
        elif word.startswith("-D"):
            yield word[2:]
