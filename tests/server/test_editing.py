"""Redrawing by hand: strokes, locks, undo and redo, splits and merges; a log that replays; two planners at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import cells
from server.rules import permissions
from server.store import database
from server.usecases import adjusting, checkup, comparing, editing, errors, plans, reviewing, verify
from server.usecases.context import Context
from tests.server.conftest import Place

Change = editing.Change


class Desk:
    """A planner's draft of the tiny city, changed through the use case with the tag carried along."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        made = editing.branch(ctx, "tiny", "current")
        self.plan, self.tag = made["id"], made["tag"]

    def do(self, op: str, **given: Any) -> dict[str, Any]:
        for name in ("cells", "grids", "line"):
            if name in given:
                given[name] = tuple(given[name])
        made = editing.apply(self.ctx, "tiny", self.plan, Change(op=op, **given), if_match=self.tag)
        self.tag = made["tag"]
        return made

    def grids(self) -> dict[int, dict[str, Any]]:
        return {grid["label"]: grid for grid in plans.grids(self.ctx, "tiny", self.plan)["grids"]}

    def labels(self) -> tuple[np.ndarray, np.ndarray]:
        found = plans.cells_of(self.ctx, "tiny", self.plan)
        return found.cells, found.columns["grid"].astype(int)

    def of(self, label: int) -> list[str]:
        ids, labels = self.labels()
        return cells.to_hex(ids[labels == label])

    def state(self) -> tuple[list[int], list[tuple[Any, ...]]]:
        told = [(g["label"], g["code"], g["name"], g["households"], g["pieces"]) for g in self.grids().values()]
        return self.labels()[1].tolist(), sorted(told)

    def neighbours(self) -> tuple[int, int, str]:
        """Two grids of one community that touch, and a cell of the first beside the second."""
        ids, labels = self.labels()
        around = cells.neighbours(ids)
        region = {label: grid["region"]["code"] for label, grid in self.grids().items()}
        for at in range(len(ids)):
            for other in around[at][around[at] >= 0].tolist():
                a, b = int(labels[at]), int(labels[other])
                if a != b and region[a] == region[b]:
                    step = editing.Change(op="assign", cells=(cells.to_hex(ids[[at]])[0],), to=b)
                    try:
                        with database.reading(self.ctx.db) as connection:
                            draft = editing.open_(self.ctx, connection, "tiny", self.plan)
                            editing.OPERATIONS["assign"](self.ctx, connection, draft, step, [])
                    except errors.Conflict:
                        continue
                    return a, b, step.cells[0]
        raise AssertionError("the tiny city has no two touching grids in one community")


@pytest.fixture
def desk(city: Place) -> Iterator[Desk]:
    ctx = city.open(permissions.Actor("planner", "planner", city="tiny"))
    yield Desk(ctx)
    ctx.db.close()


def test_a_stroke_moves_cells_and_tells_what_it_does(desk: Desk) -> None:
    giver, taker, cell = desk.neighbours()
    before = desk.grids()
    made = desk.do("assign", cells=[cell], to=taker)
    after = desk.grids()
    assert made["changed"] == {"cells": [cell], "labels": [taker]}
    assert after[taker]["cells"] == before[taker]["cells"] + 1
    assert {g["label"] for g in made["after"]} == {giver, taker} and made["can_undo"] and not made["can_redo"]
    assert sum(g["households"] for g in after.values()) == pytest.approx(sum(g["households"] for g in before.values()))
    stored = plans.get(desk.ctx, "tiny", desk.plan)["measures"]
    in_band = np.mean([150 <= g["households"] <= 300 for g in after.values()])
    assert stored["in_band"] == pytest.approx(in_band)


def test_five_undone_and_three_redone_with_a_lock_between(desk: Desk) -> None:
    giver, taker, cell = desk.neighbours()
    states = [desk.state()]
    desk.do("assign", cells=[cell], to=taker)
    states.append(desk.state())
    for name in ("甲", "乙", "丙", "丁"):
        desk.do("rename", to=giver, name=name)
        states.append(desk.state())
    for back in range(5):
        desk.do("undo")
        assert desk.state() == states[4 - back]
    for forth in range(3):
        desk.do("redo")
        assert desk.state() == states[forth + 1]
    desk.do("lock", grids=[giver])
    assert not editing.history(desk.ctx, "tiny", desk.plan)["can_redo"]
    desk.do("undo")
    with pytest.raises(errors.Conflict, match="redo"):
        desk.do("redo") and desk.do("redo")


def test_a_lock_holds_against_strokes_and_against_undo(desk: Desk) -> None:
    giver, taker, cell = desk.neighbours()
    desk.do("assign", cells=[cell], to=taker)
    state = desk.state()
    desk.do("lock", grids=[taker])
    for refused in (
        {"op": "assign", "cells": [desk.of(taker)[0]], "to": giver},
        {"op": "rename", "to": taker, "name": "新"},
    ):
        with pytest.raises(errors.Conflict) as caught:
            desk.do(**refused)
        assert caught.value.code == "locked"
    desk.do("undo")  # the lock itself
    desk.do("lock", grids=[taker])
    desk.do("rename", to=giver, name="改")
    desk.do("undo")
    desk.do("undo")
    desk.do("lock", grids=[taker])
    assert desk.state() == state
    editing.history(desk.ctx, "tiny", desk.plan)


def test_a_river_and_a_border_are_not_crossed(desk: Desk) -> None:
    grids = desk.grids()
    some = next(iter(grids.values()))
    other = next(g for g in grids.values() if g["region"]["code"] != some["region"]["code"])
    with pytest.raises(errors.Conflict) as caught:
        desk.do("assign", cells=desk.of(some["label"])[:1], to=other["label"])
    assert caught.value.code == "border"


def test_split_keeps_the_code_of_the_largest_and_merge_undoes_it(desk: Desk) -> None:
    big = max(desk.grids().values(), key=lambda g: g["cells"])
    made = desk.do("split", to=big["label"], parts=2)
    parts = [
        g for g in made["after"] if g["code"] == big["code"] or g["label"] not in {b["label"] for b in made["before"]}
    ]
    assert len(parts) == 2 and sum(g["cells"] for g in parts) == big["cells"]
    assert all(g["pieces"] == 1 for g in parts)
    kept = next(g for g in parts if g["code"] == big["code"])
    assert kept["households"] >= max(g["households"] for g in parts) - 1e-6
    merged = desk.do("merge", grids=[g["label"] for g in parts])
    assert merged["gone"] and merged["after"][0]["cells"] == big["cells"]
    desk.do("undo")
    desk.do("undo")
    assert desk.grids()[big["label"]]["cells"] == big["cells"]


def test_a_line_splits_and_one_beside_the_grid_does_not(desk: Desk) -> None:
    big = max(desk.grids().values(), key=lambda g: g["cells"])
    w, s, e, n = big["bbox"]
    made = desk.do("split", to=big["label"], line=[(s - 0.01, (w + e) / 2), (n + 0.01, (w + e) / 2)])
    assert len(made["after"]) == 2
    with pytest.raises(errors.Conflict) as caught:
        desk.do("split", to=big["label"], line=[(s - 1, w - 1), (n + 1, w - 1)])
    assert caught.value.code == "not_split"


def test_a_new_grid_gets_a_code_never_given_before(desk: Desk) -> None:
    big = max(desk.grids().values(), key=lambda g: g["cells"])
    used = {g["code"] for g in desk.grids().values()}
    cell = desk.of(big["label"])[0]
    first = next(g for g in desk.do("new", cells=[cell], name="新网格")["after"] if g["name"] == "新网格")
    desk.do("undo")
    second = next(g for g in desk.do("new", cells=[cell])["after"] if g["code"] not in used)
    assert first["code"] not in used and second["code"] != first["code"]


def test_a_stale_planner_is_told_what_happened(desk: Desk) -> None:
    giver, _, _ = desk.neighbours()
    old = desk.tag
    desk.do("rename", to=giver, name="先到")
    with pytest.raises(errors.Stale) as caught:
        editing.apply(desk.ctx, "tiny", desk.plan, Change(op="rename", to=giver, name="后到"), if_match=old)
    assert caught.value.detail[-1]["op"] == "rename"
    with pytest.raises(errors.Required):
        editing.apply(desk.ctx, "tiny", desk.plan, Change(op="undo"), if_match=None)


@pytest.mark.parametrize(
    "change",
    [{"op": "melt"}, {"op": "assign", "cells": (), "to": 0}, {"op": "assign", "cells": ("8928308280fffff",), "to": 0},
     {"op": "merge", "grids": (0,)}, {"op": "rename", "to": 0, "name": "\u0007"}, {"op": "kind", "to": 0, "kind": "x"},
     {"op": "split", "to": 0, "parts": 999}, {"op": "lock", "grids": (999999,)}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_changes_nothing(desk: Desk, change: dict[str, Any]) -> None:
    state = desk.state()
    with pytest.raises(errors.Invalid):
        desk.do(**change)
    assert desk.state() == state


def test_rebalance_compare_check_submit_approve_publish(desk: Desk) -> None:
    made = adjusting.rebalance(desk.ctx, "tiny", desk.plan, seconds=2)
    assert sum(row["cells"] for row in made["handover"]) == made["moved_cells"]
    seen = comparing.compare(desk.ctx, "tiny", desk.plan, made["plan"])
    assert seen["moved_households"] == pytest.approx(sum(m["households"] for m in seen["moves"]), abs=0.5)
    found = checkup.examine(desk.ctx, "tiny", made["plan"])
    assert sum(found["counts"].values()) == len(found["findings"])
    reviewing.submit(desk.ctx, "tiny", desk.plan, post="规划员")
    with pytest.raises(errors.Conflict, match="review"):
        desk.do("undo")
    with pytest.raises(errors.Conflict, match="review"):
        plans.publish(desk.ctx, "tiny", desk.plan, if_match=desk.tag)
    for post in ("县局", "市局"):
        state = reviewing.decide(desk.ctx, "tiny", desk.plan, "approved", post=post, document="格发〔2026〕1号")
    assert state["approved"]
    plans.publish(desk.ctx, "tiny", desk.plan, if_match=desk.tag)
    assert plans.get(desk.ctx, "tiny", "current")["id"] == desk.plan


def test_a_returned_draft_can_be_changed_again(desk: Desk) -> None:
    reviewing.submit(desk.ctx, "tiny", desk.plan)
    assert not reviewing.decide(desk.ctx, "tiny", desk.plan, "returned", post="县局", opinion="界线不清")[
        "under_review"
    ]
    giver, _, _ = desk.neighbours()
    desk.do("rename", to=giver, name="重划")


def test_notes_are_kept_with_their_author(desk: Desk) -> None:
    code = next(iter(desk.grids().values()))["code"]
    told = reviewing.note(desk.ctx, "tiny", desk.plan, text="{{7*7}} 这条界不对", code=code)
    assert told["items"][0] == {**told["items"][0], "text": "{{7*7}} 这条界不对", "code": code, "by": "planner"}
    with pytest.raises(errors.Invalid):
        reviewing.note(desk.ctx, "tiny", desk.plan, text="x", code="none")


OPS = st.lists(st.tuples(st.sampled_from(["assign", "undo", "redo", "split", "merge", "lock", "unlock", "new"]),
                         st.integers(0, 10**6)), min_size=1, max_size=14)  # fmt: skip


@pytest.mark.slow
def test_any_sequence_keeps_every_cell_in_one_grid_and_the_log_replays(city: Place) -> None:
    ctx = city.open(permissions.Actor("planner", "planner", city="tiny"))

    @settings(max_examples=20, deadline=None)
    @given(OPS)
    def run(ops: list[tuple[str, int]]) -> None:
        desk = Desk(ctx)
        all_cells = desk.labels()[0]
        for op, dice in ops:
            grids = sorted(desk.grids())
            pick, other = grids[dice % len(grids)], grids[dice // 7 % len(grids)]
            mine = desk.of(pick)
            given: dict[str, Any] = {
                "assign": {"cells": mine[: 1 + dice % 3], "to": other}, "new": {"cells": mine[:1]},
                "split": {"to": pick, "line": _across(desk, pick)}, "merge": {"grids": [pick, other]},
                "lock": {"grids": [pick]}, "unlock": {"grids": [pick]},
            }.get(op, {})  # fmt: skip
            locked = {label: desk.of(label) for label in _locked(desk)}
            try:
                desk.do(op, **given)
            except (errors.Conflict, errors.Invalid):
                continue
            if op != "unlock" and not (op in ("undo", "redo") and _locked(desk) != set(locked)):
                assert all(desk.of(label) == cells_ for label, cells_ in locked.items())
        ids, labels = desk.labels()
        assert ids.tolist() == all_cells.tolist()
        assert set(labels.tolist()) == set(desk.grids())
        with database.reading(ctx.db) as connection:
            assert np.array_equal(
                editing.replay(ctx, connection, "tiny", desk.plan),
                plans.load(ctx, connection, "tiny", desk.plan).labels,
            )

    run()
    assert verify.run(ctx)["ok"]
    ctx.db.close()


def _locked(desk: Desk) -> set[int]:
    with database.reading(desk.ctx.db) as connection:
        draft = editing.open_(desk.ctx, connection, "tiny", desk.plan)
    return {label for label, row in draft.grids.items() if row["locked"]}


def _across(desk: Desk, label: int) -> list[tuple[float, float]]:
    w, s, e, n = desk.grids()[label]["bbox"]
    return [(s - 0.01, (w + e) / 2), (n + 0.01, (w + e) / 2)]
