"""Department grids over basic grids: what overlaps, what is left out, what is cut, and the refinement that mends it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import adjacency, cells, errors, graph, nets

IDS = cells.disk(int(cells.from_points([30.5], [114.3], 9)[0]), 4)
STEPS = adjacency.build(IDS)
N = IDS.size


def at(mask: np.ndarray) -> np.ndarray:
    return np.flatnonzero(mask)


def test_a_net_of_whole_grids_rests_on_them() -> None:
    basic = (np.arange(N) % 4).astype(np.int32)
    report = nets.against([at(basic < 2), at(basic >= 2)], basic, np.ones(N))
    assert report.rests and report.gap.size == 0 and report.pairs == []
    assert report.label.tolist() == (basic >= 2).astype(int).tolist()


def test_overlap_gap_and_cut_are_each_told() -> None:
    basic = np.repeat(np.arange(3, dtype=np.int32), [20, 20, N - 40])
    homes = np.zeros(N)
    homes[:5] = 10.0
    one, other = np.arange(0, 8), np.arange(6, 40)
    report = nets.against([one, other], basic, homes)
    assert report.overlap.tolist() == [6, 7] and report.pairs == [(0, 1, 2)]
    assert report.gap.tolist() == list(range(40, N)) and not report.rests
    told = [(cut.grid, cut.label, cut.inside, cut.size, cut.weight, cut.take) for cut in report.cuts]
    assert told == [(0, 0, 8, 20, 50.0, True), (1, 0, 14, 20, 0.0, False)]
    assert nets.snapped([one, other], basic, homes).tolist() == [0] * 20 + [1] * 20 + [-1] * (N - 40)


def test_cells_outside_are_refused_and_nothing_over_nothing_is_nothing() -> None:
    basic = np.zeros(N, dtype=np.int32)
    with pytest.raises(errors.GeoError, match="outside"):
        nets.against([np.array([N])], basic, np.ones(N))
    empty = nets.against([], basic, np.ones(N))
    assert empty.gap.size == N and empty.cuts == [] and empty.pairs == []
    assert (nets.snapped([], basic, np.ones(N)) == -1).all()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), layers=st.integers(0, 3), k=st.integers(1, 4))
def test_every_grid_of_every_net_is_a_union_of_the_refinement(seed: int, layers: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    basic = rng.integers(-1, 3, N).astype(np.int32)
    given_ = [[at(rng.random(N) < 0.5) for _ in range(k)] for _ in range(layers)]
    part = nets.refinement(given_, basic, STEPS)
    assert ((part >= 0) == (basic >= 0)).all()
    claims = [basic, *(np.isin(np.arange(N), own) for net in given_ for own in net)]
    for claim in claims:
        for number in range(part.max(initial=-1) + 1):
            assert np.unique(claim[part == number]).size == 1
    same = np.unique(np.column_stack([np.asarray(claim, np.int64) for claim in claims]), axis=0, return_inverse=True)[1]
    signature = np.where(basic >= 0, same.ravel(), -1).astype(np.int32)
    pieces = graph.pieces(STEPS.indptr, STEPS.indices, signature)
    assert part.max(initial=-1) + 1 == np.unique(pieces[basic >= 0]).size, "no finer than it must be"


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 5))
def test_a_snapped_net_rests_and_gaps_and_overlaps_are_counts_by_hand(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    basic = rng.integers(-1, 6, N).astype(np.int32)
    homes = rng.random(N) * 10
    members = [at(rng.random(N) < 0.4) for _ in range(k)]
    report = nets.against(members, basic, homes)
    claims = sum(np.isin(np.arange(N), own).astype(int) for own in members)
    assert report.overlap.tolist() == at(claims > 1).tolist() and report.gap.tolist() == at(claims == 0).tolist()
    assert {pair[:2] for pair in report.pairs} == {
        (a, b) for a in range(k) for b in range(a + 1, k) if np.intersect1d(members[a], members[b]).size
    }
    moved = nets.snapped(members, basic, homes)
    again = nets.against([at(moved == number) for number in range(k)], basic, homes)
    assert again.rests
    for label in range(6):
        mine = basic == label
        assert np.unique(moved[mine]).size <= 1
