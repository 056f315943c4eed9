"""Redrawing by hand: strokes, locks, undo and redo, splits and merges; a log that replays; two planners at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from geo import cells
from server.rules import permissions
from server.store import database
from server.store import plans as plan_rows
from server.usecases import errors, verify
from server.usecases.context import Context
from server.usecases.drafting import adjusting, checkup, drawing
from server.usecases.planning import plans, publishing, reviewing
from server.usecases.workbench import beside, changes, comparing, editing, merging, proposing, suggesting  # fmt: skip
from server.usecases.workbench import desk as desks
from tests.server.conftest import Place

Change = changes.Change


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
                    step = Change(op="assign", cells=(cells.to_hex(ids[[at]])[0],), to=b)
                    try:
                        with database.reading(self.ctx.db) as connection:
                            draft = desks.open_(self.ctx, connection, "tiny", self.plan)
                            changes.work_out(connection, draft, step)
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


def _workers(desk: Desk, ref: str) -> dict[str, str]:
    """The worker of every grid that has one, by the grid's code."""
    return {
        grid["code"]: grid["worker"]["id"] for grid in plans.grids(desk.ctx, "tiny", ref)["grids"] if grid["worker"]
    }


def test_a_stroke_concerns_the_workers_of_both_sides(desk: Desk) -> None:
    giver, taker, cell = desk.neighbours()
    desk.do("assign", cells=[cell], to=taker)
    workers = _workers(desk, "current")
    concerned = {workers[desk.grids()[label]["code"]] for label in (giver, taker)}
    seen = comparing.compare(desk.ctx, "tiny", "current", desk.plan)
    assert seen["workers"] == {"touched": len(concerned), "other_grids": 0} and len(concerned) == 2


def test_a_draft_without_workers_takes_only_the_grids_that_are_gone(desk: Desk) -> None:
    anew = drawing.draw(desk.ctx, "tiny", band=(300.0, 600.0), seconds=1.0)["plan"]
    assert not _workers(desk, anew)
    codes = {grid["code"] for grid in plans.grids(desk.ctx, "tiny", anew)["grids"]}
    gone = {worker for code, worker in _workers(desk, "current").items() if code not in codes}
    seen = comparing.compare(desk.ctx, "tiny", "current", anew)["workers"]
    assert seen["touched"] >= seen["other_grids"] == len(gone) > 0


def test_rebalance_compare_check_submit_approve_publish(desk: Desk) -> None:
    made = adjusting.rebalance(desk.ctx, "tiny", desk.plan, seconds=2)
    assert sum(row["cells"] for row in made["handover"]) == made["moved_cells"]
    seen = comparing.compare(desk.ctx, "tiny", desk.plan, made["plan"])
    assert seen["moved_households"] == pytest.approx(sum(m["households"] for m in seen["moves"]), abs=0.5)
    assert seen["workers"]["other_grids"] <= seen["workers"]["touched"]
    found = checkup.examine(desk.ctx, "tiny", made["plan"])
    assert sum(found["counts"].values()) == len(found["findings"])
    reviewing.submit(desk.ctx, "tiny", desk.plan, post="规划员")
    with pytest.raises(errors.Conflict, match="review"):
        desk.do("undo")
    with pytest.raises(errors.Conflict, match="review"):
        publishing.publish(desk.ctx, "tiny", desk.plan, if_match=desk.tag)
    for post in ("县局", "市局"):
        state = reviewing.decide(desk.ctx, "tiny", desk.plan, "approved", post=post, document="格发〔2026〕1号")
    assert state["approved"]
    publishing.publish(desk.ctx, "tiny", desk.plan, if_match=desk.tag)
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


def test_a_stroke_meets_a_colleagues_and_is_made_on_top_where_they_do_not_collide(desk: Desk) -> None:
    giver, taker, cell = desk.neighbours()
    seen = editing.history(desk.ctx, "tiny", desk.plan)["items"][0]["seq"]
    old = desk.tag
    other = next(label for label in desk.grids() if label not in (giver, taker))
    desk.do("rename", to=other, name="同事改名")
    stroke = Change(op="assign", cells=(cell,), to=taker)
    with pytest.raises(errors.Stale):
        editing.apply(desk.ctx, "tiny", desk.plan, stroke, if_match=old)
    made = editing.apply(desk.ctx, "tiny", desk.plan, stroke, if_match=old, since=seen)
    assert made["changed"]["cells"] == [cell] and desk.grids()[other]["name"] == "同事改名"
    back = Change(op="assign", cells=(cell,), to=giver)
    with pytest.raises(errors.Stale) as caught:
        editing.apply(desk.ctx, "tiny", desk.plan, back, if_match=old, since=seen)
    assert caught.value.code == "collision"
    with pytest.raises(errors.Stale):
        editing.apply(desk.ctx, "tiny", desk.plan, Change(op="undo"), if_match=old, since=seen)


def test_two_drafts_meet_at_publication_and_merge_cell_by_cell(desk: Desk) -> None:
    giver, taker, cell = desk.neighbours()
    other = Desk(desk.ctx)
    desk.do("assign", cells=[cell], to=taker)
    third = next(label for label in desk.grids() if label not in (giver, taker))
    other.do("rename", to=third, name="第二人命名")
    publishing.publish(desk.ctx, "tiny", desk.plan, if_match=desk.tag)
    with pytest.raises(errors.Stale) as caught:
        publishing.publish(desk.ctx, "tiny", other.plan, if_match=other.tag)
    assert caught.value.code == "overtaken" and caught.value.detail[0]["id"] == desk.plan
    told = merging.preview(desk.ctx, "tiny", other.plan)
    assert told["clean"] and told["cells"] == {"ours": 0, "theirs": 1, "both": 0}
    made = merging.merge(desk.ctx, "tiny", other.plan)
    publishing.publish(desk.ctx, "tiny", made["id"], if_match=made["tag"])
    now = {g["code"]: g for g in plans.grids(desk.ctx, "tiny", "current")["grids"]}
    code = desk.grids()[taker]["code"]
    assert now[code]["cells"] == desk.grids()[taker]["cells"]
    assert now[desk.grids()[third]["code"]]["name"] == "第二人命名"


def test_the_same_cell_given_elsewhere_by_both_is_a_collision(desk: Desk) -> None:
    big = max(desk.grids().values(), key=lambda g: g["cells"])
    other = Desk(desk.ctx)
    cell = desk.of(big["label"])[0]
    desk.do("new", cells=[cell], name="甲")
    other.do("new", cells=[cell], name="乙")
    told = merging.preview(desk.ctx, "tiny", other.plan, desk.plan)
    assert told["collisions"]["cells"] == [cell] and not told["clean"]
    with pytest.raises(errors.Conflict) as caught:
        merging.merge(desk.ctx, "tiny", other.plan, desk.plan)
    assert caught.value.code == "collision"
    for prefer, name in (("ours", "乙"), ("theirs", "甲")):
        made = merging.merge(desk.ctx, "tiny", other.plan, desk.plan, prefer=prefer)
        named = {g["name"] for g in plans.grids(desk.ctx, "tiny", made["id"])["grids"]}
        assert name in named and {"甲", "乙"} - {name} - named


def test_a_publication_is_rolled_back_as_one_step(desk: Desk) -> None:
    first = plans.get(desk.ctx, "tiny", "current")
    giver, taker, cell = desk.neighbours()
    desk.do("merge", grids=[giver, taker])
    publishing.publish(desk.ctx, "tiny", desk.plan, if_match=desk.tag)
    now = plans.get(desk.ctx, "tiny", "current")
    with pytest.raises(errors.Stale):
        publishing.roll_back(desk.ctx, "tiny", if_match=first["tag"])
    made = publishing.roll_back(desk.ctx, "tiny", if_match=now["tag"], reason="界线有误")
    assert made["hash"] == first["hash"] and made["parent"] == now["id"]
    assert plans.get(desk.ctx, "tiny", now["id"])["status"] == "superseded"
    with database.reading(desk.ctx.db) as connection:
        assert {row["kind"] for row in plan_rows.lineage_of(connection, made["id"])}
    again = publishing.roll_back(desk.ctx, "tiny", if_match=made["tag"])
    assert again["hash"] == now["hash"]
    assert verify.run(desk.ctx)["ok"]


def test_a_proposal_is_accepted_as_one_change_and_undone(desk: Desk) -> None:
    grids = desk.grids()
    giver, taker, cell = desk.neighbours()
    desk.do("assign", cells=[cell], to=taker)
    desk.do("lock", grids=[giver])
    region = grids[taker]["region"]["code"]
    only = [label for label, grid in grids.items() if grid["region"]["code"] == region]
    made = proposing.propose(desk.ctx, "tiny", desk.plan, only=only, seconds=1)
    state = desk.state()
    held = desk.of(giver)
    if made["n"]:
        desk.do("adopt", cells=made["cells"], labels=tuple(made["labels"]))
        assert desk.of(giver) == held
        after = {g["label"]: g["households"] for g in made["after"]}
        assert {label: desk.grids()[label]["households"] for label in after} == pytest.approx(after, abs=0.1)
        desk.do("undo")
    assert desk.state() == state


def test_every_suggestion_can_be_made_and_does_what_it_says(desk: Desk) -> None:
    big = max(desk.grids().values(), key=lambda g: g["households"])
    others = [g for g in desk.grids().values() if g["region"] == big["region"] and g["label"] != big["label"]]
    for other in others:
        try:
            desk.do("merge", grids=[big["label"], other["label"]])
            break
        except errors.Conflict:
            continue
    found = suggesting.suggest(desk.ctx, "tiny", desk.plan, limit=5)["items"]
    options = [option for grid in found for option in grid["options"]]
    assert options
    for option in options:
        given = {"to": option["to"], "grids": option["grids"], "parts": option["parts"], "cells": option["cells"]}
        before, after = option["outside"]
        made = desk.do(option["op"], **given)
        got = sum(max(g["households"] - 300, 150 - g["households"], 0) for g in made["after"])
        assert after <= before
        if option["op"] in ("assign", "merge"):
            assert got == pytest.approx(after, abs=0.6) and not made["pieces"]
        desk.do("undo")


def test_figures_of_two_plans_side_by_side(desk: Desk) -> None:
    giver, taker, cell = desk.neighbours()
    desk.do("assign", cells=[cell], to=taker)
    found = beside.figures(desk.ctx, "tiny", "current", desk.plan)
    assert {row["a"]["label"] for row in found["grids"] if row["a"]} >= {giver, taker}
    assert all(len(pair) == 2 for pair in found["measures"].values())
    assert 0 < found["measures"]["compactness"][0] <= 1
    same = beside.figures(desk.ctx, "tiny", desk.plan, desk.plan)
    assert same["grids"] == []
