"""The cheapest matching of points to points by straight line, each on its own, exact and without a full matrix.

Shortest augmenting paths with prices (Jonker & Volgenant 1987). Each row looks at its columns nearest first and stops
where no farther one can matter: column prices are never above 0, so a pair's reduced distance is at least its distance
less the price of the row. Longer lists are made only for the rows that run out. The prices prove the result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import spatial

from geo import geodesy

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NEAR = 96
"""Nearest columns that each row begins with."""


@dataclass(frozen=True, eq=False)
class Matching:
    """``column`` int32[n] of each row, ``total_m`` of the distances, ``bound_m``: no matching can be shorter."""

    column: Ints
    total_m: float
    bound_m: float


def nearest(lats: Floats, lngs: Floats, to_lats: Floats, to_lngs: Floats) -> Matching:
    """Match each of n points (degrees) to a point of its own among m ≥ n others at the least total distance."""
    rows, columns = _vectors(lats, lngs), _vectors(to_lats, to_lngs)
    count = min(NEAR, len(columns))
    chord, near = spatial.cKDTree(columns).query(rows, k=count)
    shape = (len(rows), count)
    near = np.ascontiguousarray(near.reshape(shape), dtype=np.int32)
    cost = np.ascontiguousarray(_arc_m(chord.reshape(shape)))
    column, row_price, column_price = _match(rows, columns, near, cost)
    total = float(geodesy.distance_m(lats, lngs, np.asarray(to_lats)[column], np.asarray(to_lngs)[column]).sum())
    return Matching(column, total, float(row_price.sum() + column_price.sum()))


def _vectors(lats: Floats, lngs: Floats) -> Floats:
    lat, lng = np.radians(np.asarray(lats, dtype=np.float64)), np.radians(np.asarray(lngs, dtype=np.float64))
    return np.stack([np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)], axis=1)


def _arc_m(chord: Floats) -> Floats:
    return np.asarray(2 * geodesy.RADIUS_M * np.arcsin(np.minimum(chord / 2, 1.0)), dtype=np.float64)


@njit(cache=True, nogil=True)
def _match(rows: Floats, columns: Floats, near: Ints, cost: Floats) -> tuple[Ints, Floats, Floats]:
    """Column of each row, and the prices of rows and columns."""
    n, m, length = len(rows), len(columns), near.shape[1]
    pool_near, pool_cost = near.copy().reshape(n * length), cost.copy().reshape(n * length)
    begin = np.arange(n) * length
    end = begin + length
    used = n * length
    column, row_of = np.full(n, -1, dtype=np.int32), np.full(m, -1, dtype=np.int32)
    row_price, column_price = np.zeros(n), np.zeros(m)
    for row in range(n):
        row_price[row] = pool_cost[begin[row]]
        if row_of[pool_near[begin[row]]] < 0:
            row_of[pool_near[begin[row]]] = row
            column[row] = pool_near[begin[row]]
    dist, came, done = np.full(m, np.inf), np.empty(m, dtype=np.int32), np.zeros(m, dtype=np.bool_)
    seen = np.empty(m, dtype=np.int32)
    keys, items = np.empty(1024), np.empty(1024, dtype=np.int32)
    for start in range(n):
        if column[start] >= 0:
            continue
        size, count, row, far, goal = 0, 0, start, 0.0, np.inf
        last = -1
        while last < 0:
            at = begin[row]
            while True:
                if at == end[row]:
                    if end[row] - begin[row] == m:
                        break
                    if used + m > len(pool_near):
                        pool_near = np.concatenate((pool_near, np.empty(used + m, dtype=np.int32)))
                        pool_cost = np.concatenate((pool_cost, np.empty(used + m)))
                    at = used + (at - begin[row])
                    _all_columns(rows[row], columns, pool_near[used : used + m], pool_cost[used : used + m])
                    begin[row], end[row] = used, used + m
                    used += m
                base = far + max(0.0, pool_cost[at] - row_price[row])
                if base >= goal:
                    break
                to = pool_near[at]
                at += 1
                if done[to]:
                    continue
                reach = far + max(0.0, pool_cost[at - 1] - row_price[row] - column_price[to])
                if reach < dist[to]:
                    if dist[to] == np.inf:
                        seen[count] = to
                        count += 1
                    dist[to] = reach
                    came[to] = row
                    if row_of[to] < 0:
                        goal = min(goal, reach)
                    if size == len(keys):
                        keys, items = np.concatenate((keys, keys)), np.concatenate((items, items))
                    size = _push(keys, items, size, reach, to)
            while True:
                key, to, size = _pop(keys, items, size)
                if not done[to] and key == dist[to]:
                    break
            done[to] = True
            far = dist[to]
            if row_of[to] < 0:
                last = to
            row = row_of[to]
        row_price[start] += far
        _reprice(seen[:count], last, far, row_of, dist, done, row_price, column_price)
        _turn(column, row_of, came, last)
    return column, row_price, column_price


@njit(cache=True, nogil=True)
def _reprice(
    seen: Ints, last: int, far: float, row_of: Ints, dist: Floats, done: Bools, row_price: Floats, column_price: Floats
) -> None:
    """New prices along the shortest path to column ``last``, ``far`` away; ``dist`` and ``done`` as before it."""
    for to in seen:
        if done[to] and to != last:
            row_price[row_of[to]] += far - dist[to]
            column_price[to] -= far - dist[to]
        dist[to] = np.inf
        done[to] = False


@njit(cache=True, nogil=True)
def _turn(column: Ints, row_of: Ints, came: Ints, last: int) -> None:
    """Pair along the path that ends at column ``last``: each row on it takes the column by which it was reached."""
    while last >= 0:
        row = came[last]
        row_of[last] = row
        before = column[row]
        column[row] = last
        last = before


@njit(cache=True, nogil=True)
def _all_columns(row: Floats, columns: Floats, near: Ints, cost: Floats) -> None:
    """Every column with its distance from one row, nearest first, into ``near`` and ``cost``."""
    away = np.empty(len(columns))
    for at in range(len(columns)):
        x, y, z = row[0] - columns[at, 0], row[1] - columns[at, 1], row[2] - columns[at, 2]
        away[at] = 2.0 * geodesy.RADIUS_M * np.arcsin(min(np.sqrt(x * x + y * y + z * z) / 2.0, 1.0))
    order = np.argsort(away)
    near[:] = order
    cost[:] = away[order]


@njit(cache=True, nogil=True)
def _push(keys: Floats, items: Ints, size: int, key: float, item: int) -> int:
    """Put a key into the heap; its new size."""
    at = size
    while at > 0 and keys[(at - 1) // 2] > key:
        keys[at], items[at] = keys[(at - 1) // 2], items[(at - 1) // 2]
        at = (at - 1) // 2
    keys[at], items[at] = key, item
    return size + 1


@njit(cache=True, nogil=True)
def _pop(keys: Floats, items: Ints, size: int) -> tuple[float, int, int]:
    """Take the least key out of the heap: key, item and new size."""
    key, item = keys[0], items[0]
    size -= 1
    last_key, last_item = keys[size], items[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= last_key:
            break
        keys[at], items[at] = keys[child], items[child]
        at = child
    keys[at], items[at] = last_key, last_item
    return key, item, size
