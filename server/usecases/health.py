"""Whether the service is well: its database answers, and is sound when it starts."""

from __future__ import annotations

from server.store import database
from server.usecases.context import Context


def check(ctx: Context) -> None:
    """Return when the service can work. Raises SQLAlchemy's errors when it cannot."""
    with database.reading(ctx.db) as connection:
        connection.exec_driver_sql("SELECT 1")


def examine(ctx: Context) -> None:
    """At start-up: raise DatabaseError when the database finds itself damaged."""
    database.examine(ctx.db)
