"""A city that has no plan yet: its page asks for none, whatever is opened, and says what to do next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright import sync_api

from server.rules import permissions
from server.usecases import context
from server.usecases.city import founding
from tests import conftest
from tests.browser.conftest import OFFICE
from tests.conftest import Served
from tests.server import tiny

pytestmark = pytest.mark.browser
JOBS = ("map", "redraw", "incidents", "coverage", "centres", "plans", "data", "admin")


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server on a city that has its outline and its regions, and nothing else."""
    folder = tmp_path_factory.mktemp("founded")
    home = folder / "home"
    tiny.write(folder, *tiny.SOUTH_WEST["tiny"])
    ctx = context.open_(home, f"sqlite:///{home / 'gezhi.sqlite'}", actor=permissions.HOST)
    founding.new_city(
        ctx, "new", name="New", boundary_file=folder / "boundary.geojson", resolution=9, datum="wgs84",
        region_files=[
            founding.RegionFile(level, folder / f"{name}.geojson", code="code", name="name", datum="wgs84")
            for level, name in (("town", "towns"), ("community", "communities"))
        ],
    )  # fmt: skip
    ctx.db.close()
    running = conftest.serve(home)
    yield running
    conftest.stop(running.process)


@pytest.mark.parametrize("job", JOBS)
def test_no_job_of_a_city_without_a_plan_asks_for_one(chromium: sync_api.Browser, founded: Served, job: str) -> None:
    made = chromium.new_context(viewport={"width": OFFICE[0], "height": OFFICE[1]}, locale="en-GB")
    page = made.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("response", lambda answer: complaints.append(answer.url) if answer.status >= 400 else None)
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.goto(f"{founded.url}/city/new?job={job}&lang=en")
    page.wait_for_selector("html[data-ready=true]", timeout=conftest.PATIENCE_S * 1000)
    if job == "map":
        page.locator("#map-area").get_by_role("button", name="Draw").wait_for()
    page.wait_for_load_state("networkidle")
    for tab in page.locator(".work-body").get_by_role("tab").all():
        tab.click()
        page.wait_for_load_state("networkidle")
    made.close()
    assert complaints == []
