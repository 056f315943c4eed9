"""Areas (grids, communities, towns), their change and alerts, borders between grids, and the steps of the slider."""

from __future__ import annotations

from typing import Any

import flask

from server.usecases.context import Context
from server.usecases.incidents import alerts, areas, steps
from server.views import answers, area_legends, routes, shown
from server.wire import areas as wire
from server.wire import requests

blueprint = flask.Blueprint("areas", __name__)
_CITY = "/api/cities/<city>"
Route = routes.Route


@routes.serve(
    blueprint,
    Route(_CITY + "/areas", "GET", "grid.read", "The area of every cell", query=wire.Areas, answer=answers.BINARY),
)
def areas_cells(ctx: Context, city: str, query: wire.Areas) -> Any:
    return areas.cells_of(ctx, city, level=query.level)


@routes.serve(
    blueprint,
    Route(_CITY + "/areas/figures", "GET", "exact.read", "Reports of every area, and whether they changed",
          query=wire.Figures, answer=wire.AreaFigures),
)  # fmt: skip
def areas_figures(ctx: Context, city: str, query: wire.Figures) -> Any:
    return area_legends.figures(areas.figures(
        ctx, city, level=query.level, start=query.from_, end=query.to, category=query.category, against=query.against
    ))  # fmt: skip


@routes.serve(
    blueprint,
    Route(_CITY + "/areas/touching", "GET", "exact.read", "Grids and areas that an area shares ground with",
          query=wire.Touching, answer=wire.Touches),
)  # fmt: skip
def areas_touching(ctx: Context, city: str, query: wire.Touching) -> Any:
    return areas.touching(ctx, city, level=query.level, area=query.area)


@routes.serve(
    blueprint,
    Route(_CITY + "/areas/borders", "GET", "exact.read", "Reports at borders between grids, with both sides",
          query=requests.Window, answer=wire.Borders),
)  # fmt: skip
def areas_borders(ctx: Context, city: str, query: requests.Window) -> Any:
    return areas.borders(ctx, city, start=query.from_, end=query.to, category=query.category)


@routes.serve(
    blueprint,
    Route(_CITY + "/alerts", "GET", "heat.read", "Three colours of areas, with the reason", query=wire.Alerts,
          answer=wire.AlertDay),
)  # fmt: skip
def alerts_of_day(ctx: Context, city: str, query: wire.Alerts) -> Any:
    return area_legends.alerts(
        alerts.of_day(ctx, city, level=query.level, category=query.category, day=query.day)
    )


@routes.serve(
    blueprint,
    Route(_CITY + "/alerts/rule", "PATCH", "alert.rule", "Change the rule of the alerts", body=wire.Rule,
          answer=wire.AlertRule),
)  # fmt: skip
def alerts_rule(ctx: Context, city: str, body: wire.Rule) -> Any:
    return alerts.set_policy(ctx, city, body.model_dump(exclude_none=True))


@routes.serve(
    blueprint,
    Route(_CITY + "/heat/steps", "GET", "exact.read", "Reports per cell and step of time", query=wire.Steps,
          answer=answers.BINARY, keeping="data"),
)  # fmt: skip
def heat_steps(ctx: Context, city: str, query: wire.Steps) -> Any:
    found = steps.read(
        ctx, city, step=query.step, start=query.from_, end=query.to, category=query.category, res=query.res,
        per=query.per, clock=shown.clock(query),
    )  # fmt: skip
    return area_legends.steps(found, per=query.per)
