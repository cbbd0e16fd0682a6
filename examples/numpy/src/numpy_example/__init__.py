"""A function on arrays of NumPy."""

from ._arrays import total

__all__ = ["total"]
