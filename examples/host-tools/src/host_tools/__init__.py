"""CRC-32 by a table that a program, itself built from source, writes during the build."""

from ._crc32 import crc32

__all__ = ["crc32"]
__version__ = "2.0.1"
