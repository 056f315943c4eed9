"""Incidents over time: days and hours that add up to the map, areas, territories, and what viewers are told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import flask
import flask.testing
import pytest

from server.rules import privacy
from server.usecases.incidents import timeline
from tests.server import tiny

AT = "/api/cities/tiny/incidents/timeline"


@pytest.fixture
def app(steady: flask.Flask) -> flask.Flask:
    """Nothing here changes the city, so all tests share one."""
    return steady


def _read(client: flask.testing.FlaskClient, query: str = "") -> dict[str, Any]:
    answer = client.get(f"{AT}{query}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def test_days_and_hours_add_up_to_all_incidents(planner: flask.testing.FlaskClient) -> None:
    found = _read(planner)
    assert found["n"] == tiny.INCIDENTS == sum(one["n"] for one in found["days"]) == sum(map(sum, found["hours"]))
    assert [len(hours) for hours in found["hours"]] == [24] * 7
    days = [one["day"] for one in found["days"]]
    assert days == sorted(set(days)) and days[0] >= "2025-01-01" and days[-1] <= "2025-03-31"


def test_parts_are_parts_of_the_whole(planner: flask.testing.FlaskClient) -> None:
    whole = _read(planner)["n"]
    assert sum(_read(planner, f"?category={one}")["n"] for one in tiny.CATEGORIES) == whole
    cut = "2025-02-01T00:00:00Z"
    assert _read(planner, f"?to={cut}")["n"] + _read(planner, f"?from={cut}")["n"] == whole
    regions = planner.get("/api/cities/tiny/regions?level=community").get_json()["features"]
    inside = [_read(planner, f"?region={one['properties']['id']}")["n"] for one in regions]
    assert 0 < sum(inside) <= whole and len(inside) == 4
    grids = planner.get("/api/cities/tiny/plans/current/grids").get_json()["grids"]
    assert sum(_read(planner, f"?grid={one['label']}")["n"] for one in grids) == sum(inside)


@pytest.mark.parametrize("query, status", [
    ("?region=999999", 404), ("?region=x", 422), ("?grid=1&region=1", 422), ("?grid=-1", 422), ("?res=8", 422),
])  # fmt: skip
def test_what_is_no_area_is_refused(planner: flask.testing.FlaskClient, query: str, status: int) -> None:
    assert planner.get(f"{AT}{query}").status_code == status


def test_a_territory_holds_fewer(planner: flask.testing.FlaskClient, app: flask.Flask) -> None:
    own = _read(tiny.signed_in(app, "townsman"))
    assert 0 < own["n"] < _read(planner)["n"]


def test_viewers_get_months_above_the_floor_that_equal_the_map(app: flask.Flask) -> None:
    viewer = tiny.signed_in(app, "viewer")
    found = _read(viewer)
    assert (found["step"], found["hours"], found["floor"]) == ("month", None, privacy.FLOOR)
    assert found["days"] and all(one["n"] >= privacy.FLOOR and one["n"] % privacy.STEP == 0 for one in found["days"])
    for one in found["days"]:
        start = datetime.fromisoformat(one["day"]).replace(tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
        answer = viewer.get("/api/cities/tiny/heat", query_string={"from": f"{start:%Y-%m-%dT%H:%M:%SZ}"})
        length = int.from_bytes(answer.data[4:8], "little")
        assert f'"n":{one["n"]},'.encode() in answer.data[8 : 8 + length].replace(b" ", b"")
    assert viewer.get(f"{AT}?grid=1").status_code == 422


@pytest.mark.parametrize("step, first", [("month", "2025-01-01"), ("week", "2025-01-06")])
def test_steps_begin_on_the_citys_own_clock(step: timeline.Step, first: str) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    begin = datetime(2025, 1, 7, 20, tzinfo=UTC)
    edges = timeline.edges_of(begin, datetime(2025, 3, 1, tzinfo=UTC), zone=zone, step=step)
    assert edges[0].astimezone(zone).isoformat() == f"{first}T00:00:00+08:00"
    assert edges[-1] > datetime(2025, 3, 1, tzinfo=UTC) >= edges[-2] and edges == sorted(set(edges))
