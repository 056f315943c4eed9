"""Households on cells: nothing is lost, nothing invented, and buildings say where people live."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import boundary, cells, errors, geodesy, households

CITY = shapely.box(111.55, 26.35, 111.65, 26.45)
IDS = boundary.fill(CITY, 9)
PARTS = [shapely.box(111.55 + 0.025 * i, 26.35 + 0.05 * j, 111.575 + 0.025 * i, 26.4 + 0.05 * j)
         for i in range(4) for j in range(2)]  # fmt: skip


def sources(shapes, counts):
    return gpd.GeoDataFrame({"households": counts}, geometry=gpd.GeoSeries(shapes, crs="EPSG:4326"))


@given(st.lists(st.floats(0, 1e5), min_size=8, max_size=8))
@settings(max_examples=20, deadline=None)
def test_parts_of_the_city_keep_their_totals(counts):
    placed = households.place(sources(PARTS, counts), IDS)
    assert placed.values.sum() == pytest.approx(sum(counts), rel=1e-9, abs=1e-9)
    assert placed.lost == 0
    assert (placed.values >= 0).all()
    assert (placed.outside < 0.3).all()


def test_an_even_city_is_even_on_its_inner_cells():
    values = households.on_cells(sources([CITY.buffer(0.02)], [1000.0]), IDS)
    share = cells.areas_m2(IDS) / geodesy.areas_m2([CITY.buffer(0.02)])[0]
    assert values == pytest.approx(1000.0 * share / share.sum(), rel=1e-6)


def test_buildings_take_the_households_and_empty_ground_gets_none():
    lats, lngs = cells.centres(IDS)
    homes = shapely.buffer(shapely.points(lngs[[3, 50]], lats[[3, 50]]), 0.0001)
    buildings = gpd.GeoDataFrame({"floors": [2, 6]}, geometry=gpd.GeoSeries(homes, crs="EPSG:4326"))
    values = households.on_cells(sources([CITY], [80.0]), IDS, buildings=buildings)
    assert np.flatnonzero(values).tolist() == [3, 50]
    assert values[[3, 50]] == pytest.approx([20, 60], rel=1e-3)


def test_a_part_without_buildings_falls_back_to_area():
    lats, lngs = cells.centres(IDS)
    inside = np.flatnonzero(shapely.contains_xy(PARTS[0].buffer(-0.003), lngs, lats))[0]
    home = shapely.Point(lngs[inside], lats[inside]).buffer(0.0001)
    buildings = gpd.GeoDataFrame({"households": [7.0]}, geometry=gpd.GeoSeries([home], crs="EPSG:4326"))
    values = households.on_cells(sources(PARTS[:2], [100.0, 50.0]), IDS, buildings=buildings)
    assert values[inside] >= 100.0
    assert values.sum() == pytest.approx(150.0)
    assert (values > 0).sum() > 10


def test_points_count_in_their_cell_and_close_by_in_the_nearest():
    lats, lngs = cells.centres(IDS)
    edge = int(np.argmin(lngs))
    beside = shapely.Point(lngs[edge] - 0.0028, lats[edge])
    assert cells.positions(IDS, cells.from_points([beside.y], [beside.x], 9))[0] < 0
    placed = households.place(
        sources([shapely.Point(lngs[7], lats[7]), beside, shapely.Point(112.5, 27)], [3.0, 4.0, 5.0]), IDS
    )
    assert (placed.values[7], placed.values[edge]) == (3.0, 4.0)
    assert placed.values.sum() == 7.0
    assert placed.lost == 5.0
    assert placed.outside.tolist() == [0.0, 0.0, 1.0]


def test_a_source_mostly_outside_gives_only_its_share():
    half_out = shapely.box(111.6, 26.36, 111.9, 26.44)
    placed = households.place(sources([half_out], [300.0]), IDS)
    assert placed.values.sum() == pytest.approx(300.0 * (1 - placed.outside[0]))
    assert placed.values.sum() == pytest.approx(50.0, rel=0.1)
    assert placed.lost == pytest.approx(300.0 - placed.values.sum())


def test_known_households_weigh_more_than_floors_and_scale_them():
    shapes = [shapely.box(111.6, 26.4, 111.6001, 26.4001)] * 3
    table = gpd.GeoDataFrame(
        {"floors": [5.0, 5.0, np.nan], "households": [30.0, np.nan, np.nan]}, geometry=gpd.GeoSeries(shapes, crs=4326)
    )
    weights = households.building_weights(table)
    assert weights == pytest.approx([30, 30, 6])
    assert households.building_weights(table[["floors", "geometry"]])[0] == pytest.approx(
        5 * geodesy.areas_m2(shapes[:1])[0], rel=1e-6
    )


@pytest.mark.parametrize("count", [-1.0, np.nan, np.inf])
def test_impossible_counts_are_refused(count):
    with pytest.raises(errors.TableError, match="row 1"):
        households.on_cells(sources(PARTS[:2], [1.0, count]), IDS)


def test_what_is_no_place_is_refused():
    with pytest.raises(errors.GeometryError):
        households.on_cells(sources([shapely.LineString([(111, 26), (112, 27)])], [1.0]), IDS)
    with pytest.raises(errors.TableError, match="no column"):
        households.on_cells(gpd.GeoDataFrame(geometry=gpd.GeoSeries(PARTS, crs=4326)), IDS)
