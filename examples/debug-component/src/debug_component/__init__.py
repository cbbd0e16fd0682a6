"""A C function, whose debug symbols are in a wheel of their own."""

from ._add_module import add

__all__ = ["add"]
__version__ = "0.1.0"
