"""What a plan was begun from: the chain of its parents, and where two plans have their beginning in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from server.store import edit_log, plans
from server.usecases import errors
from server.usecases.planning import drafts


@dataclass(frozen=True)
class Origin:
    """An ancestor of a plan. ``child``: the plan that was begun from it before it changed further, whose own beginning
    is therefore what they have in common; None where the ancestor is still what it was."""

    row: dict[str, Any]
    child: str | None


def chain(connection: Connection, row: dict[str, Any]) -> list[Origin]:
    """The plan itself and what it was begun from, one after the other."""
    found = [Origin(row, None)]
    seen = {row["id"]}
    while (parent_id := found[-1].row["parent_id"]) is not None and parent_id not in seen:
        parent = plans.get(connection, row["city"], parent_id)
        if parent is None:
            break
        child = found[-1].row["id"]
        begun = edit_log.first(connection, child)
        told = begun["payload"].get("hash") if begun is not None else None
        found.append(Origin(parent, child if told is not None and told != parent["hash"] else None))
        seen.add(parent_id)
    return found


def common(connection: Connection, ours: dict[str, Any], theirs: dict[str, Any]) -> Origin | None:
    """The nearest plan from which both were begun (it may be one of them), or None."""
    known = {origin.row["id"]: origin for origin in chain(connection, theirs)}
    for origin in chain(connection, ours):
        if origin.row["id"] in known:
            return origin if origin.child is not None else known[origin.row["id"]]
    return None


def refuse_overtaken(connection: Connection, row: dict[str, Any], in_force: dict[str, Any] | None) -> None:
    """Raise Stale where another plan has come into force since the draft was begun: publishing it would silently undo
    what that plan changed."""
    if in_force is None:
        return
    published = next((o for o in chain(connection, row)[1:] if o.row["published_at"] is not None), None)
    if published is not None and published.row["id"] == in_force["id"] and published.child is None:
        return
    raise errors.Stale(
        "overtaken", "Another plan has come into force since this draft was begun; merge the two first.",
        detail=[{
            "id": in_force["id"], "version": in_force["version"], "by": in_force["created_by"],
            "at": in_force["published_at"],
        }],
    )  # fmt: skip


def facts_of(connection: Connection, plan_id: str) -> dict[int, dict[str, Any]]:
    """Facts of the grids of a plan by label."""
    return {row["label"]: {name: row[name] for name in drafts.FACTS} for row in plans.grids(connection, plan_id)}
