"""Community borders: a draft on the same desk, in force as a new base, grids that follow by overlay, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import shapely

from geo import cells
from server.rules import permissions
from server.store import bases, cities, database, regions
from server.store import plans as plan_rows
from server.usecases import errors, verify
from server.usecases.borders import carrying, opening
from server.usecases.city import cities as city_cases
from server.usecases.context import Context
from server.usecases.drafting import adjusting, drawing
from server.usecases.planning import plans, publishing, reviewing
from server.usecases.workbench import comparing, editing, merging
from server.usecases.workbench.changes import Change
from tests.server.conftest import Place


class Borders:
    """A draft of the community borders of the tiny city, changed through the use case with the tag carried along."""

    def __init__(self, ctx: Context, plan: str | None = None, *, across: bool = False) -> None:
        self.ctx = ctx
        made = plans.get(ctx, "tiny", plan) if plan else opening.open_(ctx, "tiny", across=across)
        self.plan, self.tag = made["id"], made["tag"]

    def do(self, op: str, **given: Any) -> dict[str, Any]:
        for name in ("cells", "grids"):
            if name in given:
                given[name] = tuple(given[name])
        made = editing.apply(self.ctx, "tiny", self.plan, Change(op=op, **given), if_match=self.tag)
        self.tag = made["tag"]
        return made

    def rows(self) -> dict[str, dict[str, Any]]:
        return {row["code"]: row for row in plans.grids(self.ctx, "tiny", self.plan)["grids"]}

    def labels(self) -> np.ndarray:
        return plans.cells_of(self.ctx, "tiny", self.plan).columns["grid"].astype(int)

    def beside(self, giver: str, taker: str, rings: int = 1) -> list[str]:
        """Cells of ``giver`` around one that touches ``taker``."""
        ids = plans.cells_of(self.ctx, "tiny", self.plan).cells
        labels, rows = self.labels(), self.rows()
        near = cells.neighbours(ids)
        mine, theirs = labels == rows[giver]["label"], labels == rows[taker]["label"]
        edge = [at for at in np.flatnonzero(mine) if theirs[near[at][near[at] >= 0]].any()]
        middle = edge[len(edge) // 2]
        around = cells.positions(ids, np.sort(cells.disk(int(ids[middle]), rings)))
        return cells.to_hex(ids[[at for at in around if at >= 0 and mine[at]]])

    def give(self, giver: str = "C11", taker: str = "C12", rings: int = 1) -> dict[str, Any]:
        return self.do("assign", cells=self.beside(giver, taker, rings), to=self.rows()[taker]["label"])

    def publish(self, **given: Any) -> dict[str, Any]:
        return publishing.publish(self.ctx, "tiny", self.plan, if_match=self.tag, **given)


@pytest.fixture
def ctx(city: Place) -> Iterator[Context]:
    made = city.open()
    yield made
    made.db.close()


def of_city(ctx: Context) -> tuple[cities.City, bases.Base, list[regions.Region]]:
    with database.reading(ctx.db) as connection:
        found = cities.get(connection, "tiny")
        return found, bases.get(connection, found.base_id), regions.of_base(connection, found.base_id)


def sound(ctx: Context) -> None:
    told = verify.run(ctx)
    assert told["ok"], [check for check in told["checks"] if check["findings"]]


def test_a_draft_holds_the_communities_of_today_with_their_towns(ctx: Context) -> None:
    draft = Borders(ctx)
    _, base, tree = of_city(ctx)
    names = {region.id: region for region in tree}
    rows = draft.rows()
    assert sorted(rows) == ["C11", "C12", "C21", "C22"]
    assert {row["region"]["code"] for code, row in rows.items() if code[1] == "1"} == {"T1"}
    by_label = {row["label"]: code for code, row in rows.items()}
    assert [by_label[label] for label in draft.labels().tolist()] == [
        names[number].code for number in base.region.tolist()
    ]
    assert plans.get(ctx, "tiny", draft.plan)["violations"] == []
    assert "communities" not in {row["kind"] for row in plans.list_(ctx, "tiny")["items"]}
    told = opening.state(ctx, "tiny")
    assert [row["status"] for row in told["items"]] == ["draft", "in_force"] and not told["grids"]["behind"]
    sound(ctx)


def test_a_stroke_tells_households_and_the_grids_it_cuts_and_is_undone(ctx: Context) -> None:
    draft = Borders(ctx)
    before = draft.labels().tolist()
    made = draft.give()
    was, now = ({row["code"]: row for row in made[side]} for side in ("before", "after"))
    assert now["C12"]["households"] > was["C12"]["households"]
    assert sum(row["cells"] for row in now.values()) == sum(row["cells"] for row in was.values())
    assert made["cut"]["before"] == 0 and made["cut"]["after"] >= 1
    assert {row["code"] for row in made["cut"]["grids"]} and all(row["parts"] > 1 for row in made["cut"]["grids"])
    draft.do("lock", grids=[draft.rows()["C11"]["label"]])
    with pytest.raises(errors.Conflict, match="Locked"):
        draft.give()
    draft.do("undo")  # the locking
    draft.do("undo")
    assert draft.labels().tolist() == before
    draft.do("redo")
    assert draft.labels().tolist() != before
    with database.reading(ctx.db) as connection:
        assert editing.replay(ctx, connection, "tiny", draft.plan).tolist() == draft.labels().tolist()
    sound(ctx)


def test_no_community_crosses_into_another_town_or_loses_its_last_cell(ctx: Context) -> None:
    draft = Borders(ctx)
    with pytest.raises(errors.Conflict) as refused:
        draft.give("C11", "C21")
    assert refused.value.code == "border"
    labels, ids = draft.labels(), plans.cells_of(ctx, "tiny", draft.plan).cells
    rows = draft.rows()
    everything = cells.to_hex(ids[labels == rows["C11"]["label"]])
    with pytest.raises(errors.Conflict) as refused:
        draft.do("assign", cells=everything, to=rows["C12"]["label"])
    assert refused.value.code == "emptied"
    with pytest.raises(errors.Invalid):
        draft.do("kind", to=rows["C11"]["label"], kind="dedicated")


def test_two_drafts_on_one_desk_keep_to_their_own_towns(ctx: Context) -> None:
    free, plain = Borders(ctx, across=True), Borders(ctx)
    free.give("C11", "C21")
    with pytest.raises(errors.Conflict) as caught:
        plain.give("C11", "C21")
    assert caught.value.code == "border"
    free.give("C11", "C21")


def test_by_right_cells_go_to_another_town_and_its_border_moves(ctx: Context) -> None:
    _, old, before = of_city(ctx)
    planner = ctx.acting(permissions.Actor("planner", "planner", "tiny"))
    with pytest.raises(permissions.Denied):
        opening.open_(planner, "tiny", across=True)
    draft = Borders(ctx, across=True)
    with pytest.raises(permissions.Denied):
        Borders(planner, draft.plan).give("C11", "C21")
    made = draft.give("C11", "C21")
    assert made["entry"]["n"] > 0 and draft.rows()["C21"]["region"]["code"] == "T2"
    assert reviewing.state(ctx, "tiny", draft.plan)["faults"] == 0
    draft.publish()
    _, base, tree = of_city(ctx)
    was, now = ({one.code: one for one in some} for some in (before, tree))
    moved = made["entry"]["n"]
    assert (now["T1"].cells, now["T2"].cells) == (was["T1"].cells - moved, was["T2"].cells + moved)
    names = {one.id: one for one in tree}
    assert names[now["C21"].parent_id].code == "T2" and now["T2"].area_km2 > was["T2"].area_km2
    with database.reading(ctx.db) as connection:
        shapes = regions.geometries(connection, base.id, level="town")
        town = shapely.from_wkb(shapes[now["T2"].id])
    ids = cells.make(cells.from_hex(made["changed"]["cells"]))
    assert all(town.covers(shapely.Point(lng, lat)) for lat, lng in zip(*cells.centres(ids), strict=True))
    assert "CROSSES_REGION" not in Borders(ctx).rows()["C21"]["faults"]
    fresh, published = opening.state(ctx, "tiny")["items"][:2]
    assert (published["id"], published["across_towns"], published["moved"]) == (draft.plan, True, moved)
    assert (fresh["across_towns"], fresh["moved"]) == (False, 0)
    assert not {"across", "moved_cells"} & {*published["measures"], *fresh["measures"]}
    publishing.roll_back(ctx, "tiny", draft.plan, if_match=plans.tag_of(ctx, "tiny", draft.plan))
    assert of_city(ctx)[1].id == old.id
    sound(ctx)


def test_a_torn_community_is_seen_and_cannot_be_submitted_or_published(ctx: Context) -> None:
    draft = Borders(ctx)
    ids, labels, rows = plans.cells_of(ctx, "tiny", draft.plan).cells, draft.labels(), draft.rows()
    near, mine = cells.neighbours(ids), labels == rows["C11"]["label"]
    inner = next(at for at in np.flatnonzero(mine) if (near[at] >= 0).all() and mine[near[at]].all())
    made = draft.do("assign", cells=cells.to_hex(ids[[inner]]), to=rows["C12"]["label"])
    assert made["pieces"] and made["after"][-1]["pieces"] == 2
    for refused in (draft.publish, lambda: reviewing.submit(ctx, "tiny", draft.plan)):
        with pytest.raises(errors.Conflict) as found:
            refused()
        assert found.value.code == "not_valid"
    draft.do("repair", grids=[rows["C12"]["label"]])
    assert plans.get(ctx, "tiny", draft.plan)["violations"] == [] or draft.publish()


def test_in_force_a_new_base_keeps_cells_columns_and_the_old_one_its_plans(ctx: Context) -> None:
    _, old, before = of_city(ctx)
    draft = Borders(ctx)
    draft.give(rings=2)
    draft.do("rename", to=draft.rows()["C12"]["label"], name="河东社区")
    now = draft.publish(effective_from="2026-12-01T00:00:00Z")
    assert now["status"] == "in_force" and now["effective_from"] == "2026-12-01T00:00:00Z"
    found, base, tree = of_city(ctx)
    assert base.id != old.id and base.cells.tolist() == old.cells.tolist()
    codes = {region.id: region.code for region in tree}
    by_label = {row["label"]: row["code"] for row in draft.rows().values()}
    assert [codes[number] for number in base.region.tolist()] == [by_label[one] for one in draft.labels().tolist()]
    assert next(region for region in tree if region.code == "C12").name == "河东社区"
    with database.reading(ctx.db) as connection:
        assert bases.column(connection, base.id, "households").tolist() == bases.column(
            connection, old.id, "households"
        ).tolist()
        assert regions.of_base(connection, old.id) == before
        shapes = {c: shapely.from_wkb(g) for c, g in regions.geometries(connection, base.id, level="community").items()}
        held = plan_rows.get(connection, "tiny", found.plan_id)
    assert held["base_id"] == old.id  # the grids in force stay with the base they were drawn on
    lats, lngs = cells.centres(base.cells)
    moved = [codes[number] for number in base.region.tolist()]
    was = {region.id: region.code for region in before}
    for at in np.flatnonzero([a != was[b] for a, b in zip(moved, old.region.tolist(), strict=True)]).tolist():
        assert shapes[int(base.region[at])].covers(shapely.Point(lngs[at], lats[at]))
    sound(ctx)


def test_the_grids_in_force_get_a_successor_by_overlay_ready_to_be_rebalanced(ctx: Context) -> None:
    before = {row["code"]: row for row in plans.grids(ctx, "tiny", "current")["grids"]}
    was = plans.cells_of(ctx, "tiny", "current").columns["grid"]
    draft = Borders(ctx)
    told = draft.give(rings=2)["cut"]
    draft.publish()
    state = opening.state(ctx, "tiny")["grids"]
    assert state["behind"] and sorted(state["successor"]["cut"]) == sorted(row["code"] for row in told["grids"])
    new = state["successor"]["id"]
    _, base, _ = of_city(ctx)
    labels = plans.cells_of(ctx, "tiny", new).columns["grid"]
    assert labels.size == base.cells.size
    for label in np.unique(labels).tolist():
        assert len(set(base.region[labels == label].tolist())) == 1
    after = {row["code"]: row for row in plans.grids(ctx, "tiny", new)["grids"]}
    touched = set(state["successor"]["cut"]) | {
        row["code"] for row in before.values() if (labels[was == row["label"]] != row["label"]).any()
    } | {row["code"] for row in after.values() if (was[labels == row["label"]] != row["label"]).any()}  # fmt: skip
    for code, row in before.items():
        if code not in touched:
            kept = {name: value for name, value in after[code].items() if name not in ("region", "faults")}
            assert kept == {name: row[name] for name in kept}
    assert comparing.compare(ctx, "tiny", "current", new)["moved_cells"] >= state["successor"]["moved_cells"] > 0
    balanced = adjusting.rebalance(ctx, "tiny", new, seed=1, seconds=2.0)["plan"]
    ready = plans.get(ctx, "tiny", balanced)
    publishing.publish(ctx, "tiny", balanced, if_match=ready["tag"])
    assert not opening.state(ctx, "tiny")["grids"]["behind"]
    with database.reading(ctx.db) as connection:
        assert {row["kind"] for row in plan_rows.lineage_of(connection, balanced)} >= {"kept"}
    sound(ctx)


def test_the_communities_of_today_count_the_grids_in_force_before_they_follow(ctx: Context) -> None:
    def counted() -> dict[str, int]:
        features = city_cases.tree(ctx, "tiny", level="community")["features"]
        return {one["properties"]["code"]: one["properties"]["grids"] for one in features}

    before = counted()
    draft = Borders(ctx)
    draft.give()
    draft.publish()
    assert counted() == before and sum(before.values()) > 0


def test_borders_are_rolled_back_with_their_base_and_the_drafts_on_it(ctx: Context) -> None:
    _, old, _ = of_city(ctx)
    colleague = editing.branch(ctx, "tiny", "current")["id"]
    draft = Borders(ctx)
    draft.give()
    now = draft.publish()
    with pytest.raises(errors.Conflict, match="no longer uses"):
        editing.branch(ctx, "tiny", colleague)
    with pytest.raises(errors.Stale):
        publishing.roll_back(ctx, "tiny", draft.plan, if_match=draft.tag)
    back = publishing.roll_back(ctx, "tiny", draft.plan, if_match=now["tag"], reason="界线有误")
    found, base, _ = of_city(ctx)
    assert base.id == old.id and back["status"] == "in_force" and back["id"] != draft.plan
    assert plans.get(ctx, "tiny", draft.plan)["status"] == "superseded"
    assert not opening.state(ctx, "tiny")["grids"]["behind"]
    editing.branch(ctx, "tiny", colleague)
    with pytest.raises(errors.Conflict) as nothing:
        publishing.roll_back(ctx, "tiny", back["id"], if_match=back["tag"])
    assert nothing.value.code == "nothing_to_roll_back"
    sound(ctx)


def test_borders_rolled_back_after_the_grids_followed_give_the_grids_a_successor_again(ctx: Context) -> None:
    draft = Borders(ctx)
    draft.give()
    now = draft.publish()
    new = opening.state(ctx, "tiny")["grids"]["successor"]["id"]
    publishing.publish(ctx, "tiny", new, if_match=plans.get(ctx, "tiny", new)["tag"])
    publishing.roll_back(ctx, "tiny", draft.plan, if_match=now["tag"])
    told = opening.state(ctx, "tiny")["grids"]
    assert told["behind"] and told["plan"] == new and told["successor"] is not None
    again = told["successor"]["id"]
    publishing.publish(ctx, "tiny", again, if_match=plans.get(ctx, "tiny", again)["tag"])
    sound(ctx)


def test_a_draft_of_older_borders_is_carried_over_and_merged(ctx: Context) -> None:
    mine, theirs = Borders(ctx), Borders(ctx)
    mine.give("C21", "C22")
    theirs.give()
    theirs.publish()
    with pytest.raises(errors.Conflict) as older:
        mine.do("undo")
    assert older.value.code == "older_base"
    with pytest.raises(errors.Conflict, match="of today already"):
        carrying.carry(ctx, "tiny", theirs.plan)
    carried = carrying.carry(ctx, "tiny", mine.plan)
    with pytest.raises(errors.Stale):
        Borders(ctx, carried["id"]).publish()
    merged = merging.merge(ctx, "tiny", carried["id"], theirs.plan)
    labels = Borders(ctx, merged["id"])
    now = labels.publish()
    assert now["version"] == 5 and opening.state(ctx, "tiny")["base"] == 3
    assert {row["region"]["code"] for row in labels.rows().values()} == {"T1", "T2"}
    sound(ctx)


def test_a_community_is_split_merged_and_keeps_its_codes_apart(ctx: Context) -> None:
    draft = Borders(ctx)
    rows = draft.rows()
    draft.do("split", to=rows["C11"]["label"], parts=2)
    assert sorted(draft.rows()) == ["C11", "C12", "C13", "C21", "C22"]
    draft.do("merge", grids=[rows["C21"]["label"], rows["C22"]["label"]])
    left = sorted(draft.rows())
    assert len(left) == 4 and left[:3] == ["C11", "C12", "C13"]
    draft.publish()
    _, base, tree = of_city(ctx)
    assert sorted(one.code for one in tree if one.level == "community") == left
    assert sum(one.cells for one in tree if one.level == "community") == base.cells.size
    again = Borders(ctx)
    again.do("split", to=again.rows()["C11"]["label"], parts=2)
    assert "C21" not in set(again.rows()) - set(left) and len(again.rows()) == 5
    sound(ctx)


def test_a_new_plan_within_new_borders_keeps_codes(ctx: Context) -> None:
    draft = Borders(ctx)
    draft.give()
    draft.publish()
    made = drawing.draw(ctx, "tiny", band=(150.0, 300.0), seed=1, seconds=2.0)
    old = {row["code"] for row in plans.grids(ctx, "tiny", "current")["grids"]}
    assert old & {row["code"] for row in plans.grids(ctx, "tiny", made["plan"])["grids"]}


@pytest.mark.parametrize("role", ["viewer", "worker", "operator"])
def test_borders_are_for_those_who_plan_the_whole_city(ctx: Context, role: str) -> None:
    other = ctx.acting(permissions.Actor(role, role, "tiny"))
    with pytest.raises(permissions.Denied):
        opening.open_(other, "tiny")
    draft = Borders(ctx)
    with pytest.raises(permissions.Denied):
        Borders(other, draft.plan).give()
    scoped = ctx.acting(permissions.Actor("town", "planner", "tiny", of_city(ctx)[2][0].id))
    with pytest.raises(permissions.Denied):
        opening.open_(scoped, "tiny")


def test_what_is_for_grids_refuses_communities_and_the_two_are_not_compared(ctx: Context) -> None:
    draft = Borders(ctx)
    for refused in (
        lambda: adjusting.rebalance(ctx, "tiny", draft.plan, seed=0, seconds=1.0),
        lambda: comparing.compare(ctx, "tiny", "current", draft.plan),
        lambda: merging.preview(ctx, "tiny", draft.plan, "current"),
    ):
        with pytest.raises(errors.Conflict) as found:
            refused()
        assert found.value.code == "other_kind"


def test_the_first_version_and_the_draft_compare(ctx: Context) -> None:
    draft = Borders(ctx)
    made = draft.give()
    first = plans.get(ctx, "tiny", draft.plan)["parent"]
    told = comparing.compare(ctx, "tiny", first, draft.plan)
    assert told["moved_cells"] == made["entry"]["n"]
    assert [(row["from"], row["to"]) for row in told["moves"]] == [("C11", "C12")]
