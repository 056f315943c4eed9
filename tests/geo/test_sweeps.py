"""What a choice costs, point by point."""

from __future__ import annotations

import numpy as np

from geo import drawing
from tests.geo import worlds


def city() -> object:
    return np.random.default_rng(3).uniform(8, 32, 15 * 16)


def test_more_grids_are_smaller_grids() -> None:
    problem = worlds.problem(15, 16, city(), (300, 500), region=np.arange(240) // 120)
    choices = drawing.sweep(problem, rng=np.random.default_rng(0))
    grids = [choice.grids for choice in choices]
    assert grids == sorted(set(grids))
    assert all(choice.out_of_band == 0 for choice in choices)
    middle = min(choices, key=lambda choice: choice.worst_deviation)
    assert grids[0] < middle.grids < grids[-1]


def test_asked_totals_are_made() -> None:
    problem = worlds.problem(15, 16, city(), (300, 500))
    assert [choice.grids for choice in drawing.sweep(problem, rng=np.random.default_rng(0), totals=[4, 7])] == [4, 7]


def test_narrower_bands_move_more() -> None:
    problem = worlds.problem(15, 16, city(), (300, 500))
    rows = np.arange(240) // 16
    plan = drawing.draw(problem, rng=np.random.default_rng(0)).partition
    uneven = type(plan)(plan.cells, np.minimum(rows // 3, 4))
    choices = drawing.moves(problem, uneven, rng=np.random.default_rng(0), widths=(0.25, 0.1, 0.02))
    moved = [choice.moved_households for choice in choices]
    assert moved[0] <= moved[1] <= moved[2]
    assert [round(choice.band, 2) for choice in choices] == [0.25, 0.1, 0.02]
