"""Geodesy: known distances, and inverses that undo each other."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import geodesy

LATS = st.floats(-85, 85)
LNGS = st.floats(-179, 179)
QUARTER_M = geodesy.RADIUS_M * np.pi / 2


@pytest.mark.parametrize(
    ("a", "b", "metres", "bearing"),
    [
        ((0, 0), (0, 90), QUARTER_M, 90),
        ((0, 0), (90, 0), QUARTER_M, 0),
        ((0, 10), (0, -80), QUARTER_M, 270),
        ((0, 0), (0, 180), 2 * QUARTER_M, 90),
        ((30, 110), (30, 110), 0, 0),
    ],
)
def test_known_distances_and_bearings(a, b, metres, bearing):
    assert geodesy.distance_m(*a, *b) == pytest.approx(metres, rel=1e-12)
    assert geodesy.bearing_deg(*a, *b) == pytest.approx(bearing)


@given(LATS, LNGS, st.floats(0, 359.99), st.floats(1, 5e6))
def test_one_arrives_as_far_away_as_one_went(lat, lng, bearing, metres):
    end = geodesy.destination(lat, lng, bearing_deg=bearing, distance_m=metres)
    assert geodesy.distance_m(lat, lng, *end) == pytest.approx(metres, rel=1e-7, abs=1e-6)


@given(LATS, LNGS, st.floats(-200_000, 200_000), st.floats(-200_000, 200_000))
def test_the_plane_and_back_is_the_same_place(lat, lng, east, north):
    plane = geodesy.Plane(lat, lng)
    back = plane.forward(*plane.inverse(east, north))
    assert np.hypot(back[0] - east, back[1] - north) < 1e-3


def test_areas_in_the_plane_are_areas_on_the_sphere():
    box = shapely.segmentize(shapely.box(111, 26, 112, 27), 0.001)
    strip = np.radians(1.0) * (np.sin(np.radians(27.0)) - np.sin(np.radians(26.0))) * geodesy.RADIUS_M**2
    assert geodesy.areas_m2([box])[0] == pytest.approx(strip, rel=1e-9)


def test_shapes_go_to_the_plane_and_back():
    shapes = [shapely.Point(111.6, 26.4).buffer(0.1), shapely.LineString([(111.5, 26.3), (111.7, 26.5)])]
    plane = geodesy.plane_for(shapes)
    back = plane.unproject(plane.project(shapes))
    assert shapely.equals_exact(back, shapes, tolerance=1e-12).all()


def test_nothing_has_a_plane_all_the_same():
    assert geodesy.plane_for([]) == geodesy.Plane(0.0, 0.0)
