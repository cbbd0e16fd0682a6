"""What must not be printed: values of variables and options whose names look like secrets.

Of the environment, only variables that are known to be harmless are shown. In all other texts
(command lines, the output of commands, messages, the log) a value is replaced if its name looks
like that of a secret, if it is the user or password of an address, or if it has the form of a
token.
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

# A switch is not a secret, whatever its name is.
_TRIVIAL = frozenset({"", "0", "1", "on", "off", "true", "false", "yes", "no"})
# The environment variables that are shown; what looks like a secret in them is replaced. Variables
# that hold commands and options of users (CIBW_ENVIRONMENT, CIBW_BEFORE_BUILD) are not among them.
# Sources: cmake-env-variables(7), options of cibuildwheel, of pip (environment variables),
# ld.so(8), pkg-config(1), auditwheel's and pyproject_hooks' documentation.
_SHOWN = frozenset(
    (
        *("ARCHFLAGS", "CI", "CIBUILDWHEEL", "GITHUB_ACTIONS", "MACOSX_DEPLOYMENT_TARGET", "PATH"),
        *("OLDPWD", "PWD", "PYTHONPATH", "PYTHONNOUSERSITE", "RUNNER_OS", "RUNNER_ARCH"),
        *("SETUPTOOLS_EXT_SUFFIX", "SOURCE_DATE_EPOCH", "VIRTUALENV_PIP", "VIRTUAL_ENV"),
        *("VIRTUAL_ENV_PROMPT", "_PYTHON_HOST_PLATFORM", "_PYPROJECT_HOOKS_BUILD_BACKEND"),
        *("_PYPROJECT_HOOKS_BACKEND_PATH", "AUDITWHEEL_ARCH", "AUDITWHEEL_PLAT"),
        *("AUDITWHEEL_POLICY", "LD_LIBRARY_PATH", "LD_PRELOAD", "LD_RUN_PATH", "PKG_CONFIG"),
        *("PKG_CONFIG_LIBDIR", "PKG_CONFIG_PATH", "PKG_CONFIG_SYSROOT_DIR"),
        *("CIBW_ARCHS", "CIBW_ARCHS_LINUX", "CIBW_ARCHS_MACOS", "CIBW_ARCHS_WINDOWS"),
        *("CIBW_BUILD", "CIBW_BUILD_FRONTEND", "CIBW_BUILD_VERBOSITY", "CIBW_ENABLE"),
        *("CIBW_PLATFORM", "CIBW_SKIP", "PIP_CONFIG_FILE", "PIP_CONSTRAINT"),
        *("PIP_DISABLE_PIP_VERSION_CHECK", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"),
        *("PIP_INDEX_URL", "PIP_NO_BUILD_ISOLATION", "PIP_NO_INDEX", "PIP_REQUIRE_VIRTUALENV"),
        *("PY_BUILD_CMAKE_CROSS", "PY_BUILD_CMAKE_LOCAL", "PY_BUILD_CMAKE_LOGLEVEL"),
        *("PY_BUILD_CMAKE_VERBOSE", VARIABLE),
        *("CC", "CXX", "FC", "CFLAGS", "CPPFLAGS", "CXXFLAGS", "FFLAGS", "LDFLAGS"),
        *("CMAKE_APPLE_SILICON_PROCESSOR", "CMAKE_ARGS", "CMAKE_BUILD_PARALLEL_LEVEL"),
        *("CMAKE_BUILD_TYPE", "CMAKE_COLOR_DIAGNOSTICS", "CMAKE_CONFIGURATION_TYPES"),
        *("CMAKE_CONFIG_TYPE", "CMAKE_CROSSCOMPILING_EMULATOR", "CMAKE_CXX_COMPILER_LAUNCHER"),
        *("CMAKE_C_COMPILER_LAUNCHER", "CMAKE_EXPORT_COMPILE_COMMANDS", "CMAKE_GENERATOR"),
        *("CMAKE_GENERATOR_INSTANCE", "CMAKE_GENERATOR_PLATFORM", "CMAKE_GENERATOR_TOOLSET"),
        *("CMAKE_INSTALL_MODE", "CMAKE_INSTALL_PREFIX", "CMAKE_MAXIMUM_RECURSION_DEPTH"),
        *("CMAKE_NO_VERBOSE", "CMAKE_OSX_ARCHITECTURES", "CMAKE_PREFIX_PATH"),
        *("CMAKE_TOOLCHAIN_FILE",),
    )
)
# Their names look like those of secrets, but their values are not secret.
_DIRECTORIES = frozenset({"PWD", "OLDPWD"})
_SECRET_NAME = re.compile(
    r"token(?!i[sz])|secret|passw|passphrase|credential|authoriz|cookie|connection[-_.]?string"
    r"|(?:^|[-_.])(?:auth|pass|pat)(?:$|[-_.])"
    r"|(?:api|access|account|auth|encryption|private|signing|ssh|gpg|license)[-_.]?key",
    re.IGNORECASE,
)
# A whole word of a name: DB_PASS, dbPass, DBPASS. Other names end with these letters by chance.
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRET_WORD = re.compile(
    r"\w*(?:key|keys|pwd|pass|passwd|auth)|creds?|dsn|connstr|jwt|bearer", re.IGNORECASE
)
_OTHER_WORD = re.compile(
    r"(?:don|hoc|jac|joc|lac|mon|tur|whis)keys?|(?:com|by|encom|over|sur|tres|under)pass",
    re.IGNORECASE,
)
# The path of something, not its contents: libsecret_DIR, CREDENTIALS_FILE.
_PLACE = re.compile(
    r"[-_](?:dir|dirs|directory|file|filename|found|header|libraries|library|path|root|sock"
    r"|version)$",
    re.IGNORECASE,
)
_DEFINITION = re.compile(r"(?s)(?P<flag>-D)?(?P<name>[^:=]+)(?P<type>:[A-Za-z]*)?=(?P<value>.*)")
# In the middle of a text: NAME=value, NAME:TYPE="a value", "name": "value", --name value.
_INNER_DEFINITION = re.compile(
    r"""(?<![\w.-])(?:-D|(?P<option>--?)|(?P<end_of_path>(?<=/))|(?<!/))"""
    r"""(?P<name>[A-Za-z_][\w.-]*)"""
    r"""(?:(?::[A-Z]+)?=|(?(end_of_path)(?!)|["']?:[ \t]+)|(?(option)[ \t]+(?!-)|(?!)))"""
    r"""(?:"(?P<double>[^"\r\n]*)"|'(?P<single>[^'\r\n]*)'|(?P<bare>[^\s;&,"']+))"""
)
# The lines of HTTP whose whole value is secret (RFC 9110, section 11.6.2; RFC 6265).
_HEADER = re.compile(
    r"""\b(?:(?:proxy-)?authorization|(?:set-)?cookie)["']?:[ \t]*(?P<value>["']?[^"'\r\n]+)""",
    re.IGNORECASE,
)
_IN_ADDRESS = re.compile(r"(?<=://)(?P<user>[^/\s:@\"'<>]*)(?P<password>:[^/\s\"'<>]*)?@")
# What an ordinary user name looks like. Services also accept a token in place of it.
_NAME_OF_USER = re.compile(r"[A-Za-z_.-]{1,16}[0-9]?")
_NO_PASSWORD = ("", "x-oauth-basic")
_USERS_WITHOUT_PASSWORD = ("", "git", "hg")
# Source: the services' documentation. GitHub, GitLab, PyPI, Slack, npm, AWS; HTTP (RFC 6750, 7617).
_TOKEN = re.compile(
    r"\b(?:gh[oprsu]_|github_pat_|glpat-|pypi-|xox[abprs]-|npm_)[A-Za-z0-9_-]{16,}"
    r"|\bAKIA[0-9A-Z]{16}\b|(?<=\bBearer )[A-Za-z0-9._~+/=-]{8,}|(?<=\bBasic )[A-Za-z0-9+/=]{8,}"
)
_OPTION = re.compile(r"(?P<name>-D\s*\w+(?::\w+)?)=(?P<value>\"[^\"]*\"|'[^']*'|\S*)")
# Shorter values would be found by chance, and make a log unreadable.
_SHORTEST = 4
_SHORTEST_LINE = 8
# What may begin to show a secret, further on in its line.
_BEGINS = re.compile(rb"[=:]|--|Bearer|Basic")
_LONGEST_LINE = 1 << 14


def looks_secret(name: str) -> bool:
    """Whether the name of a variable or option says that its value is a secret."""
    if name in _DIRECTORIES or _PLACE.search(name):
        return False
    return bool(_SECRET_NAME.search(name)) or any(
        _SECRET_WORD.fullmatch(word) and not _OTHER_WORD.fullmatch(word)
        for word in _WORD.findall(name)
    )


def secrets_in(text: str) -> Iterator[str]:
    """Yield what looks like a secret in a text: in addresses, definitions, and by its form."""
    for match in _IN_ADDRESS.finditer(text):
        yield from (part for part in _secret_parts(match) if part)
    for match in _HEADER.finditer(text):
        yield match["value"].strip("\"' \t")
    for match in _INNER_DEFINITION.finditer(text):
        value = match["double"] or match["single"] or match["bare"] or ""
        if looks_secret(match["name"]) and not _is_trivial(value):
            yield value
    yield from _TOKEN.findall(text)


def _secret_parts(address: re.Match[str]) -> tuple[str, str]:
    """Return the user of an address (empty if it is an ordinary name) and the password."""
    user, password = address["user"], (address["password"] or "")[1:]
    has_password = password not in _NO_PASSWORD
    is_name = user in _USERS_WITHOUT_PASSWORD or (has_password and _NAME_OF_USER.fullmatch(user))
    return "" if is_name else user, "" if password in _NO_PASSWORD else password


def is_secret(value: str) -> bool:
    """Whether the value of a name that looks secret is a secret; switches are not."""
    return not _is_trivial(value) and not value.endswith("-NOTFOUND")


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
        """Replace these values in everything that is printed from now on."""
        for value in values:
            if len(value) >= _SHORTEST and not _is_trivial(value):
                self._values.add(value)
                # A private key has several lines, and a log may show each of them alone.
                lines = value.splitlines() if "\n" in value else []
                self._values.update(line for line in lines if len(line) >= _SHORTEST_LINE)

    def hide_environment(self, environ: Mapping[str, str]) -> None:
        """Hide the values of variables whose names look like secrets, and secrets in others."""
        if not self.show_environment:
            self.hide_definitions(environ.items())

    def hide_definitions(self, definitions: Iterable[tuple[str, str]]) -> None:
        """Hide the values of names that look like secrets, and secrets in other values."""
        for name, value in definitions:
            self.hide([value] if looks_secret(name) else secrets_in(value))

    def hides(self, text: str) -> bool:
        """Whether a text has one of the values in it."""
        return bool(self.hidden_in(text))

    def hidden_in(self, text: str) -> list[str]:
        """Return those of the values that a text has in it, the longest first."""
        return [value for value in self._longest_first() if value in text]

    def text(self, text: str) -> str:
        """Return a text without the values that are hidden, and without what looks like one."""
        text = self._without_values(text)
        return text if self.show_environment else _without_forms(text)

    def command(self, command: Sequence[str]) -> list[str]:
        """Return a command without the values of definitions whose names look like secrets.

        They stay hidden from then on.
        """
        words = list(command)
        self.hide(value for _, value in _secret_definitions(words))
        for index, value in _secret_definitions(words):
            words[index] = words[index][: len(words[index]) - len(value)] + MASK
        self.hide(secret for word in words for secret in _in_addresses(word))
        return [_IN_ADDRESS.sub(_masked_address, self._without_values(word)) for word in words]

    def variable(self, name: str, value: str, *, is_ours: bool = False) -> str:
        """Return the value of an environment variable as it may be shown.

        ``is_ours`` is whether the build itself sets it.
        """
        if self.show_environment:
            return value
        is_known = is_ours or name in _SHOWN
        if _is_trivial(value) or (is_known and not looks_secret(name)):
            return self.text(_OPTION.sub(_known_option, value))
        return MASK

    def stream(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the output of a command without the values, and without what looks like one, also
        where it is split between chunks.
        """
        secrets = [value.encode(errors="surrogateescape") for value in self._longest_first()]
        held = b""
        for chunk in chunks:
            data = held + chunk
            for secret in secrets:
                data = data.replace(secret, MASK.encode())
            keep = max((_overlap(data, secret) for secret in secrets), default=0)
            keep = max(keep, _begun(data))
            data, held = data[: len(data) - keep], data[len(data) - keep :]
            if data:
                yield self._shown(data)
        if held:
            yield self._shown(held)

    def _shown(self, output: bytes) -> bytes:
        if self.show_environment:
            return output
        text = output.decode("utf-8", "surrogateescape")
        return _without_forms(text).encode("utf-8", "surrogateescape")

    def _without_values(self, text: str) -> str:
        for value in self._longest_first():
            text = text.replace(value, MASK)
        return text

    def _longest_first(self) -> list[str]:
        return sorted(self._values, key=lambda value: (-len(value), value))


def _overlap(data: bytes, secret: bytes) -> int:
    """Return how many bytes at the end of ``data`` may be the beginning of ``secret``."""
    longest = min(len(data), len(secret) - 1)
    return next((n for n in range(longest, 0, -1) if data.endswith(secret[:n])), 0)


def _begun(data: bytes) -> int:
    """Return how many bytes at the end may be the beginning of what shows a secret: the begun line
    if something can be defined in it, else the begun word.
    """
    line = data[max(data.rfind(b"\n"), data.rfind(b"\r")) + 1 :][-_LONGEST_LINE:]
    if _BEGINS.search(line):
        return len(line)
    return len(line) - max(line.rfind(b" "), line.rfind(b"\t")) - 1


def _secret_definitions(words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the indices of words that define a secret, and the secret."""
    for index, word in enumerate(words):
        match = _DEFINITION.fullmatch(word)
        is_definition = match and (match["flag"] or (index and words[index - 1] == "-D"))
        if match and is_definition and looks_secret(match["name"]):
            value = match["value"]
            if not _is_trivial(value):
                yield index, value


def _in_addresses(text: str) -> Iterator[str]:
    for match in _IN_ADDRESS.finditer(text):
        yield from _secret_parts(match)


def _masked_address(match: re.Match[str]) -> str:
    user, password = _secret_parts(match)
    shown = MASK if user else match["user"]
    return f"{shown}:{MASK}@" if password else f"{shown}{match['password'] or ''}@"


def _masked_definition(match: re.Match[str]) -> str:
    group = match.lastgroup or ""
    if not looks_secret(match["name"]) or _is_trivial(match[group]):
        return match[0]
    begin, end = (position - match.start() for position in match.span(group))
    return f"{match[0][:begin]}{MASK}{match[0][end:]}"


def _known_option(match: re.Match[str]) -> str:
    """Show the value of an option of CMake itself; a project's own may be anything."""
    is_known = match["name"].lstrip("-D \t").startswith(("CMAKE_", "BUILD_SHARED_LIBS"))
    return match[0] if is_known else f"{match['name']}={MASK}"


def _without_forms(text: str) -> str:
    """Return a text without what looks like a secret by its name, its place or its form."""
    text = _HEADER.sub(_masked_header, text)
    text = _INNER_DEFINITION.sub(_masked_definition, text)
    return _TOKEN.sub(MASK, _IN_ADDRESS.sub(_masked_address, text))


def _masked_header(match: re.Match[str]) -> str:
    quote = match["value"][0] if match["value"][0] in "\"'" else ""
    return f"{match[0][: match.start('value') - match.start()]}{quote}{MASK}"
