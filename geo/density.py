"""Spreading per-cell values over the rings around each cell, for smoothed maps. Barriers do not hinder it.

The kernel falls linearly from the cell itself to nothing just beyond the last ring, and is scaled so that each
cell's value is shared out whole: the sum over all cells is kept, also at the edge of the city.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geo import adjacency as adjacencies
from geo import errors


def spread(values: NDArray[np.float64], adjacency: adjacencies.Adjacency, *, rings: int) -> NDArray[np.float64]:
    """Values float64[n] shared out over ``rings`` rings of neighbours; their sum is kept. 0 rings changes nothing."""
    if rings < 0:
        raise errors.GeoError(f"{rings} rings make no sense; 0 or more are needed", values=rings)
    values = np.asarray(values, np.float64)
    if values.shape[0] != adjacency.indptr.size - 1:
        raise errors.GeoError(f"{values.shape[0]} values for {adjacency.indptr.size - 1} cells")
    if rings == 0:
        return values.copy()
    kernel = ring_weights(adjacency, rings=rings)
    totals = np.asarray(kernel.sum(axis=1)).ravel()
    return np.asarray(kernel.T @ (values / totals), np.float64)


def ring_weights(adjacency: adjacencies.Adjacency, *, rings: int) -> sparse.csr_array:
    """Weight of every pair at most ``rings`` steps apart: 1 for the cell itself, falling by 1 / (rings + 1) a ring."""
    n = adjacency.indptr.size - 1
    ones = np.ones(adjacency.indices.size)
    step = sparse.csr_array((ones, adjacency.indices, adjacency.indptr), shape=(n, n)) + sparse.eye_array(
        n, format="csr"
    )
    total = sparse.eye_array(n, format="csr")
    reach = total
    for _ in range(rings):
        reach = reach @ step
        reach.data[:] = 1.0
        total = total + reach
    return sparse.csr_array(total / (rings + 1))
