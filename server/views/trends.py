"""Incidents over time and space: days and hours, hot and cold spots."""

from __future__ import annotations

from typing import Any

import flask

from server.usecases import hotspots, timeline
from server.usecases.context import Context
from server.views import answers, legends, routes, shown_trends
from server.wire import trends as wire

blueprint = flask.Blueprint("trends", __name__)
_AT = "/api/cities/<city>/incidents"
Route = routes.Route


@routes.serve(
    blueprint,
    Route(_AT + "/timeline", "GET", "heat.read", "Incidents by day and by hour of the week", query=wire.Timeline,
          answer=wire.Days, keeping="data"),
)  # fmt: skip
def incidents_timeline(ctx: Context, city: str, query: wire.Timeline) -> Any:
    return shown_trends.timeline(ctx, city, query, timeline.read, timeline.months)


@routes.serve(
    blueprint,
    Route("/api/cities/<city>/hotspots", "GET", "exact.read", "Hot and cold spots of incidents, with how they emerged",
          query=wire.Hotspots, answer=answers.BINARY, keeping="data"),
)  # fmt: skip
def incident_hotspots(ctx: Context, city: str, query: wire.Hotspots) -> Any:
    found = hotspots.find(
        ctx, city, start=query.from_, end=query.to, category=query.category, res=query.res, per=query.per
    )
    return legends.hotspots(found)
