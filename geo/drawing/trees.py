"""Tree cuts: two touching grids joined and divided anew along one edge of a random spanning tree.

The step of the recombination chain (DeFord, Duchin & Solomon 2021, "ReCom"), used here as a local search on the grids
that are out of band: it moves many atoms at once, both halves whole by construction, and so finds its way where single
moves are stuck on lumpy weights.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.drawing.field import Field, Floats, Grids, Ints, grid_cost, in_band, next_random


class Bench(NamedTuple):
    """Room to work in, made once: ``place`` int32[a] all -1 between calls, the rest indexed by position in a pair."""

    place: Ints
    members: Ints
    parent: Ints
    order: Ints
    below: Floats
    ones: Ints
    others: Ints
    side: NDArray[np.bool_]
    chosen: NDArray[np.bool_]
    source: Ints
    reached: Ints


def bench(field: Field) -> Bench:
    """A bench large enough for any pair of grids of ``field``."""
    atoms, edges = len(field.weight), len(field.indices) + 1
    return Bench(
        place=np.full(atoms, -1, dtype=np.int32),
        members=np.empty(atoms, dtype=np.int32),
        parent=np.empty(atoms, dtype=np.int32),
        order=np.empty(atoms, dtype=np.int32),
        below=np.empty(atoms, dtype=np.float64),
        ones=np.empty(atoms, dtype=np.int32),
        others=np.empty(atoms, dtype=np.int32),
        side=np.empty(atoms, dtype=np.bool_),
        chosen=np.empty(atoms, dtype=np.bool_),
        source=np.empty(edges, dtype=np.int32),
        reached=np.empty(edges, dtype=np.int32),
    )


@njit(cache=True, nogil=True)
def divide(
    field: Field,
    grids: Grids,
    label: Ints,
    one: int,
    other: int,
    seed: int,
    trees: int,
    band: float,
    deviation: float,
    allowance: float,
    room: Bench,
    random: NDArray[np.uint64],
) -> bool:
    """Join grids ``one`` and ``other`` (``seed`` is an atom of either) and divide them anew.

    Of ``trees`` random trees the cheapest division is made if it costs less than what stood before plus
    ``allowance``. ``other`` may be empty: then ``one`` is split in two whatever that costs. Whether it was done; never
    when the two no longer touch.
    """
    count = _collect(field, label, seed, one, other, room)
    if count < grids.size[one] + grids.size[other]:
        for at in range(count):
            room.place[room.members[at]] = -1
        return False
    held_one = held_other = 0
    for at in range(count):
        if field.fixed[room.members[at]]:
            if label[room.members[at]] == one:
                held_one += 1
            else:
                held_other += 1
    best = np.inf
    if grids.size[other] > 0:
        best = _standing(field, grids, label, count, one, other, band, deviation, room) + allowance - 1e-9
    better = False
    for _ in range(trees):
        _random_tree(field, count, room, random)
        cut, swap, cost = _best_cut(field, grids, label, count, one, other, held_one, held_other, band, deviation, room)
        if cut < 0 or cost >= best:
            continue
        cost += _border_cost(field, count, one, other, cut, swap, room)
        if cost < best:
            best, better = cost, True
            for at in range(count):
                room.chosen[at] = room.side[at] != swap
    for at in range(count):
        atom = room.members[at]
        room.place[atom] = -1
        if better:
            to = one if room.chosen[at] else other
            grids.load[label[atom]] -= field.weight[atom]
            grids.size[label[atom]] -= 1
            grids.load[to] += field.weight[atom]
            grids.size[to] += 1
            label[atom] = to
    return better


@njit(cache=True, nogil=True)
def mend(
    field: Field,
    grids: Grids,
    label: Ints,
    some: Ints,
    passes: int,
    trees: int,
    temperature: float,
    band: float,
    deviation: float,
    room: Bench,
    random: NDArray[np.uint64],
) -> int:
    """Divide those of the grids ``some`` that are out of band anew with grids they touch; how many remain out.

    In up to ``passes`` passes. While there is a temperature a division may also cost a little more, so that what is
    too much can wander on.
    """
    seat = np.full(len(grids.load), -1, dtype=np.int32)
    for atom in range(len(label)):
        if label[atom] >= 0:
            seat[label[atom]] = atom
    touching = np.empty(256, dtype=np.int32)
    left = 0
    for turn in range(passes + 1):
        left = 0
        heat = temperature * (1.0 - (turn + 1.0) / passes)
        for grid in some:
            if in_band(grids, grid) or grids.size[grid] == 0:
                continue
            left += 1
            if turn == passes or grids.closed[grid]:
                continue
            found = _touching(field, label, grid, seat[grid], touching, room)
            for last in range(found - 1, -1, -1):
                pick = int(next_random(random) * (last + 1))
                other = touching[pick]
                touching[pick] = touching[last]
                if grids.closed[other] or in_band(grids, grid):
                    continue
                allowance = -heat * np.log(1.0 - next_random(random)) if heat > 0.0 else 0.0
                if divide(
                    field, grids, label, grid, other, seat[grid], trees, band, deviation, allowance, room, random
                ):
                    _reseat(label, grid, other, seat, room)
        if left == 0:
            break
    return left


@njit(cache=True, nogil=True)
def _reseat(label: Ints, one: int, other: int, seat: Ints, room: Bench) -> None:
    """After a division: an atom of each grid. The first member and the first one across from it are two such."""
    first = room.members[0]
    seat[label[first]] = first
    at = 1
    across = other if label[first] == one else one
    while label[room.members[at]] != across:
        at += 1
    seat[across] = room.members[at]


@njit(cache=True, nogil=True)
def _touching(field: Field, label: Ints, grid: int, seed: int, out: Ints, room: Bench) -> int:
    """The grids that touch ``grid``, into ``out``; their number, at most its length."""
    count = _collect(field, label, seed, grid, grid, room)
    found = 0
    for at in range(count):
        atom = room.members[at]
        room.place[atom] = -1
        for edge in range(field.indptr[atom], field.indptr[atom + 1]):
            other = label[field.indices[edge]]
            if other < 0 or other == grid:
                continue
            known = 0
            while known < found and out[known] != other:
                known += 1
            if known == found and found < len(out):
                out[found] = other
                found += 1
    return found


@njit(cache=True, nogil=True)
def _collect(field: Field, label: Ints, seed: int, one: int, other: int, room: Bench) -> int:
    """Fill ``members`` with the atoms of two grids reached from ``seed`` and ``place`` with their positions."""
    room.members[0] = seed
    room.place[seed] = 0
    count = 1
    at = 0
    while at < count:
        node = room.members[at]
        at += 1
        for edge in range(field.indptr[node], field.indptr[node + 1]):
            near = field.indices[edge]
            if room.place[near] < 0 and (label[near] == one or label[near] == other):
                room.place[near] = count
                room.members[count] = near
                count += 1
    return count


@njit(cache=True, nogil=True)
def _random_tree(field: Field, count: int, room: Bench, random: NDArray[np.uint64]) -> None:
    """A random spanning tree of the members: ``parent`` and ``order`` are positions, root first.

    Grown from a random root by picking a random open edge each time: a cheap relative of the uniform tree.
    """
    for at in range(count):
        room.parent[at] = -2
    room.source[0], room.reached[0] = -1, int(next_random(random) * count)
    waiting, done = 1, 0
    while done < count and waiting > 0:
        pick = int(next_random(random) * waiting)
        source, node = room.source[pick], room.reached[pick]
        waiting -= 1
        room.source[pick], room.reached[pick] = room.source[waiting], room.reached[waiting]
        if room.parent[node] != -2:
            continue
        room.parent[node] = source
        room.order[done] = node
        done += 1
        atom = room.members[node]
        for edge in range(field.indptr[atom], field.indptr[atom + 1]):
            near = room.place[field.indices[edge]]
            if near >= 0 and room.parent[near] == -2:
                room.source[waiting], room.reached[waiting] = node, near
                waiting += 1


@njit(cache=True, nogil=True)
def _best_cut(
    field: Field,
    grids: Grids,
    label: Ints,
    count: int,
    one: int,
    other: int,
    held_one: int,
    held_other: int,
    band: float,
    deviation: float,
    room: Bench,
) -> tuple[int, bool, float]:
    """The tree edge whose cut gives the cheapest pair of loads, whether the part below becomes ``other``, the cost."""
    total = 0.0
    for at in range(count):
        atom = room.members[at]
        total += field.weight[atom]
        room.below[at] = field.weight[atom]
        room.ones[at] = 1 if field.fixed[atom] and label[atom] == one else 0
        room.others[at] = 1 if field.fixed[atom] and label[atom] != one else 0
    cut, swap, least = -1, False, np.inf
    for reached in range(count - 1, 0, -1):
        at = room.order[reached]
        up = room.parent[at]
        room.below[up] += room.below[at]
        room.ones[up] += room.ones[at]
        room.others[up] += room.others[at]
        for turn in range(2):
            if turn == 0 and (room.others[at] > 0 or room.ones[at] != held_one):
                continue
            if turn == 1 and (room.ones[at] > 0 or room.others[at] != held_other):
                continue
            mine = room.below[at] if turn == 0 else total - room.below[at]
            cost = grid_cost(mine, grids.low[one], grids.high[one], grids.target[one], band, deviation)
            cost += grid_cost(total - mine, grids.low[other], grids.high[other], grids.target[other], band, deviation)
            if cost < least:
                cut, swap, least = at, turn == 1, cost
    return cut, swap, least


@njit(cache=True, nogil=True)
def _border_cost(field: Field, count: int, one: int, other: int, cut: int, swap: bool, room: Bench) -> float:
    """What the border and the moves of a cut cost; ``side`` gets what lies below it."""
    for reached in range(count):
        at = room.order[reached]
        room.side[at] = at == cut or (reached > 0 and room.side[room.parent[at]])
    cost = 0.0
    for at in range(count):
        atom = room.members[at]
        to = one if room.side[at] != swap else other
        for edge in range(field.indptr[atom], field.indptr[atom + 1]):
            spot = room.place[field.indices[edge]]
            if spot > at and room.side[spot] != room.side[at]:
                cost += field.tie[edge]
        if field.home[atom] >= 0 and field.home[atom] != to:
            cost += field.stay[atom]
    return cost


@njit(cache=True, nogil=True)
def _standing(
    field: Field,
    grids: Grids,
    label: Ints,
    count: int,
    one: int,
    other: int,
    band: float,
    deviation: float,
    room: Bench,
) -> float:
    """What the pair costs as it stands."""
    cost = grid_cost(grids.load[one], grids.low[one], grids.high[one], grids.target[one], band, deviation)
    cost += grid_cost(grids.load[other], grids.low[other], grids.high[other], grids.target[other], band, deviation)
    for at in range(count):
        atom = room.members[at]
        for edge in range(field.indptr[atom], field.indptr[atom + 1]):
            spot = room.place[field.indices[edge]]
            if spot > at and label[field.indices[edge]] != label[atom]:
                cost += field.tie[edge]
        if field.home[atom] >= 0 and field.home[atom] != label[atom]:
            cost += field.stay[atom]
    return float(cost)
