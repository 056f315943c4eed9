"""Redrawing by hand as planners do it, from the plan in force to the next one and back, with a colleague next door."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from typing import Any

import pytest
from playwright import sync_api

from tests.browser.conftest import PHONE, SHOTS, until
from tests.browser.planner import Hand, ask, borders
from tests.conftest import Served

pytestmark = pytest.mark.browser


def test_the_story_of_a_redraw(chromium: sync_api.Browser, own: Served) -> None:
    first = ask(own, "current")
    hand = Hand(chromium, own)
    plan = begun(hand)
    colleague = ask(own, "current/branch", {})
    rebalanced(hand, own, plan)
    balanced(own, plan)
    refused_across_a_river(hand, own, plan)
    shaped(hand, own, plan)
    undone_and_redone_about_a_lock(hand)
    commented(hand)
    compared(hand, chromium, own, plan)
    meets_a_colleague_on_the_same_draft(hand, chromium, own, plan)
    reviewed(hand)
    published_and_merged(hand, own, plan, colleague)
    rolled_back(hand, own, first)
    hand.close()


def begun(hand: Hand) -> str:
    """The plan in force with its faults; a draft begins from it."""
    hand.open("job=redraw")
    hand.page.get_by_role("heading", name=re.compile("问题清单")).wait_for()
    hand.shot("faults")
    hand.page.get_by_role("tab", name="手工调整").click()
    made = hand.press("以此新建草稿", ends="/branch", status=201)
    hand.page.get_by_role("toolbar").wait_for(timeout=180_000)
    return str(made["id"])


def rebalanced(hand: Hand, own: Served, plan: str) -> None:
    """The community of a bad grid is rebalanced: the proposal is looked at, then accepted as one change."""
    page = hand.page
    told = ask(own, f"{plan}/suggestions?limit=20")["items"]
    worst = next(one for one in told if any(option["op"] == "assign" for option in one["options"]))
    grid = next(g for g in ask(own, f"{plan}/grids")["grids"] if g["label"] == worst["label"])
    hand.edit(plan, grid["lat"], grid["lng"])
    hand.pick((grid["label"], grid["lat"], grid["lng"]))
    page.get_by_text(grid["code"]).first.wait_for()
    page.keyboard.press("r")
    page.get_by_role("button", name="采纳").wait_for(timeout=120_000)
    hand.shot("proposal")
    accepted = hand.press("采纳", ends="/edits")
    assert accepted["op"] == "adopt" and accepted["changed"]["cells"]


def refused_across_a_river(hand: Hand, own: Served, plan: str) -> None:
    """A brush across a river is refused and painted back."""
    river = next(borders(own, plan, river=True))
    hand.edit(plan, *river.here[1:])
    hand.pick(river.here)
    hand.drag(river.there)
    hand.page.get_by_text("不能跨越社区界线").wait_for()


def shaped(hand: Hand, own: Served, plan: str) -> None:
    """A stroke, a split, a merge chosen from the neighbours, and three names."""
    page = hand.page
    border = next(borders(own, plan))
    hand.edit(plan, *border.here[1:])
    hand.pick(border.here)
    assert hand.paint(border.there).status == 200
    page.get_by_text("这一步的影响").wait_for()
    split = hand.key("s")
    assert len(split["after"]) == 2
    page.keyboard.press("m")
    page.locator("dialog .item").first.wait_for()
    hand.shot("merge-choice")
    with page.expect_response(lambda r: r.url.endswith("/edits")) as answered:
        page.locator("dialog .item").first.click()
    assert answered.value.status in (200, 409)
    name = page.get_by_label("网格名称")
    for text in ("甲", "乙", "丙"):
        with page.expect_response(lambda r: r.url.endswith("/edits")):
            name.fill(text)
            name.press("Enter")
            name.blur()


def undone_and_redone_about_a_lock(hand: Hand) -> None:
    """A locked grid cannot be split; without the lock five steps are undone and three redone."""
    hand.key("k")
    locked = hand.key("s", status=409)
    assert locked["error"]["code"] == "locked"
    hand.key("k")
    for _ in range(5):
        hand.key("Control+z")
    for _ in range(3):
        hand.key("Control+Shift+z")
    hand.shot("stroke")


def commented(hand: Hand) -> None:
    """A comment on the grid that is picked."""
    hand.press("批注")
    hand.page.locator("dialog textarea").fill("河东两栋由谁走访？")
    hand.press("添加批注", ends="/notes")
    hand.page.get_by_text("河东两栋由谁走访？").wait_for()
    hand.page.keyboard.press("Escape")


def balanced(own: Served, plan: str) -> None:
    """A script rebalances the rest of the city, so that the draft has no fault of structure."""
    only = [grid["label"] for grid in ask(own, f"{plan}/grids")["grids"]]
    job = ask(own, f"{plan}/propose", {"only": only, "seconds": 120})["job"]["id"]
    for _ in range(1200):
        with urllib.request.urlopen(f"{own.url}/api/jobs/{job}") as answer:
            told = json.loads(answer.read())
        if told["status"] in ("done", "failed"):
            break
        time.sleep(0.2)
    assert told["status"] == "done", told
    change = {"op": "adopt", "cells": told["result"]["cells"], "labels": told["result"]["labels"]}
    ask(own, f"{plan}/edits", change, tag=told["result"]["tag"])


def compared(hand: Hand, chromium: sync_api.Browser, own: Served, plan: str) -> None:
    """Side by side and swiped; the address shares it with a second browser."""
    page = hand.page
    hand.press("与原方案对比")
    page.wait_for_selector(".compare[data-ready=true]", timeout=180_000)
    page.get_by_text("交接清单").first.wait_for()
    page.wait_for_load_state("networkidle")
    hand.shot("compare")
    hand.press("卷帘")
    page.get_by_label("卷帘位置").fill("30")
    hand.shot("compare-swipe")
    page.wait_for_url(re.compile("beside="))
    other = Hand(chromium, own, PHONE)
    other.page.goto(page.url)
    other.page.wait_for_selector(".compare[data-ready=true]", timeout=180_000)
    other.shot("compare-phone")
    other.close()
    page.locator(".compare").focus()
    page.keyboard.press("Escape")
    page.wait_for_selector(".compare", state="detached")


def meets_a_colleague_on_the_same_draft(hand: Hand, chromium: sync_api.Browser, own: Served, plan: str) -> None:
    """A second browser changes the same draft; the first one's next stroke meets it and is merged."""
    page = hand.page
    some = [border for border, _ in zip(borders(own, plan), range(3), strict=False)]
    theirs, mine = some[1], some[2]
    hand.edit(plan, *mine.here[1:])
    hand.pick(mine.here)
    other = Hand(chromium, own)
    other.edit(plan, *theirs.here[1:])
    other.pick(theirs.here)
    assert other.paint(theirs.there).status == 200
    assert hand.paint(mine.there).status == 412
    page.get_by_text("草稿已被修改").wait_for()
    hand.shot("conflict")
    merged = hand.press("合并我的修改", ends="/edits")
    assert merged["changed"]["labels"] == [mine.here[0]]
    # The other one undoes without having seen that: told, not done.
    assert other.key("Control+z", status=412)["error"]["code"] == "stale"
    other.close()


def reviewed(hand: Hand) -> None:
    """Submitted, printed, approved by each step."""
    page = hand.page
    hand.press("报审", ends="/review")
    dialog = page.locator("dialog")
    dialog.get_by_label("职务").fill("镇综治办主任")
    dialog.get_by_label("调整事由").fill("新建小区入住，按每格三百至五百户调整。")
    hand.press("报审", ends="/submit", within="dialog")
    for post, number in (("县委政法委副书记", "格政〔2026〕7号"), ("市委政法委基层处", "格综备〔2026〕31号")):
        dialog.get_by_label("文号").wait_for()
        dialog.get_by_label("职务").fill(post)
        dialog.get_by_label("文号").fill(number)
        dialog.get_by_label("意见").fill("同意。")
        hand.press("同意", ends="/decide", within="dialog")
    page.get_by_text("各级均已同意").wait_for()
    hand.shot("review")
    hand.press("打印审批表", within="dialog")
    page.locator(".approval-form").wait_for(state="attached")
    page.wait_for_function("() => window.printed === 1")
    page.evaluate("document.body.classList.add('on-form')")
    page.emulate_media(media="print")
    page.screenshot(path=SHOTS / "redraw-form-zh.png", full_page=True)
    text = page.locator(".approval-form").inner_text()
    assert "格政〔2026〕7号" in text and "盖章" in text and "签字" in text
    page.emulate_media(media="screen")
    page.evaluate("document.body.classList.remove('on-form')")
    page.keyboard.press("Escape")


def published_and_merged(hand: Hand, own: Served, plan: str, colleague: dict[str, Any]) -> None:
    """The draft comes into force with a date; the colleague's older draft meets it at publication and is merged."""
    page = hand.page
    some = borders(own, colleague["id"])
    border = [one for one, _ in zip(some, range(9), strict=False)][8]
    edited = {"op": "rename", "to": border.here[0], "name": "同事命名"}
    ask(own, f"{colleague['id']}/edits", edited, tag=colleague["tag"])
    hand.open(f"job=plans&plan={plan}")
    start = page.locator(".plan[aria-current=true]").get_by_role("button", name="启用", exact=True)
    start.click()
    kinds = page.locator("dialog summary")
    kinds.first.wait_for()
    found = len(ask(own, plan)["violations"])
    until(page, lambda: sum(int(kind.locator(".tag").inner_text()) for kind in kinds.all()) == found)
    kinds.first.click()
    page.locator("dialog details li button").first.click()
    page.wait_for_selector("dialog", state="detached")
    start.click()
    page.get_by_label("生效日期").fill("2026-12-01")
    hand.press("启用", ends="/publish", within="dialog")
    now = ask(own, "current")
    assert now["id"] == plan and now["effective_from"].startswith("2026-11-30T16")
    hand.open(f"job=plans&plan={colleague['id']}")
    page.locator(".plan[aria-current=true]").get_by_role("button", name="启用", exact=True).click()
    hand.press("启用", ends="/publish", status=412, within="dialog")
    page.get_by_text("有新方案已启用").wait_for()
    page.get_by_text("互不冲突").wait_for()
    hand.shot("merge")
    made = hand.press("合并为新草稿", ends="/merge", status=201)
    names = {g["name"] for g in ask(own, f"{made['id']}/grids")["grids"]}
    assert "同事命名" in names
    met = ask(own, f"{made['id']}/merge?other={plan}")
    assert met["clean"] and met["cells"]["ours"] == 0


def rolled_back(hand: Hand, own: Served, first: dict[str, Any]) -> None:
    """The publication is taken back in one step; the plan before it is in force again as a new version."""
    hand.open("job=plans")
    hand.press("撤回启用")
    hand.page.get_by_label("撤回原因").fill("公示期间有异议")
    hand.press("撤回启用", ends="/roll-back", within="dialog")
    now = ask(own, "current")
    assert now["hash"] == first["hash"] and now["id"] != first["id"] and now["status"] == "in_force"
    hand.shot("rolled-back")


def test_the_keyboard_alone_draws_and_a_phone_begins_a_draft(chromium: sync_api.Browser, own: Served) -> None:
    made = ask(own, "current/branch", {})
    border = next(borders(own, made["id"]))
    hand = Hand(chromium, own)
    page = hand.page
    hand.edit(made["id"], *border.here[1:])
    page.locator("#map .leaflet-container, #map.leaflet-container").first.focus()
    with page.expect_response(lambda r: "/weighed" in r.url):
        page.keyboard.press("p")
        page.keyboard.press("Space")
    dx, dy = border.there[2] - border.here[2], border.there[1] - border.here[1]
    page.keyboard.press("b")
    for _ in range(3):
        page.keyboard.press("[")
    arrows = ("ArrowRight" if dx > 0 else "ArrowLeft") if abs(dx) > abs(dy) else ("ArrowUp" if dy > 0 else "ArrowDown")
    page.keyboard.press(arrows)
    page.keyboard.press(arrows)
    hand.shot("keyboard")
    with page.expect_response(lambda r: r.url.endswith("/edits")) as answered:
        for _ in range(6):
            page.keyboard.press("Space")
            page.keyboard.press(arrows)
    assert answered.value.status in (200, 409)
    hand.close()

    phone = Hand(chromium, own, PHONE, lang="en")
    phone.open("job=redraw")
    phone.page.get_by_role("tab", name="By hand").click()
    phone.press("Begin a draft", ends="/branch", status=201)
    phone.page.get_by_role("toolbar").wait_for(timeout=180_000)
    phone.shot("phone")
    phone.close()
