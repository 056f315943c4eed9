"""Rows of live incidents: those that are not sealed into a segment yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from server.store.schema import live_incidents

_OWN = [column for column in live_incidents.c if column.name != "city"]


def add(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add complete rows."""
    if rows:
        connection.execute(insert(live_incidents), list(rows))


def of_city(connection: Connection, city: str) -> list[tuple[Any, ...]]:
    """Rows of a city by id: id, us, lat, lng, cell, region, category, weight, source, external_id, revision, status,
    replaces, received_at."""
    query = select(*_OWN).where(live_incidents.c.city == city).order_by(live_incidents.c.id)
    return [tuple(row) for row in connection.execute(query)]


def of_ids(connection: Connection, city: str, source: str, ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """Rows of a source with these external ids, as ``of_city`` answers them."""
    own = live_incidents.c
    query = select(*_OWN).where(own.city == city, own.source == source, own.external_id.in_(ids)).order_by(own.id)
    return [tuple(row) for row in connection.execute(query)]


def columns() -> list[str]:
    """Names of what ``of_city`` answers, in order."""
    return [column.name for column in _OWN]


def waiting(connection: Connection) -> dict[str, tuple[int, str]]:
    """By city: how many rows wait, and when the oldest was received."""
    own = live_incidents.c
    query = select(own.city, func.count(), func.min(own.received_at)).group_by(own.city)
    return {city: (int(n), str(oldest)) for city, n, oldest in connection.execute(query)}


def last_id(connection: Connection) -> int:
    """The highest id that waits; 0 when there is none."""
    return int(connection.execute(select(func.max(live_incidents.c.id))).scalar() or 0)


def remove(connection: Connection, city: str, *, upto: int) -> int:
    """Remove a city's rows with ids up to ``upto``, which a segment holds now; how many they were."""
    own = live_incidents.c
    done = connection.execute(delete(live_incidents).where(own.city == city, own.id <= upto))
    return int(done.rowcount)
