"""The bar of jobs on a phone: more of them than fit, all of them found."""

from __future__ import annotations

import pytest
from playwright import sync_api

from tests.browser import conftest as browser
from tests.conftest import Served

pytestmark = pytest.mark.browser


def _seen(page: sync_api.Page, job: str) -> bool:
    """Whether a finger can press the whole link of a job: it is on the screen, and nothing lies over its ends."""
    return bool(page.evaluate(
        """job => { const link = document.querySelector(`.rail-job[data-job="${job}"]`);
        const box = link.getBoundingClientRect();
        return box.left >= -1 && box.right <= innerWidth + 1
          && [box.left + 3, (box.left + box.right) / 2, box.right - 3].every((x) =>
            link.contains(document.elementFromPoint(x, (box.top + box.bottom) / 2))); }""",
        job,
    ))  # fmt: skip


def _press(page: sync_api.Page, button: sync_api.Locator) -> None:
    """Press where the button is seen, as a finger does; Playwright's own click first scrolls to the end of the bar."""
    box = button.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_phone_shows_that_there_are_more_jobs_and_leads_to_them(chromium: sync_api.Browser, served: Served) -> None:
    with browser.job_open(chromium, served.url, "plans", size=browser.PHONE, shows=".plan") as page:
        browser.until(page, lambda: _seen(page, "plans"))
        page.locator('.rail-job[data-job="map"]').press("Enter")
        browser.until(page, lambda: _seen(page, "map"))
        assert not _seen(page, "data")
        more = page.get_by_role("button", name="More jobs")
        jobs = [str(one.get_attribute("data-job")) for one in page.locator(".rail-jobs li:not([hidden]) a").all()]
        assert {"map", "plans", "data"} <= set(jobs)
        found = {job for job in jobs if _seen(page, job)}
        _press(page, more)
        browser.until(page, lambda: _seen(page, "data"))
        found |= {job for job in jobs if _seen(page, job)}
        assert found == set(jobs), "none is skipped"
        page.locator('.rail-job[data-job="data"]').click()
        page.locator(".work-body form").wait_for()
        browser.until(page, lambda: _seen(page, "data"))
        while not _seen(page, "map"):
            _press(page, more)
            page.wait_for_timeout(200)


def test_the_job_that_is_open_is_in_sight(chromium: sync_api.Browser, served: Served) -> None:
    for size in (browser.PHONE, browser.OFFICE):
        with browser.job_open(chromium, served.url, "data", size=size, shows="form") as page:
            browser.until(page, lambda page=page: _seen(page, "data"))
            assert page.get_by_role("button", name="More jobs").is_visible() is (size == browser.PHONE)
