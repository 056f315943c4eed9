"""The steps from a draft to a plan in force: set by the administrator, kept by drafts under review, decided by role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import flask
import pytest

from server.rules import approval, permissions
from server.usecases import errors
from server.usecases.context import Context
from server.usecases.planning import approvals, reviewing
from server.usecases.workbench import editing
from tests.server import test_cli, tiny
from tests.server.conftest import Place

TWO = [
    {"zh": "社区提出", "en": "Community proposes", "role": "planner"},
    {"zh": "市级批准", "en": "City approves", "role": "admin"},
]
PLANNER = permissions.Actor("planner", "planner", "tiny")


@pytest.fixture
def ctx(city: Place) -> Iterator[Context]:
    opened = city.open()
    yield opened
    opened.db.close()


def draft(ctx: Context) -> str:
    return str(editing.branch(ctx, "tiny", "current")["id"])


def names(told: dict[str, Any]) -> list[str]:
    return [step["en"] for step in told["steps"]]


def test_a_draft_under_review_keeps_the_steps_it_began_with(ctx: Context) -> None:
    usual = [step["en"] for step in approval.DEFAULT]
    first, second = draft(ctx), draft(ctx)
    assert names(reviewing.submit(ctx, "tiny", first, post="规划员")) == usual
    assert approvals.set_steps(ctx, "tiny", TWO)["steps"] == TWO
    assert names(reviewing.state(ctx, "tiny", first)) == usual
    assert names(reviewing.state(ctx, "tiny", second)) == names({"steps": TWO})
    assert names(approvals.steps(ctx, "other")) == usual, "another city has its own"
    for left in (2, None):
        assert reviewing.decide(ctx, "tiny", first, "approved", post="县局")["next"] == left
    assert reviewing.state(ctx, "tiny", first)["approved"]
    reviewing.submit(ctx, "tiny", second, post="规划员")
    reviewing.decide(ctx, "tiny", second, "returned", post="市局")
    approvals.set_steps(ctx, "tiny", TWO[:1])
    assert reviewing.submit(ctx, "tiny", second, post="规划员")["approved"], "submitted again it takes those of today"


def test_a_step_is_decided_by_its_role_or_one_that_may_more(ctx: Context) -> None:
    approvals.set_steps(ctx, "tiny", TWO)
    plan, planner = draft(ctx), ctx.acting(PLANNER)
    reviewing.submit(planner, "tiny", plan, post="规划员")
    for decision in ("approved", "returned"):
        with pytest.raises(permissions.Denied):
            reviewing.decide(planner, "tiny", plan, decision, post="规划员")
    assert reviewing.decide(ctx, "tiny", plan, "approved", post="市局")["approved"]
    assert not reviewing.decide(planner, "tiny", plan, "withdrawn", post="规划员")["under_review"]


@pytest.mark.parametrize(
    "steps",
    [
        [],
        TWO * 5,
        [{"zh": "", "en": "A", "role": "admin"}],
        [{"zh": "甲", "en": "A\u202e", "role": "admin"}],
        [{"zh": "甲" * 61, "en": "A", "role": "admin"}],
        [{"zh": "甲", "en": "A", "role": "viewer"}],
        [{"zh": "甲", "en": "A"}],
    ],
)
def test_steps_that_make_no_sense_are_refused(ctx: Context, steps: list[dict[str, Any]]) -> None:
    with pytest.raises(errors.Invalid):
        approvals.set_steps(ctx, "tiny", steps)


def test_the_administrator_sets_them_and_others_read_them(app: flask.Flask) -> None:
    at = "/api/cities/tiny/approval-steps"
    admin, planner, viewer = (tiny.signed_in(app, name) for name in ("admin", "planner", "viewer"))
    assert [one.put(at, json={"steps": TWO}).status_code for one in (planner, viewer, admin)] == [403, 403, 200]
    told = viewer.get(at).get_json()
    assert told["steps"] == TWO and len(told["default"]) == 3 and told["roles"] == ["planner", "admin"]
    for wrong in ([], [{**TWO[0], "role": "viewer"}], [{**TWO[0], "level": "town"}]):
        assert admin.put(at, json={"steps": wrong}).status_code == 422
    assert tiny.signed_in(app, "outsider").get(at).status_code == 404
    plan = planner.post("/api/cities/tiny/plans/current/branch", json={}).get_json()["id"]
    where = f"/api/cities/tiny/plans/{plan}"
    assert planner.post(f"{where}/submit", json={"post": "规划员"}).get_json()["next"] == 1
    decided = {"decision": "approved", "post": "市局"}
    assert planner.post(f"{where}/decide", json=decided).status_code == 403
    assert admin.post(f"{where}/decide", json=decided).get_json()["approved"]


def test_the_command_line_shows_and_sets_them(city: Place) -> None:
    named = ("--step", "planner=社区提出|Community proposes", "--step", "admin=市级批准|City approves")
    assert test_cli.answer(city, "approval", "--city", "tiny", *named)["steps"] == TWO
    assert test_cli.answer(city, "approval", "--city", "tiny")["steps"] == TWO
    assert "2  admin    市级批准  City approves" in test_cli.call(city, "approval", "--city", "tiny").output
    assert test_cli.answer(city, "approval", "--city", "tiny", "--default")["steps"] == list(approval.DEFAULT)
    for wrong in (["--step", "viewer=甲|A"], ["--step", "planner"], [*named, "--default"]):
        assert test_cli.call(city, "approval", "--city", "tiny", *wrong).exit_code != 0
