"""A package that must not be built."""
