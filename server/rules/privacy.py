"""The privacy floor: what is left of counts and rates for everyone who does not plan or operate.

Basis: the rule of NHS Digital for its hospital data (since 2018): counts of 1–7 are not shown and every other count is
rounded to a multiple of five, so that no difference of two published numbers leads back to a few people. Here a count
below the floor and a count of zero look the same (absent), so even "one to seven" is not told. Rates are made from the
rounded count, and only from counts at or above the floor. Space and time are fixed as well: cells no finer than
resolution 8 and whole calendar months, since free windows could be subtracted from each other.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Final

FLOOR: Final = 8
"""Smallest count that is shown at all."""
STEP: Final = 5
"""Shown counts are multiples of this."""
FINEST: Final = 8
"""Finest H3 resolution of anything counted that viewers may see."""
CAMERA_FLOOR: Final = 3
"""Fewest cameras in a cell whose density band viewers may see."""
CAMERA_BANDS: Final = (8.0, 24.0)
"""Cameras per km²: below the first is band 1 (low), below the second 2 (medium), else 3 (high)."""


def count(n: int) -> int | None:
    """``n`` as it may be shown: None below the floor (zero included), else the nearest multiple of five.

    >>> [count(n) for n in (0, 1, 7, 8, 12, 13)]
    [None, None, None, 10, 10, 15]
    """
    return None if n < FLOOR else (n + STEP // 2) // STEP * STEP


def total(n: int) -> int:
    """A sum over a whole city as it may be shown: zero where it is below the floor."""
    return count(n) or 0


def factors(counts: Sequence[int]) -> list[float]:
    """For each raw count the factor that turns a value proportional to it into one of the rounded count; 0 hides."""
    return [0.0 if n < FLOOR else (total(n) / n) for n in counts]


def band(cameras: float, per_km2: float) -> int:
    """Density band of a cell: 0 not shown (fewer cameras than the floor, or none), 1 low, 2 medium, 3 high."""
    if cameras < CAMERA_FLOOR:
        return 0
    return 1 + sum(per_km2 >= edge for edge in CAMERA_BANDS)


def resolution(base: int) -> int:
    """The one resolution at which viewers see counts of a city of base resolution ``base``."""
    return min(base, FINEST)


def month(asked: datetime.datetime | None, last: datetime.datetime, *, zone: datetime.tzinfo) -> tuple[
    datetime.datetime, datetime.datetime
]:  # fmt: skip
    """The calendar month (UTC instants of its ends, end excluded) that viewers get for a window from ``asked``.

    ``asked`` names the month it lies in; without it the last whole month before ``last`` (the newest incident) is
    taken. The month is one of ``zone``, the city's own.
    """
    if asked is not None:
        day = asked.astimezone(zone)
    else:
        first = last.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        day = first - datetime.timedelta(days=1)
    start = datetime.datetime(day.year, day.month, 1, tzinfo=zone)
    end = datetime.datetime(day.year + day.month // 12, day.month % 12 + 1, 1, tzinfo=zone)
    return start.astimezone(datetime.UTC), end.astimezone(datetime.UTC)
