"""Incidents that are reported one by one or in batches, and the proof that the archive is whole."""

from __future__ import annotations

from typing import Any

import flask

from server.usecases.context import Context
from server.usecases.incidents import archives, reporting
from server.views import answers, routes
from server.wire import reports as wire

blueprint = flask.Blueprint("reports", __name__)
_CITY = "/api/cities/<city>"


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/incidents", "POST", "incident.report",
        "Report incidents, one or a batch; with an Idempotency-Key the same request is done once",
        body=wire.Reports, answer=wire.Reported, status=201,
    ),
)  # fmt: skip
def incidents_report(ctx: Context, city: str, body: wire.Reports) -> Any:
    given = body.root
    rows = given.incidents if isinstance(given, wire.Batch) else [given]
    made = [reporting.Report(**one.model_dump(exclude={"source"})) for one in rows]
    return reporting.report(ctx, city, made, source=given.source, key=answers.key())


@routes.serve(
    blueprint,
    routes.Route(
        _CITY + "/archive", "GET", "archive.check", "Proof that the archive's manifest, files, rows and sums agree",
        answer=wire.Archive,
    ),
)  # fmt: skip
def archive_check(ctx: Context, city: str) -> Any:
    return archives.check(ctx, city)
