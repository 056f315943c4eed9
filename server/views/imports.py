"""Imports: an upload goes to the spool, a job reads it; what was imported, with its reports."""

from __future__ import annotations

from typing import Any

import flask

from server import jobs, language
from server.usecases.context import Context
from server.usecases.importing import imports as usecase
from server.views import answers, routes, shown
from server.wire import replies, requests

blueprint = flask.Blueprint("imports", __name__)
_IMPORTS = "/api/cities/<city>/imports"


@routes.serve(
    blueprint,
    routes.Route(
        _IMPORTS, "GET", "import.read", "Imports of a city, newest first", query=requests.Pages, answer=replies.Imports
    ),
)
def imports(ctx: Context, city: str, query: requests.Pages) -> Any:
    return usecase.history(ctx, city, limit=query.limit, cursor=query.cursor)


@routes.serve(
    blueprint,
    routes.Route(
        _IMPORTS + "/<import>/rejected", "GET", "import.read", "Rows of a file that were refused, by number, and why",
        query=requests.Things, answer=replies.Rejected,
    ),
)  # fmt: skip
def import_rejected(ctx: Context, city: str, query: requests.Things, **ids: str) -> Any:
    found = usecase.rejected(ctx, city, int(ids["import"]), limit=query.limit, cursor=query.cursor)
    items = [{**item, "words": language.fault(item["code"], item["reason"])} for item in found["items"]]
    return {**found, "items": items}


@routes.serve(
    blueprint,
    routes.Route(
        _IMPORTS, "POST", "import.run", "Import a file (multipart: file, options)", upload=True, body=requests.Import,
        answer=replies.JobStarted, status=202,
    ),
)  # fmt: skip
def import_run(ctx: Context, city: str, body: requests.Import) -> Any:
    file = flask.request.files["file"]
    spooled = usecase.spool(ctx, city, file.stream, name=file.filename or "")
    payload = spooled | body.model_dump(mode="json")
    return shown.started(jobs.enqueue(ctx, "import", city=city, payload=payload, key=answers.key()))
