"""What leaves the house: Word and Excel reports, and why grids are as they are."""

from __future__ import annotations

from typing import Any

import flask

from server.usecases.city import whose
from server.usecases.context import Context
from server.usecases.outputs import documents
from server.usecases.workbench import explaining
from server.views import answers, routes, shown
from server.wire import outputs

blueprint = flask.Blueprint("outputs", __name__)
_PLAN = "/api/cities/<city>/plans/<plan>"


@routes.serve(
    blueprint,
    routes.Route(
        _PLAN + "/report", "GET", "plan.export", "A report on a plan as a Word or Excel file", query=outputs.Report,
        answer="*/*",
    ),
)  # fmt: skip
def plan_report(ctx: Context, city: str, plan: str, query: outputs.Report) -> answers.Reply:
    made = documents.make(
        ctx, city, plan, kind=query.kind, against=query.against, lang=flask.g.language, mark=query.mark
    )
    return shown.attachment(made)


@routes.serve(
    blueprint,
    routes.Route(
        _PLAN + "/why", "GET", "plan.draw", "Every grid out of band or oddly shaped, with the reasons",
        answer=outputs.Whys,
    ),
)  # fmt: skip
def plan_why(ctx: Context, city: str, plan: str) -> Any:
    return {"grids": explaining.odd(ctx, city, plan)}


@routes.serve(
    blueprint,
    routes.Route(
        _PLAN + "/grids/<label>/why", "GET", "grid.read", "Why a grid is as it is, in sentences", answer=outputs.Why,
        keeping="data",
    ),
)  # fmt: skip
def grid_why(ctx: Context, city: str, plan: str, label: str) -> Any:
    return explaining.grid(ctx, city, plan, int(label))


@routes.serve(
    blueprint,
    routes.Route(
        "/api/cities/<city>/where", "GET", "here.read", "Whose a place is: by address, name, code, cell or point",
        query=outputs.Where, answer=outputs.Whose,
    ),
)  # fmt: skip
def where(ctx: Context, city: str, query: outputs.Where) -> Any:
    found = whose.ask(ctx, city, text=query.q, lat=query.lat, lng=query.lng, cell=query.cell)
    return {**found, "here": shown.here(ctx.actor, found["here"]) if found["here"] else None}
