"""Patrol areas on the page: chosen like any level, kept in the address; and a file for the public keeps the floor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from playwright import sync_api

from server.rules import permissions
from server.usecases import context
from server.usecases.importing import imports
from tests.browser import conftest as browser
from tests.conftest import Served

pytestmark = pytest.mark.browser
CITY = "439781"
BOXES = {
    "XQ1": (112.06, 25.44, 112.09, 25.49), "XQ2": (112.085, 25.44, 112.12, 25.49), "XQ3": (112.0, 25.5, 112.02, 25.6),
}  # fmt: skip


@pytest.fixture(scope="module")
def patrolled(own: Served, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A demonstration city whose police station has three patrol areas, two of which overlap."""
    features = [
        {"type": "Feature", "properties": {"code": code, "name": f"Patrol {code}"},
         "geometry": shapely.geometry.mapping(shapely.box(*box))}
        for code, box in BOXES.items()
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("patrol") / "patrol.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    ctx = context.open_(own.home, f"sqlite:///{own.home / 'gezhi.sqlite'}", actor=permissions.HOST)
    imports.run(ctx, CITY, path, imports.Asked(kind="nets", fields={}, datum="wgs84", department="Station 1"))
    ctx.db.close()
    return own


@pytest.fixture
def page(patrolled: Served, chromium: sync_api.Browser) -> Iterator[sync_api.Page]:
    with browser.job_open(chromium, patrolled.url, "incidents") as opened:
        yield opened


def test_patrol_areas_are_a_level_with_overlaps_told(page: sync_api.Page) -> None:
    browser.tab(page, "Areas")
    level = page.get_by_label("By", exact=True)
    browser.until(page, lambda: "Station 1 (own net)" in level.inner_text())
    level.select_option("net:Station 1")
    rows = page.locator(".work-body table tbody tr", has_text="Patrol XQ")
    browser.until(page, lambda: rows.count() == len(BOXES))
    browser.until(page, lambda: "Patrol areas and other nets may overlap" in page.locator(".work-body").inner_text())
    browser.until(page, lambda: "level=net:Station%201" in page.url)
    browser.until(page, lambda: "larger areas where several overlap" in page.locator("#map-legend").inner_text())
    page.screenshot(path=browser.SHOTS / "patrol-areas.png")
    browser.tab(page, "Alerts")
    browser.until(page, lambda: "net:Station 1" in (page.get_by_label("By", exact=True).input_value() or ""))
    page.reload()
    page.wait_for_selector("html[data-ready=true]", timeout=180_000)
    browser.until(page, lambda: "level=net:Station%201" in page.url)


def test_a_patrol_area_has_a_panel_like_a_community(page: sync_api.Page) -> None:
    page.get_by_role("button", name="Last month").click()
    browser.tab(page, "Areas")
    level = page.get_by_label("By", exact=True)
    browser.until(page, lambda: "Station 1 (own net)" in level.inner_text())
    level.select_option("net:Station 1")
    row = page.locator(".work-body table tbody tr", has_text="Patrol XQ2").first
    row.click()
    panel = page.locator("#panel")
    panel.get_by_role("heading", name="Patrol XQ2").wait_for(timeout=180_000)
    browser.until(page, lambda: "Against " in panel.inner_text() and "Alert " in panel.inner_text())
    n = row.locator("td.num").first.inner_text()
    told = panel.inner_text()
    assert n in panel.locator("dl.figures").first.inner_text() and "[" in told
    assert "Reports where areas overlap count in each of them" in told and "of it inside" in told
    page.screenshot(path=browser.SHOTS / "patrol-area-panel.png")
    browser.until(page, lambda: "sel=area:" in page.url)
    page.reload()
    page.wait_for_selector("html[data-ready=true]", timeout=180_000)
    panel.get_by_role("heading", name="Patrol XQ2").wait_for(timeout=180_000)
    panel.get_by_role("button", name="Patrol XQ1").click()
    panel.get_by_role("heading", name="Patrol XQ1").wait_for(timeout=180_000)
    panel.locator("button.item", has_text="of it inside").first.click()
    browser.until(page, lambda: "sel=grid:" in page.url)
    page.keyboard.press("Escape")
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    browser.until(page, lambda: "sel=area:" in page.url)


def test_a_file_for_the_public_needs_its_number_and_keeps_the_floor(page: sync_api.Page, tmp_path: Path) -> None:
    page.get_by_role("button", name="Public version").click()
    dialog = page.get_by_role("dialog", name="Public version")
    dialog.get_by_role("button", name="Public version").click()
    browser.until(page, lambda: "needs its map approval number" in dialog.inner_text())
    dialog.get_by_label("Map approval number").fill("GS(2025)1")
    with page.expect_download(timeout=180_000) as started:
        dialog.get_by_role("button", name="Public version").click()
    started.value.save_as(tmp_path / "public.html")
    text = (tmp_path / "public.html").read_text("utf-8")
    assert "GS(2025)1" in text and "fewer than 8 are not shown" in text and "内部资料" not in text
