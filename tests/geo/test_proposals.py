"""The next sites: need behind a wall, areas where no camera may look, and what is lost when one fails."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo import boundary, cameras, cells, proposals, visibility
from geo.errors import ProblemError

LAT, LNG = 25.9, 112.3
IDS = boundary.fill(shapely.box(LNG - 0.005, LAT - 0.005, LNG + 0.005, LAT + 0.005), 11)
NONE = gpd.GeoSeries([], crs=4326)
OPEN = visibility.walls(gpd.GeoSeries([], crs=4326))


def need_at(*points: tuple[float, float]) -> np.ndarray:
    need = np.zeros(len(IDS))
    at = cells.positions(IDS, cells.from_points([p[0] for p in points], [p[1] for p in points], 11))
    need[at] = 10.0
    return need


def test_the_site_beside_the_need_is_chosen_and_turned_towards_it() -> None:
    lats, lngs = [LAT, LAT + 0.004], [LNG, LNG]
    got = proposals.next_sites(
        lats,
        lngs,
        ids=IDS,
        need=need_at((LAT, LNG + 0.0005)),
        existing=NONE,
        buildings=OPEN,
        kinds=(proposals.FIXED,),
        number=1,
    )
    assert got.candidate.tolist() == [0] and got.heading_deg[0] == pytest.approx(90, abs=31)
    assert got.seen_before == 0 < got.seen_after <= got.bound <= got.need


def test_what_is_seen_already_is_not_sought_again() -> None:
    need = need_at((LAT, LNG), (LAT + 0.003, LNG))
    there = cameras.sectors([LAT], [LNG], [0], [360], [60])
    got = proposals.next_sites(
        [LAT, LAT + 0.003], [LNG, LNG], ids=IDS, need=need, existing=there, buildings=OPEN, number=1
    )
    assert got.candidate.tolist() == [1] and got.seen_before > 5


def test_no_view_enters_a_forbidden_area() -> None:
    yard = shapely.box(LNG + 0.0003, LAT - 0.0002, LNG + 0.0006, LAT + 0.0002)
    got = proposals.next_sites(
        [LAT], [LNG], ids=IDS, need=need_at((LAT, LNG)), existing=NONE, buildings=OPEN, forbidden=yard, number=1
    )
    assert not shapely.intersects(np.asarray(got.views.values, object), yard).any() and len(got.candidate) == 1


def test_a_budget_is_kept_and_questions_without_candidates_are_refused() -> None:
    rng = np.random.default_rng(1)
    got = proposals.next_sites(
        LAT + rng.uniform(-0.004, 0.004, 30),
        LNG + rng.uniform(-0.004, 0.004, 30),
        ids=IDS,
        need=np.ones(len(IDS)),
        existing=NONE,
        buildings=OPEN,
        budget=6.0,
    )
    assert got.cost <= 6.0 and len(set(got.candidate.tolist())) == len(got.candidate) >= 2
    with pytest.raises(ProblemError, match="candidate"):
        proposals.next_sites([], [], ids=IDS, need=np.ones(len(IDS)), existing=NONE, buildings=OPEN, number=1)
    with pytest.raises(ProblemError, match="needs for"):
        proposals.next_sites([LAT], [LNG], ids=IDS, need=[1.0], existing=NONE, buildings=OPEN, number=1)


def test_of_two_cameras_with_the_same_view_neither_is_missed_and_a_lone_one_is() -> None:
    views = cameras.sectors([LAT, LAT, LAT + 0.003], [LNG, LNG, LNG], [0] * 3, [360] * 3, [50] * 3)
    lost, area = proposals.losses(views, ids=IDS, need=np.ones(len(IDS)))
    assert lost[:2].tolist() == [0.0, 0.0] and lost[2] > 0
    assert area[2] == pytest.approx(np.pi * 50**2, rel=0.02)
