"""Spreading over rings: sums stay, and the peak stays where it was."""

import h3.api.basic_int as h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import adjacency, cells, density, errors

IDS = cells.disk(h3.latlng_to_cell(26.4, 111.6, 10), 5)
GRAPH = adjacency.build(IDS)


@given(st.integers(0, IDS.size - 1), st.floats(0, 1e6), st.integers(0, 4))
@settings(deadline=None, max_examples=50)
def test_the_sum_is_kept(where, value, rings):
    values = np.zeros(IDS.size)
    values[where] = value
    assert density.spread(values, GRAPH, rings=rings).sum() == pytest.approx(value)


def test_a_peak_falls_linearly_over_its_rings_and_ends_after_the_last():
    middle = int(cells.positions(IDS, np.array([h3.latlng_to_cell(26.4, 111.6, 10)], np.uint64))[0])
    values = np.zeros(IDS.size)
    values[middle] = 1.0
    spread = density.spread(values, GRAPH, rings=2)
    far = np.array([h3.grid_distance(int(IDS[middle]), c) for c in IDS.tolist()])
    total = 3 + 6 * 2 + 12 * 1
    assert spread == pytest.approx(np.maximum(3 - far, 0) / total)


def test_no_rings_change_nothing_and_misfits_are_refused():
    values = np.arange(IDS.size, dtype=float)
    assert density.spread(values, GRAPH, rings=0).tolist() == values.tolist()
    with pytest.raises(errors.GeoError):
        density.spread(values, GRAPH, rings=-1)
    with pytest.raises(errors.GeoError):
        density.spread(values[1:], GRAPH, rings=1)
