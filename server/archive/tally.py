"""A hash table of (cell, category) → count, filled a batch at a time by one compiled loop.

Cells of one resolution differ in their lower 52 bits only, so the category's code rides in the upper 12: one key, and
one place in memory for key and count.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

#: Codes are below this.
MOST_CODES = (1 << 12) - 1
_SHIFT = np.uint64(52)
_LOW = np.uint64((1 << 52) - 1)
_FIRST_BITS = 16
_BLOCK = 512
_FAST = 1 << 22
_GOLD = np.uint64(0x9E3779B97F4A7C15)


class Tally:
    """Open addressing with linear probing, at most half full. Key 0 marks an empty slot, so codes are kept plus one."""

    def __init__(self) -> None:
        self._used = 0
        self._top = np.uint64(0)
        self._slots = _empty(1 << _FIRST_BITS)

    def add(self, cells: NDArray[np.uint64], codes: NDArray[np.int32]) -> None:
        """Count every pair once. The cells of all calls have one resolution; codes lie in 0…MOST_CODES - 1."""
        if len(cells):
            self._top = cells[0] & ~_LOW
        at = 0
        while at < len(cells):
            done, self._used, _ = _add(cells[at:], codes[at:], self._slots, self._used)
            at += done
            if at < len(cells):
                self._grow()

    def merge(self, other: Tally) -> None:
        """Add the counts of another tally of the same resolution."""
        self._top = self._top | other._top
        keys, n = other._slots[other._slots[:, 0] != 0].T
        while 2 * (self._used + len(keys)) > len(self._slots):
            self._grow()
        self._used += _put(keys.copy(), n.copy(), self._slots)

    def result(self) -> tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.int64]]:
        """Cells, codes and counts of all pairs met, in no order."""
        keys, n = self._slots[self._slots[:, 0] != 0].T
        return (keys & _LOW) | self._top, (keys >> _SHIFT).astype(np.int32) - 1, n.astype(np.int64)

    def _grow(self) -> None:
        slots = _empty((4 if len(self._slots) < _FAST else 2) * len(self._slots))
        _move(self._slots, slots)
        self._slots = slots


def _empty(n: int) -> NDArray[np.uint64]:
    """``n`` empty slots. Filled rather than asked for as zeros: NumPy then gets large pages, which are met faster."""
    slots = np.empty((n, 2), np.uint64)
    slots.fill(0)
    return slots


@numba.njit(cache=True, nogil=True)
def _home(key: int, slots: NDArray[np.uint64]) -> np.uint64:
    """The slot where the search for the key begins."""
    mixed = key * _GOLD
    return ((mixed ^ (mixed >> np.uint64(29))) * _GOLD >> np.uint64(24)) & np.uint64(len(slots) - 1)


@numba.njit(cache=True, nogil=True)
def _slot(key: int, at: np.uint64, slots: NDArray[np.uint64]) -> np.uint64:
    """The slot of the key, or the empty one where it belongs, from ``at`` on."""
    last = np.uint64(len(slots) - 1)
    while slots[at, 0] != 0 and slots[at, 0] != key:
        at = (at + np.uint64(1)) & last
    return at


@numba.njit(cache=True, nogil=True)
def _add(
    cells: NDArray[np.uint64], codes: NDArray[np.int32], slots: NDArray[np.uint64], used: int
) -> tuple[int, int, np.uint64]:
    """Count pairs until the table is half full: (how many were counted, slots used, a number that says nothing).

    A block's slots are read before any is changed: loads that do not wait for each other keep the memory busy. What was
    read is answered, or the compiler would leave the reading out.
    """
    keys, homes, met = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint64), np.uint64(0)
    for start in range(0, len(cells), _BLOCK):
        size = min(_BLOCK, len(cells) - start)
        for i in range(size):
            keys[i] = (cells[start + i] & _LOW) | (np.uint64(codes[start + i] + 1) << _SHIFT)
            homes[i] = _home(keys[i], slots)
            met ^= slots[homes[i], 0]
        for i in range(size):
            at = _slot(keys[i], homes[i], slots)
            if slots[at, 0] == 0:
                if 2 * used >= len(slots):
                    return start + i, used, met
                slots[at, 0] = keys[i]
                used += 1
            slots[at, 1] += np.uint64(1)
    return len(cells), used, met


@numba.njit(cache=True, nogil=True)
def _put(keys: NDArray[np.uint64], n: NDArray[np.uint64], slots: NDArray[np.uint64]) -> int:
    """Add counts to a table that has room; how many keys were new."""
    fresh = 0
    for i in range(len(keys)):
        at = _slot(keys[i], _home(keys[i], slots), slots)
        if slots[at, 0] == 0:
            slots[at, 0] = keys[i]
            fresh += 1
        slots[at, 1] += n[i]
    return fresh


@numba.njit(cache=True, nogil=True)
def _move(old: NDArray[np.uint64], slots: NDArray[np.uint64]) -> None:
    """Put what one table holds into a larger, empty one."""
    for i in range(len(old)):
        if old[i, 0] != 0:
            at = _slot(old[i, 0], _home(old[i, 0], slots), slots)
            slots[at, 0], slots[at, 1] = old[i, 0], old[i, 1]
