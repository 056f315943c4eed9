"""The exact solver against an integer programme and against trying everything; ``draw`` against the exact solver."""

from __future__ import annotations

import numpy as np
import pytest

from geo import atoms as atoms_
from geo import bounds, checks, drawing, stop
from geo.drawing import programme
from geo.partition import Partition
from geo.problem import Problem
from tests.geo import worlds


def community(seed: int, *, largest: int = 25) -> Problem:
    """A random community of at most ``largest`` cells."""
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(2, 6)), int(rng.integers(2, 6))
    n = rows * columns
    if n > largest:
        rows = largest // columns
        n = rows * columns
    missing = set(rng.choice(n, size=n // 8, replace=False).tolist())
    cells, near = worlds.hexagons(rows, columns, missing=missing)
    n = len(cells)
    households = [rng.uniform(5, 60, n), rng.integers(0, 120, n).astype(float), rng.pareto(1.3, n) * 30][seed % 3]
    middle = max(1.0, households.sum() / int(rng.integers(1, 6)))
    half = float(rng.choice([0.1, 0.25]))
    return worlds.problem(rows, columns, households, ((1 - half) * middle, (1 + half) * middle), missing=missing)


def worst(problem: Problem, plan: Partition) -> float:
    """The worst deviation of the grids that hold no cell above the cap."""
    middle = (float(problem.band[0][0]) + float(problem.band[1][0])) / 2  # type: ignore[index]
    heavy = bounds.parts(problem, atoms_.make(problem)).heavy
    ordinary = [label for label in np.unique(plan.labels) if not heavy[plan.labels == label].any()]
    loads = [problem.households[plan.labels == label].sum() for label in ordinary]
    return max((abs(float(load) - middle) / middle for load in loads), default=0.0)


def everything(problem: Problem) -> float:
    """The least worst deviation over all partitions into whole grids, by trying every one."""
    near = [
        set(problem.adjacency.indices[problem.adjacency.indptr[at] : problem.adjacency.indptr[at + 1]].tolist())
        for at in range(len(problem.cells))
    ]
    middle = (float(problem.band[0][0]) + float(problem.band[1][0])) / 2  # type: ignore[index]

    def whole(group: frozenset[int]) -> bool:
        seen, waiting = set(), [min(group)]
        while waiting:
            at = waiting.pop()
            if at not in seen:
                seen.add(at)
                waiting += [other for other in near[at] if other in group]
        return len(seen) == len(group)

    def best(rest: frozenset[int]) -> float:
        if not rest:
            return 0.0
        first, others = min(rest), sorted(rest - {min(rest)})
        least = np.inf
        for bits in range(1 << len(others)):
            group = frozenset([first, *(other for at, other in enumerate(others) if bits >> at & 1)])
            off = abs(sum(problem.households[at] for at in group) - middle) / middle
            if off < least and whole(group):
                least = min(least, max(off, best(rest - group)))
        return least

    return best(frozenset(range(len(problem.cells))))


@pytest.mark.parametrize("seed", range(12))
def test_it_is_what_trying_everything_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = worlds.problem(2, 4, rng.integers(1, 30, 8).astype(float), (30, 60))
    solved = drawing.exact(problem)
    assert solved.gap == 0
    assert worst(problem, solved.partition) == pytest.approx(everything(problem))


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_the_integer_programme_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    households = rng.integers(5, 30, 12).astype(float)
    problem = worlds.problem(3, 4, households, (0.8 * households.sum() / 3, 1.2 * households.sum() / 3), counts=[3])
    solved = drawing.exact(problem)
    solution = programme.solve(
        problem.adjacency.indptr,
        problem.adjacency.indices,
        households,
        np.full(12, -1, dtype=np.int32),
        3,
        households.sum() / 3,
        limit_s=60.0,
    )
    assert solution.label is not None
    assert worst(problem, Partition(problem.cells, solution.label)) == pytest.approx(solution.bound, abs=1e-5)
    assert solved.reached[0] == pytest.approx(solution.bound, abs=1e-5)


def test_a_part_too_large_for_the_search_goes_to_the_programme_with_its_gap() -> None:
    problem = worlds.problem(6, 10, np.random.default_rng(1).uniform(1, 9, 60), (130, 190))
    solved = drawing.exact(problem, stop=stop.Deadline(3))
    assert {violation.code for violation in solved.violations} <= checks.BAND_CODES
    assert solved.bound[0] <= solved.reached[0] + 1e-9
    assert solved.gap == pytest.approx(solved.reached[0] - solved.bound[0])


def test_locks_and_given_numbers_hold_in_it() -> None:
    locked = np.array([4, -1, -1, 4, -1, -1])
    solved = drawing.exact(worlds.problem(1, 6, 10.0, (10, 50), locked=locked, counts=[2]))
    assert solved.partition.labels[:4].tolist() == [4] * 4
    assert solved.measures.grids == 2


def test_what_cannot_be_is_proved() -> None:
    solved = drawing.exact(worlds.problem(1, 4, [30.0, 30, 0, 30], (44, 46)))
    assert not solved.feasible.any()
    assert {violation.code for violation in solved.violations} == {"NOT_DIVISIBLE"}


def test_drawing_is_feasible_exactly_when_it_can_be_and_nearly_as_even() -> None:
    """200 random communities of at most 25 cells."""
    ratios, judged = [], 0
    for seed in range(200):
        problem = community(seed)
        solved = drawing.exact(problem)
        drawn = drawing.draw(problem, rng=np.random.default_rng(seed))
        parts = bounds.parts(problem, atoms_.make(problem))
        feasible = solved.feasible | ((parts.weight < parts.low / 2) & bool(parts.heavy.any()))
        missed = [violation for violation in drawn.violations if violation.code != "CELL_OVER_BAND"]
        assert bool(feasible.all()) == (not missed), seed
        assert all(violation.proved for violation in drawn.violations), seed
        if solved.feasible.all() and solved.reached.size:
            judged += 1
            ratios.append((worst(problem, drawn.partition) + 1e-6) / (float(solved.reached.max()) + 1e-6))
    assert judged > 100
    assert np.mean(ratios) < 1.1
