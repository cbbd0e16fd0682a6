"""A module that uses a shared library with a version."""

from ._native import answer as answer
