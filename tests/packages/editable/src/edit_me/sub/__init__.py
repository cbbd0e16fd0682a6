"""A package below with a compiled module."""
