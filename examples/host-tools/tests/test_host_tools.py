from __future__ import annotations

import zlib

import host_tools
import pytest


def test_check_value_of_the_algorithm() -> None:
    assert host_tools.crc32(b"123456789") == 0xCBF43926


@pytest.mark.parametrize("data", [b"", bytes(range(256)), bytearray(b"\xff" * 1000)])
def test_same_as_zlib(data: bytes) -> None:
    assert host_tools.crc32(data) == zlib.crc32(data)
