"""Flows between touching grids: the least that must pass so that each comes into band, and passing it on.

The flow is a linear programme on whole grids (HiGHS). It knows that atoms are indivisible: a grid that must give or
take at all gives or takes its lightest inhabited atom at the least.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import optimize, sparse

from geo import bounds
from geo.atoms import Atoms
from geo.drawing.field import Field, Floats, Grids, Ints, can_leave
from geo.drawing.refinement import apply_move
from geo.drawing.task import Task
from geo.partition import Partition

FAR = 1e4
"""What a household out of band costs in the programme, in households passed on by one grid."""


def least(task: Task, partition: Partition, *, mended: NDArray[np.bool_] | None = None) -> float:
    """The least households that must change their grid so that all is in band where totals allow; 0 where they don't.

    ``mended`` bool[p]: the parts that are asked for, all when not given. By part what the grids above the cap must
    lose, or half of what those below the band must gain or, dissolved, lose whole (what one loses another may gain),
    whichever is more. Grids over several parts must give up all but one.
    """
    atoms, parts = task.atoms, task.parts
    grid, part, label, load = _grids(task, partition)
    order = np.lexsort((-load, label))
    main = np.zeros(len(load), dtype=np.bool_)
    main[order[np.flatnonzero(np.diff(label[order], prepend=-1))]] = True
    leaving, coming = _must_pass(atoms, parts, grid, part, load)
    mixed = np.bincount(part[~main], minlength=len(parts.weight)) > 0
    possible = parts.fewest <= parts.most
    if mended is not None:
        possible &= mended
    lost = np.bincount(part, weights=leaving * main, minlength=len(possible))
    gained = np.bincount(part, weights=np.minimum(coming, load) / 2, minlength=len(possible))
    simple = np.where(mixed, lost, np.maximum(lost, gained))
    return float(load[~main].sum() + simple[possible].sum())


def between(task: Task, partition: Partition) -> float:
    """The least households that pass between touching grids if the number of grids stays as it is.

    Each grid that households pass through counts. No bound where grids may be added, dissolved or lie in several parts,
    or where empty cells let grids reach others that they did not touch.
    """
    grid, part, _, load = _grids(task, partition)
    leaving, coming = _must_pass(task.atoms, task.parts, grid, part, load)
    near = touching(task.atoms.indptr, task.atoms.indices, grid)
    passed, _ = transfers(load, task.parts.low[part], task.parts.high[part], near, leaving, coming)
    return float(passed.sum())


def _grids(task: Task, partition: Partition) -> tuple[Ints, NDArray[np.int64], NDArray[np.int64], Floats]:
    """The grid of each atom int32[a], -1 outside all parts; the part, label and households of each grid. A grid of the
    plan that lies in several parts is as many grids here."""
    inside = task.parts.of_atom >= 0
    was = partition.labels[task.atoms.first].astype(np.int64)
    keys, at = np.unique((task.parts.of_atom.astype(np.int64) << 32 | was)[inside], return_inverse=True)
    grid = np.full(len(was), -1, dtype=np.int32)
    grid[inside] = at
    load = np.bincount(at, weights=task.atoms.weight[inside], minlength=len(keys)).astype(np.float64)
    return grid, keys >> 32, keys & 0xFFFFFFFF, load


def _must_pass(
    atoms: Atoms, parts: bounds.Parts, grid: Ints, part: NDArray[np.int64], load: Floats
) -> tuple[Floats, Floats]:
    """What each grid must lose and gain at the least, atoms being indivisible."""
    lightest = np.full(len(load), np.inf)
    some = (grid >= 0) & (atoms.weight > 0)
    np.minimum.at(lightest, grid[some], atoms.weight[some])
    around = np.full(len(parts.weight), np.inf)
    np.minimum.at(around, part, lightest)
    around[np.isinf(around)] = 0.0
    lows, highs = parts.low[part], parts.high[part]
    leaving = np.where(load > highs * (1 + bounds.SLACK), np.maximum(load - highs, np.minimum(lightest, load)), 0.0)
    coming = np.where(load < lows * (1 - bounds.SLACK), np.maximum(lows - load, around[part]), 0.0)
    return leaving, coming


def touching(indptr: Ints, indices: Ints, grid: Ints) -> NDArray[np.int64]:
    """Pairs int64[e, 2] of different grids that touch, both ways round; atoms with a negative grid do not count."""
    tails = np.repeat(grid, np.diff(indptr)).astype(np.int64)
    heads = grid[indices].astype(np.int64)
    keys = np.unique((tails << 32 | heads)[(tails >= 0) & (heads >= 0) & (tails != heads)])
    return np.stack([keys >> 32, keys & 0xFFFFFFFF], axis=1)


def transfers(
    load: Floats, lows: Floats, highs: Floats, pairs: NDArray[np.int64], leaving: Floats, coming: Floats
) -> tuple[Floats, Floats]:
    """Least flow over ``pairs`` (giver, taker) that leaves the fewest households out of band.

    ``leaving`` and ``coming`` float64[g]: what must leave and come at the least, where the flow allows it. Flow
    float64[e] and what stays outside the band float64[g].
    """
    number, edges = len(load), len(pairs)
    outside = bounds.excess(load, lows, highs)
    if not outside.any() or edges == 0:
        return np.zeros(edges), outside
    columns = np.arange(edges)
    ones = np.ones(edges)
    out = sparse.csr_matrix((ones, (pairs[:, 0], columns)), shape=(number, edges))
    into = sparse.csr_matrix((ones, (pairs[:, 1], columns)), shape=(number, edges))
    eye = sparse.identity(number, format="csr")
    rows = sparse.bmat(
        [[into - out, -eye, None], [out - into, None, -eye], [-out, -eye, None], [-into, None, -eye]]
    ).tocsr()
    limits = np.concatenate([highs - load, load - lows, -leaving, -coming])
    cost = np.concatenate([ones, np.full(2 * number, FAR)])
    result = optimize.linprog(cost, A_ub=rows, b_ub=limits, method="highs")
    if result.x is None:
        return np.zeros(edges), outside
    return result.x[:edges], result.x[edges : edges + number] + result.x[edges + number :]


def push(field: Field, grids: Grids, label: Ints, *, margin: float) -> float:
    """Solve the flow for the plan as it stands and pass atoms on accordingly; households passed.

    ``margin``: the share of its band's half width that each grid is asked to keep away from either end, because atoms
    are lumps. Closed grids take no part.
    """
    pairs = touching(field.indptr, field.indices, label)
    pairs = pairs[~grids.closed[pairs].any(axis=1)]
    none = np.zeros(len(grids.load))
    keep = margin * (grids.high - grids.low) / 2
    load = np.where(grids.closed, grids.target, grids.load)
    amount, _ = transfers(load, grids.low + keep, grids.high - keep, pairs, none, none)
    chosen = np.flatnonzero(amount > 1e-9)
    order = chosen[np.lexsort((pairs[chosen, 0], _depth(pairs[chosen], len(grids.load))))]
    members = np.argsort(label, kind="stable")[int((label < 0).sum()) :].astype(np.int32)
    return float(_pass_on(field, grids, label, members, pairs[order], amount[order], keep))


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


@njit(cache=True, nogil=True)
def _pass_on(
    field: Field, grids: Grids, label: Ints, members: Ints, pairs: NDArray[np.int64], amount: Floats, keep: Floats
) -> float:
    """For each pair move atoms from giver to taker until ``amount`` has passed, as exactly as single atoms allow.

    ``members`` int32[a]: the atoms sorted by their label at the beginning, those of grid 0 first.
    """
    mark = np.zeros(len(label), dtype=np.int32)
    stack = np.empty(len(label) + 1, dtype=np.int32)
    choice = np.empty(2 * len(label), dtype=np.int32)
    came = np.empty(2 * len(label), dtype=np.int32)
    start = np.zeros(len(grids.load) + 1, dtype=np.int64)
    for atom in range(len(label)):
        if label[atom] >= 0:
            start[label[atom] + 1] += 1
    start[:] = np.cumsum(start)
    stamp, arrived, total = 1, 0, 0.0
    for row in range(len(pairs)):
        giver, taker = pairs[row, 0], pairs[row, 1]
        left = amount[row]
        if row + 1 == len(pairs) or pairs[row + 1, 0] != giver:
            left = max(left, grids.load[giver] - grids.high[giver] + keep[giver])
        count = 0
        for at in range(start[giver], start[giver + 1]):
            choice[count] = members[at]
            count += 1
        for at in range(arrived):
            choice[count] = came[at]
            count += 1
        while left > 1e-9 and grids.size[giver] > 1:
            best, chosen = np.inf, -1
            for at in range(count):
                atom = choice[at]
                if label[atom] != giver or field.fixed[atom]:
                    continue
                value = _value(field, grids, label, atom, giver, taker, left)
                if value < best:
                    stamp += 2
                    if can_leave(field, label, atom, mark, stamp, stack):
                        best, chosen = value, atom
            if chosen < 0 or arrived == len(label):
                break
            apply_move(field, grids, label, chosen, taker)
            came[arrived] = chosen
            arrived += 1
            left -= field.weight[chosen]
            total += field.weight[chosen]
    return total


@njit(cache=True, nogil=True)
def _value(field: Field, grids: Grids, label: Ints, atom: int, giver: int, taker: int, left: float) -> float:
    """How badly moving ``atom`` fits what is ``left`` to pass (lower is better), ``inf`` where it cannot be."""
    weight = field.weight[atom]
    if weight <= 0.0:
        return np.inf
    gain = 0.0
    touches = False
    for edge in range(field.indptr[atom], field.indptr[atom + 1]):
        other = label[field.indices[edge]]
        if other == taker:
            touches = True
            gain -= 1.0
        elif other == giver:
            gain += 1.0
    if not touches:
        return np.inf
    if weight <= left * (1.0 + 1e-9):
        return float(0.2 * gain - weight / left)
    over = weight - left
    needed = grids.load[giver] - grids.high[giver] > 1e-9 or grids.low[taker] - grids.load[taker] > 1e-9
    return float(10.0 + over / grids.target[giver]) if needed or over < left else np.inf
