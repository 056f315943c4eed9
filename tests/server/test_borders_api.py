"""Community borders over HTTP and from the command line: the same draft, the same rights, the same answers."""

from __future__ import annotations

from typing import Any

import flask
import numpy as np
import pytest

from geo import cells
from server.usecases.planning import plans
from server.wire import borders, redraw
from tests.server import tiny
from tests.server.conftest import Place
from tests.server.test_cli import answer, call

CITY = "/api/cities/tiny"


def state(client: Any) -> dict[str, Any]:
    found = client.get(f"{CITY}/borders")
    assert found.status_code == 200, found.get_data(as_text=True)
    return borders.Borders.model_validate(found.get_json()).model_dump()


def beside(place: Place, draft: str, giver: str, taker: str) -> str:
    """A cell of one community that touches another."""
    ctx = place.open()
    rows = {row["code"]: row["label"] for row in plans.grids(ctx, "tiny", draft)["grids"]}
    found = plans.cells_of(ctx, "tiny", draft)
    ctx.db.close()
    labels, near = found.columns["grid"].astype(int), cells.neighbours(found.cells)
    edge = [
        at for at in np.flatnonzero(labels == rows[giver])
        if (labels[near[at][near[at] >= 0]] == rows[taker]).any()
    ]  # fmt: skip
    return cells.to_hex(found.cells[edge[len(edge) // 2 :][:1]])[0]


def test_a_draft_is_opened_edited_published_and_rolled_back(planner: Any, city: Place) -> None:
    made = planner.post(f"{CITY}/borders", json={"name": "河东调整"})
    assert made.status_code == 201 and made.get_json()["kind"] == "communities"
    draft, tag = made.get_json()["id"], made.get_json()["tag"]
    assert draft not in {one["id"] for one in planner.get(f"{CITY}/plans").get_json()["items"]}
    listed = planner.get(f"{CITY}/plans?kind=communities").get_json()["items"]
    assert [one["status"] for one in listed] == ["draft", "in_force"]
    grids = planner.get(f"{CITY}/plans/{draft}/grids").get_json()
    assert grids["plan"]["kind"] == "communities"
    labels = {one["code"]: one["label"] for one in grids["grids"]}
    change = {"op": "assign", "cells": [beside(city, draft, "C11", "C12")], "to": labels["C12"]}
    edited = planner.post(f"{CITY}/plans/{draft}/edits", json=change, headers={"If-Match": f'"{tag}"'})
    assert edited.status_code == 200, edited.get_data(as_text=True)
    told = redraw.Edited.model_validate(edited.get_json())
    assert told.cut is not None and told.cut.after >= 1
    one = planner.get(f"{CITY}/plans/{draft}/grids/{labels['C12']}")
    assert one.status_code == 200 and one.get_json()["kind"] == "community"
    for refused in ("suggestions", "check", "export?format=geojson"):
        found = planner.get(f"{CITY}/plans/{draft}/{refused}")
        assert found.status_code == 409 and found.get_json()["error"]["code"] == "other_kind", refused
    published = planner.post(f"{CITY}/plans/{draft}/publish", json={}, headers={"If-Match": f'"{told.tag}"'})
    assert published.status_code == 200, published.get_data(as_text=True)
    now = state(planner)
    assert now["in_force"] == draft and now["grids"]["behind"] and now["grids"]["successor"]
    regions = planner.get(f"{CITY}/regions?level=community").get_json()["features"]
    assert {one["properties"]["code"] for one in regions} == {"C11", "C12", "C21", "C22"}
    assert planner.post(f"{CITY}/plans/{draft}/carry", json={}).status_code == 409
    again = planner.post(f"{CITY}/plans/current/carry", json={})
    assert again.status_code == 201 and again.get_json()["kind"] == "grids"
    tag = published.get_json()["tag"]
    back = planner.post(f"{CITY}/plans/{draft}/roll-back", json={"reason": "有误"}, headers={"If-Match": f'"{tag}"'})
    assert back.status_code == 200 and state(planner)["in_force"] == back.get_json()["id"] != draft


@pytest.mark.parametrize(("name", "status"), [("viewer", 403), ("operator", 403), ("townsman", 403), ("outsider", 404)])
def test_only_planners_of_the_whole_city_open_borders(app: flask.Flask, name: str, status: int) -> None:
    assert tiny.signed_in(app, name).post(f"{CITY}/borders", json={}).status_code == status


def test_the_command_line_goes_the_whole_way(city: Place) -> None:
    draft = answer(city, "borders", "open", "--city", "tiny", "--name", "甲")["id"]
    cell = beside(city, draft, "C11", "C12")
    refused = call(city, "borders", "move", draft, "--to", "C99", "--cells", cell, "--city", "tiny")
    assert refused.exit_code != 0
    moved = answer(city, "borders", "move", draft, "--to", "C12", "--cells", cell, "--city", "tiny")
    assert moved["entry"]["n"] == 1
    wrong = call(city, "borders", "publish", "current", "--city", "tiny")
    assert wrong.exit_code != 0
    done = answer(city, "borders", "publish", draft, "--from", "2026-12-01T00:00:00Z", "--city", "tiny")
    assert done["base"] == 2 and done["grids"]["behind"]
    shown = call(city, "borders", "show", "--city", "tiny")
    assert "base 2: 4 communities" in shown.output and "successor is draft" in shown.output
    carried = answer(city, "borders", "carry", "current", "--city", "tiny")
    assert carried["kind"] == "grids" and carried["status"] == "draft"
    back = answer(city, "borders", "roll-back", "--reason", "有误", "--city", "tiny")
    assert back["base"] == 1 and not back["grids"]["behind"]
    assert answer(city, "verify")["ok"]
