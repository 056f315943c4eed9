"""Values that the service keeps about itself, by name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select, update

from server.store.schema import settings


def get(connection: Connection, name: str) -> Any:
    """The value of ``name``, or None."""
    return connection.execute(select(settings.c.value).where(settings.c.name == name)).scalar()


def put(connection: Connection, name: str, value: Any, *, at: str) -> None:
    """Store or replace the value of ``name``."""
    row = {"value": value, "updated_at": at}
    if connection.execute(update(settings).where(settings.c.name == name).values(**row)).rowcount == 0:
        connection.execute(insert(settings).values(name=name, **row))
