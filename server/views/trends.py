"""Incidents over time and space: days and hours, hot and cold spots."""

from __future__ import annotations

from typing import Any

import flask

from server.usecases.context import Context
from server.usecases.incidents import hotspots, timeline
from server.usecases.outputs import exports
from server.views import answers, incident_map, legends, routes, shown, shown_trends
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
        ctx, city, start=query.from_, end=query.to, category=query.category, res=query.res, per=query.per,
        clock=shown.clock(query),
    )
    return legends.hotspots(found)


@routes.serve(
    blueprint,
    Route(_AT + "/map", "GET", "exact.read", "The view of incidents as one HTML file that opens with no network",
          query=wire.IncidentMap, answer="text/html", keeping="exact"),
)  # fmt: skip
def incidents_map(ctx: Context, city: str, query: wire.IncidentMap) -> Any:
    own = shown_trends.readers(ctx, city, query)
    heat = shown_trends.heat_of_file(own, city, query)
    spots = None
    if query.spots:
        spots = legends.hotspots(hotspots.find(
            own, city, start=query.from_, end=query.to, category=query.category, res=query.res,
            per="area" if query.per == "area" else "household", clock=shown.clock(query),
        ))  # fmt: skip
    text = incident_map.make(
        own, city, heat=heat, spots=spots, lang=query.language, classification=query.classification
    )
    return shown.attachment(exports.File(text.encode(), f"{city}-incidents.html", "text/html; charset=utf-8"))
