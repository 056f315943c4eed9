"""Nets taken over as a draft by the planner, and the approval steps set by the administrator, on the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright import sync_api

from geo import cells
from server.rules import permissions
from server.usecases import context, users
from server.usecases.context import Context
from server.usecases.importing import imports
from server.usecases.planning import approvals, plans
from tests.browser.conftest import OFFICE, SHOTS
from tests.browser.planner import CITY, Hand, ask
from tests.conftest import Served

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"


def opened(served: Served) -> Context:
    home = served.home
    return context.open_(home, f"sqlite:///{home / 'gezhi.sqlite'}", actor=permissions.HOST, upgrade=False)


def test_the_refinement_of_all_nets_opens_in_the_workbench(
    chromium: sync_api.Browser, own: Served, tmp_path: Path
) -> None:
    ctx = opened(own)
    found = plans.cells_of(ctx, CITY, "current")
    largest = max(plans.grids(ctx, CITY, "current")["grids"], key=lambda grid: grid["cells"])
    inside = cells.to_hex(found.cells[found.columns["grid"] == largest["label"]])
    path = tmp_path / "nets.csv"
    path.write_text("\n".join(["cell,code,部门", *(f"{cell},S1,水务" for cell in inside[: len(inside) // 3])]), "utf-8")
    imports.run(ctx, CITY, path, imports.Asked(kind="nets", fields={}, datum="wgs84"))
    ctx.db.close()
    hand = Hand(chromium, own)
    hand.open("job=map")
    hand.press("求公共细分", ends="/refinement")
    made = hand.press("采用为草案", ends="/refinement", status=201)
    hand.page.get_by_role("toolbar").wait_for(timeout=180_000)
    assert made["id"] in hand.page.url and made["grids"] > largest["label"]
    hand.shot("nets")
    undone = hand.key("Control+z")
    assert undone["op"] == "undo" and undone["gone"]
    codes = {grid["code"] for grid in ask(own, f"{made['id']}/grids")["grids"]}
    assert codes == {grid["code"] for grid in ask(own, "current/grids")["grids"]}
    hand.close()


def test_the_administrator_sets_the_approval_steps(chromium: sync_api.Browser, own: Served) -> None:
    ctx = opened(own)
    users.add(ctx, "chief", PASSWORD, role="admin", city=CITY)
    page = chromium.new_context(viewport={"width": OFFICE[0], "height": OFFICE[1]}, locale="en-GB").new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{own.url}/sign-in")
    page.locator("#name").fill("chief")
    page.locator("#password").fill(PASSWORD)
    page.locator("#sign-in button").click()
    page.wait_for_url(f"{own.url}/city/{CITY}")
    page.goto(f"{own.url}/city/{CITY}?job=admin&lang=en")
    steps = page.locator(".approval-steps > li")
    steps.nth(2).wait_for(timeout=180_000)
    page.get_by_role("button", name="Remove step 3").click()
    page.get_by_role("button", name="Add a step").click()
    page.get_by_label("Step 3 · Name in Chinese").fill("市级批准")
    page.get_by_label("Step 3 · Name in English").fill("City approves")
    page.get_by_label("Step 3 · Decided by").select_option("admin")
    page.get_by_role("button", name="Move step 3 up").click()
    page.screenshot(path=SHOTS / "admin-approval-en.png")
    with page.expect_response(re.compile("/approval-steps$")) as kept:
        page.get_by_role("button", name="Save the steps").click()
    assert [step["en"] for step in kept.value.json()["steps"]] == ["Town draws", "City approves", "County approves"]
    assert approvals.steps(ctx, CITY)["steps"][1] == {"zh": "市级批准", "en": "City approves", "role": "admin"}
    page.get_by_label("Step 1 · Name in English").fill("")
    page.get_by_role("button", name="Save the steps").click()
    assert page.get_by_label("Step 1 · Name in English").evaluate("field => !field.validity.valid")
    assert complaints == []
    page.context.close()
    ctx.db.close()
