"""Redrawing by hand: every stroke is one change of a draft, kept in an append-only log, undone and redone whole.

A change says which cells go to which grid, and which grids are made, named, locked or given a kind. It is refused when
it takes from or gives to a locked grid, crosses a community border, or joins cells to a grid only across a barrier
without a bridge. A grid in pieces is allowed in a draft: it is shown, can be mended, and cannot be published.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells, checks
from geo.partition import Partition
from geo.problem import Problem
from server.rules import kinds, planned
from server.store import audit, database, plans
from server.store import edit_log as log_rows
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.planning import approvals, drafts, nearby
from server.usecases.planning import plans as plan_usecases
from server.usecases.workbench import changes, cutting, desk, edit_log, shaping
from server.usecases.workbench.changes import Change
from server.usecases.workbench.desk import Desk, Facts, Ints, Step

SHOWN = 60
SHOWN_SINCE = 5


def apply(
    ctx: Context, city: str, plan_id: str, change: Change, *, if_match: str | None, since: int | None = None
) -> dict[str, Any]:
    """Apply a change and answer ``{tag, seq, op, entry, before, after, gone, changed, pieces, cut, can_undo,
    can_redo}``.

    ``before`` and ``after`` are the touched grids with their figures; ``changed`` the cells with their new labels;
    ``cut`` what the borders of communities do to the grids in force (None for a plan of grids).
    ``since``: the log's number that the planner has seen. With it a change of a draft that others have changed in the
    meantime is made on top of theirs, when it touches none of their cells and grids.
    Raises Required, Stale (with what happened since), Conflict (locked, barrier, border, not a draft), Invalid.
    """
    if if_match is None:
        raise errors.Required("precondition_required", "Say which state of the draft is to be changed (If-Match).")
    with database.writing(ctx.db) as connection:
        draft = desk.open_(ctx, connection, city, plan_id)
        planned.check(ctx.actor, draft.row, "draw")
        approvals.refuse_review(connection, draft.row)
        behind = if_match.strip('"') != plan_usecases.tag(draft.row)
        if behind and (since is None or change.op in ("undo", "redo")):
            raise _stale(connection, draft)
        step = changes.work_out(connection, draft, change)
        if behind and since is not None:
            _refuse_collision(connection, draft, step, since)
        answer, after = _stored(ctx, connection, draft, step, change)
    desk.keep(ctx, after, revision=draft.row["revision"] + 1)
    return answer


def branch(ctx: Context, city: str, ref: str, *, name: str = "") -> dict[str, Any]:
    """Begin a draft from any version: same grids, same codes, its own log. Answers the draft's summary."""
    with database.writing(ctx.db) as connection:
        made = _begun(ctx, connection, city, ref, name)
    return plan_usecases.get(ctx, city, made)


def begin_with(ctx: Context, city: str, ref: str, change: Change, *, name: str = "") -> dict[str, Any]:
    """Begin a draft from any version with a first change made, which can be undone; both or neither."""
    with database.writing(ctx.db) as connection:
        made = _begun(ctx, connection, city, ref, name)
        draft = desk.open_(ctx, connection, city, made)
        _, after = _stored(ctx, connection, draft, changes.work_out(connection, draft, change), change)
    desk.keep(ctx, after, revision=draft.row["revision"] + 1)
    return plan_usecases.get(ctx, city, made)


def history(ctx: Context, city: str, ref: str, *, limit: int = SHOWN) -> dict[str, Any]:
    """The log of a plan, newest first: ``{items: [{seq, at, by, kind, op, n, grids, undone}], can_undo, can_redo}``.

    ``items`` are the last ``limit`` entries.
    """
    with database.reading(ctx.db) as connection:
        row = plan_usecases.find(ctx, connection, city, ref, kinds=planned.EVERY)
        done, undone = edit_log.stacks(log_rows.kinds(connection, row["id"]))
        entries = log_rows.newest(connection, row["id"], limit=limit)
    hidden = set(undone)
    return {
        "items": [edit_log.told(entry, undone=entry["seq"] in hidden) for entry in entries],
        "can_undo": bool(done), "can_redo": bool(undone),
    }  # fmt: skip


def replay(ctx: Context, connection: Connection, city: str, ref: str) -> Ints:
    """The labels that the plan's log leads to from its first entry; equal to those stored."""
    row = plan_usecases.find(ctx, connection, city, ref, kinds=planned.EVERY)
    labels, _ = edit_log.begun(connection, row["id"], plans.labels_of(connection, row["id"]), {})
    for entry in plans.log_of(connection, row["id"]):
        if "at" in entry["payload"]:
            where, _, after = edit_log.unpack(entry["payload"])
            labels[where] = after
    return labels


def weigh(ctx: Context, city: str, ref: str, labels: list[int]) -> dict[str, Any]:
    """The figures of some grids of any plan of the city's cells, as before and after a change: ``{items}``."""
    with database.reading(ctx.db) as connection:
        row = plan_usecases.find(ctx, connection, city, ref, kinds=planned.EVERY)
        place = territory.world(ctx, connection, city, base_id=row["base_id"])
        plan = desk.look(ctx, connection, row, place)
        desk.keep(ctx, plan, revision=row["revision"])
        return {"items": shaping.told(ctx, connection, plan, [label for label in labels if label in plan.grids])}


def _begun(ctx: Context, connection: Connection, city: str, ref: str, name: str) -> str:
    stored = plan_usecases.load(ctx, connection, city, ref, kinds=planned.EVERY)
    planned.check(ctx.actor, stored.row, "draw")
    if stored.place.base.id != stored.place.city.base_id:
        raise errors.Conflict("older_base", "The plan was drawn on cells that the city no longer uses.")
    return drafts.copy(ctx, connection, stored.row, stored.labels, name=drafts.named(name) if name else "")


def _stored(
    ctx: Context, connection: Connection, draft: Desk, step: Step, change: Change
) -> tuple[dict[str, Any], Desk]:
    """Store a step once nothing forbids it. Raises Conflict where it touches locked grids or empties one."""
    _refuse_locked(draft, step, change.op)
    _refuse_emptied(draft, step, change.op)
    return _store(ctx, connection, draft, step, change)


def _stale(connection: Connection, draft: Desk) -> errors.Stale:
    entries = log_rows.newest(connection, draft.row["id"], limit=SHOWN_SINCE)
    told = [edit_log.told(entry) for entry in reversed(entries)]
    return errors.Stale("stale", "The draft has been changed since it was read.", detail=told)


def _refuse_collision(connection: Connection, draft: Desk, step: Step, since: int) -> None:
    """Raise Stale where others have changed the same cells or the same grids' facts after entry ``since``."""
    entries, theirs, named = edit_log.changed_since(connection, draft.row["id"], since)
    mine = np.flatnonzero(draft.labels != step.labels)
    cells_ = np.intersect1d(mine, theirs)
    grids = sorted(named & set(step.facts))
    if cells_.size or grids:
        raise errors.Stale(
            "collision", f"Others have changed {cells_.size} of the same cells and {len(grids)} of the same grids.",
            detail=[edit_log.told(entry) for entry in entries],
        )


def _refuse_locked(draft: Desk, step: Step, op: str) -> None:
    changed = draft.labels != step.labels
    touched = set(np.unique(np.concatenate([draft.labels[changed], step.labels[changed]])).tolist())
    if op not in ("lock", "unlock"):
        touched |= set(step.facts)
    held = sorted(label for label in touched if label in draft.grids and draft.grids[label]["locked"])
    if held and not (op in ("undo", "redo") and _only_locks(step)):
        codes = [draft.grids[label]["code"] for label in held]
        raise errors.Conflict("locked", f"Locked grids keep their cells: {', '.join(codes[:5])}.", detail=codes)


def _refuse_emptied(draft: Desk, step: Step, op: str) -> None:
    """Raise Conflict where a stroke takes the last cell of a community: only a merger abolishes one."""
    if draft.row["kind"] != planned.COMMUNITIES or op in ("merge", "undo", "redo"):
        return
    left = set(np.unique(step.labels).tolist())
    emptied = [row["code"] for label, row in draft.grids.items() if label not in left]
    if emptied:
        raise errors.Conflict(
            "emptied", "A community keeps at least one cell; merge it with another to abolish it.", detail=emptied
        )


def _only_locks(step: Step) -> bool:
    return all(a and b and {**a, "locked": 0} == {**b, "locked": 0} for a, b in step.facts.values())


def _store(
    ctx: Context, connection: Connection, draft: Desk, step: Step, change: Change
) -> tuple[dict[str, Any], Desk]:
    """Write the step, its log entry and the figures of the touched grids; answer what the page needs, and the draft."""
    where = np.flatnonzero(draft.labels != step.labels)
    touched = set(np.unique(np.concatenate([draft.labels[where], step.labels[where]])).tolist()) | set(step.facts)
    touched.discard(-1)
    facts = _facts(draft, step, touched)
    rows, violations = _measured(ctx, draft, step, facts, touched)
    at = ctx.stamp()
    entry = _log(ctx, connection, draft, step, change, at=at, facts=facts, rows=rows, where=where)
    after = _written(ctx, connection, draft, step, rows, touched, violations, at=at)
    audit.append(
        connection, at=at, actor=ctx.by, action=f"plan.{entry['kind']}", city=draft.place.city.code,
        detail={"plan": draft.row["id"], "seq": entry["seq"], "op": change.op, "n": int(where.size)},
    )
    done, undone = edit_log.stacks(log_rows.kinds(connection, draft.row["id"]))
    return {
        "tag": f"{draft.row['id']}.{draft.row['revision'] + 1}", "seq": entry["seq"], "op": change.op, "entry": entry,
        "before": shaping.told(ctx, connection, draft, sorted(touched)),
        "after": shaping.told(ctx, connection, after, sorted(touched)),
        "gone": sorted(touched - set(after.grids)),
        "changed": {"cells": cells.to_hex(draft.place.base.cells[where]), "labels": step.labels[where].tolist()},
        "pieces": shaping.pieces(after, sorted(touched)), "cut": cutting.told(ctx, connection, draft, after),
        "can_undo": bool(done), "can_redo": bool(undone),
    }, after  # fmt: skip


def _log(
    ctx: Context, connection: Connection, draft: Desk, step: Step, change: Change, *, at: str,
    facts: dict[int, tuple[Facts, Facts]], rows: list[dict[str, Any]], where: NDArray[np.int64],
) -> dict[str, Any]:
    kind = change.op if change.op in ("undo", "redo") else "edit"
    payload: dict[str, Any] = {
        "op": change.op, "n": int(where.size), "grids": sorted({row["code"] for row in rows}),
        "facts": {str(label): list(pair) for label, pair in facts.items()},
        **edit_log.pack(where, draft.labels[where], step.labels[where]),
    }  # fmt: skip
    if step.of is not None:
        payload["of"] = step.of
    seq = plans.log(connection, draft.row["id"], at=at, by=ctx.by, kind=kind, payload=payload)
    return edit_log.told({"seq": seq, "at": at, "by": ctx.by, "kind": kind, "payload": payload})


def _written(
    ctx: Context, connection: Connection, draft: Desk, step: Step, rows: list[dict[str, Any]], touched: set[int],
    violations: list[dict[str, Any]], *, at: str,
) -> Desk:
    """The draft as it stands after the step, written to the database."""
    plan_id, city = draft.row["id"], draft.place.city.code
    made = [{**row, "plan_id": plan_id} for row in rows]
    plans.replace_grids(connection, plan_id, sorted(touched), made)
    fresh = [row["code"] for row in rows if row["label"] not in draft.grids]
    if fresh:
        drafts.record_codes(connection, city, draft.row["kind"], fresh, plan_id=plan_id, at=at)
    grids = _grids_after(draft.grids, touched, made)
    every = list(grids.values())
    changed = plans.change(
        connection, plan_id, revision=draft.row["revision"], grids=len(every),
        hash=plans.content_hash(draft.place.base.hash, step.labels, [row["code"] for row in every]),
        measures=shaping.summed(draft.row, draft.ground.problem, draft.labels, step.labels, every),
        violations=violations, **({} if step.labels is draft.labels else {"labels": plans.packed(step.labels)}),
    )  # fmt: skip
    if not changed:
        raise errors.Stale("stale", "The draft has been changed since it was read.")
    return Desk(draft.row, draft.place, draft.ground, step.labels, grids)


def _grids_after(
    before: dict[int, dict[str, Any]], touched: set[int], made: list[dict[str, Any]]
) -> dict[int, dict[str, Any]]:
    """The grids by label, ascending: those ``made`` in place of the ``touched`` ones."""
    grids = dict(before)
    new = {row["label"]: row for row in made}
    for label in touched - set(new):
        grids.pop(label, None)
    last = next(reversed(grids), -1)
    ordered = all(label in before or label > last for label in new)
    grids.update(sorted(new.items()))
    return grids if ordered else dict(sorted(grids.items()))


def _facts(draft: Desk, step: Step, touched: set[int]) -> dict[int, tuple[Facts, Facts]]:
    """The facts that the step changes; a grid that lost its last cell is gone, and one that has cells again is back."""
    facts = dict(step.facts)
    present = set(np.unique(step.labels[nearby.having(step.labels, sorted(touched))]).tolist())
    for label in touched:
        before, after = facts.get(label, (desk.facts_of(draft, label), desk.facts_of(draft, label)))
        if label not in present:
            after = None
        if before != after:
            facts[label] = (before, after)
        else:
            facts.pop(label, None)
    return facts


def _measured(
    ctx: Context, draft: Desk, step: Step, facts: dict[int, tuple[Facts, Facts]], touched: set[int]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of the touched grids that still exist, and the plan's violations with theirs found anew."""
    problem, labels = draft.ground.problem, sorted(touched)
    mine = nearby.having(step.labels, labels)
    either = np.union1d(mine, nearby.having(draft.labels, labels))
    inside = nearby.having(problem.region, np.unique(problem.region[either]).tolist())
    inside = inside[step.labels[inside] >= 0]
    part = _with_dedicated(nearby.subset(problem, inside), step.labels[inside], draft, facts)
    found = [v for v in checks.violations(part, Partition(part.cells, step.labels[inside])) if v.label in touched]
    rows = drafts.rows_of(draft.place, draft.ground, mine, step.labels[mine], found)
    for row in rows:
        own = facts[row["label"]][1] if row["label"] in facts else desk.facts_of(draft, row["label"])
        row.update(own or {})
        if draft.row["kind"] == planned.COMMUNITIES and row["label"] in draft.grids:
            row["region_id"] = draft.grids[row["label"]]["region_id"]  # a community keeps its town
        if row["kind"] == kinds.DEDICATED:
            row["deviation"] = 0.0
    covered = bool((step.labels >= 0).all())
    kept = [
        told for told in draft.row["violations"]
        if told["label"] not in touched and not (covered and told["code"] == drafts.GAP)
    ]  # fmt: skip
    return rows, kept + [drafts.violation(draft.ground, v) for v in found]


def _with_dedicated(part: Problem, labels: Ints, draft: Desk, facts: dict[int, tuple[Facts, Facts]]) -> Problem:
    """The problem with the cells of dedicated grids exempt from the band."""
    known = {label: pair[1]["kind"] for label, pair in facts.items() if pair[1] is not None}
    present = np.unique(labels).tolist()
    known |= {label: draft.grids[label]["kind"] for label in present if label in draft.grids and label not in known}
    special = [label for label in present if known.get(label) == kinds.DEDICATED]
    if not special:
        return part
    exempt = np.isin(labels, special)
    return dataclasses.replace(part, exempt=exempt, unit=np.where(exempt, labels, -1).astype(np.int32))
