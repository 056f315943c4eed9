"""The log of a draft: changes as they are stored, what is done and what is undone, and the plan it leads to."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from server.store import edit_log, plans
from server.usecases import errors

Ints = NDArray[np.int32]


def told(entry: dict[str, Any], *, undone: bool = False) -> dict[str, Any]:
    """An entry as the page shows it."""
    payload = entry["payload"]
    grids = payload.get("grids")
    return {
        "seq": entry["seq"], "at": entry["at"], "by": entry["by"], "kind": entry["kind"],
        "op": payload.get("op", entry["kind"]), "n": payload.get("n", 0),
        "grids": grids if isinstance(grids, list) else [], "undone": undone,
    }  # fmt: skip


def stacks(entries: list[tuple[int, str]]) -> tuple[list[int], list[int]]:
    """The numbers of the edits in force and of the undone ones, each with the newest last."""
    done: list[int] = []
    undone: list[int] = []
    for seq, kind in entries:
        if kind == "edit":
            done.append(seq)
            undone.clear()
        elif kind == "undo":
            undone.append(done.pop())
        elif kind == "redo":
            done.append(undone.pop())
    return done, undone


def begun(
    connection: Connection, plan_id: str, labels: Ints, facts: dict[int, Any]
) -> tuple[Ints, dict[int, Any]]:
    """Labels, and facts by label, that the plan began with: its log taken back entry by entry. Raises Conflict for a
    log that does not lead to the plan."""
    labels, facts = labels.copy(), dict(facts)
    for entry in reversed(plans.log_of(connection, plan_id)):
        if "at" in entry["payload"]:
            where, before, after = unpack(entry["payload"])
            if not np.array_equal(labels[where], after):
                raise errors.Conflict("log_broken", f"Entry {entry['seq']} of the log does not lead to the plan.")
            labels[where] = before
            for label, pair in entry["payload"]["facts"].items():
                facts[int(label)] = pair[0]
    return labels, {label: own for label, own in facts.items() if own is not None}


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


def changed_since(connection: Connection, plan_id: str, seq: int) -> tuple[list[dict[str, Any]], Ints, set[int]]:
    """What happened after entry ``seq``: the entries, the positions they touched, and the grids whose facts they
    changed."""
    entries = edit_log.since(connection, plan_id, seq)
    where = [unpack(entry["payload"])[0] for entry in entries if "at" in entry["payload"]]
    named = {int(label) for entry in entries for label in entry["payload"].get("facts", {})}
    return entries, np.unique(np.concatenate(where)) if where else np.empty(0, np.int32), named
