"""A hash table of cells and their counts by category, filled a batch at a time by one compiled loop.

One line of the processor's memory (64 bytes) holds a cell and the counts of fourteen categories of neighbouring codes,
so that counting one incident touches one line. Categories met first get the lowest codes and are mostly the frequent
ones: most of the work happens in one line a cell. Cells of one resolution differ in their lower 52 bits only; the upper
12 say which fourteen codes.
"""

from __future__ import annotations

import collections
import threading
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
from numpy.typing import NDArray

#: Codes are below this.
MOST_CODES = (1 << 12) - 1
Lines = NDArray[np.uint64]
_LANES = 14
_LIMIT = 1 << 31  # a count in a line stays at or below it; what goes beyond is kept apart
_SHIFT = np.uint64(52)
_LOW = np.uint64((1 << 52) - 1)
FIRST_LINES = 1 << 12
"""Lines of a new table."""
_BLOCK = 256
_DENSE = 8  # where a cell has one in so many categories, looking through all of them is faster than sorting
_FAST = 1 << 18
_GOLD = np.uint64(0x9E3779B97F4A7C15)


class Tally:
    """Open addressing with linear probing, at most 5/8 full: a key (0: no line yet) and fourteen counts of 32 bits a
    line. Threads may share one; the counting itself is done by one at a time."""

    def __init__(self, *, limit: int = _LIMIT) -> None:
        self._limit = np.uint32(limit)
        self._used = 0
        self._top = np.uint64(0)
        self._lines = _empty(FIRST_LINES)
        self._beyond: collections.Counter[tuple[int, int]] = collections.Counter()
        self._lock = threading.Lock()

    def add(self, cells: NDArray[np.uint64], codes: NDArray[np.int32], known: NDArray[np.int32]) -> None:
        """Count every pair of a cell and ``known[code]`` once. The cells of all calls have one resolution; what
        ``known`` holds lies in 0…MOST_CODES - 1."""
        at = 0
        with self._lock:
            if len(cells):
                self._top = cells[0] & ~_LOW
            while at < len(cells):
                done, self._used, over, _ = _add(cells[at:], codes[at:], known, self._limit, self._lines, self._used)
                at += done
                if over:
                    self._beyond[int(cells[at - 1]), int(known[codes[at - 1]])] += int(self._limit)
                elif at < len(cells):
                    self._grow()

    def result(
        self, rank: NDArray[np.int64], *, threads: int = 1
    ) -> tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.int64]]:
        """Cells, codes and counts of all pairs met, by cell and then by ``rank[code]``."""
        used = np.flatnonzero(self._lines[:, 0])
        ids = self._lines[used, 0] & _LOW
        order, threads = np.argsort(ids), min(threads, max(1, len(used)))
        # Lines of one cell stay together: a part begins where the cell at its beginning is first met.
        cuts = np.searchsorted(ids[order], ids[order[[len(order) * k // threads for k in range(1, threads)]]])
        parts = np.split(used[order], cuts)
        ends = np.cumsum([_number(self._lines, part) for part in parts])
        cells, codes, n = (np.empty(ends[-1], kind) for kind in (np.uint64, np.int32, np.int64))
        code_at = np.argsort(rank).astype(np.int32)

        def tell(part: NDArray[np.int64], start: int, end: int) -> None:
            _tell(self._lines, part, rank, code_at, cells[start:end], codes[start:end], n[start:end])

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(tell, parts, [0, *ends[:-1]], ends))
        cells |= self._top
        for (cell, code), more in self._beyond.items():
            n[(cells == cell) & (codes == code)] += more
        return cells, codes, n

    def _grow(self) -> None:
        lines = _empty((4 if len(self._lines) < _FAST else 2) * len(self._lines))
        _move(self._lines, lines)
        self._lines = lines


def _empty(n: int) -> Lines:
    """``n`` empty lines, each in one line of the processor's memory. Filled rather than asked for as zeros: NumPy then
    gets large pages, which are met faster."""
    room = np.empty(8 * n + 8, np.uint64)
    room.fill(0)
    start = -(room.ctypes.data // 8) % 8
    return room[start : start + 8 * n].reshape(n, 8)


@numba.njit(cache=True, nogil=True)
def _home(key: int, lines: Lines) -> np.uint64:
    """The line where the search for the key begins."""
    mixed = key * _GOLD
    return ((mixed ^ (mixed >> np.uint64(29))) * _GOLD >> np.uint64(24)) & np.uint64(len(lines) - 1)


@numba.njit(cache=True, nogil=True)
def _line(key: int, at: np.uint64, lines: Lines) -> np.uint64:
    """The line of the key, or the empty one where it belongs, from ``at`` on."""
    last = np.uint64(len(lines) - 1)
    while lines[at, 0] != 0 and lines[at, 0] != key:
        at = (at + np.uint64(1)) & last
    return at


@numba.njit(cache=True, nogil=True)
def _add(
    cells: NDArray[np.uint64],
    codes: NDArray[np.int32],
    known: NDArray[np.int32],
    limit: np.uint32,
    lines: Lines,
    used: int,
) -> tuple[int, int, bool, np.uint64]:
    """Count pairs until a count goes beyond the limit, which is then taken off, or the table is full enough.

    Answers how many were counted, lines used, whether the last count went beyond, and a number that says nothing: a
    block's lines are read before any is changed, since loads that do not wait for each other keep the memory busy, and
    the compiler would leave out a reading that is not answered.
    """
    keys, homes, lanes = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint32)
    met, counts = np.uint64(0), lines.view(np.uint32)
    group, lane = np.empty(len(known), np.uint64), np.empty(len(known), np.uint32)
    for code in range(len(known)):
        group[code] = np.uint64(known[code] // _LANES + 1) << _SHIFT
        lane[code] = 2 + known[code] % _LANES
    for start in range(0, len(cells), _BLOCK):
        size = min(_BLOCK, len(cells) - start)
        for i in range(size):
            code = codes[start + i]
            lanes[i] = lane[code]
            keys[i] = (cells[start + i] & _LOW) | group[code]
            homes[i] = _home(keys[i], lines)
        for i in range(size):
            met ^= lines[homes[i], 0]
        for i in range(size):
            at = _line(keys[i], homes[i], lines)
            if lines[at, 0] == 0:
                if 8 * used >= 5 * len(lines):
                    return start + i, used, False, met
                lines[at, 0] = keys[i]
                used += 1
            counts[at, lanes[i]] += np.uint32(1)
            if counts[at, lanes[i]] > limit:
                counts[at, lanes[i]] = 1
                return start + i + 1, used, True, met
    return len(cells), used, False, met


@numba.njit(cache=True, nogil=True)
def _number(lines: Lines, some: NDArray[np.int64]) -> int:
    """How many pairs there are in some of the lines."""
    counts, number = lines.view(np.uint32), 0
    for at in some:
        for lane in range(_LANES):
            number += counts[at, 2 + lane] != 0
    return number


@numba.njit(cache=True, nogil=True)
def _move(old: Lines, lines: Lines) -> None:
    """Put what one table holds into a larger, empty one."""
    for i in range(len(old)):
        if old[i, 0] != 0:
            lines[_line(old[i, 0], _home(old[i, 0], lines), lines)] = old[i]


@numba.njit(cache=True, nogil=True)
def _tell(
    lines: Lines,
    order: NDArray[np.int64],
    rank: NDArray[np.int64],
    code_at: NDArray[np.int32],
    cells: NDArray[np.uint64],
    codes: NDArray[np.int32],
    n: NDArray[np.int64],
) -> None:
    """Write the pairs of the lines in ``order``, in which those of a cell follow each other."""
    met, held, many, at = np.empty(len(rank), np.int64), np.zeros(len(rank), np.int64), 0, 0
    counts = lines.view(np.uint32)
    for m in range(len(order)):
        key = lines[order[m], 0]
        first = (np.int64(key >> _SHIFT) - 1) * _LANES
        for lane in range(_LANES):
            count = counts[order[m], 2 + lane]
            if count != 0:
                met[many] = rank[first + lane]
                held[met[many]] = count
                many += 1
        if m + 1 == len(order) or (lines[order[m + 1], 0] ^ key) & _LOW != 0:
            if many * _DENSE < len(rank):
                met[:many].sort()
            else:
                many = 0
                for one in range(len(rank)):
                    met[many] = one
                    many += held[one] != 0
            for k in range(many):
                cells[at], codes[at], n[at] = key & _LOW, code_at[met[k]], held[met[k]]
                held[met[k]] = 0
                at += 1
            many = 0
