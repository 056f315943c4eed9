"""Change between two counts: exact, and silent where there is too little to say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from geo import change
from geo.errors import TableError


def test_small_numbers_are_few_and_never_an_alarm() -> None:
    got = change.compare([0, 1, 3], [1, 4, 3])
    assert got.verdict.tolist() == ["few"] * 3


def test_a_doubling_of_many_is_up_and_of_few_is_within_variation() -> None:
    got = change.compare([200, 6], [400, 12], false_share=None)
    assert got.verdict.tolist() == ["up", "same"]
    assert got.ratio.tolist() == [2.0, 2.0]
    assert got.low[0] > 1 > got.low[1]


def test_exposure_counts() -> None:
    got = change.compare([100], [200], exposure_earlier=28, exposure_later=56)
    assert got.ratio[0] == pytest.approx(1.0) and got.verdict[0] == "same"


def test_from_nothing_to_many_has_an_open_interval_upwards() -> None:
    got = change.compare([0], [30])
    assert np.isinf(got.ratio[0]) and np.isinf(got.high[0]) and got.low[0] > 1 and got.verdict[0] == "up"
    assert np.isnan(change.compare([0], [0]).ratio[0])


@given(st.integers(0, 60), st.integers(0, 60))
def test_agrees_with_the_exact_interval_of_scipy(a: int, b: int) -> None:
    got = change.compare([a], [b])
    if a + b:
        share = stats.binomtest(b, a + b).proportion_ci(0.95, method="exact")
        assert got.low[0] == pytest.approx(share.low / (1 - share.low))
        if share.high < 1:
            assert got.high[0] == pytest.approx(share.high / (1 - share.high))


def test_on_areas_without_change_false_calls_stay_below_the_stated_share() -> None:
    rng = np.random.default_rng(4)
    called = [(np.isin(change.compare(*rng.poisson(30, (2, 200))).verdict, ["up", "down"])).any() for _ in range(200)]
    assert np.mean(called) <= 0.14


def test_broken_numbers_are_refused() -> None:
    for bad in ({"earlier": [-1], "later": [1]}, {"earlier": [0.5], "later": [1]}):
        with pytest.raises(TableError, match="whole numbers"):
            change.compare(**bad)
    with pytest.raises(TableError, match="exposures"):
        change.compare([1], [1], exposure_later=0)
