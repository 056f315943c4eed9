"""Every way in which a plan is not valid has its code; proof is claimed only where there is one."""

from __future__ import annotations

import numpy as np
import pytest

from geo import checks
from geo.partition import Partition
from geo.problem import Problem
from tests.geo import worlds


def found(problem: Problem, labels: list[int]) -> dict[str, checks.Violation]:
    listed = checks.violations(problem, Partition(problem.cells, np.array(labels, dtype=np.int32)))
    return {violation.code: violation for violation in listed}


def test_a_valid_plan_has_no_violation() -> None:
    problem = worlds.problem(1, 4, [2, 2, 2, 2], (3, 5))
    assert found(problem, [0, 0, 1, 1]) == {}
    assert checks.is_valid(problem, Partition(problem.cells, np.array([7, 7, 3, 3])))


def test_a_plan_of_other_cells_is_incomplete() -> None:
    problem = worlds.problem(1, 4, 2.0, (3, 5))
    listed = checks.violations(problem, Partition(problem.cells[:3], np.zeros(3, dtype=np.int32)))
    assert [violation.code for violation in listed] == ["INCOMPLETE"]
    assert listed[0].cells.tolist() == [3]


def test_a_grid_in_pieces() -> None:
    seen = found(worlds.problem(1, 4, 2.0, (3, 5)), [0, 1, 1, 0])
    assert set(seen) == {"IN_PIECES"}
    assert seen["IN_PIECES"].label == 0
    assert seen["IN_PIECES"].cells.tolist() == [0, 3]


def test_a_grid_over_a_region_border() -> None:
    assert "CROSSES_REGION" in found(worlds.problem(1, 4, 2.0, (3, 5), region=[0, 0, 0, 1]), [0, 0, 1, 1])


def test_a_grid_over_a_river_but_not_over_a_road() -> None:
    _, near = worlds.hexagons(1, 4)
    wall, road = worlds.river(near, [0, 0, 0, 1]), worlds.river(near, [0, 0, 0, 1], cost=5.0)
    assert set(found(worlds.problem(1, 4, 2.0, (3, 5), barriers=wall), [0, 0, 1, 1])) == {"CROSSES_BARRIER"}
    assert found(worlds.problem(1, 4, 2.0, (3, 5), barriers=road), [0, 0, 1, 1]) == {}


def test_a_broken_lock_and_an_entered_grid() -> None:
    locked = np.array([5, -1, -1, -1])
    assert set(found(worlds.problem(1, 4, 2.0, (3, 5), locked=locked), [0, 0, 1, 1])) == {"LOCK_BROKEN"}
    assert found(worlds.problem(1, 4, 2.0, (3, 5), locked=locked), [5, 5, 1, 1]) == {}
    closed = worlds.problem(1, 4, 2.0, (3, 5), locked=locked, closed=[5])
    assert set(found(closed, [5, 5, 1, 1])) == {"LOCK_ENTERED"}


def test_a_cut_unit_is_proved_where_a_border_cuts_it() -> None:
    free = found(worlds.problem(1, 4, 2.0, (3, 5), unit=np.array([-1, 0, 0, -1])), [0, 0, 1, 1])
    assert not free["UNIT_CUT"].proved
    forced = worlds.problem(1, 4, 2.0, (3, 5), unit=np.array([-1, 0, 0, -1]), region=[0, 0, 1, 1])
    assert found(forced, [0, 0, 1, 1])["UNIT_CUT"].proved


def test_a_dedicated_grid_has_no_band_and_no_guests() -> None:
    problem = worlds.problem(1, 4, [900, 2, 2, 2], (3, 7), exempt=np.array([True, False, False, False]))
    assert found(problem, [0, 1, 1, 1]) == {}
    assert "EXEMPT_MIXED" in found(problem, [0, 0, 1, 1])


def test_a_missed_number_of_grids() -> None:
    assert "COUNT_MISSED" in found(worlds.problem(1, 4, 2.0, (1, 9), counts=[3]), [0, 0, 1, 1])


@pytest.mark.parametrize(
    ("households", "band", "labels", "code", "proved"),
    [
        ([2, 9, 2, 2], (3, 5), [0, 1, 2, 2], "CELL_OVER_BAND", True),
        ([1, 0, 1, 0], (3, 5), [0, 0, 0, 0], "ISLET_BELOW_BAND", True),
        ([2, 2, 2, 1], (4, 5), [0, 0, 0, 0], "TOTAL_NOT_DIVISIBLE", True),
        ([2, 2, 2, 2], (3, 5), [0, 0, 0, 1], "OVER_BAND", False),
        ([2, 2, 2, 2], (3, 5), [0, 0, 0, 1], "BELOW_BAND", False),
    ],
)
def test_why_a_grid_is_out_of_band(
    households: list[float], band: tuple[float, float], labels: list[int], code: str, proved: bool
) -> None:
    seen = found(worlds.problem(1, 4, households, band), labels)
    assert seen[code].proved is proved
    assert seen[code].cells.size > 0


def test_a_lock_can_force_a_grid_out_of_band() -> None:
    over = worlds.problem(1, 4, 2.0, (3, 5), locked=np.array([1, 1, 1, -1]))
    assert found(over, [1, 1, 1, 0])["LOCK_OVER_BAND"].proved
    below = worlds.problem(1, 4, 2.0, (3, 7), locked=np.array([1, -1, -1, -1]), closed=[1])
    assert found(below, [1, 0, 0, 0])["LOCK_BELOW_BAND"].proved


def test_a_given_number_can_force_grids_out_of_band() -> None:
    assert found(worlds.problem(1, 4, 2.0, (3, 5), counts=[4]), [0, 1, 2, 3])["COUNT_OUT_OF_BAND"].proved


def test_the_ends_of_the_band_are_in_it() -> None:
    assert found(worlds.problem(1, 2, [3, 5], (3, 5)), [0, 1]) == {}
    assert found(worlds.problem(1, 3, [0.1, 0.2, 0.3], (0.6, 0.7)), [0, 0, 0]) == {}
