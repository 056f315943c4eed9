"""The coverage job in the browser: figures, a gap that is gone to, a camera that is dragged and turned, a cordon."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright import sync_api

from tests.browser import conftest as browser
from tests.conftest import Served

pytestmark = pytest.mark.browser
DRAWN = ".leaflet-trial-pane path"


@pytest.fixture(scope="module")
def page(served: Served, chromium: sync_api.Browser) -> Iterator[sync_api.Page]:
    """The coverage job of the demonstration city, in English; nothing may fail on the way."""
    with browser.job_open(chromium, served.url, "coverage", size=(1440, 900)) as opened:
        yield opened


def test_figures_stand_beside_their_targets_and_areas_can_be_gone_to(page: sync_api.Page) -> None:
    text = page.locator(".work-body").inner_text()
    for said in ("Working", "target 98%", "Key places, 1 or more", "target 100%", "Public ground seen"):
        assert said in text
    rows = page.locator(".work-body table").last.locator("tbody tr")
    browser.until(page, lambda: rows.count() == 13)
    before = page.url
    rows.first.get_by_role("button").click()
    browser.until(page, lambda: page.url != before)


ACTIVE = "document.activeElement.value || document.activeElement.textContent"


def test_what_is_chosen_keeps_the_focus_and_the_place(page: sync_api.Page) -> None:
    browser.tab(page, "Figures")
    rows, body = page.locator(".work-body table").last.locator("tbody tr"), page.locator(".work-body")
    browser.until(page, lambda: rows.count() == 13)
    page.locator("input[name=coverage-level][value=community]").check(force=True)
    before = body.evaluate("(element) => element.scrollTop")
    browser.until(page, lambda: rows.count() > 13)
    assert page.evaluate(ACTIVE) == "community"
    assert body.evaluate("(element) => element.scrollTop") == before > 0
    page.locator("select[name=near]").focus()
    page.locator("select[name=near]").select_option("300")
    browser.until(page, lambda: page.locator("select[name=near]").input_value() == "300" == page.evaluate(ACTIVE))
    page.get_by_role("tab", name="Figures").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(ACTIVE) == "Gaps"
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(ACTIVE) == "Figures"


def test_the_worst_gap_is_gone_to(page: sync_api.Page) -> None:
    browser.tab(page, "Gaps")
    first = page.locator(".work-body ol.items button").first
    first.wait_for(timeout=180_000)
    cell = re.search(r"8[0-9a-f]{14}", first.inner_text())
    assert cell is not None
    first.click()
    browser.until(page, lambda: cell.group() in page.url)
    told = page.locator("#panel").get_by_text("Reports and view")
    told.wait_for()
    browser.until(page, lambda: "Public ground seen" in page.locator("#panel").inner_text())
    way = page.locator("#panel nav.crumbs button")
    browser.until(page, lambda: way.count() == 3)
    assert re.search(r"(街道|镇|乡)$", way.nth(1).inner_text()) and re.search(r"(社区|村)$", way.nth(2).inner_text())


def test_a_camera_shows_what_it_sees_and_can_be_dragged_turned_and_kept(page: sync_api.Page) -> None:
    page.get_by_role("button", name="Put one at the middle").click()
    page.locator(DRAWN).first.wait_for(state="attached", timeout=180_000)
    status = page.locator(".work-body [role=status] .facts")
    browser.until(page, lambda: "0° / 90°" in status.inner_text())
    shape = page.locator(DRAWN).first.get_attribute("d")
    slider = page.locator("input[name=heading]")
    slider.fill("120")
    browser.until(page, lambda: "120°" in status.inner_text())
    browser.until(page, lambda: page.locator(DRAWN).first.get_attribute("d") != shape)
    grip = page.locator(".grip").first.bounding_box()
    assert grip is not None
    page.mouse.move(grip["x"] + 9, grip["y"] + 9)
    page.mouse.down()
    with page.expect_response(lambda answer: answer.url.endswith("/coverage/sight")) as moved:
        page.mouse.move(grip["x"] + 30, grip["y"] - 25, steps=4)
    page.mouse.up()
    assert moved.value.status == 200
    page.get_by_role("button", name="Keep as a proposal").click()
    page.locator(".toast").first.wait_for(timeout=180_000)
    page.get_by_role("button", name="End", exact=True).click()
    sync_api.expect(page.locator(DRAWN)).to_have_count(0)


def test_on_a_phone_a_camera_is_put_where_the_sheet_leaves_the_map(served: Served, chromium: sync_api.Browser) -> None:
    with browser.job_open(chromium, served.url, "coverage", size=browser.PHONE) as page:
        with page.expect_response(lambda answer: answer.url.endswith("/coverage/sight")) as asked:
            page.get_by_role("button", name="Put one at the middle").click()
        assert asked.value.status == 200
        page.locator(DRAWN).first.wait_for(state="attached")
        sheet, seen = page.locator("#work").bounding_box(), page.locator(DRAWN).first.bounding_box()
        assert sheet is not None and seen is not None
        assert seen["y"] + seen["height"] < sheet["y"] and seen["height"] > 20


def test_a_cordon_is_checked_and_drawn(page: sync_api.Page) -> None:
    browser.tab(page, "Cordon")
    page.get_by_role("button", name="Check the cordon").click()
    nested = page.locator(".work-body details").nth(2)
    nested.wait_for(timeout=180_000)
    nested.locator("summary").click()
    browser.until(page, lambda: "country road" in nested.inner_text())
    assert "crossings in view" in page.locator(".work-body").inner_text()
    browser.until(page, lambda: page.locator(DRAWN).count() > 10)


def test_next_sites_come_with_their_bound(page: sync_api.Page) -> None:
    browser.tab(page, "Sites")
    page.locator(".work-body form input[type=number]").first.fill("3")
    page.get_by_role("button", name="Propose sites").click()
    page.get_by_text("Upper bound").wait_for(timeout=180_000)
    sites = page.locator(".work-body ol.items li").all_inner_texts()
    assert len(sites) == 3
    assert all(re.search(r"(社区|村).*% of need", site.replace("\n", " ")) for site in sites), sites
    browser.until(page, lambda: page.locator(DRAWN).count() >= 3)
