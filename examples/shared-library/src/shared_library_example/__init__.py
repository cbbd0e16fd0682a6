"""A module and a shared library in one wheel."""

from ._area import area

__all__ = ["area"]
