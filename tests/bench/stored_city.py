"""A city of a data directory of Gezhi as a drawing problem, just as ``draw`` sees it."""

from __future__ import annotations

from pathlib import Path

from geo.problem import Problem
from server.rules import permissions
from server.store import database
from server.usecases import context
from server.usecases.city import territory
from server.usecases.drafting import drawing
from tests.bench import demo_city


def problem(home: Path, code: str) -> Problem:
    """The city ``code`` of the data directory ``home``. Raises as ``draw`` does."""
    ctx = context.open_(home, f"sqlite:///{home / 'gezhi.sqlite'}", actor=permissions.HOST, upgrade=False, make=False)
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, code)
        ground, _ = drawing.prepare(ctx, connection, place, band=demo_city.BAND, wished=drawing.NOTHING)
    ctx.db.close()
    return ground.problem
