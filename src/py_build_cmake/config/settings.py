"""What a front end passes on: config settings (``-C``), and the environment that stands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILES = {"local": "local", "cross": "cross", "component": "component"}
_OVERRIDES = ("-o", "o", "override", "--override")
_TRUE = frozenset({"", "1", "true", "yes", "y", "on"})
_FALSE = frozenset({"0", "false", "no", "n", "off"})


@dataclass(frozen=True)
class ConfigSettings:
    """The config settings of one call of a hook.

    ``local``, ``cross`` and ``component`` are names of files as given; ``overrides`` are labels
    for messages and texts in the override grammar.
    """

    local: tuple[str, ...] = ()
    cross: tuple[str, ...] = ()
    component: tuple[str, ...] = ()
    overrides: tuple[tuple[str, str], ...] = ()
    verbose: bool = False
    verbose_env: bool = False


def parse_config_settings(
    config_settings: Mapping[str, object] | None, environ: Mapping[str, str]
) -> ConfigSettings:
    """Read config settings, and the environment variables that say the same.

    :raises ConfigError: a key does not exist, or has a value that it cannot have. All of them
        are reported.
    """
    problems: list[Problem] = []
    values: dict[str, list[str]] = {}
    for key, value in (config_settings or {}).items():
        values[key] = _strings(key, value, problems)

    def take(*keys: str) -> list[str]:
        return [value for key in keys for value in values.pop(key, [])]

    files = {name: tuple(take(f"--{name}", name)) for name in _FILES}
    overrides = take(*_OVERRIDES)
    verbose = _flag(take("verbose", "--verbose", "V", "-V"), "verbose", problems)
    verbose_env = _flag(take("verbose-env", "--verbose-env"), "verbose-env", problems)
    take("loglevel", "--loglevel")
    for key, texts in values.items():
        if "." in key:
            # Every option can be a key itself.
            overrides += [f"{key}={text}" for text in texts]
        else:
            problems.append(_unknown(key))
    if problems:
        raise ConfigError.from_problems(problems)
    return ConfigSettings(
        **files,
        overrides=tuple((f"<cli:{n}>", text) for n, text in enumerate(overrides, 1)),
        verbose=_from_environment(environ, "PY_BUILD_CMAKE_VERBOSE")
        if verbose is None
        else verbose,
        verbose_env=_from_environment(environ, "PY_BUILD_CMAKE_VERBOSE_ENV")
        if verbose_env is None
        else verbose_env,
    )


def _strings(key: str, value: object, problems: list[Problem]) -> list[str]:
    values = []
    for one in value if isinstance(value, (list, tuple)) else [value]:
        if isinstance(one, bool):
            values.append("true" if one else "false")
        elif isinstance(one, str):
            values.append(one)
        else:
            problems.append(Problem("must be a string or a list of strings", _where(key)))
    return values


def _flag(values: list[str], key: str, problems: list[Problem]) -> bool | None:
    if not values:
        return None
    text = values[-1].lower()
    if text not in _TRUE | _FALSE:
        problems.append(Problem(f"{values[-1]!r} is neither true nor false", _where(key)))
    return text in _TRUE


def _from_environment(environ: Mapping[str, str], name: str) -> bool:
    if name in environ:
        return environ[name].lower() in _TRUE
    # Somebody who runs a failed job again wants to see more.
    attempt = environ.get("GITHUB_RUN_ATTEMPT", "")
    return name.endswith("VERBOSE") and attempt.isdecimal() and int(attempt) > 1


def _unknown(key: str) -> Problem:
    from .read import close_names
    from .schema import ROOT

    known = (*_FILES, "override", "verbose", "verbose-env", "loglevel")
    close = close_names(key.lstrip("-"), known)
    if key in ROOT.sections:
        hint = f"name an option in it, for example {key}.{next(iter(_names(key)))}=…"
    elif close:
        hint = f"did you mean {close}?"
    else:
        hint = f"the keys are {', '.join(known)}, and options such as cmake.build_type"
    return Problem("is not a config setting", _where(key), hint)


def _names(section: str) -> list[str]:
    from .schema import ROOT

    found = ROOT.sections[section]
    return [*found.options, *found.sections]


def _where(key: str) -> str:
    return f"config setting `{key}`"
