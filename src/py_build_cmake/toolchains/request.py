"""What is asked of a named toolchain."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

from ..records import dataclass


@dataclass(frozen=True)
class Request:
    """What a toolchain is made of: ``directory`` is where its files shall be.

    ``stable`` turns the path of what an isolated build requires into one that stays the same.
    """

    directory: Path
    platform_tags: tuple[str, ...]
    where: str
    is_cross: bool = True
    include: Path | None = None
    sysroot: Path | None = None
    stable: Callable[[Path], Path] = Path
