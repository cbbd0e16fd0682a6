"""Wheel tags: python tag, ABI tag and platform tag, and the rules of the stable ABI.

Source: the platform compatibility tags specification (PEP 425, 600, 656, 738, 730).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.errors import ConfigError
from ..base.records import dataclass

if TYPE_CHECKING:
    from .host import HostPlatform

GUESS = "guess"
AUTO = "auto"


@dataclass(frozen=True)
class WheelTag:
    """A compressed tag set: the product of python tags, ABI tags and platform tags."""

    pythons: tuple[str, ...]
    abis: tuple[str, ...]
    platforms: tuple[str, ...]

    def __str__(self) -> str:
        return "-".join(map(".".join, (self.pythons, self.abis, self.platforms)))

    @classmethod
    def parse(cls, text: str) -> WheelTag:
        """Read a tag as it stands in file names, for example ``cp39-abi3-linux_aarch64``.

        :raises ValueError: it does not have three parts.
        """
        python, abi, platform = text.split("-")
        return cls(*(tuple(part.split(".")) for part in (python, abi, platform)))

    def expanded(self) -> tuple[str, ...]:
        """Return every single tag of the set, as the ``Tag`` lines of WHEEL list them."""
        return tuple(
            f"{python}-{abi}-{platform}"
            for python in self.pythons
            for abi in self.abis
            for platform in self.platforms
        )

    @property
    def is_pure(self) -> bool:
        """Whether the tag promises nothing about the platform."""
        return self.platforms == ("any",)

    @property
    def stable_abi_version(self) -> tuple[int, int] | None:
        """The oldest CPython of a stable ABI tag as (major, minor), or None."""
        if not {"abi3", "abi3t"} & set(self.abis):
            return None
        versions = [parse_version(m[1]) for p in self.pythons if (m := re.fullmatch(r"cp(\d+)", p))]
        return min(versions, default=None)


PURE_TAG = WheelTag(("py3",), ("none",), ("any",))


def parse_version(digits: str) -> tuple[int, int]:
    """Split a version without dots into major and minor: ``312`` is (3, 12).

    :raises ValueError: it is not made of two or more digits.
    """
    return int(digits[0]), int(digits[1:])


@dataclass(frozen=True)
class TagOptions:
    """What the configuration says about the tag, in the terms of its ``wheel`` table."""

    python_tag: tuple[str, ...] = (AUTO,)
    python_abi: str = AUTO
    abi3_minimum_cpython_version: int = 32
    abi_tag: tuple[str, ...] | None = None
    platform_tag: tuple[str, ...] | None = None


def wheel_tag(host: HostPlatform, options: TagOptions) -> WheelTag:
    """Compute the tag of a wheel with compiled parts for a host system.

    A platform tag that is to be found out from what is built is that of the host system for now.

    :raises ConfigError: a configured tag is not one.
    """
    python, abi = _stable_abi(host, options)
    pythons = tuple(dict.fromkeys(python if t == AUTO else t for t in options.python_tag))
    abis = options.abi_tag if options.abi_tag is not None else (abi,)
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


def _stable_abi(host: HostPlatform, options: TagOptions) -> tuple[str, str]:
    """Apply ``python_abi``: a Python too old for the stable ABI keeps its own tags."""
    if options.python_abi == "none":
        return host.python_tag, "none"
    minimum = options.abi3_minimum_cpython_version
    is_recent = parse_version(host.version) >= parse_version(str(minimum))
    if options.python_abi == "abi3" and host.has_stable_abi and is_recent:
        return f"cp{minimum}", "abi3"
    return host.python_tag, host.abi_tag


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
