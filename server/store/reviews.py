"""Rows of a plan's way to approval, and what colleagues note about it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, insert, select

from server.store.schema import plan_notes, plan_steps


def add_step(connection: Connection, plan_id: str, **values: Any) -> int:
    """Append a decision and return its number."""
    last = connection.execute(select(func.max(plan_steps.c.seq)).where(plan_steps.c.plan_id == plan_id)).scalar()
    seq = (last or 0) + 1
    connection.execute(insert(plan_steps).values(plan_id=plan_id, seq=seq, **values))
    return seq


def steps(connection: Connection, plan_id: str) -> list[dict[str, Any]]:
    """The decisions on a plan, oldest first."""
    query = select(plan_steps).where(plan_steps.c.plan_id == plan_id).order_by(plan_steps.c.seq)
    return [dict(row) for row in connection.execute(query).mappings()]


def add_note(connection: Connection, plan_id: str, *, code: str, text: str, at: str, by: str) -> int:
    """Append a note and return its id."""
    row = insert(plan_notes).values(plan_id=plan_id, code=code, text=text, at=at, by=by)
    return int(connection.execute(row.returning(plan_notes.c.id)).scalar_one())


def notes(connection: Connection, plan_id: str) -> list[dict[str, Any]]:
    """The notes on a plan, newest first."""
    query = select(plan_notes).where(plan_notes.c.plan_id == plan_id).order_by(plan_notes.c.id.desc())
    return [dict(row) for row in connection.execute(query).mappings()]
