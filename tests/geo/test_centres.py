"""The tree of centres: a city with two counties, one of them with two towns, and three communities."""

from __future__ import annotations

import numpy as np
import pytest

from geo import centres, errors

CITY, EAST, WEST, TOWN_A, TOWN_B, ONE, TWO, THREE = range(8)
REGIONS = centres.Regions(
    tier=np.array([0, 1, 1, 2, 2, 3, 3, 3]), parent=np.array([-1, CITY, CITY, EAST, EAST, TOWN_A, TOWN_A, TOWN_B])
)


def test_a_complete_chain() -> None:
    at = np.array([CITY, EAST, TOWN_A, ONE])
    seen = centres.audit(REGIONS, at)
    assert seen.parent.tolist() == [-1, 0, 1, 2]
    assert seen.missing.tolist() == [WEST, TOWN_B, TWO, THREE]
    assert (seen.skipped.tolist(), seen.orphans.tolist(), seen.doubled.tolist()) == ([], [], [])
    assert centres.chain(REGIONS, at, ONE) == [3, 2, 1, 0]
    assert centres.chain(REGIONS, at, THREE) == [1, 0]


def test_a_skipped_tier_is_named_and_answered_from_above() -> None:
    seen = centres.audit(REGIONS, np.array([CITY, ONE]))
    assert seen.parent.tolist() == [-1, 0]
    assert seen.skipped.tolist() == [1]


def test_orphans_and_unknown_places() -> None:
    seen = centres.audit(REGIONS, np.array([ONE, -1]))
    assert seen.orphans.tolist() == [0, 1]


def test_only_expected_tiers_are_missing_and_doubles_are_named() -> None:
    seen = centres.audit(REGIONS, np.array([CITY, CITY]), expected=[1])
    assert seen.missing.tolist() == [EAST, WEST]
    assert seen.doubled.tolist() == [CITY]


def test_service_areas_follow_regions_and_rivals_share_by_nearness() -> None:
    at = np.array([TOWN_A, EAST, TOWN_A])
    cells = np.array([ONE, TWO, THREE, WEST, -1])
    assert centres.service_areas(REGIONS, at, cells, tier=2).tolist() == [0, 0, -1, -1, -1]
    assert centres.service_areas(REGIONS, at, cells, tier=1).tolist() == [1, 1, 1, -1, -1]
    near = centres.service_areas(
        REGIONS,
        at,
        cells,
        tier=2,
        lats=np.zeros(5),
        lngs=np.array([0.0, 1.0, 0.0, 0.0, 0.0]),
        centre_lats=np.zeros(3),
        centre_lngs=np.array([0.0, 0.0, 1.0]),
    )
    assert near.tolist() == [0, 2, -1, -1, -1]


def test_ancestors() -> None:
    assert centres.ancestor(REGIONS, np.array([ONE, EAST, -1]), 1).tolist() == [EAST, EAST, -1]
    assert centres.ancestor(REGIONS, np.array([CITY]), 1).tolist() == [-1]


def test_a_tree_must_be_a_tree() -> None:
    for tier, parent in (([0, 0], [-1, 0]), ([1, 0], [5, -1]), ([0], [-1, 0])):
        with pytest.raises(errors.ProblemError):
            centres.Regions(np.array(tier), np.array(parent))
    with pytest.raises(errors.ProblemError):
        centres.audit(REGIONS, np.array([99]))
