"""The manifest of the incident archive: one row for every Parquet segment that readers may see."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, insert, select, text

from server.store.schema import segments

_LOCK = 0x67657A69  # PostgreSQL's advisory lock of the archive's writers; SQLite writers already take turns


def hold(connection: Connection) -> None:
    """Let no other import write or sweep the archive until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def add(connection: Connection, **row: Any) -> None:
    """Add a segment whose file is already on disk."""
    connection.execute(insert(segments).values(**row))


def last_id(connection: Connection) -> int:
    """The highest incident id of all cities; 0 when there is none."""
    return int(connection.execute(select(func.max(segments.c.last_id))).scalar() or 0)


def of_city(connection: Connection, city: str) -> list[dict[str, Any]]:
    """Segments of a city in the order they were written."""
    query = select(segments).where(segments.c.city == city).order_by(segments.c.import_id, segments.c.file)
    return [dict(row) for row in connection.execute(query).mappings()]


def every(connection: Connection) -> list[dict[str, Any]]:
    """All segments of all cities."""
    return [dict(row) for row in connection.execute(select(segments).order_by(segments.c.file)).mappings()]
