"""A C extension module with one function."""

from ._add_module import add

__all__ = ["add"]
__version__ = "1.2.3"
