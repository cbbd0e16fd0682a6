"""A module for every CPython from 3.11 on."""

from ._bytes import count_zeros

__all__ = ["count_zeros"]
