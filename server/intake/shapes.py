"""Guards around geometries: nothing reaches shapely before its header was walked, nothing leaves that is not valid.

Geometries travel as WKB; vertex budgets are counted per row and per file. Invalid polygons are rejected with the
place of the fault and never repaired. Third and fourth ordinates are dropped.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import shapely

from server.intake import faults as fault_lists
from server.intake import kinds, places, values

MAX_DEPTH = 4
MOST_MENDED = 20_000
"""Vertices above which a polygon that touches itself is refused instead of mended."""
_TOUCHING = "Ring Self-intersection"
_SAME_GROUND = 1e-9
_MENDED = "the outline touched itself; it was cut there and covers the same ground"
#: Stands for a geometry that was written but cannot be read; ``walk`` refuses it.
UNREADABLE = b"\x02"
#: Tells a fault of the masked rows: (mask, code, reason, values aligned with all rows or None).
_Tell = Callable[..., None]
_DIMS = {0: 2, 1: 3, 2: 3, 3: 4}
_HEAD = struct.Struct("<BI")
_HEAD_BIG = struct.Struct(">BI")


class Budget:
    """Vertices still allowed in this file."""

    def __init__(self, limits: values.Limits) -> None:
        self._left = limits.vertices
        self.per_feature = limits.vertices_per_feature
        self._allowed = limits.vertices

    def spend(self, vertices: int) -> None:
        """Take ``vertices`` from the budget. Raises IntakeError E_BUDGET when it is used up."""
        self._left -= vertices
        if self._left < 0:
            raise values.IntakeError("E_BUDGET", f"the file has more than {self._allowed} vertices")


def walk(wkb: bytes) -> str | None:
    """Why this WKB may not be given to shapely, or None: checks the byte order, the type codes, that announced counts
    fit the bytes, and that collections nest at most ``MAX_DEPTH`` deep. Never recursive."""
    end, at = len(wkb), 0
    stack: list[int] = [1]
    while stack:
        if stack[-1] == 0:
            stack.pop()
            continue
        stack[-1] -= 1
        if at + 5 > end or wkb[at] > 1:
            return "truncated"
        order = "<" if wkb[at] == 1 else ">"
        code = (_HEAD if order == "<" else _HEAD_BIG).unpack_from(wkb, at)[1]
        at += 5
        if code & 0x20000000:
            at += 4
        base, dims = (code & 0xFFFF) % 1000, _dimensions(code)
        if dims == 0 or not 1 <= base <= 7:
            return "type"
        if base == 1:
            at += 8 * dims
        elif base == 2:
            at = _skip_points(wkb, at, order, dims)
        elif base == 3:
            at = _skip_rings(wkb, at, order, dims)
        else:
            if len(stack) > MAX_DEPTH:
                return "depth"
            count = _count(wkb, at, order)
            at += 4
            if count < 0 or count > (end - at) // 5:
                return "truncated"
            stack.append(count)
        if at < 0 or at > end:
            return "truncated"
    return None if at == end else "trailing"


def from_wkt(texts: list[str | None]) -> list[bytes | None]:
    """WKB of WKT texts; None where a text is empty, ``UNREADABLE`` where it nests collections or cannot be read."""
    made: list[bytes | None] = []
    for text in texts:
        if text is None or not text.strip():
            made.append(None)
            continue
        body = re.sub(r"^\s*SRID=\d+;", "", text, flags=re.IGNORECASE)
        geometry = None
        if "COLLECTION" not in body.upper() and _flat(body):
            geometry = shapely.from_wkt(body, on_invalid="ignore")
        made.append(UNREADABLE if geometry is None else shapely.to_wkb(geometry))
    return made


def _flat(text: str) -> bool:
    depth = 0
    for mark in re.findall(r"[()]", text):
        depth += 1 if mark == "(" else -1
        if depth > MAX_DEPTH or depth < 0:
            return False
    return depth == 0


def settle(
    wkbs: pa.Array,
    rows: np.ndarray,
    *,
    kind: kinds.Kind,
    system: places.System,
    budget: Budget,
    faults: fault_lists.Faults,
    required: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Geometries of one batch in WGS-84 as an object array (None where there is none) and a mask of rejected rows."""
    n = len(wkbs)
    raw = wkbs.to_pylist()
    reasons = [None if wkb is None or len(wkb) == 0 else walk(wkb) for wkb in raw]
    usable = [wkb if wkb and reason is None else None for wkb, reason in zip(raw, reasons)]
    geometries = shapely.from_wkb(np.array(usable, dtype=object), on_invalid="ignore")
    bad = np.zeros(n, bool)

    def fault(mask: np.ndarray, code: str, reason: str, found: Sequence[str | None] | None = None) -> None:
        fresh = mask & ~bad
        shown = None if found is None else [found[i] for i in np.flatnonzero(fresh).tolist()]
        faults.add(code, "geometry", rows[fresh], reason=reason, found=shown)
        bad[fresh] = True

    missing = np.array([not wkb for wkb in raw])
    if required:
        fault(missing, "geometry.missing", "the row has no geometry")
    fault(
        np.array([reason == "depth" for reason in reasons]),
        "geometry.depth",
        f"collections nest deeper than {MAX_DEPTH}",
    )
    fault(~missing & shapely.is_missing(geometries), "geometry.unreadable", "the geometry cannot be read")
    counts = shapely.get_num_coordinates(geometries)
    budget.spend(int(counts.sum()))
    fault(counts > budget.per_feature, "geometry.vertices", f"more than {budget.per_feature} vertices")
    fault(
        ~missing & ~shapely.is_missing(geometries) & shapely.is_empty(geometries),
        "geometry.empty",
        "the geometry is empty",
    )
    names = [None if g is None else g.geom_type for g in geometries]
    if kind.place != "point":
        wrong = np.array([name is not None and name not in kind.shapes for name in names])
        fault(wrong, "geometry.type", f"{kind.name} take {' or '.join(sorted(kind.shapes))}", names)
    geometries = _to_wgs84(shapely.force_2d(without(geometries, bad)), system, fault)
    geometries = without(geometries, bad)
    geometries, mended = _mended(geometries)
    faults.add("geometry.mended", "", rows[mended], reason=_MENDED, rejects=False)
    _check_valid(geometries, fault)
    return without(geometries, bad), bad


def without(geometries: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """The geometries with None at ``gone``."""
    kept = geometries.astype(object)
    kept[gone] = None
    return kept


def _to_wgs84(geometries: np.ndarray, system: places.System, fault: _Tell) -> np.ndarray:
    flat, index = shapely.get_coordinates(geometries, return_index=True)
    if len(flat) == 0:
        return geometries
    lats, lngs = system.wgs84(flat[:, 0].copy(), flat[:, 1].copy())
    off = ~places.on_globe(lats, lngs)
    fault_rows = np.zeros(len(geometries), bool)
    fault_rows[index[off]] = True
    found: list[str | None] = [None] * len(geometries)
    for position in np.flatnonzero(off)[:1_000]:
        found[index[position]] = found[index[position]] or f"{flat[position, 0]:g} {flat[position, 1]:g}"
    fault(fault_rows, "geometry.range", "coordinates are not on the globe", found)
    flat = np.column_stack([np.where(off, 0.0, lngs), np.where(off, 0.0, lats)])
    return np.asarray(shapely.set_coordinates(geometries.copy(), flat), dtype=object)


def _mended(geometries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Polygons whose rings touch themselves, cut where they touch: the same ground to ``_SAME_GROUND``, so nothing is
    guessed. What crosses itself covers other ground once repaired and stays as it is. Second: a mask of the mended."""
    at = np.flatnonzero(~shapely.is_missing(geometries) & ~shapely.is_valid(geometries))
    reasons = shapely.is_valid_reason(geometries[at])
    touching = np.array([str(reason).startswith(_TOUCHING) for reason in reasons], bool)
    at = at[touching & (shapely.get_num_coordinates(geometries[at]) <= MOST_MENDED)]
    made = shapely.make_valid(geometries[at], method="structure", keep_collapsed=False)
    given = shapely.area(geometries[at])
    same = np.isin(shapely.get_type_id(made), (3, 6)) & (np.abs(shapely.area(made) - given) <= _SAME_GROUND * given)
    kept = geometries.astype(object)
    kept[at[same]] = made[same]
    mended = np.zeros(len(geometries), bool)
    mended[at[same]] = True
    return kept, mended


def _check_valid(geometries: np.ndarray, fault: _Tell) -> None:
    present = ~shapely.is_missing(geometries)
    invalid = present & ~shapely.is_valid(geometries)
    found: list[str | None] = [None] * len(geometries)
    for position in np.flatnonzero(invalid).tolist():
        found[position] = str(shapely.is_valid_reason(geometries[position]))
    fault(invalid, "geometry.invalid", "the geometry is not valid; it is not repaired here", found)


def _dimensions(code: int) -> int:
    """2, 3 or 4 ordinates from an EWKB flag or an ISO thousand; 0 for neither."""
    if code & 0xC0000000:
        return 2 + bool(code & 0x80000000) + bool(code & 0x40000000)
    return _DIMS.get((code & 0xFFFF) // 1000, 0)


def _count(wkb: bytes, at: int, order: str) -> int:
    if at + 4 > len(wkb):
        return -1
    return int.from_bytes(wkb[at : at + 4], "little" if order == "<" else "big")


def _skip_points(wkb: bytes, at: int, order: str, dims: int) -> int:
    count = _count(wkb, at, order)
    return -1 if count < 0 else at + 4 + count * 8 * dims


def _skip_rings(wkb: bytes, at: int, order: str, dims: int) -> int:
    rings = _count(wkb, at, order)
    if rings < 0 or rings > len(wkb) // 4:
        return -1
    at += 4
    for _ in range(rings):
        at = _skip_points(wkb, at, order, dims)
        if at < 0 or at > len(wkb):
            return -1
    return at
