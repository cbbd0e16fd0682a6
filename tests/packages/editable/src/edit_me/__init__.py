"""A package with compiled modules in itself and in a package below."""

from ._native import answer

__all__ = ["Point", "answer"]


class Point:
    """Something to pickle."""

    def __init__(self, x: int) -> None:
        self.x = x
