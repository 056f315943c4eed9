"""What stands in the city: workers, centres, cameras, places, the ground under the grids; search and what is here."""

from __future__ import annotations

from typing import Any

import flask

from server.usecases.city import ground as ground_usecase
from server.usecases.city import search as search_usecase
from server.usecases.city import things
from server.usecases.context import Context
from server.views import routes, shown
from server.wire import replies, requests, thing_replies

blueprint = flask.Blueprint("things", __name__)
_CITY = "/api/cities/<city>"


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/workers", "GET", "worker.read", "Workers with their home cell and grids", query=requests.Things,
        answer=thing_replies.Workers, keeping="exact",
    ),
)  # fmt: skip
def workers(ctx: Context, city: str, query: requests.Things) -> Any:
    return things.workers(ctx, city, limit=query.limit, cursor=query.cursor)


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/centres", "GET", "centre.read", "Centres of all tiers", answer=thing_replies.Centres, keeping="data"
    ),
)
def centres(ctx: Context, city: str) -> Any:
    return things.centres(ctx, city)


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/cameras", "GET", "camera.read", "Camera sites", query=requests.Things, answer=thing_replies.Cameras,
        keeping="exact",
    ),
)  # fmt: skip
def cameras(ctx: Context, city: str, query: requests.Things) -> Any:
    return things.cameras(ctx, city, limit=query.limit, cursor=query.cursor)


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/places",
        "GET",
        "place.read",
        "Key places",
        query=requests.Things,
        answer=thing_replies.Places,
        keeping="data",
    ),
)
def places(ctx: Context, city: str, query: requests.Things) -> Any:
    return things.places(ctx, city, limit=query.limit, cursor=query.cursor)


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/ground", "GET", "ground.read", "Roads, water, buildings or railways in a box as GeoJSON",
        query=requests.Ground, answer=replies.Features, keeping="data",
    ),
)  # fmt: skip
def ground(ctx: Context, city: str, query: requests.Ground) -> Any:
    return ground_usecase.get(ctx, city, kind=query.kind, bbox=query.box, zoom=query.zoom)


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/search", "GET", "search.read", "Find a grid, region, place or cell", query=requests.Search,
        answer=thing_replies.Found, keeping="data",
    ),
)  # fmt: skip
def search(ctx: Context, city: str, query: requests.Search) -> Any:
    return search_usecase.find(ctx, city, query.q)


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/here", "GET", "here.read", "What lies at a point or in a cell", query=requests.Here,
        answer=thing_replies.Here, keeping="data",
    ),
)  # fmt: skip
def here(ctx: Context, city: str, query: requests.Here) -> Any:
    found = search_usecase.here(ctx, city, lat=query.lat, lng=query.lng, cell=query.cell)
    return shown.here(ctx.actor, found)
