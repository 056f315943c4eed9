"""Plans: listing, reading, drawing, publishing, staffing and taking away as a file."""

from __future__ import annotations

from typing import Any

import flask

from server import jobs
from server.usecases.context import Context
from server.usecases.outputs import exports
from server.usecases.planning import grids, publishing
from server.usecases.planning import plans as usecase
from server.views import answers, routes, shown
from server.wire import plan_replies, replies, requests

blueprint = flask.Blueprint("plans", __name__)
_PLANS = "/api/cities/<city>/plans"
_PLAN = _PLANS + "/<plan>"


@routes.serve(
    blueprint,
    routes.Route(
        _PLANS, "GET", "plan.read", "Plans of a city, newest first", query=requests.Kept, answer=plan_replies.Plans,
    ),
)  # fmt: skip
def plans(ctx: Context, city: str, query: requests.Kept) -> Any:
    return usecase.list_(ctx, city, limit=query.limit, cursor=query.cursor, kind=query.kind)


@routes.serve(
    blueprint,
    routes.Route(
        _PLANS, "POST", "plan.draw", "Draw a new plan", body=requests.Draw, answer=replies.JobStarted, status=202
    ),
)
def plan_draw(ctx: Context, city: str, body: requests.Draw) -> Any:
    return shown.started(jobs.enqueue(ctx, "draw", city=city, payload=body.model_dump(mode="json"), key=answers.key()))


@routes.serve(blueprint, routes.Route(_PLAN, "GET", "plan.read", "One plan", answer=plan_replies.Plan, keeping="data"))
def plan(ctx: Context, city: str, plan: str) -> Any:
    found = usecase.get(ctx, city, plan)
    return answers.Tagged(found, tag=found["tag"])


@routes.serve(
    blueprint,
    routes.Route(
        _PLAN + "/cells", "GET", "plan.read", "The grid of every cell", query=requests.PlanCells,
        answer=answers.BINARY, keeping="data",
    ),
)  # fmt: skip
def plan_cells(ctx: Context, city: str, plan: str, query: requests.PlanCells) -> Any:
    return usecase.cells_of(ctx, city, plan, gaps=query.gaps)


@routes.serve(
    blueprint,
    routes.Route(
        _PLAN + "/grids", "GET", "grid.read", "The grids of a plan", answer=plan_replies.Grids, keeping="data"
    ),
)
def plan_grids(ctx: Context, city: str, plan: str) -> Any:
    return usecase.grids(ctx, city, plan)


@routes.serve(
    blueprint,
    routes.Route(
        _PLAN + "/outlines", "GET", "grid.read", "Outlines of the grids as GeoJSON", answer=replies.Features,
        keeping="data",
    ),
)  # fmt: skip
def plan_outlines(ctx: Context, city: str, plan: str) -> Any:
    return usecase.outlines_of(ctx, city, plan)


@routes.serve(
    blueprint,
    routes.Route(
        _PLAN + "/grids/<label>", "GET", "grid.read", "One grid with its people and its months",
        answer=plan_replies.Grid, keeping="data",
    ),
)  # fmt: skip
def plan_grid(ctx: Context, city: str, plan: str, label: str) -> Any:
    return shown.grid(ctx.actor, grids.get(ctx, city, plan, int(label)))


@routes.serve(
    blueprint,
    routes.Route(
        _PLAN + "/publish", "POST", "plan.publish", "Put a draft in force (If-Match: the plan's tag)",
        body=requests.Publish, answer=plan_replies.Plan, matches=True,
    ),
)  # fmt: skip
def plan_publish(ctx: Context, city: str, plan: str, body: requests.Publish) -> Any:
    effective = body.effective_from.isoformat() if body.effective_from else None
    found = publishing.publish(ctx, city, plan, if_match=answers.matched(), effective_from=effective, over=body.over)
    return answers.Tagged(found, tag=found["tag"])


@routes.serve(
    blueprint,
    routes.Route(
        _PLAN + "/staff", "POST", "plan.staff", "Assign workers and centres to the grids", body=requests.Nothing,
        answer=replies.JobStarted, status=202,
    ),
)  # fmt: skip
def plan_staff(ctx: Context, city: str, plan: str, body: requests.Nothing) -> Any:
    return shown.of_plan(ctx, "staff", city, plan, body)


@routes.serve(
    blueprint,
    routes.Route(_PLAN + "/export", "GET", "plan.export", "A plan as a file", query=requests.Export, answer="*/*"),
)
def plan_export(ctx: Context, city: str, plan: str, query: requests.Export) -> Any:
    return shown.attachment(exports.plan(ctx, city, plan, format=query.format))
