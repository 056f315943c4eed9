"""Three colours: an area against its own past, with the reason."""

from __future__ import annotations

import numpy as np
import pytest

from geo import alerts
from geo.errors import TableError

RULE = alerts.Rule()


def history(*last: float, usual: float = 10) -> np.ndarray:
    return np.array([[usual] * 12 + list(last)], dtype=float)


@pytest.mark.parametrize(
    ("last", "colour", "reason"),
    [((10, 10, 10, 10), 0, "usual"), ((13, 14, 15, 16), 1, "rising"), ((20, 20, 25, 25), 2, "rising"),
     ((0, 0, 0, 3), 0, "few")],
)  # fmt: skip
def test_the_colour_follows_the_sum_over_its_own_past(last: tuple[float, ...], colour: int, reason: str) -> None:
    got = alerts.colours(history(*last), rule=RULE)
    assert got.colour[0] == colour and alerts.REASONS[got.reason[0]] == reason


def test_a_busy_area_that_stays_busy_is_blue_and_a_quiet_one_that_wakes_is_not() -> None:
    got = alerts.colours(np.vstack([history(*[100] * 4, usual=100), history(*[9] * 4, usual=1)]), rule=RULE)
    assert got.colour.tolist() == [0, 2]


def test_overdue_cases_raise_the_colour_only_when_there_are_enough() -> None:
    table = np.vstack([history(10, 10, 10, 10)] * 3)
    got = alerts.colours(table, rule=RULE, due=[20, 20, 4], overdue=[3, 8, 4])
    assert got.colour.tolist() == [1, 2, 0]
    assert [alerts.REASONS[r] for r in got.reason] == ["overdue", "overdue", "usual"]


def test_under_poisson_noise_red_is_rare() -> None:
    counts = np.random.default_rng(1).poisson(12, (4000, 16))
    assert (alerts.colours(counts, rule=RULE).colour == alerts.RED).mean() < 0.03


def test_too_short_a_history_and_a_rule_that_falls_are_refused() -> None:
    with pytest.raises(TableError, match="periods of history"):
        alerts.colours(np.ones((2, 5)), rule=RULE)
    with pytest.raises(TableError, match="yellow to red"):
        alerts.Rule(yellow_sum=6, red_sum=5)
    with pytest.raises(TableError, match="no test"):
        alerts.Rule(test="shewhart")
    with pytest.raises(TableError, match="weight"):
        alerts.Rule(test="ewma", weight=0)


def test_the_weighted_average_is_that_of_the_textbook() -> None:
    # The first periods of Montgomery's example of an EWMA chart: mean 10, deviation 1, weight 0.1.
    observed, averages = (9.45, 7.99, 9.29, 11.66, 12.16), (9.945, 9.7495, 9.70355, 9.8992, 10.1253)
    for periods in range(1, 6):
        above = np.array([observed[:periods]]) - 10
        width = np.sqrt(0.1 / 1.9 * (1 - 0.9 ** (2 * periods)))
        assert alerts._averaged(above, 0.1)[0] * width + 10 == pytest.approx(averages[periods - 1], abs=1e-4)


def test_with_a_weight_of_one_only_the_newest_period_counts() -> None:
    rule = alerts.Rule(test="ewma", weight=1.0)
    got = alerts.colours(np.vstack([history(90, 90, 90, 19, usual=9), history(9, 9, 9, 18, usual=9)]), rule=rule)
    assert got.sum == pytest.approx([10 / 3, 3.0])


@pytest.mark.parametrize(
    ("last", "colour", "reason"),
    [((10, 10, 10, 10), 0, "usual"), ((13, 14, 15, 16), 1, "rising"), ((20, 20, 25, 25), 2, "rising"),
     ((10, 10, 10, 14), 0, "usual"), ((30, 1, 1, 1), 0, "few"), ((30, 10, 10, 9), 0, "usual")],
)  # fmt: skip
def test_the_colour_follows_the_weighted_average(last: tuple[float, ...], colour: int, reason: str) -> None:
    got = alerts.colours(history(*last), rule=alerts.Rule(test="ewma"))
    assert got.colour[0] == colour and alerts.REASONS[got.reason[0]] == reason, got.sum


def test_the_two_tests_have_their_own_lines() -> None:
    table = history(30, 10, 10, 9)  # a burst that is over: the sum remembers it, the average forgets it
    assert alerts.colours(table, rule=alerts.Rule()).colour[0] > alerts.BLUE
    assert alerts.colours(table, rule=alerts.Rule(test="ewma")).colour[0] == alerts.BLUE
    assert alerts.Rule().lines == (3.0, 5.0) and alerts.Rule(test="ewma").lines == (2.5, 3.5)


def test_under_poisson_noise_red_is_rare_by_the_average_too() -> None:
    counts = np.random.default_rng(1).poisson(12, (4000, 16))
    assert (alerts.colours(counts, rule=alerts.Rule(test="ewma")).colour == alerts.RED).mean() < 0.03
