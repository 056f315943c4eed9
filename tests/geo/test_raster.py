"""Patches against exact overlay: areas per cell, several views over one another, buildings left out."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import boundary, cameras, cells, geodesy, raster
from geo.errors import GeometryError

LAT, LNG = 25.9, 112.3
CITY = shapely.box(LNG, LAT, LNG + 0.01, LAT + 0.01)
IDS = boundary.fill(CITY, 11)
AREAS = cells.areas_m2(IDS)


def lattice(patch_m: float = 2.0) -> raster.Lattice:
    return raster.lattice(CITY.buffer(0.002).bounds, patch_m=patch_m)


def test_a_square_counts_its_own_area_and_a_hole_is_no_part_of_it() -> None:
    ring = shapely.Polygon(
        shapely.box(LNG + 0.002, LAT + 0.002, LNG + 0.006, LAT + 0.006).exterior.coords,
        [shapely.box(LNG + 0.003, LAT + 0.003, LNG + 0.005, LAT + 0.005).exterior.coords],
    )
    counted = raster.count(np.array([ring]), lattice(1.0))
    got = raster.per_cell(counted, IDS).sum()
    assert got == pytest.approx(float(geodesy.areas_m2(np.array([ring]))[0]), rel=2e-3)


def test_two_over_one_another_count_twice_and_what_is_outside_is_left_out() -> None:
    square = shapely.box(LNG + 0.002, LAT + 0.002, LNG + 0.004, LAT + 0.004)
    half = shapely.box(LNG + 0.003, LAT + 0.002, LNG + 0.004, LAT + 0.004)
    on = lattice(1.0)
    area = raster.per_cell(raster.count(np.array([square, half]), on), IDS, at_least=(1, 2, 3)).sum(axis=0)
    assert area[1] == pytest.approx(area[0] / 2, rel=0.01) and area[2] == 0
    rest = raster.per_cell(raster.count(np.array([square]), on), IDS, outside=raster.count(np.array([half]), on)).sum()
    assert rest == pytest.approx(area[0] / 2, rel=0.01)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_the_seen_share_of_cells_agrees_with_exact_overlay(seed: int) -> None:
    rng = np.random.default_rng(seed)
    views = cameras.sectors(
        LAT + rng.random(12) * 0.01,
        LNG + rng.random(12) * 0.01,
        rng.uniform(0, 360, 12),
        rng.choice([60.0, 90.0, 360.0], 12),
        rng.uniform(30, 120, 12),
    )
    exact = cameras.seen_share(IDS, views)
    ours = raster.per_cell(raster.count(np.asarray(views.values, object), lattice(2.0)), IDS)[:, 0] / AREAS
    assert np.abs(ours - exact).mean() < 0.004
    assert np.abs(ours - exact).max() < 0.05


def test_no_shapes_cover_nothing_and_too_fine_a_lattice_is_refused() -> None:
    assert raster.per_cell(raster.count(np.array([], dtype=object), lattice()), IDS).sum() == 0
    with pytest.raises(GeometryError, match="too many"):
        raster.lattice((110, 20, 120, 30), patch_m=1.0)


def test_the_members_of_shapes_are_the_patches_that_count() -> None:
    rng = np.random.default_rng(2)
    views = np.asarray(
        cameras.sectors(LAT + rng.random(5) * 0.01, LNG + rng.random(5) * 0.01, 10, 90, rng.uniform(30, 90, 5)).values,
        object,
    )
    on = lattice(3.0)
    cut, patches = raster.members(views, on)
    counted = raster.count(views, on)
    assert cut[-1] == len(patches) == counted.slab.sum()
    assert raster.covered(counted, patches).all()
    lats, lngs = raster.centres(patches, on)
    for i, view in enumerate(views):
        assert shapely.contains_xy(view, lngs[cut[i] : cut[i + 1]], lats[cut[i] : cut[i + 1]]).all()
