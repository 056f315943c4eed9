"""A draft on its way: submitted, approved step by step, returned or withdrawn; and notes on its grids.

A draft under review cannot be changed. The steps themselves are in ``approvals``.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection

from server.rules import approval, permissions, planned
from server.store import audit, database, plans, reviews
from server.usecases import errors
from server.usecases.context import Context
from server.usecases.planning import approvals
from server.usecases.planning import plans as plan_usecases

MOST_TEXT: Final = 2000


def state(ctx: Context, city: str, ref: str) -> dict[str, Any]:
    """``{steps: [{zh, en, decision, post, document, opinion, at, by}], under_review, approved, next, faults}``."""
    with database.reading(ctx.db) as connection:
        row = plan_usecases.find(ctx, connection, city, ref, kinds=planned.EVERY)
        return approvals.state(connection, row)


def submit(ctx: Context, city: str, ref: str, *, post: str = "", opinion: str = "") -> dict[str, Any]:
    """Send a draft on its way. Raises Conflict while it has faults of structure, which are listed in ``detail``."""
    with database.writing(ctx.db) as connection:
        row = _draft(ctx, connection, city, ref)
        planned.check(ctx.actor, row, "draw")
        if approvals.state(connection, row)["under_review"]:
            raise errors.Conflict("under_review", "The draft is under review already.")
        approvals.refuse_faulty(row)
        steps = approvals.steps_of(connection, city)
        _refuse_role(ctx, steps[0])
        _record(
            ctx, connection, row, decision="submitted", step=0, post=post, document="", opinion=opinion, steps=steps
        )
        return approvals.state(connection, row)


def decide(
    ctx: Context, city: str, ref: str, decision: str, *, post: str, document: str = "", opinion: str = ""
) -> dict[str, Any]:
    """Approve the next step, return the draft to its planner, or withdraw it."""
    if decision not in ("approved", "returned", "withdrawn"):
        raise errors.Invalid("decision", f"A decision is approved, returned or withdrawn, not {decision!r}.")
    if not post.strip():
        raise errors.Invalid("post", "Say in which post this is decided.")
    with database.writing(ctx.db) as connection:
        row = _draft(ctx, connection, city, ref)
        planned.check(ctx.actor, row, "publish" if decision == "approved" else "draw")
        now = approvals.state(connection, row)
        if not now["under_review"]:
            raise errors.Conflict("not_submitted", "The draft has not been submitted, or has been returned.")
        if decision == "approved" and now["next"] is None:
            raise errors.Conflict("approved", "Every step has approved this draft.")
        step = now["next"] if now["next"] is not None else len(now["steps"]) - 1
        if decision != "withdrawn":
            _refuse_role(ctx, now["steps"][step])
        _record(ctx, connection, row, decision=decision, step=step, post=post, document=document, opinion=opinion)
        return approvals.state(connection, row)


def note(ctx: Context, city: str, ref: str, *, text: str, code: str = "") -> dict[str, Any]:
    """Note something on a grid (by code) or, without one, on the plan; answers all notes."""
    text = text.strip()
    if not 0 < len(text) <= MOST_TEXT:
        raise errors.Invalid("text", f"A note has 1 to {MOST_TEXT} characters.")
    with database.writing(ctx.db) as connection:
        row = plan_usecases.find(ctx, connection, city, ref, kinds=planned.EVERY)
        planned.check(ctx.actor, row, "draw")
        if code and code not in {grid["code"] for grid in plans.grids(connection, row["id"])}:
            raise errors.Invalid("code", f"The plan has no grid {code!r}.")
        reviews.add_note(connection, row["id"], code=code, text=text, at=ctx.stamp(), by=ctx.by)
        return {"items": _notes(connection, row["id"])}


def notes(ctx: Context, city: str, ref: str) -> dict[str, Any]:
    """The notes on a plan, newest first: ``{items: [{id, code, text, at, by}]}``."""
    with database.reading(ctx.db) as connection:
        row = plan_usecases.find(ctx, connection, city, ref, kinds=planned.EVERY)
        return {"items": _notes(connection, row["id"])}


def _notes(connection: Connection, plan_id: str) -> list[dict[str, Any]]:
    return [
        {"id": str(found["id"]), **{name: found[name] for name in ("code", "text", "at", "by")}}
        for found in reviews.notes(connection, plan_id)
    ]


def _draft(ctx: Context, connection: Connection, city: str, ref: str) -> dict[str, Any]:
    row = plan_usecases.find(ctx, connection, city, ref, kinds=planned.EVERY)
    if row["status"] != "draft":
        raise errors.Conflict("not_a_draft", f"Plan {row['version']} is not a draft but {row['status']}.")
    return row


def _refuse_role(ctx: Context, step: dict[str, Any]) -> None:
    if not approval.may_decide(ctx.actor, step):
        raise permissions.Denied(f"the step {step['en']!r}", signed_in=ctx.actor is not None)


def _record(ctx: Context, connection: Connection, row: dict[str, Any], **values: Any) -> None:
    for name in ("post", "document", "opinion"):
        if len(values[name]) > MOST_TEXT or not values[name].replace("\n", "").isprintable():
            raise errors.Invalid(name, f"{name} has at most {MOST_TEXT} printable characters.")
    at = ctx.stamp()
    reviews.add_step(connection, row["id"], hash=row["hash"], at=at, by=ctx.by, **values)
    audit.append(
        connection, at=at, actor=ctx.by, action=f"plan.{values['decision']}", city=row["city"],
        detail={"plan": row["id"], "step": values["step"], "hash": row["hash"]},
    )
