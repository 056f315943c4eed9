"""The queue of long work: rows of the jobs table, leased by one runner at a time, fenced, watched and cancelled.

A job's row and the rows its work writes share one database, so that a finished job and its result are seen together.
A lease that runs out lets another runner take the job over; the fencing number then shuts the first one out. A job
that took its runner down ``ATTEMPTS`` times is failed rather than tried again.
"""

from __future__ import annotations

import dataclasses
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from server.rules import permissions
from server.store import audit, database
from server.store.schema import jobs
from server.usecases import errors
from server.usecases.context import Context, iso

LEASE_S = 30
ATTEMPTS = 3
KINDS = ("draw", "rebalance", "staff", "import", "sites")


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


def enqueue(ctx: Context, kind: str, *, city: str | None, payload: dict[str, Any]) -> dict[str, Any]:
    """Queue work for the actor and answer its row as ``get`` does. ``payload`` is plain JSON."""
    assert kind in KINDS, kind
    job_id = secrets.token_hex(16)
    row = {
        "id": job_id, "kind": kind, "city": city, "payload": payload,
        "actor": dataclasses.asdict(ctx.actor) if ctx.actor is not None else {}, "status": "queued", "progress": 0.0,
        "message": "", "attempts": 0, "fence": 0, "cancel": 0, "created_at": ctx.stamp(), "created_by": ctx.by,
    }
    with database.writing(ctx.db) as connection:
        connection.execute(insert(jobs).values(**row))
        audit.append(
            connection, at=ctx.stamp(), actor=ctx.by, action=f"job.{kind}", city=city, detail={"job": job_id}
        )
    return get(ctx, job_id)


def get(ctx: Context, job_id: str) -> dict[str, Any]:
    """``{id, kind, city, status, progress, message, result, error, …}``. Raises NotFound outside the territory."""
    with database.reading(ctx.db) as connection:
        row = connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().first()
    if row is None or (row["city"] is not None and not permissions.reaches(ctx.actor, row["city"])):
        raise errors.NotFound("not_found", f"There is no job {job_id!r}.")
    names = ("id", "kind", "city", "status", "progress", "message", "result", "error", "created_at", "finished_at")
    return {name: row[name] for name in names}


def cancel(ctx: Context, job_id: str) -> dict[str, Any]:
    """Ask a job to stop: a queued one is cancelled at once, a running one at its next report of progress."""
    get(ctx, job_id)
    with database.writing(ctx.db) as connection:
        queued = (jobs.c.id == job_id) & (jobs.c.status == "queued")
        connection.execute(update(jobs).where(queued).values(status="cancelled", finished_at=ctx.stamp()))
        running = (jobs.c.id == job_id) & (jobs.c.status == "running")
        connection.execute(update(jobs).where(running).values(cancel=1))
        audit.append(
            connection, at=ctx.stamp(), actor=ctx.by, action="job.cancel", city=None, detail={"job": job_id}
        )
    return get(ctx, job_id)


def take(ctx: Context) -> Lease | None:
    """Lease the oldest job that waits, or that another runner has lost; None when there is nothing to do."""
    now = ctx.now()
    with database.writing(ctx.db) as connection:
        late = (jobs.c.status == "running") & (jobs.c.lease_until < iso(now))
        over = update(jobs).where(late & (jobs.c.cancel == 1)).values(status="cancelled", finished_at=iso(now))
        connection.execute(over)
        poison = late & (jobs.c.attempts >= ATTEMPTS)
        fault = {"code": "E_RUNNER", "message": f"The work ended its runner {ATTEMPTS} times and was given up."}
        connection.execute(update(jobs).where(poison).values(status="failed", error=fault, finished_at=iso(now)))
        query = select(jobs).where((jobs.c.status == "queued") | late).order_by(jobs.c.created_at, jobs.c.id).limit(1)
        if connection.dialect.name == "postgresql":
            query = query.with_for_update(skip_locked=True)
        row = connection.execute(query).mappings().first()
        if row is None:
            return None
        fence = row["fence"] + 1
        connection.execute(
            update(jobs).where(jobs.c.id == row["id"]).values(
                status="running", fence=fence, attempts=row["attempts"] + 1, lease_until=_lease(now),
                started_at=iso(now),
            )
        )
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


def _mine(lease: Lease) -> Any:
    return (jobs.c.id == lease.id) & (jobs.c.fence == lease.fence) & (jobs.c.status == "running")


def _lease(now: datetime) -> str:
    return iso(now + timedelta(seconds=LEASE_S))
