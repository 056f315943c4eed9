"""Problem: everything that drawing may know, checked and frozen.

Weights are called households because that is what they mostly are; any workload (a formula of households, incidents,
area, key places) is just another non-negative array with a band of its own. A problem knows no coordinates: only which
cells touch. The cells need not be H3: any polygons with distinct ids and a neighbour graph can be drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo import adjacency as adjacency_
from geo import errors, graph

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Problem:
    """A drawing problem. All arrays are aligned with ``cells`` and read-only; ``ProblemError`` lists every misfit.

    cells       uint64[n], sorted and unique
    adjacency   who touches whom; an edge with barrier ``inf`` is never crossed, a finite one costs its value
    region      int32[n], number from 0 of the region (community) of each cell; a grid lies in one region
    households  float64[n], finite and ≥ 0
    band        (low, high) households of a grid, 0 ≤ low ≤ high, high > 0; or a pair of float64[regions]
    locked      int32[n], the label that a cell keeps, -1 where free
    closed      labels of locked grids that may not take in further cells
    unit        int32[n], cells with the same number ≥ 0 stay together (a building, a compound, a rural block); -1 alone
    exempt      bool[n], cells of dedicated grids (a campus, a hospital) without a band, or numbers of exempt regions;
                touching exempt cells of one region and unit are one grid, into which nothing else comes
    counts      int32[regions], how many grids each region is given (核定数), -1 where the band decides
    """

    cells: NDArray[np.uint64]
    adjacency: adjacency_.Adjacency
    _: KW_ONLY
    region: Ints
    households: Floats
    band: tuple[ArrayLike, ArrayLike]
    locked: Ints | None = None
    unit: Ints | None = None
    exempt: NDArray[np.bool_] | Ints | Sequence[int] | None = None
    closed: Ints | Sequence[int] | None = None
    counts: Ints | None = None

    def __post_init__(self) -> None:
        faults: list[str] = []
        cells = _array(faults, "cells", self.cells, "ui", np.uint64, None)
        n = len(cells)
        if n > 1 and not bool(np.all(cells[1:] > cells[:-1])):
            faults.append("cells: not sorted and unique; sort them, e.g. with cells.make()")
        _check_adjacency(faults, self.adjacency, n)
        region = _array(faults, "region", self.region, "ui", np.int32, n)
        if region.size and int(region.min()) < 0:
            faults.append(f"region: {int((region < 0).sum())} cells lie in no region (negative); leave them out")
            region = np.maximum(region, 0)
        regions = int(region.max()) + 1 if region.size else 0
        households = _array(faults, "households", self.households, "uifb", np.float64, n)
        bad = ~np.isfinite(households) | (households < 0)
        if bad.any():
            faults.append(f"households: {int(bad.sum())} values are negative or not finite")
        locked = _labels(faults, "locked", self.locked, n)
        values = {
            "cells": cells,
            "region": region,
            "households": households,
            "band": _band(faults, self.band, regions),
            "locked": locked,
            "unit": _labels(faults, "unit", self.unit, n),
            "exempt": _exempt(faults, self.exempt, region, n),
            "closed": np.unique(np.asarray([] if self.closed is None else self.closed, dtype=np.int32)),
            "counts": _counts(faults, self.counts, regions),
        }
        if faults:
            raise errors.ProblemError("; ".join(faults), values=faults)
        for name, value in values.items():
            for array in value if isinstance(value, tuple) else (value,):
                array.flags.writeable = False
            object.__setattr__(self, name, value)


def low(problem: Problem) -> Floats:
    """The lower end of the band of each region, float64[regions]."""
    return np.asarray(problem.band[0], dtype=np.float64)


def high(problem: Problem) -> Floats:
    """The upper end of the band of each region, float64[regions]."""
    return np.asarray(problem.band[1], dtype=np.float64)


def restrict(problem: Problem, wanted: NDArray[np.bool_]) -> Problem:
    """The problem of the ``wanted`` bool[n] cells alone; region numbers, labels and bands stay as they are."""
    table = problem.adjacency
    place = np.cumsum(wanted, dtype=np.int64) - 1
    tails = np.repeat(np.arange(len(wanted)), np.diff(table.indptr))
    kept = wanted[tails] & wanted[table.indices]
    degree = np.bincount(place[tails[kept]], minlength=int(wanted.sum()))
    top = int(problem.region[wanted].max()) + 1 if wanted.any() else 0
    return Problem(
        problem.cells[wanted],
        adjacency_.Adjacency(
            np.concatenate([[0], np.cumsum(degree)]).astype(np.int32),
            place[table.indices[kept]].astype(np.int32),
            table.barrier[kept],
        ),
        region=problem.region[wanted],
        households=problem.households[wanted],
        band=(low(problem)[:top], high(problem)[:top]),
        locked=np.asarray(problem.locked)[wanted],
        unit=np.asarray(problem.unit)[wanted],
        exempt=np.asarray(problem.exempt)[wanted],
        closed=problem.closed,
        counts=np.asarray(problem.counts)[:top],
    )


def apportion(total: int, households: ArrayLike, *, least: ArrayLike = 1) -> Ints:
    """``total`` grids of a town shared among its regions in proportion to ``households``, each with ``least`` or more
    (one number for all, or int[regions]).

    Highest averages with divisor k + ½ (Sainte-Laguë, Webster): no region's mean grid can be made closer to the
    town's by passing a grid on. int32[regions]; when there are fewer grids than all of ``least``, ``ProblemError``.
    """
    weights = np.asarray(households, dtype=np.float64)
    shares = np.broadcast_to(np.asarray(least, dtype=np.int32), weights.shape).copy()
    needed = int(shares.sum())
    if total < needed:
        reason = f"{total} grids do not give {len(shares)} regions the {needed} they need"
        raise errors.ProblemError(reason, values=total)
    for _ in range(total - needed):
        shares[np.lexsort((shares, -weights / (shares + 0.5)))[0]] += 1
    return shares


def _array(
    faults: list[str], name: str, value: ArrayLike, kinds: str, dtype: type[np.generic], n: int | None
) -> NDArray[Any]:
    array = np.asarray(value)
    if array.size == 0:
        array = array.astype(dtype)
    if array.ndim != 1 or (n is not None and len(array) != n):
        faults.append(f"{name}: shape {array.shape} where {n if n is not None else 'n'} values are needed")
        return np.zeros(n or 0, dtype=dtype)
    if array.dtype.kind not in kinds:
        faults.append(f"{name}: type {array.dtype} cannot be read as {np.dtype(dtype)}")
        return np.zeros(len(array), dtype=dtype)
    return np.array(array, dtype=dtype)


def _labels(faults: list[str], name: str, value: Ints | None, n: int) -> Ints:
    if value is None:
        return np.full(n, -1, dtype=np.int32)
    array = _array(faults, name, value, "ui", np.int32, n)
    if array.size and int(array.min()) < -1:
        faults.append(f"{name}: {int((array < -1).sum())} values below -1 (-1 means none)")
    return array


def _exempt(
    faults: list[str], value: NDArray[np.bool_] | Ints | Sequence[int] | None, region: Ints, n: int
) -> NDArray[np.bool_]:
    if value is None:
        return np.zeros(n, dtype=np.bool_)
    array = np.asarray(value)
    if array.dtype.kind == "b":
        return _array(faults, "exempt", array, "b", np.bool_, n)
    if array.size and array.dtype.kind not in "ui":
        faults.append(f"exempt: type {array.dtype}; give bool[n] for cells or whole numbers for regions")
        return np.zeros(n, dtype=np.bool_)
    return np.isin(region, array) if len(region) == n else np.zeros(n, dtype=np.bool_)


def _counts(faults: list[str], value: Ints | None, regions: int) -> Ints:
    if value is None:
        return np.full(regions, -1, dtype=np.int32)
    counts = _array(faults, "counts", value, "ui", np.int32, regions)
    if counts.size and (int(counts.min()) < -1 or bool((counts == 0).any())):
        faults.append("counts: a region is given 1 grid or more, or -1 where the band decides")
    return counts


def _band(faults: list[str], band: tuple[ArrayLike, ArrayLike], regions: int) -> tuple[Floats, Floats]:
    try:
        ends = [np.array(np.broadcast_to(np.asarray(end, dtype=np.float64), (regions,))) for end in band]
    except (TypeError, ValueError):
        ends = []
    if len(ends) != 2:
        faults.append(f"band: {band!r}; give (low, high), numbers or one value for each of {regions} regions")
        return np.zeros(regions), np.ones(regions)
    lows, highs = ends
    if not bool(np.all(np.isfinite(highs) & (lows >= 0) & (lows <= highs) & (highs > 0))):
        faults.append(f"band: {band!r}; 0 ≤ low ≤ high, high finite and above 0")
        return np.zeros(regions), np.ones(regions)
    return lows, highs


def _check_adjacency(faults: list[str], table: adjacency_.Adjacency, n: int) -> None:
    indptr, indices = table.indptr, table.indices
    if len(indptr) != n + 1 or len(table.barrier) != len(indices) or (n and int(indptr[-1]) != len(indices)):
        faults.append(
            f"adjacency: made for {len(indptr) - 1} cells with {len(indices)} edges and {len(table.barrier)} barriers;"
            f" there are {n} cells"
        )
        return
    if len(indices) and (int(indices.min()) < 0 or int(indices.max()) >= n):
        faults.append(f"adjacency: neighbours outside 0…{n - 1}")
        return
    if bool(np.isnan(table.barrier).any() or (table.barrier < 0).any()):
        faults.append("adjacency: a barrier is 0, a positive cost or inf")
    if not graph.symmetric(np.asarray(indptr, dtype=np.int32), np.asarray(indices, dtype=np.int32)):
        faults.append("adjacency: rows are not ascending, or a neighbour does not know its neighbour")
