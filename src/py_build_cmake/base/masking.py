"""What must not be printed: values of variables and options whose names look like secrets.

The rules for whole environments are those of the interface that existing projects rely on: what
is not known to be harmless is not shown. In all other texts (command lines, the output of
commands, messages, the log) the values are replaced that belong to names which look like secrets.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING

from .records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MASK = "***"
VARIABLE = "PY_BUILD_CMAKE_VERBOSE_ENV"

# Switches say nothing, whatever they are called.
_TRIVIAL = frozenset({"", "0", "1", "on", "off", "true", "false", "yes", "no"})
_HARMLESS_PREFIXES = (
    *("AUDITWHEEL_", "CIBW_", "CMAKE_", "LD_", "PIP_", "PKG_CONFIG_", "PY_BUILD_CMAKE_"),
    "_PYPROJECT_HOOKS_",
)
_HARMLESS = frozenset(
    (
        *("ARCHFLAGS", "CI", "CIBUILDWHEEL", "MACOSX_DEPLOYMENT_TARGET", "PATH", "PYTHONPATH"),
        *("PYTHONNOUSERSITE", "PWD", "RUNNER_OS", "RUNNER_ARCH", "SETUPTOOLS_EXT_SUFFIX"),
        *("VIRTUALENV_PIP", "VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT", "_PYTHON_HOST_PLATFORM"),
    )
)
_SECRET_NAME = re.compile(
    r"token(?!i[sz])|secret|passw|passphrase|credential|(?:^|[-_.])(?:auth|pass|pat)(?:$|[-_.])"
    r"|(?:api|access|account|auth|encryption|private|signing|ssh|gpg|license)[-_.]?key",
    re.IGNORECASE,
)
# Where something is, not what it is: libsecret_DIR, CREDENTIALS_FILE.
_PLACE = re.compile(
    r"[-_](?:dir|dirs|directory|file|filename|found|header|libraries|library|path|root|version)$",
    re.IGNORECASE,
)
_DEFINITION = re.compile(r"(?s)(?P<flag>-D)?(?P<name>[^:=]+)(?P<type>:[A-Za-z]*)?=(?P<value>.*)")
_IN_URL = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@")
# Shorter values would be found by chance, and make a log unreadable.
_SHORTEST = 4
_SHORTEST_LINE = 8


def looks_secret(name: str) -> bool:
    """Whether the name of a variable or option says that its value is a secret."""
    return bool(_SECRET_NAME.search(name)) and not _PLACE.search(name)


def _is_trivial(value: str) -> bool:
    return value.lower() in _TRIVIAL


@dataclass(frozen=True)
class Mask:
    """The values that are not printed. More become known while a build goes on.

    With ``show_environment``, those of environment variables are printed.
    """

    show_environment: bool = False
    _values: set[str] = field(default_factory=set, repr=False, compare=False)

    def hide(self, values: Iterable[str]) -> None:
        """Hide values from now on, wherever they turn up."""
        for value in values:
            if len(value) >= _SHORTEST and not _is_trivial(value):
                self._values.add(value)
                # Keys have several lines, which a log may show one by one.
                lines = value.splitlines() if "\n" in value else []
                self._values.update(line for line in lines if len(line) >= _SHORTEST_LINE)

    def hide_environment(self, environ: Mapping[str, str]) -> None:
        """Hide the values of variables whose names look like secrets."""
        if not self.show_environment:
            self.hide(value for name, value in environ.items() if looks_secret(name))

    def text(self, text: str) -> str:
        """Return a text without the values that are hidden."""
        for value in self._longest_first():
            text = text.replace(value, MASK)
        return text

    def command(self, command: Sequence[str]) -> list[str]:
        """Return a command without the values of definitions whose names look like secrets.

        They stay hidden from then on.
        """
        words = list(command)
        self.hide(value for _, value in _secret_definitions(words))
        for index, value in _secret_definitions(words):
            words[index] = words[index][: len(words[index]) - len(value)] + MASK
        return [_without_passwords(self.text(word)) for word in words]

    def variable(self, name: str, value: str, *, is_ours: bool = False) -> str:
        """Return the value of an environment variable as it may be shown.

        ``is_ours`` is whether the build itself sets it.
        """
        if self.show_environment:
            return value
        is_known = is_ours or name.startswith(_HARMLESS_PREFIXES) or name in _HARMLESS
        if _is_trivial(value) or (is_known and not looks_secret(name)):
            return _without_passwords(self.text(value))
        return MASK

    def stream(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the output of a command without the values, also where two chunks share one."""
        secrets = [value.encode(errors="surrogateescape") for value in self._longest_first()]
        held = b""
        for chunk in chunks:
            data = held + chunk
            for secret in secrets:
                data = data.replace(secret, MASK.encode())
            keep = max((_overlap(data, secret) for secret in secrets), default=0)
            data, held = data[: len(data) - keep], data[len(data) - keep :]
            if data:
                yield data
        if held:
            yield held

    def _longest_first(self) -> list[str]:
        return sorted(self._values, key=lambda value: (-len(value), value))


def _overlap(data: bytes, secret: bytes) -> int:
    """Return how many bytes at the end of ``data`` may be the beginning of ``secret``."""
    longest = min(len(data), len(secret) - 1)
    return next((n for n in range(longest, 0, -1) if data.endswith(secret[:n])), 0)


def _secret_definitions(words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the indices of words that define a secret, and the secret."""
    for index, word in enumerate(words):
        match = _DEFINITION.fullmatch(word)
        is_definition = match and (match["flag"] or (index and words[index - 1] == "-D"))
        if match and is_definition and looks_secret(match["name"]):
            value = match["value"]
            if not _is_trivial(value):
                yield index, value


def _without_passwords(text: str) -> str:
    return _IN_URL.sub(rf"\1:{MASK}@", text)
