"""Datums: published pairs, an inverse that undoes the shift, and nothing moves outside the mainland."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import datum, errors, geodesy

# City centres as published in WGS-84, GCJ-02 and BD-09 (gcoord's test data, MIT licence): lng, lat each.
CITIES = [
    ((114.0164322, 33.0133556), (114.022306, 33.0115324), (114.0287781, 33.0176697)),
]
ABROAD = {
    "Hong Kong": (22.285, 114.158),
    "Sheung Shui": (22.502, 114.128),
    "Macau": (22.193, 113.543),
    "Taipei": (25.03, 121.5),
    "Seoul": (37.5, 127.0),
    "Hanoi": (21.0, 105.8),
    "Sinuiju": (40.1, 124.4),
    "Ulaanbaatar": (47.9, 106.9),
    "St. Louis": (38.6, -90.2),
    "Sydney": (-33.9, 151.2),
}
MAINLAND = {
    "Shenzhen": (22.53, 114.055),
    "Zhuhai": (22.27, 113.57),
    "Dandong": (40.12, 124.38),
    "Xiamen": (24.46, 118.08),
    "Chongming": (31.62, 121.4),
    "Zhoushan": (30.0, 122.1),
    "Sanya": (18.25, 109.51),
    "Kashgar": (39.47, 75.99),
    "Heihe": (50.25, 127.5),
}


@pytest.mark.parametrize(("wgs84", "gcj02", "bd09"), CITIES)
def test_published_pairs_agree_within_a_metre(wgs84, gcj02, bd09):
    for name, there in (("gcj02", gcj02), ("bd09", bd09)):
        lat, lng = datum.from_wgs84([wgs84[1]], [wgs84[0]], datum=name)
        assert geodesy.distance_m(lat, lng, there[1], there[0])[0] < 1
        lat, lng = datum.to_wgs84([there[1]], [there[0]], datum=name)
        assert geodesy.distance_m(lat, lng, wgs84[1], wgs84[0])[0] < 1


@pytest.mark.parametrize("name", ["gcj02", "bd09"])
@given(lat=st.floats(24, 40), lng=st.floats(101, 114))
def test_there_and_back_is_the_same_point(name, lat, lng):
    back = datum.to_wgs84(*datum.from_wgs84([lat], [lng], datum=name), datum=name)
    assert abs(back[0][0] - lat) < 1e-9
    assert abs(back[1][0] - lng) < 1e-9


@pytest.mark.parametrize("name", ["gcj02", "bd09"])
@given(lat=st.floats(-90, 90), lng=st.floats(-180, 180))
def test_there_and_back_holds_on_the_whole_globe_up_to_the_shift_at_the_border(name, lat, lng):
    back = datum.to_wgs84(*datum.from_wgs84([lat], [lng], datum=name), datum=name)
    inside = datum.mainland([lat], [lng])[0]
    assert geodesy.distance_m(*back, lat, lng)[0] < (1e-3 if inside else 1e-9) or _near_the_border(lat, lng)


def _near_the_border(lat, lng):
    around = geodesy.destination(lat, lng, bearing_deg=np.arange(0, 360, 15), distance_m=2500)
    return np.unique(datum.mainland(*around)).size == 2


@pytest.mark.parametrize("place", ABROAD)
@pytest.mark.parametrize("name", ["gcj02", "bd09"])
def test_outside_the_mainland_nothing_shifts(place, name):
    lat, lng = ([x] for x in ABROAD[place])
    assert [x.tolist() for x in datum.from_wgs84(lat, lng, datum=name)] == [lat, lng]
    assert [x.tolist() for x in datum.to_wgs84(lat, lng, datum=name)] == [lat, lng]


@pytest.mark.parametrize("place", MAINLAND)
def test_towns_at_the_coast_and_the_border_are_shifted(place):
    lat, lng = MAINLAND[place]
    there = datum.from_wgs84([lat], [lng], datum="gcj02")
    assert 50 < geodesy.distance_m(*there, lat, lng)[0] < 900


def test_wgs84_and_cgcs2000_are_one():
    for name in ("wgs84", "cgcs2000"):
        assert [x.tolist() for x in datum.to_wgs84([30.0], [110.0], datum=name)] == [[30.0], [110.0]]


def test_a_datum_is_never_guessed():
    with pytest.raises(errors.DatumError, match="unknown"):
        datum.to_wgs84([30], [110], datum="WGS84")


def test_points_off_the_globe_are_refused():
    with pytest.raises(errors.CoordinateError):
        datum.from_wgs84([110], [30], datum="gcj02")


def test_the_outline_is_sound():
    outline = datum.mainland(*np.meshgrid([30.0], np.linspace(70, 140, 141)))
    assert outline.shape == (141, 1)
    assert shapely.is_valid(datum._outline())
