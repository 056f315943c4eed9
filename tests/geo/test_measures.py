"""Measures of a plan, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from geo import adjacency, bounds, cells, drawing, measures
from geo import atoms as atoms_
from geo.partition import Partition
from geo.problem import Problem
from tests.geo import worlds


def test_a_plan_in_numbers() -> None:
    problem = worlds.problem(1, 6, [4, 4, 4, 4, 1, 1], (6, 10))
    seen = measures.of_plan(problem, Partition(problem.cells, np.array([0, 0, 1, 1, 2, 2])))
    assert (seen.grids, seen.ordinary, seen.dedicated) == (3, 3, 0)
    assert seen.in_band == pytest.approx(2 / 3)
    assert seen.whole == 1.0
    assert seen.worst_deviation == pytest.approx(0.75)
    assert seen.mean_deviation == pytest.approx(0.25)
    assert seen.outside == 4
    assert seen.cut_edges == 2


def test_deviation_of_a_grid_is_zero_inside_the_band_and_a_ratio_of_its_end_outside() -> None:
    problem = worlds.problem(1, 3, [5, 8, 15], (6, 10))
    grids = measures.per_grid(problem, Partition(problem.cells, np.array([4, 7, 9])))
    assert grids.labels.tolist() == [4, 7, 9]
    assert grids.deviation.tolist() == pytest.approx([-1 / 6, 0.0, 0.5])
    assert grids.cut_edges.tolist() == [1, 2, 1]


def test_pieces_and_crossings() -> None:
    _, near = worlds.hexagons(1, 4)
    road = worlds.river(near, [0, 0, 0, 1], cost=3.0)
    problem = worlds.problem(1, 4, 2.0, (3, 5), barriers=road)
    plan = Partition(problem.cells, np.array([0, 0, 1, 1]))
    assert measures.of_plan(problem, plan).crossings == 3.0
    torn = Partition(problem.cells, np.array([0, 1, 1, 0]))
    assert measures.per_grid(problem, torn).pieces.tolist() == [2, 1]
    assert measures.of_plan(problem, torn).whole == 0.5


def test_dedicated_grids_do_not_count_for_the_band() -> None:
    problem = worlds.problem(1, 3, [99, 4, 4], (6, 10), exempt=np.array([True, False, False]))
    seen = measures.of_plan(problem, Partition(problem.cells, np.array([0, 1, 1])))
    assert (seen.ordinary, seen.dedicated, seen.in_band, seen.outside) == (1, 1, 1.0, 0.0)


def test_regions_are_measured_apart() -> None:
    problem = worlds.problem(1, 4, [4, 4, 1, 1], (6, 10), region=[0, 0, 1, 1])
    seen = measures.per_region(problem, Partition(problem.cells, np.array([0, 0, 1, 1])))
    assert {region: one.in_band for region, one in seen.items()} == {0: 1.0, 1: 0.0}


def test_moved_households_and_compactness() -> None:
    cells = np.arange(3, dtype=np.uint64)
    one, other = Partition(cells, np.array([0, 0, 1])), Partition(cells, np.array([0, 1, 1]))
    assert measures.moved(one, other, np.array([1.0, 2.0, 4.0])) == 2.0
    square = measures.polsby_popper(np.array([1.0]), np.array([4.0]))
    assert square[0] == pytest.approx(np.pi / 4)


def test_the_shape_of_a_disk_of_cells_is_nearly_round_and_that_of_a_row_is_not() -> None:
    ids = cells.disk(int(cells.from_points(np.array([26.4]), np.array([112.4]), 10)[0]), 4)
    problem = Problem(
        ids, adjacency.build(ids), region=np.zeros(len(ids), np.int32), households=np.ones(len(ids)), band=(1, 99)
    )
    whole = measures.shapes(problem, Partition(ids, np.zeros(len(ids), np.int32)))
    alone = measures.shapes(problem, Partition(ids, np.arange(len(ids), dtype=np.int32)))
    assert whole.area_m2[0] == pytest.approx(cells.areas_m2(ids).sum(), rel=1e-3)
    assert alone.roundness == pytest.approx(np.full(len(ids), np.pi / (2 * np.sqrt(3))), rel=0.02)
    assert 0.4 < whole.roundness[0] < alone.roundness.min()
    assert alone.diameter_m.max() == alone.round_m.max() == 0.0
    assert whole.round_m[0] > whole.diameter_m[0] > 0


@pytest.mark.parametrize("seed", range(8))
def test_no_plan_is_better_than_what_is_proved(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = worlds.problem(4, 5, rng.integers(1, 40, 20).astype(float), (90, 140), region=np.arange(20) // 10)
    best = drawing.exact(problem)
    found = measures.gaps(problem, best.partition)
    held = bounds.least_deviation(bounds.parts(problem, atoms_.make(problem)), atoms_.make(problem))
    assert (found.bound <= found.worst + 1e-9).all()
    assert (held <= best.reached + 1e-9).all()
    assert (found.fewest <= found.grids).all() or not best.feasible.all()
