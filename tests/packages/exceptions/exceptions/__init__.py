"""Modules that throw."""

__version__ = "1.0"
