"""A module that needs libraries which are not in the wheel."""

from ._native import answer as answer
