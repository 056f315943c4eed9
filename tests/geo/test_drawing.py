"""What ``draw`` promises, on tiny known worlds and on any world that chance makes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray

from geo import checks, drawing, errors, partition, stop
from geo.adjacency import Adjacency
from geo.partition import Partition
from geo.problem import Problem
from tests.geo import worlds

UNAVOIDABLE = checks.BAND_CODES | {"UNIT_CUT", "LOCK_BROKEN", "COUNT_MISSED"}


def draw(problem: Problem, seed: int = 1, **more: object) -> drawing.Drawing:
    return drawing.draw(problem, rng=np.random.default_rng(seed), **more)  # type: ignore[arg-type]


def codes(drawn: drawing.Drawing) -> list[str]:
    return [violation.code for violation in drawn.violations]


@dataclass(frozen=True)
class World:
    rows: int
    columns: int
    seed: int
    lumps: int
    river: bool
    regions: int


WORLDS = some.builds(
    World,
    rows=some.integers(1, 9),
    columns=some.integers(1, 9),
    seed=some.integers(0, 10**6),
    lumps=some.integers(0, 3),
    river=some.booleans(),
    regions=some.integers(1, 3),
)

PATIENT = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def made(world: World, **more: object) -> Problem:
    rng = np.random.default_rng(world.seed)
    n = world.rows * world.columns
    missing = set(rng.choice(n, size=n // 6, replace=False).tolist()) if n > 3 else set()
    cells, near = worlds.hexagons(world.rows, world.columns, missing=missing)
    n = len(cells)
    households = [
        rng.uniform(0, 60, n),
        rng.integers(0, 90, n) * (rng.random(n) < 0.4),
        rng.pareto(1.1, n) * 30,
        np.zeros(n),
    ][world.lumps]
    middle = max(1.0, float(households.sum()) / max(1, n // 7))
    side = np.asarray(cells) % world.columns < world.columns // 2
    region = np.arange(n) * world.regions // n
    barriers = worlds.river(near, side) if world.river else None
    band = (0.8 * middle, 1.2 * middle)
    return worlds.problem(
        world.rows, world.columns, households, band, region=region, missing=missing, barriers=barriers, **more
    )


# ------------------------------------------------------------------------------------------------ tiny known worlds


def test_an_even_row_is_cut_evenly() -> None:
    drawn = draw(worlds.problem(1, 12, 10.0, (30, 50)))
    assert codes(drawn) == []
    assert partition.sums(drawn.partition, np.full(12, 10.0)).tolist() == [40.0, 40.0, 40.0]
    assert drawn.partition.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert drawn.stopped_by == "done"


def test_no_grid_crosses_a_region_or_a_river() -> None:
    _, near = worlds.hexagons(4, 8)
    river = worlds.river(near, np.arange(32) % 8 < 4)
    drawn = draw(worlds.problem(4, 8, 10.0, (30, 50), region=np.arange(32) // 16, barriers=river))
    assert codes(drawn) == []
    assert drawn.measures.grids == 8


def test_a_bridge_lets_a_grid_cross() -> None:
    cells, near = worlds.hexagons(1, 4)
    open_bridge = worlds.problem(1, 4, 10.0, (40, 40), barriers={(1, 2): 0.0})
    assert draw(open_bridge).measures.grids == 1
    closed = worlds.problem(1, 4, 10.0, (40, 40), barriers={(1, 2): np.inf})
    assert codes(draw(closed)) == ["ISLET_BELOW_BAND", "ISLET_BELOW_BAND"]


def test_borders_follow_the_main_road() -> None:
    _, near = worlds.hexagons(6, 12)
    side = np.arange(72) % 12 < 6
    problem = worlds.problem(6, 12, 10.0, (270, 450), barriers=worlds.river(near, side, cost=5.0))
    drawn = draw(problem)
    assert drawn.measures.grids == 2
    assert drawn.measures.crossings == 0
    assert len(set(drawn.partition.labels[side])) == 1


def test_a_cell_above_the_cap_is_set_aside_and_named_and_the_rest_is_in_band() -> None:
    drawn = draw(worlds.problem(3, 7, [10.0] * 10 + [999.0] + [10.0] * 10, (40, 60)))
    assert codes(drawn) == ["CELL_OVER_BAND"]
    assert drawn.violations[0].proved
    assert drawn.violations[0].cells.tolist() == [10]
    assert (drawn.partition.labels == drawn.partition.labels[10]).sum() == 1


def test_a_remainder_too_small_for_half_a_grid_joins_the_heavy_cell() -> None:
    drawn = draw(worlds.problem(1, 7, [10.0, 999, 20, 20, 20, 20, 20], (80, 120)))
    assert drawn.partition.labels.tolist() == [0, 0, 1, 1, 1, 1, 1]
    assert codes(drawn) == ["CELL_OVER_BAND"]


@pytest.mark.parametrize(
    ("households", "code"), [([20, 20, 20, 1], "TOTAL_NOT_DIVISIBLE"), ([5, 5, 5, 5], "ISLET_BELOW_BAND")]
)
def test_what_totals_forbid_is_named_as_proved(households: list[float], code: str) -> None:
    drawn = draw(worlds.problem(1, 4, households, (40, 50)))
    assert set(codes(drawn)) == {code}
    assert all(violation.proved for violation in drawn.violations)


def test_what_only_a_search_can_rule_out_is_proved_in_a_small_part() -> None:
    drawn = draw(worlds.problem(1, 4, [30.0, 30, 0, 30], (44, 46)))
    assert set(codes(drawn)) == {"NOT_DIVISIBLE"}
    assert all(violation.proved for violation in drawn.violations)


def test_units_stay_whole() -> None:
    unit = np.array([0, 0, 0, 0, 0, 1, 1, 1, -1, -1, -1, -1])
    drawn = draw(worlds.problem(1, 12, 10.0, (30, 50), unit=unit))
    assert codes(drawn) == []
    assert len(set(drawn.partition.labels[:5])) == 1
    assert len(set(drawn.partition.labels[5:8])) == 1


def test_a_campus_is_a_grid_of_its_own() -> None:
    exempt = np.arange(12) // 3 == 1
    drawn = draw(worlds.problem(1, 12, 10.0, (30, 60), exempt=exempt))
    assert codes(drawn) == []
    assert drawn.measures.dedicated == 1
    assert set(drawn.partition.labels[exempt]).isdisjoint(drawn.partition.labels[~exempt])


def test_locked_cells_keep_their_label_and_free_ones_may_join() -> None:
    locked = np.full(12, -1)
    locked[5:7] = 40
    drawn = draw(worlds.problem(1, 12, 10.0, (30, 50), locked=locked))
    assert codes(drawn) == []
    assert drawn.partition.labels[5:7].tolist() == [40, 40]
    assert (drawn.partition.labels == 40).sum() >= 3


def test_a_closed_grid_stays_as_it_is() -> None:
    locked = np.full(12, -1)
    locked[:4] = 2
    drawn = draw(worlds.problem(1, 12, 10.0, (30, 50), locked=locked, closed=[2]))
    assert codes(drawn) == []
    assert (drawn.partition.labels == 2).tolist() == [True] * 4 + [False] * 8


def test_a_lock_that_nobody_can_keep_is_named_and_costs_no_grid_its_wholeness() -> None:
    locked = np.array([3, -1, -1, 3])
    drawn = draw(worlds.problem(1, 4, 10.0, (10, 20), locked=locked, region=[0, 0, 1, 1]))
    assert codes(drawn) == ["LOCK_BROKEN"]
    assert drawn.measures.whole == 1.0


def test_pieces_of_a_lock_are_joined() -> None:
    locked = np.array([3, -1, -1, 3, -1, -1])
    drawn = draw(worlds.problem(1, 6, 10.0, (20, 40), locked=locked))
    assert codes(drawn) == []
    assert drawn.partition.labels[:4].tolist() == [3, 3, 3, 3]


@pytest.mark.parametrize("given", [2, 3, 4, 6])
def test_a_given_number_of_grids_is_kept(given: int) -> None:
    drawn = draw(worlds.problem(1, 12, 10.0, (30, 50), counts=[given]))
    assert drawn.measures.grids == given
    assert "COUNT_MISSED" not in codes(drawn)
    assert ("COUNT_OUT_OF_BAND" in codes(drawn)) == (given not in (3, 4))


def test_nobody_living_anywhere_is_no_error() -> None:
    drawn = draw(worlds.problem(3, 3, 0.0, (300, 500)))
    assert drawn.measures.grids == 1
    assert codes(drawn) == ["ISLET_BELOW_BAND"]


def test_a_city_of_nothing() -> None:
    assert draw(worlds.problem(0, 0, np.empty(0), (300, 500))).measures.grids == 0


def test_a_deadline_of_nothing_still_gives_whole_grids() -> None:
    drawn = draw(worlds.problem(12, 12, 10.0, (60, 80)), stop=stop.Deadline(0))
    assert drawn.stopped_by == "deadline"
    assert set(codes(drawn)) <= checks.BAND_CODES
    assert drawn.measures.whole == 1.0


def test_a_cancelled_search_says_so() -> None:
    assert draw(worlds.problem(9, 9, 10.0, (60, 80)), stop=stop.Cancelled(lambda: True)).stopped_by == "cancelled"


def test_goals_weigh_and_refuse_nonsense() -> None:
    rng = np.random.default_rng(0)
    problem = worlds.problem(20, 20, rng.uniform(1, 9, 400), (75, 125))
    even = draw(problem, goals=drawing.Goals(deviation=30_000, worst=3000))
    short = draw(problem, goals=drawing.Goals(deviation=1, worst=0))
    assert even.measures.mean_deviation < short.measures.mean_deviation
    assert even.measures.cut_edges > short.measures.cut_edges
    with pytest.raises(errors.ProblemError):
        drawing.Goals(compactness=-1)


def test_a_larger_city_is_all_in_band_and_whole() -> None:
    rng = np.random.default_rng(0)
    n = 60 * 60
    lumps = np.minimum(rng.pareto(1.2, n), 25.0)
    middle = lumps.sum() / (n // 67)
    drawn = draw(worlds.problem(60, 60, lumps, (0.9 * middle, 1.1 * middle)))
    assert codes(drawn) == []
    assert drawn.measures.worst_deviation <= 0.1


# ------------------------------------------------------------------------------------------------- any world at all


@PATIENT
@given(WORLDS)
def test_any_drawing_is_complete_nested_whole_and_honest(world: World) -> None:
    problem = made(world)
    drawn = draw(problem)
    assert set(codes(drawn)) <= checks.BAND_CODES
    assert np.array_equal(drawn.partition.cells, problem.cells)
    assert sorted(set(drawn.partition.labels.tolist())) == list(range(drawn.measures.grids))
    listed = checks.violations(problem, drawn.partition)
    assert {violation.label for violation in listed} == {violation.label for violation in drawn.violations}


@PATIENT
@given(WORLDS, some.integers(0, 10**6))
def test_locks_units_and_dedicated_grids_are_kept_in_any_world(world: World, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = len(made(world).cells)
    locked = np.full(n, -1)
    locked[rng.integers(0, n)] = 7
    unit = np.where(rng.random(n) < 0.3, np.arange(n) // 3, -1)
    exempt = rng.random(n) < 0.1
    problem = made(world, locked=locked, unit=unit, exempt=exempt)
    drawn = draw(problem)
    assert set(codes(drawn)) <= checks.BAND_CODES | {"UNIT_CUT"}
    assert all(violation.proved for violation in drawn.violations if violation.code == "UNIT_CUT")
    assert (drawn.partition.labels[locked >= 0] == 7).all()


@PATIENT
@given(WORLDS)
def test_the_same_seed_gives_the_same_labels(world: World) -> None:
    assert draw(made(world), 3).partition == draw(made(world), 3).partition


@PATIENT
@given(WORLDS, some.integers(0, 10**6))
def test_numbers_of_regions_and_units_do_not_matter(world: World, seed: int) -> None:
    one = made(world, unit=np.arange(len(made(world).cells)) // 2)
    shuffled = np.random.default_rng(seed).permutation(world.regions + 2)
    other = Problem(
        one.cells,
        one.adjacency,
        region=shuffled[one.region],
        households=one.households,
        band=(float(one.band[0][0]), float(one.band[1][0])),  # type: ignore[index]
        unit=np.asarray(one.unit) * 5 + 3,
    )
    assert draw(one).partition == draw(other).partition


@PATIENT
@given(WORLDS)
def test_the_order_in_which_cells_came_does_not_matter(world: World) -> None:
    one = made(world)
    order = np.random.default_rng(world.seed).permutation(len(one.cells))
    place = np.argsort(order)
    cells, region, households = one.cells[order], one.region[order], one.households[order]
    back = np.argsort(cells)
    assert np.array_equal(back, place)
    other = Problem(
        cells[back], one.adjacency, region=region[back], households=households[back], band=one.band
    )
    assert draw(one).partition == draw(other).partition


@PATIENT
@given(WORLDS)
def test_a_valid_start_comes_back_as_it_is(world: World) -> None:
    problem = made(world)
    drawn = draw(problem)
    renamed = Partition(problem.cells, drawn.partition.labels * 3 + 5)
    again = draw(problem, 9, start=renamed)
    if not drawn.violations:
        assert again.partition == renamed
    assert set(codes(again)) <= checks.BAND_CODES


@PATIENT
@given(WORLDS, some.integers(0, 10**6))
def test_any_start_ends_in_a_valid_structure(world: World, seed: int) -> None:
    problem = made(world)
    labels: NDArray[np.int64] = np.random.default_rng(seed).integers(0, 5, len(problem.cells))
    assert set(codes(draw(problem, start=Partition(problem.cells, labels.astype(np.int32))))) <= checks.BAND_CODES


def test_polygons_with_a_graph_of_their_own_are_drawn_too() -> None:
    """A star of one block in the middle and five around it, which touch only the middle and their neighbours."""
    ring = [{0, 1 + (at + 1) % 5, 1 + (at - 1) % 5} for at in range(5)]
    graph: Adjacency = worlds.adjacency([set(range(1, 6)), *ring])
    problem = Problem(
        np.array([3, 8, 20, 21, 40, 77], dtype=np.uint64), graph, region=[0] * 6, households=[5.0] * 6, band=(8, 12)
    )
    assert codes(draw(problem)) == []
