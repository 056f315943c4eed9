"""Cities and their regions."""

from __future__ import annotations

from typing import Any

import flask

from server.usecases.city import cities as usecase
from server.usecases.context import Context
from server.views import routes, shown
from server.wire import replies, requests

blueprint = flask.Blueprint("cities", __name__)


@routes.serve(
    blueprint, routes.Route("/api/cities", "GET", "city.read", "Cities of your territory", answer=replies.Cities)
)
def cities(ctx: Context) -> Any:
    return usecase.list_(ctx)


@routes.serve(
    blueprint,
    routes.Route("/api/cities/<city>", "GET", "city.read", "One city", answer=replies.City, keeping="data"),
)
def city(ctx: Context, city: str) -> Any:
    return shown.city(ctx.actor, usecase.get(ctx, city))


@routes.serve(
    blueprint,
    routes.Route(
        "/api/cities/<city>/regions", "GET", "region.read", "Regions of a level as GeoJSON", query=requests.Regions,
        answer=replies.Features, keeping="data",
    ),
)  # fmt: skip
def regions(ctx: Context, city: str, query: requests.Regions) -> Any:
    return usecase.tree(ctx, city, level=query.level or usecase.get(ctx, city)["levels"][-1])
