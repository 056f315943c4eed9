"""Cells: lattice arithmetic must be libh3 to the last cell, everywhere on the globe."""

import h3.api.basic_int as h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import cells, errors, geodesy
from tests import hard_points

LATS = st.floats(-90, 90, allow_nan=False)
LNGS = st.floats(-180, 180, allow_nan=False)
RESOLUTIONS = st.integers(0, 15)


def globe(res):
    """Every cell of a resolution."""
    return cells.children(np.array(h3.get_res0_cells(), np.uint64), res)


def places():
    """Disks at a city, at pentagons, over an edge of the icosahedron, at a pole and at the antimeridian."""
    corners = hard_points.directions(h3.get_pentagons(0))
    near = np.argsort(-(corners @ corners[0]))[1]
    (lat,), (lng,) = hard_points.degrees((corners[0] + 1.1 * corners[near])[None, :])
    return [
        pytest.param(h3.latlng_to_cell(26.4, 111.6, 10), 20, id="city"),
        pytest.param(h3.get_pentagons(7)[3], 6, id="odd pentagon"),
        pytest.param(h3.get_pentagons(8)[5], 6, id="even pentagon"),
        pytest.param(h3.latlng_to_cell(lat, lng, 9), 12, id="odd face edge"),
        pytest.param(h3.latlng_to_cell(lat, lng, 10), 12, id="even face edge"),
        pytest.param(h3.latlng_to_cell(89.99, 0, 9), 8, id="pole"),
        pytest.param(h3.latlng_to_cell(10, 180, 9), 8, id="antimeridian"),
    ]


@pytest.mark.parametrize("res", range(16))
def test_points_get_the_cell_that_libh3_gives_even_where_rounding_decides(res):
    rng = np.random.default_rng(res)
    for kind, lats, lngs in hard_points.by_kind(rng, res, 150):
        wanted = [h3.latlng_to_cell(a, b, res) for a, b in zip(lats.tolist(), lngs.tolist())]
        assert cells.from_points(lats, lngs, res).tolist() == wanted, kind


@pytest.mark.parametrize("res", [0, 5, 10, 15])
def test_points_all_over_the_globe_and_in_one_city_get_libh3_cells(res):
    rng = np.random.default_rng(100 + res)
    lats = np.append(np.degrees(np.arcsin(rng.uniform(-1, 1, 3000))), 26.4 + rng.normal(0, 0.1, 3000))
    lngs = np.append(rng.uniform(-180, 180, 3000), 111.6 + rng.normal(0, 0.1, 3000))
    wanted = [h3.latlng_to_cell(a, b, res) for a, b in zip(lats.tolist(), lngs.tolist())]
    assert cells.from_points(lats, lngs, res).tolist() == wanted


@given(LATS, LNGS, RESOLUTIONS)
@settings(max_examples=300, deadline=None)
def test_any_point_gets_its_libh3_cell(lat, lng, res):
    assert cells.from_points([lat], [lng], res).tolist() == [h3.latlng_to_cell(lat, lng, res)]


def test_both_spellings_of_the_antimeridian_are_one_place():
    lats = np.linspace(-90, 90, 41)
    east, west = cells.from_points(lats, np.full(41, 180.0), 9), cells.from_points(lats, np.full(41, -180.0), 9)
    assert (east == west).all()


@pytest.mark.parametrize(
    ("lat", "lng"), [(91, 181), (1e9, 1e9), (np.nan, 0), (0, np.inf), (-90.0001, 0), (0, 180.0001)]
)
def test_points_off_the_globe_are_refused_by_number(lat, lng):
    with pytest.raises(errors.CoordinateError) as fault:
        cells.from_points([0, lat], [0, lng], 9)
    assert fault.value.values.tolist() == [1]


@pytest.mark.parametrize("res", [-1, 16])
def test_a_resolution_that_does_not_exist_is_refused(res):
    with pytest.raises(errors.CellError):
        cells.from_points([0], [0], res)


@pytest.mark.parametrize(("middle", "k"), places())
def test_geometry_and_neighbours_are_those_of_libh3(middle, k):
    ids = cells.disk(middle, k)
    lats, lngs = cells.centres(ids)
    true = np.array([h3.cell_to_latlng(c) for c in ids.tolist()])
    assert geodesy.distance_m(lats, lngs, true[:, 0], true[:, 1]).max() < 1e-3
    wanted = np.array([h3.cell_area(c, unit="m^2") for c in ids.tolist()])
    assert cells.areas_m2(ids) == pytest.approx(wanted, rel=1e-5)
    ring_lats, ring_lngs, counts = cells.boundaries(ids)
    near = cells.neighbours(ids)
    everyone = set(ids.tolist())
    for n, cell in enumerate(ids.tolist()):
        ring = np.array(h3.cell_to_boundary(cell))
        assert counts[n] == len(ring)
        assert geodesy.distance_m(ring_lats[n, : len(ring)], ring_lngs[n, : len(ring)], *ring.T).max() < 1e-3
        assert set(ids[near[n][near[n] >= 0]].tolist()) == (set(h3.grid_disk(cell, 1)) - {cell}) & everyone


def test_areas_of_all_cells_make_the_globe():
    for res in (0, 1, 2, 3):
        assert cells.areas_m2(globe(res)).sum() == pytest.approx(4 * np.pi * geodesy.RADIUS_M**2, rel=1e-12)


@pytest.mark.parametrize("res", [0, 1, 2, 3])
def test_neighbours_of_the_whole_globe_are_mutual_and_complete(res):
    ids = globe(res)
    near = cells.neighbours(ids)
    pentagons = set(h3.get_pentagons(res))
    assert [(row >= 0).sum() for row in near] == [5 if c in pentagons else 6 for c in ids.tolist()]
    pairs = {(a, b) for a in range(ids.size) for b in near[a].tolist() if b >= 0}
    assert pairs == {(b, a) for a, b in pairs}


def test_scattered_cells_find_neighbours_as_well():
    rng = np.random.default_rng(4)
    middles = rng.uniform(-60, 60, (40, 2))
    ids = cells.make(np.concatenate([cells.disk(h3.latlng_to_cell(a, b, 9), 1) for a, b in middles]))
    near = cells.neighbours(ids)
    assert sorted((near >= 0).sum(axis=1).tolist()) == [3] * 240 + [6] * 40


@pytest.mark.parametrize(("middle", "k"), places())
def test_columns_of_neighbours_follow_the_sides_of_the_cell(middle, k):
    ids = cells.disk(middle, min(k, 6))
    near = cells.neighbours(ids)
    for n, cell in enumerate(ids.tolist()):
        across = [side.across for side in cells.sides(cell)]
        assert near[n, : len(across)].tolist() == cells.positions(ids, np.array(across, np.uint64)).tolist()


def test_an_id_is_valid_when_libh3_says_so():
    rng = np.random.default_rng(5)
    near_misses = (globe(2)[:, None] ^ (np.uint64(1) << np.arange(64, dtype=np.uint64))).ravel()[::5]
    ids = np.concatenate((near_misses, rng.integers(0, 2**63, 3000, dtype=np.uint64), globe(1)))
    assert cells.valid(ids).tolist() == [h3.is_valid_cell(c) for c in ids.tolist()]


def test_a_set_is_sorted_unique_and_of_one_resolution():
    a, b = h3.latlng_to_cell(26, 111, 9), h3.latlng_to_cell(26.1, 111, 9)
    assert cells.make([b, a, b]).tolist() == sorted((a, b))
    assert cells.make([]).dtype == np.uint64
    with pytest.raises(errors.CellError, match="resolutions"):
        cells.make([a, h3.cell_to_parent(b, 8)])
    with pytest.raises(errors.CellError, match="not H3 cells"):
        cells.make([a, 17])
    with pytest.raises(errors.CellError, match="integers"):
        cells.make([1.5])


@given(st.lists(st.integers(0, 2**63 - 1), max_size=3000))
@settings(max_examples=50, deadline=None)
def test_distinct_is_a_sorted_set(ids):
    assert cells.distinct(np.array(ids, np.uint64)).tolist() == sorted(set(ids))


def test_parents_and_children_by_bits_are_those_of_libh3():
    fine = cells.disk(h3.latlng_to_cell(26.4, 111.6, 10), 5)
    for res in range(11):
        assert cells.parents(fine, res).tolist() == [h3.cell_to_parent(c, res) for c in fine.tolist()]
    mixed = cells.make([*h3.get_pentagons(2), *h3.grid_disk(h3.latlng_to_cell(30, 104, 2), 1)])
    wanted = {child for c in mixed.tolist() for child in h3.cell_to_children(c, 4)}
    assert cells.children(mixed, 4).tolist() == sorted(wanted)
    with pytest.raises(errors.CellError, match="children"):
        cells.parents(fine, 11)
    with pytest.raises(errors.CellError, match="parents"):
        cells.children(fine, 9)


def test_compacting_keeps_the_area():
    ids = cells.disk(h3.latlng_to_cell(26.4, 111.6, 9), 30)
    compact = cells.compact(ids)
    assert compact.size < ids.size / 2
    assert (cells.uncompact(compact, 9) == ids).all()


@pytest.mark.parametrize("spelling", [str.upper, "0x{}".format, " {} ".format, "\t{}\n".format])
def test_hex_is_read_in_every_spelling_and_written_in_one(spelling):
    cell = h3.latlng_to_cell(26.4, 111.6, 10)
    text = cells.to_hex(np.array([cell], np.uint64))[0]
    assert text == f"{cell:015x}"
    assert cells.from_hex([spelling(text)]).tolist() == [cell]


@pytest.mark.parametrize(
    "text",
    ["", "xyz", "8a2a1072b59ffff0", "617700169958293503", "115283473fffffff", "8a_a1072b59ffff", "８a2a1072b59ffff",
     "f" * 15, "8" * 45, "8a2a1072b59ffff' OR 1=1", "-8a2a1072b59fff"],
)  # fmt: skip
def test_text_that_is_no_cell_is_refused(text):
    with pytest.raises(errors.CellError):
        cells.from_hex([text])


def test_positions_tell_what_is_absent():
    ids = cells.disk(h3.latlng_to_cell(26.4, 111.6, 10), 3)
    wanted = np.array([ids[4], 5, ids[0], ids[-1], 2**63], np.uint64)
    assert cells.positions(ids, wanted).tolist() == [4, -1, 0, ids.size - 1, -1]
    assert cells.positions(ids[:0], wanted).tolist() == [-1] * 5
