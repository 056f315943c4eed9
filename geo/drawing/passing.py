"""Passing households from a grid to one that touches it, both staying whole: single atoms, or chains of them.

A chain begins at an atom that touches the taker and goes on through the giver; the cheapest ways to every atom are
found at once (Dijkstra 1959). Where borders are empty or hold only heavy atoms, chains reach lighter ones behind them;
what the giver would lose with a chain because it hangs on nothing else goes along.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.drawing.field import Field, Floats, Grids, Ints
from geo.drawing.refinement import apply_move

TRIES = 12
"""So many of the best chains are looked at whether the giver stays whole without them."""

OVER = 10.0
"""Passing more than is asked is this much worse than any border."""


class _Room(NamedTuple):
    """Working memory, one entry an atom: ``cost`` of the cheapest way from the taker (inf: none known), the atom
    ``before`` on it (-1: the taker) and what passes with it (``amount``); the atoms met (``met``) and a ``chain`` under
    test, which ``mark`` shows as 1, what is seen of the rest as 2."""

    cost: Floats
    before: Ints
    amount: Floats
    met: Ints
    chain: Ints
    mark: NDArray[np.int8]
    stack: Ints


@njit(cache=True, nogil=True)
def lightest(field: Field, grids: Grids, label: Ints, pairs: NDArray[np.int64]) -> Floats:
    """The fewest households that can pass from giver to taker at once, for each of the ``pairs`` int64[e, 2] in order
    of giver; ``inf`` where none can."""
    found = np.full(len(pairs), np.inf)
    members, start = _members(label, len(grids.load))
    room = _room(len(label))
    for row in range(len(pairs)):
        giver, taker = pairs[row, 0], pairs[row, 1]
        mine = members[start[giver] : start[giver + 1]]
        _, amount = _best_chain(field, grids, label, mine, len(mine), giver, taker, 0.0, np.inf, room)
        found[row] = amount
    return found


@njit(cache=True, nogil=True)
def pass_on(
    field: Field,
    grids: Grids,
    label: Ints,
    pairs: NDArray[np.int64],
    amount: Floats,
    keep: Floats,
    reach: float,
) -> float:
    """For each pair move chains from giver to taker until ``amount`` has passed, as exactly as chains allow.

    ``keep`` float64[g]: how far inside its band each grid is asked to stay; no chain has more than ``reach`` times what
    is left to pass. Households passed.
    """
    members, start = _members(label, len(grids.load))
    room = _room(len(label))
    choice, came, came_to = np.empty(2 * len(label), np.int32), np.empty(len(label), np.int32), 0
    total = 0.0
    for row in range(len(pairs)):
        giver, taker = pairs[row, 0], pairs[row, 1]
        left = amount[row]
        if row + 1 == len(pairs) or pairs[row + 1, 0] != giver:
            left = max(left, grids.load[giver] - grids.high[giver] + keep[giver])
        count = 0
        for at in range(start[giver], start[giver + 1]):
            choice[count] = members[at]
            count += 1
        for at in range(came_to):
            choice[count] = came[at]
            count += 1
        while left > 1e-9 and grids.size[giver] > 1:
            needed = grids.load[giver] - grids.high[giver] > 1e-9 or grids.low[taker] - grids.load[taker] > 1e-9
            most = reach * left if needed else min(reach, 2.0) * left
            length, passed = _best_chain(field, grids, label, choice, count, giver, taker, left, most, room)
            if length == 0 or came_to + length > len(came):
                break
            for at in range(length):
                atom = room.chain[at]
                apply_move(field, grids, label, atom, taker)
                came[came_to] = atom
                came_to += 1
            left -= passed
            total += passed
    return total


@njit(cache=True, nogil=True)
def _room(atoms: int) -> _Room:
    return _Room(
        np.full(atoms, np.inf),
        np.empty(atoms, np.int32),
        np.empty(atoms),
        np.empty(atoms, np.int32),
        np.empty(atoms, np.int32),
        np.zeros(atoms, np.int8),
        np.empty(atoms + 1, np.int32),
    )


@njit(cache=True, nogil=True)
def _members(label: Ints, grids: int) -> tuple[Ints, NDArray[np.int64]]:
    """The atoms sorted by their label, and where those of each grid begin."""
    start = np.zeros(grids + 1, dtype=np.int64)
    for atom in range(len(label)):
        if label[atom] >= 0:
            start[label[atom] + 1] += 1
    start[:] = np.cumsum(start)
    next_ = start.copy()
    members = np.empty(start[-1], dtype=np.int32)
    for atom in range(len(label)):
        if label[atom] >= 0:
            members[next_[label[atom]]] = atom
            next_[label[atom]] += 1
    return members, start


@njit(cache=True, nogil=True)
def _best_chain(
    field: Field,
    grids: Grids,
    label: Ints,
    choice: Ints,
    count: int,
    giver: int,
    taker: int,
    left: float,
    most: float,
    room: _Room,
) -> tuple[int, float]:
    """Length of the chain that fits best what is ``left`` to pass, left in ``room.chain``, and its households; none is
    of more than ``most``. Where nothing is left it is the lightest. ``choice``: the first ``count`` are looked at, some
    of which may have left the giver."""
    met = _ways(field, label, choice, count, giver, taker, most, room)
    target = grids.target[giver]
    value = np.full(met, np.inf)
    for at in range(met):
        atom = room.met[at]
        if field.weight[atom] > 0.0:
            length = _trace(room, atom)
            value[at] = _value(room.amount[atom], _gain(field, label, room, length, giver, taker), left, target)
            _forget(room, length)
    best, passed, kept = np.inf, np.inf, room.chain[:0].copy()
    for _ in range(min(met, TRIES)):
        at = int(np.argmin(value))
        if not value[at] < best:
            break
        value[at] = np.inf
        length, free = _with_hanging(field, label, room, _trace(room, room.met[at]), giver)
        amount = 0.0
        for place in range(length):
            amount += field.weight[room.chain[place]]
        worth = _value(amount, _gain(field, label, room, length, giver, taker), left, target)
        if free and amount <= most and worth < best:
            best, passed, kept = worth, amount, room.chain[:length].copy()
        _forget(room, length)
    for at in range(met):
        room.cost[room.met[at]] = np.inf
    room.chain[: len(kept)] = kept
    return len(kept), passed


@njit(cache=True, nogil=True)
def _ways(field: Field, label: Ints, choice: Ints, count: int, giver: int, taker: int, most: float, room: _Room) -> int:
    """The cheapest ways from ``taker`` to the atoms of ``giver`` that pass no more than ``most``; how many were met."""
    heap = [(0.0, np.int64(0))]
    heap.pop()
    met = 0
    for at in range(count):
        atom = choice[at]
        if label[atom] != giver or field.fixed[atom] or field.weight[atom] > most or room.cost[atom] != np.inf:
            continue
        for edge in range(field.indptr[atom], field.indptr[atom + 1]):
            if label[field.indices[edge]] == taker:
                room.cost[atom] = _price(field, atom, giver, taker)
                room.before[atom], room.amount[atom] = -1, field.weight[atom]
                room.met[met] = atom
                met += 1
                heapq.heappush(heap, (room.cost[atom], np.int64(atom)))
                break
    while len(heap) > 0:
        cost, atom = heapq.heappop(heap)
        if cost > room.cost[atom]:
            continue
        for edge in range(field.indptr[atom], field.indptr[atom + 1]):
            other = field.indices[edge]
            amount = room.amount[atom] + field.weight[other]
            if label[other] != giver or field.fixed[other] or amount > most:
                continue
            farther = cost + _price(field, other, giver, taker)
            if farther < room.cost[other]:
                if room.cost[other] == np.inf:
                    room.met[met] = other
                    met += 1
                room.cost[other], room.before[other], room.amount[other] = farther, atom, amount
                heapq.heappush(heap, (farther, np.int64(other)))
    return met


@njit(cache=True, nogil=True)
def _price(field: Field, atom: int, giver: int, taker: int) -> float:
    """What passing ``atom`` costs: nothing for those that go home, all for those that leave it; something always, so
    that no way is longer than it must be."""
    if field.home[atom] == taker:
        return 1e-6
    return 1e-6 + (field.stay[atom] if field.home[atom] == giver else 0.0)


@njit(cache=True, nogil=True)
def _trace(room: _Room, atom: int) -> int:
    """Put the way to ``atom`` into ``room.chain`` and mark it; its length."""
    length = 0
    while atom >= 0:
        room.chain[length], room.mark[atom] = atom, 1
        length += 1
        atom = room.before[atom]
    return length


@njit(cache=True, nogil=True)
def _forget(room: _Room, length: int) -> None:
    for place in range(length):
        room.mark[room.chain[place]] = 0


@njit(cache=True, nogil=True)
def _gain(field: Field, label: Ints, room: _Room, length: int, giver: int, taker: int) -> float:
    """By how much borders grow when the marked chain passes."""
    gain = 0.0
    for place in range(length):
        atom = room.chain[place]
        for edge in range(field.indptr[atom], field.indptr[atom + 1]):
            other = field.indices[edge]
            if label[other] == taker:
                gain -= 1.0
            elif label[other] == giver and room.mark[other] != 1:
                gain += 1.0
    return gain


@njit(cache=True, nogil=True)
def _value(amount: float, gain: float, left: float, target: float) -> float:
    """How badly a chain of ``amount`` fits what is ``left`` to pass (lower is better)."""
    if left <= 0.0:
        return amount
    if amount <= left * (1.0 + 1e-9):
        return 0.2 * gain - amount / left
    return OVER + (amount - left) / target


@njit(cache=True, nogil=True)
def _with_hanging(field: Field, label: Ints, room: _Room, length: int, giver: int) -> tuple[int, bool]:
    """Length of the marked chain with all that hangs on nothing else, which joins it: the heaviest of what is left
    stays with the giver. And whether all of it may move."""
    heaviest, stays, first = -1.0, -1, length
    for place in range(first):
        near = room.chain[place]
        for edge in range(field.indptr[near], field.indptr[near + 1]):
            seed = field.indices[edge]
            if label[seed] == giver and room.mark[seed] == 0:
                weight, _ = _flood(field, label, room, seed, giver, 0, 2, 0)
                if weight > heaviest:
                    heaviest, stays = weight, seed
    if stays >= 0:
        _flood(field, label, room, stays, giver, 2, 0, 0)
    for place in range(first):
        near = room.chain[place]
        for edge in range(field.indptr[near], field.indptr[near + 1]):
            seed = field.indices[edge]
            if label[seed] == giver and room.mark[seed] == 2:
                _, length = _flood(field, label, room, seed, giver, 2, 1, length)
    for place in range(first, length):
        if field.fixed[room.chain[place]]:
            return length, False
    return length, stays >= 0


@njit(cache=True, nogil=True)
def _flood(
    field: Field, label: Ints, room: _Room, seed: int, giver: int, old: int, new: int, length: int
) -> tuple[float, int]:
    """Turn the marks of all that hangs together with ``seed`` from ``old`` to ``new``; where that is 1 it joins the
    chain of ``length``. Its households and the length now."""
    weight, top = 0.0, 1
    room.stack[0], room.mark[seed] = seed, new
    while top:
        top -= 1
        atom = room.stack[top]
        weight += field.weight[atom]
        if new == 1:
            room.chain[length] = atom
            length += 1
        for edge in range(field.indptr[atom], field.indptr[atom + 1]):
            other = field.indices[edge]
            if label[other] == giver and room.mark[other] == old:
                room.mark[other] = new
                room.stack[top] = other
                top += 1
    return weight, length
