"""Whether a data directory has the demonstration city: asked at every start, so it loads little."""

from __future__ import annotations

from server.store import cities, database, settings
from server.usecases.context import Context

DONE = "demonstration"
"""The setting that names the demonstration city once it has been loaded whole."""


def demonstration(ctx: Context) -> str | None:
    """The code of the demonstration city, None where it has not been loaded."""
    with database.reading(ctx.db) as connection:
        done = settings.get(connection, DONE)
    return None if done is None else str(done)


def wanted(ctx: Context) -> bool:
    """Whether the demonstration city is still to be loaded: not where it has been, nor beside somebody's own city."""
    if demonstration(ctx) is not None:
        return False
    with database.reading(ctx.db) as connection:
        known = cities.every(connection)
    return not known or any(city.demo for city in known)
