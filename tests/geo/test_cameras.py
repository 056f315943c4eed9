"""Cameras without buildings: sectors of the right size, honest shares, offline sites counted but blind."""

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import cameras, cells, errors, geodesy

MIDDLE = h3.latlng_to_cell(26.4, 111.6, 10)
IDS = cells.disk(MIDDLE, 3)
LAT, LNG = h3.cell_to_latlng(MIDDLE)


def sites(**columns):
    row = {"lat": [LAT], "lng": [LNG], "heading_deg": [0.0], "angle_deg": [90.0], "range_m": [50.0], "online": [True]}
    return pd.DataFrame({**row, **columns})


@given(st.floats(0, 360), st.floats(5, 359), st.floats(5, 500))
@settings(max_examples=50, deadline=None)
def test_a_sector_has_its_share_of_the_circle(heading, angle, reach):
    view = cameras.sectors([LAT], [LNG], [heading], [angle], [reach])
    assert view.is_valid.all()
    assert geodesy.areas_m2(view.to_numpy())[0] == pytest.approx(np.pi * reach**2 * angle / 360, rel=0.002)


def test_a_sector_looks_where_it_is_turned():
    east = cameras.sectors([LAT], [LNG], [90], [60], [100])[0]
    assert east.contains(shapely.Point(LNG + 0.0005, LAT))
    assert not east.contains(shapely.Point(LNG - 0.0005, LAT))
    assert not east.contains(shapely.Point(LNG, LAT + 0.0005))


@pytest.mark.parametrize(("heading", "angle"), [(np.nan, 90), (10, 360), (10, 400)])
def test_without_a_direction_or_with_all_of_them_the_view_is_a_disc(heading, angle):
    view = cameras.sectors([LAT], [LNG], [heading], [angle], [80])
    assert geodesy.areas_m2(view.to_numpy())[0] == pytest.approx(np.pi * 6400, rel=0.002)


@pytest.mark.parametrize(("angle", "reach"), [(0, 50), (90, 0), (90, np.nan), (-5, 50)])
def test_a_camera_that_cannot_be_is_refused(angle, reach):
    with pytest.raises(errors.TableError, match="camera 0"):
        cameras.sectors([LAT], [LNG], [0], [angle], [reach])


def test_the_seen_area_is_the_area_of_the_views():
    view = cameras.sectors([LAT], [LNG], [0], [90], [150])
    true = geodesy.areas_m2(view.to_numpy())[0]
    assert (cameras.seen_share(IDS, view) * cells.areas_m2(IDS)).sum() == pytest.approx(true, rel=1e-6)
    found = cameras.coverage(IDS, sites(range_m=[150.0]))
    assert (found.seen * cells.areas_m2(IDS)).sum() == pytest.approx(true, rel=0.01)
    assert found.cameras.sum() == found.online.sum() == 1


def test_what_two_see_counts_once():
    one = cameras.coverage(IDS, sites())
    two = cameras.coverage(IDS, pd.concat([sites(), sites()], ignore_index=True))
    assert two.seen == pytest.approx(one.seen)
    assert two.cameras.sum() == 2
    beside = cameras.coverage(IDS, pd.concat([sites(), sites(heading_deg=[180.0])], ignore_index=True))
    assert beside.seen.sum() == pytest.approx(2 * one.seen.sum(), rel=0.03)


def test_an_offline_camera_counts_for_density_and_sees_nothing():
    found = cameras.coverage(IDS, sites(online=[False]))
    at = int(np.argmax(found.cameras))
    assert found.seen.sum() == found.online.sum() == 0
    assert found.per_km2[at] == pytest.approx(1e6 / cells.areas_m2(IDS)[at])


def test_a_camera_outside_the_cells_may_see_into_them():
    found = cameras.coverage(IDS[:1], sites(range_m=[600.0], angle_deg=[360.0]))
    assert found.cameras.sum() == 0
    assert found.seen[0] > 0.5


def test_gaps_are_need_out_of_sight():
    assert cameras.gaps(np.array([4.0, 2.0]), np.array([0.25, 1.0])).tolist() == [3.0, 0.0]
    for need, seen in (([1.0], [1.5]), ([-1.0], [0.5]), ([1.0, 2.0], [0.5])):
        with pytest.raises(errors.GeoError):
            cameras.gaps(np.array(need), np.array(seen))
