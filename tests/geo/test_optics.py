"""Tilt and detail: strips known by trigonometry, a fall-off known by integration, a dome that looks elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import boundary, cameras, cells, geodesy, optics

LAT, LNG = 25.9, 112.3
IDS = cells.disk(int(cells.from_points([LAT], [LNG], 11)[0]), 12)


def site(**columns) -> pd.DataFrame:
    row = {"lat": [LAT], "lng": [LNG], "heading_deg": [0.0], "angle_deg": [90.0], "range_m": [100.0], "online": [True]}
    return pd.DataFrame({**row, **columns})


def test_a_tilted_camera_sees_a_strip_that_trigonometry_knows() -> None:
    half = np.degrees(np.arctan(9 / 16))  # of a field of 90°
    near, far = optics.band([6.0, 6.0], [35.0, -35.0], [90.0, 90.0])
    assert near == pytest.approx(6 / np.tan(np.radians(35 + half)))
    assert far == pytest.approx(6 / np.tan(np.radians(35 - half)))


@pytest.mark.parametrize(
    ("height", "tilt", "angle", "near", "far"),
    [
        (np.nan, 30.0, 60.0, 0.0, np.inf),
        (-np.inf, 30.0, 60.0, 0.0, np.inf),
        (0.0, 30.0, 60.0, 0.0, np.inf),
        (5.0, np.nan, 60.0, 0.0, np.inf),
        (5.0, 30.0, 360.0, 0.0, np.inf),
        (5.0, 90.0, 60.0, 0.0, 5.0 * np.sqrt(3) / 3 * 9 / 16),  # straight down: tan(v/2) = tan(30°) · 9/16
    ],
)
def test_what_is_unknown_cuts_nothing_off_and_straight_down_the_foot_is_seen(height, tilt, angle, near, far) -> None:
    found = optics.band([height], [tilt], [angle])
    assert (found[0][0], found[1][0]) == pytest.approx((near, far))


@given(st.floats(2, 30), st.floats(0, 89), st.floats(10, 120))
def test_the_near_edge_is_never_beyond_the_far_one(height: float, tilt: float, angle: float) -> None:
    near, far = optics.band([height], [tilt], [angle])
    assert 0 <= near[0] < far[0]


def test_the_view_of_a_tilted_camera_is_the_sector_between_its_edges() -> None:
    near, far = (float(v[0]) for v in optics.band([6.0], [45.0], [60.0]))
    looks = {"heading_deg": 0.0, "angle_deg": 60.0, "range_m": 100.0, "height_m": [6.0]}
    tilted = cameras.views([LAT], [LNG], tilt_deg=[45.0], **looks)
    area = geodesy.areas_m2(np.asarray(tilted.values, object))[0]
    assert area == pytest.approx(np.pi / 6 * (far**2 - near**2), rel=0.01)
    level = cameras.views([LAT], [LNG], tilt_deg=[np.nan], **looks)
    assert geodesy.areas_m2(np.asarray(level.values, object))[0] == pytest.approx(np.pi / 6 * 100**2, rel=0.01)


def test_detail_falls_off_with_one_over_the_distance() -> None:
    found = cameras.coverage(IDS, site(), patch_m=1.0)
    sharp = 100 * optics.SHARP
    expected = np.pi / 4 * sharp**2 + np.pi / 2 * sharp * (100 - sharp)  # ∫ min(1, s/r) r dr over a quarter circle
    assert found.clear_m2.sum() == pytest.approx(expected, rel=0.01)
    assert found.clear_m2.sum() < found.seen_m2[:, 0].sum()


def test_a_camera_that_looks_all_round_dwells_a_sixth_of_the_time() -> None:
    round_view = cameras.coverage(IDS, site(heading_deg=[np.nan], angle_deg=[360.0]), patch_m=1.0)
    sector = cameras.coverage(IDS, site(), patch_m=1.0)
    assert round_view.clear_m2.sum() == pytest.approx(4 * sector.clear_m2.sum() / 6, rel=0.02)
    assert round_view.seen_m2[:, 0].sum() == pytest.approx(4 * sector.seen_m2[:, 0].sum(), rel=0.01)


def test_of_two_cameras_the_better_detail_counts_and_not_the_sum() -> None:
    one = cameras.coverage(IDS, site(), patch_m=1.0).clear_m2
    both = pd.concat([site(), site(heading_deg=[np.nan], angle_deg=[360.0])], ignore_index=True)
    two = cameras.coverage(IDS, both, patch_m=1.0)
    assert (two.clear_m2 >= one - 1e-6).all()
    assert two.clear_m2.sum() <= two.seen_m2[:, 0].sum()
    quarter = cameras.coverage(IDS, site(heading_deg=[np.nan], angle_deg=[360.0]), patch_m=1.0).clear_m2.sum() * 3 / 4
    assert two.clear_m2.sum() == pytest.approx(one.sum() + quarter, rel=0.02)


def test_an_empty_city_has_no_detail() -> None:
    ids = boundary.fill(boundary.polygons(IDS[:1])[0], 11)
    assert cameras.coverage(ids, site(online=[False])).clear_m2.sum() == 0.0
