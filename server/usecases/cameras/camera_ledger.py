"""The register of cameras examined: duplicates, places that cannot be right, codes, and entries that say too little."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from geo import datum, geodesy
from server.rules import cameras as register
from server.rules import permissions
from server.store import database, imported
from server.usecases.cameras import camera_gaps
from server.usecases.city import territory
from server.usecases.context import Context

MOST = 200
DATUM_SHARE = 0.8
"""A datum is suspected when at least this share of the sites outside would lie inside after the change."""
_RULES = (("A", "A"), ("B", "B"), ("none", ""))


def examine(ctx: Context, city: str, *, limit: int = MOST) -> dict[str, Any]:
    """``{cameras, checks: [{code, n, items}], datum, codes: {A, B, none}}``, worst first, of the actor's territory.

    Checks: same_code, same_place (within a metre, looking the same way), outside, no_direction, code (follows neither
    rule of GB/T 28181), defaulted, incomplete (no purpose or legal basis), no_sign, review_due.
    """
    permissions.check(ctx.actor, "camera.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        rows = imported.rows(connection, "cameras", city)
    inside = _inside(place, rows)
    if place.own is not None:
        own = {row["id"] for row in territory.in_scope(ctx, place, rows)}
        rows, inside = [row for row in rows if row["id"] in own], np.ones(len(own), np.bool_)
    today = ctx.now().date().isoformat()
    codes = [register.device_code(row["code"]) if row["code"] else None for row in rows]
    found = {
        "same_code": _same_code(rows),
        "same_place": _same_place(rows),
        "outside": np.flatnonzero(~inside).tolist(),
        "no_direction": [i for i, row in enumerate(rows) if row["kind"] == "fixed" and row["heading_deg"] is None],
        "code": [i for i, code in enumerate(codes) if code is None or code.fault is not None],
        "defaulted": [i for i, row in enumerate(rows) if row["defaulted"]],
        "incomplete": [i for i, row in enumerate(rows) if not all(row[name] for name in register.MUST_STATE)],
        "no_sign": [i for i, row in enumerate(rows) if not row["sign_present"]],
        "review_due": [i for i, row in enumerate(rows) if row["review_on"] and row["review_on"] < today],
    }
    return {
        "cameras": len(rows),
        "checks": [
            {
                "code": name, "n": len(some),
                "items": [
                    {**camera_gaps.short(rows[i]), "why": _why(name, rows[i], codes[i])} for i in some[:limit]
                ],
            }
            for name, some in found.items()
        ],
        "datum": _datum(place, [row for row, there in zip(rows, inside.tolist(), strict=True) if not there]),
        "codes": {name: sum((code.rule if code else "") == rule for code in codes) for name, rule in _RULES},
    }  # fmt: skip


def _inside(place: territory.World, rows: list[dict[str, Any]]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether each site lies in the city's boundary."""
    boundary = shapely.from_wkb(place.base.boundary)
    shapely.prepare(boundary)
    lngs, lats = ([row[name] for row in rows] for name in ("lng", "lat"))
    return np.asarray(shapely.intersects_xy(boundary, lngs, lats), np.bool_)


def _same_code(rows: list[dict[str, Any]]) -> list[int]:
    by: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        if row["code"]:
            by.setdefault(row["code"], []).append(i)
    return [i for some in by.values() if len(some) > 1 for i in some]


def _same_place(rows: list[dict[str, Any]]) -> list[int]:
    """Sites within a metre of one another that look the same way."""
    if len(rows) < 2:
        return []
    points = shapely.points([row["lng"] for row in rows], [row["lat"] for row in rows])
    flat = geodesy.plane_for(points).project(points)
    one, other = shapely.STRtree(flat).query(flat, predicate="dwithin", distance=register.SAME_M)
    pairs = zip(one.tolist(), other.tolist(), strict=True)
    return sorted({i for i, j in pairs if i != j and register.alike(rows[i], rows[j])})


def _datum(place: territory.World, outside: list[dict[str, Any]]) -> str | None:
    """The datum that the sites outside were probably given in, or None."""
    if len(outside) < 3:
        return None
    lats, lngs = (np.array([row[name] for row in outside], np.float64) for name in ("lat", "lng"))
    for name in ("gcj02", "bd09"):
        moved_lats, moved_lngs = datum.to_wgs84(lats, lngs, datum=name)
        moved = [{"lat": lat, "lng": lng} for lat, lng in zip(moved_lats.tolist(), moved_lngs.tolist(), strict=True)]
        if _inside(place, moved).mean() >= DATUM_SHARE:
            return name
    return None


def _why(name: str, row: dict[str, Any], code: register.DeviceCode | None) -> str:
    match name:
        case "code":
            return (code.fault or "") if code else "missing"
        case "defaulted":
            return ", ".join(row["defaulted"])
        case "incomplete" | "no_sign":
            return ", ".join(register.lacks(row))
        case "review_due":
            return str(row["review_on"])
        case _:
            return ""

