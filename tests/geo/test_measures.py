"""Measures of a plan, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from geo import measures
from geo.partition import Partition
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
