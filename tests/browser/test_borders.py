"""Community borders redrawn as a planner does it: on the same desk, through the steps, in force, and taken back."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import numpy as np
import pytest
from playwright import sync_api

from geo import cells
from server.rules import permissions
from server.store import database
from server.usecases import context
from server.usecases.workbench import desk
from tests.browser.conftest import PHONE
from tests.browser.planner import CITY, Border, Hand, ask, borders
from tests.conftest import Served

pytestmark = pytest.mark.browser


def test_the_story_of_redrawn_community_borders(chromium: sync_api.Browser, own: Served) -> None:
    hand = Hand(chromium, own)
    hand.page.set_default_timeout(180_000)  # kernels may have to be compiled first
    plan = opened(hand)
    refused_into_another_town(hand, own, plan)
    painted_undone_and_redone(hand, own, plan)
    on_a_phone(chromium, own, plan)
    commented_and_compared(hand)
    reviewed(hand)
    published(hand)
    grids_follow(hand, own)
    taken_back(hand, own)
    hand.close()


def state(own: Served) -> Any:
    with urllib.request.urlopen(f"{own.url}/api/cities/{CITY}/borders") as answer:
        return json.loads(answer.read())


def opened(hand: Hand) -> str:
    """The tab says how the borders stand; a draft of them opens on the desk that grids have."""
    hand.open("job=redraw")
    hand.page.get_by_role("tab", name="社区边界").click()
    hand.page.get_by_text("社区边界还没有调整过").wait_for()
    hand.shot("borders-none")
    made = hand.press("调整社区边界", ends="/borders", status=201)
    hand.page.get_by_role("toolbar").wait_for()
    assert hand.page.get_by_role("button", name="全市均衡调整").count() == 0
    return str(made["id"])


def at_desk(hand: Hand, plan: str, lat: float, lng: float) -> None:
    hand.open(f"job=redraw&plan={plan}&at={lat:.6f},{lng:.6f},17")
    hand.page.get_by_role("toolbar").wait_for()
    hand.page.wait_for_load_state("networkidle")
    hand.middle = (lat, lng)


def between_towns(own: Served, plan: str) -> Border:
    """Two touching cells of communities of different towns."""
    ctx = context.open_(own.home, f"sqlite:///{own.home / 'gezhi.sqlite'}", actor=permissions.HOST, upgrade=False)
    with database.reading(ctx.db) as connection:
        draft = desk.open_(ctx, connection, CITY, plan)
    ctx.db.close()
    problem, labels = draft.ground.problem, draft.labels
    tails = np.repeat(np.arange(len(labels)), np.diff(problem.adjacency.indptr))
    at = int(np.flatnonzero(problem.region[tails] != problem.region[problem.adjacency.indices])[0])
    pair = int(tails[at]), int(problem.adjacency.indices[at])
    lats, lngs = cells.centres(problem.cells)
    here, there = ((int(labels[one]), float(lats[one]), float(lngs[one])) for one in pair)
    return Border(here, there)


def refused_into_another_town(hand: Hand, own: Served, plan: str) -> None:
    border = between_towns(own, plan)
    at_desk(hand, plan, *border.here[1:])
    hand.pick(border.here)
    hand.drag(border.there)
    hand.page.get_by_text("不能跨越乡镇界线").wait_for()


def painted_undone_and_redone(hand: Hand, own: Served, plan: str) -> None:
    """A stroke says what becomes of households and which grids in force the border would cut."""
    border = next(borders(own, plan))
    at_desk(hand, plan, *border.here[1:])
    hand.pick(border.here)
    made = hand.paint(border.there).json()
    assert "changed" in made, made
    assert made["changed"]["labels"] == [border.here[0]] and made["cut"]["after"] >= made["cut"]["before"]
    hand.page.get_by_text("将被社区边界切开的现行网格").wait_for()
    hand.page.keyboard.press("]")
    hand.page.keyboard.press("]")
    hand.shot("borders-stroke")
    hand.key("Control+z")
    assert hand.key("Control+Shift+z")["changed"]["cells"] == made["changed"]["cells"]


def on_a_phone(chromium: sync_api.Browser, own: Served, plan: str) -> None:
    other = Hand(chromium, own, PHONE)
    other.page.set_default_timeout(180_000)
    other.open(f"job=redraw&plan={plan}")
    other.page.get_by_role("toolbar").wait_for()
    other.shot("borders-phone")
    other.close()


def commented_and_compared(hand: Hand) -> None:
    page = hand.page
    hand.press("批注")
    page.locator("dialog textarea").fill("以新修道路为界，已征求居民意见。")
    hand.press("添加批注", ends="/notes")
    page.get_by_text("以新修道路为界").wait_for()
    page.keyboard.press("Escape")
    hand.press("与原方案对比")
    page.wait_for_selector(".compare[data-ready=true]")
    page.wait_for_load_state("networkidle")
    hand.shot("borders-compare")
    page.locator(".compare").focus()
    page.keyboard.press("Escape")
    page.wait_for_selector(".compare", state="detached")


def reviewed(hand: Hand) -> None:
    """Submitted, printed and approved by each step, as grids are."""
    page = hand.page
    page.get_by_role("button", name="全部边界方案").click()
    page.get_by_role("heading", name=re.compile("社区边界第 2 版")).wait_for()
    hand.press("报审", ends="/review")
    dialog = page.locator("dialog")
    dialog.get_by_label("职务").fill("街道办事处主任")
    dialog.get_by_label("调整事由").fill("新建小区跨两社区，群众办事不便。")
    hand.press("报审", ends="/submit", within="dialog")
    for post, number in (("县民政局局长", "政函〔2026〕12号"), ("市民政局区划科", "备〔2026〕40号")):
        dialog.get_by_label("文号").wait_for()
        dialog.get_by_label("职务").fill(post)
        dialog.get_by_label("文号").fill(number)
        hand.press("同意", ends="/decide", within="dialog")
    page.get_by_text("各级均已同意").wait_for()
    hand.press("打印审批表", within="dialog")
    page.locator(".approval-form").wait_for(state="attached")
    page.evaluate("document.body.classList.add('on-form')")
    page.emulate_media(media="print")
    hand.shot("borders-form")
    page.emulate_media(media="screen")
    page.evaluate("document.body.classList.remove('on-form')")
    page.keyboard.press("Escape")


def published(hand: Hand) -> None:
    page = hand.page
    page.locator(".plan-list").get_by_role("button", name="启用", exact=True).click()
    page.locator("dialog").get_by_text("将成为现行区划").wait_for()
    hand.shot("borders-publish")
    made = hand.press("启用", ends="/publish", within="dialog")
    assert made["kind"] == "communities" and made["status"] == "in_force"
    page.get_by_text("现行网格仍按旧的社区边界划分").wait_for()
    page.wait_for_load_state("networkidle")
    hand.shot("borders-behind")


def grids_follow(hand: Hand, own: Served) -> None:
    """The successor of the grids opens on the desk of grids."""
    told = state(own)["grids"]
    assert told["behind"] and told["successor"]
    hand.page.get_by_role("button", name="打开网格后续草案").click()
    hand.page.get_by_role("tab", name="手工调整", selected=True).wait_for()
    hand.page.get_by_role("button", name="全市均衡调整").wait_for()
    assert ask(own, told["successor"]["id"])["kind"] == "grids"


def taken_back(hand: Hand, own: Served) -> None:
    page = hand.page
    page.get_by_role("tab", name="社区边界").click()
    page.get_by_role("button", name="撤回启用").click()
    page.locator("dialog textarea").fill("界线有误")
    hand.press("撤回启用", ends="/roll-back", within="dialog")
    page.get_by_text("现行网格仍按旧的社区边界划分").wait_for(state="detached")
    assert not state(own)["grids"]["behind"]
    hand.shot("borders-back")
