"""The integer programme for one part: k whole grids with the least worst deviation (scipy's HiGHS).

x[g, v] = atom v in grid g; one root r[g, v] per grid, at its lowest-numbered atom in the order of grids to break
symmetry; flow f[g, e] from the root to every atom of the grid over arcs inside it (single-commodity connectivity, as in
Shirabe 2009). Weak but honest: with a time limit it reports the best bound that the solver proved.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

PATIENCE_S = 600.0
"""Time for all parts together where no deadline is given: unlike the complete search this may take for ever."""


class Solved(NamedTuple):
    """``label`` int32[n] from 0, None where nothing was found in time; the proved ``bound`` on the worst deviation."""

    label: Ints | None
    bound: float


def solve(
    indptr: Ints, indices: Ints, weight: Floats, lock: Ints, number: int, middle: float, *, limit_s: float
) -> Solved:
    """Divide the atoms of a connected part into ``number`` grids in at most about ``limit_s`` seconds."""
    atoms = len(weight)
    if number <= 1:
        return Solved(np.zeros(atoms, dtype=np.int32), abs(float(weight.sum()) - middle) / middle)
    model = _model(indptr, indices, weight, lock, number, middle)
    result = optimize.milp(
        model.cost,
        constraints=optimize.LinearConstraint(model.rows, model.least, model.most),
        integrality=model.whole,
        bounds=optimize.Bounds(model.lower, model.upper),
        options={"time_limit": limit_s, "mip_rel_gap": 1e-6},
    )
    bound = 0.0 if result.mip_dual_bound is None else max(0.0, float(result.mip_dual_bound))
    if result.x is None:
        return Solved(None, bound)
    label = np.argmax(result.x[: number * atoms].reshape(number, atoms), axis=0).astype(np.int32)
    return Solved(label, bound)


class _Model(NamedTuple):
    """Variables x, r, f and the worst deviation d, in this order, and the rows between ``least`` and ``most``."""

    cost: Floats
    rows: sparse.csr_matrix
    least: Floats
    most: Floats
    whole: NDArray[np.int64]
    lower: Floats
    upper: Floats


def _model(indptr: Ints, indices: Ints, weight: Floats, lock: Ints, number: int, middle: float) -> _Model:
    n, m = len(weight), len(indices)
    tails = np.repeat(np.arange(n), np.diff(indptr))
    eye, atoms, arcs = sparse.identity(number), np.arange(n), np.arange(m)
    one, none = sparse.identity(n), sparse.csr_matrix((number * n, 1))
    inward = sparse.csr_matrix((np.ones(m), (indices, arcs)), shape=(n, m))
    net = inward - sparse.csr_matrix((np.ones(m), (tails, arcs)), shape=(n, m))
    each = sparse.kron(np.ones((1, number)), one)
    total = sparse.kron(eye, np.ones((1, n)))
    load = sparse.kron(eye, weight.reshape(1, n))
    rank = sparse.kron(sparse.diags([np.ones(number - 1), -np.ones(number - 1)], [0, 1], (number - 1, number)), atoms)
    spread = np.full((number, 1), middle)
    blocks = [
        ([each, None, None, None], 1.0, 1.0),
        ([None, total, None, None], 1.0, 1.0),
        ([-sparse.identity(number * n), sparse.identity(number * n), None, none], -np.inf, 0.0),
        ([-sparse.identity(number * n), n * sparse.identity(number * n), sparse.kron(eye, net), None], 0.0, np.inf),
        ([-(n - 1) * sparse.identity(number * n), None, sparse.kron(eye, inward), None], -np.inf, 0.0),
        ([load, None, None, -spread], -np.inf, middle),
        ([load, None, None, spread], middle, np.inf),
        ([None, rank, None, None], -np.inf, 0.0),
        ([_together(lock, number), None, None, None], 0.0, 0.0),
    ]
    kept = [block for block in blocks if all(part is None or part.shape[0] for part in block[0])]
    widths = [number * n, number * n, number * m, 1]
    rows = sparse.vstack([_row(block, widths) for block, _, _ in kept]).tocsr()
    heights = [next(part.shape[0] for part in block if part is not None) for block, _, _ in kept]
    upper = np.concatenate([np.ones(2 * number * n), np.full(number * m, float(n)), [np.inf]])
    return _Model(
        cost=np.concatenate([np.zeros(sum(widths) - 1), [1.0]]),
        rows=rows,
        least=np.repeat([least for _, least, _ in kept], heights),
        most=np.repeat([most for _, _, most in kept], heights),
        whole=np.concatenate([np.ones(2 * number * n), np.zeros(number * m + 1)]).astype(np.int64),
        lower=np.zeros(sum(widths)),
        upper=upper,
    )


def _row(block: list[sparse.spmatrix | None], widths: list[int]) -> sparse.csr_matrix:
    height = next(part.shape[0] for part in block if part is not None)
    parts = [sparse.csr_matrix((height, width)) if part is None else part for part, width in zip(block, widths)]
    return sparse.hstack(parts).tocsr()


def _together(lock: Ints, number: int) -> sparse.csr_matrix:
    """Rows x[g, first] - x[g, other] for the atoms of one lock."""
    pairs = []
    for name in np.unique(lock[lock >= 0]):
        mine = np.flatnonzero(lock == name)
        pairs += [(int(mine[0]), int(other)) for other in mine[1:]]
    rows = sparse.lil_matrix((len(pairs), len(lock)))
    for at, (first, other) in enumerate(pairs):
        rows[at, first], rows[at, other] = 1.0, -1.0
    return sparse.kron(sparse.identity(number), rows).tocsr()

