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

from geo import errors, geodesy

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Staffing:
    """``worker`` int32[g], position of each grid's worker or -1; ``distance_m`` float64[g], nan where unfilled;
    ``unfilled`` int32[], grids without a worker; ``idle`` int32[], workers without a grid; ``total_m`` the sum."""

    worker: Ints
    distance_m: Floats
    unfilled: Ints
    idle: Ints
    total_m: float


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
    if cost_m is None:
        cost = geodesy.distance_m(
            np.asarray(worker_lats)[:, None],
            np.asarray(worker_lngs)[:, None],
            np.asarray(grid_lats)[None, :],
            np.asarray(grid_lngs)[None, :],
        )
    else:
        cost = np.asarray(cost_m, dtype=np.float64)
    if cost.shape != (workers, grids) or bool((np.isnan(cost) | (cost < 0)).any()):
        raise errors.ProblemError(f"travel is a distance ≥ 0 for each of {workers} × {grids} pairs", values=cost.shape)
    worker = _match(cost, _even(room, grids))
    filled = worker >= 0
    distance = np.full(grids, np.nan)
    distance[filled] = cost[worker[filled], np.flatnonzero(filled)]
    return Staffing(
        worker=worker,
        distance_m=distance,
        unfilled=np.flatnonzero(~filled).astype(np.int32),
        idle=np.setdiff1d(np.arange(workers), worker[filled]).astype(np.int32),
        total_m=float(distance[filled].sum()),
    )


def _even(room: NDArray[np.int64], grids: int) -> NDArray[np.int64]:
    """Each worker's capacity cut to the lowest common ceiling that still fills ``grids`` grids."""
    for ceiling in range(1, int(room.max()) + 1 if len(room) else 1):
        cut = np.minimum(room, ceiling)
        if int(cut.sum()) >= grids:
            return np.asarray(cut)
    return room


def _match(cost: Floats, room: NDArray[np.int64]) -> Ints:
    """The worker of each grid at least total cost, as many grids filled as can be; int32[g], -1 unfilled."""
    worker = np.full(cost.shape[1], -1, dtype=np.int32)
    seats = np.repeat(np.arange(cost.shape[0]), room)
    if len(seats) == 0 or cost.shape[1] == 0:
        return worker
    dear = float(cost[np.isfinite(cost)].max(initial=0.0)) * min(len(seats), cost.shape[1]) + 1.0
    matrix = np.where(np.isfinite(cost), cost, dear)[seats]
    rows, columns = optimize.linear_sum_assignment(matrix)
    allowed = np.isfinite(cost[seats[rows], columns])
    worker[columns[allowed]] = seats[rows[allowed]]
    return worker
