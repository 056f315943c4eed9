"""Cordons and corridors on a cross of two streets."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo import cameras, cordon, geodesy
from geo.errors import GeometryError

LAT, LNG = 25.9, 112.3
RING = shapely.box(LNG - 0.01, LAT - 0.01, LNG + 0.01, LAT + 0.01)
ROADS = gpd.GeoSeries(
    [
        shapely.LineString([(LNG - 0.02, LAT), (LNG + 0.02, LAT)]),
        shapely.LineString([(LNG, LAT), (LNG, LAT + 0.02)]),
        shapely.LineString([(LNG - 0.005, LAT - 0.005), (LNG + 0.005, LAT - 0.005)]),
    ],
    crs=4326,
)


def view(lat: float, lng: float, heading: float = 0.0, angle: float = 360.0, reach: float = 60.0) -> gpd.GeoSeries:
    return cameras.sectors([lat], [lng], [heading], [angle], [reach])


def test_a_ring_is_as_closed_as_the_share_of_crossings_in_view() -> None:
    found = cordon.crossings(RING, ROADS, view(LAT, LNG + 0.0102))
    assert sorted(found.road.tolist()) == [0, 0, 1]
    assert found.closure == pytest.approx(1 / 3)
    assert found.lngs[found.seen] == pytest.approx(LNG + 0.01)


def test_a_road_inside_does_not_cross_and_no_crossing_has_no_closure() -> None:
    assert cordon.crossings(RING, ROADS.iloc[[2]], view(LAT, LNG)).closure is None


def test_nothing_is_seen_without_cameras() -> None:
    none = gpd.GeoSeries([], crs=4326)
    assert cordon.crossings(RING, ROADS, none).closure == 0.0
    assert cordon.seen_length(ROADS, none)[1].sum() == 0


def test_the_seen_length_of_a_street_through_a_circle_is_its_chord() -> None:
    length, seen = cordon.seen_length(ROADS, view(LAT, LNG, reach=100.0))
    assert length[0] == pytest.approx(float(geodesy.distance_m(LAT, LNG - 0.02, LAT, LNG + 0.02)), rel=1e-6)
    assert seen == pytest.approx(np.array([200.0, 100.0, 0.0]), abs=6)


def test_a_point_is_no_cordon() -> None:
    with pytest.raises(GeometryError, match="polygon or a line"):
        cordon.crossings(shapely.Point(LNG, LAT), ROADS, view(LAT, LNG))
