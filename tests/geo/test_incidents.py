"""Counting incidents on cells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import errors, incidents

IDS = np.array([10, 20, 30, 40], np.uint64)


@given(st.lists(st.sampled_from([5, 10, 20, 30, 40, 99])))
def test_counts_and_what_is_outside_add_up(happened):
    given_ids = np.array(happened, np.uint64)
    found = incidents.counts(given_ids, within=IDS)
    assert found.tolist() == [happened.count(c) for c in IDS.tolist()]
    assert found.sum() + incidents.outside(given_ids, within=IDS) == len(happened)


def test_weights_are_summed():
    happened = np.array([10, 10, 40, 7], np.uint64)
    assert incidents.counts(happened, weights=np.array([1.0, -1.0, 2.5, 9.0]), within=IDS).tolist() == [0, 0, 0, 2.5]
    with pytest.raises(errors.GeoError):
        incidents.counts(happened, weights=np.ones(3), within=IDS)


def test_steps_hold_every_incident_of_the_window_once():
    happened = np.array([10, 10, 20, 40, 40, 99], np.uint64)
    found = incidents.steps(happened, np.array([0, 2, 1, 2, 3, 0]), n_steps=3, within=IDS)
    assert found.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0], [0, 0, 1]]
