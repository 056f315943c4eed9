"""Redrawing by hand as planners do it: begin a draft, paint, undo, lock, split, meet a colleague's change, submit."""

from __future__ import annotations

import json
import math
import re
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api

from geo import cells
from layers import payload
from tests import conftest
from tests.browser.test_first_visit import SHOTS
from tests.conftest import Served

pytestmark = pytest.mark.browser
CITY = "439781"


@pytest.fixture(scope="module")
def own(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server on a copy of the demonstration city, since these tests write."""
    home = tmp_path_factory.mktemp("redraw") / "home"
    shutil.copytree(demo_home, home)
    running = conftest.serve(home)
    yield running
    conftest.stop(running.process)


def ask(url: str, json_body: Any = None, tag: str | None = None) -> bytes:
    headers = {"Content-Type": "application/json", "Origin": re.match(r"http://[^/]+", url)[0]}  # type: ignore[index]
    if tag:
        headers["If-Match"] = f'"{tag}"'
    body = None if json_body is None else json.dumps(json_body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers)) as answer:
        return answer.read()


def touching(own: Served, plan: str) -> tuple[int, int, float, float]:
    """Two touching grids of one community, and the middle of a cell of the second beside the first."""
    base = f"{own.url}/api/cities/{CITY}/plans/{plan}"
    found = payload.decode(ask(f"{base}/cells"))
    grids = {g["label"]: g for g in json.loads(ask(f"{base}/grids"))["grids"]}
    ids, labels = found.cells, found.columns["grid"].astype(int)
    around = cells.neighbours(ids)
    for at in range(len(ids)):
        for other in around[at][around[at] >= 0].tolist():
            a, b = int(labels[at]), int(labels[other])
            region = [grids[label]["region"] for label in (a, b)]
            if a != b and region[0] == region[1] and min(grids[a]["cells"], grids[b]["cells"]) > 12:
                lat, lng = cells.centres(ids[[other]])
                return a, b, float(lat[0]), float(lng[0])
    raise AssertionError("no two touching grids in one community")


def open_editor(
    chromium: sync_api.Browser, own: Served, plan: str, at: tuple[float, float], size: tuple[int, int]
) -> sync_api.Page:
    page = chromium.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN").new_page()
    page.goto(f"{own.url}/city/{CITY}?job=redraw&plan={plan}&at={at[0]:.6f},{at[1]:.6f},16&lang=zh")
    page.wait_for_selector("html[data-ready=true]", state="attached", timeout=60_000)
    page.get_by_role("tab", name="手工调整").click()
    page.get_by_role("toolbar").wait_for(timeout=30_000)
    page.wait_for_load_state("networkidle")
    return page


def test_the_story_of_a_redraw(chromium: sync_api.Browser, own: Served) -> None:
    base = f"{own.url}/api/cities/{CITY}/plans"
    draft = json.loads(ask(f"{base}/current/branch", {}))
    giver, taker, lat, lng = touching(own, draft["id"])
    page = open_editor(chromium, own, draft["id"], (lat, lng), (1366, 768))
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    grids = {g["label"]: g for g in json.loads(ask(f"{base}/{draft['id']}/grids"))["grids"]}

    # The cell in the middle of the map belongs to `taker`; pick a cell of `giver` beside it, then paint the middle.
    box = page.locator("#map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(x, y)
    page.get_by_text(grids[taker]["code"]).first.wait_for()
    found = payload.decode(ask(f"{base}/{draft['id']}/cells"))
    near = found.cells[found.columns["grid"] == giver]
    here = cells.disk(int(cells.from_points([lat], [lng], 10)[0]), 1)
    beside = near[[int(c) in {int(n) for n in here} for c in near]]
    to_lat, to_lng = (float(v[0]) for v in cells.centres(beside[:1]))
    scale = 256 * 2**16 / 360
    dx = (to_lng - lng) * scale
    dy = -(to_lat - lat) * scale / math.cos(math.radians(lat))
    page.mouse.click(x + dx, y + dy)
    page.get_by_text(grids[giver]["code"]).first.wait_for()
    page.keyboard.press("b")
    page.keyboard.press("[")
    with page.expect_response(lambda r: r.url.endswith("/edits")) as answered:
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.up()
    result = answered.value.json()
    assert answered.value.status == 200 and {g["label"] for g in result["after"]} == {giver, taker}
    page.get_by_text("这一步的影响").wait_for()
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / "redraw-stroke-zh.png")

    for key in ("Control+z", "Control+Shift+z", "k"):
        with page.expect_response(lambda r: r.url.endswith("/edits")) as answered:
            page.keyboard.press(key)
        assert answered.value.status == 200, key
        page.wait_for_timeout(300)
    with page.expect_response(lambda r: r.url.endswith("/edits")) as answered:
        page.keyboard.press("s")
    assert answered.value.status == 409  # locked
    page.get_by_text("网格已锁定").first.wait_for()
    with page.expect_response(lambda r: r.url.endswith("/edits")) as answered:
        page.keyboard.press("k")
    assert answered.value.status == 200

    # A colleague changes the same draft: the next step meets the conflict and loses nothing of theirs.
    tag = json.loads(ask(f"{base}/{draft['id']}"))["tag"]
    ask(f"{base}/{draft['id']}/edits", {"op": "rename", "to": taker, "name": "同事改名"}, tag)
    with page.expect_response(lambda r: r.url.endswith("/edits")) as answered:
        page.keyboard.press("Control+z")
    assert answered.value.status == 412
    page.get_by_text("草稿已被修改").wait_for()
    page.screenshot(path=SHOTS / "redraw-conflict-zh.png")
    assert complaints == []
    page.context.close()


def test_a_plan_in_force_is_not_changed_and_offers_a_draft(chromium: sync_api.Browser, own: Served) -> None:
    page = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB", has_touch=True).new_page()
    page.goto(f"{own.url}/city/{CITY}?job=redraw&lang=en")
    page.wait_for_selector("html[data-ready=true]", state="attached", timeout=60_000)
    page.get_by_role("tab", name="By hand").click()
    page.get_by_role("button", name="Begin a draft").click()
    page.get_by_role("toolbar").wait_for(timeout=30_000)
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / "redraw-phone-en.png")
    page.context.close()
