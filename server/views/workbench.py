"""Redrawing, what helps with it: figures of grids, cells that belong together, suggestions, proposals, merging, rolling
back."""

from __future__ import annotations

from typing import Any

import flask

from server.usecases.context import Context
from server.usecases.planning import publishing
from server.usecases.workbench import beside, editing, flooding, merging, suggesting
from server.views import answers, routes, shown
from server.wire import plan_replies, redraw, replies

blueprint = flask.Blueprint("workbench", __name__)
_PLANS = "/api/cities/<city>/plans"
_PLAN = _PLANS + "/<plan>"


def _route(end: str, method: str, action: str, summary: str, answer: Any, **more: Any) -> routes.Route:
    return routes.Route(f"{_PLAN}/{end}", method, action, summary, answer=answer, **more)


@routes.serve(
    blueprint,
    _route("weighed", "GET", "plan.draw", "A grid as a planner weighs it", redraw.Weighed, query=redraw.Weigh),
)
def plan_weighed(ctx: Context, city: str, plan: str, query: redraw.Weigh) -> Any:
    return editing.weigh(ctx, city, plan, [query.grid])


@routes.serve(
    blueprint,
    _route("flood", "GET", "plan.draw", "Cells under a building or a compound", redraw.Flooded, query=redraw.Flood),
)
def plan_flood(ctx: Context, city: str, plan: str, query: redraw.Flood) -> Any:
    return flooding.flood(ctx, city, lat=query.lat, lng=query.lng, of=query.of)


@routes.serve(
    blueprint,
    _route(
        "suggestions", "GET", "plan.draw", "What could be done about the worst grids", redraw.Suggestions,
        query=redraw.Suggest,
    ),
)  # fmt: skip
def plan_suggestions(ctx: Context, city: str, plan: str, query: redraw.Suggest) -> Any:
    return suggesting.suggest(ctx, city, plan, label=query.label, limit=query.limit)


@routes.serve(
    blueprint,
    _route(
        "propose", "POST", "plan.draw", "Rebalance some grids of a draft as a proposal, storing nothing",
        replies.JobStarted, body=redraw.Propose, status=202,
    ),
)  # fmt: skip
def plan_propose(ctx: Context, city: str, plan: str, body: redraw.Propose) -> Any:
    return shown.of_plan(ctx, "propose", city, plan, body)


@routes.serve(
    blueprint,
    _route("merge", "GET", "plan.draw", "What merging another plan would do", redraw.Meeting, query=redraw.Meet),
)
def plan_meet(ctx: Context, city: str, plan: str, query: redraw.Meet) -> Any:
    return merging.preview(ctx, city, plan, query.other)


@routes.serve(
    blueprint,
    _route(
        "merge", "POST", "plan.draw", "Merge another plan into this one as a new draft", plan_replies.Plan,
        body=redraw.Merge, status=201,
    ),
)  # fmt: skip
def plan_merge(ctx: Context, city: str, plan: str, body: redraw.Merge) -> Any:
    return merging.merge(ctx, city, plan, body.other, prefer=body.prefer)


@routes.serve(
    blueprint,
    _route(
        "compare/figures", "GET", "plan.draw", "What two plans mean for workers, reports, travel and cameras",
        redraw.Beside, query=redraw.Compare,
    ),
)  # fmt: skip
def plan_beside(ctx: Context, city: str, plan: str, query: redraw.Compare) -> Any:
    return beside.figures(ctx, city, plan, query.other)


@routes.serve(
    blueprint,
    _route(
        "roll-back", "POST", "plan.publish", "Take back the publication of the plan in force (If-Match: its tag)",
        plan_replies.Plan, body=redraw.RollBack, matches=True,
    ),
)  # fmt: skip
def plan_roll_back(ctx: Context, city: str, plan: str, body: redraw.RollBack) -> Any:
    found = publishing.roll_back(ctx, city, plan, if_match=answers.matched(), reason=body.reason)
    return answers.Tagged(found, tag=found["tag"])
