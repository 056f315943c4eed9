"""Three colours for an area, from its own history: red, yellow or blue, each with its reason.

A rule is data. Two things raise the colour: the counts of the watched periods against the area's own past, by a
one-sided test of standardised counts, and the share of overdue cases. The test is the cumulative sum (``cusum``, Page
1954) or the exponentially weighted average (``ewma``, Roberts 1959). Areas, never persons: nothing about
who lives or works there enters. Too few reports raise nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import TableError

Floats = NDArray[np.float64]
BLUE, YELLOW, RED = 0, 1, 2
TESTS = ("cusum", "ewma")
REASONS = ("usual", "rising", "overdue", "few")


@dataclass(frozen=True)
class Rule:
    """``allowance`` and the thresholds of the cumulative sum are in standard deviations; the shares are 0–1.

    ``baseline`` periods before the watched ones give the mean; ``least`` reports in the last period (or cases) are
    needed before anything is raised. ``cusum`` uses the allowance and the sums; ``ewma`` weighs the newest period
    by ``weight`` and has its own lines, in standard deviations of the weighted average.
    """

    baseline: int = 12
    watched: int = 4
    allowance: float = 0.5
    yellow_sum: float = 3.0
    red_sum: float = 5.0
    yellow_overdue: float = 0.1
    red_overdue: float = 0.25
    least: int = 8
    test: str = "cusum"
    weight: float = 0.3
    yellow_ewma: float = 2.5
    red_ewma: float = 3.5

    def __post_init__(self) -> None:
        if self.baseline < 4 or self.watched < 1:
            raise TableError(f"a rule needs 4 or more baseline periods and 1 or more watched ones, not {self}")
        if not (self.allowance >= 0 and 0 < self.yellow_sum <= self.red_sum):
            raise TableError(f"thresholds must rise from yellow to red: {self.yellow_sum}, {self.red_sum}")
        if self.test not in TESTS:
            raise TableError(f"there is no test {self.test!r}; it is one of {', '.join(TESTS)}")
        if not 0 < self.weight <= 1:
            raise TableError(f"the weight of the newest period is above 0 and at most 1, not {self.weight}")
        if not 0 < self.yellow_ewma <= self.red_ewma:
            raise TableError(f"the lines of the average rise from yellow to red: {self.yellow_ewma}, {self.red_ewma}")
        if not 0 <= self.yellow_overdue <= self.red_overdue <= 1:
            raise TableError(
                f"overdue shares rise from yellow to red within 0–1: {self.yellow_overdue}, {self.red_overdue}"
            )

    @property
    def lines(self) -> tuple[float, float]:
        """Where yellow and red begin in the figure that the rule's test reaches."""
        return (self.yellow_ewma, self.red_ewma) if self.test == "ewma" else (self.yellow_sum, self.red_sum)


@dataclass(frozen=True)
class Alerts:
    """Per area: ``colour`` int8 (0 blue, 1 yellow, 2 red), ``reason`` index into REASONS, the ``sum`` that the test
    reached (``ewma``: the average in its standard deviations, below zero when fewer than usual), the baseline ``mean``
    per period, the ``last`` count and the ``overdue`` share (NaN without cases)."""

    colour: NDArray[np.int8]
    reason: NDArray[np.int8]
    sum: Floats
    mean: Floats
    last: Floats
    overdue: Floats


def colours(counts: ArrayLike, *, rule: Rule, due: ArrayLike | None = None, overdue: ArrayLike | None = None) -> Alerts:
    """Colour areas from ``counts`` float[areas, periods], the last column the newest period.

    ``due`` and ``overdue``: cases due and of them overdue, float[areas]. The spread is that of the baseline, never
    taken below Poisson's. Raises ``TableError`` when there are fewer periods than the rule needs.
    """
    table = np.atleast_2d(np.asarray(counts, dtype=np.float64))
    areas, periods = table.shape
    if periods < rule.baseline + rule.watched:
        raise TableError(
            f"{periods} periods of history; this rule needs {rule.baseline} to compare with and {rule.watched} to watch"
        )
    past = table[:, periods - rule.watched - rule.baseline : periods - rule.watched]
    mean = past.mean(axis=1)
    spread = np.sqrt(np.maximum(np.maximum(mean, past.var(axis=1, ddof=1)), 1.0))
    above = (table[:, periods - rule.watched :] - mean[:, None]) / spread[:, None]
    reached = _averaged(above, rule.weight) if rule.test == "ewma" else _summed(above, rule.allowance)
    yellow, red = rule.lines
    last = table[:, -1]
    enough = last >= rule.least
    rising = np.where(enough, (reached >= yellow).astype(int) + (reached >= red), BLUE)
    cases = np.zeros(areas) if due is None else np.asarray(due, dtype=np.float64)
    late = np.zeros(areas) if overdue is None else np.asarray(overdue, dtype=np.float64)
    share = np.divide(late, cases, out=np.full(areas, np.nan), where=cases > 0)
    tardy = np.where(
        cases >= rule.least, (share >= rule.yellow_overdue).astype(int) + (share >= rule.red_overdue), BLUE
    )
    colour = np.maximum(rising, tardy)
    reason = np.select([colour == BLUE, rising >= tardy], [np.where(enough, 0, 3), 1], default=2)
    return Alerts(colour.astype(np.int8), reason.astype(np.int8), reached, mean, last, share)


def _summed(above: Floats, allowance: float) -> Floats:
    """Page's cumulative sum after the last column of standardised counts."""
    reached = np.zeros(above.shape[0])
    for column in above.T:
        reached = np.maximum(0.0, reached + column - allowance)
    return reached


def _averaged(above: Floats, weight: float) -> Floats:
    """Roberts's weighted average after the last column, in its own standard deviations at that many periods."""
    average = np.zeros(above.shape[0])
    for column in above.T:
        average = weight * column + (1 - weight) * average
    variance = weight / (2 - weight) * (1 - (1 - weight) ** (2 * above.shape[1]))
    return np.asarray(average / np.sqrt(variance), dtype=np.float64)
