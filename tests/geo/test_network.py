"""Roads as a graph: a cross of known lengths, one-way streets, bridges without a junction."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo import errors, geodesy, network

KM = 1000 / (geodesy.RADIUS_M * np.pi / 180)  # degrees of latitude, and of longitude at the equator


def roads(*lines, **columns):
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(lines, crs="EPSG:4326"))


def line(*points):
    return shapely.LineString([(x * KM, y * KM) for x, y in points])


CROSS = roads(line((-1, 0), (0, 0), (1, 0)), line((0, -1), (0, 0), (0, 2)))


def node(graph, x, y):
    return int(network.nearest_node(graph, [y * KM], [x * KM])[0][0])


def test_a_shared_vertex_is_a_junction():
    graph = network.build(CROSS, speed_kmh=36)
    assert (graph.lats.size, len(graph.edges)) == (5, 4)
    assert sorted(graph.length_m.round().tolist()) == [1000, 1000, 1000, 2000]
    seconds, _ = network.travel_times(graph, [node(graph, -1, 0)])
    assert seconds[node(graph, 0, 2)] == pytest.approx(300, rel=1e-4)
    assert seconds[node(graph, 1, 0)] == pytest.approx(200, rel=1e-4)


def test_lines_that_only_cross_do_not_meet():
    graph = network.build(roads(line((-1, 0), (1, 0)), line((0, -1), (0, 1))), speed_kmh=36)
    seconds, index = network.travel_times(graph, [node(graph, -1, 0)])
    assert np.isfinite(seconds).sum() == 2
    assert index[node(graph, 0, 1)] == -1


def test_only_ends_are_nodes_where_asked():
    graph = network.build(CROSS, speed_kmh=36, split=False)
    assert (graph.lats.size, len(graph.edges)) == (4, 2)


def test_one_way_streets_lead_one_way():
    graph = network.build(roads(line((0, 0), (1, 0)), oneway=[True]), speed_kmh=36)
    start, end = node(graph, 0, 0), node(graph, 1, 0)
    assert network.travel_times(graph, [start])[0][end] == pytest.approx(100, rel=1e-4)
    assert network.travel_times(graph, [end])[0][start] == np.inf
    assert network.travel_times(graph, [end], reverse=True)[0][start] == pytest.approx(100, rel=1e-4)


def test_the_nearest_of_many_by_time_and_the_faster_of_two_roads():
    both = roads(line((0, 0), (1, 0)), line((0, 0), (1, 0)), line((1, 0), (3, 0)))
    graph = network.build(both, speed_kmh=[18, 72, 36])
    sources = [node(graph, 3, 0), node(graph, 0, 0)]
    seconds, index = network.travel_times(graph, sources)
    assert seconds[node(graph, 1, 0)] == pytest.approx(50, rel=1e-4)
    assert index[node(graph, 1, 0)] == 1
    assert index[sources].tolist() == [0, 1]


def test_the_last_stretch_is_walked():
    graph = network.build(roads(line((0, 0), (1, 0))), speed_kmh=36)
    seconds, index = network.field(graph, [0.1 * KM], [1 * KM], sources=[node(graph, 0, 0)], walk_kmh=3.6)
    assert seconds[0] == pytest.approx(100 + 100, rel=1e-3)
    assert index.tolist() == [0]


def test_a_multilinestring_is_several_roads():
    graph = network.build(roads(shapely.MultiLineString([line((0, 0), (1, 0)), line((1, 0), (2, 0))])), speed_kmh=36)
    assert (graph.lats.size, len(graph.edges)) == (3, 2)
    assert graph.line.tolist() == [0, 0]


def test_a_limit_ends_the_search_and_no_source_reaches_nothing():
    graph = network.build(CROSS, speed_kmh=36)
    assert np.isfinite(network.travel_times(graph, [node(graph, -1, 0)], limit_s=150)[0]).sum() == 2
    assert np.isinf(network.travel_times(graph, [])[0]).all()


def test_misfits_are_refused():
    with pytest.raises(errors.TableError, match="speed"):
        network.build(CROSS, speed_kmh=[50, 0])
    with pytest.raises(errors.GeometryError):
        network.build(roads(shapely.Point(0, 0)), speed_kmh=50)
    with pytest.raises(errors.GeoError):
        network.travel_times(network.build(CROSS, speed_kmh=36), [99])
