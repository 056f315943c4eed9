"""Coverage over HTTP: every answer has its shape, roles see what they may, long work is a job."""

from __future__ import annotations

import io
import json
from typing import Any

import flask
import flask.testing
import pydantic
import pytest

from server import runner
from server.views import routes
from tests.server import tiny

AT = "/api/cities/tiny/coverage"
CAMERA = {"kind": "fixed", "lat": 30.5102, "lng": 114.3102, "heading_deg": 90, "angle_deg": 60, "range_m": 40}
READS = ("figures", "figures?level=town", "figures?level=grid", "history", "gaps", "gaps?places=1&incidents=0",
         "surplus", "corridors", "outages", "ledger", "views", "views?bbox=114.3,30.5,114.32,30.52",
         "proposals")  # fmt: skip


def _model(app: flask.Flask, path: str, method: str = "GET") -> Any:
    rule = f"/api/cities/<city>/coverage/{path.partition('?')[0]}"
    found = [routes.of(view) for view in app.view_functions.values()]
    return next(one.answer for one in found if one and one.rule == rule and one.method == method)


@pytest.mark.parametrize("path", READS)
def test_what_is_read_has_the_shape_that_is_promised(
    steady: flask.Flask, path: str
) -> None:
    answer = tiny.signed_in(steady, "operator").get(f"{AT}/{path}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "private, no-store"
    _model(steady, path).model_validate(answer.get_json())


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("role", ["viewer", "worker"])
def test_who_neither_plans_nor_operates_gets_none_of_it(steady: flask.Flask, path: str, role: str) -> None:
    assert tiny.signed_in(steady, role).get(f"{AT}/{path}").status_code == 403
    assert tiny.browser(steady).get(f"{AT}/{path}").status_code == 401


def test_a_viewer_gets_bands_of_cells_with_three_cameras_and_no_site(steady: flask.Flask) -> None:
    viewer = tiny.signed_in(steady, "viewer")
    text = viewer.get(f"{AT}/export").get_data(as_text=True)
    assert "band" in text.splitlines()[0]
    assert "K0000" not in text
    assert viewer.get(f"{AT}/register?audience=x").status_code == 403
    operator = tiny.signed_in(steady, "operator")
    assert operator.get(f"{AT}/register?audience=x").status_code == 403


def test_a_cell_has_the_shape_that_is_promised_and_is_not_for_viewers(steady: flask.Flask) -> None:
    operator = tiny.signed_in(steady, "operator")
    cell = operator.get(f"{AT}/gaps").get_json()["items"][0]["cell"]
    answer = operator.get(f"{AT}/cells/{cell}?from=2026-01-01T00:00:00Z")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    _model(steady, "cells/<cell>").model_validate(answer.get_json())
    assert operator.get(f"{AT}/cells/{cell.upper()}").status_code == 404
    for role in ("viewer", "worker"):
        assert tiny.signed_in(steady, role).get(f"{AT}/cells/{cell}").status_code == 403


def test_trying_a_camera_out_answers_its_view(steady: flask.Flask) -> None:
    operator = tiny.signed_in(steady, "operator")
    answer = operator.post(f"{AT}/sight", json=CAMERA)
    assert answer.status_code == 200
    told = _model(steady, "sight", "POST").model_validate(answer.get_json())
    assert told.view["type"] == "Polygon"
    assert told.area_m2 == pytest.approx(3.14159 * 40**2 / 6, rel=0.01)
    for wrong in ({**CAMERA, "range_m": 0}, {**CAMERA, "kind": "drone"}, {**CAMERA, "owner": "x"}, {"kind": "fixed"}):
        assert operator.post(f"{AT}/sight", json=wrong).status_code == 422
    assert operator.post(f"{AT}/sight", json={**CAMERA, "lat": 0}).status_code == 404
    assert operator.post(f"{AT}/sight", json={**CAMERA, "camera": 999_999}).status_code == 404


def test_a_cordon_is_answered_for_a_region_or_a_ring(steady: flask.Flask) -> None:
    operator = tiny.signed_in(steady, "operator")
    for asked in ({}, {"region": "T1"}, {"inwards_m": [0, 100]}):
        answer = operator.post(f"{AT}/cordon", json=asked)
        assert answer.status_code == 200
        _model(steady, "cordon", "POST").model_validate(answer.get_json())
    assert operator.post(f"{AT}/cordon", json={"inwards_m": [50_000]}).status_code == 422
    assert operator.post(f"{AT}/cordon", json={"region": "X"}).status_code == 404


def test_the_loss_of_a_camera_is_told_to_its_territory_only(steady: flask.Flask) -> None:
    operator, town = tiny.signed_in(steady, "operator"), tiny.signed_in(steady, "townsman")
    every = operator.get("/api/cities/tiny/cameras").get_json()["items"]
    own = {one["id"] for one in town.get("/api/cities/tiny/cameras").get_json()["items"]}
    other = next(one["id"] for one in every if one["id"] not in own)
    path = f"{AT}/cameras/{other}/loss"
    answer = operator.get(path)
    assert answer.status_code == 200
    _model(steady, "cameras/<camera>/loss").model_validate(answer.get_json())
    assert town.get(path).status_code == 404
    assert town.get(f"{AT}/views?camera={other}").status_code == 404
    assert {one["properties"]["id"] for one in town.get(f"{AT}/views").get_json()["features"]} <= own


def test_choosing_sites_is_a_job_and_a_proposal_is_kept(app: flask.Flask, planner: flask.testing.FlaskClient) -> None:
    asked = {"number": 2, "poles": [[30.503 + 0.003 * n, 114.303 + 0.003 * n] for n in range(5)]}
    started = planner.post(f"{AT}/sites", json=asked)
    assert started.status_code == 202
    assert tiny.signed_in(app, "operator").post(f"{AT}/sites", json=asked).status_code == 403
    assert planner.post(f"{AT}/sites", json={"sources": ["junctions"]}).status_code == 422
    assert runner.run_one(app.extensions["gezhi.context"])
    job = planner.get(f"/api/jobs/{started.get_json()['job']['id']}").get_json()
    assert job["status"] == "done", job
    best = job["result"]["items"][0]
    assert best["at"]["region"]["name"]
    kept = planner.post(f"{AT}/proposals", json={n: best[n] for n in CAMERA} | {"name": "一号"})
    assert kept.status_code == 201, kept.get_data(as_text=True)
    path = f"{AT}/proposals/{kept.get_json()['id']}"
    assert planner.post(path, json={"state": "approved"}).status_code == 422
    done = planner.post(path, json={"state": "approved", "purpose": "安全", "legal_basis": "条例"})
    assert (done.status_code, done.get_json()["state"]) == (200, "approved")
    listed = planner.get(f"{AT}/proposals").get_json()["items"]
    assert [(one["name"], one["at"]) for one in listed] == [("一号", best["at"])]
    assert planner.post(f"{AT}/history", json={}).status_code == 201
    exact = planner.get(f"{AT}/register?audience=审计")
    assert "审计" in exact.get_data(as_text=True)
    assert planner.get(f"{AT}/register").status_code == 422


def test_models_refuse_what_they_do_not_name(steady: flask.Flask) -> None:
    with pytest.raises(pydantic.ValidationError):
        _model(steady, "gaps").model_validate({"weights": {}, "unseen": None, "items": [], "more": 1})


def test_direction_codes_are_declared_with_an_import(app: flask.Flask, planner: flask.testing.FlaskClient) -> None:
    rows = "".join(f"c{n},30.51,{114.31 + n / 1e3},枪机,{n}\n" for n in range(1, 6))
    asked = {"kind": "cameras", "datum": "wgs84", "dry_run": True, "directions": {str(n): n * 45 for n in range(1, 6)}}
    for directions, status, faults in ((asked["directions"], 202, []), ({"1": 720}, 422, None), ({}, 422, None)):
        file = (io.BytesIO(("id,lat,lng,kind,direction\n" + rows).encode()), "c.csv")
        body = {"file": file, "options": json.dumps({**asked, "directions": directions})}
        answer = planner.post("/api/cities/tiny/imports", data=body)
        assert answer.status_code == status, answer.get_json()
        if status == 202:
            assert runner.run_one(app.extensions["gezhi.context"])
            job = planner.get(f"/api/jobs/{answer.get_json()['job']['id']}").get_json()
            assert (job["status"], job["result"]["faults"]) == ("done", faults), job
