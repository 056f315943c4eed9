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
