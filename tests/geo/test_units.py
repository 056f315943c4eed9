"""Units: polygons on cells, several kinds together, and polygons as a graph of their own."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo import cells, checks, drawing, errors, units
from geo.problem import Problem
from tests.geo import worlds


def test_units_that_share_a_cell_become_one_and_a_border_parts_them() -> None:
    problem = worlds.problem(1, 8, 1.0, (1, 9))
    none = -1
    one = np.array([0, 0, none, none, none, 5, 5, none], dtype=np.int32)
    other = np.array([none, 3, 3, none, none, none, none, none], dtype=np.int32)
    found = units.joined(problem.adjacency, np.zeros(8, np.int32), [one, other])
    assert found[0] == found[1] == found[2] >= 0
    assert found[5] == found[6] >= 0
    assert found[5] != found[0]
    assert (found[[3, 4, 7]] == -1).all()
    parted = units.joined(problem.adjacency, np.array([0, 0, 1, 1, 1, 1, 1, 1], np.int32), [one, other])
    assert parted[0] == parted[1] != parted[2]


def test_no_units_at_all() -> None:
    problem = worlds.problem(1, 3, 1.0, (1, 9))
    assert units.joined(problem.adjacency, np.zeros(3, np.int32), []).tolist() == [-1, -1, -1]


def test_a_unit_in_two_places_is_two_units_and_no_drawing_has_to_cut_it() -> None:
    base = worlds.problem(1, 8, 10.0, (30, 50))
    given = np.array([0, 0, -1, -1, -1, -1, 0, 0], dtype=np.int32)
    problem = worlds.problem(1, 8, 10.0, (30, 50), unit=units.joined(base.adjacency, np.zeros(8, np.int32), [given]))
    assert checks.violations(problem, drawing.draw(problem, rng=np.random.default_rng(0)).partition) == []


def test_polygons_hold_the_cells_whose_centres_they_hold() -> None:
    ids = cells.disk(int(cells.from_points(np.array([26.4]), np.array([112.4]), 9)[0]), 3)
    lats, lngs = cells.centres(ids)
    west = shapely.box(112.0, 26.0, 112.4, 27.0)
    found = units.of_polygons(ids, gpd.GeoSeries([west], crs=4326))
    assert (found == np.where(lngs <= 112.4, 0, -1)).all()


def squares(rows: int, columns: int, *, gap: float = 0.0) -> gpd.GeoSeries:
    size = 0.001
    shapes = [
        shapely.box(112 + x * size, 26 + y * size, 112 + (x + 1) * size - gap, 26 + (y + 1) * size)
        for y in range(rows)
        for x in range(columns)
    ]
    return gpd.GeoSeries(shapes, crs=4326)


def test_polygons_touch_along_sides_and_not_in_corners() -> None:
    table = units.touching(squares(2, 2))
    assert [table.indices[table.indptr[at] : table.indptr[at + 1]].tolist() for at in range(4)] == [
        [1, 2], [0, 3], [0, 3], [1, 2]
    ]  # fmt: skip


def test_a_rounding_gap_is_none_and_a_street_is_one() -> None:
    assert len(units.touching(squares(1, 2, gap=2e-6)).indices) == 2
    assert len(units.touching(squares(1, 2, gap=1e-4)).indices) == 0


def test_polygons_without_a_system_are_refused() -> None:
    with pytest.raises(errors.GeometryError):
        units.touching(gpd.GeoSeries([shapely.box(0, 0, 1, 1)]))


def test_polygons_are_drawn_without_any_cell() -> None:
    table = units.touching(squares(6, 6))
    problem = Problem(
        np.arange(36, dtype=np.uint64), table, region=np.zeros(36, np.int32), households=np.full(36, 10.0),
        band=(80, 120),
    )  # fmt: skip
    drawn = drawing.draw(problem, rng=np.random.default_rng(0))
    assert drawn.violations == []
    assert drawn.measures.grids in (3, 4)
