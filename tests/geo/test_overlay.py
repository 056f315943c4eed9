"""Grids over moved region borders: nested again, whole where they were whole, and untouched where no border cuts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import adjacency, cells, errors, overlay
from geo.adjacency import Adjacency

CELLS = np.sort(cells.disk(int(cells.from_points(np.array([30.5]), np.array([114.3]), 9)[0]), 5))
TABLE = adjacency.build(CELLS)
LATS, LNGS = cells.centres(CELLS)


def parts(labels, region):
    """By brute force: connected sets of cells of one label and one region."""
    seen, found = set(), []
    for start in range(len(CELLS)):
        if start in seen or labels[start] < 0:
            continue
        queue, own = [start], {start}
        while queue:
            here = queue.pop()
            for near in TABLE.indices[TABLE.indptr[here] : TABLE.indptr[here + 1]].tolist():
                if near not in own and (labels[near], region[near]) == (labels[here], region[here]):
                    own.add(near)
                    queue.append(near)
        seen |= own
        found.append(own)
    return found


@st.composite
def worlds(draw):
    """Grids as cells nearest to seeds, nested in an old border, and a new border through them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    seeds = rng.choice(len(CELLS), draw(st.integers(2, 9)), replace=False)
    away = (LATS[:, None] - LATS[seeds]) ** 2 + (LNGS[:, None] - LNGS[seeds]) ** 2
    labels = away.argmin(axis=1).astype(np.int32)
    turn, shift = draw(st.floats(0, 6.28)), draw(st.floats(-0.01, 0.01))
    side = (LATS - LATS.mean()) * np.cos(turn) + (LNGS - LNGS.mean()) * np.sin(turn) > shift
    region = side.astype(np.int32) + (draw(st.booleans()) & (LATS.mean() < LATS)).astype(np.int32) * 2
    if draw(st.booleans()):
        labels[rng.random(len(CELLS)) < 0.05] = -1
    return labels, region, rng.integers(0, 30, len(CELLS)).astype(float), draw(st.sampled_from([0.0, 60.0, 300.0]))


@given(worlds())
@settings(max_examples=200, deadline=None)
def test_every_cell_has_one_grid_in_one_region_and_uncut_grids_are_as_they_were(world):
    labels, region, households, low = world
    made = overlay.nest(TABLE, labels, region, households=households, low=low)
    assert ((made.labels >= 0) == (labels >= 0)).all()
    for label in np.unique(made.labels[made.labels >= 0]).tolist():
        assert len(np.unique(region[made.labels == label])) == 1
    for label in np.unique(labels[labels >= 0]).tolist():
        own = labels == label
        whole = len(np.unique(region[own])) == 1
        assert (label in made.cut) == (not whole)
        assert (made.labels == label).any()  # the heaviest part keeps the label
        if whole:
            assert (made.labels[own] == label).all()
    for own in parts(labels, region):  # a part stays together
        assert len({int(made.labels[at]) for at in own}) == 1
    assert set(made.fresh) == set(np.unique(made.labels).tolist()) - set(np.unique(labels).tolist())


@given(worlds())
@settings(max_examples=60, deadline=None)
def test_a_cut_grid_holds_together_and_again_changes_nothing(world):
    labels, region, households, low = world
    made = overlay.nest(TABLE, labels, region, households=households, low=low)
    again = overlay.nest(TABLE, made.labels, region, households=households, low=low)
    assert again.cut == [] and (again.labels == made.labels).all()
    for label in {*made.cut, *made.fresh}:
        alone = np.where(made.labels == label, 0, -1)
        assert len(parts(alone, region)) == 1


def test_a_heavy_part_is_a_grid_of_its_own_and_a_light_one_goes_to_the_neighbour():
    line = np.median(LNGS) < LNGS
    labels, region = line.astype(np.int32), (np.quantile(LNGS, 0.3) < LNGS).astype(np.int32)
    ones = np.ones(len(CELLS))
    heavy = overlay.nest(TABLE, labels, region, households=ones, low=5.0)
    assert heavy.cut == [0] and heavy.fresh == {2: 0}
    light = overlay.nest(TABLE, labels, region, households=ones, low=1e6)
    assert light.fresh == {} and light.labels[labels == 0].tolist().count(1) > 0
    closed = overlay.nest(TABLE, labels, region, households=ones, low=1e6, closed=(1,))
    assert closed.fresh == {2: 0} and (closed.labels[labels == 1] == 1).all()


def test_a_part_is_not_given_across_a_hard_barrier():
    labels = (np.median(LNGS) < LNGS).astype(np.int32)
    region = (np.quantile(LNGS, 0.3) < LNGS).astype(np.int32)
    tails = np.repeat(np.arange(len(CELLS)), np.diff(TABLE.indptr))
    barred = np.where(labels[tails] != labels[TABLE.indices], np.inf, 0.0).astype(np.float32)
    made = overlay.nest(
        Adjacency(TABLE.indptr, TABLE.indices, barred), labels, region, households=np.ones(len(CELLS)), low=1e6
    )
    assert made.fresh == {2: 0}


@given(worlds(), st.integers(0, 8))
@settings(max_examples=60, deadline=None)
def test_grids_that_are_not_named_stay_even_across_a_border(world, kept):
    labels, region, households, low = world
    others = np.array([label for label in np.unique(labels).tolist() if label >= 0 and label != kept], dtype=np.int32)
    made = overlay.nest(TABLE, labels, region, households=households, low=low, only=others)
    assert kept not in made.cut and (made.labels[labels == kept] == kept).all()


def test_arrays_of_different_cells_are_refused():
    with pytest.raises(errors.ProblemError):
        overlay.nest(TABLE, np.zeros(3, np.int32), np.zeros(3, np.int32), households=np.zeros(3), low=1.0)
