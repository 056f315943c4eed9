"""Drawing a new plan from the page: what else is wished for, and what other numbers of grids would give."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright import sync_api

from tests.browser import conftest as browser
from tests.conftest import Served

pytestmark = pytest.mark.browser
LONG_MS = 300_000


@pytest.fixture
def page(own: Served, chromium: sync_api.Browser) -> Iterator[sync_api.Page]:
    with browser.job_open(chromium, own.url, "redraw") as opened:
        browser.tab(opened, "Draw a new plan")
        yield opened


def test_other_numbers_of_grids_are_tried_and_one_is_taken_over(page: sync_api.Page) -> None:
    page.get_by_label("Time allowed").select_option("5")
    page.get_by_role("button", name="Try numbers of grids").click()
    table = page.get_by_role("table").filter(has_text="Grids (workers)")
    table.wait_for(timeout=LONG_MS)
    rows = table.locator("tbody tr")
    numbers = [int(text.replace(",", "")) for text in rows.get_by_role("button").all_inner_texts()]
    assert len(numbers) > 2 and numbers == sorted(set(numbers))
    moved = page.get_by_role("table").filter(has_text="Households moved").locator("tbody tr")
    browser.until(page, lambda: moved.count() == 5)
    rows.nth(1).get_by_role("button").click()
    browser.until(page, lambda: page.get_by_label("Grids in all").input_value() == str(numbers[1]))


def test_what_is_wished_for_is_what_is_drawn(page: sync_api.Page) -> None:
    page.get_by_label("Grids in all").fill("260")
    page.get_by_label("Time allowed").select_option("5")
    page.get_by_text("More wishes").click()
    page.get_by_label("Evened by").select_option("balanced")
    page.get_by_label("school 71").check()
    page.screenshot(path=browser.SHOTS / "draw-wishes.png")
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/plans")) as asked:
        page.get_by_role("button", name="Draw grids").click()
    body = asked.value.post_data_json
    assert (body["counts"], body["workload"], body["dedicated"]) == ({"city": 260}, "balanced", ["school"])
    page.locator("#map-legend", has_text="Plan version 2").wait_for(timeout=LONG_MS)
    drawn = page.request.get(f"{page.url.split('/city/')[0]}/api/cities/439781/plans/newest/grids").json()
    kinds = [grid["kind"] for grid in drawn["grids"]]
    assert kinds.count("basic") == 260 and kinds.count("dedicated") > 0
    page.reload()
    page.wait_for_selector("html[data-ready=true]", timeout=180_000)
    browser.tab(page, "Draw a new plan")
    browser.until(page, lambda: page.get_by_label("Grids in all").input_value() == "260")
