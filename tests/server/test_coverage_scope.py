"""Who may see what of camera coverage: every route of it, asked by those who may not, and by half a territory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import flask
import flask.testing
import h3.api.basic_str as h3
import pytest
import sqlalchemy

from layers import payload
from server.rules import permissions
from server.store import audit, database, schema
from server.views import routes
from tests.server import tiny

AT = "/api/cities/tiny/coverage"
BORDER = 114.31
"""The western town ends here; a cell may reach a little over it."""
OVER = 0.0015
WEST = {"kind": "dome", "lat": 30.505, "lng": 114.304, "angle_deg": 360, "range_m": 40, "name": "west"}
EAST = {**WEST, "lng": 114.316, "name": "east"}


def _reads(app: flask.Flask) -> list[str]:
    """Every address under coverage that is read, with a camera put in."""
    found = [routes.of(view) for view in app.view_functions.values()]
    rules = {one.rule for one in found if one and one.method == "GET" and "/coverage/" in one.rule}
    return sorted(rule.partition("/coverage/")[2].replace("<camera>", "1") for rule in rules)


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _dicts(one)


def test_there_are_routes_to_ask(steady: flask.Flask) -> None:
    assert {"figures", "gaps", "surplus", "outages", "effect", "views", "register", "export"} <= set(_reads(steady))


def test_only_bands_are_open_to_viewers_and_workers(steady: flask.Flask) -> None:
    found = [routes.of(view) for view in steady.view_functions.values()]
    actions = {one.rule.partition("/coverage/")[2]: one.action for one in found if one and "/coverage/" in one.rule}
    for role in ("viewer", "worker"):
        may = {rule for rule, action in actions.items() if permissions.may(permissions.Actor("x", role), action)}
        assert may == {"export"}
        client = tiny.signed_in(steady, role)
        for path in _reads(steady):
            assert client.get(f"{AT}/{path}?audience=x").status_code == (422 if path == "export" else 403), path


def test_the_planner_of_another_city_learns_nothing(steady: flask.Flask) -> None:
    outsider = tiny.signed_in(steady, "outsider")
    for path in _reads(steady):
        query = "?audience=x" if path == "register" else ""
        assert outsider.get(f"{AT}/{path}{query}").status_code == 404, path
    for path, body in (("sight", {n: v for n, v in WEST.items() if n != "name"}), ("cordon", {}), ("proposals", WEST)):
        assert outsider.post(f"{AT}/{path}", json=body).status_code == 404, path


@pytest.fixture
def proposed(app: flask.Flask, planner: flask.testing.FlaskClient) -> flask.Flask:
    """The tiny city with a proposal in either half, and figures that were kept."""
    for body in (WEST, EAST):
        assert planner.post(f"{AT}/proposals", json=body).status_code == 201
    assert planner.post(f"{AT}/history", json={}).status_code == 201
    return app


def test_an_operator_of_one_half_sees_nothing_of_the_other(proposed: flask.Flask) -> None:
    town, whole = tiny.signed_in(proposed, "townsman"), tiny.signed_in(proposed, "operator")
    beyond = 0
    for path in _reads(proposed):
        if path in ("export", "register") or "<" in path or path.startswith("cameras/"):
            continue
        mine = town.get(f"{AT}/{path}?limit=500" if path in LISTS else f"{AT}/{path}")
        every = whole.get(f"{AT}/{path}?limit=500" if path in LISTS else f"{AT}/{path}")
        assert (mine.status_code, every.status_code) == (200, 200), path
        assert [one for one in _dicts(mine.get_json()) if _lies_east(one)] == [], path
        beyond += sum(_lies_east(one) for one in _dicts(every.get_json()))
    assert beyond > 20, "the whole city has much on the other side"
    assert town.get(f"{AT}/history").get_json()["items"] == []
    assert [one["name"] for one in town.get(f"{AT}/proposals").get_json()["items"]] == ["west"]
    assert town.get(f"{AT}/effect").get_json()["proposals"] == 1


def test_an_operator_of_one_half_may_ask_for_no_cell_of_the_other(proposed: flask.Flask) -> None:
    town, whole = tiny.signed_in(proposed, "townsman"), tiny.signed_in(proposed, "operator")
    every = whole.get(f"{AT}/gaps?limit=500").get_json()["items"]
    mine = {one["cell"] for one in town.get(f"{AT}/gaps?limit=500").get_json()["items"]}
    east = [one["cell"] for one in every if _lies_east(one)]
    assert mine and east
    for cell in [*sorted(mine)[:3], *east[:3]]:
        assert whole.get(f"{AT}/cells/{cell}").status_code == 200, cell
        assert town.get(f"{AT}/cells/{cell}").status_code == (200 if cell in mine else 404), cell
    assert whole.get(f"{AT}/cells/nonsense").status_code == 404


LISTS = ("gaps", "surplus", "corridors", "outages", "ledger", "effect")


def _lies_east(one: dict[str, Any]) -> bool:
    lng = one.get("lng")
    if lng is None and isinstance(one.get("cell"), str):
        lng = h3.cell_to_latlng(one["cell"])[1]
    return isinstance(lng, float) and lng > BORDER + OVER


def test_before_and_after_count_what_the_proposals_add(proposed: flask.Flask) -> None:
    found = tiny.signed_in(proposed, "operator").get(f"{AT}/effect").get_json()
    assert found["proposals"] == len(found["views"]) == 2
    assert found["after"]["seen"] > found["before"]["seen"]
    assert found["after"]["need"] >= found["before"]["need"]
    assert found["after"]["places"] >= found["before"]["places"]
    gained = [one["after"] - one["before"] for one in found["cells"]]
    assert all(gain >= 0 for gain in gained) and max(gained) > 0
    assert 0 < found["gained_m2"] <= 2 * 3.15 * 40**2


def test_the_exact_export_states_its_audience_in_the_audit(proposed: flask.Flask) -> None:
    planner = tiny.signed_in(proposed, "planner")
    before = _exports(proposed)
    assert planner.get(f"{AT}/register").status_code == 422
    assert tiny.signed_in(proposed, "operator").get(f"{AT}/register?audience=a").status_code == 403
    assert _exports(proposed) == before, "a refused export is no export"
    answer = planner.get(f"{AT}/register?audience=派出所&format=geojson")
    assert "派出所" in answer.get_json()["watermark"]
    assert all("派出所" in site["properties"]["watermark"] for site in answer.get_json()["features"])
    assert "no-store" in answer.headers["Cache-Control"]
    assert _exports(proposed) == before + 1


def _exports(app: flask.Flask) -> int:
    ctx = app.extensions["gezhi.context"]
    with database.reading(ctx.db) as connection:
        assert audit.first_bad(connection) is None
        chosen = sqlalchemy.select(sqlalchemy.func.count()).where(schema.audit.c.action == "camera.export")
        return int(connection.execute(chosen).scalar_one())


def test_the_seen_share_of_cells_is_for_those_who_see_exactly(steady: flask.Flask) -> None:
    path = "/api/cities/tiny/coverage"
    density, one, two = (
        payload.decode(tiny.signed_in(steady, "operator").get(f"{path}?show={what}").get_data())
        for what in ("density", "seen1", "seen2")
    )
    assert one.columns["value"].max() <= 100.0 and one.columns["value"].min() > 0
    assert set(two.cells.tolist()) <= set(one.cells.tolist()) <= set(density.cells.tolist())
    bands = {
        tiny.signed_in(steady, "viewer").get(f"{path}?show={what}").get_data() for what in ("density", "seen1", "seen2")
    }
    assert len(bands) == 1
    assert tiny.signed_in(steady, "operator").get(f"{path}?show=seen9").status_code == 422
