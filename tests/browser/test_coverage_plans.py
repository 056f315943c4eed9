"""Planning cameras in the browser: a ring drawn on the map, proposals before and after, figures kept, an outage,
and the sites as a file."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright import sync_api

from tests.browser import conftest as browser
from tests.conftest import Served

pytestmark = pytest.mark.browser
DRAWN = ".leaflet-trial-pane path"


@pytest.fixture(scope="module")
def page(served: Served, chromium: sync_api.Browser) -> Iterator[sync_api.Page]:
    """The coverage job in English, close to the worst gap; nothing may fail on the way."""
    with browser.job_open(chromium, served.url, "coverage") as opened:
        yield opened


def _near_the_worst_gap(page: sync_api.Page) -> None:
    browser.tab(page, "Gaps")
    page.locator(".work-body ol.items button").first.click(timeout=180_000)
    page.wait_for_url(re.compile("sel=cell"), timeout=180_000)


def test_a_proposal_is_seen_before_and_after_and_is_withdrawn(page: sync_api.Page) -> None:
    _near_the_worst_gap(page)
    page.get_by_role("button", name="Put one at the middle").click()
    page.locator(".work-body [role=status] .facts").wait_for(timeout=180_000)
    with page.expect_response(lambda answer: answer.url.endswith("/coverage/proposals")) as kept:
        page.get_by_role("button", name="Keep as a proposal").click()
    assert kept.value.status == 201
    page.get_by_role("button", name="End", exact=True).click()
    browser.tab(page, "Proposals")
    body = page.locator(".work-body")
    body.get_by_text("Before and after").wait_for(timeout=180_000)
    browser.until(page, lambda: page.locator(DRAWN).count() >= 3)  # cells that change, the view and the site
    body.get_by_text("Before", exact=True).first.click()
    sync_api.expect(page.locator(DRAWN)).to_have_count(0)
    body.get_by_text("Approve or withdraw").last.click()
    with page.expect_response(lambda answer: "/coverage/proposals/" in answer.url) as done:
        body.get_by_role("button", name="Withdraw").last.click()
    assert done.value.json()["state"] == "withdrawn"


def test_a_ring_is_drawn_and_its_nested_cordons_are_checked(page: sync_api.Page) -> None:
    _near_the_worst_gap(page)
    browser.tab(page, "Cordon")
    page.get_by_role("button", name="Draw on the map").click()
    box = page.locator("#map").bounding_box()
    assert box is not None
    for across, down in ((0.5, 0.2), (0.75, 0.2), (0.75, 0.4), (0.5, 0.4)):
        page.mouse.click(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
    page.keyboard.press("Enter")
    page.get_by_text("1 drawn").wait_for()
    page.locator(".work-body form input[type=text]").fill("0, 20, 40")
    with page.expect_response(lambda answer: answer.url.endswith("/coverage/cordon")) as checked:
        page.get_by_role("button", name="Check the cordon").click()
    asked = checked.value.request.post_data_json
    assert len(asked["ring"]) == 4
    cordons = checked.value.json()["cordons"]
    assert [one["inwards_m"] for one in cordons] == [0.0, 20.0, 40.0]
    page.locator(".work-body details").nth(2).wait_for()


def test_figures_are_kept_and_homes_counted_at_another_distance(page: sync_api.Page) -> None:
    body = page.locator(".work-body")
    browser.tab(page, "Figures")
    near = page.get_by_label("Households count as near within")
    with page.expect_response(lambda answer: "home_m=300" in answer.url and "level=city" in answer.url) as wider:
        near.select_option("300")
    assert wider.value.json()["near"]["home_m"] == 300
    page.get_by_role("button", name="Keep today's figures").click()
    body.get_by_text("Now", exact=True).wait_for(timeout=180_000)
    browser.until(page, lambda: body.locator("table").first.locator("tbody tr").count() >= 2)


def test_what_the_failure_of_a_camera_costs_is_told(page: sync_api.Page) -> None:
    browser.tab(page, "Outages")
    page.locator(".work-body ol.items summary").first.click(timeout=180_000)
    page.get_by_text("Ground lost").wait_for(timeout=180_000)
    page.locator(DRAWN).first.wait_for(state="attached")


def test_sites_leave_only_for_a_named_audience_marked_and_recorded(page: sync_api.Page, served: Served) -> None:
    body = page.locator(".work-body")
    before = _recorded(served)
    browser.tab(page, "Figures")
    with page.expect_download() as bands:
        body.get_by_role("button", name="Export bands").click(timeout=180_000)
    assert _lines(bands.value)[0] == "cell,lat,lng,band"
    assert _recorded(served) == before, "bands are for everyone"
    body.get_by_text("Exact sites", exact=True).click()
    audience = page.get_by_label("For whom, and what for")
    take = body.get_by_role("button", name="Export exact sites")
    for said in ("", "   "):
        audience.fill(said)
        take.click()
        assert audience.evaluate("field => !field.validity.valid")
    audience.fill("East station, checking")
    with page.expect_download() as sites:
        take.click()
    body.get_by_text("written to the audit log").last.wait_for()
    head, *rows = _lines(sites.value)
    assert head.endswith(",watermark")
    assert rows and all("East station, checking" in row for row in rows)
    *earlier, recorded = _recorded(served)
    assert earlier == before
    assert "East station, checking" in recorded and f'"cameras":{len(rows)}' in recorded.replace(" ", "")


def _lines(saved: sync_api.Download) -> list[str]:
    return Path(saved.path()).read_text(encoding="utf-8-sig").splitlines()


def _recorded(served: Served) -> list[str]:
    """What the audit log says of exact exports."""
    with closing(sqlite3.connect(served.home / "gezhi.sqlite")) as connection:
        found = connection.execute("SELECT detail FROM audit WHERE action = 'camera.export' ORDER BY seq")
        return [str(detail) for (detail,) in found]
