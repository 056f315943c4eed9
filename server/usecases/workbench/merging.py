"""Two drafts of one beginning, or a draft and what was published in the meantime: a merge in three ways, cell by cell.

A cell that only one side has given to another grid goes there; a cell that both have given to different grids is a
collision, and so is a grid that both have named or staffed differently. Grids are compared by their codes, since labels
are numbers of one plan. The result is a new draft on top of the plan in force; both sides stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells
from server.rules import planned
from server.store import database, plans
from server.usecases import errors
from server.usecases.borders import ground as grounds
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.planning import drafts, origins
from server.usecases.planning import plans as plan_usecases
from server.usecases.workbench import edit_log

SHOWN_CELLS: Final = 500
SHOWN_CODES: Final = 50
MERGED_FACTS: Final = ("name", "kind", "locked", "worker_id", "centre_id")
Ints = NDArray[np.int32]
Prefer = Literal["ours", "theirs"]


@dataclass(frozen=True)
class Side:
    """A plan to be merged: its row, the number of the code of each cell int32[n] (-1: no grid), facts by code."""

    row: dict[str, Any]
    codes: Ints
    facts: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Meeting:
    """Base, ours and theirs in one numbering of ``codes``; ``ours``/``theirs`` as plans, ``base`` what both began
    with."""

    place: territory.World
    codes: list[str]
    base: Side
    ours: Side
    theirs: Side


def preview(ctx: Context, city: str, ref: str, other: str = plan_usecases.CURRENT) -> dict[str, Any]:
    """What merging ``other`` into ``ref`` would do: ``{base, ours, theirs, cells: {ours, theirs, both}, collisions:
    {cells, n, grids, facts}, grids: {ours, theirs}, clean}``. Raises Conflict where the two have no common beginning.
    """
    with database.reading(ctx.db) as connection:
        met = _meet(ctx, connection, city, ref, other)
        return _told(met)


def merge(
    ctx: Context, city: str, ref: str, other: str = plan_usecases.CURRENT, *, prefer: Prefer | None = None
) -> dict[str, Any]:
    """Merge ``other`` into ``ref`` as a new draft and answer it. Raises Conflict where both changed the same cells or
    grids, unless ``prefer`` says whose change counts there."""
    with database.writing(ctx.db) as connection:
        met = _meet(ctx, connection, city, ref, other)
        told = _told(met)
        if not told["clean"] and prefer is None:
            raise errors.Conflict(
                "collision",
                f"Both plans changed {told['collisions']['n']} of the same cells; say whose change counts.",
                detail=told["collisions"]["grids"] + told["collisions"]["facts"],
            )
        labels, facts = _merged(met, prefer or "ours")
        _seat(connection, met, facts)
        band = (met.ours.row["band_low"], met.ours.row["band_high"])
        across = any(side.row["across_towns"] for side in (met.ours, met.theirs))
        ground = grounds.of_row(ctx, connection, met.place, {**met.ours.row, "across_towns": int(across)})
        made = drafts.save(
            ctx, connection, met.place, ground, labels, band=band, seed=None, name=met.ours.row["name"],
            violations=drafts.violations_of(ground, labels), given=facts,
            measured=drafts.measures_of(ground, labels), across=across, kind="merged",
            noted={"ours": met.ours.row["id"], "theirs": met.theirs.row["id"], "prefer": prefer},
        )
    return plan_usecases.get(ctx, city, made["plan"])


def _meet(ctx: Context, connection: Connection, city: str, ref: str, other: str) -> Meeting:
    ours, theirs = (plan_usecases.load(ctx, connection, city, one, kinds=planned.EVERY) for one in (ref, other))
    planned.check(ctx.actor, ours.row, "draw")
    if ours.row["kind"] != theirs.row["kind"]:
        raise errors.Conflict("other_kind", "Grids and communities cannot be merged.")
    if ours.place.base.id != theirs.place.base.id or ours.place.base.id != ours.place.city.base_id:
        raise errors.Conflict("different_cells", "Only plans of the city's present cells can be merged.")
    common = origins.common(connection, ours.row, theirs.row)
    if common is None:
        raise errors.Conflict("no_common_beginning", "The two plans have no common beginning.")
    found = [
        (plan.row, plan.labels, origins.facts_of(connection, plan.id)) for plan in (ours, theirs)
    ]  # fmt: skip
    if common.child is not None:
        labels, facts = edit_log.begun(
            connection, common.child, plans.labels_of(connection, common.child),
            origins.facts_of(connection, common.child),
        )
    else:
        labels, facts = plans.labels_of(connection, common.row["id"]), origins.facts_of(connection, common.row["id"])
    found.insert(0, (common.row, labels, facts))
    codes = sorted({own["code"] for _, _, some in found for own in some.values()})
    number = {code: at for at, code in enumerate(codes)}
    return Meeting(ours.place, codes, *(_side(number, *one) for one in found))


def _side(number: dict[str, int], row: dict[str, Any], labels: Ints, facts: dict[int, dict[str, Any]]) -> Side:
    table = np.full(max([int(labels.max(initial=-1)), *facts]) + 2, -1, dtype=np.int32)
    for label, own in facts.items():
        table[label] = number[own["code"]]
    return Side(row, table[labels], {own["code"]: own for own in facts.values()})


def _collisions(met: Meeting) -> NDArray[np.bool_]:
    base, ours, theirs = met.base.codes, met.ours.codes, met.theirs.codes
    return np.asarray((ours != base) & (theirs != base) & (ours != theirs))


def _told(met: Meeting) -> dict[str, Any]:
    base, ours, theirs = met.base.codes, met.ours.codes, met.theirs.codes
    bad = _collisions(met)
    mine, yours = ours != base, theirs != base
    facts = sorted(code for code in met.codes if _contested(met, code))
    shown = plan_usecases.summary
    return {
        "base": shown(met.base.row), "ours": shown(met.ours.row), "theirs": shown(met.theirs.row),
        "cells": {"ours": int(mine.sum()), "theirs": int(yours.sum()), "both": int((mine & yours).sum())},
        "collisions": {
            "n": int(bad.sum()), "cells": cells.to_hex(met.place.base.cells[np.flatnonzero(bad)[:SHOWN_CELLS]]),
            "grids": _named(met, np.concatenate([ours[bad], theirs[bad]])), "facts": facts[:SHOWN_CODES],
        },
        "grids": {
            "ours": _named(met, np.concatenate([base[mine], ours[mine]])),
            "theirs": _named(met, np.concatenate([base[yours], theirs[yours]])),
        },
        "clean": not bad.any() and not facts,
    }  # fmt: skip


def _named(met: Meeting, numbers: Ints) -> list[str]:
    return [met.codes[at] for at in np.unique(numbers).tolist() if at >= 0][:SHOWN_CODES]


def _contested(met: Meeting, code: str) -> bool:
    """Whether both sides changed the same fact of a grid to different things."""
    base, ours, theirs = (side.facts.get(code) for side in (met.base, met.ours, met.theirs))
    if base is None or ours is None or theirs is None:
        return base is None and ours is not None and theirs is not None and ours != theirs
    return any(
        ours[name] != base[name] and theirs[name] != base[name] and ours[name] != theirs[name]
        for name in MERGED_FACTS
    )


def _merged(met: Meeting, prefer: Prefer) -> tuple[Ints, dict[int, dict[str, Any]]]:
    """Labels, and facts by label, of the merged plan: the numbers of codes, made dense."""
    base, ours, theirs = met.base.codes, met.ours.codes, met.theirs.codes
    codes = np.where(ours == base, theirs, ours)
    bad = _collisions(met)
    codes[bad] = (ours if prefer == "ours" else theirs)[bad]
    used = np.unique(codes[codes >= 0])
    table = np.full(len(met.codes) + 1, -1, dtype=np.int32)
    table[used] = np.arange(used.size)
    facts = {label: _fact(met, met.codes[at], prefer) for label, at in enumerate(used.tolist())}
    return table[codes], facts


def _seat(connection: Connection, met: Meeting, facts: dict[int, dict[str, Any]]) -> None:
    """Communities keep their towns, wherever most of their cells come from."""
    if met.ours.row["kind"] == planned.COMMUNITIES:
        rows = [row for side in (met.theirs, met.ours) for row in plans.grids(connection, side.row["id"])]
        towns = {row["code"]: row["region_id"] for row in rows}
        for own in facts.values():
            own["region_id"] = towns[own["code"]]


def _fact(met: Meeting, code: str, prefer: Prefer) -> dict[str, Any]:
    sides = {"base": met.base, "ours": met.ours, "theirs": met.theirs}
    known = {name: side.facts[code] for name, side in sides.items() if code in side.facts}
    first, second = ("ours", "theirs") if prefer == "ours" else ("theirs", "ours")
    if "base" not in known or not {"ours", "theirs"} <= set(known):
        return {name: (known.get(first) or known.get(second) or known["base"])[name] for name in drafts.FACTS}
    base = known["base"]
    chosen = {
        name: known[first][name] if known[first][name] != base[name] else known[second][name] for name in MERGED_FACTS
    }
    return {"code": code, **chosen}
