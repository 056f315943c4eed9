"""Outlines of grids: the union of their cells, valid, with shared borders equal to the last bit."""

import h3.api.basic_int as h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import boundary, cells, errors, outlines

MIDDLE = h3.latlng_to_cell(26.4, 111.6, 10)
WORLDS = {
    "city": cells.disk(MIDDLE, 8),
    "odd pentagon": cells.disk(h3.get_pentagons(7)[3], 5),
    "even pentagon": cells.disk(h3.get_pentagons(6)[7], 5),
    "odd face edge": cells.disk(h3.latlng_to_cell(63.389, 92.577, 9), 6),
    "even face edge": cells.disk(h3.latlng_to_cell(63.389, 92.577, 8), 6),
    "antimeridian": cells.disk(h3.latlng_to_cell(10, 180, 7), 5),
}


def eastwards(shapes):
    """Longitudes 0-360, so that shapes on both sides of the antimeridian meet."""
    return shapely.transform(shapes, lambda points: points + [360.0, 0.0] * (points[:, :1] < 0))


def union_of(ids):
    return shapely.union_all(shapely.set_precision(eastwards(boundary.polygons(ids)), 1e-10))


@pytest.mark.parametrize("world", WORLDS)
def test_an_outline_is_the_union_of_its_cells(world):
    ids = WORLDS[world]
    labels = np.random.default_rng(3).integers(-1, 3, ids.size).astype(np.int32)
    found = outlines.outlines(ids, labels)
    assert found.index.tolist() == [0, 1, 2]
    assert found.is_valid.all()
    for label, given_shape in found.items():
        shape = shapely.set_precision(eastwards(given_shape), 1e-10)
        union = union_of(ids[labels == label])
        assert shape.symmetric_difference(union).area < 1e-6 * union.area
        assert len(shapely.get_parts(shape)) == len(shapely.get_parts(union))
        holes = [shapely.get_num_interior_rings(shapely.get_parts(g)).sum() for g in (shape, union)]
        assert holes[0] == holes[1]


@pytest.mark.parametrize("world", WORLDS)
def test_borders_of_neighbours_are_equal_to_the_last_bit(world):
    ids = WORLDS[world]
    labels = np.random.default_rng(4).integers(0, 4, ids.size).astype(np.int32)
    found = outlines.outlines(ids, labels)
    sides = {}
    for shape in found:
        for ring in [r for p in shapely.get_parts(shape) for r in (p.exterior, *p.interiors)]:
            points = shapely.get_coordinates(ring) % 360.0
            for a, b in zip(points[:-1].tolist(), points[1:].tolist()):
                sides[tuple(a), tuple(b)] = sides.get((tuple(a), tuple(b)), 0) + 1
    assert set(sides.values()) == {1}
    outer = [side for side in sides if side[::-1] not in sides]
    whole = outlines.outlines(ids, np.zeros(ids.size, np.int32))[0]
    assert len(outer) == shapely.get_num_coordinates(whole) - 1


@given(st.lists(st.integers(-1, 2), min_size=61, max_size=61))
@settings(max_examples=60, deadline=None)
def test_any_labelling_gives_valid_outlines_of_the_right_area(given_labels):
    ids, labels = cells.disk(MIDDLE, 4), np.array(given_labels, np.int32)
    found = outlines.outlines(ids, labels)
    areas = shapely.area(boundary.polygons(ids))
    assert found.index.tolist() == sorted(set(given_labels) - {-1})
    assert found.is_valid.all()
    for label, shape in found.items():
        assert shape.area == pytest.approx(areas[labels == label].sum(), rel=1e-9)


def test_vertices_are_those_of_h3():
    found = outlines.outlines(cells.make([MIDDLE]), np.zeros(1, np.int32))[0]
    true = shapely.Polygon([(lng, lat) for lat, lng in h3.cell_to_boundary(MIDDLE)])
    assert shapely.get_num_coordinates(found) == 7
    assert shapely.hausdorff_distance(found, true) < 1e-12
    assert found.exterior.is_ccw


def test_a_bent_side_has_its_extra_vertex():
    bent = next(c for c in h3.grid_disk(h3.get_pentagons(5)[0], 3) if len(h3.cell_to_boundary(c)) > 6)
    found = outlines.outlines(cells.make([bent]), np.zeros(1, np.int32))[0]
    assert shapely.get_num_coordinates(found) == len(h3.cell_to_boundary(bent)) + 1


def test_a_ring_of_cells_has_a_hole():
    ring = cells.make(h3.grid_ring(MIDDLE, 2))
    found = outlines.outlines(ring, np.full(ring.size, 5, np.int32))[5]
    assert len(found.interiors) == 1
    assert not found.interiors[0].is_ccw


def test_nothing_has_no_outline_and_misfits_are_refused():
    assert len(outlines.outlines(WORLDS["city"], np.full(WORLDS["city"].size, -1, np.int32))) == 0
    with pytest.raises(errors.GeoError, match="labels"):
        outlines.outlines(WORLDS["city"], np.zeros(3, np.int32))
