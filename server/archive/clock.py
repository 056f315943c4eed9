"""The clock of a time zone over a span of time: when its offset from UTC changed. Times in microseconds, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

US = 1_000_000
_WEEK_S = 7 * 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def offsets(tz: str, *, first_us: int, last_us: int) -> tuple[list[int], list[int]]:
    """(changes, offsets): ``offsets[0]`` holds from ``first_us`` on, ``offsets[k]`` from ``changes[k - 1]`` on.

    Raises zoneinfo.ZoneInfoNotFoundError for a name that is no zone.
    """
    zone = ZoneInfo(tz)
    first, last = first_us // US, last_us // US + 1
    changes: list[int] = []
    found = [_offset(zone, first)]
    for week in range(first, last, _WEEK_S):
        end = min(week + _WEEK_S, last)
        there = _offset(zone, end)
        if there != found[-1]:
            changes.append(_change(zone, week, end, there) * US)
            found.append(there)
    return changes, [offset * US for offset in found]


def _change(zone: ZoneInfo, low: int, high: int, offset: int) -> int:
    """The first second after ``low`` with that offset, which holds at ``high``."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _offset(zone, middle) == offset else (middle, high)
    return high


def _offset(zone: ZoneInfo, second: int) -> int:
    offset = (_EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
