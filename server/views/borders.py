"""Community borders: how they stand, a draft of them, and plans carried over from older borders.

A draft is changed, compared, commented, submitted, published and rolled back by the routes of any plan.
"""

from __future__ import annotations

from typing import Any

import flask

from server.usecases.borders import carrying, opening
from server.usecases.context import Context
from server.views import routes
from server.wire import borders, plan_replies, requests

blueprint = flask.Blueprint("borders", __name__)
_BORDERS = "/api/cities/<city>/borders"


@routes.serve(
    blueprint,
    routes.Route(
        _BORDERS, "GET", "plan.read", "Community borders: versions, drafts, and the grids within them",
        answer=borders.Borders,
    ),
)  # fmt: skip
def borders_read(ctx: Context, city: str) -> Any:
    return opening.state(ctx, city)


@routes.serve(
    blueprint,
    routes.Route(
        _BORDERS, "POST", "border.draw", "Begin a draft of the community borders", body=borders.Open,
        answer=plan_replies.Plan, status=201,
    ),
)  # fmt: skip
def borders_open(ctx: Context, city: str, body: borders.Open) -> Any:
    return opening.open_(ctx, city, name=body.name, across=body.across)


@routes.serve(
    blueprint,
    routes.Route(
        "/api/cities/<city>/plans/<plan>/carry", "POST", "plan.draw",
        "Make of a plan of older borders a draft within those of today", body=requests.Nothing,
        answer=plan_replies.Plan, status=201,
    ),
)  # fmt: skip
def plan_carry(ctx: Context, city: str, plan: str, body: requests.Nothing) -> Any:
    return carrying.carry(ctx, city, plan)
