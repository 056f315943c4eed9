"""The fewest households that change their grid, by an integer programme that knows nothing of the search: x[g, v] (cell
v in grid g), one root in each grid and a flow from it to every cell of the grid, as in Shirabe 2009."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from geo.problem import Problem


def in_problem(problem: Problem, labels: NDArray[np.integer], *, limit_s: float = 20.0) -> float | None:
    """``fewest`` for a problem of one region without barriers."""
    low, high = (float(end[0]) for end in problem.band)  # type: ignore[index]
    graph, home = problem.adjacency, np.unique(labels, return_inverse=True)[1]
    return fewest(graph.indptr, graph.indices, problem.households, home, low, high, limit_s=limit_s)


def fewest(
    indptr: NDArray[np.int32],
    indices: NDArray[np.int32],
    households: NDArray[np.float64],
    home: NDArray[np.integer],
    low: float,
    high: float,
    *,
    limit_s: float = 20.0,
) -> float | None:
    """Households that leave their grid ``home`` (numbered through) where each comes into band whole and none is added
    or dissolved; None where that cannot be or time runs out."""
    grids, cells, arcs = int(home.max()) + 1, len(home), len(indices)
    tails = np.repeat(np.arange(cells), np.diff(indptr))
    into = sparse.csr_matrix((np.ones(arcs), (indices, np.arange(arcs))), shape=(cells, arcs))
    net = into - sparse.csr_matrix((np.ones(arcs), (tails, np.arange(arcs))), shape=(cells, arcs))
    every, all_ = sparse.identity(grids), sparse.identity(grids * cells)
    rows = [
        (sparse.kron(np.ones((1, grids)), sparse.identity(cells)), None, None, 1.0, 1.0),
        (None, sparse.kron(every, np.ones((1, cells))), None, 1.0, 1.0),
        (-all_, all_, None, -np.inf, 0.0),
        (-all_, cells * all_, sparse.kron(every, net), 0.0, np.inf),
        (-(cells - 1) * all_, None, sparse.kron(every, into), -np.inf, 0.0),
        (sparse.kron(every, households.reshape(1, cells)), None, None, low * (1 - 1e-9), high * (1 + 1e-9)),
    ]
    widths = [grids * cells, grids * cells, grids * arcs]
    blocks, least, most = [], [], []
    for *row, below, above in rows:
        height = next(block.shape[0] for block in row if block is not None)
        blocks.append([sparse.csr_matrix((height, w)) if b is None else b for b, w in zip(row, widths)])
        least.append(np.full(height, below))
        most.append(np.full(height, above))
    away = np.arange(grids)[:, None] != home[None, :]
    done = optimize.milp(
        np.concatenate([(away * households).ravel(), np.zeros(sum(widths[1:]))]),
        constraints=optimize.LinearConstraint(
            sparse.bmat(blocks, format="csr"), np.concatenate(least), np.concatenate(most)
        ),
        integrality=np.repeat([1, 1, 0], widths),
        bounds=optimize.Bounds(0.0, np.repeat([1.0, 1.0, float(cells)], widths)),
        options={"time_limit": limit_s, "mip_rel_gap": 1e-6},
    )
    return float(done.fun) if done.status == 0 else None
