"""The search behind ``rebalance``: flows between touching grids, then annealing with a cost on every household moved.

Energy = out of band, far above all else + households away from their grid + a little for cells away and for borders.
First what is too much is passed on along the least flow in chains of atoms; then gentle heat lets borders find cheaper
ways, and as it falls, what need not have moved goes home. Small parts are tried again while more moves than the least
flow asks for. Other beginnings are tried, with every grid split or dissolved that could be, and one grid more or fewer
where only that brings all into band; each part keeps the best one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from geo import bounds
from geo import stop as stop_
from geo.drawing import flow, least_move, refinement, rounds, starting, stirring, trees
from geo.drawing.field import Field, Grids, tally
from geo.drawing.task import Task, outside
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

SMALL = 2_000
TRIES = 5
DEAR = 1.05
"""Parts of so many atoms at most are tried so often, until no more moves than this times the least flow."""

SWEEPS = 200
PUSHES = 12
MARGIN = 0.05
"""Flows are solved at most so often in a row, each time keeping this much farther inside the band."""

REACH = (1.5, 2.0, 3.0, 5.0, 10.0)
"""In the first of them no chain passes that has more than so many times what is asked: another way may be lighter."""


@dataclass(frozen=True, eq=False)
class Moves:
    """``label`` int32[a] search grid of each atom (-1 alone), ``names`` int32[g] its label in the plan or -1."""

    label: Ints
    names: Ints


def search(task: Task, partition: Partition, watch: stop_.Watch, seed: int) -> tuple[Moves, str]:
    """The moves found and why the search ended."""
    beginning = starting.start(task, partition)
    moves, cost, reason = _play(task, beginning, beginning.troubled, watch, seed)
    if reason is None:
        moves, cost, reason = _again(task, partition, beginning, moves, cost, watch, seed)
    for more in (0, 1, -1):
        if reason is not None:
            break
        if more:
            beginning = starting.start(task, partition, more=more, of=outside(task, moves.label))
        else:
            beginning = starting.start(task, partition, eager=True)
        if beginning.changed.any():
            rival, rival_cost, reason = _play(task, beginning, beginning.changed, watch, seed)
            taken = task.parts.of_atom >= 0
            won = beginning.changed & (rival_cost < cost - 1e-9)
            if more:
                won &= ~outside(task, rival.label)
            taken[taken] = won[task.parts.of_atom[taken]]
            label = np.where(taken, rival.label + len(moves.names), moves.label).astype(np.int32)
            moves = Moves(label, np.concatenate([moves.names, rival.names]))
            cost = np.where(won, rival_cost, cost)
    return moves, reason or "done"


def _again(
    task: Task,
    partition: Partition,
    beginning: starting.Start,
    moves: Moves,
    cost: Floats,
    watch: stop_.Watch,
    seed: int,
) -> tuple[Moves, Floats, str | None]:
    """Other tries where more moves than the least flow asks for and the part is small enough to hope for chance; the
    best of all in each part, its energy, and the reason to stop."""
    small = np.diff(task.ends) <= SMALL
    if not (beginning.troubled & small).any():
        return moves, cost, None
    least = least_move.by_part(task, least_move.plan_of(task, partition), beginning.troubled & small)
    inside = task.parts.of_atom >= 0
    label, cost = moves.label.copy(), cost.copy()
    for turn in range(1, TRIES):
        away = inside & (label != beginning.home)
        moved = np.bincount(task.parts.of_atom[away], weights=task.atoms.weight[away], minlength=len(cost))
        dear = beginning.troubled & small & (moved > DEAR * least)
        if not dear.any():
            break
        rival, rival_cost, reason = _play(task, beginning, dear, watch, seed + turn, straight=turn % 2 == 1)
        won = dear & (rival_cost < cost - 1e-9)
        label[inside] = np.where(won[task.parts.of_atom[inside]], rival.label[inside], label[inside])
        cost[won] = rival_cost[won]
        if reason is not None:
            return Moves(label, moves.names), cost, reason
    return Moves(label, moves.names), cost, None


def _play(
    task: Task,
    beginning: starting.Start,
    chosen: NDArray[np.bool_],
    watch: stop_.Watch,
    seed: int,
    *,
    straight: bool = False,
) -> tuple[Moves, Floats, str | None]:
    """The best moves from one beginning in the ``chosen`` parts, each part's energy, and the reason to stop."""
    label, part, parts = beginning.label.copy(), beginning.part, len(task.parts.weight)
    field = field_of(task, beginning.home)
    grids = rounds.make_grids(task.parts, part, ~chosen[part])
    random = np.array([seed], dtype=np.uint64)
    rounds.settle(rounds.Board(field, grids, label, part, parts), random)
    room, every_grid = trees.bench(field), np.ones(len(part), dtype=np.bool_)
    every = np.flatnonzero(chosen[part]).astype(np.int32)
    inside = task.parts.of_atom >= 0
    inside[inside] = chosen[task.parts.of_atom[inside]]
    active = np.flatnonzero(inside & ~field.fixed).astype(np.int32)
    _push(field, grids, label, watch, () if straight else REACH)
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
        kept = better(field, grids, kept, label) if turn else np.where(label >= 0, label, kept)
        label[:] = kept
        tally(label, field.weight, grids.load, grids.size)
        best = refinement.energy(field, grids, label, part, parts, rounds.BAND, 0.0)
        reason = watch.reason(turn + 1, 0)
        if reason is not None:
            break
    return Moves(kept.astype(np.int32), beginning.names), best, reason


def better(field: Field, grids: Grids, kept: Ints, label: Ints) -> Ints:
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


def _push(field: Field, grids: Grids, label: Ints, watch: stop_.Watch, reaches: tuple[float, ...]) -> None:
    """Pass on what is too much along the least flows, until that leaves no fewer households out of band."""
    before = np.inf
    for again in range(PUSHES):
        outside = float(bounds.excess(grids.load, grids.low, grids.high)[~grids.closed].sum())
        if outside == 0.0 or (again > max(3, len(reaches)) and outside >= before) or watch.reason(0, 0) is not None:
            return
        before = outside
        reach = reaches[again] if again < len(reaches) else np.inf
        flow.push(field, grids, label, margin=min(0.5, MARGIN * again), reach=reach)


def field_of(task: Task, home: Ints) -> Field:
    middle = np.ones(len(home))
    inside = task.parts.of_atom >= 0
    middle[inside] = ((task.parts.low + task.parts.high) / 2)[task.parts.of_atom[inside]]
    stay = STAY * task.atoms.weight / middle + PER_CELL * task.atoms.size
    return task.field._replace(tie=BORDER * task.field.tie, home=home, stay=stay)
