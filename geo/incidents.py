"""Incidents counted on cells. What happened, as cell ids; nothing here knows times, categories or people."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo import cells, errors


def counts(
    cells_of_incidents: NDArray[np.uint64], *, weights: NDArray[np.float64] | None = None, within: cells.Cells
) -> NDArray[np.float64]:
    """Number (or sum of weights) of the incidents in each cell of ``within``, float64[n].

    Incidents of other cells are left out; ``outside`` tells how many.
    """
    at = cells.positions(within, cells_of_incidents)
    hit = at >= 0
    if weights is not None and weights.shape != cells_of_incidents.shape:
        raise errors.GeoError(f"{weights.size} weights for {cells_of_incidents.size} incidents")
    chosen = None if weights is None else np.asarray(weights, np.float64)[hit]
    return np.bincount(at[hit], chosen, minlength=within.size).astype(np.float64)


def outside(cells_of_incidents: NDArray[np.uint64], *, within: cells.Cells) -> int:
    """How many incidents lie in none of the cells."""
    return int((cells.positions(within, cells_of_incidents) < 0).sum())


def steps(
    cells_of_incidents: NDArray[np.uint64], step: NDArray[np.int64], *, n_steps: int, within: cells.Cells
) -> NDArray[np.float64]:
    """Counts per cell and time step, float64[n, n_steps]; ``step`` is each incident's step, outside 0…n-1 left out."""
    at = cells.positions(within, cells_of_incidents)
    hit = (at >= 0) & (step >= 0) & (step < n_steps)
    flat = np.bincount(at[hit] * n_steps + step[hit], minlength=within.size * n_steps)
    return flat.reshape(within.size, n_steps).astype(np.float64)
