"""The queue of long work: rows of the jobs table, leased by one runner at a time, fenced, watched and cancelled.

A job's row and the rows its work writes share one database, so that a finished job and its result are seen together.
A lease that runs out lets another runner take the job over; the fencing number then shuts the first one out. A job
that took its runner down ``ATTEMPTS`` times is failed rather than tried again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.rules import permissions
from server.store import accounts, audit, database
from server.store.schema import jobs
from server.usecases import errors
from server.usecases.context import Context, iso

LEASE_S = 30
ACCEPTED = 202
LONGEST_KEY = 200
ATTEMPTS = 3
KINDS = ("draw", "sweep", "rebalance", "propose", "staff", "import", "sites")
TIMED = ("draw", "rebalance", "propose")
"""Kinds whose ``seconds`` are the time of the whole work; those of a sweep are the time of each of its points."""


@dataclass(frozen=True)
class Lease:
    """A job in the hands of a runner: ``fence`` must still be the row's for anything it writes to count."""

    id: str
    kind: str
    city: str | None
    payload: dict[str, Any]
    actor: permissions.Actor
    fence: int


class Lost(RuntimeError):
    """Another runner has the job: what this one does no longer counts."""


def enqueue(
    ctx: Context, kind: str, *, city: str | None, payload: dict[str, Any], key: str | None = None
) -> dict[str, Any]:
    """Queue work for the actor and answer its row as ``get`` does. ``payload`` is plain JSON.

    With ``key`` (an Idempotency-Key) the same request again answers the job of the first one; another request under a
    used key is Invalid. Keys are the actor's own.
    """
    assert kind in KINDS, kind
    if key is not None and not 1 <= len(key) <= LONGEST_KEY:
        raise errors.Invalid("idempotency_key", f"An Idempotency-Key has 1 to {LONGEST_KEY} characters.")
    if key is not None and (earlier := _repeated(ctx, key, _request(kind, city, payload))) is not None:
        _discard(ctx, payload)
        return get(ctx, earlier)
    job_id = secrets.token_hex(16)
    row = {
        "id": job_id, "kind": kind, "city": city, "payload": payload,
        "actor": dataclasses.asdict(ctx.actor) if ctx.actor is not None else {}, "status": "queued", "progress": 0.0,
        "message": "", "attempts": 0, "fence": 0, "cancel": 0, "created_at": ctx.stamp(), "created_by": ctx.by,
    }
    try:
        with database.writing(ctx.db) as connection:
            if key is not None:
                accounts.keep_answer(
                    connection, owner=ctx.by, key=key, request_hash=_request(kind, city, payload), status=ACCEPTED,
                    body={"job": job_id}, at=ctx.stamp(),
                )
            connection.execute(insert(jobs).values(**row))
            audit.append(
                connection, at=ctx.stamp(), actor=ctx.by, action=f"job.{kind}", city=city, detail={"job": job_id}
            )
    except IntegrityError:
        earlier = _repeated(ctx, key or "", _request(kind, city, payload))
        if earlier is None:
            raise
        _discard(ctx, payload)
        return get(ctx, earlier)
    return get(ctx, job_id)


def get(ctx: Context, job_id: str) -> dict[str, Any]:
    """``{id, kind, city, status, progress, message, run_s, left_s, result, error, …}``. Raises NotFound outside the
    territory. ``run_s``: seconds that a running job has worked, ``left_s``: until its time is up; None elsewhere."""
    with database.reading(ctx.db) as connection:
        row = connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().first()
    if row is None or (row["city"] is not None and not permissions.reaches(ctx.actor, row["city"])):
        raise errors.NotFound("not_found", f"There is no job {job_id!r}.")
    names = ("id", "kind", "city", "status", "progress", "message", "result", "error", "created_at", "finished_at")
    return {**{name: row[name] for name in names}, **_times(row, ctx.now())}


def cancel(ctx: Context, job_id: str) -> dict[str, Any]:
    """Ask a job to stop: a queued one is cancelled at once, a running one at its next report of progress."""
    get(ctx, job_id)
    with database.writing(ctx.db) as connection:
        queued = (jobs.c.id == job_id) & (jobs.c.status == "queued")
        over = _ended(connection, queued, status="cancelled", finished_at=ctx.stamp())
        running = (jobs.c.id == job_id) & (jobs.c.status == "running")
        connection.execute(update(jobs).where(running).values(cancel=1))
        audit.append(
            connection, at=ctx.stamp(), actor=ctx.by, action="job.cancel", city=None, detail={"job": job_id}
        )
    for payload in over:
        _discard(ctx, payload)
    return get(ctx, job_id)


def take(ctx: Context) -> Lease | None:
    """Lease the oldest job that waits, or that another runner has lost; None when there is nothing to do."""
    now = ctx.now()
    with database.writing(ctx.db) as connection:
        late = (jobs.c.status == "running") & (jobs.c.lease_until < iso(now))
        over = _ended(connection, late & (jobs.c.cancel == 1), status="cancelled", finished_at=iso(now))
        poison = late & (jobs.c.attempts >= ATTEMPTS)
        fault = {"code": "E_RUNNER", "message": f"The work ended its runner {ATTEMPTS} times and was given up."}
        over += _ended(connection, poison, status="failed", error=fault, finished_at=iso(now))
        query = select(jobs).where((jobs.c.status == "queued") | late).order_by(jobs.c.created_at, jobs.c.id).limit(1)
        if connection.dialect.name == "postgresql":
            query = query.with_for_update(skip_locked=True)
        row = connection.execute(query).mappings().first()
        if row is not None:
            fence = row["fence"] + 1
            connection.execute(
                update(jobs).where(jobs.c.id == row["id"]).values(
                    status="running", fence=fence, attempts=row["attempts"] + 1, lease_until=_lease(now),
                    started_at=iso(now),
                )
            )
    for payload in over:
        _discard(ctx, payload)
    if row is None:
        return None
    actor = permissions.Actor(**row["actor"])
    return Lease(row["id"], row["kind"], row["city"], row["payload"], actor, fence)


def report(ctx: Context, lease: Lease, share: float, message: str) -> None:
    """Write progress and hold the lease. Raises Cancelled when that was asked for, Lost when another runner has it."""
    values = {"progress": min(max(share, 0.0), 1.0), "message": message, "lease_until": _lease(ctx.now())}
    with database.writing(ctx.db) as connection:
        mine = _mine(lease)
        if connection.execute(update(jobs).where(mine).values(**values)).rowcount == 0:
            raise Lost(lease.id)
        if connection.execute(select(jobs.c.cancel).where(jobs.c.id == lease.id)).scalar():
            raise errors.Cancelled("cancelled", "The work was cancelled.")


def finish(
    ctx: Context, lease: Lease, *, status: str, result: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
) -> None:
    """Set the end of a job: ``done``, ``failed`` or ``cancelled``. Raises Lost when another runner has it."""
    with database.writing(ctx.db) as connection:
        finish_in(connection, lease, status=status, at=ctx.stamp(), result=result, error=error)


def finish_in(
    connection: Connection, lease: Lease, *, status: str, at: str, result: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
) -> None:
    """``finish`` inside the transaction that stores what the job did: both are seen, or neither."""
    values: dict[str, Any] = {"status": status, "result": result, "error": error, "finished_at": at}
    if status == "done":
        values["progress"] = 1.0
    if connection.execute(update(jobs).where(_mine(lease)).values(**values)).rowcount == 0:
        raise Lost(lease.id)


def _times(row: RowMapping, now: datetime) -> dict[str, float | None]:
    if row["status"] != "running":
        return {"run_s": None, "left_s": None}
    run_s = max((now - datetime.fromisoformat(row["started_at"])).total_seconds(), 0.0)
    allowed_s = row["payload"].get("seconds") if row["kind"] in TIMED else None
    return {"run_s": round(run_s, 1), "left_s": None if allowed_s is None else round(max(allowed_s - run_s, 0.0), 1)}


def _request(kind: str, city: str | None, payload: dict[str, Any]) -> str:
    """The hash of what is asked for; of an upload its content counts, not where it was spooled."""
    asked = {name: value for name, value in payload.items() if name != "spooled"}
    body = json.dumps([kind, city, asked], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


def _repeated(ctx: Context, key: str, request: str) -> str | None:
    """The job that the actor's ``key`` already made, or None. Raises Invalid when that was for another request."""
    with database.reading(ctx.db) as connection:
        kept = accounts.answer(connection, ctx.by, key)
    if kept is None:
        return None
    if kept["request_hash"] != request:
        raise errors.Invalid("idempotency_key", "This Idempotency-Key was used for another request.")
    return str(kept["body"]["job"])


def _ended(connection: Connection, which: ColumnElement[bool], **values: Any) -> list[dict[str, Any]]:
    """End jobs that no runner works on; what they were asked, whose uploads nobody will read."""
    ended = connection.execute(update(jobs).where(which).values(**values).returning(jobs.c.payload))
    return list(ended.scalars())


def _discard(ctx: Context, payload: dict[str, Any]) -> None:
    """Remove the upload of a request that nobody will work."""
    if "spooled" in payload:
        (ctx.spool / Path(payload["spooled"]).name).unlink(missing_ok=True)


def _mine(lease: Lease) -> Any:
    return (jobs.c.id == lease.id) & (jobs.c.fence == lease.fence) & (jobs.c.status == "running")


def _lease(now: datetime) -> str:
    return iso(now + timedelta(seconds=LEASE_S))
