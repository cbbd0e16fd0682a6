"""C functions wrapped by SWIG."""

from .shapes import area

__all__ = ["area"]
