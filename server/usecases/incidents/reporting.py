"""Live incidents: reported singly or in batches, counted at once, sealed into a segment later.

A report has an identity (source, external id, revision): the same again is a duplicate, a higher revision corrects the
one before, a lower one comes too late and changes nothing. A batch is taken whole or not at all, and the same request
under its Idempotency-Key is done once. What names persons is no field of a report, and values that look like it are
refused. Reports are sealed when ``SEAL_ROWS`` wait or the oldest has waited ``SEAL_AGE``: by the report that finds it
so, and by the runner when it starts.
"""

from __future__ import annotations

import functools
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from server.archive import query, values
from server.archive import segments as archive
from server.intake import personal
from server.rules import permissions
from server.store import accounts, audit, cities, database, imports, live, segments
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context, iso
from server.usecases.incidents import counting, facts, shared

SEAL_ROWS: Final = 5_000
SEAL_AGE: Final = timedelta(days=1)
MOST: Final = 1_000
LONGEST_KEY: Final = 200
_CREATED: Final = 201


@dataclass(frozen=True)
class Report:
    """One incident as it is reported. ``time`` is aware; ``count`` -1 takes an earlier report back; without ``id`` the
    report can neither be repeated nor corrected."""

    time: datetime
    lat: float
    lng: float
    category: str | None = None
    status: str | None = None
    count: int = 1
    id: str | None = None
    revision: int = 0


def report(
    ctx: Context, city: str, reports: Sequence[Report], *, source: str = "api", key: str | None = None
) -> dict[str, Any]:
    """``{accepted, duplicate, items: [{id, source, external_id, revision, outcome}]}``, outcome accepted, corrected or
    duplicate, in the order of the reports.

    Raises Invalid naming every report at fault (outside the city or the actor's territory, personal data), and for an
    Idempotency-Key that was used for another request; then nothing is stored.
    """
    permissions.check(ctx.actor, "incident.report")
    if not 1 <= len(reports) <= MOST:
        raise errors.Invalid("incidents", f"A batch has 1 to {MOST} incidents, not {len(reports)}.")
    if key is not None and not 1 <= len(key) <= LONGEST_KEY:
        raise errors.Invalid("idempotency_key", f"An Idempotency-Key has 1 to {LONGEST_KEY} characters.")
    request = _request(city, source, reports)
    try:
        return _store(ctx, city, reports, source=source, key=key, request=request)
    except IntegrityError:
        with database.reading(ctx.db) as connection:
            kept = _repeated(ctx, connection, key, request)
        if kept is None:
            raise
        return kept


def seal(ctx: Context, city: str | None = None, *, due: bool = False) -> int:
    """Seal the live incidents of a city, or of all; with ``due`` only where enough or old ones wait. How many."""
    with database.writing(ctx.db) as connection:
        segments.hold(connection)
        waiting = live.waiting(connection)
        chosen = [
            code for code, (n, oldest) in waiting.items()
            if city in (None, code) and (not due or _due(ctx, n, oldest))
        ]  # fmt: skip
        return sum(_seal(ctx, connection, code) for code in chosen)


def _store(
    ctx: Context, city: str, reports: Sequence[Report], *, source: str, key: str | None, request: str
) -> dict[str, Any]:
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        lats, lngs = (np.array([getattr(one, name) for one in reports], float) for name in ("lat", "lng"))
        placed = facts.locate(connection, place, lats, lngs)
    _refuse(ctx, place, reports, placed)
    with database.writing(ctx.db) as connection:
        if (kept := _repeated(ctx, connection, key, request)) is not None:
            return kept
        segments.hold(connection)
        shared.claim(ctx, connection)
        told = _add(ctx, connection, city, reports, placed, source=source)
        if key is not None:
            accounts.keep_answer(
                connection, owner=ctx.by, key=key, request_hash=request, status=_CREATED, body=told, at=ctx.stamp()
            )
        counts = {name: told[name] for name in ("accepted", "duplicate")}
        audit.append(
            connection, at=ctx.stamp(), actor=ctx.by, action="incident.report", city=city,
            detail={"source": source, **counts},
        )
        if told["accepted"]:
            cities.touch(connection, city)
            n, oldest = live.waiting(connection)[city]
            if _due(ctx, n, oldest):
                _seal(ctx, connection, city)
    return told


def _add(
    ctx: Context, connection: Connection, city: str, reports: Sequence[Report], placed: facts.Placed, *, source: str
) -> dict[str, Any]:
    external = [one.id if one.id is not None else secrets.token_hex(12) for one in reports]
    keys = pa.table({
        "source": [source] * len(reports), "external_id": external,
        "revision": pa.array([one.revision for one in reports], pa.int32()),
    })  # fmt: skip
    new = facts.first_of_each(keys)
    named = np.array([one.id is not None for one in reports])
    replaces = np.full(len(reports), -1, np.int64)
    if named.any():
        held = _held(ctx, connection, city, source, [one.id for one in reports if one.id is not None])
        found, known = facts.revised(held, keys)
        new &= ~known
        replaces[~known] = found[~known]
    at = np.flatnonzero(new)
    before = facts.follows(keys.take(pa.array(at))) if at.size else np.zeros(0, np.int64)
    first = facts.next_id(connection)
    rows = []
    for number, (i, previous) in enumerate(zip(at.tolist(), before.tolist(), strict=True)):
        one = reports[i]
        old = first + previous if previous >= 0 else int(replaces[i])
        rows.append({
            "id": first + number, "city": city, "us": counting.microseconds(one.time), "lat": one.lat, "lng": one.lng,
            "cell": int(placed.ids[i]), "region": int(placed.region[i]), "category": one.category, "weight": one.count,
            "source": source, "external_id": external[i], "revision": one.revision, "status": one.status,
            "replaces": old if old >= 0 else None, "received_at": ctx.stamp(),
        })  # fmt: skip
    live.add(connection, rows)
    made: dict[int, dict[str, Any]] = dict(zip(at.tolist(), rows, strict=True))
    items = [
        {  # names in the order in which a kept answer comes back, so that a repeated request gets the same bytes
            "external_id": external[i], "id": str(made[i]["id"]) if i in made else None,
            "outcome": "duplicate" if i not in made else "corrected" if made[i]["replaces"] else "accepted",
            "revision": one.revision, "source": source,
        }
        for i, one in enumerate(reports)
    ]  # fmt: skip
    return {"accepted": len(rows), "duplicate": len(reports) - len(rows), "items": items}


def _held(ctx: Context, connection: Connection, city: str, source: str, ids: list[str]) -> values.Facts:
    """Facts that hold every revision of these ids: the live ones, and the segments with incidents of the source."""
    rows = facts.table(live.of_ids(connection, city, source, ids))
    every = [facts.segment(row) for row in segments.of_city(connection, city)]
    own = []
    for one in every:
        ask = functools.partial(query.sources, ctx.archive, one)
        if source in ctx.cache.get(("sources", one.file), ask):
            own.append(one)
    return values.Facts(ctx.archive, tuple(own), rows)


def _seal(ctx: Context, connection: Connection, city: str) -> int:
    """Write the live incidents of a city as a segment, its row in the manifest, and the record of it as an import."""
    table = facts.table(live.of_city(connection, city))
    if table is None:
        return 0
    shared.claim(ctx, connection)
    n, last = int(table.num_rows), int(table["id"].to_numpy().max())
    made = archive.write_segment(table, directory=ctx.archive, city=city)
    counts = {"rows": n, "accepted": n, "rejected": 0, "duplicate": 0}
    report = {"kind": "incidents", "file": "live", "format": "live", "faults": [], "counted": made.weight, **counts}
    import_id = imports.insert_import(
        connection, city=city, kind="incidents", file_name="live", file_hash=made.sha256, file_bytes=made.bytes,
        options={}, report=report, at=ctx.stamp(), by=ctx.by, **counts,
    )  # fmt: skip
    segments.add(connection, **made.as_row(), import_id=import_id, last_id=last)
    live.remove(connection, city, upto=last)
    audit.append(
        connection, at=ctx.stamp(), actor=ctx.by, action="incident.seal", city=city,
        detail={"import": import_id, "file": made.file, "rows": n},
    )
    return n


def _due(ctx: Context, n: int, oldest: str) -> bool:
    return n >= SEAL_ROWS or oldest < iso(ctx.now() - SEAL_AGE)


def _repeated(ctx: Context, connection: Connection, key: str | None, request: str) -> dict[str, Any] | None:
    """The answer that the actor's key already got, or None. Raises Invalid when that was for another request."""
    kept = None if key is None else accounts.answer(connection, ctx.by, key)
    if kept is None:
        return None
    if kept["request_hash"] != request:
        raise errors.Invalid("idempotency_key", "This Idempotency-Key was used for another request.")
    told: dict[str, Any] = kept["body"]
    return told


def _request(city: str, source: str, reports: Sequence[Report]) -> str:
    body = json.dumps([city, source, [vars(one) for one in reports]], default=iso, sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()


def _refuse(ctx: Context, place: territory.World, reports: Sequence[Report], placed: facts.Placed) -> None:
    """Raise Invalid when a report lies outside or holds what looks like personal data."""
    seen = territory.visible_regions(ctx, place)
    inside = np.isin(placed.region, list(seen)) if place.own is not None else placed.region >= 0
    detail = [
        {"row": row, "field": "lat,lng", "reason": "lies outside the city, or outside your territory"}
        for row in np.flatnonzero(~inside).tolist()
    ]
    for field in ("category", "status", "id"):
        texts = pa.array([getattr(one, field) for one in reports], pa.string())
        hidden = personal.hidden(texts, codes=field == "id").to_pylist()
        detail += [
            {"row": row, "field": field, "reason": "looks like personal data, which is not stored"}
            for row, found in enumerate(hidden)
            if found or personal.by_values(field, texts.slice(row, 1)) is not None
        ]
    if detail:
        raise errors.Invalid("incidents", "Some incidents cannot be taken; none was stored.", detail=detail[:MOST])
