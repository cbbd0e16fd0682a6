"""A part of a namespace."""
