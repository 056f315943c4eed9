"""Whether a count changed, or only varied: two counts under their exposures, compared exactly.

Counts are taken as Poisson. Given their sum, the later one is binomial, so the ratio of the two rates has an exact
interval (Clopper & Pearson 1934 on that share) and an exact test; no normal approximation is used, so small counts
give wide intervals instead of false alarms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from geo.errors import TableError

Floats = NDArray[np.float64]
FEW, SAME, UP, DOWN = "few", "same", "up", "down"


@dataclass(frozen=True)
class Change:
    """Rate later ÷ rate earlier: ``ratio`` (NaN where both are 0), its interval ``low``…``high``, the two-sided exact
    ``p``, and ``verdict``: up, down, same (within normal variation) or few (too few to say). All aligned."""

    ratio: Floats
    low: Floats
    high: Floats
    p: Floats
    verdict: NDArray[np.str_]


def compare(
    earlier: ArrayLike,
    later: ArrayLike,
    *,
    exposure_earlier: ArrayLike = 1.0,
    exposure_later: ArrayLike = 1.0,
    level: float = 0.95,
    least: int = 8,
    false_share: float | None = 0.1,
) -> Change:
    """Compare counts int[n] ≥ 0 with exposures > 0 (days, households). Fewer than ``least`` in both together is "few".

    ``false_share``: among the areas called up or down, the expected share of false calls is kept below it (Benjamini &
    Hochberg 1995); None calls by each area's own interval. Raises ``TableError`` for negative or broken numbers.
    """
    a, b = np.broadcast_arrays(np.asarray(earlier, np.float64), np.asarray(later, np.float64))
    ea, eb = (np.broadcast_to(np.asarray(e, np.float64), a.shape) for e in (exposure_earlier, exposure_later))
    if not ((a >= 0) & (b >= 0) & (a == np.floor(a)) & (b == np.floor(b))).all():
        raise TableError("counts must be whole numbers of 0 or more")
    if not ((ea > 0) & (eb > 0) & np.isfinite(ea) & np.isfinite(eb)).all():
        raise TableError("exposures must be above 0")
    if not 0.5 <= level < 1.0:
        raise TableError(f"level is {level}; between 0.5 and 1 would be right")
    total = a + b
    tail = (1.0 - level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        share_low = np.where(b > 0, special.betaincinv(b, a + 1, tail), 0.0)
        share_high = np.where(a > 0, special.betaincinv(b + 1, a, 1 - tail), 1.0)
        scale = ea / eb
        low, high = share_low / (1 - share_low) * scale, share_high / (1 - share_high) * scale
        ratio = np.where(total > 0, (b / eb) / (a / ea), np.nan)
    expected = eb / (ea + eb)
    whole = total.astype(np.int64)
    tails = special.bdtr(b, whole, expected), special.bdtrc(b - 1, whole, expected)
    p = np.minimum(1.0, 2 * np.minimum(*tails))
    enough = total >= least
    called = _discoveries(p, enough, false_share) if false_share is not None else enough & (p < 1 - level)
    verdict = np.where(~enough, FEW, np.where(~called, SAME, np.where(b / eb > a / ea, UP, DOWN)))
    return Change(ratio, low, high, p, verdict)


def _discoveries(p: Floats, enough: NDArray[np.bool_], share: float) -> NDArray[np.bool_]:
    """Benjamini–Hochberg among the areas with enough reports."""
    called = np.zeros(p.shape, dtype=bool)
    values = np.sort(p[enough])
    passing = np.flatnonzero(values <= share * np.arange(1, len(values) + 1) / max(1, len(values)))
    if len(passing):
        called[enough] = p[enough] <= values[passing[-1]]
    return called
