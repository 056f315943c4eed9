"""Whether the service is well: its database answers."""

from __future__ import annotations

from server.store import database
from server.usecases.context import Context


def check(ctx: Context) -> None:
    """Return when the service can work. Raises SQLAlchemy's errors when it cannot."""
    with database.reading(ctx.db) as connection:
        connection.exec_driver_sql("SELECT 1")
