"""Reading a plan's append-only log in parts: numbers and kinds of all entries, some entries whole. Writing is in
``plans.log``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from server.store.schema import plan_edits


def kinds(connection: Connection, plan_id: str) -> list[tuple[int, str]]:
    """Number and kind of every entry, oldest first."""
    query = select(plan_edits.c.seq, plan_edits.c.kind).where(plan_edits.c.plan_id == plan_id)
    return [(row.seq, row.kind) for row in connection.execute(query.order_by(plan_edits.c.seq))]


def entry(connection: Connection, plan_id: str, seq: int) -> dict[str, Any]:
    """The entry with that number."""
    query = select(plan_edits).where(plan_edits.c.plan_id == plan_id, plan_edits.c.seq == seq)
    return dict(connection.execute(query).mappings().one())


def newest(connection: Connection, plan_id: str, *, limit: int) -> list[dict[str, Any]]:
    """The last entries, newest first."""
    query = select(plan_edits).where(plan_edits.c.plan_id == plan_id).order_by(plan_edits.c.seq.desc())
    return [dict(row) for row in connection.execute(query.limit(limit)).mappings()]


def since(connection: Connection, plan_id: str, seq: int) -> list[dict[str, Any]]:
    """The entries after number ``seq``, oldest first."""
    query = select(plan_edits).where(plan_edits.c.plan_id == plan_id, plan_edits.c.seq > seq)
    return [dict(row) for row in connection.execute(query.order_by(plan_edits.c.seq)).mappings()]


def first(connection: Connection, plan_id: str) -> dict[str, Any] | None:
    """The entry that the plan began with, or None."""
    query = select(plan_edits).where(plan_edits.c.plan_id == plan_id).order_by(plan_edits.c.seq).limit(1)
    found = connection.execute(query).mappings().first()
    return dict(found) if found else None
