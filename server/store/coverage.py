"""Rows of camera planning: proposals, what a camera's status was, and the figures of coverage at a data version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from server.store.schema import camera_proposals, camera_states, coverage_figures


def add_proposal(connection: Connection, **row: Any) -> int:
    """Store a proposal and return its id."""
    statement = insert(camera_proposals).values(**row).returning(camera_proposals.c.id)
    return int(connection.execute(statement).scalar_one())


def proposals(connection: Connection, city: str) -> list[dict[str, Any]]:
    """Every proposal of a city, oldest first."""
    query = select(camera_proposals).where(camera_proposals.c.city == city).order_by(camera_proposals.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def change_proposal(connection: Connection, city: str, proposal_id: int, **values: Any) -> bool:
    """Change a proposal; whether there was one."""
    where = (camera_proposals.c.city == city) & (camera_proposals.c.id == proposal_id)
    return connection.execute(update(camera_proposals).where(where).values(**values)).rowcount == 1


def add_states(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Store statuses that cameras had until now."""
    if rows:
        connection.execute(insert(camera_states), list(rows))


def states(connection: Connection, city: str, source_id: str) -> list[dict[str, Any]]:
    """Earlier statuses of a camera, oldest first."""
    table = camera_states
    where = (table.c.city == city) & (table.c.source_id == source_id)
    return [dict(row) for row in connection.execute(select(table).where(where).order_by(table.c.id)).mappings()]


def keep_figures(connection: Connection, city: str, *, data_version: int, at: str, by: str, figures: Any) -> None:
    """Store the figures of a data version, replacing those kept for it before."""
    table = coverage_figures
    where = (table.c.city == city) & (table.c.data_version == data_version)
    row = {"at": at, "by": by, "figures": figures}
    if connection.execute(update(table).where(where).values(**row)).rowcount == 0:
        connection.execute(insert(table).values(city=city, data_version=data_version, **row))


def kept_figures(connection: Connection, city: str) -> list[dict[str, Any]]:
    """Figures kept for a city, oldest first."""
    table = coverage_figures
    query = select(table).where(table.c.city == city).order_by(table.c.data_version)
    return [dict(row) for row in connection.execute(query).mappings()]
