"""Surveyed polygons after cells went over: no ground lost, none twice, moved cells wholly on their new side."""

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import boundary, cells, outlines, reshaping

SOUTH, WEST, SIZE = 30.5, 114.3, 0.03
HALF = SIZE / 2
CITY = shapely.box(WEST, SOUTH, WEST + SIZE, SOUTH + SIZE)
CELLS = boundary.fill(CITY, 9)
SHAPES = np.array(
    [
        shapely.box(WEST + i * HALF, SOUTH + j * HALF, WEST + (i + 1) * HALF, SOUTH + (j + 1) * HALF)
        for i in range(2) for j in range(2)
    ],
    dtype=object,
)  # fmt: skip
TOWN = np.array([0, 0, 1, 1], dtype=np.int32)
TABLE = gpd.GeoDataFrame(geometry=gpd.GeoSeries(SHAPES, crs="EPSG:4326"))
BEFORE = boundary.regions_of(CELLS, TABLE, nearest=True).astype(np.int32)
NEAR = cells.neighbours(CELLS)


@st.composite
def moves(draw):
    """Cells painted over to another region of the same town, strokes of a few cells each."""
    after = BEFORE.copy()
    for _ in range(draw(st.integers(1, 6))):
        taker = draw(st.integers(0, 3))
        edge = [
            at for at in range(len(CELLS))
            if TOWN[after[at]] == TOWN[taker] and after[at] != taker and (after[NEAR[at][NEAR[at] >= 0]] == taker).any()
        ]  # fmt: skip
        if edge:
            start = edge[draw(st.integers(0, len(edge) - 1))]
            stroke = [start, *(one for one in NEAR[start].tolist() if one >= 0)]
            after[[at for at in stroke if TOWN[after[at]] == TOWN[taker]]] = taker
    return after


@given(moves())
@settings(max_examples=80, deadline=None)
def test_the_ground_is_kept_and_moved_cells_lie_in_their_region(after):
    made = reshaping.moved(SHAPES, CELLS, BEFORE, after, group=TOWN)
    assert abs(sum(shape.area for shape in made) - CITY.area) < 1e-6 * CITY.area
    assert abs(shapely.union_all(made, grid_size=1e-9).area - CITY.area) < 1e-6 * CITY.area
    for town in (0, 1):
        ours = sum(made[k].area for k in range(4) if TOWN[k] == town)
        assert abs(ours - CITY.area / 2) < 1e-6 * CITY.area
    lats, lngs = cells.centres(CELLS)
    for at in np.flatnonzero(after != BEFORE).tolist():
        shape = made[after[at]]
        assert shape.covers(shapely.Point(lngs[at], lats[at]))
        hexagon = outlines.outlines(CELLS[at : at + 1], np.zeros(1, np.int32))[0]
        inside = hexagon.intersection(shapely.union_all(SHAPES[TOWN[after[at]] == TOWN]))
        assert inside.difference(shape.buffer(2e-8)).area < 1e-12
    for k in range(4):
        if not ((after == k) != (k == BEFORE)).any():
            assert made[k].equals(SHAPES[k])


def test_an_abolished_region_leaves_its_ground_to_its_heir_and_a_new_one_gets_its_cells():
    after = np.where(BEFORE == 0, 1, BEFORE).astype(np.int32)
    made = reshaping.moved(SHAPES, CELLS, BEFORE, after, group=TOWN)
    assert made[0].is_empty and abs(made[1].area - CITY.area / 2) < 1e-6 * CITY.area
    lats, _ = cells.centres(CELLS)
    after = np.where((BEFORE == 2) & (lats > SOUTH + HALF / 2), 4, BEFORE).astype(np.int32)
    shapes = np.array([*SHAPES, None], dtype=object)
    made = reshaping.moved(shapes, CELLS, BEFORE, after, group=np.append(TOWN, 1).astype(np.int32))
    assert made[4].area > 0.3 * SHAPES[2].area and made[2].area > 0.3 * SHAPES[2].area
    assert abs(made[2].area + made[4].area - SHAPES[2].area) < 1e-6 * CITY.area


def test_nothing_moved_leaves_every_line():
    made = reshaping.moved(SHAPES, CELLS, BEFORE, BEFORE, group=TOWN)
    assert all(now is was for now, was in zip(made, SHAPES, strict=True))
