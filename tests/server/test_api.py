"""The API as the page uses it: what each address answers, decoded, on the tiny city."""

from __future__ import annotations

import json
import re
from typing import Any

import flask
import flask.testing
import numpy as np
import pytest

from layers import payload
from server.rules import permissions, privacy
from tests.server import tiny

CITY = "/api/cities/tiny"


@pytest.fixture
def app(steady: flask.Flask) -> flask.Flask:
    """Nothing here changes the city, so all tests share one."""
    return steady


def _binary(client: flask.testing.FlaskClient, path: str) -> payload.Payload:
    answer = client.get(f"{CITY}/{path}")
    assert (answer.status_code, answer.mimetype) == (200, "application/octet-stream"), answer.get_data()[:300]
    return payload.decode(answer.data)


def _json(client: flask.testing.FlaskClient, path: str, **more: Any) -> Any:
    answer = client.get(f"{CITY}{path}", **more)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def test_a_city_tells_what_there_is_and_what_one_may_do(planner: flask.testing.FlaskClient) -> None:
    city = _json(planner, "")
    assert (city["code"], city["resolution"], city["levels"]) == ("tiny", 9, ["town", "community"])
    west, south, east, north = city["bbox"]
    assert (south, west) == pytest.approx(tiny.SOUTH_WEST["tiny"]) and north > south and east > west
    assert city["incidents"]["n"] == tiny.INCIDENTS
    assert sum(category["n"] for category in city["incidents"]["categories"]) == tiny.INCIDENTS
    assert city["counts"]["cameras"] == tiny.CAMERAS
    assert city["can"] == sorted(permissions.allowed(permissions.Actor("p", "planner", "tiny")))
    assert city["plan_in_force"]["version"] == 1


@pytest.mark.parametrize(("level", "codes"), [("town", ["T1", "T2"]), ("community", ["C11", "C12", "C21", "C22"])])
def test_regions_are_features_with_their_figures(planner: Any, level: str, codes: list[str]) -> None:
    features = _json(planner, f"/regions?level={level}")["features"]
    assert [one["properties"]["code"] for one in features] == codes
    assert sum(one["properties"]["cells"] for one in features) == _json(planner, "")["cells"]
    assert all(one["properties"]["households"] > 0 for one in features)


def test_the_cells_of_a_plan_are_the_citys_and_their_labels_are_its_grids(planner: Any) -> None:
    cells = _binary(planner, "plans/current/cells")
    grids = _json(planner, "/plans/current/grids")
    assert len(cells.cells) == _json(planner, "")["cells"] and cells.resolution == 9
    assert sorted(set(cells.columns["grid"].tolist())) == [grid["label"] for grid in grids["grids"]]
    counted = np.bincount(cells.columns["grid"])
    assert [int(n) for n in counted] == [grid["cells"] for grid in grids["grids"]]
    assert cells.meta["plan"] == grids["plan"]["id"] and cells.meta["version"] == grids["plan"]["version"]


def test_plans_are_listed_page_by_page_newest_first(planner: flask.testing.FlaskClient) -> None:
    first = _json(planner, "/plans?limit=1")
    second = _json(planner, f"/plans?limit=1&cursor={first['next']}")
    versions = [plan["version"] for page in (first, second) for plan in page["items"]]
    assert versions == [2, 1] and second["next"] is None


def test_outlines_and_one_grid_agree_with_the_list(planner: flask.testing.FlaskClient) -> None:
    grids = _json(planner, "/plans/current/grids")["grids"]
    outlines = _json(planner, "/plans/current/outlines")["features"]
    assert [one["properties"]["label"] for one in outlines] == [grid["label"] for grid in grids]
    for grid in grids:
        one = _json(planner, f"/plans/current/grids/{grid['label']}")
        assert {name: one[name] for name in grid} == grid
        assert all(other["label"] != grid["label"] for other in one["neighbours"])
    assert planner.get(f"{CITY}/plans/current/grids/999").status_code == 404


def test_heat_adds_up_to_the_incidents_at_every_resolution(planner: flask.testing.FlaskClient) -> None:
    for res in (9, 8, 7, 6):
        heat = _binary(planner, f"heat?res={res}")
        assert int(heat.columns["n"].sum()) == tiny.INCIDENTS and heat.resolution == res
        legend = heat.meta["legend"]
        assert legend["n"] == tiny.INCIDENTS
        assert sum(one["count"] for one in legend["classes"]) == len(heat.cells)
        assert all(re.fullmatch("#[0-9a-f]{6}", one["colour"]) for one in legend["classes"])


def test_heat_of_windows_and_categories_are_parts_of_the_whole(planner: flask.testing.FlaskClient) -> None:
    whole = int(_binary(planner, "heat").columns["n"].sum())
    parts = [int(_binary(planner, f"heat?category={one}").columns["n"].sum()) for one in tiny.CATEGORIES]
    assert sum(parts) == whole
    cut = "2025-02-01T00:00:00%2B08:00"
    before, after = (int(_binary(planner, f"heat?{end}={cut}").columns["n"].sum()) for end in ("to", "from"))
    assert before + after == whole and before > 0 and after > 0


def test_heat_per_area_and_per_household_follow_from_the_counts(planner: flask.testing.FlaskClient) -> None:
    raw, area = _binary(planner, "heat?res=8"), _binary(planner, "heat?res=8&per=area")
    assert raw.columns["value"].tolist() == raw.columns["n"].tolist()
    km2 = area.columns["n"] / area.columns["value"]
    assert np.all((km2 > 0.5) & (km2 < 1.0)), "a cell of resolution 8 has about 0.74 km²"
    assert _binary(planner, "heat?res=8&per=household").meta["legend"]["unit"]["en"].endswith("households")


def test_coverage_gaps_and_service_areas_are_aligned_with_their_cells(planner: flask.testing.FlaskClient) -> None:
    coverage = _binary(planner, "coverage")
    assert {"value", "covered"} <= set(coverage.columns)
    assert np.all((coverage.columns["covered"] >= 0) & (coverage.columns["covered"] <= 1))
    gaps = _binary(planner, "gaps")
    assert np.all(gaps.columns["n"] > 0) and {"value", "n", "covered"} <= set(gaps.columns)
    areas = _binary(planner, "service-areas?tier=town")
    assert set(areas.columns["centre"].tolist()) <= set(range(len(areas.meta["centres"])))


def test_things_are_listed_page_by_page(planner: flask.testing.FlaskClient) -> None:
    for path, total in (("workers", 12), ("cameras", tiny.CAMERAS), ("places", 6)):
        seen: list[str] = []
        cursor = ""
        while True:
            page = _json(planner, f"/{path}?limit=5&cursor={cursor}")
            seen += [item["id"] for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == total


def test_search_and_here_find_what_the_list_shows(planner: flask.testing.FlaskClient) -> None:
    grid = _json(planner, "/plans/current/grids")["grids"][0]
    (hit, *_) = _json(planner, "/search", query_string={"q": grid["code"]})["results"]
    assert (hit["kind"], hit["id"], hit["label"]) == ("grid", str(grid["label"]), grid["code"])
    cell = _binary(planner, "plans/current/cells").cells[0]
    here = _json(planner, f"/here?cell={int(cell):x}")
    again = _json(planner, f"/here?lat={here['lat']}&lng={here['lng']}")
    assert here == again and here["cell"] == f"{int(cell):x}" and here["grid"]["code"]
    assert [region["level"] for region in here["regions"]] == ["community", "town"]


@pytest.mark.parametrize(("kind", "media"), [
    ("csv", "text/csv"), ("geojson", "application/geo+json"), ("gpkg", "application/geopackage+sqlite3"),
])  # fmt: skip
def test_an_export_is_saved_never_shown(planner: flask.testing.FlaskClient, kind: str, media: str) -> None:
    answer = planner.get(f"{CITY}/plans/current/export?format={kind}")
    assert (answer.status_code, answer.mimetype) == (200, media)
    assert re.fullmatch(rf'attachment; filename="[\w.-]+\.{kind}"', answer.headers["Content-Disposition"])
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    if kind == "csv":
        lines = answer.get_data(as_text=True).splitlines()
        assert lines[0].startswith("cell,grid,") and len(lines) == _json(planner, "")["cells"] + 1


@pytest.fixture
def viewer(app: flask.Flask) -> flask.testing.FlaskClient:
    return tiny.signed_in(app, "viewer")


@pytest.mark.parametrize("query", ["", "?res=9", "?from=2025-01-15T00:00:00Z", "?per=area", "?category=noise"])
def test_a_viewers_heat_has_no_small_count_and_no_fine_cell(viewer: Any, query: str) -> None:
    heat = _binary(viewer, f"heat{query}")
    n = heat.columns["n"]
    assert heat.cells.size > 0 and heat.resolution == privacy.FINEST
    assert np.all(n >= privacy.FLOOR) and np.all(n % privacy.STEP == 0)
    assert heat.meta["legend"]["n"] == int(n.sum())
    start, end = heat.meta["legend"]["window"]
    assert start.endswith("T16:00:00Z") and end.endswith("T16:00:00Z"), "whole months of the city's clock"


def test_a_viewer_cannot_slide_the_window(viewer: flask.testing.FlaskClient) -> None:
    windows = ["2025-02-01T00:00:00Z&to=2025-02-02T00:00:00Z", "2025-02-13T09:30:00Z", "2025-02-28T00:00:00Z"]
    assert len({viewer.get(f"{CITY}/heat?from={window}").data for window in windows}) == 1
    assert viewer.get(f"{CITY}/heat?smooth=1").status_code == 422


def test_a_viewer_sees_camera_density_in_bands_only(viewer: flask.testing.FlaskClient) -> None:
    found = _binary(viewer, "coverage?res=9")
    assert found.resolution == privacy.FINEST and set(found.columns) == {"value"}
    assert set(found.columns["value"].tolist()) <= {1.0, 2.0, 3.0}


def test_a_viewer_is_told_no_people_no_cameras_and_no_exact_numbers(viewer: flask.testing.FlaskClient) -> None:
    city = _json(viewer, "")
    assert city["incidents"]["n"] is None
    assert {one["n"] for one in city["incidents"]["categories"]} == {None}
    assert re.fullmatch(r"\d{4}-\d\d-01T00:00:00Z", city["incidents"]["last"])
    assert not [grid for grid in _json(viewer, "/plans/current/grids")["grids"] if grid["worker"]]
    grid = _json(viewer, "/plans/current/grids/0")
    assert (grid["worker"], grid["cameras"], grid["months"]) == (None, [], [])
    here = _json(viewer, "/here?lat=30.505&lng=114.305")
    assert here["worker"] is None and here["grid"]["worker"] is None
    assert here["households"] is None or here["households"] % privacy.STEP == 0
    answers = [city, grid, here, _json(viewer, "/plans/current/grids"), _json(viewer, "/search?q=网格员")]
    everything = json.dumps(answers, ensure_ascii=False)
    assert "网格员" not in everything and "K00" not in everything


def test_healthz_says_ok(client: flask.testing.FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
