"""The border of a grid: every side has one cause, and the roundest shapes have roundness 1."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import adjacency, borders, cells

MIDDLE = int(cells.from_points([30.5], [114.3], 9)[0])


def world(rings: int) -> tuple[np.ndarray, adjacency.Adjacency]:
    ids = cells.disk(MIDDLE, rings)
    return ids, adjacency.build(ids)


@pytest.mark.parametrize("rings", [0, 1, 2, 4])
def test_a_disk_is_as_round_as_can_be(rings: int) -> None:
    ids, graph = world(rings + 1)
    labels = np.isin(ids, cells.disk(MIDDLE, rings)).astype(np.int32)
    found = borders.of(ids, graph, region=np.zeros(ids.size, np.int32), labels=labels, label=1)
    assert (found.size, found.sides) == (3 * rings * (rings + 1) + 1, 6 * (2 * rings + 1))
    assert found.roundness == 1.0 and found.open == found.sides and found.towards == {0: found.sides}
    assert found.forced == 0.0


def test_each_side_has_its_cause() -> None:
    ids, _ = world(2)
    lats, lngs = cells.centres(ids)
    west = lngs < lngs[ids == MIDDLE][0] - 1e-4
    middle = lats[ids == MIDDLE][0]
    line = shapely.LineString([(lngs.max() + 0.01, middle), (lngs.min() - 0.01, middle)])
    graph = adjacency.build(ids)
    labels = np.where(ids == MIDDLE, 1, 0).astype(np.int32)
    region = np.where(west, 5, 4).astype(np.int32)
    found = borders.of(ids, graph, region=region, labels=labels, label=1)
    assert found.region == int((region[cells.positions(ids, cells.disk(MIDDLE, 1))] == 5).sum()) > 0
    assert found.region + found.open == found.sides == 6
    whole = borders.of(ids, graph, region=region, labels=np.ones(ids.size, np.int32), label=1)
    assert whole.outside == whole.sides == 30 and whole.forced == 1.0
    barred = adjacency.build(ids, barriers=[{"geometry": line, "cost": np.inf}])
    split = (lats > lats[ids == MIDDLE][0]).astype(np.int32)
    bank = borders.of(ids, barred, region=np.zeros(ids.size, np.int32), labels=split, label=1)
    assert bank.barrier > 0 and bank.barrier + bank.open + bank.outside + bank.soft == bank.sides


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 6))
def test_sides_add_up_and_are_those_of_a_count_by_hand(seed: int, k: int) -> None:
    ids, graph = world(3)
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, ids.size).astype(np.int32)
    region = rng.integers(0, 2, ids.size).astype(np.int32)
    near = cells.neighbours(ids)
    for label in np.unique(labels).tolist():
        found = borders.of(ids, graph, region=region, labels=labels, label=label)
        by_hand = sum(
            1 for at in np.flatnonzero(labels == label) for other in near[at].tolist()
            if other < 0 or labels[other] != label
        )
        assert found.sides == by_hand == found.outside + found.region + found.barrier + found.soft + found.open
        assert sum(found.towards.values()) == found.open
        assert 0 < found.roundness <= 1
