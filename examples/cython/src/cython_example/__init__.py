"""A function in Cython."""

from ._primes import count_primes

__all__ = ["count_primes"]
