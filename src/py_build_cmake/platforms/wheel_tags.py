"""The tag of a wheel for a host, and the options that replace parts of it.

Source: the platform compatibility tags specification (PEP 425), and PEP 384 for the stable ABI.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.errors import ConfigError, Problem
from ..base.records import dataclass
from .pythons import combinations
from .tags import ABI3T, AUTO, GUESS, WheelTag, parse_version

if TYPE_CHECKING:
    from .host import HostPlatform


_FIRST_STABLE_ABI = 32
_FIRST_ABI3T = 315


@dataclass(frozen=True)
class TagOptions:
    """The options of the ``wheel`` table about the tag."""

    python_tag: tuple[str, ...] = (AUTO,)
    python_abi: str = AUTO
    abi3_minimum_cpython_version: int | None = None
    abi_tag: tuple[str, ...] | None = None
    platform_tag: tuple[str, ...] | None = None


def wheel_tag(host: HostPlatform, options: TagOptions) -> WheelTag:
    """Compute the tag of a wheel with compiled parts for a host system.

    A platform tag that is to be found out from what is built is that of the host system for now,
    and the oldest CPython for the stable ABI that first had it.

    :raises ConfigError: a configured tag is not one, or does not go with the others.
    """
    python, of_python = _stable_abi(host, options)
    pythons = tuple(dict.fromkeys(python if t == AUTO else t for t in options.python_tag))
    abis = options.abi_tag if options.abi_tag is not None else of_python
    platforms = host.platform_tags
    if options.platform_tag is not None:
        platforms = tuple(
            tag
            for configured in options.platform_tag
            for tag in (host.platform_tags if configured in (GUESS, AUTO) else (configured,))
        )
    tag = WheelTag(pythons, abis, platforms)
    _check(tag)
    return tag


def _stable_abi(host: HostPlatform, options: TagOptions) -> tuple[str, tuple[str, ...]]:
    """Apply ``python_abi``: a Python too old for the stable ABI keeps its own tags.

    Modules for ``abi3t`` are loaded by builds of both kinds (PEP 803, "The ``abi3t`` wheel tag").
    """
    if options.python_abi == "none":
        return host.python_tag, ("none",)
    is_for_both = options.python_abi == ABI3T
    first = _FIRST_ABI3T if is_for_both else _FIRST_STABLE_ABI
    minimum = options.abi3_minimum_cpython_version or first
    if not re.fullmatch(r"3[2-9]|3[1-9]\d", str(minimum)):
        raise ConfigError(
            f"there is no CPython {minimum}",
            where="`wheel.abi3_minimum_cpython_version`",
            hint="write major and minor version without a dot, for example 38 or 312",
        )
    if is_for_both and minimum < _FIRST_ABI3T:
        raise ConfigError(
            f"CPython {minimum} has no stable ABI 'abi3t'",
            where="`wheel.abi3_minimum_cpython_version`",
            hint=f"write {_FIRST_ABI3T} or newer, or remove the option",
        )
    is_recent = parse_version(host.version) >= parse_version(str(minimum))
    if is_for_both and host.implementation == "cp" and is_recent:
        return f"cp{minimum}", ("abi3", ABI3T)
    if options.python_abi == "abi3" and host.has_stable_abi and is_recent:
        return f"cp{minimum}", ("abi3",)
    return host.python_tag, (host.abi_tag,)


def _check(tag: WheelTag) -> None:
    for option, values in (
        ("python_tag", tag.pythons),
        ("abi_tag", tag.abis),
        ("platform_tag", tag.platforms),
    ):
        if not values:
            raise ConfigError("the list of tags is empty", where=f"`wheel.{option}`")
        for value in values:
            if not re.fullmatch(r"[A-Za-z0-9_]+", value):
                raise ConfigError(
                    f"{value!r} is not a tag",
                    where=f"`wheel.{option}`",
                    hint="a tag has letters, digits and underscores; several make a list",
                )
    if "any" in tag.platforms or len(combinations(tag)) < len(tag.pythons) * len(tag.abis):
        from .accepted import refuse_set

        problems = [
            Problem(r.message, f"`wheel.{option}`", r.hint) for option, r in refuse_set(tag)
        ]
        if problems:
            raise ConfigError.from_problems(problems)
