"""What a drawing of a city can be asked for beyond its band: only what there is in the city."""

from __future__ import annotations

from typing import Any

from server.rules import kinds, permissions
from server.rules import workload as rule
from server.store import database, imported, plans
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.drafting import wishes, workload


def of_city(ctx: Context, city: str) -> dict[str, Any]:
    """``{workloads, whole, dedicated, kept}``: names of formulas, the plain one first; how many compounds and buildings
    could stay whole; uses of buildings with how many there are; how many grids in force are locked or dedicated."""
    permissions.check(ctx.actor, "plan.draw")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        whole = {
            wishes.COMPOUNDS: len(imported.tally(connection, "buildings", city, "compound")),
            wishes.BUILDINGS: imported.count(connection, "buildings", city),
        }
        uses = imported.tally(connection, "buildings", city, "use")
        grids = plans.grids(connection, place.city.plan_id) if place.city.plan_id else []
        names = workload.names(connection, city)
    return {
        "workloads": [rule.PLAIN, *(name for name in names if name != rule.PLAIN)], "whole": whole,
        "dedicated": [{"use": use, "n": n} for use, n in uses.items()],
        "kept": sum(bool(row["locked"]) or row["kind"] == kinds.DEDICATED for row in grids),
    }  # fmt: skip
