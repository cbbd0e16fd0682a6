"""A PEP 517 build backend for CMake projects whose cross-compiled wheels can be trusted."""

__version__ = "1.0.0"
