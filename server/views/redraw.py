"""Redrawing: changes of a draft, undo and redo, rebalancing, comparison, health check, review and notes."""

from __future__ import annotations

from typing import Any

import flask

from server.usecases.context import Context
from server.usecases.drafting import checkup
from server.usecases.planning import reviewing
from server.usecases.workbench import changes, comparing, editing
from server.views import answers, routes, shown
from server.wire import plan_replies, redraw, replies

blueprint = flask.Blueprint("redraw", __name__)
_PLAN = "/api/cities/<city>/plans/<plan>"


def _route(end: str, method: str, action: str, summary: str, answer: Any, **more: Any) -> routes.Route:
    return routes.Route(f"{_PLAN}/{end}", method, action, summary, answer=answer, **more)


@routes.serve(
    blueprint,
    _route(
        "edits", "POST", "plan.draw", "Change a draft (If-Match: its tag)", redraw.Edited, body=redraw.Edit,
        matches=True,
    ),
)
def plan_edit(ctx: Context, city: str, plan: str, body: redraw.Edit) -> Any:
    change = changes.Change(
        op=body.op, cells=tuple(body.cells), to=body.to, grids=tuple(body.grids), parts=body.parts,
        line=tuple(body.line), name=body.name, kind=body.kind, labels=tuple(body.labels),
    )
    return editing.apply(ctx, city, plan, change, if_match=answers.matched(), since=body.since)


@routes.serve(blueprint, _route("history", "GET", "plan.read", "The log of a plan, newest first", redraw.History))
def plan_history(ctx: Context, city: str, plan: str) -> Any:
    return editing.history(ctx, city, plan)


@routes.serve(
    blueprint,
    _route(
        "branch", "POST", "plan.draw", "Begin a draft from this version", plan_replies.Plan, body=redraw.Branch,
        status=201,
    ),
)
def plan_branch(ctx: Context, city: str, plan: str, body: redraw.Branch) -> Any:
    return editing.branch(ctx, city, plan, name=body.name)


@routes.serve(
    blueprint,
    _route(
        "rebalance", "POST", "plan.draw", "Rebalance into a new draft, moving as few households as can be",
        replies.JobStarted, body=redraw.Rebalance, status=202,
    ),
)  # fmt: skip
def plan_rebalance(ctx: Context, city: str, plan: str, body: redraw.Rebalance) -> Any:
    return shown.of_plan(ctx, "rebalance", city, plan, body)


@routes.serve(
    blueprint,
    _route("compare", "GET", "plan.read", "This plan beside another", redraw.Comparison, query=redraw.Compare),
)
def plan_compare(ctx: Context, city: str, plan: str, query: redraw.Compare) -> Any:
    return comparing.compare(ctx, city, plan, query.other)


@routes.serve(
    blueprint,
    _route(
        "compare/cells", "GET", "plan.read", "Cells whose grid differs between two plans", answers.BINARY,
        query=redraw.Compare,
    ),
)  # fmt: skip
def plan_compare_cells(ctx: Context, city: str, plan: str, query: redraw.Compare) -> Any:
    return comparing.moved_cells(ctx, city, plan, query.other)


@routes.serve(blueprint, _route("check", "GET", "plan.draw", "网格体检: what is wrong with a plan", redraw.Checkup))
def plan_check(ctx: Context, city: str, plan: str) -> Any:
    return checkup.examine(ctx, city, plan)


@routes.serve(blueprint, _route("review", "GET", "plan.read", "How far a draft has come", redraw.Review))
def plan_review(ctx: Context, city: str, plan: str) -> Any:
    return reviewing.state(ctx, city, plan)


@routes.serve(
    blueprint, _route("submit", "POST", "plan.draw", "Submit a draft for approval", redraw.Review, body=redraw.Submit)
)
def plan_submit(ctx: Context, city: str, plan: str, body: redraw.Submit) -> Any:
    return reviewing.submit(ctx, city, plan, post=body.post, opinion=body.opinion)


@routes.serve(
    blueprint,
    _route("decide", "POST", "plan.draw", "Approve, return or withdraw a draft", redraw.Review, body=redraw.Decide),
)
def plan_decide(ctx: Context, city: str, plan: str, body: redraw.Decide) -> Any:
    return reviewing.decide(
        ctx, city, plan, body.decision, post=body.post, document=body.document, opinion=body.opinion
    )


@routes.serve(blueprint, _route("notes", "GET", "plan.draw", "Notes on a plan", redraw.Notes))
def plan_notes(ctx: Context, city: str, plan: str) -> Any:
    return reviewing.notes(ctx, city, plan)


@routes.serve(blueprint, _route("notes", "POST", "plan.draw", "Note something", redraw.Notes, body=redraw.Note))
def plan_note(ctx: Context, city: str, plan: str, body: redraw.Note) -> Any:
    return reviewing.note(ctx, city, plan, text=body.text, code=body.code)
