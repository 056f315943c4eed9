"""Written times taken apart: one regular expression per family of formats, applied to a whole column at once.

A family yields the components year, month, day, hour, minute, second, microsecond, offset as int64 columns. What a
column as a whole means is decided in ``times``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from server.intake import values

US = 1_000_000
DAY_US = 86_400 * US
#: Stands for a component that was not written.
ABSENT = np.iinfo(np.int64).min

_CLOCK = (
    r"(?P<p>上午|下午|凌晨|早上|中午|晚上)?\s*(?P<h>\d{1,2})[:时点](?P<mi>\d{1,2})"
    r"(?:[:分](?P<s>\d{1,2})?(?:[.,](?P<f>\d{1,9}))?)?秒?(?:\s*(?P<ap>[AaPp]\.?[Mm]\.?))?"
)
_ZONE = r"\s*(?P<z>[Zz]|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?\s*$"
NUMBERS = (
    r"^\s*(?P<a>\d{1,4})\s*[-/.年]\s*(?P<b>\d{1,2})\s*[-/.月]\s*(?P<c>\d{1,4})"
    r"(?:(?:日\s*|[Tt\s]+)" + _CLOCK + r")?日?" + _ZONE
)
DAY_MONTHNAME = (
    r"^\s*(?:[A-Za-z]{3,9},?\s+)?(?P<d>\d{1,2})[\s-]+(?P<mon>[A-Za-z]{3,9})\.?,?[\s-]+(?P<y>\d{4})"
    r"(?:[,\s]+" + _CLOCK + r")?" + _ZONE
)
MONTHNAME_DAY = (
    r"^\s*(?:[A-Za-z]{3,9},?\s+)?(?P<mon>[A-Za-z]{3,9})\.?\s+(?P<d>\d{1,2}),?\s+(?P<y>\d{4})"
    r"(?:[,\s]+" + _CLOCK + r")?" + _ZONE
)
NUMBER = r"^\s*[0-9]{1,17}(?:\.[0-9]{1,12})?\s*$"
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}
_DIRECTIVES = {
    "Y": r"(?P<y>\d{4})",
    "y": r"(?P<yy>\d{2})",
    "m": r"(?P<m>\d{1,2})",
    "d": r"(?P<d>\d{1,2})",
    "H": r"(?P<h>\d{1,2})",
    "I": r"(?P<h>\d{1,2})",
    "M": r"(?P<mi>\d{1,2})",
    "S": r"(?P<s>\d{1,2})",
    "f": r"(?P<f>\d{1,9})",
    "p": r"(?P<ap>[AaPp]\.?[Mm]\.?|上午|下午)",
    "b": r"(?P<mon>[A-Za-z]{3,9})\.?",
    "B": r"(?P<mon>[A-Za-z]{3,9})",
    "z": r"(?P<z>[Zz]|[+-]\d{2}:?\d{2})",
    "%": "%",
    "a": r"[A-Za-z]{2,9}",
    "A": r"[A-Za-z]{2,9}",
}


@dataclass(frozen=True)
class Parts:
    """Components of the rows whose ``matched`` is true; ABSENT where a row does not write one."""

    matched: np.ndarray
    columns: dict[str, np.ndarray]

    def get(self, name: str) -> np.ndarray:
        """The component's column; all ABSENT when the family has no such group."""
        found = self.columns.get(name)
        return np.full(len(self.matched), ABSENT, np.int64) if found is None else found


def take_apart(texts: pa.Array, pattern: str) -> Parts:
    """Match every text of the column against ``pattern`` and read its groups as numbers."""
    struct = pc.extract_regex(texts, pattern)
    matched = np.asarray(pc.is_valid(struct).to_numpy(zero_copy_only=False), bool)
    columns: dict[str, np.ndarray] = {}
    for name in re.findall(r"\(\?P<(\w+)>", pattern):
        group = pc.struct_field(struct, name)
        if name in ("p", "ap", "mon", "z"):
            columns[name] = _words(group, name)
        elif name == "f":
            columns[name] = _digits(pc.utf8_slice_codeunits(pc.utf8_rpad(group, 6, "0"), 0, 6), group)
        else:
            columns[name] = _digits(group, group)
            if name in ("a", "c"):
                columns["len_" + name] = _lengths(group)
    return Parts(matched, columns)


def format_pattern(text: str) -> str:
    """The regular expression of a strptime format. Raises IntakeError E_TIME_FORMAT for what it does not know."""
    made, i, seen = r"^\s*", 0, set()
    while i < len(text):
        ch = text[i]
        if ch != "%":
            made += r"\s+" if ch.isspace() else re.escape(ch)
            i += 1
            continue
        directive = text[i + 1 : i + 2]
        if directive not in _DIRECTIVES or (directive in seen and directive != "%"):
            raise values.IntakeError("E_TIME_FORMAT", f"time format '{text}': '%{directive}' is unknown or given twice")
        seen.add(directive)
        made += _DIRECTIVES[directive]
        i += 2
    if not ({"Y", "y"} & seen and {"m", "b", "B"} & seen and "d" in seen):
        raise values.IntakeError("E_TIME_FORMAT", f"time format '{text}' does not say year, month and day")
    return made + r"\s*$"


def instant(
    parts: Parts, year: np.ndarray, month: np.ndarray, day: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(local_us, offset_us or ABSENT, possible) of every row; a date or clock that cannot be is not possible."""
    hour, minute, second = (_or_zero(parts.get(name)) for name in ("h", "mi", "s"))
    hour, possible = _twelve_hours(hour, parts)
    possible &= (month >= 1) & (month <= 12) & (day >= 1) & (year >= 1) & (year <= 9999)
    safe_year, safe_month = np.where(possible, year, 2000), np.where(possible, month, 1)
    possible &= day <= _month_length(safe_year, safe_month)
    possible &= (hour >= 0) & (hour < 24) & (minute < 60) & (second < 60)
    days = _days_from_civil(safe_year, safe_month, np.where(possible, day, 1))
    clock_us = ((hour * 60 + minute) * 60 + second) * US + _or_zero(parts.get("f"))
    offset = parts.get("z")
    return days * DAY_US + np.where(possible, clock_us, 0), offset, possible


def _days_from_civil(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Days since 1970-01-01 of proleptic Gregorian dates (H. Hinnant, chrono-compatible date algorithms)."""
    y: np.ndarray = year - (month <= 2)
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    days: np.ndarray = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return days


def _month_length(year: np.ndarray, month: np.ndarray) -> np.ndarray:
    lengths = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[month - 1]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    longer: np.ndarray = lengths + (leap & (month == 2))
    return longer


def _twelve_hours(hour: np.ndarray, parts: Parts) -> tuple[np.ndarray, np.ndarray]:
    half = np.maximum(parts.get("ap"), parts.get("p"))
    stated = half != ABSENT
    possible = ~stated | ((hour >= 1) & (hour <= 12)) | (parts.get("p") != ABSENT)
    turned = np.where(stated & (half == 1) & (hour < 12), hour + 12, hour)
    return np.where(stated & (half == 0) & (hour == 12), 0, turned), possible


def _digits(group: pa.Array, present: pa.Array) -> np.ndarray:
    empty = pc.equal(present, "")
    numbers = pc.cast(pc.if_else(empty, pa.scalar(None, pa.string()), group), pa.int64())
    return np.asarray(pc.fill_null(numbers, int(ABSENT)).to_numpy(zero_copy_only=False), np.int64)


def _lengths(group: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(pc.utf8_length(group), 0).to_numpy(zero_copy_only=False), np.int64)


def _words(group: pa.Array, name: str) -> np.ndarray:
    encoded = pc.dictionary_encode(pc.fill_null(group, ""))
    known = np.array([_word(word, name) for word in encoded.dictionary.to_pylist()] or [ABSENT], np.int64)
    return known[np.asarray(encoded.indices.to_numpy(zero_copy_only=False), np.int64)]


def _word(word: str, name: str) -> int:
    low = word.lower()
    if not word:
        return int(ABSENT)
    if name == "mon":
        return _MONTHS.get(low, -1)
    if name in ("ap", "p"):
        return 1 if low[0] == "p" or word in ("下午", "晚上", "中午") else 0
    if low in ("z", "utc", "gmt"):
        return 0
    digits = low[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    if minutes > 14 * 60 or int(digits[2:]) > 59:
        return -1
    return (minutes if low[0] == "+" else -minutes) * 60 * US


def _or_zero(column: np.ndarray) -> np.ndarray:
    return np.where(column == ABSENT, 0, column)
