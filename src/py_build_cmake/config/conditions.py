"""Conditions on the host system: when the tables of a ``when`` hold."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ..base.records import dataclass
from ..platforms.machines import common_name
from ..platforms.pythons import implementation_named
from ..platforms.tags import PlatformTag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..platforms.host import HostPlatform
    from .schema import MatchConfig


@dataclass(frozen=True)
class Facts:
    """The facts that conditions are compared with. A fact with several names has all of them."""

    os: str
    arch: tuple[str, ...]
    python: str
    implementation: tuple[str, ...]
    abiflags: str
    platforms: tuple[str, ...]
    cross: bool
    editable: bool
    from_sdist: bool
    environ: Mapping[str, str]


def host_facts(
    host: HostPlatform,
    *,
    os_name: str | None,
    editable: bool,
    from_sdist: bool,
    environ: Mapping[str, str],
) -> Facts:
    """Collect the facts about a host system.

    ``os_name`` is the name of the OS table if it is known, else the platform tag tells.
    """
    tag, implementation = PlatformTag.parse(host.platform_tags[0]), host.implementation
    row = implementation_named(implementation)
    return Facts(
        os=tag.system if host.is_cross or not os_name else os_name,
        arch=tuple(dict.fromkeys((tag.architecture, tag.common_architecture))),
        python=host.dotted_version,
        implementation=(implementation, row.name if row else implementation),
        abiflags=host.abi_flags,
        platforms=host.platform_tags,
        cross=host.is_cross,
        editable=editable,
        from_sdist=from_sdist,
        environ=environ,
    )


def holds(match: MatchConfig, facts: Facts) -> bool:
    """Whether all parts of a condition are true."""
    return (
        _any(match.os, (facts.os,))
        and _any(match.arch and [*map(_common, match.arch)], facts.arch)
        and (match.python is None or _is_in(facts.python, match.python))
        and _any(match.implementation, facts.implementation)
        and _any(match.abiflags, (facts.abiflags,))
        and _any(match.platform, facts.platforms)
        and match.free_threaded in (None, "t" in facts.abiflags)
        and match.cross in (None, facts.cross)
        and match.editable in (None, facts.editable)
        and match.from_sdist in (None, facts.from_sdist)
        and all(_is_set(facts.environ.get(n), wanted) for n, wanted in match.env.items())
    )


def _common(pattern: str) -> str:
    name = pattern.lstrip("!")
    return pattern.replace(name, common_name(name)) if name else pattern


def _is_in(version: str, specifiers: str) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(specifiers).contains(version, prereleases=True)


def _any(patterns: Iterable[str] | None, names: Iterable[str]) -> bool:
    """Whether a name matches a pattern. None that begins with ``!`` may match."""
    if patterns is None:
        return True
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")]
    unwanted = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    return _one_matches(wanted or ["*"], names) and not _one_matches(unwanted, names)


def _one_matches(patterns: Iterable[str], names: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


def _is_set(value: str | None, wanted: bool | tuple[str, ...]) -> bool:
    if isinstance(wanted, bool):
        return bool(value) is wanted
    return value is not None and _any(wanted, (value,))
