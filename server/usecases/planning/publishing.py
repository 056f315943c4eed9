"""Putting plans in force and taking that back: a pointer moves in one transaction, and every version stays.

What moves depends on the kind of plan: grids become the city's plan, communities the regions of a new base (see
``borders.effect``). The checks before are the same for both.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection

from geo import cells
from server.rules import planned
from server.store import audit, cities, database, plans
from server.usecases import errors
from server.usecases.borders import effect
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.planning import approvals, drafts, lineages, origins
from server.usecases.planning import plans as plan_usecases
from server.usecases.planning.plans import Stored


def publish(
    ctx: Context, city: str, ref: str, *, if_match: str | None, effective_from: str | None = None, over: bool = False
) -> dict[str, Any]:
    """Put a draft in force: one pointer moves in one transaction, the plan before it is kept as superseded.

    Raises Required without ``if_match``, Stale when the plan has changed since, or when another plan came into force
    since the draft was begun (unless it is to be put ``over`` that one), Conflict when it is no draft, belongs to an
    older base, or breaks the structure of a valid plan (the list is in ``detail``).
    """
    if if_match is None:
        raise errors.Required("precondition_required", "Say which version is to be published (If-Match).")
    with database.writing(ctx.db) as connection:
        plan = plan_usecases.load(ctx, connection, city, ref, kinds=planned.EVERY)
        row = plan.row
        planned.check(ctx.actor, row, "publish")
        if if_match.strip('"') != plan_usecases.tag(row):
            raise errors.Stale("stale", "The plan has changed since it was read.", detail=[plan_usecases.tag(row)])
        if row["status"] != "draft":
            raise errors.Conflict("not_a_draft", f"Plan {row['version']} is not a draft but {row['status']}.")
        if plan.place.base.id != plan.place.city.base_id:
            raise errors.Conflict("older_base", "The plan was drawn on cells that the city no longer uses.")
        if not over:
            in_force = plans.newest(connection, city, status="in_force", kind=row["kind"])
            origins.refuse_overtaken(connection, row, plans.get(connection, city, in_force) if in_force else None)
        approvals.refuse_faulty(row)
        approvals.refuse_unapproved(connection, row)
        if row["kind"] == planned.COMMUNITIES:
            effect.take(ctx, connection, plan, effective_from=effective_from)
        else:
            put_in_force(ctx, connection, plan, effective_from=effective_from)
    return plan_usecases.get(ctx, city, row["id"])


def roll_back(
    ctx: Context, city: str, ref: str = plan_usecases.CURRENT, *, if_match: str | None, reason: str = ""
) -> dict[str, Any]:
    """Take back the last publication: what was in force before it comes into force again.

    Grids come back as a new version, and the lineage tells where the cells went; borders with the base that they made.
    Both versions stay as they are. ``if_match``: the tag of the plan in force. Raises Required, Stale, and Conflict
    where nothing came before or its cells are no longer used.
    """
    if if_match is None:
        raise errors.Required("precondition_required", "Say which publication is to be taken back (If-Match).")
    with database.writing(ctx.db) as connection:
        row = plan_usecases.find(ctx, connection, city, ref, kinds=planned.EVERY)
        planned.check(ctx.actor, row, "publish")
        in_force = plans.newest(connection, city, status="in_force", kind=row["kind"])
        now = plans.get(connection, city, in_force) if in_force else None
        if now is None or row["id"] != now["id"]:
            raise errors.Conflict("not_in_force", "Only the publication of the plan in force can be taken back.")
        if if_match.strip('"') != plan_usecases.tag(now):
            raise errors.Stale("stale", "Another plan has come into force.", detail=[plan_usecases.tag(now)])
        if row["kind"] == planned.COMMUNITIES:
            made = effect.take_back(ctx, connection, now, reason=reason)
        else:
            made = _grids_back(ctx, connection, now, reason=reason)
    return plan_usecases.get(ctx, city, made)


def _grids_back(ctx: Context, connection: Connection, now: dict[str, Any], *, reason: str) -> str:
    city = now["city"]
    entry = next(e for e in reversed(plans.log_of(connection, now["id"])) if e["kind"] == "published")
    if entry["payload"]["before"] is None:
        raise errors.Conflict("nothing_to_roll_back", "This is the first plan; there is nothing to go back to.")
    before = plan_usecases.load(ctx, connection, city, entry["payload"]["before"])
    if before.place.base.id != before.place.city.base_id:
        raise errors.Conflict("older_base", "The plan before was drawn on cells that the city no longer uses.")
    made = drafts.copy(
        ctx, connection, before.row, before.labels, name=before.row["name"], parent_id=now["id"], kind="rolled_back"
    )
    put_in_force(ctx, connection, plan_usecases.load(ctx, connection, city, made), reason=reason)
    return made


def put_in_force(
    ctx: Context, connection: Connection, plan: Stored, *, effective_from: str | None = None, reason: str = ""
) -> None:
    """Move the city's pointer to ``plan`` and write lineage, codes, log and audit (inside the caller's transaction)."""
    city, at = plan.place.city, ctx.stamp()
    if city.plan_id is not None:
        before = plans.get(connection, city.code, city.plan_id)
        assert before is not None, f"the pointer of {city.code} names a plan that is gone"
        plans.change(connection, before["id"], revision=before["revision"], status="superseded", superseded_at=at)
        _write_lineage(ctx, connection, before, plan, at=at)
    changed = plans.change(
        connection, plan.id, revision=plan.row["revision"], status="in_force", published_at=at,
        effective_from=effective_from or at,
    )
    if not changed:
        raise errors.Stale("stale", "The plan has changed since it was read.")
    cities.set_plan(connection, city.code, plan_id=plan.id)
    cities.touch(connection, city.code)
    plans.log(connection, plan.id, at=at, by=ctx.by, kind="published",
              payload={"before": city.plan_id, "reason": reason})
    audit.append(
        connection, at=at, actor=ctx.by, action="plan.publish", city=city.code,
        detail={"plan": plan.id, "version": plan.row["version"], "before": city.plan_id, "hash": plan.row["hash"]},
    )


def _write_lineage(
    ctx: Context, connection: Connection, before: dict[str, Any], plan: Stored, *, at: str
) -> None:
    """Where the cells of each old grid went, and which codes ended or came back with that."""
    city, base = plan.place.city, plan.place.base
    old_base = territory.world(ctx, connection, city.code, base_id=before["base_id"]).base
    if old_base.resolution == base.resolution:
        at_old = cells.positions(old_base.cells, base.cells)
        was = np.where(at_old >= 0, plans.labels_of(connection, before["id"])[np.maximum(at_old, 0)], -1)
        lineages.write(connection, plan, before["id"], was.astype(np.int32), at=at)
    old_codes, new_codes = (
        {row["code"] for row in plans.grids(connection, one)} for one in (before["id"], plan.id)
    )
    plans.end_codes(connection, city.code, sorted(old_codes - new_codes), at=at)
    plans.reopen_codes(connection, city.code, sorted(new_codes))
