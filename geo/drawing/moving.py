"""The search behind ``rebalance``: flows between touching grids, then annealing with a cost on every household moved.

Energy = out of band, far above all else + households away from their grid + a little for cells away and for borders.
First what is too much is passed on along the least flow; then gentle heat lets borders find cheaper ways, and as it
falls, what need not have moved goes home. Two beginnings are tried, with as few changes in the number of
grids as totals allow, and with every grid split or dissolved that could be; each part keeps the better one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from geo import bounds, graph
from geo import stop as stop_
from geo.drawing import counts, flow, refinement, rounds, stirring, trees
from geo.drawing.field import Field, Grids, tally
from geo.drawing.task import Task, given, numbers
from geo.partition import Partition

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

STAY = 20.0
"""Cost of moving a whole target of households, next to ``rounds.BAND`` for a whole target out of band."""

PER_CELL = 0.003
BORDER = 0.03
"""Cost of moving a cell and of each touching pair cut: where grids have 400 households, as much as moving 0.06 and 0.6
of one. Borders weigh more than cells, because most cells are empty and a ragged border is walked every day."""

FLUID = 0.3
"""From this heat on grids may leave the band for a while, which lets cells be exchanged."""

GENTLE = ((0.0, False), (0.03, False), (0.1, False), (0.3, False), (0.03, False), (0.6, False), (0.03, False))
ROUGH = ((0.3, True), (1.0, True), (0.3, True), (2.0, True))
ROUNDS = GENTLE + ROUGH + ((0.1, False), (0.03, False), (0.1, False), (0.03, False))
"""Heat of each round, in the unit of ``STAY``, and whether grids may be divided anew: that is for parts which gentle
heat leaves out of band, because it moves many at once; what it moved in vain goes home in the last rounds."""

HOPELESS = 0.1
"""Where no number of grids divides the total, a plan is left alone if it is no more than this share of a grid worse
than the best: nobody should move for next to nothing."""

SWEEPS = 200
PUSHES = 12
MARGIN = 0.05
"""Flows are solved at most so often in a row, each time keeping this much farther inside the band."""


@dataclass(frozen=True, eq=False)
class Moves:
    """``label`` int32[a] search grid of each atom (-1 alone), ``names`` int32[g] its label in the plan or -1."""

    label: Ints
    names: Ints


def search(task: Task, partition: Partition, watch: stop_.Watch, seed: int) -> tuple[Moves, str]:
    """The moves found and why the search ended."""
    beginning = _begin(task, partition, eager=False)
    sparing, sparing_cost, reason = _play(task, beginning, beginning.troubled, watch, seed)
    if reason is not None:
        return sparing, reason
    beginning = _begin(task, partition, eager=True)
    if not beginning.changed.any():
        return sparing, "done"
    eager, eager_cost, reason = _play(task, beginning, beginning.changed, watch, seed)
    taken = task.parts.of_atom >= 0
    taken[taken] = (beginning.changed & (eager_cost < sparing_cost - 1e-9))[task.parts.of_atom[taken]]
    label = np.where(taken, eager.label + len(sparing.names), sparing.label).astype(np.int32)
    return Moves(label, np.concatenate([sparing.names, eager.names])), reason or "done"


@dataclass(frozen=True, eq=False)
class _Beginning:
    """Labels to begin with, -2 for atoms that must find a grid; the plan's label (-1 new) and part of each grid; the
    grid where each atom belongs (-1 nowhere); by part, whether anything is wrong with it (``troubled``) and whether
    grids were added or dissolved beyond what totals ask for (``changed``)."""

    label: Ints
    names: Ints
    part: Ints
    home: Ints
    troubled: NDArray[np.bool_]
    changed: NDArray[np.bool_]


def _play(
    task: Task, beginning: _Beginning, chosen: NDArray[np.bool_], watch: stop_.Watch, seed: int
) -> tuple[Moves, Floats, str | None]:
    """The best moves from one beginning in the ``chosen`` parts, each part's energy, and the reason to stop."""
    label, part, parts = beginning.label.copy(), beginning.part, len(task.parts.weight)
    field = _field(task, beginning.home)
    grids = rounds.make_grids(task.parts, part, ~chosen[part])
    random = np.array([seed], dtype=np.uint64)
    rounds.settle(rounds.Board(field, grids, label, part, parts), random)
    room, every_grid = trees.bench(field), np.ones(len(part), dtype=np.bool_)
    every = np.flatnonzero(chosen[part]).astype(np.int32)
    inside = task.parts.of_atom >= 0
    inside[inside] = chosen[task.parts.of_atom[inside]]
    active = np.flatnonzero(inside & ~field.fixed).astype(np.int32)
    _push(field, grids, label, watch)
    best, kept, reason = np.full(parts, np.inf), label.copy(), None
    for turn, (heat, rough) in enumerate(ROUNDS):
        if rough and not ROUNDS[turn - 1][1]:
            active, every = _stuck(task, field, grids, label, part, chosen)
        if len(active) == 0:
            break
        if heat >= FLUID:
            refinement.anneal(field, grids, label, active, 0, SWEEPS, SWEEPS, heat, rounds.BAND, 0.0, random)
        elif heat:
            refinement.warm(field, grids, label, active, SWEEPS, heat, rounds.BAND, random)
        if rough:
            trees.mend(field, grids, label, every, 12, 6, 1.0, rounds.BAND, 0.0, room, random)
            stirring.stir(
                field,
                grids,
                label,
                tries=3,
                temperature=heat,
                band=rounds.BAND,
                deviation=0.0,
                room=room,
                random=random,
            )
        refinement.settle(field, grids, label, active, rounds.BAND, 0.0, every_grid, random)
        kept = _better(field, grids, kept, label) if turn else np.where(label >= 0, label, kept)
        label[:] = kept
        tally(label, field.weight, grids.load, grids.size)
        best = refinement.energy(field, grids, label, part, parts, rounds.BAND, 0.0)
        reason = watch.reason(turn + 1, 0)
        if reason is not None:
            break
    return Moves(kept.astype(np.int32), beginning.names), best, reason


def _better(field: Field, grids: Grids, kept: Ints, label: Ints) -> Ints:
    """``kept`` with all that is better in ``label``.

    Grids that exchanged atoms with one another are judged together and by themselves: what they did costs the others
    nothing, and one bad exchange does not undo the good ones.
    """
    count = len(grids.load)
    changed = np.flatnonzero((kept != label) & (kept >= 0) & (label >= 0))
    pairs = sparse.coo_array((np.ones(len(changed), np.int8), (kept[changed], label[changed])), shape=(count, count))
    clusters, cluster = csgraph.connected_components(pairs, directed=False)
    energy = []
    for one in (kept, label):
        tally(one, field.weight, grids.load, grids.size)
        energy.append(refinement.energy(field, grids, one, cluster, clusters, rounds.BAND, 0.0))
    won = energy[1] < energy[0] - 1e-9
    return np.where((label >= 0) & won[cluster[label]], label, kept).astype(np.int32)


def _stuck(
    task: Task, field: Field, grids: Grids, label: Ints, part: Ints, chosen: NDArray[np.bool_]
) -> tuple[Ints, Ints]:
    """Movable atoms and grids of the parts that are not in band though totals allow it."""
    outside = bounds.excess(grids.load, grids.low, grids.high) > 0
    stuck = chosen & (task.parts.fewest <= task.parts.most)
    stuck &= np.bincount(part[outside], minlength=len(stuck)) > 0
    inside = label >= 0
    inside[inside] = stuck[task.parts.of_atom[inside]]
    return np.flatnonzero(inside & ~field.fixed).astype(np.int32), np.flatnonzero(stuck[part]).astype(np.int32)


def _push(field: Field, grids: Grids, label: Ints, watch: stop_.Watch) -> None:
    """Pass on what is too much along the least flows, until that leaves no fewer households out of band."""
    before = np.inf
    for again in range(PUSHES):
        outside = float(bounds.excess(grids.load, grids.low, grids.high)[~grids.closed].sum())
        if outside == 0.0 or (again > 3 and outside >= before) or watch.reason(0, 0) is not None:
            return
        before = outside
        flow.push(field, grids, label, margin=min(0.5, MARGIN * again))


def _begin(task: Task, partition: Partition, *, eager: bool) -> _Beginning:
    """The plan as a beginning: pieces apart, and as many grids in each part as totals or the given numbers allow."""
    label, names, part = _grids_of_plan(task, partition)
    home = label.copy()
    piece = graph.pieces(task.atoms.indptr, task.atoms.indices, label)
    weight = np.bincount(piece, weights=task.atoms.weight)
    size = np.bincount(piece)
    held = np.bincount(piece, weights=task.lock >= 0)
    first = np.unique(piece, return_index=True)[1]
    owner = label[first]
    order = np.lexsort((first, -size, -weight, -held, owner))
    main = np.zeros(len(order), dtype=np.bool_)
    main[order[np.flatnonzero(np.diff(owner[order], prepend=-2))]] = True
    loose = ~main & (owner >= 0)
    home[loose[piece]] = -1
    label[loose[piece]] = -2
    most = np.where(given(task), numbers(task), np.maximum(task.parts.most, task.parts.fewest))
    fewest = np.where(given(task), numbers(task), np.clip(task.parts.most, 1, task.parts.fewest))
    count = np.bincount(part, minlength=len(most))
    for at in np.flatnonzero(loose)[np.argsort(-weight[loose], kind="stable")].tolist():
        where = int(task.parts.of_atom[first[at]])
        if weight[at] >= task.parts.low[where] and count[where] < most[where]:
            label[piece == at] = len(part)
            part, names = np.append(part, np.int32(where)), np.append(names, np.int32(-1))
            count[where] += 1
    load = np.bincount(label[label >= 0], weights=task.atoms.weight[label >= 0], minlength=len(part)).astype(np.float64)
    outside = np.bincount(
        part, weights=bounds.excess(load, task.parts.low[part], task.parts.high[part]), minlength=len(most)
    )
    middle = (task.parts.low + task.parts.high) / 2
    never = task.parts.fewest > task.parts.most
    troubled = np.where(never, outside > counts.least_outside(task.parts) + HOPELESS * middle, outside > 0)
    troubled[task.parts.of_atom[first[loose]]] = True
    troubled |= (count < fewest) | (count > most) | _unlocked(task, partition)
    plan = _Beginning(label, names, part, home, troubled, np.zeros(len(most), dtype=np.bool_))
    return _counted(task, plan, count, fewest, most, eager)


def _unlocked(task: Task, partition: Partition) -> NDArray[np.bool_]:
    """bool[p]: parts where the plan does not keep a lock or cuts an atom."""
    wrong = partition.labels != partition.labels[task.atoms.first][task.atoms.of_cell]
    held = task.lock[task.atoms.of_cell]
    wrong |= (held >= 0) & (partition.labels != held)
    out = np.zeros(len(task.parts.weight), dtype=np.bool_)
    part = task.parts.of_atom[task.atoms.of_cell[wrong]]
    out[part[part >= 0]] = True
    return out


def _counted(
    task: Task, plan: _Beginning, count: NDArray[np.int64], fewest: Ints, most: Ints, eager: bool
) -> _Beginning:
    """``plan`` with grids added (empty, to be split off) or dissolved until each part's number is allowed."""
    inside = plan.label >= 0
    load = np.bincount(plan.label[inside], weights=task.atoms.weight[inside], minlength=len(plan.part))
    held = np.bincount(plan.label[inside], weights=task.lock[inside] >= 0, minlength=len(plan.part)) > 0
    label, extra, changed = plan.label.copy(), [], plan.changed.copy()
    for where in range(len(count)):
        mine = np.flatnonzero(plan.part == where)
        add = max(0, int(fewest[where] - count[where]))
        drop = max(0, int(count[where] - most[where]))
        if eager:
            heavy = int(((load[mine] > task.parts.high[where]) & (load[mine] >= 2 * task.parts.low[where])).sum())
            light = int((load[mine] < task.parts.low[where] / 2).sum())
            more = max(0, min(heavy, int(most[where] - count[where])) - add)
            less = max(0, min(light, int(count[where] - fewest[where])) - drop)
            add, drop, changed[where] = add + more, drop + less, more + less > 0
        free = mine[~held[mine]]
        gone = free[np.argsort(load[free], kind="stable")][: min(drop, len(mine) - 1)]
        label[np.isin(label, gone)] = -2
        extra += [where] * add
    part = np.concatenate([plan.part, np.array(extra, dtype=np.int32)]).astype(np.int32)
    names = np.concatenate([plan.names, np.full(len(extra), -1, dtype=np.int32)]).astype(np.int32)
    return _renumbered(_Beginning(label, names, part, plan.home, plan.troubled, changed), len(plan.part))


def _renumbered(plan: _Beginning, old: int) -> _Beginning:
    """``plan`` without the grids that hold nothing, except the ``old``-th and later ones, which are to be filled."""
    used = np.isin(np.arange(len(plan.part)), plan.label)
    used[old:] = True
    place = np.append(np.where(used, np.cumsum(used) - 1, -1), -1).astype(np.int32)
    return _Beginning(
        label=np.where(plan.label >= 0, place[np.maximum(plan.label, -1)], plan.label).astype(np.int32),
        names=plan.names[used],
        part=plan.part[used],
        home=place[plan.home],
        troubled=plan.troubled,
        changed=plan.changed,
    )


def _grids_of_plan(task: Task, partition: Partition) -> tuple[Ints, Ints, Ints]:
    """Search label of each atom, the plan's label of each search grid or -1, and its part.

    A grid of the plan that lies in several parts is as many search grids; the heaviest one bears its label.
    """
    was = np.where(task.claim >= 0, task.claim, partition.labels[task.atoms.first]).astype(np.int64)
    inside = task.parts.of_atom >= 0
    keys, at = np.unique((task.parts.of_atom.astype(np.int64) << 32 | was)[inside], return_inverse=True)
    label = np.full(len(was), -1, dtype=np.int32)
    label[inside] = at
    part, plan_label = (keys >> 32).astype(np.int32), (keys & 0xFFFFFFFF).astype(np.int32)
    weight = np.bincount(at, weights=task.atoms.weight[inside], minlength=len(keys))
    held = np.bincount(at, weights=task.lock[inside] >= 0, minlength=len(keys))
    order = np.lexsort((np.arange(len(keys)), -weight, held == 0))
    _, first = np.unique(plan_label[order], return_index=True)
    names = np.full(len(keys), -1, dtype=np.int32)
    names[order[first]] = plan_label[order[first]]
    return label, names, part


def _field(task: Task, home: Ints) -> Field:
    middle = np.ones(len(home))
    inside = task.parts.of_atom >= 0
    middle[inside] = ((task.parts.low + task.parts.high) / 2)[task.parts.of_atom[inside]]
    stay = STAY * task.atoms.weight / middle + PER_CELL * task.atoms.size
    return task.field._replace(tie=BORDER * task.field.tie, home=home, stay=stay)
