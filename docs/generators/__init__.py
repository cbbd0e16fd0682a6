"""Generators of reference pages and JSON schemas; `docs/generate.py` writes their output."""
