"""The common refinement of all nets taken over as a draft: cut grids divided, codes and lineage kept, undone whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import flask
import numpy as np
import pytest

from geo import cells
from server.rules import permissions
from server.store import database
from server.store import plans as rows
from server.usecases import errors
from server.usecases.context import Context
from server.usecases.planning import nets, plans, publishing
from server.usecases.workbench import changes, editing, netting
from tests.server import test_cli, test_nets, tiny
from tests.server.conftest import Place


@pytest.fixture
def ctx(city: Place) -> Iterator[Context]:
    opened = city.open()
    yield opened
    opened.db.close()


def cutting_net(ctx: Context, tmp_path: Path) -> tuple[int, np.ndarray]:
    """A net that claims the first cells of one grid; the grid's label and the cells."""
    ids, labels, grids = test_nets.world(ctx)
    label = max(grids, key=lambda one: grids[one]["cells"])
    inside = np.sort(ids[labels == label])[: grids[label]["cells"] // 3]
    test_nets.bring(ctx, test_nets.csv(tmp_path / "n.csv", [(cell, "S1", "水务") for cell in cells.to_hex(inside)]))
    return label, inside


def test_cut_grids_are_divided_and_the_largest_part_keeps_its_code(ctx: Context, tmp_path: Path) -> None:
    ids, before, grids = test_nets.world(ctx)
    cutting_net(ctx, tmp_path)
    refined, part = nets.refine(ctx, "tiny"), nets.refined_cells(ctx, "tiny").columns["part"]
    made = netting.adopt(ctx, "tiny", name="多网合一")
    assert (made["status"], made["name"], made["grids"]) == ("draft", "多网合一", refined["parts"])
    columns = plans.cells_of(ctx, "tiny", made["id"])
    told = {one["label"]: one for one in plans.grids(ctx, "tiny", made["id"])["grids"]}
    both = np.unique(np.column_stack([columns.columns["grid"], part]), axis=0)
    assert len(both) == refined["parts"] == len(told), "each part is one grid"
    assert nets.refine(ctx, "tiny", made["id"])["n_split"] == 0
    old = {one["code"] for one in grids.values()}
    for split in refined["split"]:
        own = [told[int(columns.columns["grid"][np.flatnonzero(part == one["part"])[0]])] for one in split["parts"]]
        kept = [one for one in own if one["code"] in old]
        assert [one["code"] for one in kept] == [split["code"]]
        assert kept[0]["households"] == max(one["households"] for one in own)
    assert np.array_equal(columns.cells, ids) and set(np.unique(before)) <= set(told)


def test_it_is_one_change_that_is_undone_and_whose_lineage_is_told_in_force(ctx: Context, tmp_path: Path) -> None:
    _, before, grids = test_nets.world(ctx)
    label, _ = cutting_net(ctx, tmp_path)
    made = netting.adopt(ctx, "tiny")
    undone = editing.apply(ctx, "tiny", made["id"], changes.Change(op="undo"), if_match=made["tag"])
    assert np.array_equal(plans.cells_of(ctx, "tiny", made["id"]).columns["grid"], before)
    again = editing.apply(ctx, "tiny", made["id"], changes.Change(op="redo"), if_match=undone["tag"])
    with database.reading(ctx.db) as connection:
        assert np.array_equal(
            editing.replay(ctx, connection, "tiny", made["id"]), rows.labels_of(connection, made["id"])
        )
    new = {one["code"] for one in again["after"]} - {grids[label]["code"]}
    assert new
    publishing.publish(ctx, "tiny", made["id"], if_match=again["tag"])
    with database.reading(ctx.db) as connection:
        told = rows.lineage_of(connection, made["id"])
    assert {(one["from_code"], one["to_code"]) for one in told} >= {(grids[label]["code"], code) for code in new}


def test_nothing_is_begun_where_nothing_is_cut_or_a_cut_grid_is_locked(ctx: Context, tmp_path: Path) -> None:
    for one in nets.list_(ctx, "tiny")["items"]:
        nets.remove(ctx, "tiny", int(one["id"]))
    known = len(plans.list_(ctx, "tiny")["items"])
    with pytest.raises(errors.Conflict, match="No department"):
        netting.adopt(ctx, "tiny")
    label, _ = cutting_net(ctx, tmp_path)
    draft = editing.branch(ctx, "tiny", "current")
    lock = changes.Change(op="lock", grids=(label,))
    editing.apply(ctx, "tiny", draft["id"], lock, if_match=draft["tag"])
    with pytest.raises(errors.Conflict, match="Locked"):
        netting.adopt(ctx, "tiny", draft["id"])
    with pytest.raises(permissions.Denied):
        netting.adopt(ctx.acting(permissions.Actor("o", "operator", "tiny")), "tiny")
    assert len(plans.list_(ctx, "tiny")["items"]) == known + 1, "only the branch"


def test_the_service_and_the_command_line_take_it_over(city: Place, app: flask.Flask, tmp_path: Path) -> None:
    ctx = city.open()
    cutting_net(ctx, tmp_path)
    ctx.db.close()
    at = "/api/cities/tiny/refinement"
    planner, viewer = tiny.signed_in(app, "planner"), tiny.signed_in(app, "viewer")
    assert viewer.post(at, json={}).status_code == 403
    made = planner.post(at, json={"plan": "current", "name": "合一"})
    assert made.status_code == 201 and made.get_json()["status"] == "draft" and made.get_json()["name"] == "合一"
    history = planner.get(f"/api/cities/tiny/plans/{made.get_json()['id']}/history").get_json()
    assert history["items"][0]["op"] == "adopt" and history["can_undo"]
    by_hand = test_cli.answer(city, "nets", "adopt", "--city", "tiny", "--name", "再合")
    assert by_hand["grids"] == made.get_json()["grids"] and by_hand["version"] == made.get_json()["version"] + 1


def test_parts_keep_or_get_labels() -> None:
    basic = np.array([0, 0, 0, 2, 2, -1], dtype=np.int32)
    part = np.array([0, 1, 1, 2, 3, -1], dtype=np.int32)
    weights = np.array([1.0, 5.0, 0.0, 4.0, 4.0, 9.0])
    assert netting.divided(basic, part, weights).tolist() == [3, 0, 0, 2, 4, -1]
    assert netting.divided(basic, np.full(6, -1, np.int32), weights).tolist() == basic.tolist()
