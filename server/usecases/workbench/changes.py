"""Every change that a planner can make of a draft, worked out: which cells get which label, which grids which facts.

Nothing is stored here. What must not be (a border or a barrier crossed, grids merged that do not touch) is refused;
locks are looked after by ``editing`` for all changes alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells
from server.rules import planned
from server.store import edit_log
from server.usecases import errors
from server.usecases.planning import drafts, nearby
from server.usecases.workbench import desk, shaping
from server.usecases.workbench import edit_log as logs
from server.usecases.workbench.desk import Desk, Facts, Step

KINDS: Final = ("basic", "dedicated", "professional")
MOST_CELLS: Final = 200_000


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
    labels: tuple[int, ...] = ()


def work_out(connection: Connection, draft: Desk, change: Change) -> Step:
    """The step that a change is. Raises Invalid for what makes no sense, Conflict for what must not be."""
    if change.op not in OPERATIONS:
        raise errors.Invalid("op", f"There is no change {change.op!r}; it is one of {', '.join(sorted(OPERATIONS))}.")
    return OPERATIONS[change.op](connection, draft, change)


def positions(draft: Desk, ids: tuple[str, ...]) -> NDArray[np.int64]:
    """Positions of cells given as hex text, ascending and each once."""
    if not 0 < len(ids) <= MOST_CELLS:
        raise errors.Invalid("cells", f"A change takes 1 to {MOST_CELLS} cells, not {len(ids)}.")
    at = cells.positions(draft.place.base.cells, np.unique(cells.from_hex(ids)))
    if (at < 0).any():
        raise errors.Invalid("cells", f"{int((at < 0).sum())} of these cells do not belong to the city.")
    return at


def _grid(draft: Desk, label: int | None) -> dict[str, Any]:
    if label is None or label not in draft.grids:
        raise errors.Invalid("grid", f"The draft has no grid {label}.")
    return draft.grids[label]


def _assign(connection: Connection, draft: Desk, change: Change) -> Step:
    """``cells`` go to the grid ``to``."""
    target = int(_grid(draft, change.to)["label"])
    at = positions(draft, change.cells)
    labels = draft.labels.copy()
    labels[at] = target
    shaping.refuse_crossing(draft, labels, target, at)
    return Step(labels, {})


def _adopt(connection: Connection, draft: Desk, change: Change) -> Step:
    """``cells`` go to the grids ``labels``, one for each: what rebalancing proposed is taken over as one change."""
    if len(change.labels) != len(change.cells):
        raise errors.Invalid("labels", "Adopting takes as many labels as cells.")
    at = positions(draft, change.cells)
    if len(at) != len(change.cells):
        raise errors.Invalid("cells", "A cell is named twice.")
    order = np.argsort(cells.from_hex(change.cells))
    labels = draft.labels.copy()
    labels[at] = np.asarray(change.labels, dtype=np.int32)[order]
    fresh = sorted(set(change.labels) - set(draft.grids))
    if fresh and fresh != list(range(max(draft.grids) + 1, max(draft.grids) + 1 + len(fresh))):
        raise errors.Invalid("labels", f"The draft has no grids {fresh[:5]}.")
    for label in sorted(set(change.labels)):
        if np.unique(draft.ground.problem.region[nearby.having(labels, [label])]).size > 1:
            raise errors.Conflict("border", "A grid lies in one community; these cells belong to another.")
    made = _fresh(connection, draft, [nearby.having(labels, [label]) for label in fresh], change) if fresh else []
    return Step(labels, {label: (None, own) for label, own in zip(fresh, made, strict=True)})


def _new(connection: Connection, draft: Desk, change: Change) -> Step:
    """``cells`` become a grid of their own, with ``name`` and ``kind`` where given."""
    at = positions(draft, change.cells)
    label = max(draft.grids, default=-1) + 1
    labels = draft.labels.copy()
    labels[at] = label
    shaping.refuse_crossing(draft, labels, label, at)
    return Step(labels, {label: (None, _fresh(connection, draft, [at], change)[0])})


def _split(connection: Connection, draft: Desk, change: Change) -> Step:
    """The grid ``to`` becomes ``parts`` grids, or is cut along ``line``; the largest part keeps its code."""
    target = int(_grid(draft, change.to)["label"])
    pieces = shaping.split(draft, target, parts=change.parts, line=change.line)
    first = max(draft.grids) + 1
    labels = draft.labels.copy()
    facts: dict[int, tuple[Facts, Facts]] = {}
    for offset, (piece, own) in enumerate(zip(pieces[1:], _fresh(connection, draft, pieces[1:], change), strict=True)):
        labels[piece] = first + offset
        facts[first + offset] = (None, own)
    return Step(labels, facts)


def _merge(connection: Connection, draft: Desk, change: Change) -> Step:
    """The ``grids`` become one; the one with most households keeps its code."""
    rows = [_grid(draft, label) for label in dict.fromkeys(change.grids)]
    if len(rows) < 2:
        raise errors.Invalid("grids", "Merging takes two grids or more.")
    if len({row["region_id"] for row in rows}) > 1:
        raise errors.Conflict("border", "Grids of different communities cannot be merged.")
    keeper = max(rows, key=lambda row: (row["households"], -row["label"]))["label"]
    labels = draft.labels.copy()
    labels[nearby.having(labels, [row["label"] for row in rows])] = keeper
    shaping.refuse_apart(draft, labels, keeper)
    return Step(labels, {})


def _repair(connection: Connection, draft: Desk, change: Change) -> Step:
    """The lesser pieces of the ``grids`` go to the grids that they touch most."""
    return Step(shaping.repaired(draft, [_grid(draft, label)["label"] for label in change.grids]), {})


def _rename(connection: Connection, draft: Desk, change: Change) -> Step:
    """The grid ``to`` is called ``name``."""
    return _with(draft, [_grid(draft, change.to)], name=drafts.named(change.name))


def _kind(connection: Connection, draft: Desk, change: Change) -> Step:
    """The grid ``to`` is of ``kind``."""
    return _with(draft, [_grid(draft, change.to)], kind=_known_kind(draft, change.kind))


def _lock(connection: Connection, draft: Desk, change: Change) -> Step:
    """The ``grids`` keep their cells, also against undo."""
    return _with(draft, [_grid(draft, label) for label in change.grids], locked=1)


def _unlock(connection: Connection, draft: Desk, change: Change) -> Step:
    """The ``grids`` may change again."""
    return _with(draft, [_grid(draft, label) for label in change.grids], locked=0)


def _undo(connection: Connection, draft: Desk, change: Change) -> Step:
    """The last change that is in force is taken back."""
    done, _ = logs.stacks(edit_log.kinds(connection, draft.row["id"]))
    if not done:
        raise errors.Conflict("nothing_to_undo", "There is nothing to undo.")
    return _again(draft, edit_log.entry(connection, draft.row["id"], done[-1]), back=True)


def _redo(connection: Connection, draft: Desk, change: Change) -> Step:
    """The change undone last is made again."""
    _, undone = logs.stacks(edit_log.kinds(connection, draft.row["id"]))
    if not undone:
        raise errors.Conflict("nothing_to_redo", "There is nothing to redo.")
    return _again(draft, edit_log.entry(connection, draft.row["id"], undone[-1]), back=False)


def _again(draft: Desk, entry: dict[str, Any], *, back: bool) -> Step:
    where, before, after = logs.unpack(entry["payload"])
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
        own = desk.facts_of(draft, row["label"]) or {}
        facts[row["label"]] = (own, {**own, **values})
    return Step(draft.labels, facts)


def _fresh(
    connection: Connection, draft: Desk, pieces: list[NDArray[np.int64]], change: Change
) -> list[dict[str, Any]]:
    """The facts of new grids: codes never given before, a name from the community unless one was said."""
    taken = drafts.codes_taken(connection, draft.place.city.code, draft.row["kind"])
    rows = drafts.unnamed(draft.place, draft.ground, pieces, taken=taken)
    born = drafts.BORN[draft.row["kind"]]
    kind = _known_kind(draft, change.kind) if change.kind else born
    if change.name and change.op == "new":
        rows[0]["name"] = drafts.named(change.name)
    return [
        {"code": row["code"], "name": row["name"], "kind": kind, "locked": 0, "worker_id": None, "centre_id": None}
        for row in rows
    ]


def _known_kind(draft: Desk, kind: str) -> str:
    if draft.row["kind"] != planned.GRIDS:
        raise errors.Invalid("kind", "Only grids are of different kinds.")
    if kind not in KINDS:
        raise errors.Invalid("kind", f"A grid is {', '.join(KINDS)}, not {kind!r}.")
    return kind


OPERATIONS: Final[dict[str, Callable[[Connection, Desk, Change], Step]]] = {
    "assign": _assign, "adopt": _adopt, "new": _new, "split": _split, "merge": _merge, "repair": _repair,
    "rename": _rename, "kind": _kind, "lock": _lock, "unlock": _unlock, "undo": _undo, "redo": _redo,
}  # fmt: skip
"""Every change by name."""
