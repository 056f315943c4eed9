"""The cheapest matching of points to points by straight line, each on its own, with proof and without a full matrix.

Only near pairs are looked at, by shortest augmenting paths with prices (Jonker & Volgenant 1987, on sparse rows). The
prices prove the result: a pair left out could only help if it were shorter than the price of its row, so every such
pair is sought in a tree of the points, added, and the matching repeated until there is none.
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

NEAR = 12
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
    tree = spatial.cKDTree(columns)
    count = min(NEAR, len(columns))
    chord, near = tree.query(rows, k=count)
    near = near.reshape(len(rows), count).astype(np.int32)
    lists = [near[row] for row in range(len(rows))]
    while True:
        indptr, indices, cost = _table(lists, rows, columns)
        column, row_price, column_price, stuck = _match(indptr, indices, cost, len(columns))
        if stuck >= 0:
            for row in np.flatnonzero(column < 0).tolist():
                more = min(2 * len(lists[row]), len(columns))
                lists[row] = np.union1d(lists[row], tree.query(rows[row], k=more)[1]).astype(np.int32)
            continue
        added = _missing(tree, rows, columns, lists, row_price, column_price)
        if added == 0:
            break
    total = float(geodesy.distance_m(lats, lngs, np.asarray(to_lats)[column], np.asarray(to_lngs)[column]).sum())
    return Matching(column, total, float(row_price.sum() + column_price.sum()))


def _missing(
    tree: spatial.cKDTree, rows: Floats, columns: Floats, lists: list[Ints], row_price: Floats, column_price: Floats
) -> int:
    """Add to ``lists`` the pairs that the prices do not rule out; how many rows got some."""
    reach = 2 * np.sin(np.minimum(row_price / geodesy.RADIUS_M, np.pi) / 2) * (1 + 1e-12)
    added = 0
    for row, close in enumerate(tree.query_ball_point(rows, reach)):
        if len(close) <= len(lists[row]) and np.isin(close, lists[row]).all():
            continue
        other = np.setdiff1d(np.asarray(close, dtype=np.int32), lists[row])
        gain = _distance_m(rows[row], columns[other]) - row_price[row] - column_price[other]
        other = other[gain < -1e-9]
        if len(other):
            lists[row] = np.union1d(lists[row], other).astype(np.int32)
            added += 1
    return added


def _vectors(lats: Floats, lngs: Floats) -> Floats:
    lat, lng = np.radians(np.asarray(lats, dtype=np.float64)), np.radians(np.asarray(lngs, dtype=np.float64))
    return np.stack([np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)], axis=1)


def _distance_m(one: Floats, others: Floats) -> Floats:
    chord = np.sqrt(((one - others) ** 2).sum(axis=-1))
    return np.asarray(2 * geodesy.RADIUS_M * np.arcsin(np.minimum(chord / 2, 1.0)), dtype=np.float64)


def _table(lists: list[Ints], rows: Floats, columns: Floats) -> tuple[NDArray[np.int64], Ints, Floats]:
    lengths = np.array([len(one) for one in lists], dtype=np.int64)
    indices = np.concatenate(lists).astype(np.int32)
    tails = np.repeat(np.arange(len(lists)), lengths)
    return np.concatenate([[0], np.cumsum(lengths)]), indices, _distance_m(rows[tails], columns[indices])


@njit(cache=True, nogil=True)
def _match(
    indptr: NDArray[np.int64], indices: Ints, cost: Floats, columns: int
) -> tuple[Ints, Floats, Floats, int]:
    """Column of each row, prices of rows and columns, and a row that no path could serve or -1."""
    rows = len(indptr) - 1
    column = np.full(rows, -1, dtype=np.int32)
    row_of = np.full(columns, -1, dtype=np.int32)
    row_price, column_price = np.zeros(rows), np.zeros(columns)
    for row in range(rows):
        best = indptr[row]
        for edge in range(indptr[row], indptr[row + 1]):
            if cost[edge] < cost[best]:
                best = edge
        row_price[row] = cost[best]
        if row_of[indices[best]] < 0:
            row_of[indices[best]] = row
            column[row] = indices[best]
    dist = np.full(columns, np.inf)
    came = np.empty(columns, dtype=np.int32)
    done = np.zeros(columns, dtype=np.bool_)
    heap_key, heap_item = np.empty(len(indices) + 1), np.empty(len(indices) + 1, dtype=np.int32)
    seen = np.empty(columns, dtype=np.int32)
    stuck = -1
    for start in range(rows):
        if column[start] >= 0:
            continue
        size, count, row, far, end = 0, 0, start, 0.0, -1
        while True:
            for edge in range(indptr[row], indptr[row + 1]):
                to = indices[edge]
                if done[to]:
                    continue
                reach = far + max(0.0, cost[edge] - row_price[row] - column_price[to])
                if reach < dist[to]:
                    if dist[to] == np.inf:
                        seen[count] = to
                        count += 1
                    dist[to] = reach
                    came[to] = row
                    size = _push(heap_key, heap_item, size, reach, to)
            to = -1
            while size > 0:
                key, to, size = _pop(heap_key, heap_item, size)
                if not done[to] and key == dist[to]:
                    break
                to = -1
            if to < 0:
                break
            done[to] = True
            far = dist[to]
            if row_of[to] < 0:
                end = to
                break
            row = row_of[to]
        if end >= 0:
            row_price[start] += far
            for at in range(count):
                to = seen[at]
                if done[to] and to != end:
                    row_price[row_of[to]] += far - dist[to]
                    column_price[to] -= far - dist[to]
            while end >= 0:
                row = came[end]
                row_of[end] = row
                before = column[row]
                column[row] = end
                end = before
        else:
            stuck = start
        for at in range(count):
            dist[seen[at]] = np.inf
            done[seen[at]] = False
    return column, row_price, column_price, stuck


@njit(cache=True, nogil=True)
def _push(keys: Floats, items: Ints, size: int, key: float, item: int) -> int:
    at = size
    while at > 0 and keys[(at - 1) // 2] > key:
        keys[at], items[at] = keys[(at - 1) // 2], items[(at - 1) // 2]
        at = (at - 1) // 2
    keys[at], items[at] = key, item
    return size + 1


@njit(cache=True, nogil=True)
def _pop(keys: Floats, items: Ints, size: int) -> tuple[float, int, int]:
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
