"""Importing a file: read it in the child process, sort its rows into new, changed and already there, store them.

accepted + rejected + duplicate = rows, always. A row's identity is its source's id, else the file's hash and the row's
number, so the same file twice changes nothing. Everything an import does is one transaction with its report.
"""

from __future__ import annotations

import functools
import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection

from server.intake import values
from server.rules import permissions
from server.store import audit, cities, coverage, database, imported, imports
from server.usecases import errors, reading
from server.usecases.city import founding, territory
from server.usecases.context import Context, Progress, silent
from server.usecases.importing import camera_merge, existing, landing, weighing
from server.usecases.incidents import facts
from server.usecases.planning import nets

KINDS = (
    "grids", "households", "buildings", "roads", "barriers", "incidents", "cameras", "workers", "centres", "places",
    "regions", "nets",
)  # fmt: skip
FIRST_ROWS = 10
MOST_NAME = 200


@dataclass(frozen=True)
class Asked:
    """What the importing person says about a file; None where nothing was said. ``level`` is for regions only,
    ``department`` for nets whose rows do not say whose they are;
    ``directions`` is the list of direction codes (code → degrees) that a register of cameras uses."""

    kind: str
    fields: dict[str, str]
    crs: str | None = None
    datum: str | None = None
    tz: str | None = None
    time_format: str | None = None
    dry_run: bool = False
    level: str = "community"
    layer: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    department: str = ""
    directions: dict[str, float] | None = None


@dataclass(frozen=True)
class Outcome:
    """What storing the rows of a file came to. ``faults`` are those found here, after reading."""

    accepted: int
    duplicate: int
    faults: list[landing.Fault]
    extra: dict[str, Any]


Store = Callable[[Context, Connection, territory.World, reading.Read, int, Asked], Outcome]


def run(
    ctx: Context, city: str, path: Path, asked: Asked, *, name: str | None = None, host: bool = True,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Import ``path`` into a city and answer the report; with ``dry_run`` only read it and answer what would be taken:
    ``foreseen`` says whether the rows were held against the city, so that an import would come to the same counts;
    where it is false, ``accepted`` is the most that an import would take.

    ``host`` takes the limits of an administrator's command instead of an upload's. Raises Refused for a file at fault,
    Conflict and NotFound for the city; rejected rows are a result, not an error.
    """
    permissions.check(ctx.actor, "import.run")
    if asked.kind not in KINDS:
        raise errors.Invalid("kind", f"There is no kind {asked.kind!r}; it is one of {', '.join(KINDS)}.")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
    progress(0.02, "reading")
    parsed = _read(ctx, place, path, asked, name=name or path.name, host=host, progress=progress)
    if asked.dry_run:
        return _preview(ctx, place, parsed, asked, name=name or path.name)
    progress(0.6, "storing")
    store = _STORES.get(asked.kind, _store_rows)
    if asked.kind == "incidents":
        with database.reading(ctx.db) as connection:
            prepared = facts.prepare(ctx, connection, territory.world(ctx, connection, city), parsed)
        store = functools.partial(_store_incidents, prepared)
        progress(0.8, "storing")
    try:
        with database.writing(ctx.db) as connection:
            place = territory.world(ctx, connection, city)
            report = _store(ctx, connection, place, parsed, asked, store, name=name or path.name)
            ctx.seal(connection, report)
    except BaseException:
        facts.sweep(ctx)  # a segment that was written for nothing
        raise
    progress(1.0, "done")
    return report


def history(ctx: Context, city: str, *, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
    """Imports of a city with their reports, newest first: ``{"items": [...], "next": cursor or None}``."""
    permissions.check(ctx.actor, "import.read")
    before = territory.cursor(cursor)
    with database.reading(ctx.db) as connection:
        territory.city(ctx, connection, city)
        rows = imports.of_city(connection, city, before=before, limit=limit + 1)
    items = [
        {"id": str(row["id"]), "at": row["at"], "by": row["by"], **row["report"]} for row in rows[:limit]
    ]
    return {"items": items, "next": str(rows[limit - 1]["id"]) if len(rows) > limit else None}


def rejected(ctx: Context, city: str, import_id: int, *, limit: int = 500, cursor: str | None = None) -> dict[str, Any]:
    """The next ``limit`` refused rows of an import by number, each with all its reasons:
    ``{"items": [{row, field, code, reason}], "next": …}``."""
    permissions.check(ctx.actor, "import.read")
    after = territory.cursor(cursor) or 0
    with database.reading(ctx.db) as connection:
        territory.city(ctx, connection, city)
        rows = imports.rejects_of(connection, city, import_id, after=after, limit=limit)
    items = [{name: row[name] for name in ("row", "field", "code", "reason")} for row in rows]
    full = len({item["row"] for item in items}) == limit
    return {"items": items, "next": str(items[-1]["row"]) if full else None}


def spool(ctx: Context, city: str, stream: IO[bytes], *, name: str) -> dict[str, Any]:
    """Keep an upload for its job and answer the part of the job's payload that finds it again."""
    permissions.check(ctx.actor, "import.run")
    with database.reading(ctx.db) as connection:
        territory.city(ctx, connection, city)
    path, digest = ctx.spool / f"{secrets.token_hex(16)}.bin", hashlib.sha256()
    with path.open("xb") as file:
        while part := stream.read(1 << 20):
            file.write(part)
            digest.update(part)
        file.flush()
        os.fsync(file.fileno())
    return {"spooled": path.name, "sha256": digest.hexdigest(), "name": name[:MOST_NAME]}


def from_job(ctx: Context, city: str, payload: dict[str, Any], *, progress: Progress) -> dict[str, Any]:
    """Import a spooled upload and remove it, whatever comes of it."""
    path = ctx.spool / Path(payload["spooled"]).name
    names = (
        "kind", "fields", "crs", "datum", "tz", "time_format", "dry_run", "level", "layer", "sheet", "encoding",
        "delimiter", "directions", "department",
    )
    asked = Asked(**{name: payload[name] for name in names if name in payload})
    try:
        return run(ctx, city, path, asked, name=payload["name"], host=False, progress=progress)
    finally:
        path.unlink(missing_ok=True)


def told(parsed: reading.Read, outcome: Outcome, asked: Asked, name: str) -> dict[str, Any]:
    """The report of an import as JSON."""
    report = parsed.report
    refused = {fault.row for fault in outcome.faults if fault.rejects}
    return {
        "kind": asked.kind, "file": name, "format": report.format, "bytes": report.bytes, "sha256": report.sha256,
        "rows": report.rows, "accepted": outcome.accepted, "rejected": report.rejected + len(refused),
        "duplicate": outcome.duplicate, "faults": _groups(parsed, outcome.faults),
        "mapping": [vars(mapped) for mapped in report.mapping], "ignored": list(report.ignored),
        "personal": list(report.personal), "encoding": report.encoding, "crs": report.crs, "datum": report.datum,
        "time": report.time, "bbox": list(report.bbox) if report.bbox else None, "notes": list(report.notes),
        "dry_run": False, **outcome.extra,
    }


def _read(
    ctx: Context, place: territory.World, path: Path, asked: Asked, *, name: str, host: bool, progress: Progress
) -> reading.Read:
    bounds = territory.bounds(place)
    fields = {("weight" if ours == "count" else ours): theirs for ours, theirs in asked.fields.items()}
    options = values.Options(
        fields=fields, crs=asked.crs, datum=asked.datum, tz=asked.tz or place.city.tz, time_format=asked.time_format,
        layer=asked.layer, sheet=asked.sheet, encoding=asked.encoding, delimiter=asked.delimiter,
        directions=asked.directions,
        mainland=reading.is_mainland(bounds), extent=bounds, now=ctx.stamp(), name=name,
    )
    limits = values.Limits.host() if host else values.Limits.upload()
    return reading.read(
        ctx, asked.kind, path, options, limits=limits,
        progress=lambda share, message: progress(0.02 + 0.55 * share, message),
    )


def _preview(
    ctx: Context, place: territory.World, parsed: reading.Read, asked: Asked, *, name: str
) -> dict[str, Any]:
    with database.reading(ctx.db) as connection:
        outcome = _foreseen(ctx, connection, place, parsed, asked)
    most = Outcome(parsed.report.accepted, 0, [], {})
    return {**told(parsed, outcome or most, asked, name), "dry_run": True, "foreseen": outcome is not None}


def _foreseen(
    ctx: Context, connection: Connection, place: territory.World, parsed: reading.Read, asked: Asked
) -> Outcome | None:
    """What storing the rows would come to; None for kinds of which only storing tells."""
    if asked.kind == "incidents":
        prepared = facts.prepare(ctx, connection, place, parsed)
        new = prepared.rows.num_rows
        return Outcome(new, prepared.inside - new, prepared.faults, prepared.told)
    if asked.kind not in imported.TABLES or asked.kind == "cameras":
        return None
    landed, settled = _sorted(connection, place, parsed, asked.kind)
    extra = {"outside": _outside(place, landed)}
    return Outcome(len(settled.new) + len(settled.changed), settled.duplicate, list(landed.faults), extra)


def _store(
    ctx: Context, connection: Connection, place: territory.World, parsed: reading.Read, asked: Asked, store: Store, *,
    name: str,
) -> dict[str, Any]:
    report, city = parsed.report, place.city.code
    import_id = imports.insert_import(
        connection, city=city, kind=asked.kind, file_name=name, file_hash=report.sha256, file_bytes=report.bytes,
        options={"fields": asked.fields, "crs": asked.crs, "datum": asked.datum, "tz": asked.tz,
                 "time_format": asked.time_format, "directions": asked.directions}, report={}, rows=report.rows,
        accepted=0, rejected=0, duplicate=0, at=ctx.stamp(), by=ctx.by,
    )  # fmt: skip
    outcome = store(ctx, connection, place, parsed, import_id, asked)
    made = {"import": str(import_id), **told(parsed, outcome, asked, name)}
    if made["accepted"] + made["rejected"] + made["duplicate"] != made["rows"]:
        raise AssertionError(f"import {import_id} does not add up: {made}")
    imports.insert_rejects(connection, import_id, _explained(parsed, outcome.faults))
    imports.settle(
        connection, import_id, report=made, accepted=made["accepted"], rejected=made["rejected"],
        duplicate=made["duplicate"],
    )
    counts = {count: made[count] for count in ("rows", "accepted", "rejected", "duplicate")}
    audit.append(
        connection, at=ctx.stamp(), actor=ctx.by, action=f"import.{asked.kind}", city=city,
        detail={"import": import_id, "sha256": report.sha256, **counts},
    )
    cities.touch(connection, city)
    return made


def _store_rows(
    ctx: Context, connection: Connection, place: territory.World, parsed: reading.Read, import_id: int, asked: Asked
) -> Outcome:
    """Store rows of the kinds that have a table of their own, and weigh households again where they bear on it."""
    city = place.city.code
    landed, settled = _sorted(connection, place, parsed, asked.kind, import_id=import_id)
    faults = list(landed.faults)
    if asked.kind == "cameras":
        settled, merged = camera_merge.merge(connection, city, landed, settled)
        faults += merged
        _note_states(connection, city, settled.changed, at=ctx.stamp())
    imported.add(connection, asked.kind, settled.new)
    imported.replace(connection, asked.kind, settled.changed)
    extra: dict[str, Any] = {"outside": _outside(place, landed)}
    if asked.kind in ("households", "buildings"):
        extra["households"] = weighing.weigh(ctx, connection, place)
    return Outcome(len(settled.new) + len(settled.changed), settled.duplicate, faults, extra)


def _sorted(
    connection: Connection, place: territory.World, parsed: reading.Read, kind: str, *, import_id: int = 0
) -> tuple[landing.Landed, landing.Settled]:
    """The rows as the table of their kind takes them: new, changed and already there."""
    city = place.city.code
    landed = landing.land(kind, parsed.table, city=city, resolution=place.base.resolution)
    return landed, landing.settle(landed, imported.digests(connection, kind, city), import_id=import_id)


def _note_states(connection: Connection, city: str, changed: list[dict[str, Any]], *, at: str) -> None:
    """Keep the status that cameras had before this import, where it has changed."""
    names = ("source_id", "status", "status_since")
    before = {row["source_id"]: row for row in imported.rows(connection, "cameras", city, names=names)}
    old = [before[row["source_id"]] for row in changed if row["status"] != before[row["source_id"]]["status"]]
    coverage.add_states(connection, [
        {"city": city, "source_id": row["source_id"], "status": row["status"], "since": row["status_since"], "at": at}
        for row in old
    ])  # fmt: skip


def _outside(place: territory.World, landed: landing.Landed) -> int:
    """How many of the rows lie wholly outside the city's extent; they are kept, since a border cuts many things."""
    west, south, east, north = territory.bounds(place)
    n = 0
    for row in landed.rows:
        if "lat" in row:
            n += not (west <= row["lng"] <= east and south <= row["lat"] <= north)
        elif "west" in row:
            n += row["west"] > east or row["east"] < west or row["south"] > north or row["north"] < south
    return n


def _store_regions(
    ctx: Context, connection: Connection, place: territory.World, parsed: reading.Read, import_id: int, asked: Asked
) -> Outcome:
    """A new base with the regions of one level replaced; cells stay, plans stay with the base they were drawn on."""
    accepted, duplicate, extra = founding.replace_level(
        ctx, connection, place, founding.division_of(parsed, asked.level)
    )
    if accepted:
        fresh = territory.world(ctx, connection, place.city.code)
        extra["households"] = weighing.weigh(ctx, connection, fresh)
    return Outcome(accepted, duplicate, [], extra)


def _store_incidents(
    prepared: facts.Prepared, ctx: Context, connection: Connection, place: territory.World, parsed: reading.Read,
    import_id: int, asked: Asked,
) -> Outcome:
    stored = facts.store(ctx, connection, place, parsed, prepared, import_id=import_id)
    return Outcome(stored.accepted, stored.duplicate, stored.faults, stored.extra)


def _store_grids(
    ctx: Context, connection: Connection, place: territory.World, parsed: reading.Read, import_id: int, asked: Asked
) -> Outcome:
    stored = existing.store(ctx, connection, place, parsed)
    return Outcome(stored.accepted, stored.duplicate, stored.faults, stored.extra)


def _store_nets(
    ctx: Context, connection: Connection, place: territory.World, parsed: reading.Read, import_id: int, asked: Asked
) -> Outcome:
    stored = nets.store(ctx, connection, place, parsed, import_id=import_id, named=asked.department)
    return Outcome(stored.accepted, stored.duplicate, stored.faults, stored.extra)


_STORES: dict[str, Store] = {
    "nets": _store_nets,
    "regions": _store_regions,
    "grids": _store_grids,
}


def _groups(parsed: reading.Read, own: list[landing.Fault]) -> list[dict[str, Any]]:
    """Faults by kind with the first rows of each: those of reading, then those found here."""
    groups = [
        {"code": group.code, "field": group.field, "rejects": group.rejects, "count": group.count,
         "first_rows": list(group.first_rows), "reason": group.reason}
        for group in parsed.report.faults
    ]  # fmt: skip
    found: dict[tuple[str, str, bool], list[landing.Fault]] = {}
    for fault in own:
        found.setdefault((fault.code, fault.field, fault.rejects), []).append(fault)
    for (code, field, rejects), faults in found.items():
        first = [fault.row for fault in faults[:FIRST_ROWS]]
        groups.append({"code": code, "field": field, "rejects": rejects, "count": len(faults), "first_rows": first,
                       "reason": faults[0].reason})  # fmt: skip
    return groups


def _explained(parsed: reading.Read, own: list[landing.Fault]) -> list[dict[str, Any]]:
    """Every refused row with its reasons, numbered within the row."""
    table = parsed.faults.filter(parsed.faults["rejects"])
    given = zip(*(table[name].to_pylist() for name in ("row", "field", "code", "reason")), strict=True)
    rows = [(int(row), str(field), str(code), str(reason)) for row, field, code, reason in given]
    rows += [(fault.row, fault.field, fault.code, fault.reason) for fault in own if fault.rejects]
    seen: dict[int, int] = {}
    told_rows = []
    for row, field, code, reason in rows:
        seen[row] = seen.get(row, -1) + 1
        told_rows.append({"row": row, "seq": seen[row], "field": field, "code": code, "reason": reason})
    return told_rows
