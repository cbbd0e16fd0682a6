"""The environment of CMake commands."""

from __future__ import annotations

import os
import re
from functools import partial
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..lazy import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..config.schema import CMakeConfig

# $$, ${NAME}, ${NAME:-default}, $NAME
_REFERENCE = lazy_pattern(r"\$(?:(\$)|\{([^}:]+)(?::-([^}]*))?\}|([A-Za-z_]\w*))")


def cmake_environment(
    base: Mapping[str, str], own: Mapping[str, str], config: CMakeConfig
) -> dict[str, str]:
    """Return the environment: the ``base``, our ``own`` variables, then those of ``cmake.env``.

    :raises ConfigError: an entry refers to a variable that does not exist.
    """
    environment = {**base, **own}
    # Set by package builds around us, it would put everything elsewhere than the staging directory.
    environment.pop("DESTDIR", None)
    for name, value in config.env.items():
        expand_here = partial(expand, environment=environment, where=value.where)
        text = value.resolve(environment.get(name), expand_here, os.pathsep)
        if text is None:
            environment.pop(name, None)
        else:
            environment[name] = text
    return environment


def expand(text: str, environment: Mapping[str, str], where: str) -> str:
    """Replace ``${NAME}``, ``$NAME`` and ``${NAME:-default}`` by values, and ``$$`` by ``$``.

    As in a shell, the default also stands for an empty value.

    :raises ConfigError: a variable without a default does not exist. ``where`` names the key.
    """

    def replacement(match: re.Match[str]) -> str:
        dollar, braced, default, bare = match.groups()
        if dollar:
            return "$"
        name = braced or bare
        value = environment.get(name)
        if default is not None:
            return value or default
        if value is None:
            raise ConfigError(
                f"the environment variable {name!r} does not exist",
                where=where,
                hint=f"set it, write '${{{name}:-default}}', or '$$' for a dollar sign",
            )
        return value

    return _REFERENCE.sub(replacement, text)
