"""What is counted per cell: incident heat, camera coverage, gaps, and the areas that centres serve."""

from __future__ import annotations

from typing import Any

import flask

from server.usecases.cameras import coverage as coverage_usecase
from server.usecases.context import Context
from server.usecases.incidents import counting
from server.usecases.planning import staffing
from server.views import answers, routes, shown
from server.wire import requests

blueprint = flask.Blueprint("counts", __name__)
_CITY = "/api/cities/<city>"


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/heat", "GET", "heat.read", "Incidents per cell", query=requests.Heat, answer=answers.BINARY,
        keeping="data",
    ),
)  # fmt: skip
def heat(ctx: Context, city: str, query: requests.Heat) -> Any:
    return shown.heat(ctx, city, query, counting.heat)


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/coverage", "GET", "coverage.read", "Cameras per cell", query=requests.Resolution,
        answer=answers.BINARY, keeping="data",
    ),
)  # fmt: skip
def coverage(ctx: Context, city: str, query: requests.Resolution) -> Any:
    return shown.coverage(ctx, city, query, coverage_usecase.density)


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/gaps", "GET", "gap.read", "Cells with incidents and little coverage", query=requests.Gaps,
        answer=answers.BINARY, keeping="exact",
    ),
)  # fmt: skip
def gaps(ctx: Context, city: str, query: requests.Gaps) -> Any:
    return shown.gaps(ctx, city, query, coverage_usecase.gaps)


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/service-areas", "GET", "centre.read", "Which centre serves each cell", query=requests.ServiceAreas,
        answer=answers.BINARY, keeping="data",
    ),
)  # fmt: skip
def service_areas(ctx: Context, city: str, query: requests.ServiceAreas) -> Any:
    return staffing.service_areas(ctx, city, tier=query.tier)
