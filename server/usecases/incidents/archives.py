"""The archive as a whole: proof that what the manifest says, what the files hold and what imports told agree."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from server.archive import proof, query, values
from server.rules import permissions
from server.store import database, imports, segments
from server.usecases.city import territory
from server.usecases.context import Context, Progress, silent
from server.usecases.incidents import facts

MOST_FINDINGS = 200


def check(ctx: Context, city: str | None = None, *, progress: Progress = silent) -> dict[str, Any]:
    """``{ok, segments, rows, bytes, live, findings: [{file, code, message}]}`` of a city, or of every one.

    ``findings`` names every disagreement, at most ``MOST_FINDINGS`` of them; files that the manifest does not name are
    looked for only when all cities are asked about.
    """
    permissions.check(ctx.actor, "archive.check")
    with database.reading(ctx.db) as connection:
        if city is not None:
            territory.city(ctx, connection, city)
        rows = segments.every(connection) if city is None else segments.of_city(connection, city)
        live = facts.live_rows(connection, city)
        findings = disagreements(ctx, connection, rows, strangers=city is None, progress=progress)
    progress(1.0, "done")
    return {
        "ok": not findings, "segments": len(rows), "rows": sum(row["rows"] for row in rows),
        "bytes": sum(row["bytes"] for row in rows), "live": live, "findings": findings[:MOST_FINDINGS],
    }  # fmt: skip


def disagreements(
    ctx: Context, connection: Connection, rows: list[dict[str, Any]], *, strangers: bool, progress: Progress = silent
) -> list[dict[str, str]]:
    """Everything that does not agree among these rows of the manifest, their files and their imports."""
    done = 0

    def told(file: str) -> None:
        nonlocal done
        progress(done / max(len(rows), 1), file)
        done += 1

    named = [facts.segment(row) for row in rows]
    findings = [vars(one) for one in proof.check(ctx.archive, named, strangers=strangers, progress=told)]
    findings += _imports(connection, rows)
    damaged = {one["file"] for one in findings if one["code"] in ("missing", "unreadable")}
    for city in sorted({row["city"] for row in rows if row["file"] not in damaged}):
        held = facts.of_city(ctx, connection, city)
        if not any(segment.file in damaged for segment in held.segments):
            findings += _ids(city, held)
    return findings


def _imports(connection: Connection, rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Segments hold as many rows as their import accepted."""
    held: dict[int, int] = {}
    files: dict[int, str] = {}
    for row in rows:
        held[row["import_id"]] = held.get(row["import_id"], 0) + row["rows"]
        files.setdefault(row["import_id"], row["file"])
    accepted = {row["id"]: row["accepted"] for row in imports.every(connection)}
    return [
        {
            "file": files[number], "code": "import",
            "message": f"import {number} accepted {accepted[number]:,} rows, its segments hold {n:,}",
        }
        for number, n in held.items() if accepted[number] != n
    ]  # fmt: skip


def _ids(city: str, held: values.Facts) -> list[dict[str, str]]:
    """No id twice in a city, and every corrected incident is there."""
    twice, lost = query.loose_ids(held)
    found = []
    if twice:
        found.append({"file": city, "code": "ids", "message": f"{twice:,} ids occur in more than one place"})
    if lost:
        found.append({"file": city, "code": "replaces", "message": f"{lost:,} corrections of incidents not there"})
    return found
