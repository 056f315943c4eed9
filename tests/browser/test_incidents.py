"""The incident job in the browser: slider and play, linked charts, hot spots, areas, alerts, the month, export."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely
from playwright import sync_api

from geo import boundary, cells
from layers import payload
from tests.browser import conftest as browser
from tests.conftest import Served

pytestmark = pytest.mark.browser
CLASSES = [
    {"from": 1, "to": 2, "colour": "#f4e79b"}, {"from": 2, "to": 3, "colour": "#6fb98a"},
    {"from": 3, "to": None, "colour": "#331f5c"},
]  # fmt: skip

STEPPED = """async ([text, classes, places]) => {
    const data = GezhiPayload.decode(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
    const frame = document.createElement("div");
    frame.style.setProperty("position", "fixed");
    frame.style.setProperty("inset", "0");
    document.body.append(frame);
    const map = L.map(frame).setView([25.47, 112.08], 15);
    const colour = (k) => ({colour: {kind: "value", column: `s${k}`, classes}, fillOpacity: 1});
    const layer = new GezhiHexagons({...colour(0), borders: false, cellLines: false});
    layer.addTo(map);
    await layer.setData(data);
    layer.flush();
    const shown = ([lat, lng]) => {
        const {x, y} = map.latLngToLayerPoint([lat, lng]);
        for (const {el} of Object.values(layer._tiles)) {
            const {x: left, y: top} = L.DomUtil.getPosition(el);
            if (x < left || x >= left + 256 || y < top || y >= top + 256) continue;
            const [r, g, b, a] = el.getContext("2d").getImageData(x - left, y - top, 1, 1).data;
            return a ? `#${[r, g, b].map((one) => one.toString(16).padStart(2, "0")).join("")}` : null;
        }
    };
    const seen = [0, 1, 2, 3].map((k) => { layer.setStyle(colour(k)); return places.map(shown); });
    map.remove();
    frame.remove();
    return seen;
}"""


@pytest.fixture
def page(served: Served, chromium: sync_api.Browser) -> Iterator[sync_api.Page]:
    """The incident job of the demonstration city, in English; nothing may fail on the way."""
    with browser.job_open(chromium, served.url, "incidents") as opened:
        yield opened


def _legend(page: sync_api.Page) -> str:
    return page.locator("#map-legend").inner_text()


def test_the_slider_and_play_go_through_the_months_and_every_step_says_its_n(page: sync_api.Page) -> None:
    slider = page.get_by_role("slider", name="Time slider")
    with page.expect_response(lambda answer: "/heat/steps" in answer.url and answer.status == 200):
        page.get_by_role("button", name="Step forward").click()
    browser.until(page, lambda: slider.get_attribute("max") == "11")
    browser.until(page, lambda: "n = 5,834" in _legend(page))
    assert "2025-07-01 – 2025-07-31" in page.locator("#strip").inner_text()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/heat" in request.url else None)
    before = _legend(page)
    slider.fill("11")
    browser.until(page, lambda: "2026-06-01 – 2026-06-30" in page.locator("#strip").inner_text())
    browser.until(page, lambda: _legend(page) != before)
    page.get_by_role("button", name="Play").click()
    browser.until(page, lambda: "2025-07-01" in page.locator("#strip b").inner_text())
    page.get_by_role("button", name="Pause").click()
    assert asked == [], "a step must not ask the server"
    page.get_by_label("Step", exact=True).select_option("week")
    browser.until(page, lambda: int(slider.get_attribute("max") or 0) > 50)
    page.get_by_role("button", name="Leave").click()
    browser.until(page, lambda: "n = 59,933" in _legend(page))


def test_a_step_shows_the_colours_of_its_own_values(page: sync_api.Page) -> None:
    ids = boundary.fill(shapely.Point(112.08, 25.47).buffer(0.004), 10)
    columns = {f"s{k}": ((np.arange(ids.size) + k) % 4).astype(np.uint16) for k in range(4)}
    data = base64.b64encode(payload.encode(ids, columns, meta={})).decode()
    lats, lngs = cells.centres(ids)
    places = np.column_stack([lats, lngs]).tolist()
    seen = page.evaluate(STEPPED, [data, CLASSES, places])
    colours = [None, *(one["colour"] for one in CLASSES)]
    assert seen == [[colours[value] for value in columns[f"s{k}"]] for k in range(4)]


def test_a_late_answer_for_the_level_before_does_not_come_over_the_level_chosen(page: sync_api.Page) -> None:
    held: list[sync_api.Route] = []
    page.route("**/areas/figures?*level=community*", lambda route: held.append(route))
    browser.tab(page, "Areas")
    browser.until(page, lambda: bool(held))
    page.get_by_label("By", exact=True).select_option("grid")
    browser.until(page, lambda: "276 reports in no area" in _legend(page))
    chosen = _legend(page)
    with page.expect_response("**/areas/figures?*level=community*"):
        for route in held:
            route.continue_()
    page.wait_for_timeout(400)
    assert _legend(page) == chosen


def test_charts_and_map_are_linked(page: sync_api.Page) -> None:
    week = page.get_by_role("img", name="Hours of the week")
    with page.expect_response(lambda answer: "/heat?" in answer.url and "hours=9" in answer.url):
        week.locator("rect").nth(24 * 2 + 9).click()
    browser.until(page, lambda: "n = 59,933" not in _legend(page))
    browser.until(page, lambda: "weekdays=2" in page.url)
    page.get_by_role("button", name="All hours again").click()
    browser.until(page, lambda: "n = 59,933" in _legend(page))
    year = page.get_by_role("img", name="Days of the last year")
    year.locator("rect").nth(300).click()
    browser.until(page, lambda: "from=2026-" in page.url and "to=2026-" in page.url)
    shown = page.get_by_text("whole city, n = ")
    browser.until(page, lambda: shown.count() == 1 and "59,933" not in shown.inner_text())


def test_hot_spots_are_listed_classed_and_zoomed_to(page: sync_api.Page) -> None:
    page.locator(".work-body select").first.select_option("E01.02")
    browser.tab(page, "Hot spots")
    rows = page.locator("table.spots tbody tr")
    rows.first.wait_for(timeout=180_000)
    text = page.locator(".work-body").inner_text()
    assert "the expected share of false spots is at most 5%" in text and "tested against households" in text
    browser.until(page, lambda: "false discoveries below 5%" in _legend(page))
    page.locator(".choice label", has_text="How they emerged").click()
    browser.until(page, lambda: "consecutive hot spot" in _legend(page))
    before = page.url
    rows.filter(has_text="consecutive").first.click()
    browser.until(page, lambda: page.url != before and "at=25.4" in page.url)
    zoom = float(page.url.split("at=")[1].split("&")[0].split(",")[2])
    assert zoom >= 14
    page.get_by_text("What the classes mean").click()
    browser.until(page, lambda: page.locator(".work-body dl.facts dt").count() == 8)


def test_areas_compare_windows_and_each_other_and_alerts_give_reasons(page: sync_api.Page) -> None:
    page.get_by_role("button", name="Last month").click()
    browser.tab(page, "Areas")
    page.get_by_text("within normal variation").wait_for(timeout=180_000)
    page.locator(".choice label", has_text="Change").click()
    browser.until(page, lambda: "clearly more" in _legend(page) and "normal variation" in _legend(page))
    browser.until(page, lambda: "[" in page.locator(".work-body tbody tr").first.inner_text())
    page.get_by_text("Reports at grid borders").click()
    page.get_by_text("Two areas side by side").scroll_into_view_if_needed()
    page.get_by_label("Another").select_option(index=5)
    page.get_by_role("rowheader", name="Per km²").wait_for()
    browser.tab(page, "Alerts")
    page.get_by_text("Red: act", exact=True).wait_for(timeout=180_000)
    assert "the excess has added up to" in page.locator(".work-body").inner_text()
    browser.until(page, lambda: "blue: usual" in _legend(page))
    assert "measure no worker" in page.locator(".work-body").inner_text()


def test_the_month_and_the_view_can_be_taken_along(
    page: sync_api.Page, chromium: sync_api.Browser, tmp_path: Path
) -> None:
    with page.expect_download(timeout=180_000) as view:
        page.get_by_role("button", name="Export this view").click()
    file = tmp_path / "view.html"
    view.value.save_as(file)
    browser.tab(page, "Month")
    page.get_by_text("went beyond normal variation").first.wait_for(timeout=180_000)
    with page.expect_download(timeout=180_000) as word:
        page.get_by_role("button", name="Word").click()
    assert word.value.suggested_filename == "439781-2026-06.docx"
    context = chromium.new_context(offline=True)
    alone = context.new_page()
    outside: list[str] = []
    alone.on("request", lambda request: outside.append(request.url) if request.url.startswith("http") else None)
    alone.goto(file.as_uri())
    alone.locator(".leaflet-container canvas").first.wait_for(timeout=180_000)
    alone.get_by_text("59,933").first.wait_for(timeout=180_000)
    assert "counts of reports" in alone.locator("body").inner_text().lower() and outside == []
    context.close()
