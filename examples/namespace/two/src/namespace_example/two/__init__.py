"""Second part of a namespace package."""

from ._two import NUMBER

__all__ = ["NUMBER"]
