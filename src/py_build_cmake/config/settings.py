"""What a front end passes on: config settings (``-C``), and the environment variables for them."""

from __future__ import annotations

import os
import re
from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeVar

from ..base.console import LEVELS
from ..base.errors import ConfigError, Problem
from ..base.masking import looks_secret
from ..base.places import SETTING
from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

_T = TypeVar("_T")

# The keys that name files, and the variables that do.
_FILES = {"local": "PY_BUILD_CMAKE_LOCAL", "cross": "PY_BUILD_CMAKE_CROSS", "component": ""}
_OVERRIDES = ("-o", "o", "override", "--override")
_VERBOSE = ("verbose", "--verbose", "V", "-V")
_VERBOSE_ENV = ("verbose-env", "--verbose-env")
_LOGLEVEL = ("loglevel", "--loglevel")
_FRESH = ("fresh", "--fresh")
_KEYS = (*_FILES, "override", "verbose", "verbose-env", "loglevel", "fresh")
# The settings that need no value.
SWITCHES = ("verbose", "verbose-env", "fresh")
_TRUE = frozenset({"", "1", "true", "yes", "y", "on"})
_FALSE = frozenset({"0", "false", "no", "n", "off"})
# The last name of the path of an override (an option of CMake, a variable), and the value.
_OF_NAME = re.compile(
    r"""(?s)[^=]*[."'](?P<name>\w[\w-]*)["']?(?::\w+)?\s*[^\w\s"']*=[!]?\s*"?(?P<value>.*?)"?\s*$"""
)
_VARIABLE = "PY_BUILD_CMAKE_CONFIG_SETTINGS"


@dataclass(frozen=True)
class CrossTable:
    """A table of another file with the contents of a cross file.

    ``source`` names the file in messages, ``prefix`` the table in it; relative paths begin at
    ``directory``.
    """

    source: str
    prefix: str
    directory: str
    contents: Mapping[str, Any]


@dataclass(frozen=True)
class ConfigSettings:
    """The config settings of one call of a hook.

    ``local``, ``cross`` and ``component`` are names of files as given; ``cross_tables`` come
    after the cross files; ``overrides`` are labels for messages and texts in the override
    grammar. ``loglevel`` is that of :class:`~py_build_cmake.base.console.Console`; ``DEBUG`` also
    makes the build verbose. With ``fresh``, every CMake configuration begins anew.
    """

    local: tuple[str, ...] = ()
    cross: tuple[str, ...] = ()
    component: tuple[str, ...] = ()
    cross_tables: tuple[CrossTable, ...] = ()
    overrides: tuple[tuple[str, str], ...] = ()
    verbose: bool = False
    verbose_env: bool = False
    loglevel: str = "INFO"
    fresh: bool = False

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values in overrides of names that look like secrets."""
        matches = (_OF_NAME.match(text) for _, text in self.overrides)
        return tuple(m["value"] for m in matches if m and looks_secret(m["name"]))


def parse_config_settings(
    config_settings: Mapping[str, object] | None,
    environ: Mapping[str, str],
    more_tables: Collection[str] = (),
) -> ConfigSettings:
    """Read config settings, and the environment variables that say the same.

    Those in the environment come first, so that what the front end passes on prevails.
    ``more_tables`` are first words of options besides those of a project.

    :raises ConfigError: a key does not exist, or has a value that it cannot have. All of them
        are reported.
    """
    problems: list[Problem] = []
    variable = _Settings(f"{_VARIABLE} `{{}}`", problems)
    for line in filter(None, map(str.strip, environ.get(_VARIABLE, "").splitlines())):
        key, _, text = line.partition("=")
        variable.values.setdefault(key.rstrip(), []).append(text)
    given = _Settings("config setting `{}`", problems)
    for key, value in (config_settings or {}).items():
        given.values[key] = given.strings(key, value)

    files = {
        name: (
            *filter(None, environ.get(_FILES[name], "").split(os.pathsep)),
            *variable.take(f"--{name}", name),
            *given.take(f"--{name}", name),
        )
        for name in _FILES
    }
    both = (given, variable)
    verbose = _first(settings.flag(*_VERBOSE) for settings in both)
    verbose_env = _first(settings.flag(*_VERBOSE_ENV) for settings in both)
    loglevel = _first(settings.level(*_LOGLEVEL) for settings in both)
    fresh = _first(settings.flag(*_FRESH) for settings in both)
    environment = _Settings("environment variable {}", problems)
    environment.values = {name: [value] for name, value in environ.items()}
    if verbose is None:
        verbose = environment.flag("PY_BUILD_CMAKE_VERBOSE")
    if verbose_env is None:
        verbose_env = environment.flag("PY_BUILD_CMAKE_VERBOSE_ENV")
    if loglevel is None:
        loglevel = environment.level("PY_BUILD_CMAKE_LOGLEVEL")
    if verbose is None:
        # The user runs a failed job again with debug logging, to see more.
        attempt = environ.get("GITHUB_RUN_ATTEMPT", "")
        verbose = loglevel == "DEBUG" or (
            attempt.isdecimal() and attempt.lstrip("0") not in ("", "1")
        )
    overrides = (
        *variable.overrides("env", f"{_VARIABLE} {{}}", more_tables),
        *given.overrides("cli", f"{SETTING} {{}}", more_tables),
    )
    if problems:
        raise ConfigError.from_problems(problems)
    return ConfigSettings(
        local=files["local"],
        cross=files["cross"],
        component=files["component"],
        overrides=overrides,
        verbose=verbose,
        verbose_env=bool(verbose_env),
        loglevel=loglevel or "INFO",
        fresh=bool(fresh),
    )


def _first(values: Iterable[_T]) -> _T | None:
    # All are evaluated, for their problems.
    return next((value for value in list(values) if value is not None), None)


@dataclass
class _Settings:
    """Keys with their values from one source, each until it is taken. ``where`` names a key."""

    where: str
    problems: list[Problem]
    values: dict[str, list[str]] = field(default_factory=dict)

    def strings(self, key: str, value: object) -> list[str]:
        values = []
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(one, bool):
                values.append("true" if one else "false")
            elif isinstance(one, str):
                values.append(one)
            else:
                self._problem(key, "must be a string or a list of strings")
        return values

    def take(self, *keys: str) -> list[str]:
        return [value for key in keys for value in self.values.pop(key, [])]

    def flag(self, *keys: str) -> bool | None:
        """Take a truth value under several names, the last one given."""
        texts = self.take(*keys)
        text = texts[-1].lower() if texts else None
        if text is not None and text not in _TRUE | _FALSE:
            self._problem(keys[0], f"{texts[-1]!r} is neither true nor false", "write true")
        return None if text is None else text in _TRUE

    def level(self, *keys: str) -> str | None:
        """Take the name of a log level."""
        from .layers import close_names

        texts = self.take(*keys)
        if not texts:
            return None
        if (level := texts[-1].upper()) not in LEVELS:
            close = close_names(level, LEVELS)
            hint = f"did you mean {close}?" if close else f"the levels are {', '.join(LEVELS)}"
            self._problem(keys[0], f"{texts[-1]!r} is not a log level", hint)
        return level

    def overrides(
        self, label: str, of_key: str, more_tables: Collection[str]
    ) -> list[tuple[str, str]]:
        """Take the overrides, and the options that are keys themselves; nothing else is left.

        The latter are named by their key in messages (``of_key`` is the form), others by a number.
        """
        from .schema import ROOT

        texts = self.take(*_OVERRIDES)
        found = [(f"<{label}:{number}>", text) for number, text in enumerate(texts, 1)]
        for key, values in self.values.items():
            first = key.partition(".")[0]
            if (first in ROOT.sections or first in more_tables) and (
                first != key or key not in _FILES
            ):
                name = of_key.format(key.rstrip("+-=! "))
                found += [(name, f"{key}={text}") for text in values]
            else:
                self._problem(key, "is not a config setting", _suggestion(key))
        return found

    def _problem(self, key: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(message, self.where.format(key), hint))


def _suggestion(key: str) -> str:
    """Return a hint for a key that does not exist."""
    from .habits import habit_hint
    from .layers import similar
    from .schema import ROOT

    if hint := habit_hint(key):
        return hint
    bare = key.lstrip("-")
    known = {name: key[: len(key) - len(bare)] + name for name in _KEYS}
    for name, section in ROOT.sections.items():
        known.setdefault(name, name)
        known.update({f"{name}.{option}": f"{name}.{option}" for option in section.options})
        for option in section.options:
            known.setdefault(option, f"{name}.{option}")
    close = dict.fromkeys(f"`{known[name]}`" for name in similar(bare, known))
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"the keys are {', '.join(_KEYS)}, and options such as cmake.build_type"
