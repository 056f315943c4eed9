"""The neighbour graph: symmetric, barred where a river runs, open again where a bridge stands."""

import geopandas as gpd
import h3.api.basic_int as h3
import numpy as np
import pytest
import shapely

from geo import adjacency, boundary, cells, errors

MIDDLE = h3.latlng_to_cell(26.4, 111.6, 10)
IDS = cells.disk(MIDDLE, 6)
LAT, LNG = h3.cell_to_latlng(MIDDLE)
RIVER = shapely.LineString([(LNG - 0.1, LAT + 0.0003), (LNG + 0.1, LAT + 0.0004)])
BRIDGE = shapely.LineString([(LNG, LAT - 0.002), (LNG, LAT + 0.002)])


def pairs(graph):
    source = np.repeat(np.arange(graph.indptr.size - 1), np.diff(graph.indptr))
    return dict(zip(zip(source.tolist(), graph.indices.tolist()), graph.barrier.tolist()))


def rivers(*shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs="EPSG:4326"))


def test_neighbours_are_those_of_h3_and_open():
    graph = adjacency.build(IDS)
    wanted = {(a, b) for a in range(IDS.size) for b in cells.neighbours(IDS)[a].tolist() if b >= 0}
    assert set(pairs(graph)) == wanted
    assert set(pairs(graph).values()) == {0.0}
    assert [a.dtype for a in (graph.indptr, graph.indices, graph.barrier)] == [np.int32, np.int32, np.float32]
    assert all((np.diff(graph.indices[a:b]) > 0).all() for a, b in zip(graph.indptr, graph.indptr[1:]))


def test_a_river_bars_the_pairs_whose_centres_it_parts():
    graph = adjacency.build(IDS, barriers=rivers(RIVER))
    lats, lngs = cells.centres(IDS)
    for (a, b), cost in pairs(graph).items():
        crossed = shapely.LineString([(lngs[a], lats[a]), (lngs[b], lats[b])]).intersects(RIVER)
        assert cost == (np.inf if crossed else 0.0)
    piece = adjacency.components(graph)
    north = lats > LAT + 0.00035
    assert piece.max() == 1
    assert np.unique(piece[north]).size == np.unique(piece[~north]).size == 1


def test_a_bridge_opens_only_the_pairs_along_it():
    barred = adjacency.build(IDS, barriers=rivers(RIVER))
    graph = adjacency.build(IDS, barriers=rivers(RIVER), links=gpd.GeoSeries([BRIDGE], crs="EPSG:4326"))
    opened = {pair for pair, cost in pairs(graph).items() if cost == 0 and pairs(barred)[pair] > 0}
    assert len(opened) == 2  # one pair, both ways
    assert adjacency.components(graph).max() == 0
    assert set(pairs(graph)) == set(pairs(barred))


def test_a_bridge_over_a_river_cut_out_of_the_city_joins_cells_that_do_not_touch():
    wide = RIVER.buffer(0.0015)
    outside = boundary.fill(wide, 10)
    banks = IDS[cells.positions(outside, IDS) < 0]
    assert adjacency.components(adjacency.build(banks)).max() == 1
    long = shapely.LineString([(LNG, LAT - 0.004), (LNG, LAT + 0.004)])
    graph = adjacency.build(banks, links=gpd.GeoSeries([long], crs="EPSG:4326"))
    assert adjacency.components(graph).max() == 0
    added = set(pairs(graph)) - set(pairs(adjacency.build(banks)))
    assert len(added) == 2
    assert all(pairs(graph)[b, a] == cost for (a, b), cost in pairs(graph).items())


def test_a_river_as_an_area_bars_what_it_covers():
    water = RIVER.buffer(0.0015)
    graph = adjacency.build(IDS, barriers=rivers(water))
    lats, lngs = cells.centres(IDS)
    wet = shapely.contains_xy(water, lngs, lats)
    for (a, b), cost in pairs(graph).items():
        if wet[a] or wet[b]:
            assert cost == np.inf


@pytest.mark.parametrize(("costs", "wanted"), [([2.0, 5.0], 5.0), ([5.0, np.nan], np.inf), ([0.0, 0.0], 0.0)])
def test_of_several_barriers_the_costliest_counts_and_no_cost_is_hard(costs, wanted):
    graph = adjacency.build(IDS, barriers=rivers(RIVER, RIVER, cost=costs))
    assert set(graph.barrier.tolist()) == {0.0, wanted}
    rows = [{"geometry": RIVER, "cost": cost} for cost in costs]
    assert (adjacency.build(IDS, barriers=rows).barrier == graph.barrier).all()


def test_a_negative_cost_is_refused():
    with pytest.raises(errors.TableError, match="cost"):
        adjacency.build(IDS, barriers=rivers(RIVER, cost=[-1.0]))


def test_labels_in_two_pieces_show_as_two_components():
    graph = adjacency.build(IDS)
    lats, _ = cells.centres(IDS)
    labels = np.where(np.abs(lats - LAT) < 0.002, 1, 0).astype(np.int32)
    piece = adjacency.components(graph, labels=labels)
    assert np.unique(piece[labels == 0]).size == 2
    assert np.unique(piece[labels == 1]).size == 1
    assert piece[0] == 0


def test_no_cells_have_an_empty_graph():
    graph = adjacency.build(IDS[:0])
    assert graph.indptr.tolist() == [0]
    assert adjacency.components(graph).size == 0
    alone = adjacency.build(IDS[:1], links=gpd.GeoSeries([BRIDGE], crs="EPSG:4326"))
    assert alone.indices.size == 0


def test_pieces_of_one_label_are_tied_and_what_is_whole_stays_as_it_is():
    graph = adjacency.build(IDS)
    lats, lngs = cells.centres(IDS)
    whole = (lngs > np.median(lngs)).astype(np.int32)
    assert adjacency.tied(graph, IDS, whole) is graph
    enclave = whole.copy()
    inside = np.argsort((lats - lats.min()) ** 2 + (lngs - lngs.min()) ** 2)[:2]
    enclave[inside] = 1
    assert np.unique(adjacency.components(graph, labels=enclave)).size == 3
    tied = adjacency.tied(graph, IDS, enclave)
    assert np.unique(adjacency.components(tied, labels=enclave)).size == 2
    assert set(pairs(graph)) < set(pairs(tied))
    assert all((b, a) in pairs(tied) for a, b in pairs(tied))
    assert all((np.diff(tied.indices[a:b]) > 0).all() for a, b in zip(tied.indptr, tied.indptr[1:]))
