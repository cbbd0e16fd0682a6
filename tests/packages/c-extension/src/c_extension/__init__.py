"""A package with a module in C."""

from ._native import answer

__all__ = ["answer"]
