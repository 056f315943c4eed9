"""Open311 GeoReport v2 over the city's own incidents: services, requests, and new requests.

A service is a category; a request is an incident with its place, time and status. Descriptions, addresses, pictures
and whoever reports are no part of it: what a client sends of these is not kept. ``service_request_id`` is the
incident's own identity, ``source.external_id``, and stays the same through corrections.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from server.archive import query, rows, values
from server.rules import categories, permissions
from server.store import database
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.incidents import counting, facts, reporting

SOURCE: Final = "open311"
SPAN: Final = timedelta(days=90)
LIMIT: Final = 1_000
CLOSED: Final = (
    "closed", "close", "done", "resolved", "completed", "void", "cancelled", "duplicate", "结案", "已结案", "办结",
    "已办结", "作废", "已关闭", "完成", "已完成",
)  # fmt: skip
"""Statuses, in lower case, that end a case; every other one is open."""


def services(ctx: Context, city: str, *, tongue: str) -> list[dict[str, Any]]:
    """Every category of the taxonomy, and for those who see exact figures the city's own ones that have incidents."""
    with database.reading(ctx.db) as connection:
        territory.city(ctx, connection, city)
        known = facts.of_city(ctx, connection, city)
    codes = dict.fromkeys([*categories.GROUPS, *categories.CLASSES])
    if permissions.exact(ctx.actor):
        codes |= dict.fromkeys(code for code, _ in query.categories(known) if code is not None)
    return [_service(code, tongue) for code in sorted(codes)]


def requests(
    ctx: Context, city: str, *, ids: Sequence[str] | None = None, codes: Sequence[str] | None = None,
    start: datetime | None = None, end: datetime | None = None, statuses: Sequence[str] = (), tongue: str = "en",
) -> list[dict[str, Any]]:
    """Requests, the latest first, at most ``LIMIT``. ``ids`` override everything else; without a window the latest 90
    days, and no window is longer. Raises Invalid."""
    permissions.check(ctx.actor, "exact.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        known = facts.of_city(ctx, connection, city)
    seen = territory.scope(ctx, place)
    within = None if seen is None else place.base.cells[seen]
    if ids is not None:
        named = [(source, external) for source, _, external in (one.partition(".") for one in ids) if external]
        found = rows.latest(known, select=values.Select(cells=within), named=named, limit=LIMIT)
    else:
        start, end = _window(start, end, known)
        select = values.Select(
            counting.microseconds(start), counting.microseconds(end), categories=_held(known, codes), cells=within
        )
        kept = set(statuses) or {"open", "closed"}
        found = rows.latest(
            known, select=select, statuses=CLOSED if kept == {"closed"} else None,
            without=CLOSED if kept == {"open"} else None, limit=LIMIT,
        )  # fmt: skip
    zone = ZoneInfo(place.city.tz)
    return [_request(row, zone, tongue) for row in found.to_pylist()]


def request(ctx: Context, city: str, request_id: str, *, tongue: str = "en") -> list[dict[str, Any]]:
    """One request, as a list of it. Raises NotFound."""
    found = requests(ctx, city, ids=[request_id], tongue=tongue)
    if not found:
        raise errors.NotFound("not_found", "service_request_id was not found.")
    return found


def submit(ctx: Context, city: str, *, code: str, lat: float, lng: float, key: str | None = None) -> dict[str, Any]:
    """Report an incident of a service at a place, now. Raises NotFound for an unknown service, Invalid elsewhere."""
    permissions.check(ctx.actor, "incident.report")
    if code not in {one["service_code"] for one in services(ctx, city, tongue="en")}:
        raise errors.NotFound("not_found", "service_code was not found.")
    report = reporting.Report(time=ctx.now().replace(microsecond=0), lat=lat, lng=lng, category=code, status="open")
    told = reporting.report(ctx, city, [report], source=SOURCE, key=key)
    return {
        "service_request_id": f"{SOURCE}.{told['items'][0]['external_id']}", "service_notice": None, "account_id": None
    }


def _service(code: str, tongue: str) -> dict[str, Any]:
    group = categories.words(code.partition(".")[0])
    name = categories.words(code)
    at = 0 if tongue == "zh" else 1
    return {
        "service_code": code, "service_name": name[at], "description": "", "metadata": False, "type": "realtime",
        "keywords": "", "group": group[at] if code.partition(".")[0] in categories.GROUPS else "",
    }  # fmt: skip


def _request(row: dict[str, Any], zone: ZoneInfo, tongue: str) -> dict[str, Any]:
    """The request of an incident; ``updated_datetime``: when its last revision was received. One that came in a file
    was not received and has none."""
    code = row["category"] or ""
    status = (row["status"] or "").strip().lower()
    updated = {} if row["received_us"] is None else {"updated_datetime": _local(row["received_us"], zone)}
    return {
        "service_request_id": f"{row['source']}.{row['external_id']}",
        "status": "closed" if status in CLOSED else "open", "status_notes": None,
        "service_name": _service(code, tongue)["service_name"], "service_code": code, "description": None,
        "agency_responsible": None, "service_notice": None,
        "requested_datetime": _local(row["us"], zone), **updated, "expected_datetime": None,
        "address": None, "address_id": None, "zipcode": None, "lat": row["lat"], "long": row["lng"], "media_url": None,
    }  # fmt: skip


def _local(us: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(us // 1_000_000, UTC).astimezone(zone).isoformat(timespec="seconds")


def _window(start: datetime | None, end: datetime | None, known: values.Facts) -> tuple[datetime, datetime]:
    """The window asked for, else the 90 days that end with the newest incident or with the end given."""
    if end is None:
        last = query.extent(known).last_us if start is None else None
        newest = datetime.fromtimestamp((last or 0) / 1e6, UTC) + timedelta(seconds=1)
        end = start + SPAN if start is not None else newest
    start = start if start is not None else end - SPAN
    if end - start > SPAN or end < start:
        raise errors.Invalid("window", "start_date to end_date is at most 90 days, and ends after it begins.")
    return start, end


def _held(known: values.Facts, codes: Sequence[str] | None) -> tuple[str, ...] | None:
    if codes is None:
        return None
    return tuple(dict.fromkeys(code for one in codes for code in counting.named(known, one) or ()))
