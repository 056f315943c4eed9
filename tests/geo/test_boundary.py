"""Filling polygons: libh3's cells, disjoint for touching polygons, and limits that hold before any work."""

import geopandas as gpd
import h3.api.basic_int as h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import boundary, cells, errors

CITY = shapely.Point(111.6, 26.4).buffer(0.05)


def by_libh3(polygon, res):
    rings = [[(y, x) for x, y in ring.coords[:-1]] for ring in (polygon.exterior, *polygon.interiors)]
    return sorted(h3.h3shape_to_cells(h3.LatLngPoly(*rings), res))


@st.composite
def stars(draw):
    """A star-shaped polygon anywhere, and a resolution that gives it up to some thousand cells."""
    lat, lng = draw(st.floats(-80, 80)), draw(st.floats(-170, 170))
    res = draw(st.integers(0, 12))
    n = draw(st.integers(3, 9))
    radii = np.array(draw(st.lists(st.floats(0.2, 1), min_size=n, max_size=n))) * 12 / 2.6**res
    turns = np.linspace(0, 2 * np.pi, n, endpoint=False)
    lngs, lats = lng + radii * np.cos(turns), lat + radii * np.sin(turns) * 0.7
    points = np.column_stack((np.clip(lngs, -180, 180), np.clip(lats, -89, 89)))
    return shapely.Polygon(points), res


@given(stars())
@settings(max_examples=150, deadline=None)
def test_a_polygon_gets_the_cells_that_libh3_gives(world):
    polygon, res = world
    assert boundary.fill(polygon, res).tolist() == by_libh3(polygon, res)


@pytest.mark.parametrize(
    ("polygon", "res"),
    [
        pytest.param(CITY, 9, id="odd"),
        pytest.param(CITY, 10, id="even"),
        pytest.param(CITY.difference(shapely.Point(111.61, 26.41).buffer(0.03)), 10, id="hole"),
        pytest.param(shapely.box(-10, -10, 10, 10), 4, id="edges on meridians and parallels"),
        pytest.param(shapely.box(-80, -60, 80, 70), 2, id="many faces"),
        pytest.param(shapely.box(-80, -60, 80, 70).difference(shapely.box(-40, -30, 60, 50)), 2, id="huge hole"),
        pytest.param(shapely.Polygon([(179, 10), (-179, 10), (-179, 12), (179, 12)]), 6, id="antimeridian"),
        pytest.param(shapely.box(170, 10, 180, 12), 5, id="up to the antimeridian"),
        pytest.param(shapely.box(0, 60, 100, 80), 4, id="towards the pole"),
        pytest.param(shapely.box(100, 20, 110, 30), 0, id="coarser than the cells"),
    ],
)
def test_special_polygons_get_the_cells_that_libh3_gives(polygon, res):
    assert boundary.fill(polygon, res).tolist() == by_libh3(polygon, res)


@pytest.mark.parametrize("res", [5, 8, 11])
@pytest.mark.parametrize(("lat", "lng"), [(26.4, 111.6), (-33.9, 18.4), (60.2, 24.9), (38.6, -90.2)])
def test_ties_are_decided_as_libh3_decides_them(lat, lng, res):
    middle = h3.latlng_to_cell(lat, lng, res)
    points = [h3.cell_to_latlng(c)[::-1] for c in h3.grid_disk(middle, 3)]
    polygon = shapely.convex_hull(shapely.MultiPoint(points))  # vertices and edges on centres of cells
    assert boundary.fill(polygon, res).tolist() == by_libh3(polygon, res)
    lat, lng = h3.cell_to_latlng(middle)
    side = 200 / 2.6**res
    for polygon in (shapely.box(lng, lat, lng + side, lat + side), shapely.box(lng - side, lat - side, lng, lat)):
        assert boundary.fill(polygon, res).tolist() == by_libh3(polygon, res)


def test_touching_polygons_share_no_cell_and_leave_none_out():
    west, east = CITY.intersection(shapely.box(110, 26, 111.6, 27)), CITY.intersection(shapely.box(111.6, 26, 112, 27))
    left, right = boundary.fill(west, 10), boundary.fill(east, 10)
    assert np.intersect1d(left, right).size == 0
    assert np.array_equal(np.union1d(left, right), boundary.fill(CITY, 10))
    both = shapely.MultiPolygon([shapely.box(111, 26, 111.1, 26.1), shapely.box(111.2, 26, 111.3, 26.1)])
    wanted = np.union1d(*(boundary.fill(part, 9) for part in both.geoms))
    assert np.array_equal(boundary.fill(both, 9), wanted)


def test_a_city_on_an_edge_of_the_icosahedron_is_filled_without_a_seam():
    city = shapely.Point(92.577, 63.389).buffer(0.2)
    ids = boundary.fill(city, 9)
    assert ids.tolist() == by_libh3(city, 9)
    assert ids.size > 2000


def test_narrow_polygons_are_named():
    thin = shapely.LineString([(111.6, 26.4), (111.61, 26.4)]).buffer(1e-6)
    rows = gpd.GeoSeries([CITY, thin, shapely.Polygon()], crs="EPSG:4326")
    assert boundary.narrow(rows, 9).tolist() == [1, 2]


@pytest.mark.parametrize("res", [8, 12, 15])
def test_a_sliver_costs_by_its_length(res):
    sliver = shapely.Polygon([(111.0, 26.0), (111.2, 26.2), (111.1, 26.1000001)])  # 25 km long, 5 mm wide
    length_in_cells = 64_000 / cells.mean_area_m2(res) ** 0.5
    assert boundary.estimate(sliver, res) <= length_in_cells + 2
    assert boundary.fill(sliver, res).size < length_in_cells / 50


def test_a_long_sliver_is_refused_like_a_large_area():
    with pytest.raises(errors.GeometryError, match="limit"):
        boundary.fill(shapely.Polygon([(75, 20), (130, 50), (75, 20.0000001)]), 15, limit=200_000)


@pytest.mark.parametrize(("polygon", "res"), [(shapely.box(111, 26, 112, 27), 12), (shapely.box(75, 20, 130, 50), 15)])
def test_too_much_is_refused_before_any_work(polygon, res):
    with pytest.raises(errors.GeometryError, match="limit of 200,000") as fault:
        boundary.fill(polygon, res, limit=200_000)
    assert fault.value.values == boundary.estimate(polygon, res)


def test_the_estimate_is_near_the_truth():
    assert boundary.estimate(CITY, 11) == pytest.approx(boundary.fill(CITY, 11).size, rel=0.3)
    assert boundary.estimate(shapely.Polygon(), 11) == 0


@pytest.mark.parametrize("shape", [None, shapely.Point(0, 0), shapely.LineString([(0, 0), (1, 1)])])
def test_only_polygons_are_filled(shape):
    with pytest.raises(errors.GeometryError, match="polygon"):
        boundary.fill(shape, 9)


def test_vertices_off_the_globe_are_refused():
    with pytest.raises(errors.CoordinateError):
        boundary.fill(shapely.box(100, 80, 101, 95), 1)


def test_every_cell_belongs_to_the_region_of_its_centre():
    ids = boundary.fill(CITY, 10)
    halves = [shapely.box(111, 26, 111.6, 27), shapely.box(111.6, 26, 111.63, 27)]
    regions = gpd.GeoDataFrame(geometry=gpd.GeoSeries(halves, crs="EPSG:4326"))
    _, lngs = cells.centres(ids)
    wanted = np.select([lngs < 111.6, lngs < 111.63], [0, 1], -1)
    assert boundary.regions_of(ids, regions).tolist() == wanted.tolist()
    assert boundary.regions_of(ids, regions, nearest=True).tolist() == np.where(wanted < 0, 1, wanted).tolist()
    assert boundary.regions_of(ids, regions).dtype == np.int32


def test_where_regions_overlap_the_first_wins():
    ids = boundary.fill(CITY, 9)
    regions = gpd.GeoDataFrame(geometry=gpd.GeoSeries([None, CITY.buffer(0.1), CITY.buffer(0.2)], crs="EPSG:4326"))
    assert (boundary.regions_of(ids, regions) == 1).all()


def test_cells_as_polygons_are_sound_also_at_the_antimeridian():
    ids = cells.disk(h3.latlng_to_cell(10, 180, 6), 3)
    shapes = boundary.polygons(ids)
    assert shapely.is_valid(shapes).all()
    assert (shapely.area(shapes) < 0.1).all()
    assert boundary.polygons(ids[:0]).size == 0
