"""Redrawing by hand: every stroke is one change of a draft, kept in an append-only log, undone and redone whole.

A change says which cells go to which grid, and which grids are made, named, locked or given a kind. It is refused when
it takes from or gives to a locked grid, crosses a community border, or joins cells to a grid only across a barrier
without a bridge. A grid in pieces is allowed in a draft: it is shown, can be mended, and cannot be published.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells, checks
from geo import problem as problems
from geo.partition import Partition
from server.rules import permissions
from server.store import audit, database, plans
from server.usecases import approvals, drafts, drawing, errors, shaping
from server.usecases import plans as plan_usecases
from server.usecases.context import Context
from server.usecases.desk import Desk

KINDS: Final = ("basic", "dedicated", "professional")
MOST_CELLS: Final = 200_000
MOST_NAME: Final = 80
_FACTS: Final = ("code", "name", "kind", "locked", "worker_id", "centre_id")
Ints = NDArray[np.int32]
Facts = dict[str, Any] | None
"""What a grid is besides its cells; None: there is no such grid."""


@dataclass(frozen=True)
class Change:
    """What a planner asks for; see ``OPERATIONS`` for what each needs."""

    op: str
    cells: tuple[str, ...] = ()
    to: int | None = None
    grids: tuple[int, ...] = ()
    parts: int = 2
    line: tuple[tuple[float, float], ...] = ()
    name: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Step:
    """A change worked out: ``labels`` after it, and the facts of grids before and after by label."""

    labels: Ints
    facts: dict[int, tuple[Facts, Facts]]
    of: int | None = None


def apply(ctx: Context, city: str, plan_id: str, change: Change, *, if_match: str | None) -> dict[str, Any]:
    """Apply a change and answer ``{tag, seq, op, label, before, after, gone, changed, pieces, can_undo, can_redo}``.

    ``before`` and ``after`` are the touched grids with their figures; ``changed`` the cells with their new labels.
    Raises Required, Stale (with what happened since), Conflict (locked, barrier, border, not a draft), Invalid.
    """
    permissions.check(ctx.actor, "plan.draw")
    if if_match is None:
        raise errors.Required("precondition_required", "Say which state of the draft is to be changed (If-Match).")
    if change.op not in OPERATIONS:
        raise errors.Invalid("op", f"There is no change {change.op!r}; it is one of {', '.join(sorted(OPERATIONS))}.")
    with database.writing(ctx.db) as connection:
        draft = open_(ctx, connection, city, plan_id)
        approvals.refuse_review(connection, draft.row)
        _same(connection, draft, if_match)
        log = plans.log_of(connection, draft.row["id"])
        step = OPERATIONS[change.op](ctx, connection, draft, change, log)
        _refuse_locked(draft, step, change.op)
        return _store(ctx, connection, draft, step, change, log)


def open_(ctx: Context, connection: Connection, city: str, ref: str) -> Desk:
    """A draft with all that editing needs. Raises Conflict for a plan that is no draft or of older cells."""
    stored = plan_usecases.load(ctx, connection, city, ref)
    if stored.row["status"] != "draft":
        raise errors.Conflict("not_a_draft", "Only a draft can be changed; begin one from this version first.")
    if stored.place.base.id != stored.place.city.base_id:
        raise errors.Conflict("older_base", "The plan was drawn on cells that the city no longer uses.")
    band = (stored.row["band_low"], stored.row["band_high"])
    key = ("ground", stored.place.base.id, stored.place.city.data_version, band)
    ground = ctx.cache.get(key, lambda: drawing.make_ground(ctx, connection, stored.place, band=band))
    rows = {row["label"]: row for row in plans.grids(connection, stored.id)}
    return Desk(stored.row, stored.place, ground, stored.labels, rows)


def history(ctx: Context, city: str, ref: str) -> dict[str, Any]:
    """The log of a plan, newest first: ``{items: [{seq, at, by, kind, op, n, grids, undone}], can_undo, can_redo}``."""
    with database.reading(ctx.db) as connection:
        row = plan_usecases.find(ctx, connection, city, ref)
        log = plans.log_of(connection, row["id"])
    done, undone = _stacks(log)
    hidden = {entry["seq"] for entry in undone}
    items = [
        {
            "seq": entry["seq"], "at": entry["at"], "by": entry["by"], "kind": entry["kind"],
            "op": entry["payload"].get("op", entry["kind"]), "n": entry["payload"].get("n", 0),
            "grids": entry["payload"]["grids"] if isinstance(entry["payload"].get("grids"), list) else [],
            "undone": entry["seq"] in hidden,
        }
        for entry in reversed(log)
    ]  # fmt: skip
    return {"items": items, "can_undo": bool(done), "can_redo": bool(undone)}


def branch(ctx: Context, city: str, ref: str, *, name: str = "") -> dict[str, Any]:
    """Begin a draft from any version: same grids, same codes, its own log. Answers the draft's summary."""
    permissions.check(ctx.actor, "plan.draw")
    with database.writing(ctx.db) as connection:
        stored = plan_usecases.load(ctx, connection, city, ref)
        if stored.place.base.id != stored.place.city.base_id:
            raise errors.Conflict("older_base", "The plan was drawn on cells that the city no longer uses.")
        made = drafts.copy(ctx, connection, stored.row, stored.labels, name=_name(name) if name else "")
    return plan_usecases.get(ctx, city, made)


def replay(ctx: Context, connection: Connection, city: str, ref: str) -> Ints:
    """The labels that the plan's log leads to from its first entry; equal to those stored (``verify`` holds it)."""
    stored = plan_usecases.load(ctx, connection, city, ref)
    labels = stored.labels.copy()
    for entry in reversed(plans.log_of(connection, stored.id)):
        if "at" in entry["payload"]:
            where, before, after = unpack(entry["payload"])
            if not np.array_equal(labels[where], after):
                raise errors.Conflict("log_broken", f"Entry {entry['seq']} of the log does not lead to the plan.")
            labels[where] = before
    for entry in plans.log_of(connection, stored.id):
        if "at" in entry["payload"]:
            where, _, after = unpack(entry["payload"])
            labels[where] = after
    return labels


def pack(where: NDArray[np.int64], before: Ints, after: Ints) -> dict[str, str]:
    """Positions with their labels before and after as text: little-endian int32, deflated, base 64."""
    return {
        name: base64.b64encode(zlib.compress(np.asarray(values, dtype="<i4").tobytes())).decode()
        for name, values in (("at", where), ("before", before), ("after", after))
    }


def unpack(payload: dict[str, Any]) -> tuple[Ints, Ints, Ints]:
    """The arrays of ``pack``."""
    where, before, after = (
        np.frombuffer(zlib.decompress(base64.b64decode(payload[name])), dtype="<i4")
        for name in ("at", "before", "after")
    )
    return where, before, after


def _same(connection: Connection, draft: Desk, if_match: str) -> None:
    if if_match.strip('"') == plan_usecases.tag(draft.row):
        return
    since = [
        {"seq": entry["seq"], "by": entry["by"], "op": entry["payload"].get("op", entry["kind"]),
         "grids": entry["payload"].get("grids", [])}
        for entry in plans.log_of(connection, draft.row["id"])[-5:]
    ]  # fmt: skip
    raise errors.Stale("stale", "The draft has been changed since it was read.", detail=since)


def _stacks(log: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The edits in force and the undone ones, each with the newest last."""
    done: list[dict[str, Any]] = []
    undone: list[dict[str, Any]] = []
    for entry in log:
        if entry["kind"] == "edit":
            done.append(entry)
            undone.clear()
        elif entry["kind"] == "undo":
            undone.append(done.pop())
        elif entry["kind"] == "redo":
            done.append(undone.pop())
    return done, undone


def _refuse_locked(draft: Desk, step: Step, op: str) -> None:
    changed = draft.labels != step.labels
    touched = set(np.unique(np.concatenate([draft.labels[changed], step.labels[changed]])).tolist())
    if op not in ("lock", "unlock"):
        touched |= set(step.facts)
    held = sorted(label for label in touched if label in draft.grids and draft.grids[label]["locked"])
    if held and not (op in ("undo", "redo") and _only_locks(step)):
        codes = [draft.grids[label]["code"] for label in held]
        raise errors.Conflict("locked", f"Locked grids keep their cells: {', '.join(codes[:5])}.", detail=codes)


def _only_locks(step: Step) -> bool:
    return all(a and b and {**a, "locked": 0} == {**b, "locked": 0} for a, b in step.facts.values())


def _store(
    ctx: Context, connection: Connection, draft: Desk, step: Step, change: Change, log: list[dict[str, Any]]
) -> dict[str, Any]:
    """Write the step, its log entry and the figures of the touched grids; answer what the page needs."""
    where = np.flatnonzero(draft.labels != step.labels)
    touched = set(np.unique(np.concatenate([draft.labels[where], step.labels[where]])).tolist()) | set(step.facts)
    touched.discard(-1)
    facts = _facts(draft, step, touched)
    rows, violations = _measured(draft, step, facts, touched)
    at = ctx.stamp()
    plan_id, fresh = draft.row["id"], [row for row in rows if row["label"] not in draft.grids]
    kind = change.op if change.op in ("undo", "redo") else "edit"
    payload = {
        "op": change.op, "n": int(where.size), "grids": sorted({row["code"] for row in rows}),
        "facts": {str(label): list(pair) for label, pair in facts.items()},
        **pack(where, draft.labels[where], step.labels[where]),
    }  # fmt: skip
    if step.of is not None:
        payload["of"] = step.of
    seq = plans.log(connection, plan_id, at=at, by=ctx.by, kind=kind, payload=payload)
    plans.replace_grids(connection, plan_id, sorted(touched), [{**row, "plan_id": plan_id} for row in rows])
    known = plans.codes_given(connection, draft.place.city.code)
    unknown = [row["code"] for row in fresh if row["code"] not in known]
    plans.give_codes(connection, draft.place.city.code, unknown, plan_id=plan_id, at=at)
    every = plans.grids(connection, plan_id)
    changed = plans.change(
        connection, plan_id, revision=draft.row["revision"], labels=plans.packed(step.labels), grids=len(every),
        hash=plans.content_hash(draft.place.base.hash, step.labels, [row["code"] for row in every]),
        measures=shaping.summed(draft.row, draft.ground.problem, draft.labels, step.labels, every),
        violations=violations,
    )  # fmt: skip
    if not changed:
        raise errors.Stale("stale", "The draft has been changed since it was read.")
    audit.append(
        connection, at=at, actor=ctx.by, action=f"plan.{kind}", city=draft.place.city.code,
        detail={"plan": plan_id, "seq": seq, "op": change.op, "n": int(where.size)},
    )
    done, undone = _stacks([*log, {"kind": kind, "seq": seq, "payload": payload}])
    after = Desk(draft.row, draft.place, draft.ground, step.labels, {row["label"]: row for row in every})
    return {
        "tag": f"{plan_id}.{draft.row['revision'] + 1}", "seq": seq, "op": change.op,
        "before": shaping.told(ctx, connection, draft, sorted(touched)),
        "after": shaping.told(ctx, connection, after, sorted(touched)),
        "gone": sorted(touched - set(after.grids)),
        "changed": {"cells": cells.to_hex(draft.place.base.cells[where]), "labels": step.labels[where].tolist()},
        "pieces": shaping.pieces(after, sorted(touched)), "can_undo": bool(done), "can_redo": bool(undone),
    }


def _facts(draft: Desk, step: Step, touched: set[int]) -> dict[int, tuple[Facts, Facts]]:
    """The facts that the step changes; a grid that lost its last cell is gone, and one that has cells again is back."""
    facts = dict(step.facts)
    present = set(np.unique(step.labels).tolist())
    for label in touched:
        before, after = facts.get(label, (_of(draft, label), _of(draft, label)))
        if label not in present:
            after = None
        if before != after:
            facts[label] = (before, after)
        else:
            facts.pop(label, None)
    return facts


def _of(draft: Desk, label: int) -> Facts:
    row = draft.grids.get(label)
    return {name: row[name] for name in _FACTS} if row else None


def _measured(
    draft: Desk, step: Step, facts: dict[int, tuple[Facts, Facts]], touched: set[int]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of the touched grids that still exist, and the plan's violations with theirs found anew."""
    problem = draft.ground.problem
    mine = np.isin(step.labels, sorted(touched))
    region = np.isin(problem.region, np.unique(problem.region[mine | np.isin(draft.labels, sorted(touched))]))
    inside = region & (step.labels >= 0)
    part = problems.restrict(problem, inside)
    found = [v for v in checks.violations(part, Partition(part.cells, step.labels[inside])) if v.label in touched]
    rows = drafts.grid_rows(draft.place, draft.ground, np.where(mine, step.labels, -1).astype(np.int32), found)
    for row in rows:
        own = facts[row["label"]][1] if row["label"] in facts else _of(draft, row["label"])
        row.update(own or {})
    kept = [told for told in draft.row["violations"] if told["label"] not in touched]
    return rows, kept + [drafts.violation(draft.ground, v) for v in found]


def _positions(draft: Desk, ids: tuple[str, ...]) -> NDArray[np.int64]:
    if not 0 < len(ids) <= MOST_CELLS:
        raise errors.Invalid("cells", f"A change takes 1 to {MOST_CELLS} cells, not {len(ids)}.")
    at = cells.positions(draft.place.base.cells, np.unique(cells.from_hex(ids)))
    if (at < 0).any():
        raise errors.Invalid("cells", f"{int((at < 0).sum())} of these cells do not belong to the city.")
    return at


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 0 < len(name) <= MOST_NAME or not name.isprintable():
        raise errors.Invalid("name", f"A name has 1 to {MOST_NAME} printable characters.")
    return name


def _grid(draft: Desk, label: int | None) -> dict[str, Any]:
    if label is None or label not in draft.grids:
        raise errors.Invalid("grid", f"The draft has no grid {label}.")
    return draft.grids[label]


def _assign(ctx: Context, connection: Connection, draft: Desk, change: Change, log: Any) -> Step:
    """``cells`` go to the grid ``to``."""
    _grid(draft, change.to)
    assert change.to is not None
    at = _positions(draft, change.cells)
    labels = draft.labels.copy()
    labels[at] = change.to
    shaping.refuse_crossing(draft, labels, change.to, at)
    return Step(labels, {})


def _new(ctx: Context, connection: Connection, draft: Desk, change: Change, log: Any) -> Step:
    """``cells`` become a grid of their own, with ``name`` and ``kind`` where given."""
    at = _positions(draft, change.cells)
    label = max(draft.grids, default=-1) + 1
    labels = draft.labels.copy()
    labels[at] = label
    shaping.refuse_crossing(draft, labels, label, at)
    return Step(labels, {label: (None, _fresh(connection, draft, [at], change)[0])})


def _split(ctx: Context, connection: Connection, draft: Desk, change: Change, log: Any) -> Step:
    """The grid ``to`` becomes ``parts`` grids, or is cut along ``line``; the largest part keeps its code."""
    _grid(draft, change.to)
    pieces = shaping.split(draft, int(change.to or 0), parts=change.parts, line=change.line)
    first = max(draft.grids) + 1
    labels = draft.labels.copy()
    facts: dict[int, tuple[Facts, Facts]] = {}
    for offset, (piece, own) in enumerate(zip(pieces[1:], _fresh(connection, draft, pieces[1:], change), strict=True)):
        labels[piece] = first + offset
        facts[first + offset] = (None, own)
    return Step(labels, facts)


def _merge(ctx: Context, connection: Connection, draft: Desk, change: Change, log: Any) -> Step:
    """The ``grids`` become one; the one with most households keeps its code."""
    rows = [_grid(draft, label) for label in dict.fromkeys(change.grids)]
    if len(rows) < 2:
        raise errors.Invalid("grids", "Merging takes two grids or more.")
    if len({row["region_id"] for row in rows}) > 1:
        raise errors.Conflict("border", "Grids of different communities cannot be merged.")
    keeper = max(rows, key=lambda row: (row["households"], -row["label"]))["label"]
    mine = np.isin(draft.labels, [row["label"] for row in rows])
    labels = np.where(mine, keeper, draft.labels).astype(np.int32)
    shaping.refuse_apart(draft, labels, keeper)
    return Step(labels, {})


def _repair(ctx: Context, connection: Connection, draft: Desk, change: Change, log: Any) -> Step:
    """The lesser pieces of the ``grids`` go to the grids that they touch most."""
    return Step(shaping.repaired(draft, [_grid(draft, label)["label"] for label in change.grids]), {})


def _rename(ctx: Context, connection: Connection, draft: Desk, change: Change, log: Any) -> Step:
    """The grid ``to`` is called ``name``."""
    return _with(draft, [_grid(draft, change.to)], name=_name(change.name))


def _kind(ctx: Context, connection: Connection, draft: Desk, change: Change, log: Any) -> Step:
    """The grid ``to`` is of ``kind``."""
    if change.kind not in KINDS:
        raise errors.Invalid("kind", f"A grid is {', '.join(KINDS)}, not {change.kind!r}.")
    return _with(draft, [_grid(draft, change.to)], kind=change.kind)


def _lock(ctx: Context, connection: Connection, draft: Desk, change: Change, log: Any) -> Step:
    """The ``grids`` keep their cells, also against undo."""
    return _with(draft, [_grid(draft, label) for label in change.grids], locked=1)


def _unlock(ctx: Context, connection: Connection, draft: Desk, change: Change, log: Any) -> Step:
    """The ``grids`` may change again."""
    return _with(draft, [_grid(draft, label) for label in change.grids], locked=0)


def _undo(ctx: Context, connection: Connection, draft: Desk, change: Change, log: list[dict[str, Any]]) -> Step:
    """The last change that is in force is taken back."""
    done, _ = _stacks(log)
    if not done:
        raise errors.Conflict("nothing_to_undo", "There is nothing to undo.")
    return _again(draft, done[-1], back=True)


def _redo(ctx: Context, connection: Connection, draft: Desk, change: Change, log: list[dict[str, Any]]) -> Step:
    """The change undone last is made again."""
    _, undone = _stacks(log)
    if not undone:
        raise errors.Conflict("nothing_to_redo", "There is nothing to redo.")
    return _again(draft, undone[-1], back=False)


def _again(draft: Desk, entry: dict[str, Any], *, back: bool) -> Step:
    where, before, after = unpack(entry["payload"])
    labels = draft.labels.copy()
    labels[where] = before if back else after
    facts: dict[int, tuple[Facts, Facts]] = {
        int(label): (pair[1], pair[0]) if back else (pair[0], pair[1])
        for label, pair in entry["payload"]["facts"].items()
    }
    return Step(labels, facts, of=entry["seq"])


def _with(draft: Desk, rows: list[dict[str, Any]], **values: Any) -> Step:
    if not rows:
        raise errors.Invalid("grids", "Say which grids.")
    facts: dict[int, tuple[Facts, Facts]] = {}
    for row in rows:
        own = _of(draft, row["label"]) or {}
        facts[row["label"]] = (own, {**own, **values})
    return Step(draft.labels, facts)


def _fresh(
    connection: Connection, draft: Desk, pieces: list[NDArray[np.int64]], change: Change
) -> list[dict[str, Any]]:
    """The facts of new grids: codes never given before, a name from the community unless one was said."""
    taken = plans.codes_given(connection, draft.place.city.code)
    rows = drafts.unnamed(draft.place, draft.ground, pieces, taken=taken)
    kind = change.kind or "basic"
    if kind not in KINDS:
        raise errors.Invalid("kind", f"A grid is {', '.join(KINDS)}, not {change.kind!r}.")
    if change.name and change.op == "new":
        rows[0]["name"] = _name(change.name)
    return [
        {"code": row["code"], "name": row["name"], "kind": kind, "locked": 0, "worker_id": None, "centre_id": None}
        for row in rows
    ]


OPERATIONS: Final = {
    "assign": _assign, "new": _new, "split": _split, "merge": _merge, "repair": _repair, "rename": _rename,
    "kind": _kind, "lock": _lock, "unlock": _unlock, "undo": _undo, "redo": _redo,
}  # fmt: skip
"""Every change by name."""
