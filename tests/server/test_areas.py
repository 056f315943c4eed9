"""Areas, their change, borders, alerts and the steps of the slider: the numbers agree, and who may see them."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import flask
import flask.testing
import numpy as np
import pytest
import sqlalchemy

from geo import alerts as rules
from geo import change
from layers import payload
from server.rules import permissions
from server.store import database
from server.usecases import context, errors
from server.usecases.importing import imports
from server.usecases.incidents import alerts, areas, counting, steps
from tests.server import tiny
from tests.server.conftest import Place

FEBRUARY = "from=2025-01-31T16:00:00Z&to=2025-02-28T16:00:00Z"
QUICK = {"period_days": 5, "least": 4}


def _get(client: flask.testing.FlaskClient, path: str) -> Any:
    answer = client.get(f"/api/cities/tiny/{path}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json() if answer.is_json else payload.decode(answer.data)


@pytest.mark.parametrize("level", ["grid", "community", "town"])
def test_every_level_adds_up_to_the_same_reports_and_every_cell_has_its_area(steady: flask.Flask, level: str) -> None:
    planner = tiny.signed_in(steady, "planner")
    found = _get(planner, f"areas/figures?level={level}")
    assert found["n"] + found["left_out"] == tiny.INCIDENTS and found["before"] is None
    assert sum(one["n"] for one in found["items"]) == found["n"]
    cells = _get(planner, f"areas?level={level}")
    assert set(cells.columns["area"].tolist()) == set(range(len(found["items"])))
    assert {"n", "per_km2", "per_1000"} == set(found["legends"])
    assert all("Reports" in one["title"]["en"] for one in found["legends"].values())


def test_change_is_the_exact_comparison_of_two_windows_and_needs_history(steady: flask.Flask) -> None:
    planner = tiny.signed_in(steady, "planner")
    found = _get(planner, f"areas/figures?level=community&{FEBRUARY}")
    past, n = ([one[name] for one in found["items"]] for name in ("before", "n"))
    compared = change.compare(past, n, exposure_earlier=28, exposure_later=28, false_share=areas.FALSE_SHARE)
    assert [one["ratio"] for one in found["items"]] == pytest.approx(compared.ratio.round(3).tolist())
    assert [one["verdict"] for one in found["items"]] == compared.verdict.tolist()
    assert all(one["low"] <= one["ratio"] <= one["high"] for one in found["items"])
    assert "change" in found["legends"]
    year = _get(planner, f"areas/figures?level=community&{FEBRUARY}&against=year")
    assert year["before"] is None and {one["verdict"] for one in year["items"]} == {None}


def test_borders_name_both_sides_with_their_centres(steady: flask.Flask) -> None:
    found = _get(tiny.signed_in(steady, "planner"), "areas/borders")
    assert found["items"] and found["items"] == sorted(found["items"], key=lambda one: -one["n"])
    for one in found["items"]:
        assert one["n"] == one["n_a"] + one["n_b"] and one["a"]["id"] != one["b"]["id"]
        assert set(one["a"]) == {"id", "code", "name", "centre"}


def test_figures_of_areas_are_for_those_who_see_exact_figures(steady: flask.Flask) -> None:
    viewer, townsman = tiny.signed_in(steady, "viewer"), tiny.signed_in(steady, "townsman")
    for path in ("areas/figures", "areas/borders", "heat/steps", "incidents/month", "incidents/map", "hotspots"):
        assert viewer.get(f"/api/cities/tiny/{path}").status_code == 403, path
    own = _get(townsman, "areas/figures?level=town")
    assert [one["code"] for one in own["items"]] == ["T1"] and own["left_out"] == 0
    within = _get(townsman, "areas/figures?level=community")["items"]
    assert {one["code"] for one in within} == {"C11", "C12"}


@pytest.mark.parametrize("step", ["day", "week", "month"])
def test_steps_add_up_to_the_heat_of_the_window(steady: flask.Flask, step: str) -> None:
    planner = tiny.signed_in(steady, "planner")
    heat, found = _get(planner, f"heat?{FEBRUARY}"), _get(planner, f"heat/steps?{FEBRUARY}&step={step}")
    assert np.array_equal(found.cells, heat.cells)
    table = np.column_stack(list(found.columns.values()))
    assert np.array_equal(table.sum(axis=1), heat.columns["n"])
    assert [one["n"] for one in found.meta["steps"]] == table.sum(axis=0).tolist()
    assert found.meta["steps"][0]["from"].startswith("2025-01-31T16") and len(found.meta["steps"]) == {
        "day": 28, "week": 5, "month": 1,
    }[step]  # fmt: skip
    assert sum(one["count"] for one in found.meta["legend"]["classes"]) == int((table > 0).sum())


def test_hours_of_the_week_add_up_to_all_reports(steady: flask.Flask) -> None:
    planner = tiny.signed_in(steady, "planner")
    day = ",".join(str(hour) for hour in range(6, 18))
    parts = [_get(planner, f"heat?hours={hours}").meta["n"] for hours in (day, "18,19,20,21,22,23,0,1,2,3,4,5")]
    week = [_get(planner, f"heat?weekdays={days}").meta["n"] for days in ("0,1,2,3,4", "5,6")]
    hours = _get(planner, "incidents/timeline")["hours"]
    assert sum(parts) == sum(week) == tiny.INCIDENTS
    assert week[1] == sum(map(sum, hours[5:])) and parts[0] == sum(sum(row[6:18]) for row in hours)
    assert tiny.signed_in(steady, "viewer").get("/api/cities/tiny/heat?hours=3").status_code == 422


def test_twelve_years_of_weeks_are_played(city: Place) -> None:
    ctx = city.open()
    start, end = (datetime.datetime(year, 1, 1, tzinfo=datetime.UTC) for year in (2013, 2025))
    found = steps.read(ctx, "tiny", step="week", start=start, end=end + datetime.timedelta(days=90))
    assert found.meta["steps"][0]["from"].startswith("2013-01-01") and found.meta["earlier"] == 0
    ctx.db.close()


def test_of_a_long_time_the_last_steps_are_played_and_the_rest_is_told(
    city: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx = city.open()
    monkeypatch.setattr(steps, "MOST_STEPS", 20)
    found = steps.read(ctx, "tiny", step="day")
    assert len(found.meta["steps"]) == 20 and found.meta["n"] + found.meta["earlier"] == tiny.INCIDENTS
    assert found.meta["steps"][-1]["to"].startswith("2025-03-31T16")
    monkeypatch.setattr(steps, "MOST_VALUES", 100)
    with pytest.raises(errors.Invalid, match="longer steps"):
        steps.read(ctx, "tiny", step="day")
    ctx.db.close()


def test_a_thin_beginning_is_no_part_of_what_is_played(city: Place, tmp_path: Path) -> None:
    lat, lng = (corner + 0.01 for corner in tiny.SOUTH_WEST["tiny"])
    (tmp_path / "old.csv").write_text(
        f"id,time,category,lat,lng,status\nold,1999-05-05 10:00:00,noise,{lat},{lng},closed\n", encoding="utf-8"
    )
    ctx = city.open()
    imports.run(ctx, "tiny", tmp_path / "old.csv", imports.Asked(kind="incidents", fields={}, datum="wgs84"))
    found = steps.read(ctx, "tiny", step="month")
    assert [one["from"][:10] for one in found.meta["steps"]] == ["2024-12-31", "2025-01-31", "2025-02-28"]
    assert found.meta["earlier"] == 1
    ctx.db.close()


def test_alerts_follow_the_rule_and_say_why(city: Place) -> None:
    ctx = city.open()
    assert not alerts.of_day(ctx, "tiny", level="community")["enough"]
    assert alerts.set_policy(ctx, "tiny", QUICK)["least"] == 4
    found = alerts.of_day(ctx, "tiny", level="community")
    assert found["enough"] and found["day"] == "2025-03-31" and len(found["items"]) == 4
    for one in found["items"]:
        assert str(one["last"]) in one["reason"]["zh"] and one["colour"] in alerts.COLOURS
    assert {one["due"] for one in found["items"]} != {0} and {one["overdue"] for one in found["items"]} == {0}
    alerts.set_policy(ctx, "tiny", {"yellow_sum": 0.001, "red_sum": 0.002, "allowance": 0.0})
    raised = [one for one in alerts.of_day(ctx, "tiny", level="community")["items"] if one["cause"] == "rising"]
    assert raised and all("越过" in one["reason"]["zh"] and one["last"] > 0 for one in raised)
    with pytest.raises(errors.Invalid):
        alerts.set_policy(ctx, "tiny", {"red_sum": -1.0})
    with pytest.raises(errors.Invalid):
        alerts.set_policy(ctx, "tiny", {"workers": 1.0})
    ctx.db.close()


def test_the_test_of_the_rule_is_chosen_by_data(app: flask.Flask) -> None:
    planner, at = tiny.signed_in(app, "planner"), "/api/cities/tiny/alerts/rule"
    asked = {**QUICK, "test": "ewma", "weight": 1.0, "yellow_ewma": 0.001, "red_ewma": 0.002}
    assert planner.patch(at, json=asked).get_json()["test"] == "ewma"
    found = _get(planner, "alerts?level=community")
    assert found["rule"]["red_ewma"] == 0.002 and found["default"] == alerts.Policy().told()
    raised = [one for one in found["items"] if one["cause"] == "rising"]
    assert raised and all("加权平均偏高" in one["reason"]["zh"] and one["last"] > one["mean"] for one in raised)
    for wrong in ({"test": "shewhart"}, {"weight": 0}, {"red_ewma": 0.0001}):
        assert planner.patch(at, json=wrong).status_code == 422
    assert tiny.signed_in(app, "operator").patch(at, json={"least": 9}).status_code == 403
    assert planner.patch(at, json=found["default"]).get_json() == found["default"]


def test_the_public_sees_colours_of_communities_and_above_without_a_figure(city: Place) -> None:
    host = city.open()
    alerts.set_policy(host, "tiny", QUICK)
    viewer = host.acting(permissions.Actor("v", "viewer", "tiny"))
    with pytest.raises(permissions.Denied):
        alerts.of_day(viewer, "tiny", level="grid")
    found = alerts.of_day(viewer, "tiny", level="community", day=None)
    assert found["n"] is None and len(found["items"]) == 4
    for one in found["items"]:
        assert not {"last", "mean", "sum", "due", "overdue"} & set(one)
        assert not any(character.isdigit() for text in one["reason"].values() for character in text)
    earlier = alerts.of_day(viewer, "tiny", level="community", day=datetime.date(2025, 2, 20))
    assert earlier == found, "a free choice of days would let windows be subtracted from each other"
    with pytest.raises(permissions.Denied):
        alerts.set_policy(viewer, "tiny", {"least": 1})
    host.db.close()


def test_alerts_use_nothing_about_who_lives_or_works_there_and_measure_no_worker(city: Place) -> None:
    ctx = city.open()
    alerts.set_policy(ctx, "tiny", QUICK)
    before = alerts.of_day(ctx, "tiny", level="grid")
    assert "worker" not in json.dumps(before) and "household" not in json.dumps(before)
    with database.writing(ctx.db) as connection:
        connection.execute(sqlalchemy.text("DELETE FROM cell_columns WHERE name = 'households'"))
        connection.execute(sqlalchemy.text("UPDATE plan_grids SET worker_id = NULL, households = 1"))
        connection.execute(sqlalchemy.text("DELETE FROM workers"))
    fresh = context.open_(city.home, city.url, actor=permissions.HOST)
    assert alerts.of_day(fresh, "tiny", level="grid") == before
    assert not {"households", "workers"} & set(rules.colours.__annotations__)
    fresh.db.close()
    ctx.db.close()


def test_the_measure_of_one_report_is_what_the_heat_multiplies_with(city: Place) -> None:
    ctx = city.open()
    raw, dense = (counting.heat(ctx, "tiny", per=per) for per in ("raw", "area"))
    worth = dense.columns["value"] / raw.columns["value"]
    assert np.allclose(worth, worth[0], rtol=0.01) and np.array_equal(raw.columns["value"], raw.columns["n"])
    ctx.db.close()
