"""First part of a namespace package."""

from ._one import NUMBER

__all__ = ["NUMBER"]
