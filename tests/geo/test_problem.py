"""What a drawing problem takes, refuses and protects."""

from __future__ import annotations

import numpy as np
import pytest

from geo import errors, problem
from geo.adjacency import Adjacency
from tests.geo import worlds


def test_it_is_frozen_to_the_last_array() -> None:
    households = np.full(6, 10.0)
    made = worlds.problem(2, 3, households, (20, 40))
    households[0] = 99
    assert made.households[0] == 10
    for array in (made.cells, made.region, made.households, made.locked, made.unit, made.exempt, *made.band):
        with pytest.raises(ValueError, match="read-only"):
            np.asarray(array)[:1] = 0
    with pytest.raises(AttributeError):
        made.region = made.region  # type: ignore[misc]


def test_one_band_serves_every_region_and_each_may_have_its_own() -> None:
    region = [0, 0, 1, 1]
    assert problem.low(worlds.problem(1, 4, 1.0, (3, 5), region=region)).tolist() == [3, 3]
    own = worlds.problem(1, 4, 1.0, (np.array([1, 2]), np.array([3, 4])), region=region)  # type: ignore[arg-type]
    assert problem.high(own).tolist() == [3, 4]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"region": [0, 0, -1, 0]}, "region: 1 cells lie in no region"),
        ({"region": [0, 0]}, "region: shape"),
        ({"households": [1, 2, np.nan, 4]}, "households: 1 values"),
        ({"households": [1, 2, -3, 4]}, "households: 1 values"),
        ({"households": [1, 2, np.inf, 4]}, "households: 1 values"),
        ({"band": (5, 3)}, "band"),
        ({"band": (0, 0)}, "band"),
        ({"band": (1, np.inf)}, "band"),
        ({"band": (1,)}, "band"),
        ({"locked": [0, 0, -2, 0]}, "locked: 1 values below -1"),
        ({"locked": [0.5, 0, 0, 0]}, "locked: type float64"),
        ({"unit": [1, 2, 3]}, "unit: shape"),
        ({"exempt": [0.5]}, "exempt: type"),
        ({"counts": [0]}, "counts"),
    ],
)
def test_every_misfit_is_told(change: dict[str, object], said: str) -> None:
    arguments: dict[str, object] = {"households": [1, 2, 3, 4], "band": (1, 9), **change}
    cells, near = worlds.hexagons(1, 4)
    arguments.setdefault("region", [0, 0, 0, 0])
    with pytest.raises(errors.ProblemError, match=said):
        problem.Problem(cells, worlds.adjacency(near), **arguments)  # type: ignore[arg-type]


def test_all_misfits_are_told_at_once() -> None:
    cells, near = worlds.hexagons(1, 3)
    with pytest.raises(errors.ProblemError) as raised:
        problem.Problem(cells[::-1], worlds.adjacency(near), region=[0], households=[-1, 0, 0], band=(2, 1))
    assert len(raised.value.values) == 4


def test_cells_are_sorted_and_the_graph_is_theirs_and_symmetric() -> None:
    cells, near = worlds.hexagons(1, 3)
    good = worlds.adjacency(near)
    lame = Adjacency(np.array([0, 1, 1, 1], np.int32), np.array([1], np.int32), np.zeros(1, np.float32))
    one_sided = Adjacency(np.array([0, 1, 2, 3], np.int32), np.array([1, 2, 0], np.int32), np.zeros(3, np.float32))
    for chosen, graph in ((cells[::-1], good), (cells[:2], good), (cells, lame), (cells, one_sided)):
        with pytest.raises(errors.ProblemError):
            problem.Problem(chosen, graph, region=[0] * len(chosen), households=[1.0] * len(chosen), band=(1, 2))


def test_exempt_is_told_by_cell_or_by_region() -> None:
    region = [0, 1, 1, 2]
    by_cell = worlds.problem(1, 4, 1.0, (1, 2), region=region, exempt=np.array([False, True, False, False]))
    by_region = worlds.problem(1, 4, 1.0, (1, 2), region=region, exempt=[1])
    assert np.asarray(by_cell.exempt).tolist() == [False, True, False, False]
    assert np.asarray(by_region.exempt).tolist() == [False, True, True, False]


def test_restricting_keeps_numbers_and_inner_edges() -> None:
    whole = worlds.problem(2, 3, [1, 2, 3, 4, 5, 6], (1, 9), region=[0, 0, 1, 1, 1, 1])
    part = problem.restrict(whole, whole.region == 1)
    assert part.cells.tolist() == [2, 3, 4, 5]
    assert part.region.tolist() == [1, 1, 1, 1]
    assert part.households.sum() == 18


def test_a_problem_of_nothing_is_a_problem() -> None:
    assert len(worlds.problem(0, 0, np.empty(0), (1, 2)).cells) == 0


@pytest.mark.parametrize(
    ("total", "households", "shares"),
    [
        (10, [100, 100], [5, 5]),
        (3, [1000, 0, 0], [1, 1, 1]),
        (10, [600, 300, 100], [6, 3, 1]),
        (7, [0, 0], [4, 3]),
    ],
)
def test_given_grids_are_shared_out_by_households(total: int, households: list[float], shares: list[int]) -> None:
    assert problem.apportion(total, households).tolist() == shares


def test_regions_in_pieces_get_a_grid_for_each_before_the_rest_is_shared() -> None:
    assert problem.apportion(7, [100, 100, 100], least=[1, 4, 1]).tolist() == [2, 4, 1]
    with pytest.raises(errors.ProblemError, match="the 6 they need"):
        problem.apportion(5, [100, 100, 100], least=[1, 4, 1])


def test_too_few_given_grids_are_refused() -> None:
    with pytest.raises(errors.ProblemError, match="2 grids do not give 3 regions"):
        problem.apportion(2, [1, 1, 1])
