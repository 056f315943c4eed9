"""Files come in through the page: whatever their columns are called."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest
from playwright import sync_api

from tests.browser import conftest as browser
from tests.browser.planner import CITY
from tests.conftest import Served

pytestmark = pytest.mark.browser


def _middle(served: Served) -> tuple[float, float]:
    """(lat, lng) of the middle of the demonstration city."""
    with urllib.request.urlopen(f"{served.url}/api/cities/{CITY}") as answer:
        west, south, east, north = json.loads(answer.read())["bbox"]
    return (south + north) / 2, (west + east) / 2


def _choose(page: sync_api.Page, kind: str, file: Path) -> None:
    page.get_by_label("Kind of data").select_option(kind)
    page.get_by_label("File to import").set_input_files(file)
    page.get_by_label("Datum").select_option("wgs84")


def test_a_column_of_any_name_can_be_chosen(chromium: sync_api.Browser, own: Served, tmp_path: Path) -> None:
    lat, lng = _middle(own)
    file = tmp_path / "census.csv"
    file.write_text(f"TOTAL_E,lat,lng\n3,{lat},{lng}\n4,{lat},{lng}\n", "utf-8")
    with browser.job_open(chromium, own.url, "data", shows="form") as page:
        _choose(page, "households", file)
        page.get_by_role("button", name="Preview").click()
        page.get_by_role("alert").get_by_text("Choose it under “Columns”").wait_for()
        page.get_by_role("row", name="needed").get_by_role("combobox").select_option("TOTAL_E")
        page.get_by_role("button", name="Preview").click()
        page.get_by_role("button", name="Import 2 rows").click()
        page.get_by_text("the map is up to date").wait_for()


def test_a_file_that_is_too_large_is_told_with_the_limit(
    chromium: sync_api.Browser, served: Served, tmp_path: Path
) -> None:
    file = tmp_path / "huge.csv"
    file.write_text("id\n", "utf-8")
    refused = {"error": {"code": "too_large", "message": "The request is too large.", "detail": []}}
    with browser.job_open(chromium, served.url, "data", shows="form", refusals=True) as page:
        page.route("**/imports", lambda route: route.fulfill(status=413, json=refused))
        _choose(page, "households", file)
        page.get_by_role("button", name="Preview").click()
        page.get_by_role("alert").get_by_text("200 MiB").wait_for()


def test_the_button_promises_only_the_rows_that_would_be_taken(
    chromium: sync_api.Browser, own: Served, tmp_path: Path
) -> None:
    lat, lng = _middle(own)
    file = tmp_path / "reports.csv"
    rows = [f"a,2025-06-01 12:00:00,noise,{lat},{lng}", f"b,2025-06-01 12:00:00,noise,{lat + 1},{lng}"]
    file.write_text("\n".join(["id,time,category,lat,lng", rows[0], rows[1], rows[0], ""]), "utf-8")
    with browser.job_open(chromium, own.url, "data", shows="form") as page:
        _choose(page, "incidents", file)
        page.get_by_role("button", name="Preview").click()
        page.get_by_role("button", name="Import 1 rows", exact=True).wait_for()
        page.get_by_role("row", name="outside the city").get_by_text("2", exact=True).wait_for()


def test_a_failed_preview_leaves_with_the_next_one_or_by_the_keyboard(
    chromium: sync_api.Browser, own: Served, tmp_path: Path
) -> None:
    lat, lng = _middle(own)
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text("a,b\n1,2\n", "utf-8")
    good.write_text(f"name,kind,lat,lng\nx,school,{lat},{lng}\n", "utf-8")
    with browser.job_open(chromium, own.url, "data", shows="form") as page:
        cards = page.locator("#tasks .task")
        for file in (bad, bad):
            _choose(page, "places", file)
            page.get_by_role("button", name="Preview").click()
            page.get_by_role("alert").wait_for()
            cards.locator(".bar-of.failed").wait_for()
            browser.until(page, lambda: cards.count() == 1)
        page.keyboard.press("Tab")
        cards.get_by_role("button", name="Close").focus()
        page.keyboard.press("Enter")
        browser.until(page, lambda: cards.count() == 0)
        page.get_by_role("button", name="Preview").click()
        cards.locator(".bar-of.failed").wait_for()
        _choose(page, "places", good)
        page.get_by_role("button", name="Preview").click()
        page.get_by_role("button", name="Import 1 rows").wait_for()
        assert cards.locator(".bar-of.failed").count() == 0


@pytest.mark.parametrize("size", [browser.OFFICE, browser.PHONE])
def test_the_table_of_faults_stays_within_its_column(
    chromium: sync_api.Browser, own: Served, tmp_path: Path, size: tuple[int, int]
) -> None:
    lat, lng = _middle(own)
    file = tmp_path / "register.csv"
    rows = [f"c{n},{lat},{lng},fixed,{n % 4 + 1}" for n in range(120_000, 120_040)]
    file.write_text("\n".join(["id,lat,lng,kind,direction", *rows, ""]), "utf-8")
    with browser.job_open(chromium, own.url, "data", shows="form", size=size) as page:
        _choose(page, "cameras", file)
        page.get_by_role("button", name="Preview").click()
        table = page.locator(".report table", has_text="declare their list")
        table.wait_for()
        column = page.locator(".work-body").bounding_box()
        for part in [table, *table.locator("th, td, .tag").all()]:
            box = part.bounding_box()
            assert box and column
            assert box["x"] + box["width"] <= column["x"] + column["width"], part.inner_text()
            assert part.evaluate("one => one.scrollWidth <= one.clientWidth + 1 || one.clientWidth === 0")


def test_a_department_can_be_named_for_its_grids(chromium: sync_api.Browser, own: Served, tmp_path: Path) -> None:
    lat, lng = _middle(own)
    ring = [[lng, lat], [lng + 0.01, lat], [lng + 0.01, lat + 0.01], [lng, lat + 0.01], [lng, lat]]
    area = {"type": "Feature", "properties": {"code": "W1"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    file = tmp_path / "wards.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [area]}), "utf-8")
    with browser.job_open(chromium, own.url, "data", shows="form") as page:
        _choose(page, "nets", file)
        page.get_by_label("Department").fill("Police")
        page.get_by_role("button", name="Preview").click()
        page.get_by_role("button", name="Import up to 1 rows").click()
        page.get_by_text("the map is up to date").wait_for()
    with urllib.request.urlopen(f"{own.url}/api/cities/{CITY}/nets") as answer:
        assert "Police" in {net["department"] for net in json.loads(answer.read())["items"]}
