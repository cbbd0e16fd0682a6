"""A package in Python."""
