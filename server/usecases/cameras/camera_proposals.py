"""Cameras that are proposed: kept, approved with a purpose and a legal basis, withdrawn; never a camera themselves."""

from __future__ import annotations

from typing import Any

from geo import cells
from server.rules import cameras as register
from server.rules import permissions
from server.store import audit, database
from server.store import coverage as kept
from server.usecases import errors
from server.usecases.cameras import camera_view, whereabouts
from server.usecases.city import territory
from server.usecases.context import Context

STATES = ("proposed", "approved", "withdrawn")
_GIVEN = ("name", "kind", "lat", "lng", "heading_deg", "angle_deg", "range_m", "purpose", "legal_basis")


def propose(ctx: Context, city: str, given: dict[str, Any]) -> dict[str, Any]:
    """Keep a camera as a proposal, with what it would add. Raises NotFound outside the territory, and Invalid where
    its view enters a compound."""
    permissions.check(ctx.actor, "camera.propose")
    seen = camera_view.look(ctx, city, given)
    if seen["compounds"]:
        raise errors.Invalid(
            "no_capture", "The view enters private ground; turn the camera or shorten its range.",
            detail=seen["compounds"],
        )  # fmt: skip
    gain = {"gained_m2": seen["gained_m2"], "area_m2": seen["area_m2"]}
    row = {"purpose": "", "legal_basis": "", "name": "", "heading_deg": None, **given}
    with database.writing(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        cell = int(cells.from_points([row["lat"]], [row["lng"]], place.base.resolution)[0])
        stamp = {"created_at": ctx.stamp(), "created_by": ctx.by, "changed_at": ctx.stamp(), "changed_by": ctx.by}
        values = {name: row[name] for name in _GIVEN}
        made = kept.add_proposal(connection, city=city, cell=cell, state="proposed", gain=gain, **values, **stamp)
        _note(ctx, connection, city, "propose", made)
    return get(ctx, city, made)


def list_(ctx: Context, city: str) -> dict[str, Any]:
    """Every proposal of the actor's territory that is not withdrawn, oldest first, and where it is (``at``)."""
    permissions.check(ctx.actor, "gap.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        every = territory.in_scope(ctx, place, kept.proposals(connection, city))
        rows = [row for row in every if row["state"] != "withdrawn"]
        lats, lngs = [row["lat"] for row in rows], [row["lng"] for row in rows]
        found = whereabouts.of(ctx, connection, place, lats=lats, lngs=lngs)
    return {"items": [{**_told(row), "at": at} for row, at in zip(rows, found, strict=True)]}


def get(ctx: Context, city: str, proposal: int) -> dict[str, Any]:
    """One proposal. Raises NotFound."""
    found: dict[str, Any] | None = next(
        (one for one in list_(ctx, city)["items"] if one["id"] == str(proposal)), None
    )
    if found is None:
        raise errors.NotFound("not_found", f"There is no proposal {proposal}.")
    return found


def decide(
    ctx: Context, city: str, proposal: int, *, state: str, purpose: str | None = None, legal_basis: str | None = None
) -> dict[str, Any]:
    """Approve or withdraw a proposal. Raises Invalid where an approval has no purpose or no legal basis."""
    permissions.check(ctx.actor, "camera.propose")
    if state not in STATES:
        raise errors.Invalid("state", f"There is no state {state!r}; it is one of {', '.join(STATES)}.")
    before = get(ctx, city, proposal)
    after = {
        "purpose": before["purpose"] if purpose is None else purpose,
        "legal_basis": before["legal_basis"] if legal_basis is None else legal_basis,
    }
    lacking = [name for name in register.MUST_STATE if not after[name].strip()]
    if state == "approved" and lacking:
        raise errors.Invalid("incomplete", f"An approval must state its {' and '.join(lacking)}.", detail=lacking)
    with database.writing(ctx.db) as connection:
        kept.change_proposal(
            connection, city, proposal, state=state, changed_at=ctx.stamp(), changed_by=ctx.by, **after
        )
        _note(ctx, connection, city, state, proposal)
    return {**before, **after, "state": state}


def _note(ctx: Context, connection: Any, city: str, action: str, proposal: int) -> None:
    audit.append(
        connection, at=ctx.stamp(), actor=ctx.by, action=f"camera.{action}", city=city, detail={"proposal": proposal}
    )


def _told(row: dict[str, Any]) -> dict[str, Any]:
    names = (*_GIVEN, "state", "gain", "created_at", "created_by", "changed_at", "changed_by")
    return {"id": str(row["id"]), **{name: row[name] for name in names}}
