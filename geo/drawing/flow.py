"""Flows between touching grids: the cheapest that brings each into band, and passing households on along it.

The flow is a linear programme on whole grids (HiGHS).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from geo import bounds
from geo.drawing import passing
from geo.drawing.field import Field, Floats, Grids, Ints

SCALINGS = 8
"""Flows of lumps are solved at most so often, each time with the charges of the one before."""

FAR = 1e4
"""What a household out of band costs in the programme, in households passed on by one grid."""


def touching(indptr: Ints, indices: Ints, grid: Ints) -> NDArray[np.int64]:
    """Pairs int64[e, 2] of different grids that touch, both ways round; atoms with a negative grid do not count."""
    tails = np.repeat(grid, np.diff(indptr)).astype(np.int64)
    heads = grid[indices].astype(np.int64)
    keys = np.unique((tails << 32 | heads)[(tails >= 0) & (heads >= 0) & (tails != heads)])
    return np.stack([keys >> 32, keys & 0xFFFFFFFF], axis=1)


def transfers(
    load: Floats,
    lows: Floats,
    highs: Floats,
    pairs: NDArray[np.int64],
    leaving: Floats,
    coming: Floats,
    *,
    price: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Cheapest flow over ``pairs`` (giver, taker) that leaves the fewest households out of band.

    ``leaving`` and ``coming`` float64[g]: what must leave and come at the least, where the flow allows it; ``price``
    float64[e] of a household that passes, 1 where not given. Flow float64[e] and what stays outside the band
    float64[g].
    """
    number, edges = len(load), len(pairs)
    outside = bounds.excess(load, lows, highs)
    if not outside.any() or edges == 0:
        return np.zeros(edges), outside
    out, into = incidence(pairs, number)
    eye = sparse.identity(number, format="csr")
    rows = sparse.bmat(
        [[into - out, -eye, None], [out - into, None, -eye], [-out, -eye, None], [-into, None, -eye]]
    ).tocsr()
    limits = np.concatenate([highs - load, load - lows, -leaving, -coming])
    cost = np.concatenate([np.ones(edges) if price is None else price, np.full(2 * number, FAR)])
    result = optimize.linprog(cost, A_ub=rows, b_ub=limits, method="highs")
    if result.x is None:
        return np.zeros(edges), outside
    return result.x[:edges], result.x[edges : edges + number] + result.x[edges + number :]


def incidence(pairs: NDArray[np.int64], number: int) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Which pairs each of ``number`` grids gives in and takes in: two matrices [g, e]."""
    columns, ones = np.arange(len(pairs)), np.ones(len(pairs))
    out = sparse.csr_matrix((ones, (pairs[:, 0], columns)), shape=(number, len(pairs)))
    into = sparse.csr_matrix((ones, (pairs[:, 1], columns)), shape=(number, len(pairs)))
    return out, into


def push(field: Field, grids: Grids, label: Ints, *, margin: float, reach: float) -> float:
    """Solve the flow for the plan as it stands and pass atoms on accordingly; households passed.

    ``margin``: the share of its band's half width that each grid is asked to keep away from either end, because atoms
    are lumps; none passes that is more than ``reach`` times what is left to pass. Closed grids take no part.
    """
    pairs = touching(field.indptr, field.indices, label)
    pairs = pairs[~grids.closed[pairs].any(axis=1)]
    keep = margin * (grids.high - grids.low) / 2
    amount = _in_lumps(field, grids, label, pairs, keep)
    chosen = np.flatnonzero(amount > 1e-9)
    order = chosen[np.lexsort((pairs[chosen, 0], _depth(pairs[chosen], len(grids.load))))]
    return float(passing.pass_on(field, grids, label, pairs[order], amount[order], keep, reach))


def _in_lumps(field: Field, grids: Grids, label: Ints, pairs: NDArray[np.int64], keep: Floats) -> Floats:
    """A cheap flow over ``pairs`` float64[e] where what passes at all is no less than the lightest chain that can.

    Such fixed charges are laid on the households that passed, and the flow is solved again (dynamic slope scaling, Kim
    & Pardalos 1999); the cheapest flow of all is taken.
    """
    least = np.minimum(passing.lightest(field, grids, label, pairs), FAR * grids.target[pairs[:, 0]])
    none, load = np.zeros(len(grids.load)), np.where(grids.closed, grids.target, grids.load)
    price, best, kept = np.ones(len(pairs)), np.inf, np.zeros(len(pairs))
    for _ in range(SCALINGS):
        amount, outside = transfers(load, grids.low + keep, grids.high - keep, pairs, none, none, price=price)
        used = amount > 1e-9
        total = float(np.maximum(amount, least)[used].sum() + FAR * outside.sum())
        if total < best:
            best, kept = total, amount
        renewed = price.copy()
        renewed[used] = np.maximum(1.0, least[used] / amount[used])
        if np.allclose(renewed, price):
            break
        price = renewed
    return kept


def _depth(pairs: NDArray[np.int64], number: int) -> Ints:
    """How many givers stand before each pair's giver, int32[e]: flows have no cycles."""
    depth = np.zeros(number, dtype=np.int32)
    for _ in range(min(number, 1000)):
        deeper = depth.copy()
        np.maximum.at(deeper, pairs[:, 1], depth[pairs[:, 0]] + 1)
        if np.array_equal(deeper, depth):
            break
        depth = deeper
    return depth[pairs[:, 0]]
