"""Community borders as a plan: the communities of today are its first version, and a draft begins from them.

A plan of communities is edited, compared, commented, submitted and published as one of grids is; what differs is what
it nests in (towns), what it is made of (communities), and what coming into force means (``effect``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection

from server.rules import kinds, permissions, planned
from server.store import bases, database, plans
from server.usecases import errors
from server.usecases.borders import carrying, ground
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.planning import drafts
from server.usecases.planning import plans as plan_usecases

SHOWN = 50
RECORDED = "recorded"
"""How the log of the communities of a base begins: nobody drew them here."""


def open_(ctx: Context, city: str, *, name: str = "", across: bool = False) -> dict[str, Any]:
    """Begin a draft of the community borders from those of today. Answers it as ``plans.get`` does.

    With ``across`` communities may take cells of another town, which then belong to theirs: the town's border moves
    too. Raises Conflict where the city has no level of communities.
    """
    permissions.check(ctx.actor, "border.cross" if across else "border.draw")
    with database.writing(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        row = in_force(ctx, connection, place)
        labels = plans.labels_of(connection, row["id"])
        given = drafts.named(name) if name else ""
        made = drafts.copy(ctx, connection, {**row, "across_towns": int(across)}, labels, name=given)
    return plan_usecases.get(ctx, city, made)


def state(ctx: Context, city: str) -> dict[str, Any]:
    """``{level, base, communities, in_force, items, grids}``: the plan of communities in force (None where they were
    never redrawn), all of them newest first, and how the plan of grids in force stands to the borders of today:
    ``{plan, behind, successor}``, ``behind`` where it was drawn within older ones, ``successor`` the newest draft that
    was made of it since."""
    permissions.check(ctx.actor, "plan.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        rows = plans.of_city(connection, city, before=None, limit=SHOWN, kind=planned.COMMUNITIES)
        own = [region for region in place.regions.values() if region.level == place.lowest]
        return {
            "level": place.lowest, "base": place.base.version, "communities": len(own),
            "in_force": next((row["id"] for row in rows if row["status"] == "in_force"), None),
            "items": [
                {
                    **plan_usecases.summary(row), "usable": row["base_id"] == place.base.id,
                    "moved": row["moved_cells"] or 0,
                }
                for row in rows
            ],
            "grids": carrying.standing(connection, place),
        }  # fmt: skip


def in_force(ctx: Context, connection: Connection, place: territory.World) -> dict[str, Any]:
    """The row of the plan of communities in force; the base as it is becomes one where there is none yet."""
    found = plans.newest(connection, place.city.code, status="in_force", kind=planned.COMMUNITIES)
    return _row(connection, place, found or _record(ctx, connection, place))


def _row(connection: Connection, place: territory.World, plan_id: str) -> dict[str, Any]:
    row = plans.get(connection, place.city.code, plan_id)
    assert row is not None, f"plan {plan_id} is in force but not stored"
    return row


def _record(ctx: Context, connection: Connection, place: territory.World) -> str:
    """Store the communities of the base as a plan in force."""
    if place.lowest != "community":
        raise errors.Conflict("no_communities", "The cells of this city are not divided into communities.")
    lowest, at = np.unique(place.base.region, return_inverse=True)
    given = {
        label: {
            "code": place.regions[number].code, "name": place.regions[number].name, "kind": kinds.COMMUNITY,
            "locked": 0, "worker_id": None, "centre_id": None,
        }
        for label, number in enumerate(lowest.tolist())
    }  # fmt: skip
    labels = at.ravel().astype(np.int32)
    band = ground.band_of(place, bases.column(connection, place.base.id, "households"))
    made = ground.make(ctx, connection, place, band=band)
    found = drafts.save(
        ctx, connection, place, made, labels, band=band, seed=None, name="", given=given, kind=RECORDED,
        violations=drafts.violations_of(made, labels), measured=drafts.measures_of(made, labels),
    )
    plans.change(connection, found["plan"], revision=1, status="in_force", published_at=ctx.stamp(),
                 effective_from=ctx.stamp())  # fmt: skip
    return str(found["plan"])
