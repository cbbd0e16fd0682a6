"""A function written in C++."""

from ._core import add

__all__ = ["add"]
__version__ = "0.1.0"
