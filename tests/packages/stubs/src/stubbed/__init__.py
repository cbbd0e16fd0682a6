"""A package without annotations of its own."""

from .numbers import double

__all__ = ["double"]
