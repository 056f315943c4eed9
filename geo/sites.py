"""Choosing sites: which few of many options together cover the most weight, under a number or a budget.

The maximum-coverage problem with at most one option per site. ``choose`` is greedy (lazy evaluation: a gain can only
shrink, so a stale gain that is still the best is final), then swaps single options while that helps, and proves how
far it can be from the best: the Lagrangian bound of the linear relaxation, improved by subgradient steps
(Church & ReVelle 1974 for the problem; Galvão & ReVelle 1996 for the bound). The bound is never below the value.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import ProblemError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Options:
    """What can be chosen: option i covers the demands ``indices[indptr[i]:indptr[i+1]]``.

    ``indptr`` int64[o+1], ``indices`` int64[m] (demand positions, unique within an option), ``site`` int64[o] (at most
    one option of a site is taken), ``cost`` float64[o] ≥ 0.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int64]
    site: NDArray[np.int64]
    cost: Floats


@dataclass(frozen=True)
class Choice:
    """``options`` int64 in the order of choosing, ``gains`` float64 (the last ones after swaps are recomputed in that
    order), ``value`` the weight covered, ``bound`` no choice can exceed it, ``cost`` in total."""

    options: NDArray[np.int64]
    gains: Floats
    value: float
    bound: float
    cost: float


def make(sets: list[ArrayLike], *, site: ArrayLike | None = None, cost: ArrayLike | None = None) -> Options:
    """Options from one array of demand positions each."""
    rows = [np.unique(np.asarray(s, dtype=np.int64)) for s in sets]
    indptr = np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64)
    indices = np.concatenate(rows) if rows else np.empty(0, dtype=np.int64)
    return Options(
        indptr,
        indices.astype(np.int64),
        np.arange(len(rows)) if site is None else np.asarray(site, dtype=np.int64),
        np.ones(len(rows)) if cost is None else np.asarray(cost, dtype=np.float64),
    )


def choose(
    options: Options,
    weights: ArrayLike,
    *,
    number: int | None = None,
    budget: float | None = None,
    rounds: int = 300,
    kicks: int = 40,
    rng: np.random.Generator | None = None,
) -> Choice:
    """The options that together cover the most of ``weights`` float64[d] ≥ 0 (what is already covered has weight 0).

    At most ``number`` options and at most ``budget`` of their cost; one of the two is needed. ``rounds`` of subgradient
    steps sharpen the bound. While the value is below the bound, ``kicks`` random disturbances (a few picks replaced,
    then swapped again) look for better choices; ``rng`` None is a fixed seed.
    Raises ``ProblemError`` for weights or costs that are negative or not finite.
    """
    weight = np.ascontiguousarray(weights, dtype=np.float64)
    count = len(options.indptr) - 1
    if number is None and budget is None:
        raise ProblemError("choosing sites needs a number of sites or a budget")
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise ProblemError("weights must be finite and not negative", values=weight[~(weight >= 0)])
    if not (np.isfinite(options.cost).all() and (options.cost >= 0).all()):
        raise ProblemError("costs must be finite and not negative", values=options.cost)
    if len(options.indices) and not 0 <= options.indices.min() <= options.indices.max() < len(weight):
        raise ProblemError(f"an option covers a demand outside 0…{len(weight) - 1}", values=options.indices.max())
    most = count if number is None else min(number, count)
    money = np.inf if budget is None else float(budget)
    chosen = _greedy(options, weight, most, money, per_cost=False)
    if np.isfinite(money):  # with costs, the better of gain and gain per cost keeps the guarantee of the greedy
        other = _greedy(options, weight, most, money, per_cost=True)
        chosen = max(chosen, other, key=lambda picks: _value(options, weight, picks))
    picks = np.array(chosen, dtype=np.int64)
    _swap(options.indptr, options.indices, options.site, options.cost, weight, picks, money)
    value = _value(options, weight, picks.tolist())
    bound = max(value, _bound(options, weight, most, money, value, rounds))
    random = np.random.default_rng(0) if rng is None else rng
    for _ in range(kicks if len(picks) else 0):
        if value >= bound * (1 - 1e-9):
            break
        trial = _disturbed(options, picks, money, random)
        _swap(options.indptr, options.indices, options.site, options.cost, weight, trial, money)
        reached = _value(options, weight, trial.tolist())
        if reached > value:
            picks, value = trial, reached
    covered = np.zeros(len(weight), dtype=bool)
    gains = []
    for pick in picks:
        row = options.indices[options.indptr[pick] : options.indptr[pick + 1]]
        gains.append(float(weight[row][~covered[row]].sum()))
        covered[row] = True
    return Choice(picks, np.array(gains), value, max(value, bound), float(options.cost[picks].sum()))


def _disturbed(options: Options, picks: NDArray[np.int64], money: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """A copy with up to three picks replaced by random options of free sites that the budget allows."""
    trial = picks.copy()
    for at in rng.choice(len(trial), size=min(3, len(trial)), replace=False):
        option = int(rng.integers(len(options.cost)))
        others = np.delete(trial, at)
        spent = float(options.cost[others].sum() + options.cost[option])
        if options.site[option] not in options.site[others] and spent <= money + 1e-9:
            trial[at] = option
    return trial


def _value(options: Options, weight: Floats, picks: list[int]) -> float:
    rows = [options.indices[options.indptr[p] : options.indptr[p + 1]] for p in picks]
    return float(weight[np.unique(np.concatenate(rows))].sum()) if rows else 0.0


def _greedy(options: Options, weight: Floats, most: int, money: float, *, per_cost: bool) -> list[int]:
    indptr, indices = options.indptr, options.indices
    left = weight.copy()
    scale = np.maximum(options.cost, 1e-12) if per_cost else np.ones(len(options.cost))
    gains = _sums(indptr, indices, left) / scale
    heap = [(-gain, option) for option, gain in enumerate(gains.tolist()) if gain > 0]
    heapq.heapify(heap)
    taken: set[int] = set()
    picks: list[int] = []
    spent = 0.0
    while heap and len(picks) < most:
        stale, option = heapq.heappop(heap)
        if int(options.site[option]) in taken or spent + options.cost[option] > money + 1e-9:
            continue
        row = indices[indptr[option] : indptr[option + 1]]
        gain = float(left[row].sum()) / float(scale[option])
        if gain <= 0:
            continue
        if gain < -stale - 1e-12 and heap and -heap[0][0] > gain:
            heapq.heappush(heap, (-gain, option))
            continue
        picks.append(option)
        taken.add(int(options.site[option]))
        spent += float(options.cost[option])
        left[row] = 0.0
    return picks


def _sums(indptr: NDArray[np.int64], indices: NDArray[np.int64], values: Floats) -> Floats:
    running = np.concatenate([[0.0], np.cumsum(values[indices])])
    return np.asarray(running[indptr[1:]] - running[indptr[:-1]], dtype=np.float64)


@numba.njit(nogil=True, cache=True)
def _swap(indptr, indices, site, cost, weight, picks, money):  # type: ignore[no-untyped-def]
    """Replace single picks by better options, in place, until no swap helps."""
    often = np.zeros(len(weight), dtype=np.int64)
    spent = 0.0
    for pick in picks:
        spent += cost[pick]
        for k in range(indptr[pick], indptr[pick + 1]):
            often[indices[k]] += 1
    taken = np.zeros(site.max() + 1 if len(site) else 1, dtype=np.bool_)
    for pick in picks:
        taken[site[pick]] = True
    improved = True
    while improved:
        improved = False
        for at in range(len(picks)):
            old = picks[at]
            loss = 0.0
            for k in range(indptr[old], indptr[old + 1]):
                often[indices[k]] -= 1
                if often[indices[k]] == 0:
                    loss += weight[indices[k]]
            taken[site[old]] = False
            best, best_gain = old, loss * (1 + 1e-9) + 1e-12
            for option in range(len(indptr) - 1):
                if taken[site[option]] or spent - cost[old] + cost[option] > money + 1e-9:
                    continue
                gain = 0.0
                for k in range(indptr[option], indptr[option + 1]):
                    if often[indices[k]] == 0:
                        gain += weight[indices[k]]
                if gain > best_gain:
                    best, best_gain = option, gain
            improved |= best != old
            picks[at] = best
            taken[site[best]] = True
            spent += cost[best] - cost[old]
            for k in range(indptr[best], indptr[best + 1]):
                often[indices[k]] += 1


def _bound(options: Options, weight: Floats, most: int, money: float, value: float, rounds: int) -> float:
    """An upper bound on every choice: for prices 0 ≤ λ ≤ weight on the demands, Σ(weight − λ) + the best options at
    those prices, ignoring overlaps; prices are moved against the overlap."""
    indptr, indices = options.indptr, options.indices
    order = np.argsort(options.site, kind="stable")
    site_start = np.flatnonzero(np.diff(options.site[order], prepend=-1))
    coverable = np.zeros(len(weight), dtype=bool)
    coverable[indices] = True
    weight = np.where(coverable, weight, 0.0)
    price = weight / np.maximum(1, np.bincount(indices, minlength=len(weight)))
    best, step, stuck = float(weight.sum()), 1.0, 0
    owner = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    for _ in range(rounds):
        worth = _sums(indptr, indices, price)
        top = np.maximum.reduceat(worth[order], site_start) if len(order) else np.empty(0)
        ranked = np.sort(top)[::-1]
        used = float(ranked[:most].sum())
        if np.isfinite(money):
            used = min(used, _fractional(worth, options.cost, money))
        now = float((weight - price).sum()) + used
        if now < best - 1e-9 * max(1.0, best):
            best, stuck = now, 0
        else:
            stuck += 1
            if stuck >= 10:
                step, stuck = step / 2, 0
        if best <= value * (1 + 1e-9) or step < 1e-4 or most == 0:
            break
        threshold = ranked[most - 1] if most <= len(ranked) else 0.0
        picked = worth >= max(threshold, 1e-300)
        cover = np.bincount(indices[picked[owner]], minlength=len(weight)).astype(np.float64)
        slope = np.where(coverable, 1.0 - cover, 0.0)  # of −L: raise prices nobody pays, lower those paid twice
        length = float((slope * slope).sum())
        if length == 0.0:
            break
        price = np.clip(price + step * max(now - value, 1e-9) / length * slope, 0.0, weight)
    return best


def _fractional(worth: Floats, cost: Floats, money: float) -> float:
    """The value of the fractional knapsack: an upper bound under a budget."""
    order = np.argsort(-worth / np.maximum(cost, 1e-12), kind="stable")
    spent = np.cumsum(cost[order])
    whole = int(np.searchsorted(spent, money, side="right"))
    total = float(worth[order[:whole]].sum())
    if whole < len(order):
        before = float(spent[whole - 1]) if whole else 0.0
        total += float(worth[order[whole]]) * (money - before) / max(float(cost[order[whole]]), 1e-12)
    return total
