"""The plans and centres jobs in the browser: what a card says and hides, and what the legend of centres shows."""

from __future__ import annotations

import pytest
from playwright import sync_api

from tests.browser import conftest as browser
from tests.conftest import Served

pytestmark = pytest.mark.browser


def test_a_plan_says_who_made_it_and_keeps_its_files_folded(served: Served, chromium: sync_api.Browser) -> None:
    with browser.job_open(chromium, served.url, "centres") as page:
        marks = page.locator(".legend").first.locator("svg.swatch path:last-child")
        browser.until(page, lambda: marks.count() == 4)
        assert len({mark.get_attribute("d") for mark in marks.all()}) == 4
        communities = page.locator(".work-body details")
        assert communities.locator("li").count() == 0
        communities.locator("summary").click()
        browser.until(page, lambda: communities.locator("li").count() == int(communities.locator(".tag").inner_text()))
        page.get_by_role("navigation").get_by_text("Plans", exact=True).click()
        card = page.locator("article.plan", has_text="in force")
        card.wait_for()
        assert "command line" in card.inner_text() and "host" not in card.inner_text()
        files = card.get_by_role("link")
        assert files.count() == 0
        card.get_by_text("Export", exact=True).click()
        browser.until(page, lambda: files.count() == 6)
        page.locator(".work-body").get_by_role("button", name="Draw grids").click()
        browser.until(page, lambda: "job=redraw" in page.url)
