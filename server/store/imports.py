"""Rows of imports: what was read from which file with which options, and why each refused row was refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from server.store.schema import imports, rejects


def insert_import(connection: Connection, **row: Any) -> int:
    """Add an import and return its id."""
    return int(connection.execute(insert(imports).values(**row).returning(imports.c.id)).scalar_one())


def settle(connection: Connection, import_id: int, **values: Any) -> None:
    """Set the counts and the report once they are known (same transaction)."""
    connection.execute(update(imports).where(imports.c.id == import_id).values(**values))


def insert_rejects(connection: Connection, import_id: int, rows: Sequence[dict[str, Any]]) -> None:
    """Add refused rows (row, seq, field, code, reason)."""
    if rows:
        connection.execute(insert(rejects), [{"import_id": import_id, **row} for row in rows])


def rejected_rows(connection: Connection, import_id: int) -> int:
    """How many different rows of an import are explained."""
    query = select(func.count(rejects.c.row.distinct())).where(rejects.c.import_id == import_id)
    return int(connection.execute(query).scalar_one())


def rejects_of(
    connection: Connection, city: str, import_id: int, *, after: int, limit: int
) -> list[dict[str, Any]]:
    """Why the next ``limit`` refused rows of a city's import were refused: those with a number above ``after``, by
    number. A row has a line for each reason."""
    mine = imports.c.city == city, rejects.c.import_id == import_id, rejects.c.row > after
    joined = rejects.join(imports, imports.c.id == rejects.c.import_id)
    numbers = select(rejects.c.row).select_from(joined).where(*mine).distinct().order_by(rejects.c.row).limit(limit)
    last = select(func.max(numbers.subquery().c.row)).scalar_subquery()
    query = select(rejects).select_from(joined).where(*mine, rejects.c.row <= last)
    return [dict(row) for row in connection.execute(query.order_by(rejects.c.row, rejects.c.seq)).mappings()]


def of_city(connection: Connection, city: str, *, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Imports of a city, newest first, with an id below ``before``."""
    query = select(imports).where(imports.c.city == city)
    if before is not None:
        query = query.where(imports.c.id < before)
    return [dict(row) for row in connection.execute(query.order_by(imports.c.id.desc()).limit(limit)).mappings()]


def last(connection: Connection, city: str, *, kind: str) -> int:
    """Id of a city's last import of a kind, 0 when there was none: with it changes what such imports bring."""
    query = select(func.max(imports.c.id)).where(imports.c.city == city, imports.c.kind == kind)
    return int(connection.execute(query).scalar() or 0)


def every(connection: Connection) -> list[dict[str, Any]]:
    """All imports by id."""
    return [dict(row) for row in connection.execute(select(imports).order_by(imports.c.id)).mappings()]
