"""A C++ function bound with pybind11."""

from ._core import divide

__all__ = ["divide"]
