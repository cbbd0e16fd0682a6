def crc32(data: bytes | bytearray | memoryview, /) -> int:
    """Return the CRC-32 of a bytes-like object."""
