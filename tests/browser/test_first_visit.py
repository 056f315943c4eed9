"""The main job as a planner does it: open the map, switch every layer, click, filter, search, change language, print.

Real server, real Chromium, no network beyond the server itself, no complaint on the console. Screenshots go to
``tests/shots`` for people to look at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright import sync_api

from tests.browser.conftest import OFFICE, PHONE, SHOTS, until
from tests.conftest import Served

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
SIZES = {"office": OFFICE, "wide": (1920, 1080), "phone": PHONE}


@dataclass
class Visit:
    """A page with what it complained about and where it wanted to go."""

    page: sync_api.Page
    url: str
    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def rest(self) -> None:
        """Wait until nothing is being loaded or drawn."""
        self.page.wait_for_selector("html[data-ready=true]", state="attached", timeout=180_000)
        self.page.wait_for_load_state("networkidle", timeout=180_000)
        self.page.wait_for_timeout(400)

    def shot(self, name: str) -> None:
        SHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")


@pytest.fixture
def visit(chromium: sync_api.Browser, served: Served) -> Iterator[Callable[..., Visit]]:
    contexts = []

    def go(path: str = "/", *, size: str = "office", language: str = "zh") -> Visit:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN" if language == "zh" else "en-GB",
            has_touch=size == "phone",
        )
        contexts.append(context)
        context.set_default_timeout(180_000)
        page = context.new_page()
        made = Visit(page, served.url)
        page.on("console", lambda said: made.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: made.complaints.append(str(error)))

        def gate(route: sync_api.Route) -> None:
            if route.request.url.startswith(served.url):
                route.continue_()
            else:
                made.outside.append(route.request.url)
                route.abort()

        page.route("**/*", gate)
        page.goto(served.url + path)
        made.rest()
        return made

    yield go
    for context in contexts:
        context.close()


def drawn(visit: Visit) -> int:
    """How many different colours the map shows: a blank map has next to none."""
    return visit.page.evaluate(
        """() => { const seen = new Set();
        for (const canvas of document.querySelectorAll('#map-area canvas')) {
          if (!canvas.width) continue;
          const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
          for (let i = 0; i < data.length; i += 400)
            if (data[i + 3]) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
        } return seen.size; }"""
    )


def test_every_layer_can_be_switched_and_shows_something(visit: Callable[..., Visit]) -> None:
    made = visit("/")
    page = made.page
    until(page, lambda: drawn(made) > 20)
    page.locator("#map-tools button").nth(3).click()
    boxes = page.locator("#map-layers input[type=checkbox]")
    names = [boxes.nth(i).get_attribute("id") for i in range(boxes.count())]
    wanted = {"grids", "regions", "workers", "centres", "service", "heat", "cameras", "coverage", "gaps", "ground"}
    assert {f"layer-{name}" for name in wanted} <= set(names)
    for name in names:
        box = page.locator(f"#{name}")
        was = box.is_checked()
        box.click()
        made.rest()
        until(page, lambda name=name, was=was: page.locator(f"#{name}").is_checked() is not was)
        assert page.locator(".layer-state.bad").count() == 0, page.locator(".layer-state.bad").first.text_content()
    assert made.complaints == [] and made.outside == []
    made.shot("layers-zh")


def test_what_the_page_asks_for_early_is_asked_for_once(chromium: sync_api.Browser, served: Served) -> None:
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(served.url)
    page.wait_for_selector("html[data-ready=true]", state="attached", timeout=180_000)
    early = page.evaluate("() => [...document.querySelectorAll('link[as=fetch]')].map((link) => link.href)")
    assert len(early) > 5 and {asked.count(address) for address in early} == {1}
    context.close()


def test_a_click_on_a_grid_tells_about_it_and_escape_leaves(visit: Callable[..., Visit]) -> None:
    made = visit("/")
    page = made.page
    box = page.locator("#map-area").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.45)
    page.wait_for_url(re.compile(r"sel=grid"), timeout=180_000)
    until(page, lambda: re.search(r"\d{12,15}", page.locator("#panel").inner_text()) is not None)
    until(page, lambda: "户" in page.locator("#panel").inner_text())
    made.shot("grid-zh")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !location.search.includes('sel=grid')")
    assert made.complaints == []


def test_search_finds_a_community_and_a_code(visit: Callable[..., Visit], served: Served) -> None:
    made = visit("/")
    page = made.page
    page.keyboard.press("/")
    page.keyboard.type("文昌")
    results = page.locator("#map-top [role=option]")
    results.first.wait_for(timeout=180_000)
    until(page, lambda: "文昌" in results.first.inner_text())
    results.first.click()
    until(page, lambda: "文昌" in page.locator("#panel").inner_text())
    assert made.complaints == []


def test_incidents_filter_by_category_and_window(visit: Callable[..., Visit]) -> None:
    made = visit("/?job=incidents")
    page = made.page
    until(page, lambda: "n = 59,933" in page.locator("#map-legend").inner_text())
    whole = page.locator("#map-legend").inner_text()
    category = page.locator("#work select").first
    category.select_option(index=2)
    until(page, lambda: page.locator("#map-legend").inner_text() != whole)
    until(page, lambda: "category=" in page.url)
    made.shot("incidents-zh")
    assert made.complaints == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("job", ["map", "redraw", "incidents", "coverage", "centres", "plans", "data"])
def test_every_job_stands_in_both_languages_at_every_size(
    visit: Callable[..., Visit], job: str, language: str, size: str
) -> None:
    made = visit(f"/?job={job}", size=size, language=language)
    made.shot(f"{job}-{language}-{size}")
    overflow = made.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"the page is {overflow}px too wide"
    assert made.complaints == [] and made.outside == []
    assert made.page.locator("html").get_attribute("lang", timeout=180_000).startswith(language)


def standing(page: sync_api.Page) -> str:
    """The address without its language, once it has stayed the same for a second."""
    address = "() => location.search.replace(/[?&]lang=[a-z]+/, '')"
    seen = [page.evaluate(address)]
    while len(seen) < 6 or len(set(seen[-6:])) > 1:
        page.wait_for_timeout(200)
        seen.append(page.evaluate(address))
    return str(seen[-1])


def test_the_language_changes_without_losing_the_view(visit: Callable[..., Visit]) -> None:
    made = visit("/?job=incidents")
    page = made.page
    until(page, lambda: "n =" in page.locator("#map-legend").inner_text())
    before = standing(page)
    page.get_by_text("English", exact=True).first.click()
    until(page, lambda: "reports" in page.locator("#map-legend").inner_text())
    assert standing(page) == before
    assert made.complaints == []


def test_the_print_layout_has_title_legend_scale_north_date_and_version(visit: Callable[..., Visit]) -> None:
    made = visit("/")
    page = made.page
    page.evaluate("() => { window.print = () => { window.__printed = true; }; }")
    page.locator("#map-tools button").last.click()
    page.locator("dialog .button.primary").click()
    until(page, lambda: page.evaluate("() => window.__printed === true"))
    page.emulate_media(media="print")
    made.shot("print-zh")
    text = page.locator("body").inner_text()
    assert re.search(r"20\d\d", text) and "格安市" in text
    assert made.complaints == []


@pytest.mark.parametrize("job", ["map", "redraw", "incidents", "coverage", "data"])
def test_axe_reports_nothing_serious(visit: Callable[..., Visit], job: str) -> None:
    made = visit(f"/?job={job}")
    made.page.evaluate(AXE.read_text(encoding="utf8"))
    found = made.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    grave = [
        f"{one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert not grave, "\n".join(grave)
