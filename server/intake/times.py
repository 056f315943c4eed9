"""When it happened: a column of written times to instants.

How dates are written (day first or month first, epoch seconds or milliseconds, Excel serial numbers) is decided from
the whole column, reported, and refused when the column does not decide it. Instants are int64 microseconds, UTC.

Rules: a clock time the zone skipped is rejected; one it showed twice is taken as the first; a date of 1900-01-01,
0001-01-01, 1899-12-30 or 9999-12-31 is a placeholder and rejected, and so is anything before 1900 or more than five
minutes in the future (after 2100 where no present is given).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from server.intake import clock, values, zones

US = clock.US
FUTURE_US = 300 * US
_YEAR_2101_US = 4_133_980_800 * US
_BEFORE_1900_US = -2_208_988_800 * US
_PLACEHOLDER_DAYS = np.array([-25_567, -25_569, -719_162, 2_932_896])  # 1900-01-01, 1899-12-30, 0001-01-01, 9999-12-31
_EXCEL_EPOCH_DAYS = 25_569
_CLEAR_SHARE = 0.99
#: How a column of bare numbers may be meant: name → (lowest, highest value, microseconds per unit).
_UNITS: dict[str, tuple[float, float, float]] = {
    "yyyymmdd": (19_000_101, 21_001_231, 0),
    "yyyymmddhhmmss": (19_000_101_000_000, 21_001_231_235_959, 0),
    "yyyymmddhhmm": (190_001_010_000, 210_012_312_359, 0),
    "excel": (20_000, 80_000, 86_400 * US),
    "epoch_s": (1e8, 4.2e9, US),
    "epoch_ms": (2.2e11, 4.2e12, 1_000),
    "epoch_us": (1e14, 4.2e15, 1),
}
_NAMED = ("iso", "ymd", "dmy", "mdy", "excel", "epoch_s", "epoch_ms", "epoch_us")


@dataclass
class Survey:
    """What a column of times looks like: how many rows of each family, and what speaks for day or month first."""

    rows: int = 0
    empty: int = 0
    year_first: int = 0
    first_above_12: int = 0
    second_above_12: int = 0
    both_small: int = 0
    named: int = 0
    other: int = 0
    typed: int = 0
    units: dict[str, int] = field(default_factory=dict)
    numbers: int = 0
    examples: list[str] = field(default_factory=list)

    def see(self, column: pa.Array) -> None:
        """Count one batch of the column."""
        self.rows += len(column)
        if not _is_text(column.type):
            self._see_typed(column)
            return
        filled = _filled(column)
        self.empty += len(column) - len(filled)
        parts = clock.take_apart(filled, clock.NUMBERS)
        a, b = parts.get("a"), parts.get("b")
        first = parts.matched & (parts.get("len_a") == 4)
        late = parts.matched & (parts.get("len_a") <= 2) & (parts.get("len_c") == 4)
        self.year_first += int(first.sum())
        self.first_above_12 += int((late & (a > 12)).sum())
        self.second_above_12 += int((late & (b > 12)).sum())
        self.both_small += int((late & (a <= 12) & (b <= 12)).sum())
        rest = filled.filter(pa.array(~(first | late)))
        if len(rest) == 0:
            return
        number = pc.match_substring_regex(rest, clock.NUMBER)
        self._see_numbers(np.asarray(pc.cast(pc.utf8_trim_whitespace(rest.filter(number)), pa.float64())))
        rest = rest.filter(pc.invert(number))
        words = (
            clock.take_apart(rest, clock.DAY_MONTHNAME).matched | clock.take_apart(rest, clock.MONTHNAME_DAY).matched
        )
        self.named += int(words.sum())
        unread = rest.filter(pa.array(~words))
        self.other += len(unread)
        self.examples.extend(unread.slice(0, max(0, 5 - len(self.examples))).to_pylist())

    def _see_typed(self, column: pa.Array) -> None:
        self.empty += column.null_count
        if pa.types.is_temporal(column.type):
            self.typed += len(column) - column.null_count
        else:
            self._see_numbers(np.asarray(pc.cast(column.drop_null(), pa.float64(), safe=False)))

    def _see_numbers(self, numbers: np.ndarray) -> None:
        self.numbers += len(numbers)
        for name, (low, high, _) in _UNITS.items():
            self.units[name] = self.units.get(name, 0) + int(((numbers >= low) & (numbers <= high)).sum())


@dataclass(frozen=True)
class Decision:
    """How the column is read. order: dmy, mdy or None; unit: of bare numbers; pattern: of a given strptime format."""

    order: str | None
    unit: str | None
    pattern: str | None
    zone: zones.Zone | None
    now_us: int | None
    told: dict[str, Any]


def survey(batches: Iterable[pa.Array]) -> Survey:
    """Look through the whole column, batch by batch."""
    made = Survey()
    for column in batches:
        made.see(column)
    return made


def decide(seen: Survey, *, column: str, time_format: str | None, tz: str | None, now: str | None) -> Decision:
    """Settle how to read the column. Raises IntakeError E_TIME_ORDER, E_TIME_UNIT, E_TIME or E_TZ."""
    zone = None if tz is None else zones.load(tz)
    now_us = None if now is None else _instant_us(now)
    told: dict[str, Any] = {"column": column, "tz": tz, "rows": seen.rows, "empty": seen.empty}
    families = {
        "year first": seen.year_first,
        "month name": seen.named,
        "typed": seen.typed,
        "number": seen.numbers,
        "day or month first": seen.first_above_12 + seen.second_above_12 + seen.both_small,
        "unreadable": seen.other,
    }
    told["seen"] = {name: count for name, count in families.items() if count}
    if time_format is not None and time_format not in _NAMED:
        told |= {"format": time_format, "by": "given"}
        return Decision(None, None, clock.format_pattern(time_format), zone, now_us, told)
    if time_format in ("dmy", "mdy"):
        told |= {"format": time_format, "by": "given"}
        return Decision(time_format, _unit(seen) if seen.numbers else None, None, zone, now_us, told)
    unit = time_format if time_format in _UNITS else (_unit(seen) if seen.numbers else None)
    late = seen.first_above_12 + seen.second_above_12 + seen.both_small
    order, why = _order(seen) if late else (None, "the year stands first")
    if not (late or seen.year_first or seen.named or seen.typed or seen.numbers) and seen.other:
        raise values.IntakeError(
            "E_TIME",
            f"the times in '{column}' are written in no way known here, such as '{seen.examples[0]}'; say how "
            "with --time-format, for example '%d.%m.%Y %H:%M'",
            detail={"column": column, "examples": seen.examples},
        )
    told |= {"format": order or unit or "iso", "by": why if late or not unit else f"all numbers fit {unit}"}
    return Decision(order, unit, None, zone, now_us, told)


def _order(seen: Survey) -> tuple[str, str]:
    day, month = seen.first_above_12, seen.second_above_12
    if day + month == 0:
        raise values.IntakeError(
            "E_TIME_ORDER",
            f"none of {seen.both_small} dates says whether day or month stands first; say it with "
            "--time-format dmy or --time-format mdy",
        )
    if max(day, month) < _CLEAR_SHARE * (day + month):
        raise values.IntakeError(
            "E_TIME_ORDER",
            f"{day} dates can only be day first and {month} only month first; import the parts of the "
            "file separately, each with its --time-format",
            detail={"day_first": day, "month_first": month},
        )
    order = "dmy" if day > month else "mdy"
    place = "first" if order == "dmy" else "second"
    return order, f"the {place} number is above 12 in {max(day, month)} rows, the other in {min(day, month)}"


def _unit(seen: Survey) -> str:
    best = max(_UNITS, key=lambda name: seen.units.get(name, 0))
    if seen.units.get(best, 0) < _CLEAR_SHARE * seen.numbers:
        raise values.IntakeError(
            "E_TIME_UNIT",
            "the numbers in the time column fit no one of: " + ", ".join(_UNITS) + "; say which with --time-format",
            detail={"fits": dict(seen.units), "numbers": seen.numbers},
        )
    return best


@dataclass(frozen=True)
class Read:
    """utc_us int64[n]; ``faults``: code → mask of rows with that fault; ``fold``: clock times that were shown twice."""

    utc_us: np.ndarray
    faults: dict[str, np.ndarray]
    fold: np.ndarray


def read(column: pa.Array, decision: Decision) -> Read:
    """Instants of one batch of the column. Raises IntakeError E_TZ when a zone is needed and none is given."""
    n = len(column)
    local, offset = np.zeros(n, np.int64), np.full(n, clock.ABSENT, np.int64)
    done, possible = np.zeros(n, bool), np.ones(n, bool)
    if _is_text(column.type):
        missing = _blank(column)
        filled = pc.fill_null(column, "")
        for rows, part in _texts(filled, decision, ~missing):
            local[rows], offset[rows], possible[rows] = part
            done[rows] = True
    else:
        missing = np.asarray(pc.is_null(column).to_numpy(zero_copy_only=False), bool)
        local, offset, possible = _typed(column, decision)
        done = ~missing
    return _settle(local, offset, decision, missing=missing, done=done, possible=possible)


def _settle(
    local: np.ndarray,
    offset: np.ndarray,
    decision: Decision,
    *,
    missing: np.ndarray,
    done: np.ndarray,
    possible: np.ndarray,
) -> Read:
    bad_zone = done & (offset == -1)
    impossible = done & (~possible | bad_zone)
    good = done & ~impossible
    day = local // clock.DAY_US
    placeholder = good & np.isin(day, _PLACEHOLDER_DAYS)
    naive = good & (offset == clock.ABSENT)
    utc = local - np.where(naive, 0, offset)
    gap = fold = np.zeros(len(local), bool)
    if naive.any():
        if decision.zone is None:
            raise values.IntakeError("E_TZ", "the times name no zone; say which with --tz, for example Asia/Shanghai")
        there, skipped, twice = zones.to_utc(local, decision.zone)
        utc = np.where(naive, there, utc)
        gap, fold = naive & skipped, naive & twice
    latest = _YEAR_2101_US if decision.now_us is None else decision.now_us + FUTURE_US
    ranged = good & ~placeholder
    faults = {
        "time.missing": missing,
        "time.unreadable": ~done & ~missing,
        "time.impossible": impossible,
        "time.placeholder": placeholder,
        "time.gap": gap & ranged,
        "time.early": ranged & (utc < _BEFORE_1900_US),
        "time.future": ranged & (utc > latest),
    }
    return Read(utc, faults, fold & ranged)


def _texts(
    texts: pa.Array, decision: Decision, wanted: np.ndarray
) -> Iterable[tuple[np.ndarray, tuple[Any, Any, Any]]]:
    """Yield (row positions, (local, offset, possible)) for every family in turn, over rows nothing has matched yet."""
    left = np.flatnonzero(wanted)
    patterns = [decision.pattern] if decision.pattern else [clock.NUMBERS, clock.DAY_MONTHNAME, clock.MONTHNAME_DAY]
    for pattern in patterns:
        if len(left) == 0:
            return
        parts = clock.take_apart(texts if len(left) == len(texts) else texts.take(pa.array(left)), pattern)
        year, month, day, matched = _civil(parts, decision)
        made = clock.instant(parts, year, month, day)
        yield left[matched], (made[0][matched], made[1][matched], made[2][matched])
        left = left[~matched]
    if decision.unit is not None and len(left):
        rest = texts.take(pa.array(left))
        matched = np.asarray(pc.match_substring_regex(rest, clock.NUMBER).to_numpy(zero_copy_only=False), bool)
        numbers = np.asarray(pc.cast(pc.utf8_trim_whitespace(rest.filter(pa.array(matched))), pa.float64()))
        yield left[matched], _numbers(numbers, decision.unit)


def _civil(parts: clock.Parts, decision: Decision) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    columns = parts.columns
    if "a" not in columns:
        short = parts.get("yy")
        year = np.where(short == clock.ABSENT, parts.get("y"), np.where(short < 70, 2000 + short, 1900 + short))
        return year, np.maximum(parts.get("m"), parts.get("mon")), parts.get("d"), parts.matched
    a, b, c = columns["a"], columns["b"], columns["c"]
    year_first = columns["len_a"] == 4
    late = (columns["len_a"] <= 2) & (columns["len_c"] == 4)
    day_first = decision.order == "dmy"
    year, day = np.where(year_first, a, c), np.where(year_first, c, a if day_first else b)
    month = np.where(year_first, b, b if day_first else a)
    matched = parts.matched & (year_first | (late & (decision.order is not None)))
    return year, month, day, matched


def _numbers(numbers: np.ndarray, unit: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    low, high, scale = _UNITS[unit]
    inside = (numbers >= low) & (numbers <= high)
    if scale == 0:
        digits = numbers.astype(np.int64)
        pad = {"yyyymmdd": 1_000_000, "yyyymmddhhmm": 100, "yyyymmddhhmmss": 1}[unit]
        local, offset, possible = _compact(np.where(inside, digits * pad, 20_000_101_000_000))
        return local, offset, possible & inside
    safe = np.where(inside, numbers, 0.0)
    whole = np.floor(safe)
    local = whole.astype(np.int64) * int(scale) + np.rint((safe - whole) * scale).astype(np.int64)
    if unit == "excel":
        return local - _EXCEL_EPOCH_DAYS * clock.DAY_US, np.full(len(numbers), clock.ABSENT), inside
    return local, np.zeros(len(numbers), np.int64), inside


def _compact(digits: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    names = {"s": 1, "mi": 100, "h": 10_000}
    parts = clock.Parts(np.ones(len(digits), bool), {name: digits // div % 100 for name, div in names.items()})
    return clock.instant(parts, digits // 10**10, digits // 10**8 % 100, digits // 10**6 % 100)


def _typed(column: pa.Array, decision: Decision) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    kind, n = column.type, len(column)
    if not pa.types.is_temporal(kind):
        numbers = np.asarray(pc.fill_null(pc.cast(column, pa.float64(), safe=False), np.nan))
        return _numbers(np.nan_to_num(numbers, nan=-1.0), decision.unit or "epoch_s")
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        raise values.IntakeError("E_TIME", "the time column holds a clock time or a duration, not a date and time")
    zoned = pa.types.is_timestamp(kind) and kind.tz is not None
    stamps = pc.cast(column, pa.timestamp("us", tz=kind.tz if zoned else None), safe=False)
    local = np.asarray(pc.fill_null(pc.cast(stamps, pa.int64()), 0).to_numpy(zero_copy_only=False), np.int64)
    return local, np.full(n, 0 if zoned else clock.ABSENT, np.int64), np.ones(n, bool)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _blank(column: pa.Array) -> np.ndarray:
    blank = pc.fill_null(pc.match_substring_regex(column, r"^\s*$"), True)
    return np.asarray(blank.to_numpy(zero_copy_only=False), bool)


def _filled(column: pa.Array) -> pa.Array:
    return column.filter(pa.array(~_blank(column)))


def _instant_us(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise values.IntakeError("E_OPTIONS", f"the present '{text}' names no zone; write it as 2026-01-31T08:00:00Z")
    return int(moment.timestamp() * US)
