"""What cameras see of the ground: masks, public ground behind buildings, and the same names for planning."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo import cameras, cells, errors, geodesy, proposals, raster, visibility

LAT, LNG = 30.5, 114.3
NORTH, EAST = (float(v[0]) for v in geodesy.metres_per_degree(np.array([LAT])))
IDS = cells.disk(int(cells.from_points([LAT], [LNG], 11)[0]), 4)


def _block(east: float, north: float, width: float, depth: float) -> shapely.Geometry:
    west, south = LNG + east / EAST, LAT + north / NORTH
    return shapely.box(west, south, west + width / EAST, south + depth / NORTH)


def _sites(**columns: list[float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"lat": [LAT], "lng": [LNG], "heading_deg": [np.nan], "angle_deg": [360.0],
                             "range_m": [50.0], "online": [True], **columns})  # fmt: skip


def _area(views: gpd.GeoSeries) -> float:
    return float(geodesy.areas_m2(views.values)[0])


def test_planning_names_are_the_planning_functions() -> None:
    assert cameras.next_sites is proposals.next_sites
    assert cameras.losses is proposals.losses


@pytest.mark.parametrize(("arc", "left"), [((0.0, 90.0), 0.75), ((350.0, 10.0), 340 / 360), ((0.0, 0.0), 0.0)])
@pytest.mark.parametrize("walls", [None, visibility.walls(gpd.GeoSeries([], crs=4326))])
def test_a_mask_cuts_its_arc_out_of_the_view(
    arc: tuple[float, float], left: float, walls: visibility.Walls | None
) -> None:
    seen = cameras.views([LAT], [LNG], heading_deg=np.nan, angle_deg=360, range_m=50, buildings=walls, masked=[[arc]])
    assert _area(seen) == pytest.approx(left * np.pi * 50**2, rel=0.01, abs=1.0)


def test_without_buildings_the_seen_share_is_that_of_exact_overlay() -> None:
    made = cameras.coverage(IDS, _sites())
    exact = cameras.seen_share(IDS, cameras.sectors([LAT], [LNG], np.nan, 360, 50))
    np.testing.assert_allclose(made.seen, exact, atol=0.02)
    assert made.seen_m2[:, 0].sum() == pytest.approx(np.pi * 50**2, rel=0.01)
    np.testing.assert_allclose(made.public_m2, cells.areas_m2(IDS))


def test_buildings_and_private_ground_are_not_public_and_hide_what_is_behind() -> None:
    wall, yard = _block(-90, 20, 180, 30), _block(-40, -65, 80, 45)
    blocks = visibility.walls(gpd.GeoSeries([wall], crs=4326))
    made = cameras.coverage(IDS, _sites(), buildings=blocks, private=[yard], patch_m=1.0)
    open_ = cameras.coverage(IDS, _sites(), buildings=blocks)
    public_lost = cells.areas_m2(IDS).sum() - made.public_m2.sum()
    assert public_lost == pytest.approx(180 * 30 + 80 * 45, rel=0.03)
    disc = np.pi * 50**2
    segment = 50**2 * np.arccos(20 / 50) - 20 * np.sqrt(50**2 - 20**2)
    assert open_.seen_m2[:, 0].sum() == pytest.approx(disc - segment, rel=0.02)
    view = cameras.sectors([LAT], [LNG], np.nan, 360, 50)[0]
    in_view = float(geodesy.areas_m2([shapely.intersection(yard, view)])[0])
    assert made.seen_m2[:, 0].sum() == pytest.approx(disc - segment - in_view, rel=0.03)
    assert ((made.seen >= 0) & (made.seen <= 1)).all()


def test_offline_cameras_count_for_density_and_not_for_coverage() -> None:
    made = cameras.coverage(IDS, _sites(online=[False]))
    assert made.cameras.sum() == 1
    assert made.online.sum() == 0
    assert made.seen_m2.sum() == 0


def test_ground_is_counted_once_twice_and_thrice() -> None:
    three = gpd.GeoDataFrame({"lat": [LAT] * 3, "lng": [LNG] * 3, "heading_deg": [np.nan] * 3, "angle_deg": [360.0] * 3,
                              "range_m": [60.0, 40.0, 20.0], "online": [True] * 3})  # fmt: skip
    found = cameras.coverage(IDS, three, patch_m=1.0).seen_m2.sum(axis=0)
    np.testing.assert_allclose(found, np.pi * np.array([60.0, 40.0, 20.0]) ** 2, rtol=0.02)


def test_a_view_in_several_parts_is_counted_whole() -> None:
    parts = shapely.multipolygons([_block(0, 0, 30, 30), _block(60, 0, 30, 30)])
    on = raster.lattice(tuple(parts.bounds), patch_m=1.0)
    assert raster.per_cell(raster.count(np.array([parts], object), on), IDS).sum() == pytest.approx(1800, rel=0.03)


def test_points_are_told_how_often_they_are_covered() -> None:
    shapes = np.array([_block(0, 0, 30, 30), _block(15, 0, 30, 30)], object)
    counted = raster.count(shapes, raster.lattice(tuple(shapely.total_bounds(shapes)), patch_m=1.0))
    lats = LAT + np.array([10.0, 10.0, 10.0, -500.0]) / NORTH
    lngs = LNG + np.array([5.0, 22.0, 40.0, 5.0]) / EAST
    assert raster.often(counted, lats, lngs).tolist() == [1, 2, 1, 0]


def test_a_country_gets_larger_patches_instead_of_a_refusal() -> None:
    ids = np.unique(cells.from_points([25.0, 45.0], [100.0, 120.0], 5))
    assert cameras.lattice(ids, np.empty(0, object)).patch_m2 > cameras.PATCH_M**2


def test_gaps_need_shares() -> None:
    assert cameras.gaps(np.array([2.0]), np.array([0.25])).tolist() == [1.5]
    with pytest.raises(errors.GeoError):
        cameras.gaps(np.array([2.0]), np.array([1.5]))
