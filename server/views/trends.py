"""Incidents over time and space: days and hours."""

from __future__ import annotations

from typing import Any

import flask

from server.usecases import timeline
from server.usecases.context import Context
from server.views import routes, shown_trends
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
