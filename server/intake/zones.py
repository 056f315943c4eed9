"""Local clock times to instants: vectorised over one IANA zone, with gaps and folds told apart.

Times are int64 microseconds; local ones are counted as if the clock showed UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from server.intake import values

US = 1_000_000
_DAY_S = 86_400
_FIRST = datetime(1899, 12, 25, tzinfo=UTC)


@dataclass(frozen=True)
class Zone:
    """at_us[k]: instant of the k-th change of offset; offset_us[0…n]: offset before, between and after the changes."""

    name: str
    at_us: np.ndarray
    offset_us: np.ndarray


def load(name: str, *, until_year: int = 2101) -> Zone:
    """The changes of offset of zone ``name`` from 1900 on. Raises IntakeError E_TZ when there is no such zone."""
    try:
        info = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise values.IntakeError("E_TZ", f"no time zone '{name}'; give an IANA name such as Asia/Shanghai") from error
    end = datetime(until_year, 1, 1, tzinfo=UTC)
    step = timedelta(days=7)
    moment, before = _FIRST, _offset_s(info, _FIRST)
    at: list[int] = []
    offsets = [before]
    while moment < end:
        after_moment = moment + step
        after = _offset_s(info, after_moment)
        if after != before:
            at.append(_change_s(info, moment, after_moment) * US)
            offsets.append(after)
            before = after
        moment = after_moment
    return Zone(name, np.array(at, np.int64), np.array(offsets, np.int64) * US)


def to_utc(local_us: np.ndarray, zone: Zone) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Instants of local times: (utc_us, gap, fold).

    gap: the clock never showed that time. fold: it showed it twice; the first of the two is taken.
    """
    if len(zone.at_us) == 0:
        no = np.zeros(len(local_us), bool)
        return local_us - zone.offset_us[0], no, no
    ends = zone.at_us + zone.offset_us[:-1]
    starts = zone.at_us + zone.offset_us[1:]
    k = np.searchsorted(ends, local_us, side="right")
    gap = (k > 0) & (local_us < starts[np.maximum(k - 1, 0)])
    fold = (k < len(starts)) & (local_us >= starts[np.minimum(k, len(starts) - 1)])
    return local_us - zone.offset_us[k], gap, fold


def _offset_s(info: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(info).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _change_s(info: ZoneInfo, low: datetime, high: datetime) -> int:
    """The second in (low, high] from which the offset of ``high`` holds."""
    a, b = int(low.timestamp()), int(high.timestamp())
    want = _offset_s(info, high)
    while b - a > 1:
        middle = (a + b) // 2
        if _offset_s(info, datetime.fromtimestamp(middle, UTC)) == want:
            b = middle
        else:
            a = middle
    return b
