"""Columns of a file to columns of ours: text, numbers, choices, flags and headings, a whole batch at a time.

Each reader answers the new column and, for wrong values, a mask with its code and reason; empty values are null.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo import directions
from server.intake import kinds, mapping, personal

TEXT_CHARS = 1_000
_NUMBER = r"^[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,17})?|\.[0-9]{1,17})(?:[eE][+-]?[0-9]{1,2})?$"
_CONTROLS = (
    r"[\x00-\x08\x0b-\x1f\x7f\x{0080}-\x{009f}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}\x{feff}\x{fffe}]"
)
_EMPTY = ("", "na", "n/a", "null", "none", "nan", "无", "-", "--", "—")
_YES = {"yes", "true", "1", "是", "y", "t", "单行", "-1", "reverse", "one-way", "oneway"}
_NO = {"no", "false", "0", "否", "n", "f", "双向"}


@dataclass(frozen=True)
class Wrong:
    """Values that could not be read: which, under what code, and why."""

    mask: np.ndarray
    code: str
    reason: str


@dataclass(frozen=True)
class Column:
    """A read column (null where empty or wrong) and its faults; ``extra``: a companion column or None."""

    array: pa.Array
    wrong: tuple[Wrong, ...] = ()
    extra: tuple[str, pa.Array] | None = None


def as_text(column: pa.Array) -> pa.Array:
    """Any plain column as strings; lists and structures become null."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return as_text(column.dictionary_decode())
    if pa.types.is_string(kind):
        return column
    if pa.types.is_floating(kind):
        whole = pc.and_kleene(pc.is_finite(column), pc.equal(column, pc.floor(column)))
        small = pc.and_kleene(whole, pc.less(pc.abs(column), 1e15))
        integers = pc.cast(pc.cast(pc.if_else(small, column, 0), pa.int64(), safe=False), pa.string())
        return pc.if_else(small, integers, pc.cast(column, pa.string()))
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.nulls(len(column), pa.string())
    return pc.cast(column, pa.string())


def read(column: pa.Array, field: kinds.Field, *, codes: Mapping[str, float] | None = None) -> Column:
    """Read ``column`` as ``field`` says. Times and coordinates have modules of their own. ``codes``: the declared list
    (code → degrees) of a column of headings."""
    if field.type == "number" or field.type == "integer":
        return _number(column, field)
    texts = pc.utf8_trim_whitespace(as_text(column))
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    if field.type == "text":
        return _text(texts, field) if field.name == "id" else _repeated(texts, field)
    low = pc.utf8_lower(texts)
    low = pc.if_else(pc.is_in(low, pa.array(_EMPTY)), pa.scalar(None, pa.string()), low)
    if field.type == "choice":
        return _words(low, field)
    return _flag(low) if field.type == "flag" else _heading(low, codes)


def number(column: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(float64 values, missing, unreadable) of a column; values are NaN where missing or unreadable."""
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type) or pa.types.is_decimal(column.type):
        plain = pc.cast(column, pa.float64(), safe=False)
        numbers = np.asarray(pc.fill_null(plain, np.nan).to_numpy(zero_copy_only=False), float)
        missing = np.asarray(pc.is_null(column).to_numpy(zero_copy_only=False), bool)
        return np.where(np.isfinite(numbers), numbers, np.nan), missing, ~missing & ~np.isfinite(numbers)
    texts = pc.utf8_trim_whitespace(as_text(column))
    empty = pc.fill_null(pc.is_in(pc.utf8_lower(texts), pa.array(_EMPTY)), True)
    empty = pc.or_(empty, pc.is_null(texts))
    fits = pc.fill_null(pc.match_substring_regex(texts, _NUMBER), False)
    kept = pc.cast(pc.if_else(fits, texts, pa.scalar(None, pa.string())), pa.float64())
    numbers = np.asarray(pc.fill_null(kept, np.nan).to_numpy(zero_copy_only=False), float)
    missing = np.asarray(empty.to_numpy(zero_copy_only=False), bool)
    return numbers, missing, ~missing & ~np.isfinite(numbers)


def _number(column: pa.Array, field: kinds.Field) -> Column:
    numbers, _, unreadable = number(column)
    if field.name in ("height_m", "height", "range", "angle") and unreadable.any():
        stripped = pc.replace_substring_regex(as_text(column), r"(?i)\s*(m|米|meters?|metres?|°|度|deg)\s*$", "")
        numbers, _, unreadable = number(stripped)
    low = -np.inf if field.low is None else field.low
    high = np.inf if field.high is None else field.high
    with np.errstate(invalid="ignore"):
        outside = ~unreadable & ((numbers < low) | (numbers > high))
        broken = ~unreadable & ~outside & np.isfinite(numbers) & (numbers != np.floor(numbers))
    wrong = [
        Wrong(unreadable, "number.unreadable", "not a number"),
        Wrong(outside, "number.range", f"must lie between {low:g} and {high:g}"),
    ]
    good = np.isfinite(numbers) & ~outside
    if field.type == "integer":
        wrong.append(Wrong(broken, "number.whole", "must be a whole number"))
        good &= ~broken
        whole = np.where(good, numbers, 0).astype(np.int64)
        return Column(pa.array(whole, mask=~good), tuple(wrong))
    return Column(pa.array(np.where(good, numbers, 0.0), mask=~good), tuple(wrong))


def _repeated(texts: pa.Array, field: kinds.Field) -> Column:
    """A text column whose values repeat: each different value is looked at once."""
    encoded = pc.dictionary_encode(texts)
    known = _text(encoded.dictionary, field)
    at = np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), np.int64)
    there = at >= 0
    wrong = tuple(
        Wrong(there & one.mask[np.maximum(at, 0)] if len(one.mask) else there & False, one.code, one.reason)
        for one in known.wrong
    )
    return Column(known.array.take(encoded.indices), wrong)


def _text(texts: pa.Array, field: kinds.Field) -> Column:
    texts = pc.utf8_normalize(texts, form="NFC")
    long = _mask(pc.greater(pc.utf8_length(texts), TEXT_CHARS))
    texts = pc.replace_substring_regex(texts, r"[\t\n\r]+", " ")
    control = _mask(pc.match_substring_regex(texts, _CONTROLS))
    hidden = _mask(personal.hidden(texts, codes=field.name in ("id", "code", "community", "region", "parent")))
    bad = long | control | hidden
    kept = pc.if_else(pa.array(~bad), texts, pa.scalar(None, pa.string()))
    return Column(
        kept,
        (
            Wrong(long, "text.long", f"longer than {TEXT_CHARS} characters"),
            Wrong(control, "text.control", "contains control or direction characters"),
            Wrong(hidden, "text.personal", "contains an identity or telephone number; the value was not taken"),
        ),
    )


def _words(texts: pa.Array, field: kinds.Field) -> Column:
    known = {_word(word): ours for word, ours in (field.choices or {}).items()}
    encoded = pc.dictionary_encode(texts)
    words = [known.get(_word(word)) if word is not None else None for word in encoded.dictionary.to_pylist()]
    read_as = pa.array(words, pa.string()).take(encoded.indices)
    wrong = _mask(pc.and_(pc.is_valid(texts), pc.is_null(read_as)))
    allowed = ", ".join(sorted(set(known.values())))
    return Column(read_as, (Wrong(wrong, "choice.unknown", f"must be one of {allowed}"),))


def _word(word: str) -> str:
    return mapping.normal(unicodedata.normalize("NFKC", word))


def _flag(texts: pa.Array) -> Column:
    encoded = pc.dictionary_encode(texts)
    found = [True if word in _YES else False if word in _NO else None for word in encoded.dictionary.to_pylist()]
    flags = pa.array(found, pa.bool_()).take(encoded.indices)
    wrong = _mask(pc.and_(pc.is_valid(texts), pc.is_null(flags)))
    return Column(flags, (Wrong(wrong, "flag.unknown", "must be yes or no"),))


def _heading(texts: pa.Array, codes: Mapping[str, float] | None) -> Column:
    """Degrees clockwise from north. Several directions: the first, all of them in the companion column ``headings``.

    With declared ``codes`` only these are read. Without, a column of nothing but small whole numbers is refused: it
    holds codes, and lists of codes in use disagree."""
    encoded = pc.dictionary_encode(texts)
    words = encoded.dictionary.to_pylist()
    if codes is None and directions.look_like_codes(words, len(texts) - texts.null_count):
        reason = "looks like a code, not degrees; declare the register's list of codes"
        return Column(
            pa.nulls(len(texts), pa.float64()), (Wrong(_mask(pc.is_valid(texts)), "heading.codes", reason),)
        )
    declared = None if codes is None else {code.strip().lower(): degrees for code, degrees in codes.items()}
    found = directions.parse(words, codes=declared)
    first = pa.array(found.deg, pa.float64(), from_pandas=True).take(encoded.indices)
    lists = [
        ";".join(f"{one:g}" for one in (lead, *more)) if more else None
        for lead, more in zip(found.deg.tolist(), found.several, strict=True)
    ]
    several = pa.array(lists, pa.string()).take(encoded.indices)
    arc = pa.array(found.arc, pa.bool_()).take(encoded.indices)
    wrong = _mask(pc.and_(pc.is_valid(texts), pc.is_null(first)))
    unread = (
        Wrong(wrong, "heading.unknown", "not a direction in degrees or compass words")
        if codes is None
        else Wrong(wrong, "heading.undeclared", "not in the declared list of direction codes")
    )
    return Column(
        first,
        (
            unread,
            Wrong(_mask(pc.is_valid(several)), "heading.several", "several directions; all are kept, the first leads"),
            Wrong(_mask(arc), "heading.arc", "an arc of directions; its middle is used"),
        ),
        ("headings", several),
    )


def _mask(flags: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(flags, False).to_numpy(zero_copy_only=False), bool)
