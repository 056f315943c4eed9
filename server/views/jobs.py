"""Long work: how far it is, and stopping it."""

from __future__ import annotations

from typing import Any

import flask

from server import jobs as queue
from server.usecases.context import Context
from server.views import routes, shown
from server.wire import replies, requests

blueprint = flask.Blueprint("jobs", __name__)
_JOB = "/api/jobs/<job>"


@routes.serve(blueprint, routes.Route(_JOB, "GET", "job.read", "A job and its progress", answer=replies.Job))
def job(ctx: Context, job: str) -> Any:
    return shown.job(queue.get(ctx, job))


@routes.serve(
    blueprint,
    routes.Route(_JOB + "/cancel", "POST", "job.cancel", "Stop a job", body=requests.Nothing, answer=replies.Job),
)
def job_cancel(ctx: Context, job: str, body: requests.Nothing) -> Any:
    return shown.job(queue.cancel(ctx, job))
