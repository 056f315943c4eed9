"""Workers to grids at the least total travel, by straight-line distance in metres or by a given travel matrix.

Where there are enough workers each grid has one and no worker has two. Otherwise the load is spread evenly: nobody
gets an n-th grid as long as somebody with room has fewer than n - 1, up to each worker's capacity; grids beyond the
total capacity stay unfilled, and are those whose filling would cost most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from geo import errors, geodesy, matching

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Staffing:
    """``worker`` int32[g], position of each grid's worker or -1; ``distance_m`` float64[g], nan where unfilled;
    ``unfilled`` int32[], grids without a worker; ``idle`` int32[], workers without a grid; ``total_m`` the sum, and
    ``bound_m``, below which no assignment of as many grids can come."""

    worker: Ints
    distance_m: Floats
    unfilled: Ints
    idle: Ints
    total_m: float
    bound_m: float


def assign(
    worker_lats: Floats,
    worker_lngs: Floats,
    grid_lats: Floats,
    grid_lngs: Floats,
    *,
    capacity: Ints | None = None,
    cost_m: Floats | None = None,
) -> Staffing:
    """Assign w workers (home, degrees) to g grids (centre, degrees).

    ``capacity`` int32[w], grids a worker may have at most, 1 each when not given; ``cost_m`` float64[w, g] replaces the
    straight-line distance, ``inf`` forbids a pair.
    """
    workers, grids = len(worker_lats), len(grid_lats)
    room = np.ones(workers, dtype=np.int64) if capacity is None else np.asarray(capacity, dtype=np.int64)
    if room.shape != (workers,) or (workers and int(room.min()) < 0):
        raise errors.ProblemError("capacity is a whole number from 0 for each worker", values=room)
    room = _even(room, grids)
    seats = np.repeat(np.arange(workers), room)
    homes, centres = _points(worker_lats, worker_lngs), _points(grid_lats, grid_lngs)
    if cost_m is None:
        worker, bound = _by_straight_line(homes[:, seats], centres)
        worker = np.where(worker >= 0, seats[worker] if len(seats) else -1, -1)
        away = geodesy.distance_m(homes[0][worker], homes[1][worker], *centres) if workers else np.zeros(grids)
    else:
        cost = np.asarray(cost_m, dtype=np.float64)
        if cost.shape != (workers, grids) or bool((np.isnan(cost) | (cost < 0)).any()):
            raise errors.ProblemError(f"travel is a distance ≥ 0 for each of {workers} × {grids} pairs", values=cost.shape)  # noqa: E501
        worker = _by_matrix(cost, seats)
        away = cost[worker, np.arange(grids)] if workers else np.zeros(grids)
        bound = float(away[worker >= 0].sum())
    filled = worker >= 0
    return Staffing(
        worker=worker.astype(np.int32),
        distance_m=np.where(filled, away, np.nan),
        unfilled=np.flatnonzero(~filled).astype(np.int32),
        idle=np.setdiff1d(np.arange(workers), worker[filled]).astype(np.int32),
        total_m=float(away[filled].sum()),
        bound_m=bound,
    )


def _points(lats: Floats, lngs: Floats) -> Floats:
    return np.stack([np.asarray(lats, dtype=np.float64), np.asarray(lngs, dtype=np.float64)])


def _by_straight_line(seats: Floats, centres: Floats) -> tuple[NDArray[np.int64], float]:
    """The seat of each grid, -1 unfilled, and the proved bound; the side with fewer points is matched whole."""
    grids, count = centres.shape[1], seats.shape[1]
    seat = np.full(grids, -1, dtype=np.int64)
    if grids == 0 or count == 0:
        return seat, 0.0
    if grids <= count:
        found = matching.nearest(*centres, *seats)
        return found.column.astype(np.int64), found.bound_m
    found = matching.nearest(*seats, *centres)
    seat[found.column] = np.arange(count)
    return seat, found.bound_m


def _even(room: NDArray[np.int64], grids: int) -> NDArray[np.int64]:
    """Each worker's capacity cut to the lowest common ceiling that still fills ``grids`` grids."""
    for ceiling in range(1, int(room.max()) + 1 if len(room) else 1):
        cut = np.minimum(room, ceiling)
        if int(cut.sum()) >= grids:
            return np.asarray(cut)
    return room


def _by_matrix(cost: Floats, seats: NDArray[np.int64]) -> NDArray[np.int64]:
    """The worker of each grid at least total cost, as many grids filled as can be, -1 unfilled."""
    worker = np.full(cost.shape[1], -1, dtype=np.int64)
    if len(seats) == 0 or cost.shape[1] == 0:
        return worker
    dear = float(cost[np.isfinite(cost)].max(initial=0.0)) * min(len(seats), cost.shape[1]) + 1.0
    matrix = np.where(np.isfinite(cost), cost, dear)[seats]
    rows, columns = optimize.linear_sum_assignment(matrix)
    allowed = np.isfinite(cost[seats[rows], columns])
    worker[columns[allowed]] = seats[rows[allowed]]
    return worker
