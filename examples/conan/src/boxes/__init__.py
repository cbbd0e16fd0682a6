"""Boxes, measured by a library that Conan brings."""

from ._core import perimeter as perimeter
