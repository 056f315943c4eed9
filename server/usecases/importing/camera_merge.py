"""Two rows of one camera made one: the same device code at one site, or the same place, kind and direction.

The row that was there first stays and keeps what it says; what it leaves unsaid or only assumed is filled from the
other. Two different codes, or without a code in common two different names, are two cameras however near they stand:
many lists place every camera of a building at its address. One code at two places is left to the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection

from geo import geodesy
from server.rules import cameras as register
from server.store import imported
from server.usecases.importing import landing

_UNSAID = {
    "code": "", "name": "", "purpose": "", "legal_basis": "", "review_on": "", "owner_class": 0, "sign_present": None,
    "networked": None, "height_m": None, "tilt_deg": None,
}  # fmt: skip
_TOLD_BY = {
    "kind": ("kind",), "heading": ("heading_deg", "headings"), "angle": ("angle_deg",), "range": ("range_m",),
    "status": ("status", "status_since"),
}  # fmt: skip
"""What a name in ``defaulted`` stands for."""

Row = dict[str, Any]


def merge(
    connection: Connection, city: str, landed: landing.Landed, settled: landing.Settled
) -> tuple[landing.Settled, list[landing.Fault]]:
    """Take the new rows that are cameras already known out of ``settled`` (they count as duplicates), and store what
    they add. A notice tells each row that was merged and with which."""
    overwritten = {row["source_id"]: row for row in settled.changed}
    stored = imported.rows(connection, "cameras", city)
    known = [overwritten.get(row["source_id"]) or {k: v for k, v in row.items() if k != "id"} for row in stored]
    rows = [*known, *settled.new]
    into = _pairs(rows, len(known))
    number = {row["source_id"]: row["row"] for row in landed.rows}
    faults, touched = [], set()
    for i, j in into.items():
        if _fill(rows[j], rows[i]) and j < len(known) and rows[j]["source_id"] not in overwritten:
            touched.add(j)
        row = number[rows[i]["source_id"]]
        faults.append(landing.Fault(row, "", "camera.merged", "a camera that is already there; merged", rejects=False))
    imported.replace(connection, "cameras", [rows[j] for j in sorted(touched)])
    kept = [row for i, row in enumerate(settled.new, len(known)) if i not in into]
    return replace(settled, new=kept, duplicate=settled.duplicate + len(into)), faults


def _pairs(rows: list[Row], known: int) -> dict[int, int]:
    """Row → the earlier row that it is the same camera as, for the rows from ``known`` on."""
    if len(rows) < 2 or known == len(rows):
        return {}
    near = _neighbours(rows)
    by_code: dict[str, list[int]] = {}
    into: dict[int, int] = {}
    for i, row in enumerate(rows):
        same = [j for j in by_code.get(row["code"], ()) if _apart(rows[j], row) <= register.SITE_M]
        same += [j for j in near.get(i, ()) if j < i and j not in into and _agree(rows[j], row)]
        if i >= known and same:
            into[i] = same[0]
        elif row["code"]:
            by_code.setdefault(row["code"], []).append(i)
    return into


def _neighbours(rows: list[Row]) -> dict[int, list[int]]:
    """Rows within ``SAME_M`` of each row."""
    points = shapely.points([row["lng"] for row in rows], [row["lat"] for row in rows])
    flat = geodesy.plane_for(points).project(points)
    found: dict[int, list[int]] = {}
    one, other = shapely.STRtree(flat).query(flat, predicate="dwithin", distance=register.SAME_M)
    for i, j in sorted(zip(one.tolist(), other.tolist(), strict=True)):
        if i != j:
            found.setdefault(i, []).append(j)
    return found


def _agree(one: Row, other: Row) -> bool:
    told = ({row[name] for row in (one, other) if row[name]} for name in ("code", "name"))
    return all(len(words) < 2 for words in told) and register.alike(one, other)


def _apart(one: Row, other: Row) -> float:
    return float(np.max(geodesy.distance_m(one["lat"], one["lng"], other["lat"], other["lng"])))


def _fill(row: Row, other: Row) -> bool:
    """Fill what ``row`` does not say from ``other``; whether anything was."""
    before = dict(row)
    for name, unsaid in _UNSAID.items():
        if row[name] == unsaid:
            row[name] = other[name]
    row["masked"] = row["masked"] or other["masked"]
    told = [name for name in row["defaulted"] if name not in other["defaulted"] and _says(name, other)]
    for column in _columns(told):
        row[column] = other[column]
    if "heading" in told and "angle" in row["defaulted"]:
        row["angle_deg"] = other["angle_deg"]
    row["defaulted"] = [name for name in row["defaulted"] if name not in told]
    return row != before


def _says(name: str, row: Row) -> bool:
    return all(row[column] is not None for column in _TOLD_BY[name][:1])


def _columns(names: Iterable[str]) -> list[str]:
    return [column for name in names for column in _TOLD_BY[name]]
