"""Compression in several threads."""

from __future__ import annotations

import random
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from py_build_cmake.archive import deflate
from py_build_cmake.archive.deflate import BlockStream, InOrder


def stream_of(chunks: list[bytes], *, threads: int = 1, level: int = 6) -> bytes:
    written: list[bytes] = []
    with InOrder(threads) as work:
        stream = BlockStream(work, level, written.append)
        for chunk in chunks:
            assert stream.write(chunk) == len(chunk)
        stream.finish()
    return b"".join(written)


def inflate(data: bytes) -> bytes:
    """Decompress a raw stream that must end where the data end."""
    decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
    result = decompressor.decompress(data)
    assert decompressor.eof
    assert not decompressor.unused_data
    return result


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deflate, "BLOCK_SIZE", 1000)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("level", [0, 1, 5, 9])
@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 2000, 100_000])
def test_the_stream_is_sound_and_does_not_depend_on_threads_or_writes(
    size: int, level: int
) -> None:
    numbers = random.Random(size)
    data = bytes(numbers.choice(b"abcdef\n") for _ in range(size))
    pieces, rest = [], data
    while rest:
        cut = numbers.randint(1, 3000)
        pieces.append(rest[:cut])
        rest = rest[cut:]
    whole = stream_of([data], level=level)
    assert inflate(whole) == data
    for threads in (2, 3, 7):
        assert stream_of(pieces, threads=threads, level=level) == whole


@given(st.lists(st.binary(max_size=300)), st.integers(0, 9))
def test_any_data_come_back(chunks: list[bytes], level: int) -> None:
    assert inflate(stream_of(chunks, level=level)) == b"".join(chunks)


@pytest.mark.usefixtures("small_blocks")
def test_blocks_refer_to_what_is_before_them() -> None:
    data = bytes(random.Random(1).choices(range(256), k=1000))
    assert len(stream_of([data * 5])) < len(data) * 1.2


def test_results_come_in_order_and_few_wait() -> None:
    running: set[int] = set()
    most, handed = 0, []
    lock = threading.Lock()

    def task(number: int) -> int:
        nonlocal most
        with lock:
            running.add(number)
        most = max(most, number - len(handed))
        return number

    with InOrder(3) as work:
        for number in range(200):
            work.add(lambda n=number: task(n), handed.append)  # type: ignore[misc]
    assert handed == list(range(200))
    assert running == set(handed)
    assert most <= 7


def test_an_error_reaches_who_adds() -> None:
    def fail() -> None:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"), InOrder(2) as work:
        for _ in range(20):
            work.add(fail, lambda _: None)


def test_nothing_more_is_handed_over_after_an_error() -> None:
    handed: list[int] = []
    with pytest.raises(KeyboardInterrupt), InOrder(2) as work:
        work.add(lambda: 1, handed.append)
        raise KeyboardInterrupt
    assert handed == []


def test_where_no_thread_can_be_started_it_is_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def submit(*_: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(ThreadPoolExecutor, "submit", submit)
    assert inflate(stream_of([b"abc" * 1_000_000], threads=4)) == b"abc" * 1_000_000
