"""A program, and a library for ctypes, in one wheel."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

_library = ctypes.CDLL(str(Path(__file__).with_name("square.library")))


def square(number: int) -> int:
    """Return the square of a number, calculated in C."""
    return int(_library.square(number))


def main() -> None:
    """Print the square of the argument."""
    print(square(int(sys.argv[1])))
