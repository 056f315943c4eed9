"""Rows that came from files (households, barriers, roads, buildings, places, cameras, workers, centres).

Each row has the source's identity (``source_id``) and a digest of its content, so that the same file twice changes
nothing and a corrected row replaces the one before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, insert, select, update

from server.store import schema

TABLES: dict[str, Table] = {
    kind: schema.metadata.tables[kind]
    for kind in ("households", "barriers", "roads", "buildings", "places", "cameras", "workers", "centres")
}
_OWN = ("id", "city", "source_id", "import_id", "digest")


def digest(row: dict[str, Any]) -> str:
    """The digest of a row's content: everything but its identity and its import."""
    parts = [(name, value) for name, value in sorted(row.items()) if name not in _OWN]
    body = json.dumps([(name, value.hex() if isinstance(value, bytes) else value) for name, value in parts])
    return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()


def digests(connection: Connection, kind: str, city: str) -> dict[str, str]:
    """Digest by source id of every stored row of ``kind``."""
    table = TABLES[kind]
    query = select(table.c.source_id, table.c.digest).where(table.c.city == city)
    return {row.source_id: row.digest for row in connection.execute(query)}


def add(connection: Connection, kind: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert complete rows."""
    if rows:
        connection.execute(insert(TABLES[kind]), list(rows))


def replace(connection: Connection, kind: str, rows: Sequence[dict[str, Any]]) -> None:
    """Overwrite rows found by (city, source id)."""
    if not rows:
        return
    table = TABLES[kind]
    values: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name not in ("city", "source_id")}
    where = (table.c.city == bindparam("at_city")) & (table.c.source_id == bindparam("at_source"))
    given = [
        {**{name: row[name] for name in values}, "at_city": row["city"], "at_source": row["source_id"]} for row in rows
    ]
    connection.execute(update(table).where(where).values(**values), given)


def count(connection: Connection, kind: str, city: str) -> int:
    """How many rows of ``kind`` a city has."""
    table = TABLES[kind]
    return int(connection.execute(select(func.count()).select_from(table).where(table.c.city == city)).scalar_one())


def tally(connection: Connection, kind: str, city: str, column: str) -> dict[str, int]:
    """How many rows of a city have each value of a column, the most frequent first; rows without one are not told."""
    table = TABLES[kind]
    n = func.count().label("n")
    query = (
        select(table.c[column], n).where(table.c.city == city, table.c[column].is_not(None), table.c[column] != "")
        .group_by(table.c[column]).order_by(n.desc(), table.c[column])
    )
    return {value: int(number) for value, number in connection.execute(query)}


def rows(
    connection: Connection, kind: str, city: str, *, names: Sequence[str] | None = None,
    box: tuple[float, float, float, float] | None = None, limit: int | None = None,
    where: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Rows of a city by id: all columns or ``names``; within ``box`` (west, south, east, north) where the table has
    one; with the given column values (a list means any of it)."""
    table = TABLES[kind]
    query = select(*([table.c[name] for name in names] if names else [table])).where(table.c.city == city)
    if box is not None:
        west, south, east, north = box
        if "west" in table.c:
            query = query.where(
                table.c.west <= east, table.c.east >= west, table.c.south <= north, table.c.north >= south
            )
        else:
            query = query.where(table.c.lng.between(west, east), table.c.lat.between(south, north))
    for name, value in (where or {}).items():
        query = query.where(table.c[name].in_(value) if isinstance(value, (list, tuple)) else table.c[name] == value)
    query = query.order_by(table.c.id)
    if limit is not None:
        query = query.limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def find(connection: Connection, kind: str, city: str, *, text: str, limit: int) -> list[dict[str, Any]]:
    """Rows whose name holds ``text`` (upper and lower case alike), by name."""
    table = TABLES[kind]
    pattern = "%" + text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    query = (
        select(table).where(table.c.city == city, func.lower(table.c.name).like(pattern, escape="\\"))
        .order_by(table.c.name, table.c.id).limit(limit)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
