"""The rule of the alerts in the browser: shown with its default, changed, refused, and put back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright import sync_api

from tests.browser import conftest as browser
from tests.conftest import Served

pytestmark = pytest.mark.browser


@pytest.fixture
def page(own: Served, chromium: sync_api.Browser) -> Iterator[sync_api.Page]:
    with browser.job_open(chromium, own.url, "incidents", refusals=True) as opened:
        browser.tab(opened, "Alerts")
        yield opened


def test_the_rule_is_changed_in_the_page_and_put_back(page: sync_api.Page) -> None:
    form = page.locator(".work-body form")
    opener = page.locator("summary", has_text="The rule")
    opener.click(timeout=180_000)
    least, test = form.get_by_label("Fewest reports"), form.get_by_label("Test", exact=True)
    browser.until(page, lambda: least.input_value() == "8" and "default 8" in form.inner_text())
    form.get_by_role("button", name="Save the rule").click()
    form.get_by_text("Nothing has changed.").wait_for()
    test.select_option("ewma")
    form.get_by_label("Yellow line (deviations)").fill("4")
    form.get_by_role("button", name="Save the rule").click()
    form.get_by_text("The yellow line cannot lie above the red one.").wait_for()
    refusal = {"error": {"code": "invalid", "message": "Refused.", "detail": [], "request_id": "r1"}}
    page.route("**/alerts/rule", lambda route: route.fulfill(status=422, json=refusal), times=1)
    form.get_by_label("Yellow line (deviations)").fill("2")
    form.get_by_role("button", name="Save the rule").click()
    form.get_by_role("alert").get_by_text("Refused.").wait_for()
    assert test.input_value() == "ewma", "what was typed stays"
    form.get_by_label("Yellow line (deviations)").fill("1.5")
    form.get_by_label("Yellow share overdue (%)").fill("12.5")
    with page.expect_request(lambda asked: asked.method == "PATCH") as sent:
        form.get_by_role("button", name="Save the rule").click()
    assert sent.value.post_data_json == {"test": "ewma", "yellow_ewma": 1.5, "yellow_overdue": 0.125}
    page.get_by_text("The rule is saved").wait_for()
    page.get_by_text("the weighted average is").first.wait_for(timeout=180_000)
    opener.click()
    browser.until(page, lambda: test.input_value() == "ewma")
    browser.until(page, lambda: form.get_by_label("Yellow share overdue (%)").input_value() == "12.5")
    form.get_by_role("button", name="Fill in the default").click()
    browser.until(page, lambda: test.input_value() == "cusum")
    form.get_by_role("button", name="Save the rule").click()
    page.get_by_text("the excess has added up to").first.wait_for(timeout=180_000)
