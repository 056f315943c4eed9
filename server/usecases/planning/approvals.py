"""The way of a draft through the approval steps, as the rows say: what is decided, what comes next, what it forbids.

The steps are data of the city (by default town draws, county approves, city files); a draft keeps those that it was
submitted under. When the grids of a draft differ from what a step saw, that step does not count.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection

from geo import checks
from server.rules import approval, permissions
from server.store import audit, database, reviews, settings
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context

NOTES: Final = frozenset({"OVERLAP"})
"""Codes that tell of the file a plan came from; every cell of the plan itself lies in one grid."""


def faults(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The faults of structure of a plan's row: what must be mended before it is submitted or published."""
    return [found for found in row["violations"] if found["code"] not in checks.BAND_CODES | NOTES]


def refuse_faulty(row: dict[str, Any]) -> None:
    """Raise Conflict where a plan has faults of structure; they are listed in ``detail``."""
    bad = faults(row)
    if bad:
        listed = [{"code": found["code"], "reason": found["reason"]} for found in bad[:50]]
        raise errors.Conflict("not_valid", f"The plan has {len(bad)} faults that must be mended.", detail=listed)


def refuse_unapproved(connection: Connection, row: dict[str, Any]) -> None:
    """Raise Conflict where a draft has been submitted and not every step has approved it."""
    now = state(connection, row)
    if now["under_review"] and not now["approved"]:
        raise errors.Conflict("under_review", "The draft is under review; its next step has not approved it yet.")


def refuse_review(connection: Connection, row: dict[str, Any]) -> None:
    """Raise Conflict where a draft is under review: what others decide on must not change beneath them."""
    if state(connection, row)["under_review"]:
        raise errors.Conflict("under_review", "The draft is under review; withdraw it or have it returned first.")


def state(connection: Connection, row: dict[str, Any]) -> dict[str, Any]:
    """``{steps: [{zh, en, role, decision, post, …}], under_review, approved, next, faults}`` of a plan's row."""
    wanted = steps_of(connection, row["city"])
    told: list[dict[str, Any]] = [{**step, "decision": None} for step in wanted]
    under_review = False
    for taken in reviews.steps(connection, row["id"]):
        if taken["decision"] == "submitted":
            under_review, told = True, [{**step, "decision": None} for step in taken["steps"] or wanted]
        elif taken["decision"] in ("returned", "withdrawn"):
            under_review = False
        elif taken["hash"] != row["hash"]:
            continue
        if taken["step"] < len(told):
            told[taken["step"]] = {
                **told[taken["step"]],
                **{name: taken[name] for name in ("decision", "post", "document", "opinion", "at", "by")},
            }
    upcoming = next((i for i, step in enumerate(told) if step["decision"] not in ("approved", "submitted")), None)
    return {
        "steps": told, "under_review": under_review, "approved": under_review and upcoming is None,
        "next": upcoming if under_review else None, "faults": len(faults(row)),
    }


def steps_of(connection: Connection, city: str) -> list[dict[str, str]]:
    """The steps that a city's drafts go through from their submission on."""
    return settings.get(connection, _name(city)) or [dict(step) for step in approval.DEFAULT]


def steps(ctx: Context, city: str) -> dict[str, Any]:
    """``{steps: [{zh, en, role}], default: […], roles}`` of a city."""
    with database.reading(ctx.db) as connection:
        territory.city(ctx, connection, city)
        found = steps_of(connection, city)
    return {"steps": found, "default": [dict(step) for step in approval.DEFAULT], "roles": list(approval.ROLES)}


def set_steps(ctx: Context, city: str, wanted: list[dict[str, Any]]) -> dict[str, Any]:
    """Set a city's steps, in order; drafts already under review keep theirs. Answers as ``steps``. Raises Invalid."""
    permissions.check(ctx.actor, "approval.set")
    try:
        made = approval.checked(wanted)
    except ValueError as error:
        raise errors.Invalid("steps", str(error)) from None
    with database.writing(ctx.db) as connection:
        territory.city(ctx, connection, city)
        settings.put(connection, _name(city), made, at=ctx.stamp())
        audit.append(
            connection, at=ctx.stamp(), actor=ctx.by, action="approval.set", city=city, detail={"steps": made}
        )
    return steps(ctx, city)


def _name(city: str) -> str:
    return f"approval_steps:{city}"
