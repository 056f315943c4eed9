"""What must move at the least when a plan is brought into band: a proof from totals, and the least flow.

Both know that cells are indivisible and grids whole: a grid that loses anybody loses all on some way from there to its
border, and a grid that gains anybody gains all on some way to its own. Nothing less than a band comes into being inside
another grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from geo import bounds
from geo.drawing import chains, flow
from geo.drawing.field import Floats, Ints
from geo.drawing.task import Task
from geo.partition import Partition

FEW = 12
"""Parts of so many grids at most are asked what passes in whole chains; in larger ones there is mostly a chain of any
size at hand."""

SLACK = 1e-8
"""Rows of integer programmes may be missed by so little, counted in bands' high ends."""

COLUMNS = 600
NODES = 5_000
"""The integer programme of a part counts single atoms where it has so many variables of them at most, and ends at so
many nodes, whatever the machine: what it has proved until then holds."""


@dataclass(frozen=True, eq=False)
class Plan:
    """``grid`` int32[a] of each atom, -1 outside all parts; of each grid the ``part``, the ``label`` in the plan, its
    households (``load``), what must leave it and come to it, and what it loses if anybody leaves (``loss``). A grid of
    the plan that lies in several parts is as many grids here."""

    grid: Ints
    part: NDArray[np.int64]
    label: NDArray[np.int64]
    load: Floats
    leaving: Floats
    coming: Floats
    loss: Floats


def proved(task: Task, partition: Partition, *, mended: NDArray[np.bool_] | None = None) -> float:
    """The least households that must change their grid so that all is in band where totals allow; 0 where they don't.

    ``mended`` bool[p]: the parts that are asked for, all when not given. By part what the grids above the cap must
    lose, or half of what those below the band must gain or, dissolved, lose whole (what one loses another may gain), or
    what grids too many hold and grids too few will hold, whichever is most. Grids over several parts must give up all
    but one.
    """
    plan = plan_of(task, partition)
    order = np.lexsort((-plan.load, plan.label))
    main = np.zeros(len(plan.load), dtype=np.bool_)
    main[order[np.flatnonzero(np.diff(plan.label[order], prepend=-1))]] = True
    possible = task.parts.fewest <= task.parts.most
    if mended is not None:
        possible &= mended
    mixed = np.bincount(plan.part[~main], minlength=len(possible)) > 0
    lost = np.bincount(plan.part, weights=plan.leaving * main, minlength=len(possible))
    gained = np.bincount(plan.part, weights=np.minimum(plan.coming, plan.load) / 2, minlength=len(possible))
    simple = np.where(mixed, lost, np.maximum(np.maximum(lost, gained), _by_number(task, plan)))
    return float(plan.load[~main].sum() + simple[possible].sum())


def between(task: Task, partition: Partition, *, mended: NDArray[np.bool_] | None = None) -> float:
    """The least households that pass between touching grids, each that households pass through counted.

    ``mended`` bool[p]: the parts that are asked for, all when not given. In parts of few grids what passes are whole
    chains between any grids (an integer programme for each), which is proved as long as the number of grids stays. In
    others it is no bound where empty cells let grids reach others that they did not touch; nor where grids are added or
    dissolved that need not be, or lie in several parts.
    """
    total = by_part(task, plan_of(task, partition), mended)
    return float(total.sum() if mended is None else total[mended].sum())


def by_part(task: Task, plan: Plan, asked: NDArray[np.bool_] | None = None) -> Floats:
    """The least flow as in ``between`` in each part, float64[p]; without integer programmes where not ``asked``."""
    near = flow.touching(task.atoms.indptr, task.atoms.indices, plan.grid)
    lows, highs = task.parts.low[plan.part], task.parts.high[plan.part]
    passed, _ = flow.transfers(plan.load, lows, highs, near, plan.leaving, plan.coming)
    total = np.bincount(plan.part[near[:, 0]], weights=passed, minlength=len(task.parts.weight))
    few = np.bincount(plan.part, minlength=len(total)) <= FEW
    whole = few & (total > 0) & (task.parts.fewest <= task.parts.most)
    if asked is not None:
        whole &= asked
    for part in np.flatnonzero(whole).tolist():
        total[part] = _in_chains(task, plan, part, total[part])
    return np.asarray(np.maximum(total, _by_number(task, plan)), dtype=np.float64)


def plan_of(task: Task, partition: Partition) -> Plan:
    """What ``partition`` holds in each grid of each part, and what must pass for it to come into band."""
    weight, inside = task.atoms.weight, task.parts.of_atom >= 0
    was = partition.labels[task.atoms.first].astype(np.int64)
    keys, at = np.unique((task.parts.of_atom.astype(np.int64) << 32 | was)[inside], return_inverse=True)
    grid = np.full(len(was), -1, dtype=np.int32)
    grid[inside] = at
    part, label = keys >> 32, keys & 0xFFFFFFFF
    load = np.bincount(at, weights=weight[inside], minlength=len(keys)).astype(np.float64)
    lows, highs = task.parts.low[part], task.parts.high[part]
    chain = chains.least_loss(task.field, grid, len(keys))
    loss = np.minimum(np.where(np.isfinite(chain), chain, load), np.maximum(lows, 0.0))
    around = np.full(len(task.parts.weight), np.inf)
    np.minimum.at(around, part, loss)
    over, under = load > highs * (1 + bounds.SLACK), load < lows * (1 - bounds.SLACK)
    excess = np.where(over, load - highs, 0.0)
    leaving = np.maximum(_in_atoms(grid, weight, excess), np.where(over, np.minimum(loss, load), 0.0))
    coming = np.where(under, np.maximum(lows - load, around[part]), 0.0)
    return Plan(grid, part, label, load, leaving, coming, loss)


def _in_atoms(grid: Ints, weight: Floats, excess: Floats) -> Floats:
    """What leaves at the least where ``excess`` float64[g] must: an atom no lighter than that where all lighter ones
    together are less."""
    inside = np.flatnonzero(grid >= 0)
    mine, own = weight[inside], grid[inside]
    lighter = mine < excess[own] * (1 - bounds.SLACK)
    light = np.bincount(own[lighter], weights=mine[lighter], minlength=len(excess))
    heavier = np.full(len(excess), np.inf)
    np.minimum.at(heavier, own[~lighter], mine[~lighter])
    short = (excess > 0) & (light < excess * (1 - bounds.SLACK)) & np.isfinite(heavier)
    return np.asarray(np.where(short, heavier, excess), dtype=np.float64)


def _by_number(task: Task, plan: Plan) -> Floats:
    """What must move by part, float64[p], because there must be more grids, each of which holds no less than its band
    asks, or fewer."""
    count = np.bincount(plan.part, minlength=len(task.parts.weight))
    few, many = np.maximum(task.parts.fewest - count, 0), np.maximum(count - task.parts.most, 0)
    order = np.lexsort((plan.load, plan.part))
    place = np.arange(len(order)) - np.searchsorted(plan.part[order], plan.part[order])
    dissolved = order[place < many[plan.part[order]]]
    held = np.bincount(plan.part[dissolved], weights=plan.load[dissolved], minlength=len(count))
    return np.asarray(few * task.parts.low + held, dtype=np.float64)


def _in_chains(task: Task, plan: Plan, part: int, otherwise: float) -> float:
    """The least flow in one part between any two of its grids, in whole chains and, where there are not too many, in
    whole atoms; ``otherwise`` where the part cannot be brought into band.

    Variables: how many atoms of one kind (households and grid) pass to each other grid, whether a grid loses anybody,
    and whether a pair passes anybody. Households are counted in bands' high ends.
    """
    mine, unit = np.flatnonzero(plan.part == part), float(task.parts.high[part])
    number, load = len(mine), plan.load[mine] / unit
    gain = np.full((number, number), np.inf)
    members = np.flatnonzero(task.parts.of_atom == part).astype(np.int32)
    for taker in range(number):
        gain[:, taker] = chains.least_gain(task.field, plan.grid, len(plan.load), members, mine[taker])[mine]
    pairs = np.argwhere(np.isfinite(gain))
    if len(pairs) == 0:
        return otherwise
    low = max(task.parts.low[part], 0.0)
    chain = np.minimum(gain[pairs[:, 0], pairs[:, 1]], low) / unit
    kinds = _kinds(task, plan, members, mine)
    kind, pair = np.nonzero(kinds.grid[:, None] == pairs[None, :, 0])
    whole = len(kind) <= COLUMNS
    if not whole:
        kinds = _Kinds(np.arange(number), np.ones(number), plan.load[mine])
        kind, pair = pairs[:, 0], np.arange(len(pairs))
    columns, weight = np.arange(len(kind)), kinds.weight[kind] / unit
    passed = sparse.csr_matrix((weight, (pair, columns)), shape=(len(pairs), len(kind)))
    taken = sparse.csr_matrix((np.ones(len(kind)), (kind, columns)), shape=(len(kinds.grid), len(kind)))
    out, into = (matrix @ passed for matrix in flow.incidence(pairs, number))
    blocks = [
        ([into - out, None, None], 1.0 - load),
        ([out - into, None, None], load - low / unit),
        ([-out, None, None], -plan.leaving[mine] / unit),
        ([-into, None, None], -plan.coming[mine] / unit),
        ([taken, None, None], kinds.number),
        ([out, -sparse.diags(load), None], np.zeros(number)),
        ([-out, sparse.diags(plan.loss[mine] / unit), None], np.zeros(number)),
        ([passed, None, -sparse.diags(load[pairs[:, 0]])], np.zeros(len(pairs))),
        ([-into[pairs[:, 1]], None, sparse.diags(chain)], np.zeros(len(pairs))),
    ]
    sizes = [len(kind), number + len(pairs)]
    result = optimize.milp(
        np.concatenate([weight, np.zeros(sizes[1])]),
        constraints=optimize.LinearConstraint(
            sparse.bmat([row for row, _ in blocks], format="csr"),
            -np.inf,
            np.concatenate([end for _, end in blocks]) + SLACK,
        ),
        integrality=np.repeat([int(whole), 1], sizes),
        bounds=optimize.Bounds(0.0, np.repeat([np.inf, 1.0], sizes)),
        options={"mip_rel_gap": 1e-6, "node_limit": NODES},
    )
    if result.status not in (0, 1) or result.mip_dual_bound is None:
        return otherwise
    return max(0.0, float(result.mip_dual_bound) * unit)


class _Kinds(NamedTuple):
    """Atoms that are alike: int64[k] their grid's place in the part, float64[k] their ``number`` and the households of
    each."""

    grid: NDArray[np.int64]
    number: Floats
    weight: Floats


def _kinds(task: Task, plan: Plan, members: Ints, mine: NDArray[np.int64]) -> _Kinds:
    """The inhabited atoms of a part by grid and households; those that are locked do not pass."""
    free = members[(task.atoms.weight[members] > 0) & ~task.field.fixed[members]]
    place = np.searchsorted(mine, plan.grid[free])
    key = np.stack([place, np.round(task.atoms.weight[free], 9)], axis=1)
    found, count = np.unique(key, axis=0, return_counts=True)
    return _Kinds(found[:, 0].astype(np.int64), count.astype(np.float64), found[:, 1])
