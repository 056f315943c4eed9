"""The month in sentences: to read, and as a file."""

from __future__ import annotations

from typing import Any

import flask

from server.usecases.context import Context
from server.usecases.incidents import monthly
from server.views import month_file, routes, shown
from server.wire import monthly as wire

blueprint = flask.Blueprint("monthly", __name__)
_AT = "/api/cities/<city>/incidents/month"


@routes.serve(
    blueprint,
    routes.Route(_AT, "GET", "exact.read", "What changed in a month and what did not, in sentences", query=wire.Month,
                 answer=wire.MonthReport),
)  # fmt: skip
def month_report(ctx: Context, city: str, query: wire.Month) -> Any:
    return monthly.write(ctx, city, month=query.month).told


@routes.serve(
    blueprint,
    routes.Route(_AT + "/file", "GET", "exact.read", "The month in sentences with its maps, as HTML or Word",
                 query=wire.MonthFile, answer="text/html", keeping="exact"),
)  # fmt: skip
def month_report_file(ctx: Context, city: str, query: wire.MonthFile) -> Any:
    return shown.attachment(month_file.make(
        ctx, city, month=query.month, format=query.format, lang=query.language, classification=query.classification
    ))  # fmt: skip
