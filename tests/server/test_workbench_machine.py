"""Any sequence of changes by two planners: every cell stays in exactly one grid, locks hold, the log leads to the plan.

A state machine over strokes, splits, merges, mending, locks, undo and redo, rebalancing, publishing, rolling back and
merging drafts. ``TEST_SEQUENCES`` says how many sequences (default 12); 2 000 take half an hour on one core. Each
begins with a database of its own; every ``VERIFIED``th is examined with ``verify`` when it is over.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from geo import cells
from server.rules import permissions
from server.store import database, plans
from server.usecases import errors, verify
from server.usecases.context import Cache, Context
from server.usecases.planning import plans as plan_usecases
from server.usecases.planning import publishing
from server.usecases.workbench import changes, desk, editing, merging, proposing
from tests.server.conftest import Place

SEQUENCES = int(os.environ.get("TEST_SEQUENCES", "12"))
STEPS = 12
VERIFIED = 20
EVERY_OPERATION = {*changes.OPERATIONS, "publish", "roll_back", "merge_plans", "overtaken", "stale"}
CITY = "tiny"
EDITORS = st.integers(0, 1)
DICE = st.integers(0, 10**6)


class Machine(RuleBasedStateMachine):
    """Two planners, each with a draft and what was last seen of it; now and then both work on one."""

    anew: Callable[[], Context]
    done: Counter[str]
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.ctx = self.anew()
        self.refused = (errors.Conflict, errors.Invalid, errors.Stale)
        made = [editing.branch(self.ctx, CITY, "current") for _ in range(2)]
        self.plan = [one["id"] for one in made]
        self.tag = [one["tag"] for one in made]
        self.seq = [1, 1]
        self.last: tuple[int, str, dict[int, list[int]], dict[int, list[int]]] | None = None

    @rule(who=EDITORS, dice=DICE, n=st.integers(1, 4))
    def stroke(self, who: int, dice: int, n: int) -> None:
        mine = self._of(who, self._pick(who, dice))
        self._do(who, "assign", cells=mine[:n], to=self._pick(who, dice // 7))

    @rule(who=EDITORS, dice=DICE)
    def new(self, who: int, dice: int) -> None:
        self._do(who, "new", cells=self._of(who, self._pick(who, dice))[:1])

    @rule(who=EDITORS, dice=DICE)
    def split(self, who: int, dice: int) -> None:
        label = self._pick(who, dice)
        row = self._draft(who).grids[label]
        middle = (row["west"] + row["east"]) / 2
        self._do(who, "split", to=label, line=((row["south"] - 0.01, middle), (row["north"] + 0.01, middle)))

    @rule(who=EDITORS, dice=DICE)
    def merge_grids(self, who: int, dice: int) -> None:
        self._do(who, "merge", grids=(self._pick(who, dice), self._pick(who, dice // 7)))

    @rule(who=EDITORS, dice=DICE)
    def mend(self, who: int, dice: int) -> None:
        rows = self._draft(who).grids
        self._do(who, "repair", grids=tuple(label for label, row in rows.items() if row["pieces"] > 1) or tuple(rows))

    @rule(who=EDITORS, dice=DICE, op=st.sampled_from(("lock", "unlock")))
    def lock(self, who: int, dice: int, op: str) -> None:
        self._do(who, op, grids=(self._pick(who, dice),))

    @rule(who=EDITORS, dice=DICE)
    def rename(self, who: int, dice: int) -> None:
        self._do(who, "rename", to=self._pick(who, dice), name=f"网格{dice}")

    @rule(who=EDITORS, dice=DICE, kind=st.sampled_from(changes.KINDS))
    def set_kind(self, who: int, dice: int, kind: str) -> None:
        self._do(who, "kind", to=self._pick(who, dice), kind=kind)

    @rule(who=EDITORS, op=st.sampled_from(("undo", "undo", "redo")))
    def back_and_forth(self, who: int, op: str) -> None:
        self._do(who, op)

    @rule(who=EDITORS, dice=DICE)
    def rebalance(self, who: int, dice: int) -> None:
        draft = self._draft(who)
        region = draft.grids[self._pick(who, dice)]["region_id"]
        only = [label for label, row in draft.grids.items() if row["region_id"] == region]
        try:
            made = proposing.propose(self.ctx, CITY, self.plan[who], only=only, seconds=0.2)
        except self.refused:
            return
        if made["n"]:
            self._do(who, "adopt", cells=tuple(made["cells"]), labels=tuple(made["labels"]))

    @rule(who=EDITORS)
    def publish(self, who: int) -> None:
        tag = plan_usecases.tag_of(self.ctx, CITY, self.plan[who])
        before = plan_usecases.get(self.ctx, CITY, "current")
        try:
            made = publishing.publish(self.ctx, CITY, self.plan[who], if_match=tag)
        except errors.Stale as caught:
            assert caught.code == "overtaken"
            self.done["overtaken"] += 1
            self._meet(who)
            return
        except errors.Conflict:
            return
        kept = plan_usecases.get(self.ctx, CITY, before["id"])
        assert made["status"] == "in_force" and kept["hash"] == before["hash"]
        self.done["publish"] += 1
        self._begin(who, editing.branch(self.ctx, CITY, "current"))

    @rule()
    def roll_back(self) -> None:
        now = plan_usecases.get(self.ctx, CITY, "current")
        try:
            made = publishing.roll_back(self.ctx, CITY, if_match=now["tag"])
        except errors.Conflict as caught:
            assert caught.code == "nothing_to_roll_back"
            return
        self.done["roll_back"] += 1
        with database.reading(self.ctx.db) as connection:
            log = plans.log_of(connection, now["id"])
            before = next(e["payload"]["before"] for e in reversed(log) if e["kind"] == "published")
            assert plans.get(connection, CITY, before)["hash"] == made["hash"]  # type: ignore[index]
        assert plan_usecases.get(self.ctx, CITY, now["id"])["status"] == "superseded"

    @rule()
    def join(self) -> None:
        """The second planner opens the first one's draft: from now on they meet."""
        self.plan[1], self.tag[1], self.seq[1] = self.plan[0], self.tag[0], self.seq[0]

    @invariant()
    def every_cell_is_in_one_grid_and_the_log_leads_to_the_plan(self) -> None:
        for plan in sorted(set(self.plan)):
            with database.reading(self.ctx.db) as connection:
                labels = plans.labels_of(connection, plan)
                rows = {row["label"]: row for row in plans.grids(connection, plan)}
                assert np.array_equal(editing.replay(self.ctx, connection, CITY, plan), labels)
            number, counts = np.unique(labels, return_counts=True)
            assert number.min() >= 0 and dict(zip(number.tolist(), counts.tolist(), strict=True)) == {
                label: row["cells"] for label, row in rows.items()
            }
            assert len({row["code"] for row in rows.values()}) == len(rows)

    @invariant()
    def locks_hold(self) -> None:
        if self.last is not None:
            _, op, before, after = self.last
            if op != "unlock":
                assert all(after.get(label, ids) == ids for label, ids in before.items())

    def teardown(self) -> None:
        if self.runs % VERIFIED == 0:
            assert verify.run(self.ctx)["ok"]
        self.ctx.db.close()

    def _do(self, who: int, op: str, **given: Any) -> None:
        if "cells" in given:
            given["cells"] = tuple(given["cells"])
        locked = self._locked(who)
        change = changes.Change(op=op, **given)
        try:
            made = editing.apply(
                self.ctx, CITY, self.plan[who], change, if_match=self.tag[who], since=self.seq[who],
            )
        except errors.Stale:
            self.done["stale"] += 1
            found = plan_usecases.get(self.ctx, CITY, self.plan[who])
            self.tag[who] = found["tag"]
            self.seq[who] = editing.history(self.ctx, CITY, self.plan[who])["items"][0]["seq"]
            return
        except self.refused:
            return
        self.done[op] += 1
        self.tag[who], self.seq[who] = made["tag"], made["seq"]
        unlocked = {g["label"] for g in made["after"] if not g["locked"]}
        held = {label: ids for label, ids in locked.items() if not (op in ("undo", "redo") and label in unlocked)}
        self.last = (who, op, held, self._cells(who, list(held)))

    def _meet(self, who: int) -> None:
        """A draft that was overtaken is merged with what is in force: what one side alone changed is in the result."""
        ours = self._labels(self.plan[who])
        made = merging.merge(self.ctx, CITY, self.plan[who], prefer="ours")
        told = merging.preview(self.ctx, CITY, self.plan[who])
        result = self._labels(made["id"])
        assert len(result) == len(ours) and told["cells"]["ours"] >= 0
        with database.reading(self.ctx.db) as connection:
            theirs = self._coded(connection, plan_usecases.get(self.ctx, CITY, "current")["id"])
            mine, merged = (self._coded(connection, plan) for plan in (self.plan[who], made["id"]))
        self.done["merge_plans"] += 1
        same = mine == theirs
        assert (merged[same] == mine[same]).all() and ((merged == mine) | (merged == theirs)).all()
        self._begin(who, made)

    def _begin(self, who: int, made: dict[str, Any]) -> None:
        self.plan[who], self.tag[who], self.seq[who] = made["id"], made["tag"], 1
        other = 1 - who
        if plan_usecases.get(self.ctx, CITY, self.plan[other])["status"] != "draft":
            self.plan[other], self.tag[other], self.seq[other] = made["id"], made["tag"], 1
        self.last = None

    def _draft(self, who: int) -> desk.Desk:
        with database.reading(self.ctx.db) as connection:
            return desk.open_(self.ctx, connection, CITY, self.plan[who])

    def _labels(self, plan: str) -> np.ndarray:
        with database.reading(self.ctx.db) as connection:
            return plans.labels_of(connection, plan)

    def _coded(self, connection: Any, plan: str) -> np.ndarray:
        rows = {row["label"]: row["code"] for row in plans.grids(connection, plan)}
        return np.array([rows[label] for label in plans.labels_of(connection, plan).tolist()])

    def _pick(self, who: int, dice: int) -> int:
        labels = sorted(self._draft(who).grids)
        return labels[dice % len(labels)]

    def _of(self, who: int, label: int) -> list[str]:
        draft = self._draft(who)
        return cells.to_hex(draft.place.base.cells[draft.labels == label])

    def _cells(self, who: int, labels: list[int]) -> dict[int, list[int]]:
        draft = self._draft(who)
        return {label: np.flatnonzero(draft.labels == label).tolist() for label in labels}

    def _locked(self, who: int) -> dict[int, list[int]]:
        draft = self._draft(who)
        return self._cells(who, [label for label, row in draft.grids.items() if row["locked"]])


@pytest.mark.slow
def test_any_sequence_of_two_planners(built: Callable[[str], Place], tmp_path: Path) -> None:
    original = built("sqlite")
    actor = permissions.Actor("planner", "planner", city="tiny")
    cache = Cache(256)  # plans have ids of their own, and all else is the same at the beginning of every sequence
    file = tmp_path / "gezhi.sqlite"

    def anew() -> Context:
        shutil.copyfile(original.home / "gezhi.sqlite", file)
        for journal in tmp_path.glob("gezhi.sqlite-*"):
            journal.unlink()
        return Context(database.open(f"sqlite:///{file}"), original.home, actor, cache=cache)

    done: Counter[str] = Counter()
    machine = type("Bound", (Machine,), {"anew": staticmethod(anew), "done": done, "runs": 0})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=SEQUENCES, stateful_step_count=STEPS, deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
    print(f"{machine.runs} sequences", dict(done))
    assert SEQUENCES < 500 or set(done) >= EVERY_OPERATION
