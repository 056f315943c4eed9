"""Workers to grids: least travel, capacity kept, nobody forgotten."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from geo import errors, staffing


def test_each_grid_has_the_worker_that_makes_the_total_least() -> None:
    cost = np.array([[1.0, 2.0], [1.5, 9.0]])
    made = staffing.assign(np.zeros(2), np.zeros(2), np.zeros(2), np.zeros(2), cost_m=cost)
    assert made.worker.tolist() == [1, 0]
    assert made.total_m == 3.5


def test_straight_lines_are_metres() -> None:
    made = staffing.assign(np.array([32.0]), np.array([112.0]), np.array([32.01]), np.array([112.0]))
    assert made.total_m == pytest.approx(1112, abs=1)


def test_no_worker_has_two_grids_where_there_are_enough() -> None:
    cost = np.array([[1.0, 1.0], [50.0, 50.0]])
    made = staffing.assign(
        np.zeros(2), np.zeros(2), np.zeros(2), np.zeros(2), capacity=np.array([5, 5]), cost_m=cost
    )
    assert sorted(made.worker.tolist()) == [0, 1]


def test_the_load_is_spread_and_capacity_kept() -> None:
    cost = np.array([[1.0] * 5, [9.0] * 5])
    made = staffing.assign(np.zeros(2), np.zeros(2), np.zeros(5), np.zeros(5), capacity=np.array([9, 2]), cost_m=cost)
    assert np.bincount(made.worker).tolist() == [3, 2]


def test_what_nobody_can_take_is_listed() -> None:
    cost = np.array([[1.0, 5.0, np.inf]])
    made = staffing.assign(np.zeros(1), np.zeros(1), np.zeros(3), np.zeros(3), cost_m=cost)
    assert made.worker.tolist() == [0, -1, -1]
    assert made.unfilled.tolist() == [1, 2]
    assert np.isnan(made.distance_m[1])


def test_nobody_and_nothing() -> None:
    none = staffing.assign(np.empty(0), np.empty(0), np.zeros(2), np.zeros(2))
    assert none.unfilled.tolist() == [0, 1]
    idle = staffing.assign(np.zeros(2), np.zeros(2), np.empty(0), np.empty(0))
    assert idle.idle.tolist() == [0, 1]
    assert idle.total_m == 0


def test_it_is_as_good_as_trying_everything() -> None:
    rng = np.random.default_rng(1)
    for _ in range(30):
        workers, grids = int(rng.integers(1, 6)), int(rng.integers(1, 6))
        cost = rng.integers(0, 50, (workers, grids)).astype(float)
        made = staffing.assign(np.zeros(workers), np.zeros(workers), np.zeros(grids), np.zeros(grids), cost_m=cost)
        few, many = (cost, grids) if workers <= grids else (cost.T, workers)
        best = min(
            sum(few[row, column] for row, column in enumerate(chosen))
            for chosen in itertools.permutations(range(many), len(few))
        )
        assert made.total_m == best


def test_senseless_input_is_refused() -> None:
    for more in ({"capacity": np.array([-1])}, {"cost_m": np.array([[-1.0]])}, {"cost_m": np.array([[np.nan]])}):
        with pytest.raises(errors.ProblemError):
            staffing.assign(np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(1), **more)
