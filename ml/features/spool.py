"""Rows of float16 that wait on disk while a video is read: memory does not grow with its length."""

from __future__ import annotations

import mmap
import tempfile
from typing import IO

import numpy as np
from numpy.typing import NDArray


class Spool:
    """`count` rows of `width` numbers, zero until put, in a temporary file that vanishes after use."""

    def __init__(self, count: int, width: int) -> None:
        self.count, self.width = count, width
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # the rows map it later
        self._file.truncate(count * width * 2)  # a sparse file: rows never put take no space

    def put(self, row: int, values: NDArray[np.float16]) -> None:
        """Write rows (n, width) at `row`; what lies outside 0..count is left out."""
        first, last = max(0, -row), min(len(values), self.count - row)
        if first < last:
            self._file.seek((row + first) * self.width * 2)
            self._file.write(np.ascontiguousarray(values[first:last]).data)

    def clear(self, rows: NDArray[np.bool_]) -> None:
        """Zero the rows where `rows` (count,) is True."""
        for row in np.flatnonzero(rows):
            self.put(int(row), np.zeros((1, self.width), np.float16))

    def rows(self) -> NDArray[np.float16]:
        """Return all rows (count, width), read from the file as they are needed. Put nothing afterwards."""
        if not self.count * self.width:
            return np.zeros((self.count, self.width), np.float16)
        self._file.flush()
        return np.memmap(self._file, np.float16, "r", shape=(self.count, self.width))


def forget(rows: NDArray[np.float16]) -> None:
    """Give back the memory that reading a spool's rows has taken; they can still be read again."""
    mapped = getattr(rows, "_mmap", None)
    if isinstance(mapped, mmap.mmap):
        mapped.madvise(mmap.MADV_DONTNEED)
