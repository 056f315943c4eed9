"""The rule of the alerts in the browser: shown with its default, changed, refused, and put back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright import sync_api

from tests import conftest
from tests.conftest import Served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def own(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server on a copy of the demonstration city, since this changes the rule."""
    home = tmp_path_factory.mktemp("rule") / "home"
    shutil.copytree(demo_home, home)
    running = conftest.serve(home)
    yield running
    conftest.stop(running.process)


@pytest.fixture
def page(own: Served, chromium: sync_api.Browser) -> Iterator[sync_api.Page]:
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="en-GB")
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"{own.url}/?job=incidents&lang=en")
    opened.wait_for_selector("html[data-ready=true]", timeout=60_000)
    opened.locator(".work-body").get_by_role("tab", name="Alerts").click()
    yield opened
    context.close()
    assert complaints == []


def test_the_rule_is_changed_in_the_page_and_put_back(page: sync_api.Page) -> None:
    form = page.locator(".work-body form")
    opener = page.locator("summary", has_text="The rule")
    opener.click(timeout=30_000)
    least, test = form.get_by_label("Fewest reports"), form.get_by_label("Test", exact=True)
    assert least.input_value() == "8" and "default 8" in form.inner_text()
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
    page.get_by_text("the weighted average is").first.wait_for(timeout=30_000)
    opener.click()
    assert test.input_value() == "ewma" and form.get_by_label("Yellow share overdue (%)").input_value() == "12.5"
    form.get_by_role("button", name="Fill in the default").click()
    assert test.input_value() == "cusum"
    form.get_by_role("button", name="Save the rule").click()
    page.get_by_text("the excess has added up to").first.wait_for(timeout=30_000)
