"""A C++ function bound with nanobind, with stubs generated from the built module."""

from ._core import add

__all__ = ["add"]
