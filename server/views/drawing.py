"""Workloads that plans are drawn by, and sweeps: what a choice would cost before it is made."""

from __future__ import annotations

from typing import Any

import flask

from server import jobs
from server.usecases.context import Context
from server.usecases.drafting import measuring, offers
from server.usecases.drafting import workload as formulas
from server.views import answers, routes, shown
from server.wire import drawing, replies, requests

blueprint = flask.Blueprint("drawing", __name__)
_CITY = "/api/cities/<city>"


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/workloads", "GET", "plan.read", "Formulas of what grids are evened by", answer=drawing.Workloads
    ),
)
def workloads(ctx: Context, city: str) -> Any:
    return {"items": formulas.list_(ctx, city)}


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/drawing", "GET", "plan.draw", "What a drawing can be asked for in this city", answer=drawing.Offers
    ),
)
def offered(ctx: Context, city: str) -> Any:
    return offers.of_city(ctx, city)


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/workloads/<workload>", "PUT", "plan.draw", "Set a formula, or take it away", body=drawing.Workload,
        answer=drawing.Workloads,
    ),
)  # fmt: skip
def workload_put(ctx: Context, city: str, workload: str, body: drawing.Workload) -> Any:
    formulas.put(ctx, city, workload, dict(body.weights))
    return {"items": formulas.list_(ctx, city)}


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/plans/<plan>/measures", "GET", "plan.draw", "Shape, evenness and walking rounds of a plan",
        answer=drawing.Measured, keeping="data",
    ),
)  # fmt: skip
def plan_measures(ctx: Context, city: str, plan: str) -> Any:
    return measuring.of_plan(ctx, city, plan)


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/sweeps", "POST", "plan.draw", "Draw with different numbers of grids and store nothing",
        body=requests.Draw, answer=replies.JobStarted, status=202,
    ),
)  # fmt: skip
def sweep(ctx: Context, city: str, body: requests.Draw) -> Any:
    payload = body.model_dump(mode="json")
    return shown.started(jobs.enqueue(ctx, "sweep", city=city, payload=payload, key=answers.key()))
