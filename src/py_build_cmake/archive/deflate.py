"""Deflate (RFC 1951) in several threads, with the same bytes for any number of them.

Data are cut into blocks of one size. Each is compressed on its own, with the 32 KiB before it as
dictionary, and ends at a byte (a sync flush), so that the results in a row are one stream. The
result depends only on the data and the level. zlib lets other threads run while it works.
"""

from __future__ import annotations

import zlib
from collections import deque
from typing import TYPE_CHECKING, Callable, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor
    from types import TracebackType

BLOCK_SIZE = 1 << 20
_WINDOW = 1 << 15  # how far back deflate can refer
_MOST_THREADS = 16  # more threads only take memory: a single thread reads and writes

Result = TypeVar("Result")


def compress_block(data: bytes, before: bytes, level: int, *, is_last: bool) -> bytes:
    """Compress one block of a raw deflate stream, which follows the block ``before``."""
    dictionary = before[-_WINDOW:]
    window_bits = -zlib.MAX_WBITS  # negative: without zlib's header and checksum
    if dictionary:
        compressor = zlib.compressobj(level, zlib.DEFLATED, window_bits, zdict=dictionary)
    else:
        compressor = zlib.compressobj(level, zlib.DEFLATED, window_bits)
    flush = zlib.Z_FINISH if is_last else zlib.Z_SYNC_FLUSH
    return compressor.compress(data) + compressor.flush(flush)


class InOrder:
    """Runs tasks in threads and hands their results over in the order of the tasks.

    Results are handed over in the thread that adds tasks, while it adds more, so that what consumes
    them needs no lock. There are never more than two results for each thread at a time. Tasks run
    in the calling thread if there is only one thread or the system starts no more. So does the
    first task: often it is the only one, and importing threads takes longer than the task.
    """

    def __init__(self, threads: int) -> None:
        self._threads = min(threads, _MOST_THREADS)
        self._is_first = True
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: deque[Callable[[], object]] = deque()

    def __enter__(self) -> InOrder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Hand over all that is left, unless there was an error."""
        try:
            while self._waiting and error is None:
                self._waiting.popleft()()
        finally:
            if self._pool:
                self._pool.shutdown(cancel_futures=True)

    def add(self, task: Callable[[], Result], consume: Callable[[Result], object]) -> None:
        """Run ``task``, and later ``consume`` with its result."""
        result = self._start(task)
        self.then(lambda: consume(result()))

    def then(self, action: Callable[[], object]) -> None:
        """Run ``action`` when all results of the tasks before it were handed over."""
        self._waiting.append(action)
        while len(self._waiting) > 2 * self._threads:
            self._waiting.popleft()()

    def _start(self, task: Callable[[], Result]) -> Callable[[], Result]:
        """Start or run a task; return what waits for its result."""
        is_first, self._is_first = self._is_first, False
        if self._threads > 1 and not is_first:
            from concurrent.futures import ThreadPoolExecutor

            try:
                self._pool = self._pool or ThreadPoolExecutor(self._threads)
                return self._pool.submit(task).result
            except RuntimeError:  # "can't start new thread": a limit of the system
                self._threads = 1
        result = task()
        return lambda: result


class BlockStream:
    """A file that is written to, whose contents become one raw deflate stream.

    ``write`` gets the stream, ``level`` is zlib's. Small writes cost little.
    """

    def __init__(self, work: InOrder, level: int, write: Callable[[bytes], object]) -> None:
        self._work = work
        self._level = level
        self._write = write
        self._block = bytearray()
        self._before = b""

    def write(self, data: bytes) -> int:
        """Add data; what fills a block is compressed."""
        # A full block waits for more: the last one is compressed in another way.
        self._block += data
        while len(self._block) > BLOCK_SIZE:
            block = bytes(self._block[:BLOCK_SIZE])
            del self._block[:BLOCK_SIZE]
            self._compress(block, is_last=False)
        return len(data)

    def finish(self) -> None:
        """End the stream."""
        self._compress(bytes(self._block), is_last=True)
        self._block.clear()

    def _compress(self, block: bytes, *, is_last: bool) -> None:
        before, level = self._before, self._level
        self._before = block[-_WINDOW:]
        self._work.add(lambda: compress_block(block, before, level, is_last=is_last), self._write)
