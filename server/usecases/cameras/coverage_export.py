"""Coverage as a file for others: by default only what everyone may know; exact sites only with a right and a reason.

The safe export holds density bands of coarse cells with enough cameras. The exact one names its audience, carries a
watermark in every row and leaves an audit row.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from geo import cells
from server.rules import permissions, privacy
from server.store import audit, database
from server.usecases import errors
from server.usecases.cameras import coverage, sight
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.outputs import exports

FORMATS = ("csv", "geojson")
_SITE = (
    "code", "name", "kind", "lat", "lng", "heading_deg", "angle_deg", "range_m", "height_m", "status", "status_since",
    "owner_class", "networked", "purpose", "legal_basis", "sign_present", "review_on",
)  # fmt: skip
_BAND = ("cell", "lat", "lng", "band")
_BANDS = ("", "low", "medium", "high")


def export(
    ctx: Context, city: str, *, format: str = "csv", exact: bool = False, audience: str = ""
) -> exports.File:
    """The bands of coverage, or with ``exact`` the sites. Raises Denied without the right, and Invalid for a format
    that there is not or an exact export that does not say whom it is for."""
    if format not in FORMATS:
        raise errors.Invalid("format", f"There is no format {format!r}; it is one of {', '.join(FORMATS)}.")
    if not exact:
        return _file(_bands(ctx, city), _BAND, format=format, name=f"{city}-coverage", mark="")
    permissions.check(ctx.actor, "camera.export")
    if not audience.strip():
        raise errors.Invalid("audience", "An exact export must say whom it is for.")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        rows = territory.in_scope(ctx, place, sight.scene(ctx, connection, place).rows)
    mark = f"内部资料 · {audience.strip()} · {ctx.by} · {ctx.stamp()}"
    sites = [{name: row[name] for name in _SITE} for row in rows]
    with database.writing(ctx.db) as connection:
        audit.append(
            connection, at=ctx.stamp(), actor=ctx.by, action="camera.export", city=city,
            detail={"format": format, "cameras": len(sites), "audience": audience.strip()},
        )
    return _file(sites, _SITE, format=format, name=f"{city}-cameras", mark=mark)


def _bands(ctx: Context, city: str) -> list[dict[str, Any]]:
    permissions.check(ctx.actor, "coverage.read")
    with database.reading(ctx.db) as connection:
        resolution = privacy.resolution(territory.world(ctx, connection, city).base.resolution)
    found = coverage.density(ctx, city, res=resolution)
    lats, lngs = cells.centres(found.cells)
    rows = zip(cells.to_hex(found.cells), lats.tolist(), lngs.tolist(), found.columns["n"].tolist(),
               found.columns["value"].tolist(), strict=True)  # fmt: skip
    return [
        {"cell": cell, "lat": round(lat, 5), "lng": round(lng, 5), "band": _BANDS[band]}
        for cell, lat, lng, n, per_km2 in rows
        if (band := privacy.band(n, per_km2))
    ]


def _file(
    rows: list[dict[str, Any]], columns: tuple[str, ...], *, format: str, name: str, mark: str
) -> exports.File:
    """The rows as a file; ``mark``, where there is one, stands in every row."""
    marked = {"watermark": mark} if mark else {}
    if format == "geojson":
        features = [
            {
                "type": "Feature", "geometry": {"type": "Point", "coordinates": [row["lng"], row["lat"]]},
                "properties": {key: row[key] for key in columns if key not in ("lat", "lng")} | marked,
            }
            for row in rows
        ]  # fmt: skip
        body: dict[str, Any] = {"type": "FeatureCollection", "watermark": mark, "features": features}
        return exports.File(json.dumps(body, ensure_ascii=False).encode(), f"{name}.geojson", "application/geo+json")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*columns, *marked])
    for row in rows:
        values = [exports.safe(row[key]) if isinstance(row[key], str) else row[key] for key in columns]
        writer.writerow([*values, *marked.values()])
    return exports.File(out.getvalue().encode("utf-8-sig"), f"{name}.csv", "text/csv; charset=utf-8")
