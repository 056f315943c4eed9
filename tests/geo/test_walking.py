"""Rounds and diameters on grids whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from geo import cells, geodesy, walking
from geo.partition import Partition

MIDDLE = int(cells.from_points([25.9], [112.3], 10)[0])
DISK = cells.disk(MIDDLE, 6)


def test_a_grid_of_one_inhabited_cell_has_no_round_and_two_go_there_and_back() -> None:
    pair = cells.disk(MIDDLE, 1)[:2]
    lats, lngs = cells.centres(pair)
    there = float(geodesy.distance_m(lats[0], lngs[0], lats[1], lngs[1]))
    part = Partition(pair, np.zeros(2, np.int32))
    assert walking.rounds_m(part, np.array([5.0, 0.0])).tolist() == [0.0]
    assert walking.rounds_m(part, np.array([5.0, 3.0]))[0] == pytest.approx(2 * there)


def test_a_round_visits_every_inhabited_cell_and_is_not_far_from_the_shortest() -> None:
    part = Partition(DISK, np.zeros(len(DISK), np.int32))
    length = walking.rounds_m(part, np.ones(len(DISK)))[0]
    step = np.sqrt(2 / np.sqrt(3) * cells.areas_m2(DISK).mean())  # the shortest: from each cell to a touching one
    assert len(DISK) * step * 0.97 <= length <= 1.6 * len(DISK) * step


def test_grids_are_measured_each_on_its_own_and_in_the_order_of_their_labels() -> None:
    labels = np.where(np.arange(len(DISK)) % 2 == 0, 7, 3).astype(np.int32)
    both = walking.rounds_m(Partition(DISK, labels), np.ones(len(DISK)))
    alone = [
        walking.rounds_m(
            Partition(DISK[labels == k], np.zeros((labels == k).sum(), np.int32)), np.ones((labels == k).sum())
        )[0]
        for k in (3, 7)
    ]
    assert both == pytest.approx(alone, rel=1e-3)


def test_the_diameter_is_the_greatest_distance() -> None:
    lats, lngs = cells.centres(DISK)
    far = geodesy.distance_m(lats[:, None], lngs[:, None], lats[None], lngs[None]).max()
    assert walking.diameters_m(Partition(DISK, np.zeros(len(DISK), np.int32)))[0] == pytest.approx(far)
