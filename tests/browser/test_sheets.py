"""Paper and pictures: sheets print as PDF with the pages they promise, the card is a PNG, nothing without a mark."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path

import pytest
from playwright import sync_api

from tests.browser.conftest import SHOTS
from tests.conftest import Served

pytestmark = pytest.mark.browser
CITY = "439781"
A4, A3_ACROSS = (595, 842), (1191, 842)


def page_sizes(pdf: bytes) -> list[tuple[int, int]]:
    """Width and height of every page in points."""
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
    return [(round(float(width)), round(float(height))) for width, height in boxes]


def grids(served: Served) -> list[dict[str, object]]:
    with urllib.request.urlopen(f"{served.url}/api/cities/{CITY}/plans/current/grids") as answer:
        return list(json.loads(answer.read())["grids"])


def open_(chromium: sync_api.Browser, served: Served, query: str, size: tuple[int, int] = (1366, 768)) -> sync_api.Page:
    page = chromium.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN").new_page()
    page.goto(f"{served.url}/city/{CITY}/sheets?lang=zh&{query}", timeout=180_000)
    page.wait_for_load_state("networkidle")
    SHOTS.mkdir(exist_ok=True)
    return page


def test_the_sheets_of_a_community_are_one_page_each(chromium: sync_api.Browser, served: Served) -> None:
    community = grids(served)[0]["region"]
    assert isinstance(community, dict)
    number = sum(1 for one in grids(served) if one["region"] == community)
    page = open_(chromium, served, f"kind=grid&region={community['code']}")
    sizes = page_sizes(page.pdf(prefer_css_page_size=True, print_background=True))
    assert sizes == [A4] * number
    assert page.locator(".sheet-columns").evaluate_all(
        "all => all.every((one) => one.scrollHeight <= one.clientHeight + 1)"
    ), "nothing of a sheet is cut off"
    page.screenshot(path=SHOTS / "sheet-grid-zh.png")
    page.context.close()


def test_a_wall_map_fills_its_paper(chromium: sync_api.Browser, served: Served) -> None:
    town = grids(served)[0]["town"]
    assert isinstance(town, dict)
    page = open_(chromium, served, f"kind=wall&region={town['code']}&size=a3", (1700, 1200))
    assert page_sizes(page.pdf(prefer_css_page_size=True, print_background=True)) == [A3_ACROSS]
    rows = page.locator(".wall-list tbody tr").count()
    assert rows == sum(1 for one in grids(served) if one["town"] == town)
    assert page.locator(".wall-list").evaluate("one => one.scrollHeight <= one.clientHeight + 1")
    page.screenshot(path=SHOTS / "sheet-wall-zh.png")
    page.context.close()


def test_the_card_becomes_a_picture_only_with_a_mark(
    chromium: sync_api.Browser, served: Served, tmp_path: Path
) -> None:
    page = open_(chromium, served, "kind=card", (390, 844))
    page.get_by_role("button", name="保存为图片").click()
    page.get_by_role("alert").wait_for()
    page.emulate_media(media="print")
    assert page.locator(".sheets-pages").is_hidden() and page.locator(".sheets-refused").is_visible()
    page.emulate_media(media="screen")
    page.locator("#mark").fill("审图号 湘S(2026)001号")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="保存为图片").click()
    waiting.value.save_as(tmp_path / "card.png")
    body = (tmp_path / "card.png").read_bytes()
    assert body[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(body[16:20]), int.from_bytes(body[20:24])) == (1000, 1250)
    (SHOTS / "card-zh.png").write_bytes(body)
    page.context.close()
