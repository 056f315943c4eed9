"""Grid codes by pattern: numbered west to east, then north to south, stable under redrawing, never used twice.

A code is ``prefix`` + the code of the community + a sequence within the community. Presets: ``UNIT_CELL``, 15 digits
(6 county + 3 town + 3 community + 3 sequence), and ``COMMUNITY_GRID``, 20 digits after CJ/T 349-2010 (6 object class +
the same 12 + 2 sequence, 00 where the community is undivided). Numbering goes in rows as one reads: the northernmost
row first, each row from west to east. When a plan is redrawn, a grid keeps its code while its largest piece does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import errors, geodesy
from geo.partition import Partition

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pattern:
    """How codes are built. ``region_digits`` None takes a community's code as it is, of any form.

    ``undivided_zero``: a community with a single grid gets sequence 0 instead of 1.
    """

    prefix: str = ""
    region_digits: int | None = 12
    separator: str = ""
    sequence_digits: int = 3
    undivided_zero: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.sequence_digits <= 9:
            raise errors.CodeError(f"a sequence has 1 to 9 digits, not {self.sequence_digits}", values=self)


UNIT_CELL = Pattern()
COMMUNITY_GRID = Pattern(prefix="010100", sequence_digits=2, undivided_zero=True)
VERBATIM = Pattern(region_digits=None, separator="-")


@dataclass(frozen=True)
class Lineage:
    """Where the cells of a grid went: one row per pair of old and new code that share cells.

    ``kind``: kept (same code), split (part of an old grid under another code), merge (a whole old grid joined another),
    move (part of an old grid joined another old grid). ``date`` ISO 8601, as given.
    """

    kind: str
    from_code: str
    to_code: str
    cells: int
    households: float
    date: str


@dataclass(frozen=True)
class Recoding:
    """``codes`` of the new plan by label, ``ended`` codes that may never be given again, and the ``lineage`` rows."""

    codes: dict[int, str]
    ended: list[str]
    lineage: list[Lineage]


def make(pattern: Pattern, region_code: str, sequence: int) -> str:
    """The code with ``sequence`` in a community; ``CodeError`` when either does not fit the pattern."""
    digits = pattern.region_digits
    fits = len(region_code) > 0 if digits is None else len(region_code) == digits and _digits(region_code)
    if not fits:
        raise errors.CodeError(f"community code {region_code!r} is not {digits} digits", values=region_code)
    if not 0 <= sequence < 10**pattern.sequence_digits:
        raise errors.CodeError(
            f"sequence {sequence} of community {region_code} needs more than {pattern.sequence_digits} digits",
            values=sequence,
        )
    return f"{pattern.prefix}{region_code}{pattern.separator}{sequence:0{pattern.sequence_digits}d}"


def order(lats: Floats, lngs: Floats) -> NDArray[np.int64]:
    """Reading order of points (degrees): rows from north to south, each from west to east; int64[n] of positions.

    A row is half as high as the typical distance between neighbouring points, so that nearly level grids share one.
    """
    lats, lngs = np.asarray(lats, dtype=np.float64), np.asarray(lngs, dtype=np.float64)
    if len(lats) < 2:
        return np.arange(len(lats), dtype=np.int64)
    row = np.empty(len(lats), dtype=np.int64)
    height_deg = _spacing_m(lats, lngs) / 2 / (geodesy.RADIUS_M * np.pi / 180)
    number, top = -1, np.inf
    for at in np.lexsort((lngs, -lats)):
        if lats[at] < top - height_deg or number < 0:
            number, top = number + 1, lats[at]
        row[at] = number
    return np.asarray(np.lexsort((-lats, lngs, row)), dtype=np.int64)


def number(
    pattern: Pattern, region_codes: Sequence[str], lats: Floats, lngs: Floats, *, taken: Collection[str] = ()
) -> list[str]:
    """A code for each new grid, from the code of its community and its centre (degrees).

    Sequences start at 1 in each community and step over ``taken`` codes (in use or ended). ``CodeError`` when full.
    """
    lats, lngs = np.asarray(lats, dtype=np.float64), np.asarray(lngs, dtype=np.float64)
    regions = np.asarray(region_codes, dtype=object)
    used = set(taken)
    codes = [""] * len(regions)
    for region in sorted(set(region_codes)):
        mine = np.flatnonzero(regions == region)
        upcoming = 0 if pattern.undivided_zero and len(mine) == 1 else 1
        for at in mine[order(lats[mine], lngs[mine])]:
            code = make(pattern, region, upcoming)
            while code in used:
                upcoming += 1
                code = make(pattern, region, upcoming)
            used.add(code)
            codes[int(at)] = code
    return codes


def recode(
    pattern: Pattern,
    before: Partition,
    before_codes: Mapping[int, str],
    after: Partition,
    *,
    region_codes: Mapping[int, str],
    lats: Mapping[int, float],
    lngs: Mapping[int, float],
    households: Floats,
    taken: Collection[str],
    date: str,
) -> Recoding:
    """Codes of a redrawn plan: the largest piece of each old grid keeps its code, new grids get new ones.

    Both partitions are of the same cells. ``region_codes``, ``lats``, ``lngs`` by new label; ``households`` float64[n]
    weighs the pieces (cells decide among equals); ``taken`` are all codes ever given. A code passes only within its
    community.
    """
    old, new, cells, weight = overlaps(before, after, households)
    kept: dict[int, str] = {}
    passed: set[int] = set()
    for at in np.lexsort((new, old, -cells, -weight)):
        label, was = int(new[at]), int(old[at])
        code = before_codes[was]
        if label in kept or was in passed or region_codes[label] not in code:
            continue
        if not _is_largest(old, new, weight, cells, at):
            continue
        kept[label] = code
        passed.add(was)
    fresh = [label for label in sorted(region_codes) if label not in kept]
    centres = np.array([(lats[label], lngs[label]) for label in fresh], dtype=np.float64).reshape(-1, 2)
    used = set(taken) | set(before_codes.values())
    given = number(pattern, [region_codes[label] for label in fresh], centres[:, 0], centres[:, 1], taken=used)
    codes = {**kept, **dict(zip(fresh, given))}
    ended = sorted(set(before_codes.values()) - set(kept.values()))
    rows = _rows(old, new, cells, weight, before_codes, codes, date)
    return Recoding(dict(sorted(codes.items())), ended, rows)


def lineage(
    before: Partition,
    before_codes: Mapping[int, str],
    after: Partition,
    after_codes: Mapping[int, str],
    *,
    households: Floats,
    date: str,
) -> list[Lineage]:
    """Where the cells of each old grid went, between two plans of the same cells whose codes are both given."""
    return _rows(*overlaps(before, after, households), before_codes, after_codes, date)


def overlaps(
    before: Partition, after: Partition, households: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Floats]:
    """Old label, new label, cells and households of every pair of grids that share cells."""
    if not np.array_equal(before.cells, after.cells):
        raise errors.ProblemError("plans of different cells cannot be compared cell by cell", values=None)
    pair = before.labels.astype(np.int64) << 32 | after.labels
    pairs, at = np.unique(pair, return_inverse=True)
    weight = np.bincount(at, weights=households, minlength=len(pairs)).astype(np.float64)
    count = np.bincount(at, minlength=len(pairs)).astype(np.int64)
    return pairs >> 32, pairs & 0xFFFFFFFF, count, weight


def faults(
    pattern: Pattern, codes: Sequence[str], *, regions: Collection[str], ended: Collection[str] = ()
) -> dict[str, str]:
    """What is wrong with ``codes``, by code: length, characters, unknown division, given twice, or reused."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    gone, known = set(ended), set(regions)
    for code in codes:
        reason = _fault(pattern, code, known)
        if reason is None and code in seen:
            reason = "given twice"
        if reason is None and code in gone:
            reason = "was ended and is used again"
        if reason is not None:
            found[code] = reason
        seen.add(code)
    return found


def _fault(pattern: Pattern, code: str, regions: set[str]) -> str | None:
    tail = pattern.sequence_digits
    region = code[len(pattern.prefix) : len(code) - tail - len(pattern.separator)]
    if pattern.region_digits is not None:
        length = len(pattern.prefix) + pattern.region_digits + len(pattern.separator) + tail
        if len(code) != length:
            return f"{len(code)} characters where {length} are needed"
        if not _digits(code.replace(pattern.separator, "") if pattern.separator else code):
            return "holds something other than digits"
    if not code.startswith(pattern.prefix):
        return f"does not begin with {pattern.prefix}"
    if region not in regions:
        return f"unknown division {region!r}"
    return None if _digits(code[-tail:]) else "the sequence is not a number"


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_largest(
    old: NDArray[np.int64], new: NDArray[np.int64], weight: Floats, cells: NDArray[np.int64], at: np.int64
) -> bool:
    """Whether piece ``at`` is the largest one of its old grid."""
    mine = np.flatnonzero(old == old[at])
    return bool(mine[np.lexsort((new[mine], -cells[mine], -weight[mine]))[0]] == at)


def _rows(
    old: NDArray[np.int64],
    new: NDArray[np.int64],
    cells: NDArray[np.int64],
    weight: Floats,
    before_codes: Mapping[int, str],
    codes: Mapping[int, str],
    date: str,
) -> list[Lineage]:
    ways = {int(label): int(count) for label, count in zip(*np.unique(old, return_counts=True))}
    living = set(before_codes.values())
    rows = []
    for was, label, count, amount in zip(old.tolist(), new.tolist(), cells.tolist(), weight.tolist()):
        source, target = before_codes[was], codes[label]
        if source == target:
            kind = "kept"
        elif target not in living:
            kind = "split"
        else:
            kind = "merge" if ways[was] == 1 else "move"
        rows.append(Lineage(kind, source, target, int(count), float(amount), date))
    return rows


def _spacing_m(lats: Floats, lngs: Floats) -> float:
    """The median distance to the nearest other point, metres."""
    nearest = np.empty(len(lats))
    for at in range(len(lats)):
        away = geodesy.distance_m(lats[at], lngs[at], lats, lngs)
        away[at] = np.inf
        nearest[at] = away.min()
    return float(np.median(nearest))
